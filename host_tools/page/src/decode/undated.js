// Boots of a log whose time is not known: between which dates they begin. Boots are numbered in
// their order, so one lies between its dated neighbours. docs/format.md, Time, rule 7.

import { dateOne, tolerance } from "./timeline.js";

/**
 * The boots of a log that have no date: [{boot, length, earliest, latest}, ...], unix seconds of
 * uptime 0 or null. boots: {number, length, anchors} each.
 */
export function find(boots) {
  const found = [];
  let group = [];
  let before = null;
  for (const boot of [...boots].sort((a, b) => a.number - b.number)) {
    const begin = dateOne(0, boot.anchors);
    const end = dateOne(boot.length, boot.anchors);
    if (begin === null || end === null) {
      group.push(boot);
      continue;
    }
    found.push(...between(group, before, begin));
    [group, before] = [[], end];
  }
  return [...found, ...between(group, before, null)];
}

/** The bounds of boots that follow one another between two moments. */
function between(group, before, after) {
  const total = group.reduce((sum, boot) => sum + boot.length, 0);
  if (before !== null && after !== null) {
    const over = total - (after - before);
    if (over > tolerance(total))
      before = after = null; // a clock was wrong: nothing is certain
    else if (over > 0) [before, after] = [after - total, before + total]; // the crystal's share
  }
  let passed = 0;
  return group.map(({ number, length }) => {
    const earliest = before === null ? null : before + passed;
    const latest = after === null ? null : after - (total - passed);
    passed += length;
    return { boot: number, length, earliest, latest };
  });
}
