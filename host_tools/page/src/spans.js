// A table as spans of time with values: what a chart draws.
//
// Spans are {begin, end, line(name) -> {mean, low, high}}, arrays with one element a span, in units
// a person reads, NaN unknown. A value stands from begin to end.

import { search } from "./decode/bytes.js";
import { cellNames } from "./decode/cells.js";
import { scaled } from "./decode/rollups.js";
import { UNKNOWN } from "./decode/timeline.js";

const ROLLUP_JOINED_S = 90;

function array(length, at) {
  const out = new Float64Array(length);
  for (let i = 0; i < length; i++) out[i] = at(i);
  return out;
}

const same = (values) => ({ mean: values, low: values, high: values });

class Spans {
  /** level: the series they are of. joinedS: a gap of not more than that many s is none. */
  constructor(level, begin, end, lines, joinedS = 1.5) {
    Object.assign(this, { level, begin, end, lines, joinedS, made: {} });
  }

  get length() {
    return this.end.length;
  }

  line(name) {
    this.made[name] ||= this.lines[name] ? this.lines[name]() : same(this.end.map(() => NaN));
    return this.made[name];
  }

  has(name) {
    return name in this.lines;
  }

  /** The span that holds at a moment; -1 if there is none. */
  at(time) {
    const low = search(this.end, time);
    return low < this.length && this.begin[low] <= time ? low : -1;
  }
}

/** The dated rows of a table in the order of their times: UTC can go back when a clock is set. */
function datedRows({ columns, length }) {
  const rows = [];
  let sorted = true;
  for (let row = 0; row < length; row++) {
    if (columns.time[row] === UNKNOWN) continue;
    if (rows.length && columns.time[rows.at(-1)] > columns.time[row]) sorted = false;
    rows.push(row);
  }
  return sorted ? rows : rows.sort((a, b) => columns.time[a] - columns.time[b] || a - b);
}

/** A frame stands from the frame before it to its own time. */
export function ofFrames(table) {
  const { time, hole, ...columns } = table.columns;
  const all = datedRows(table);
  const rows = all.filter((row) => !hole[row]);
  const begin = new Float64Array(rows.length);
  let at = 0;
  all.forEach((row, i) => {
    if (hole[row]) return;
    const before = all[i - 1];
    const isFirst = before === undefined || hole[before];
    begin[at++] = isFirst ? time[row] : Math.min(time[before], time[row]);
  });
  const of =
    (name, scale = 1, unknown = NaN) =>
    () =>
      same(
        array(rows.length, (i) => {
          const value = columns[name][rows[i]];
          return value === unknown ? NaN : value * scale;
        }),
      );
  const product = (row) => columns.voltage[row] * columns.current[row];
  return new Spans(
    "pack",
    begin,
    array(rows.length, (i) => time[rows[i]]),
    {
      voltage: of("voltage"),
      current: of("current"),
      power: () => same(array(rows.length, (i) => product(rows[i]))),
      soc: of("soc"),
      temperature: of("temperature"),
      min_cell: of("min_cell_voltage", 0.001, -1),
      max_cell: of("max_cell_voltage", 0.001, -1),
      min_cell_number: of("min_voltage_cell", 1, 0),
      max_cell_number: of("max_voltage_cell", 1, 0),
    },
  );
}

/** An hour or a day stands from its begin to its end. */
export function ofRollups(table, level) {
  const { columns } = table;
  const rows = datedRows(table).filter((row) => !columns.hole[row]);
  const end = array(rows.length, (i) => columns.time[rows[i]]);
  const begin = array(rows.length, (i) => {
    const { utc, seconds } = columns;
    return Math.min(end[i], utc[rows[i]] || end[i] - seconds[rows[i]]);
  });
  const of = (name) => array(rows.length, (i) => scaled(name, columns[name][rows[i]]));
  const three = (name) => () => ({
    mean: of(`${name}_mean`),
    low: of(`${name}_min`),
    high: of(`${name}_max`),
  });
  const rate = (into, out, seconds) =>
    array(rows.length, (i) => {
      const row = rows[i];
      const net = scaled(into, columns[into][row]) - scaled(out, columns[out][row]);
      return columns.seconds[row] ? (net * seconds) / columns.seconds[row] : NaN;
    });
  const number = (name) => () => same(of(name));
  const lines = {
    voltage: three("voltage"),
    current: () => ({
      mean: rate("charge_in", "charge_out", 3600),
      low: of("current_min"),
      high: of("current_max"),
    }),
    power: () => same(rate("energy_in", "energy_out", 3600)),
    soc: three("soc"),
    temperature: three("temperature"),
    min_cell: three("min_cell_voltage"),
    max_cell: three("max_cell_voltage"),
    min_cell_number: number("min_voltage_cell"),
    max_cell_number: number("max_voltage_cell"),
    energy_in: () => same(of("energy_in").map((wh) => wh / 1000)),
    energy_out: () => same(of("energy_out").map((wh) => -wh / 1000)),
    charge_in: number("charge_in"),
    charge_out: number("charge_out"),
  };
  return new Spans(level, begin, end, lines, ROLLUP_JOINED_S);
}

