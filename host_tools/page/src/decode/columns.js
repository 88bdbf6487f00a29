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

// Of hours and days: offset, then the offsets of the columns that predict it. First of 16 bits:
// timestamp, s covered or the local day, UTC, charge and energy in and out and their high halves,
// current, voltage, the means of the lowest and highest cell, their lowest and highest values
const COARSE =
  "0,2,4,6,36,40,44 36,48 40,38,42,46,50,16 36 40,14 16 36 40,10 36 40,8 10 14,12 10 16," +
  "20 10 36 40,26 20 10,18 20 8,22 20 12,24 26 18,28 26 22 12";
const COARSE_BYTES = "30,31,32,33,34,35"; // of 8 bits: temperature, SoC
// Of days: s covered, when SoC was at its ends, cycles
const OF_DAYS = "54,56,58,60,62 36 40";

function coarse(isDays) {
  const made = new Map();
  const add = (text, bits) => {
    for (const one of text.split(",")) {
      const [offset, ...earlier] = one.split(" ").map(Number);
      const predicting = earlier.map((at) => made.get(at));
      made.set(offset, column(NUMBER, offset, bits, predicting));
    }
  };
  add(COARSE, 16);
  add(COARSE_BYTES, 8);
  if (isDays) add(OF_DAYS, 16);
  const raw = []; // numbers of cells; of hours also when SoC was at its ends
  for (let at = 52; at < (isDays ? 54 : 58); at++) raw.push(column(RAW, at, 8));
  return [...made.values(), ...raw];
}

/** The columns of a segment's records, in their order. */
export function columnsOf({ series, layout, cellCount, recordSize }) {
  if (series === SERIES.pack) return [...FRAME, ...OF_LAYOUT[layout]];
  if (series === SERIES.hours || series === SERIES.days) return coarse(series === SERIES.days);
  const count = series === SERIES.cells ? Math.min(cellCount, (recordSize >> 1) - 1) : 0;
  const cells = [];
  for (let i = 0; i < count; i++)
    cells.push(column(NUMBER, 2 + 2 * i, 16, cells.slice(Math.max(0, i - PREDICTING)).reverse()));
  const rest = [];
  for (let at = 2 + 2 * count; at < recordSize; at++) rest.push(column(RAW, at, 8));
  return [TIMESTAMP, ...cells, ...rest];
}
