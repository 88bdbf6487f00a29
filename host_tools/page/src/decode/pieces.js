// One file of a history as columns: which boot and second each record is of, and what the file says
// of its boots: anchors, and how long they were.

import { u16, u32 } from "./bytes.js";
import { ANCHOR, RUN, isMark } from "./segment.js";
import { unfold } from "./unfold.js";

/**
 * What one file holds: {header, columns, start, anchors, lengths, problem}.
 *
 * columnsOf(rows, offsets, header) makes the columns of the records at these offsets; boot and
 * uptime are added. start: where what each record covers begins. anchors: [boot, anchor] each.
 * lengths: the last uptime of each boot, a Map.
 */
export function readPiece(header, rows, columnsOf) {
  const { data, size } = unfold(rows, header);
  const piece = { header, anchors: [], lengths: new Map(), problem: null };
  const count = data.length / size;
  const offsets = new Uint32Array(count);
  const boots = new Uint32Array(count);
  const uptimes = new Float64Array(count);
  const starts = new Uint32Array(count);
  let run = { boot: header.boot, base: header.uptime };
  let [taken, last] = [0, run.base]; // last: where the next record's coverage begins
  let ended = false;
  let isFirst = true; // of its run
  for (let at = 0; at < data.length; at += size) {
    const timestamp = u16(data, at);
    if (isMark(data, at)) {
      const [kind, a, b] = [data[at + 4], u32(data, at + 5), u32(data, at + 9)];
      if (kind === RUN) {
        run = { boot: a, base: b };
        last = b + timestamp;
        isFirst = true;
      } else if (kind === ANCHOR) {
        piece.anchors.push([run.boot, { uptime: run.base + timestamp, utc: a, clock: b }]);
      }
      continue;
    }
    const uptime = run.base + timestamp;
    if (ended) continue;
    if (!isFirst && uptime < last) {
      // No board writes that: the rest cannot be believed
      piece.problem = `damaged from record ${at / size + 1} on (time runs backwards)`;
      ended = true;
      continue;
    }
    offsets[taken] = at;
    boots[taken] = run.boot;
    uptimes[taken] = uptime;
    starts[taken++] = last;
    last = uptime;
    isFirst = false;
  }
  if (header.utc) {
    const { uptime, utc, clock } = header;
    piece.anchors.push([header.boot, { uptime, utc, clock, carried: true }]);
  }
  for (let i = 0; i < taken; i++)
    if (i + 1 === taken || boots[i + 1] !== boots[i])
      piece.lengths.set(boots[i], Math.max(piece.lengths.get(boots[i]) || 0, uptimes[i]));
  piece.start = starts.slice(0, taken);
  piece.columns = {
    ...columnsOf(data, offsets.subarray(0, taken), header),
    boot: boots.slice(0, taken),
    uptime: Uint32Array.from(uptimes.subarray(0, taken)),
  };
  return piece;
}
