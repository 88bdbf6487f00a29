// Hours and days, series 4 and 5: what the board has added up. docs/format.md, Hours and days.
//
// Columns hold the numbers as they stand, NaN unknown; scale(name) makes V, A, degC, %, Ah, Wh of
// them.

import { u16, u32 } from "./bytes.js";
import { SERIES } from "./segment.js";

const U8 = { size: 1, read: (data, at) => data[at], unknown: 255 };
const U16 = { size: 2, read: u16, unknown: 65535 };
const I16 = { size: 2, read: (data, at) => (u16(data, at) << 16) >> 16, unknown: -32768 };
const U32 = { size: 4, read: u32, unknown: null };

const three = (name, kind, at, scale, zero = 0) =>
  ["min", "mean", "max"].map((which, i) => [
    `${name}_${which}`,
    kind,
    at + i * kind.size,
    scale,
    zero,
  ]);

// Name, type, offset, what a step is, what 0 is
const COMMON = [
  ["utc", U32, 4, 1, 0],
  ...three("voltage", U16, 8, 0.01),
  ["current_min", I16, 14, 0.1, 0],
  ["current_max", I16, 16, 0.1, 0],
  ...three("min_cell_voltage", U16, 18, 0.001),
  ...three("max_cell_voltage", U16, 24, 0.001),
  ...three("temperature", U8, 30, 0.5, -40),
  ...three("soc", U8, 33, 0.5),
  ["charge_in", U32, 36, 0.01, 0],
  ["charge_out", U32, 40, 0.01, 0],
  ["energy_in", U32, 44, 0.1, 0],
  ["energy_out", U32, 48, 0.1, 0],
  ["min_voltage_cell", U8, 52, 1, 1],
  ["max_voltage_cell", U8, 53, 1, 1],
];
const OWN = {
  [SERIES.hours]: [
    ["seconds", U16, 2, 1, 0],
    ["soc_max_at", U16, 54, 1, 0],
    ["soc_min_at", U16, 56, 1, 0],
  ],
  [SERIES.days]: [
    ["day", U16, 2, 1, 0],
    ["seconds", U32, 54, 1, 0],
    ["soc_max_at", U16, 58, 1, 0],
    ["soc_min_at", U16, 60, 1, 0],
    ["cycles", U16, 62, 0.001, 0],
  ],
};
const SCALES = new Map(
  [...COMMON, ...Object.values(OWN).flat()].map(([name, , , scale, zero]) => [
    name,
    { scale, zero },
  ]),
);

/** The columns of the records at these offsets. */
export function columnsOf(data, offsets, { series }) {
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
  const { scale, zero } = SCALES.get(name);
  return number * scale + zero;
}
