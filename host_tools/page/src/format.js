// Numbers, durations and dates as the page writes them. Dates are of this device's time zone.

import { T } from "./texts.js";

export const NONE = "–";
const MINUS = "−";
const NARROW = "\u202f"; // a narrow space that does not break

/** A number with that many decimals and its unit; a dash where it is unknown. */
export function number(value, decimals = 0, unit = "") {
  if (typeof value !== "number" || !Number.isFinite(value)) return NONE;
  const text = value.toFixed(decimals).replace(/^-(0(\.0*)?)$/, "$1");
  return text.replace("-", MINUS) + (unit && NARROW + unit);
}

/** W or kW, Wh or kWh: three or four digits. */
export function power(watts, unit = "W") {
  if (typeof watts !== "number" || !Number.isFinite(watts)) return NONE;
  const size = Math.abs(watts);
  if (size >= 999.5) return number(watts / 1000, size < 9995 ? 2 : 1, `k${unit}`);
  return number(watts, size < 9.95 && unit === "Wh" ? 1 : 0, unit);
}

/** With a sign, also of what is above 0. */
export const signed = (text) => (/^[1-9]|^0[.]?0*[1-9]/.test(text) ? `+${text}` : text);

/** Seconds as a person says them: two units at most. */
export function duration(seconds) {
  if (!(seconds >= 0)) return NONE;
  const s = Math.round(seconds);
  const units = [
    [86400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  let first = units.findIndex(([size]) => s >= size);
  if (first < 0) first = 3;
  const [size, name] = units[first];
  const said = [`${Math.floor(s / size)}${NARROW}${name}`];
  const rest = Math.floor((s % size) / (units[first + 1] || [1])[0]);
  if (rest && first < 3 && s / size < 10) said.push(`${rest}${NARROW}${units[first + 1][1]}`);
  return said.join(" ");
}

const two = (n) => String(n).padStart(2, "0");

export const day = (date, year = true) =>
  `${date.getDate()} ${T.months[date.getMonth()]}${year ? ` ${date.getFullYear()}` : ""}`;

export const clock = (date, seconds = true) =>
  `${two(date.getHours())}:${two(date.getMinutes())}${seconds ? `:${two(date.getSeconds())}` : ""}`;

/** A moment in words. seconds: whether to say them. */
export function moment(unix, seconds = true) {
  const date = new Date(unix * 1000);
  return `${day(date)} ${clock(date, seconds)}`;
}

/** From when to when, as short as it can be said. */
export function span(from, to) {
  const [a, b] = [new Date(from * 1000), new Date(to * 1000)];
  const long = to - from > 3 * 86400;
  if (long) return `${day(a, a.getFullYear() !== b.getFullYear())} – ${day(b)}`;
  const seconds = to - from < 600;
  const end = a.toDateString() === b.toDateString() ? "" : `${day(b, false)} `;
  return `${day(a)} ${clock(a, seconds)} – ${end}${clock(b, seconds)}`;
}

/** The labels of a time axis whose ticks are step seconds apart. */
export function ticks(splits, step) {
  let before = "";
  return splits.map((unix) => {
    const date = new Date(unix * 1000);
    if (step >= 28 * 86400)
      return date.getMonth() ? T.months[date.getMonth()] : String(date.getFullYear());
    const today = day(date, false);
    if (step >= 86400) return today;
    const isNew = today !== before;
    before = today;
    const time = clock(date, step < 60);
    return isNew && time.startsWith("00:00") ? today : time;
  });
}
