// What happened, series 3: columns code, a, b, c, and the same in words. docs/format.md, Events.

import {
  ALARMS,
  CAUSES,
  CLOCKS,
  ERRORS,
  EVENTS,
  EXTRAS,
  PLAIN,
  PROTECTIONS,
  SERIES,
  SWITCHES,
  TEXTS,
} from "../tables.js";
import { u16, u32 } from "./bytes.js";

const CONFIG = EVENTS.indexOf("config");

/** The columns of the records at these offsets. */
export function columnsOf(data, offsets) {
  const columns = {
    code: new Uint16Array(offsets.length),
    a: new Uint8Array(offsets.length),
    b: new Uint32Array(offsets.length),
    c: new Uint32Array(offsets.length),
  };
  offsets.forEach((at, row) => {
    columns.code[row] = u16(data, at + 2);
    columns.a[row] = data[at + 4];
    columns.b[row] = u32(data, at + 5);
    columns.c[row] = u32(data, at + 9);
  });
  return columns;
}

/** The events of all rows in words: [name, details] each. */
export function inWords({ code, a, b, c }) {
  const said = [];
  let config = null; // the row of the one before
  for (let row = 0; row < code.length; row++) {
    let before = -1;
    if (code[row] === CONFIG) {
      if (config !== null && a[config] === a[row]) before = b[config];
      config = row;
    }
    said.push(oneInWords(code[row], a[row], b[row], c[row], before));
  }
  return said;
}

const name = (code) => (code > 0 && code < EVENTS.length ? EVENTS[code] : `code_${code}`);

function oneInWords(code, a, b, c, before) {
  const said = name(code);
  if (said.startsWith("code_")) return [said, `a=${a} b=${b} c=${c}`];
  if (code === CONFIG) {
    const what = before < 0 ? "is" : before === b ? "as before:" : "changed: now";
    // One of the whole file is left out: passwords can be tried against it
    return [said, `config.json ${what} ${a === PLAIN ? `CRC-32 ${hex(b)}` : "noted"}`];
  }
  return [said, DETAILS[said] ? DETAILS[said](a, b, c) : `a=${a} b=${b} c=${c}`];
}

const hex = (number) => number.toString(16).padStart(8, "0");
const entry = (names, number, kind) => names[number] || `${kind} ${number}`;
const series = (number) => SERIES[number] || `series ${number}`;

export const iso = (unix) => `${new Date(unix * 1000).toISOString().slice(0, 19)}Z`;

/** What has come on and gone off; a bit without words of its own is a KIND of that number. */
function bits(now, before, kind, words) {
  const said = [];
  for (let bit = 0; bit < 32; bit++) {
    if (!((now ^ before) & (1 << bit))) continue;
    const [on, off] = words(bit) || [`${kind} ${bit} on`, `${kind} ${bit} off`];
    said.push(now & (1 << bit) ? on : off);
  }
  return said.join("; ");
}

/** What the error bits of a BMS of that number say. */
function alarms(number, now, before) {
  const called = ALARMS[number] || [];
  return bits(now, before, "error", (bit) => called[bit] && [called[bit], `${called[bit]} over`]);
}

/** Eight bytes of ASCII, filled up with NUL. */
function characters(b, c) {
  const codes = [b, c].flatMap((word) => [0, 8, 16, 24].map((shift) => (word >>> shift) & 255));
  while (codes.length && !codes[codes.length - 1]) codes.pop();
  return String.fromCharCode(...codes).replace(/[^A-Za-z0-9_ .-]/g, "?");
}

function clockSet(a, b, c) {
  const at = `by ${entry(CLOCKS, a, "clock")} to ${iso(b)}`;
  if (!c) return `${at}; it was not known`;
  if (Math.abs(c - b) < 2) return `${at}; it was right`;
  return `${at}; it was ${Math.abs(c - b)} s ${c > b ? "ahead" : "behind"}`;
}

function task(a, b, c) {
  // No cell of a CSV begins with a -
  const named = characters(b, c).replace(/^(?![A-Za-z0-9_]).?/, "?");
  return a ? `${named}: OSError ${a}` : named;
}

function value(a, b) {
  const named = entry(EXTRAS, a, "value");
  return named === "mcu_id" ? `${named} ${hex(b)}` : `${named} ${b | 0}`;
}

const DETAILS = {
  reboot: (a) => entry(CAUSES, a, "cause"),
  protection: (a, b, c) => bits(b, c, "protection", (bit) => PROTECTIONS[1 << bit]),
  link_silent: (a, b) => (a ? `no reading since the start: ${b} s` : `no reading for ${b} s`),
  link_back: (a, b) => `after ${b} s without a reading`,
  clock_set: clockSet,
  packets_rejected: (a, b) => `${b} damaged packets since the last such event`,
  readings_lost: (a, b) => `${b} readings could not be taken in`,
  records_dropped: (a, b) => `${b} records that the flash did not take in time`,
  storage_failed: (a, b) => `${series(a)}: ${ERRORS[b] || `error ${b}`}`,
  storage_back: (a, b) => `${series(a)}: after ${b} s`,
  task_died: task,
  events_left_out: (a, b) => `${b} times ${name(a)} that came too often`,
  bms_errors: alarms,
  switches: (a, b, c) => bits(b, c, "switch", (bit) => SWITCHES[1 << bit]),
  text: (a, b, c) => `${entry(TEXTS, a >> 4, "text")}${a & 15 ? "..." : ":"} ${characters(b, c)}`,
  value,
  records_damaged: (a, b) => `${b} records that the flash has damaged`,
};
