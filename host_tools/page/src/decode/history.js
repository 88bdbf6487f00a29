// A pack's history from its files: the tables of its series, in the order of boot and uptime.
//
// Pieces are the files decoded one by one; a table is made of all pieces at hand, so files can come
// one after the other.

import { Damage } from "./bytes.js";
import * as cells from "./cells.js";
import * as events from "./events.js";
import * as frames from "./frames.js";
import { load, stack, withHoles } from "./logs.js";
import { readPiece } from "./pieces.js";
import { periods } from "./periods.js";
import { choose, readFile } from "./records.js";
import * as rollups from "./rollups.js";
import { NAMES, SERIES } from "./segment.js";

const READERS = { pack: frames, cells, events, hours: rollups, days: rollups };
const IDENTITY = { events: ["code", "a", "b", "c"] };

/** The pieces of files ({series, name, data} each) and what is wrong with them, by name. */
export function read(files) {
  const pieces = [];
  const problems = [];
  for (const file of choose(files)) {
    const { piece, problem } = readOne(file);
    if (problem) problems.push(`${file.series}/${file.name}: ${problem}`);
    if (piece) pieces.push(piece);
  }
  return { pieces, problems };
}

/** {piece, problem} of one file; piece is null where no records can be had. */
export function readOne({ name, data, source }) {
  const { header, rows, problem } = readFile(data, name, source);
  const reader = header && READERS[NAMES[header.series]];
  if (!reader) return { piece: null, problem };
  let piece;
  try {
    piece = readPiece(header, rows, reader.columnsOf);
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    return { piece: null, problem: [problem, error.message].filter(Boolean).join("; ") };
  }
  return { piece, problem: [problem, piece.problem].filter(Boolean).join("; ") || null };
}

/**
 * The table of a series: {pack, columns, length, boots}; null if there is none of it in pieces,
 * which are of one pack. A row of silence has hole set. Events have no such rows.
 */
export function table(pieces, series) {
  const number = SERIES[series];
  const loaded = load(pieces, number, IDENTITY[series]);
  if (!loaded.logs.length) return null;
  const { unknown } = READERS[series];
  const columns =
    series === "events"
      ? stack(loaded.logs.map((log) => log.columns))
      : withHoles(loaded.logs, unknown);
  const pack = pieces.find((piece) => piece.header.series === number).header.name;
  return { pack, columns, length: columns.boot.length, boots: loaded.boots };
}

/** What a CSV of a series is made of: its table, of hours and days the records added up. */
export const csvTable = (pieces, series) =>
  series === "hours" || series === "days" ? periods(pieces, series) : table(pieces, series);
