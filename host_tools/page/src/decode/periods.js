// Hours and days as `packlog decode` has them: several records of one hour or day added up, and a
// row for each stretch of silence. Means weigh by the seconds in which a quantity is known.

import { search } from "./bytes.js";
import { load, stack } from "./logs.js";
import { scaled } from "./rollups.js";
import { SERIES } from "./segment.js";
import { UNKNOWN } from "./timeline.js";

const HOUR_S = 3600;
const OFFSETS = [0, 1800, 2700, 900]; // of local hours, the most frequent first
const NEAR_S = 60; // what UTC in a record and UTC by the anchors may be apart
const SLACK_S = 5; // by which a record may reach out of its hour
const NO_DAY = -1;

// In the order of the CSV
export const QUANTITIES = [
  "voltage",
  "current",
  "temperature",
  "soc",
  "min_cell_voltage",
  "max_cell_voltage",
];
export const FLOWS = ["charge_in", "charge_out", "energy_in", "energy_out"];
export const CELLS = { min_voltage_cell: "min_cell_voltage", max_voltage_cell: "max_cell_voltage" };
export const MOMENTS = ["soc_max_at", "soc_min_at"];

/**
 * The table of a series, hours or days: {pack, columns, length, boots}; null if there is none. An
 * hour's time and uptime are those of its begin; columns has the means (voltage), extremes
 * (voltage_min), sums and moments, in units.
 */
export function periods(pieces, series) {
  const loaded = load(pieces, SERIES[series]);
  if (!loaded.logs.length) return null;
  const columns = stack(loaded.logs.map((log) => log.columns));
  columns.start = stack(loaded.logs.map((log) => ({ start: startsOf(log) }))).start;
  const { rows, boots } = (series === "hours" ? hours : days)(columns, loaded.boots);
  const names = Object.keys(rows[0] || {});
  const made = Object.fromEntries(
    names.map((name) => [name, Float64Array.from(rows, (row) => row[name])]),
  );
  const { header } = pieces.find((piece) => piece.header.series === SERIES[series]);
  return { pack: header.name, columns: made, length: rows.length, boots };
}

/** At which uptime each record begins. */
function startsOf({ columns: { boot, uptime }, start }) {
  return Float64Array.from(start, (begin, row) =>
    row && boot[row] === boot[row - 1] ? Math.max(begin, uptime[row - 1]) : begin,
  );
}

function hours(columns, boots) {
  const begin = beginsOf(columns);
  const count = begin.length;
  const { boot, uptime, start, undated } = columns;
  const end = begin.map((time, row) => time + uptime[row] - start[row]);
  const moment = (name, row) => {
    const after = columns[name][row];
    return begin[row] !== UNKNOWN && !Number.isNaN(after) ? begin[row] + after : -1;
  };
  const groups = grouped(hourKeys(begin, end), count);
  const ends = groups.map((group) => group.at(-1));
  const rows = groups.map((group) => {
    const [first] = group;
    const isDated = begin[first] !== UNKNOWN;
    return {
      boot: boot[first],
      uptime: start[first],
      time: begin[first],
      undated: isDated ? 0 : undated[first],
      hole: 0,
      ...addedUp(columns, group, moment),
    };
  });
  const isSilent = (row, next, last) => {
    const known = next.time !== UNKNOWN && end[last] !== UNKNOWN && !row.undated;
    if (known && !next.undated) return next.time - end[last] >= HOUR_S;
    return next.boot !== row.boot;
  };
  const hole = (row, i) => ({
    boot: row.boot,
    uptime: uptime[ends[i]],
    time: row.time === UNKNOWN ? UNKNOWN : end[ends[i]],
  });
  return { rows: withHoles(rows, (row, next, i) => isSilent(row, next, ends[i]), hole), boots };
}

/**
 * UTC at which records begin: as they say, unless the anchors have it otherwise. In a boot of which
 * no anchor is left, what other records of it say dates one that says nothing.
 */
function beginsOf({ time, uptime, start, undated, utc }) {
  const begin = time.map((end, row) => {
    const byAnchor = end === UNKNOWN ? UNKNOWN : end - (uptime[row] - start[row]);
    const isNear = byAnchor === UNKNOWN || Math.abs(byAnchor - utc[row]) <= NEAR_S;
    return utc[row] > 0 && isNear ? utc[row] : byAnchor;
  });
  const ofBoot = new Map();
  undated.forEach((number, row) => {
    if (number) ofBoot.set(number, [...(ofBoot.get(number) || []), row]);
  });
  for (const rows of ofBoot.values()) {
    const says = rows.filter((row) => begin[row] !== UNKNOWN);
    if (!says.length) continue;
    for (const row of rows) {
      if (begin[row] !== UNKNOWN) continue;
      const other = says[Math.min(search(says, row), says.length - 1)];
      begin[row] = begin[other] + start[row] - start[other];
    }
  }
  return begin;
}

