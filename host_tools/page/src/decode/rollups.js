// Hours and days, series 4 and 5: what the board has added up. docs/format.md, Hours and days.
//
// Columns hold the numbers as they stand, NaN unknown; scaled(name, number) makes V, A, degC, %, Ah
// or Wh of one.

import { Damage, u16, u32 } from "./bytes.js";
import { SERIES } from "./segment.js";

const U8 = { size: 1, read: (data, at) => data[at], unknown: 255 };
const U16 = { size: 2, read: u16, unknown: 65535 };
const I16 = { size: 2, read: (data, at) => (u16(data, at) << 16) >> 16, unknown: -32768 };
const U32 = { size: 4, read: u32, unknown: null };
const COUNT = { ...U16, unknown: null };

const three = (name, kind, at, steps, zero = 0) =>
  ["min", "mean", "max"].map((which, i) => [
    `${name}_${which}`,
    kind,
    at + i * kind.size,
    steps,
    zero,
  ]);

// Name, type, offset, steps in a unit, what 0 is
const COMMON = [
  ["utc", U32, 4, 1, 0],
  ...three("voltage", U16, 8, 100),
  ["current_min", I16, 14, 10, 0],
  ["current_max", I16, 16, 10, 0],
  ...three("min_cell_voltage", U16, 18, 1000),
  ...three("max_cell_voltage", U16, 24, 1000),
  ...three("temperature", U8, 30, 2, -40),
  ...three("soc", U8, 33, 2),
  ["charge_in", U32, 36, 100, 0],
  ["charge_out", U32, 40, 100, 0],
  ["energy_in", U32, 44, 10, 0],
  ["energy_out", U32, 48, 10, 0],
  ["min_voltage_cell", U8, 52, 1, 1],
  ["max_voltage_cell", U8, 53, 1, 1],
];
const OWN = {
  [SERIES.hours]: [
    ["seconds", COUNT, 2, 1, 0],
    ["soc_max_at", U16, 54, 1, 0],
    ["soc_min_at", U16, 56, 1, 0],
  ],
  [SERIES.days]: [
    ["day", COUNT, 2, 1, 0],
    ["seconds", U32, 54, 1, 0],
    ["soc_max_at", U16, 58, 1, 0],
    ["soc_min_at", U16, 60, 1, 0],
    ["cycles", U16, 62, 1000, 0],
  ],
};
const SIZES = { [SERIES.hours]: 58, [SERIES.days]: 64 };
const SCALES = new Map(
  [...COMMON, ...Object.values(OWN).flat()].map(([name, , , steps, zero]) => [name, [steps, zero]]),
);

/** The columns of the records at these offsets. Raises Damage if they are not of such a size. */
export function columnsOf(data, offsets, { series, recordSize }) {
  if (recordSize < SIZES[series])
    throw new Damage(`its records have ${recordSize} bytes, not ${SIZES[series]}`);
  const columns = {};
  for (const [name, { read, unknown }, place] of [...COMMON, ...OWN[series]]) {
    const column = (columns[name] = new Float64Array(offsets.length));
    offsets.forEach((at, row) => {
      const number = read(data, at + place);
      column[row] = number === unknown ? NaN : number;
    });
  }
  return columns;
}

export const unknown = () => NaN;

/** A number of a column in its unit. */
export function scaled(name, number) {
  const [steps, zero] = SCALES.get(name);
  return number / steps + zero;
}
