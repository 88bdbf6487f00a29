// The voltages of all cells, series 2: columns cell_1, cell_2, ... in mV, 0 not known or not wired.

import { u16 } from "./bytes.js";

const FIRST = 2; // offset of cell 1

/** The columns of the records at these offsets. */
export function columnsOf(data, offsets, { cellCount, recordSize }) {
  const columns = {};
  for (let i = 0; i < Math.min(cellCount, (recordSize - FIRST) >> 1); i++) {
    const column = (columns[`cell_${i + 1}`] = new Uint16Array(offsets.length));
    offsets.forEach((at, row) => (column[row] = u16(data, at + FIRST + 2 * i)));
  }
  return columns;
}

export const unknown = () => 0;

/** The names of a table's columns of cells, in their order. */
export const cellNames = (columns) =>
  Object.keys(columns)
    .filter((name) => name.startsWith("cell_"))
    .sort((a, b) => a.slice(5) - b.slice(5));