/** Which records are of the same hour: equal keys; one in no hour has a key of its own. */
function hourKeys(begin, end) {
  const modulo = (number) => ((number % HOUR_S) + HOUR_S) % HOUR_S;
  const hourOf = (row, offset) => {
    const middle = Math.floor((begin[row] + end[row]) / 2);
    return middle - modulo(middle - offset);
  };
  const fits = (row, offset) => {
    const hour = hourOf(row, offset);
    return begin[row] >= hour - SLACK_S && end[row] <= hour + HOUR_S + SLACK_S;
  };
  const rows = [...begin.keys()].filter((row) => begin[row] !== UNKNOWN);
  const lost = OFFSETS.map((offset) => rows.filter((row) => !fits(row, offset)).length);
  const usual = OFFSETS[lost.indexOf(Math.min(...lost))];
  const keys = Array.from(begin, (_, row) => -1 - row);
  for (const row of rows) {
    const offset = [usual, ...OFFSETS].find((each) => fits(row, each));
    if (offset !== undefined) keys[row] = hourOf(row, offset);
  }
  return keys;
}

function days(columns, boots) {
  const { boot, uptime, time, undated, utc, day } = columns;
  const keys = Array.from(day, (number, row) => (number > 0 ? number : -1 - row));
  boots = [...boots];
  const moment = (name, row) => {
    const minute = columns[name][row];
    return day[row] > 0 && !Number.isNaN(minute) ? minute : -1;
  };
  const rows = grouped(keys, day.length).map((group) => {
    const [first] = group;
    const isKnown = day[first] > 0;
    const found = {
      boot: boot[first],
      uptime: uptime[first],
      time: isKnown && utc[first] ? utc[first] : UNKNOWN,
      undated: isKnown ? 0 : undated[first],
      hole: 0,
      day: isKnown ? day[first] : NO_DAY,
      ...addedUp(columns, group, moment),
    };
    if (!isKnown && !found.undated) {
      // If the anchors say when it ended, that is certain
      const began = time[first] === UNKNOWN ? null : time[first] - uptime[first];
      boots.push({ boot: boot[first], length: uptime[first], earliest: began, latest: began });
      found.undated = boots.length;
    }
    return found;
  });
  const isSilent = (row, next) => row.day !== NO_DAY && next.day > row.day + 1;
  const hole = ({ boot, uptime, time, day }) => ({ boot, uptime, time, day: day + 1 });
  return { rows: withHoles(rows, isSilent, hole), boots };
}

/** The rows of equal keys, in the order of their first ones. */
function grouped(keys, count) {
  const found = new Map();
  for (let row = 0; row < count; row++) {
    if (!found.has(keys[row])) found.set(keys[row], []);
    found.get(keys[row]).push(row);
  }
  return [...found.values()];
}

/** Records as one: seconds, means, extremes, numbers of cells, sums and moments. */
function addedUp(columns, group, moment) {
  const { seconds } = columns;
  const of = (name, row) => scaled(name, columns[name][row]);
  const sum = (value) => added(group.map(value));
  const found = { seconds: sum((row) => seconds[row]) };
  const firstAt = {}; // the first row with an extreme, by its column
  for (const name of QUANTITIES) {
    const mean = (row) =>
      name === "current" ? meanCurrent(columns, row) : of(`${name}_mean`, row);
    const isKnown = (row) => Number.isFinite(mean(row));
    const weight = sum((row) => (isKnown(row) ? seconds[row] : 0));
    found[name] = sum((row) => (isKnown(row) ? mean(row) * seconds[row] : 0)) / weight;
    for (const [which, isBeyond] of [
      ["min", (a, b) => a < b],
      ["max", (a, b) => a > b],
    ]) {
      const column = `${name}_${which}`;
      let best = null;
      for (const row of group)
        if (!Number.isNaN(of(column, row)))
          if (best === null || isBeyond(of(column, row), of(column, best))) best = row;
      firstAt[column] = best ?? group[0];
      found[column] = best === null ? NaN : of(column, best);
    }
  }
  const cell = (name, row) => (Number.isNaN(columns[name][row]) ? 0 : of(name, row));
  found.min_voltage_cell = cell("min_voltage_cell", firstAt.min_cell_voltage_min);
  found.max_voltage_cell = cell("max_voltage_cell", firstAt.max_cell_voltage_max);
  for (const name of [...FLOWS, ...(columns.cycles ? ["cycles"] : [])])
    found[name] = sum((row) => of(name, row));
  found.soc_max_at = moment("soc_max_at", firstAt.soc_max);
  found.soc_min_at = moment("soc_min_at", firstAt.soc_min);
  return found;
}

/**
 * A sum in the order in which numpy's reduceat adds up to eight numbers: the last bit decides how a
 * half is rounded.
 */
function added([first, ...others]) {
  return first + others.reduce((sum, each) => sum + each, 0);
}

function meanCurrent(columns, row) {
  if (Number.isNaN(columns.current_min[row])) return NaN;
  const of = (name) => scaled(name, columns[name][row]);
  return ((of("charge_in") - of("charge_out")) * HOUR_S) / columns.seconds[row];
}

/** The rows, and behind those that are followed by silence one that says when it begins. */
function withHoles(rows, isSilent, hole) {
  return rows.flatMap((row, i) => {
    const next = rows[i + 1];
    if (!next || !isSilent(row, next, i)) return [row];
    const none = Object.fromEntries(Object.keys(row).map((name) => [name, NaN]));
    const cells = { min_voltage_cell: 0, max_voltage_cell: 0, soc_max_at: -1, soc_min_at: -1 };
    return [row, { ...none, ...cells, undated: row.undated, hole: 1, ...hole(row, i) }];
  });
}
