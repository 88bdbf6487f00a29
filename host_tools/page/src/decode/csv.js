// CSV of a table, the bytes that `packlog decode` writes. docs/format.md, CSV.

import { cellNames } from "./cells.js";
import { inWords, iso } from "./events.js";
import { temperatureStep } from "./frames.js";
import { roundEven } from "./bytes.js";
import { CELLS, FLOWS, MOMENTS, QUANTITIES } from "./periods.js";

const BLOCK = 5000; // rows a piece
const MOST_DECIMALS = 3; // mV, mA
const HALF_BITS = 11; // of a float16's significand

/** Generator: the text of a table of a series, in pieces. rows: which of them, all if left out. */
export function* csv(series, { columns, boots, length }, rows = null) {
  const wanted = rows || Uint32Array.from({ length }, (_, row) => row);
  const { time } = columns;
  const [names, values] = COLUMNS[series](columns);
  const all = [
    columns.day ? (row) => date(columns.day[row]) : (row) => moment(time[row]),
    ...values,
  ];
  if (wanted.some((row) => columns.undated[row])) {
    names.push("boot", "uptime", "not_before", "not_after");
    all.push(...undatedColumns(columns, boots));
  }
  yield `${["time", ...names].join(",")}\n`;
  for (let first = 0; first < wanted.length; first += BLOCK) {
    let text = "";
    for (const row of wanted.subarray(first, first + BLOCK))
      text += `${all.map((column) => column(row)).join(",")}\n`;
    yield text;
  }
}

/** What is known of rows that no clock has dated. */
function undatedColumns({ boot, uptime, undated }, boots) {
  const bound = (which) => (row) => {
    const begin = undated[row] ? boots[undated[row] - 1][which] : null;
    return begin === null || begin < 0 ? "" : iso(begin + uptime[row]);
  };
  return [(row) => boot[row], (row) => uptime[row], bound("earliest"), bound("latest")];
}

const COLUMNS = {
  pack(columns) {
    const { layout, temperature } = columns;
    const lookup = (name, text) => (row) => text(columns[name][row]);
    const warmth = (row) => {
      if (Number.isNaN(temperature[row])) return "";
      return temperature[row].toFixed(temperatureStep(layout[row]) >= 10 ? 0 : 1);
    };
    return [
      [
        "voltage",
        "current",
        "temperature",
        "soc",
        "min_cell_voltage",
        "max_cell_voltage",
        "min_voltage_cell",
        "max_voltage_cell",
      ],
      [
        lookup("voltage", half),
        lookup("current", half),
        warmth,
        lookup("soc", (soc) => (Number.isNaN(soc) ? "" : String(soc))),
        lookup("min_cell_voltage", (mv) => (mv < 0 ? "" : fixed(mv, 3))),
        lookup("max_cell_voltage", (mv) => (mv < 0 ? "" : fixed(mv, 3))),
        lookup("min_voltage_cell", (cell) => cell || ""),
        lookup("max_voltage_cell", (cell) => cell || ""),
      ],
    ];
  },
  cells(columns) {
    const names = cellNames(columns);
    return [
      names,
      names.map((name) => (row) => (columns[name][row] && fixed(columns[name][row], 3)) || ""),
    ];
  },
  hours: (columns) => periodColumns(columns, (unix) => moment(unix)),
  days: (columns) => periodColumns(columns, clockTime),
  events(columns) {
    const words = inWords(columns);
    return [
      ["event", "details"],
      [(row) => words[row][0], (row) => words[row][1]],
    ];
  },
};

const DECIMALS = {
  voltage: 2,
  current: 2,
  temperature: 1,
  soc: 1,
  min_cell_voltage: 3,
  max_cell_voltage: 3,
  charge_in: 2,
  charge_out: 2,
  energy_in: 1,
  energy_out: 1,
  cycles: 3,
};

/** The columns of hours or days. at(value): the text of a moment. */
function periodColumns(columns, at) {
  const { hole, seconds } = columns;
  const rounded = (name, quantity = name) => {
    const decimals = DECIMALS[quantity];
    return (row) => {
      const value = columns[name][row];
      return Number.isFinite(value) ? fixed(roundEven(value * 10 ** decimals), decimals) : "";
    };
  };
  const found = { seconds: (row) => (hole[row] ? "" : seconds[row]) };
  for (const name of QUANTITIES)
    for (const each of [name, `${name}_min`, `${name}_max`]) found[each] = rounded(each, name);
  for (const name of Object.keys(CELLS)) found[name] = (row) => columns[name][row] || "";
  for (const name of [...FLOWS, "cycles"]) if (columns[name]) found[name] = rounded(name);
  for (const name of MOMENTS) found[name] = (row) => at(columns[name][row]);
  return [Object.keys(found), Object.values(found)];
}

const moment = (unix) => (unix < 0 ? "" : iso(unix));
const date = (day) => (day < 0 ? "" : iso(day * 86400).slice(0, 10));
const clockTime = (minute) => (minute < 0 ? "" : iso(minute * 60).slice(11, 16));

/** A whole number of 10**-decimals. */
function fixed(number, decimals) {
  const digits = String(Math.abs(number)).padStart(decimals + 1, "0");
  const sign = number < 0 ? "-" : "";
  if (!decimals) return sign + digits;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

const halves = new Map(); // texts by number

/** A number that came from a float16, with as many decimals as tell it from its neighbours. */
function half(number) {
  if (Number.isNaN(number)) return "";
  let text = halves.get(number);
  if (text === undefined) halves.set(number, (text = halfText(number)));
  return text;
}

function halfText(number) {
  if (!Number.isFinite(number)) return number < 0 ? "-inf" : "inf";
  const size = Math.abs(number);
  let exponent = 0; // size is 0.5 to 1 times 2**exponent
  while (size && size >= 2 ** exponent) exponent++;
  while (size && size < 2 ** (exponent - 1)) exponent--;
  const step = 2 ** (exponent - HALF_BITS);
  const decimals = Math.min(Math.max(Math.ceil(-Math.log10(step)), 0), MOST_DECIMALS);
  return fixed(roundEven(number * 10 ** decimals), decimals);
}
