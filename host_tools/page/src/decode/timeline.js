// UTC from uptime: what the anchors of one boot say. docs/format.md, Time.

import { roundEven, search } from "./bytes.js";

export const UNKNOWN = -1;

const NO_CLOCK = 0;
const CHIP = 4;
// An RTC that kept running, a browser: count only where there is nothing else
const LESSER = [1, 5];
// How far two anchors may disagree and still mean a clock that runs a little fast or slow
const JITTER_S = 2;
const DRIFT = 500e-6;

const offsetOf = (anchor) => anchor.utc - anchor.uptime;
const byUptime = (a, b) => a.uptime - b.uptime;

/** By how many seconds two right clocks may differ after that many seconds. */
export const tolerance = (elapsed) => JITTER_S + DRIFT * elapsed;

/** The anchors that count, ordered by uptime, one an uptime. */
function choose(anchors) {
  let known = anchors.filter((anchor) => anchor.clock !== NO_CLOCK);
  for (const clock of LESSER) {
    const better = known.filter((anchor) => anchor.clock !== clock);
    if (better.length) known = better;
  }
  known = withoutAWrongChip(known);
  const chosen = new Map();
  for (const anchor of known) if (!anchor.carried) chosen.set(anchor.uptime, anchor);
  // A header repeats what an anchor said. It counts if that anchor is not here any more
  const said = new Set([...chosen.values()].map(offsetOf));
  for (const anchor of [...known].sort(byUptime)) {
    if (!anchor.carried || said.has(offsetOf(anchor))) continue;
    said.add(offsetOf(anchor));
    if (!chosen.has(anchor.uptime)) chosen.set(anchor.uptime, anchor);
  }
  return [...chosen.values()].sort(byUptime);
}

/** Leave out what a clock chip said before a better clock came, if the two do not agree. */
function withoutAWrongChip(anchors) {
  const chips = anchors.filter((anchor) => anchor.clock === CHIP);
  let better = anchors.filter((anchor) => anchor.clock !== CHIP);
  if (!chips.length || !better.length) return anchors;
  // A header can say what a later anchor has said: the anchors themselves tell when that was
  const marks = better.filter((anchor) => !anchor.carried);
  better = marks.length ? marks : better;
  const first = better.reduce((found, each) => (each.uptime < found.uptime ? each : found));
  const before = chips.filter((anchor) => anchor.uptime <= first.uptime);
  const last = before.reduce(
    (found, each) => (found && found.uptime >= each.uptime ? found : each),
    null,
  );
  const off = last ? Math.abs(offsetOf(first) - offsetOf(last)) : 0;
  if (off <= tolerance(first.uptime - (last || first).uptime)) return anchors;
  return anchors.filter((anchor) => !before.includes(anchor));
}

/**
 * Write unix seconds into time[from:to] for the uptimes of one boot there, which do not fall.
 * Without an anchor that counts, time is left as it is.
 */
export function date(time, uptime, anchors, from = 0, to = time.length) {
  const chosen = choose(anchors);
  let begin = from;
  // From each anchor up to the next; the first one speaks for what was before it, too
  chosen.forEach((anchor, i) => {
    const following = chosen[i + 1];
    const end = following ? search(uptime, following.uptime, false, from, to) : to;
    const rate = following ? rateOf(anchor, following) : 1;
    for (let row = begin; row < end; row++) {
      const elapsed = uptime[row] - anchor.uptime;
      time[row] = anchor.utc + (elapsed < 0 || rate === 1 ? elapsed : roundEven(elapsed * rate));
    }
    begin = end;
  });
}

/** UTC of one uptime; null if no clock has told it. */
export function dateOne(uptime, anchors) {
  const time = [UNKNOWN];
  date(time, [uptime], anchors);
  return time[0] === UNKNOWN ? null : time[0];
}

/** Seconds of UTC per second of uptime between two anchors: 1 if they do not agree. */
function rateOf(anchor, following) {
  const elapsed = following.uptime - anchor.uptime;
  const told = following.utc - anchor.utc;
  return Math.abs(told - elapsed) <= tolerance(elapsed) ? told / elapsed : 1;
}
