// GAPs taken apart: a frame that goes on across silence becomes one before and one behind it.
// docs/format.md, Coverage and silence.

import { u16, u32 } from "./bytes.js";
import { put } from "./marks.js";
import { GAP, RUN, SERIES, isMark } from "./segment.js";

/** The pack's records with RUNs in the place of GAPs, and the frames that end there. */
export function unfold({ data, size }, header) {
  const out = [];
  let run = [header.boot, header.uptime];
  let [last, kept] = [0, 0]; // coverage is known up to there; what is in out
  let waiting = []; // GAPs that no frame has followed yet
  for (let at = 0; header.series === SERIES.pack && at < data.length; at += size) {
    const kind = isMark(data, at) ? data[at + 4] : 0;
    if (kind === GAP) waiting.push(at);
    if (kind === RUN) run = [u32(data, at + 5), u32(data, at + 9)];
    const stamp = u16(data, at);
    for (const gap of kind ? [] : waiting) {
      const end = u16(data, gap);
      if (end > stamp) break;
      const begin = end - u32(data, gap + 5);
      out.push(data.subarray(kept, gap));
      kept = gap + size;
      if (begin > last) {
        const before = data.slice(at, at + size);
        before.set([begin & 255, begin >> 8]);
        out.push(before);
      }
      const mark = new Uint8Array(size);
      put(mark, end, RUN, ...run);
      out.push(mark);
      last = end;
    }
    if (kind && kind !== RUN) continue;
    last = stamp;
    waiting = [];
  }
  if (!out.length) return { data, size };
  out.push(data.subarray(kept));
  const all = new Uint8Array(out.reduce((sum, part) => sum + part.length, 0));
  let to = 0;
  for (const part of out) all.set(part, (to += part.length) - part.length);
  return { data: all, size };
}