/** A record of the cells stands until the next one, or until silence begins. */
export function ofCells(table) {
  const { columns } = table;
  const all = datedRows(table);
  const { time, hole } = columns;
  const rows = all.filter((row) => !hole[row]);
  const end = new Float64Array(rows.length);
  let at = 0;
  all.forEach((row, i) => {
    if (!hole[row]) end[at++] = i + 1 < all.length ? time[all[i + 1]] : time[row];
  });
  const names = cellNames(columns);
  const volts = (name) => array(rows.length, (i) => columns[name][rows[i]] / 1000 || NaN);
  const lines = {};
  const means = array(rows.length, (i) => {
    const known = names.map((name) => columns[name][rows[i]]).filter((mv) => mv);
    return known.reduce((sum, mv) => sum + mv, 0) / known.length;
  });
  for (const name of names) {
    lines[name] = () => same(volts(name));
    lines[`${name}_off`] = () => same(volts(name).map((v, i) => v * 1000 - means[i]));
  }
  const begin = array(rows.length, (i) => time[rows[i]]);
  const spans = new Spans("cells", begin, end, lines);
  spans.cells = names;
  return spans;
}

/** Coarse spans, with finer ones where they do not reach: before the first, after the last. */
export function joined(coarse, fine) {
  if (!coarse || !coarse.length) return fine;
  if (!fine || !fine.length) return coarse;
  const early = search(fine.end, coarse.begin[0], true);
  const from = Math.max(early, search(fine.begin, coarse.end.at(-1)));
  const join = (a, b) => {
    const out = new Float64Array(early + a.length + b.length - from);
    out.set(b.subarray(0, early));
    out.set(a, early);
    out.set(b.subarray(from), early + a.length);
    return out;
  };
  const names = new Set([...Object.keys(coarse.lines), ...Object.keys(fine.lines)]);
  const lines = {};
  for (const name of names)
    lines[name] = () => {
      const [a, b] = [coarse.line(name), fine.line(name)];
      return { mean: join(a.mean, b.mean), low: join(a.low, b.low), high: join(a.high, b.high) };
    };
  const [begin, end] = [join(coarse.begin, fine.begin), join(coarse.end, fine.end)];
  return new Spans(coarse.level, begin, end, lines, coarse.joinedS);
}

/** Wh and Ah in and out between two moments: {energyIn, energyOut, chargeIn, chargeOut}. */
export function sums(spans, from, to) {
  const found = { energyIn: 0, energyOut: 0, chargeIn: 0, chargeOut: 0 };
  const own = spans.has("energy_in");
  const [power, current] = [spans.line("power").mean, spans.line("current").mean];
  const [kwhIn, kwhOut] = [spans.line("energy_in").mean, spans.line("energy_out").mean];
  const [ahIn, ahOut] = [spans.line("charge_in").mean, spans.line("charge_out").mean];
  for (let i = 0; i < spans.length; i++) {
    const length = spans.end[i] - spans.begin[i];
    const shared = Math.min(to, spans.end[i]) - Math.max(from, spans.begin[i]);
    if (!(shared > 0)) continue;
    if (own && !Number.isNaN(kwhIn[i])) {
      const part = shared / length;
      found.energyIn += kwhIn[i] * 1000 * part;
      found.energyOut -= kwhOut[i] * 1000 * part;
      found.chargeIn += ahIn[i] * part;
      found.chargeOut += ahOut[i] * part;
      continue;
    }
    const add = (rate, into, out) => {
      if (rate > 0) found[into] += (rate * shared) / 3600;
      if (rate < 0) found[out] -= (rate * shared) / 3600;
    };
    add(power[i], "energyIn", "energyOut");
    add(current[i], "chargeIn", "chargeOut");
  }
  return found;
}
