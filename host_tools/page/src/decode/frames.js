// The frames of a pack, series 1: columns in V, A, degC, %, mV and cells from 1. Unknown is NaN, -1
// (mV) or 0 (numbers of cells). docs/format.md, Frames.

import { halfToNumber, u16 } from "./bytes.js";

const halves = new Float32Array(65536).map((_, bits) => halfToNumber(bits));
const UNKNOWN_MV = 65535;
const field = (shift, bits, step, zero) => ({ shift, bits, step, zero, unknown: (1 << bits) - 1 });
// In tenths of degC and %; index: highest cell * cells + lowest cell
const LAYOUTS = {
  1: {
    temperature: field(0, 8, 5, -400),
    soc: field(8, 8, 5, 0),
    index: field(16, 8, 1, 0),
    cells: 16,
  },
  2: {
    temperature: field(0, 7, 10, -400),
    soc: field(7, 7, 10, 0),
    index: field(14, 10, 1, 0),
    cells: 32,
  },
};

/** The least step of a layout's temperatures, in tenths. */
export const temperatureStep = (layout) => LAYOUTS[layout].temperature.step;

/** The columns of the records at these offsets. */
export function columnsOf(data, offsets, { layout }) {
  const count = offsets.length;
  const { cells, ...packed } = LAYOUTS[layout];
  const columns = {
    voltage: new Float32Array(count),
    current: new Float32Array(count),
    temperature: new Float32Array(count),
    soc: new Float32Array(count),
    min_cell_voltage: new Int32Array(count),
    max_cell_voltage: new Int32Array(count),
    min_voltage_cell: new Int16Array(count),
    max_voltage_cell: new Int16Array(count),
    layout: new Uint8Array(count).fill(layout),
  };
  for (let row = 0; row < count; row++) {
    const at = offsets[row];
    const bits = u16(data, at + 6) | (data[at + 12] << 16);
    columns.voltage[row] = halves[u16(data, at + 2)];
    columns.current[row] = halves[u16(data, at + 4)];
    columns.min_cell_voltage[row] = millivolts(u16(data, at + 8));
    columns.max_cell_voltage[row] = millivolts(u16(data, at + 10));
    columns.temperature[row] = number(bits, packed.temperature) / 10;
    columns.soc[row] = number(bits, packed.soc) / 10;
    const index = number(bits, packed.index);
    if (Number.isNaN(index)) continue;
    columns.max_voltage_cell[row] = Math.floor(index / cells) + 1;
    columns.min_voltage_cell[row] = (index % cells) + 1;
  }
  return columns;
}

const millivolts = (mv) => (mv === UNKNOWN_MV ? -1 : mv);

function number(packed, { shift, bits, step, zero, unknown }) {
  const found = (packed >> shift) & ((1 << bits) - 1);
  return found === unknown ? NaN : found * step + zero;
}

/** What a row has in a column that stands for silence. */
export function unknown(name) {
  if (/^(voltage|current|temperature|soc)$/.test(name)) return NaN;
  return name.endsWith("_voltage") ? -1 : 0;
}
