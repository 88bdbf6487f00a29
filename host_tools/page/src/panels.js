// The charts of the history: which lines each has, in which unit, and how they are written.

import { number, power } from "./format.js";
import { T } from "./texts.js";

const volts = (decimals) => (value) => number(value, decimals, "V");
const kwh = (value) => power(Math.abs(value) * 1000, "Wh");

/**
 * In their order. lines: [name, colour variable] each. least: what the axis spans at least; zero: 0
 * is always on it. of: "spans" (frames, hours and days) or "cells".
 */
export const PANELS = [
  panel("power", [["power", "--power"]], (v) => power(v), { least: 50, zero: true }),
  panel("current", [["current", "--current"]], (v) => number(v, 1, "A"), { least: 2, zero: true }),
  panel("voltage", [["voltage", "--voltage"]], volts(2), { least: 0.5 }),
  panel("soc", [["soc", "--soc"]], (v) => number(v, 1, "%"), { fixed: [0, 100] }),
  panel(
    "extremes",
    [
      ["max_cell", "--high"],
      ["min_cell", "--low"],
    ],
    volts(3),
    { least: 0.02 },
  ),
  panel("cells", [], volts(3), { least: 0.02, of: "cells" }),
  panel("deviation", [], (v) => number(v, 0, "mV"), { least: 10, of: "cells", suffix: "_off" }),
  panel("temperature", [["temperature", "--temperature"]], (v) => number(v, 1, "°C"), { least: 4 }),
  panel(
    "energy",
    [
      ["energy_in", "--in"],
      ["energy_out", "--out"],
    ],
    kwh,
    { least: 0.1, zero: true, filled: true, coarse: true },
  ),
];
export const SHOWN_FIRST = ["power", "soc", "voltage", "extremes", "temperature", "energy"];

function panel(key, lines, text, more) {
  return { key, title: T.panels[key], lines, text, of: "spans", ...more };
}

/** The lines of a panel: of cells as many as there are, in colours that tell neighbours apart. */
export function linesOf(panel, spans) {
  if (panel.of !== "cells") return panel.lines;
  const names = spans ? spans.cells : [];
  return names.map((name, i) => [
    name + (panel.suffix || ""),
    `hsl(${Math.round((i * 360) / Math.max(names.length, 1))} 70% 50%)`,
  ]);
}

const BY_DEFAULT = {
  current_permille: 25,
  voltage_permille: 10,
  soc_percent: 1,
  temperature_degrees: 2,
};

/**
 * By how much a line can be off: (value) => the tolerance in its unit. stated: what the board says
 * of its own tolerances, null: packlog's defaults, with the capacity in Ah.
 */
export function toleranceOf(name, stated, capacity) {
  const of = { ...BY_DEFAULT, capacity_ah: capacity || 280, ...stated };
  if (/^voltage|_cell$/.test(name))
    return (value) => (Math.abs(value) * of.voltage_permille) / 1000;
  const fixed = {
    soc: of.soc_percent,
    temperature: of.temperature_degrees,
    // Any at all is half an ampere at least
    current: of.current_permille && Math.max(0.5, (of.capacity_ah * of.current_permille) / 1000),
  }[name];
  return fixed === undefined ? null : () => fixed;
}
