// Puts the records of one series in order: which boot and second each is of, and its UTC. Anchors
// count for all series of a log, whichever they stand in.

import { search } from "./bytes.js";
import { UNKNOWN, date } from "./timeline.js";
import { find } from "./undated.js";

/**
 * {logs: [{columns, start, length}, ...], boots} of a series (numbered as in the header).
 *
 * pieces: of all files of one pack, in the order of their names. identity: two records of a log are
 * the same if boot, uptime and these columns are. boots: those without a date; column undated has
 * their numbers, from 1.
 */
export function load(pieces, series, identity = []) {
  const ofLog = new Map();
  for (const piece of pieces) {
    const { log } = piece.header;
    if (!ofLog.has(log)) ofLog.set(log, []);
    ofLog.get(log).push(piece);
  }
  const loaded = { logs: [], boots: [] };
  for (const all of ofLog.values()) {
    const mine = all.filter((piece) => piece.header.series === series);
    if (!mine.length) continue;
    const boots = bootsOf(all);
    const log = merge(mine, boots, identity);
    addUndated(loaded, log, boots);
    loaded.logs.push(log);
  }
  loaded.logs.sort((a, b) => firstTime(a) - firstTime(b) || 0);
  return loaded;
}

function firstTime({ columns }) {
  const known = columns.time.find((time) => time !== UNKNOWN);
  return known === undefined ? Number.MAX_VALUE : known;
}

/** The boots of a log by number; their anchors in the order of the files. */
function bootsOf(pieces) {
  const boots = new Map();
  const of = (number) => {
    if (!boots.has(number)) boots.set(number, { number, length: 0, anchors: [] });
    return boots.get(number);
  };
  const place = ({ header }) => header.series * 2 ** 32 + header.sequence;
  for (const piece of [...pieces].sort((a, b) => place(a) - place(b))) {
    for (const [boot, anchor] of piece.anchors) of(boot).anchors.push(anchor);
    for (const [boot, last] of piece.lengths) of(boot).length = Math.max(of(boot).length, last);
  }
  return boots;
}

/** Number the boots without a date in a log's rows. */
function addUndated(loaded, { columns }, boots) {
  columns.undated = new Int32Array(columns.boot.length);
  for (const boot of find(boots.values())) {
    const [from, to] = rowsOf(columns.boot, boot.boot);
    if (from === to) continue;
    loaded.boots.push(boot);
    columns.undated.fill(loaded.boots.length, from, to);
  }
}

const rowsOf = (boot, number) => [search(boot, number), search(boot, number, true)];

/** Order a log's records by boot and uptime, and have each once. */
function merge(pieces, boots, identity) {
  const sorted = [...pieces].sort((a, b) => a.header.sequence - b.header.sequence);
  let columns = stack(sorted.map((piece) => piece.columns));
  let { start } = stack(sorted.map(({ start }) => ({ start })));
  const index = order(columns, identity);
  if (index) {
    columns = pick(columns, index);
    ({ start } = pick({ start }, index));
  }
  const length = start.length;
  columns.time = new Float64Array(length).fill(UNKNOWN);
  for (const boot of boots.values())
    date(columns.time, columns.uptime, boot.anchors, ...rowsOf(columns.boot, boot.number));
  columns.hole = new Uint8Array(length);
  return { columns, start, length };
}

/** Tables of columns one after the other; a column that one lacks, such as a cell, is 0 there. */
export function stack(tables) {
  const names = new Map();
  for (const table of tables)
    for (const [name, column] of Object.entries(table)) names.set(name, column.constructor);
  const lengths = tables.map((table) => Object.values(table)[0].length);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const out = {};
  for (const [name, Kind] of names) {
    out[name] = new Kind(total);
    let at = 0;
    tables.forEach((table, i) => {
      if (table[name]) out[name].set(table[name], at);
      at += lengths[i];
    });
  }
  return out;
}

/** The rows of that index. */
export function pick(columns, index) {
  const out = {};
  for (const [name, column] of Object.entries(columns)) {
    const picked = (out[name] = new column.constructor(index.length));
    for (let i = 0; i < index.length; i++) picked[i] = column[index[i]];
  }
  return out;
}

/** Which records to take, in order: of several that are the same the first. null: all as is. */
function order(columns, identity) {
  const { boot, uptime } = columns;
  const compare = (a, b) => boot[a] - boot[b] || uptime[a] - uptime[b];
  let row = 1;
  while (row < boot.length && compare(row - 1, row) < 0) row++;
  if (row >= boot.length) return null;
  const index = Uint32Array.from(boot, (_, i) => i).sort((a, b) => compare(a, b) || a - b);
  const kept = [];
  let group = 0; // in kept, where those of the same boot and second begin
  for (const row of index) {
    if (kept.length && compare(kept[group], row)) group = kept.length;
    const isSame = (other) => identity.every((name) => columns[name][other] === columns[name][row]);
    if (!kept.slice(group).some(isSame)) kept.push(row);
  }
  return kept;
}

// What a row of silence says, by what the row before says
const OF_HOLE = {
  boot: (boot) => boot,
  uptime: (uptime) => uptime + 1,
  time: (time) => (time === UNKNOWN ? time : time + 1),
  undated: (number) => number,
  hole: () => 1,
};

/**
 * The columns of all logs one after the other, with a row for each stretch of silence: it has hole
 * set and says when silence begins. unknown(name): what such a row has in a column.
 */
export function withHoles(logs, unknown) {
  if (!logs.length) return null;
  const after = holes(logs);
  const columns = stack(logs.map((log) => log.columns));
  const rows = {};
  for (const [name, column] of Object.entries(columns)) {
    const out = (rows[name] = new column.constructor(column.length + after.length));
    let [from, at] = [0, 0];
    for (const row of after) {
      out.set(column.subarray(from, row + 1), at);
      at += row + 1 - from;
      from = row + 1;
      out[at++] = name in OF_HOLE ? OF_HOLE[name](column[row]) : unknown(name);
    }
    out.set(column.subarray(from), at);
  }
  return oneASecond(rows);
}

/**
 * Leave out a boot's first record if the last one of the boot before is of the same second: it
 * covers no time and carries no charge.
 */
function oneASecond(rows) {
  const { boot, time } = rows;
  const kept = [];
  for (let row = 0; row < boot.length; row++) {
    const isTwin =
      row && boot[row] !== boot[row - 1] && time[row] === time[row - 1] && time[row] !== UNKNOWN;
    if (!isTwin) kept.push(row);
  }
  return kept.length === boot.length ? rows : pick(rows, kept);
}

/** After which records there is silence: always at the end of a boot, never at the very end. */
function holes(logs) {
  const found = [];
  let begin = 0; // of the log's records among all
  for (const { columns, start, length } of logs) {
    const { boot, uptime, time } = columns;
    for (let row = 1; row < length; row++) {
      const isSilent = start[row] > uptime[row - 1] && (uptime[row] - uptime[row - 1]) >>> 0 > 1;
      const isLater = boot[row] !== boot[row - 1] && !isAtOnce(time[row - 1], time[row]);
      if (isSilent || isLater) found.push(begin + row - 1);
    }
    begin += length;
    if (length) found.push(begin - 1);
  }
  found.pop();
  return found;
}

/** Is a record followed by another within a second of UTC? */
function isAtOnce(time, next) {
  return time !== UNKNOWN && next !== UNKNOWN && next - time >= 0 && next - time < 2;
}
