// The columns of a shard's records: what each is, and from which others it is predicted.
// docs/format.md, Columns.

import { SERIES } from "./segment.js";

export const NUMBER = "number";
export const HALF = "half";
export const RAW = "raw";

const column = (kind, offset, bits = 16, earlier = [], shift = 0) => ({
  kind,
  offset,
  shift,
  bits,
  earlier,
});

const TIMESTAMP = column(NUMBER, 0);
const CURRENT = column(HALF, 4);
const LOWEST = column(NUMBER, 8, 16, [CURRENT]);
const HIGHEST = column(NUMBER, 10, 16, [CURRENT, LOWEST]);
const VOLTAGE = column(HALF, 2, 16, [CURRENT, LOWEST, HIGHEST]);
const FRAME = [TIMESTAMP, CURRENT, LOWEST, HIGHEST, VOLTAGE];
const OF_LAYOUT = {
  1: [column(NUMBER, 6, 8), column(NUMBER, 7, 8), column(RAW, 12, 8)],
  2: [
    column(NUMBER, 6, 7),
    column(NUMBER, 6, 7, [], 7),
    column(RAW, 6, 2, [], 14),
    column(RAW, 12, 8),
  ],
};
const PREDICTING = 3; // cells before a cell that predict it

/** The columns of a segment's records, in their order. */
export function columnsOf({ series, layout, cellCount, recordSize }) {
  if (series === SERIES.pack) return [...FRAME, ...OF_LAYOUT[layout]];
  const count = series === SERIES.cells ? Math.min(cellCount, (recordSize >> 1) - 1) : 0;
  const cells = [];
  for (let i = 0; i < count; i++)
    cells.push(column(NUMBER, 2 + 2 * i, 16, cells.slice(Math.max(0, i - PREDICTING)).reverse()));
  const rest = [];
  for (let at = 2 + 2 * count; at < recordSize; at++) rest.push(column(RAW, at, 8));
  return [TIMESTAMP, ...cells, ...rest];
}
