// What a pack does now: its newest reading, and how old that is.

import { UNITS } from "./tables.js";
import { fill, h } from "./dom.js";
import { NONE, duration, number, power, signed } from "./format.js";
import { T } from "./texts.js";

const IDLE_W = 2;
// Elsewhere
const SHOWN = new Set(["cells", "temperatures", "cell_temperatures", "time", "errors"]);

const known = (value) => value !== undefined && value !== null;

export class Live {
  constructor() {
    this.status = h("p", { class: "status", role: "status" });
    this.big = h("div", { class: "big" });
    this.cells = h("section", { class: "card" });
    this.warmth = h("section", { class: "card" });
    this.alarms = h("section", { class: "card" });
    this.all = h("dl", { class: "all" });
    const more = h("details", { class: "card" }, h("summary", {}, T.more), this.all);
    this.node = h(
      "div",
      { class: "live" },
      this.status,
      this.big,
      this.cells,
      this.warmth,
      this.alarms,
      more,
    );
  }

  /** pack: as in /api/status; today: {energyIn, energyOut} in Wh since midnight, or null. */
  draw(pack, today) {
    this.pack = pack;
    const { values } = pack;
    const cells = pack.cells?.length ? pack.cells : values.cells || [];
    this.node.classList.toggle("old", !pack.fresh);
    this.drawBig(values, today);
    fill(this.cells, ...cellBars(cells, values));
    this.cells.hidden = !cells.some(known);
    fill(this.warmth, h("h3", {}, T.temperatures), temperatures(values));
    this.warmth.hidden = !this.warmth.querySelector("li");
    fill(this.alarms, h("h3", {}, T.state), alarmList(values));
    this.alarms.hidden = ![values.charge_stopped, values.discharge_stopped, values.errors].some(
      known,
    );
    fill(this.all, everything(values));
    this.drawAge(0);
  }

  /** later: seconds since the status came. */
  drawAge(later) {
    const { age_s: age, fresh, state } = this.pack;
    const words = state && !fresh ? `: ${state}` : "";
    this.status.className = `status ${fresh ? "good" : "bad"}`;
    if (!known(age)) fill(this.status, T.never + words);
    else if (fresh) fill(this.status, T.fresh(duration(age + later)));
    else fill(this.status, `${T.silent(duration(age + later))}${words}.`);
    if (!fresh && known(this.pack.values.voltage)) this.status.append(` ${T.showsOld}`);
  }

  drawBig(values, today) {
    const watts = values.power;
    const doing = !known(watts)
      ? ""
      : Math.abs(watts) < IDLE_W
        ? T.idle
        : watts > 0
          ? T.charging
          : T.discharging;
    const time = timeLeft(values);
    const tile = (label, value, more) =>
      h(
        "div",
        { class: "tile" },
        h("small", {}, label),
        h("strong", {}, value),
        h("small", {}, more || " "),
      );
    const tiles = [
      h("div", { class: "tile soc" }, ring(values.soc), h("small", {}, time || " ")),
      tile(T.values.power, signed(power(watts)), doing),
      tile(
        T.values.voltage,
        number(values.voltage, 2, "V"),
        signed(number(values.current, 1, "A")),
      ),
    ];
    if (today) {
      const [into, out] = [power(today.energyIn, "Wh"), power(today.energyOut, "Wh")];
      tiles.push(h("div", { class: "tile" }, h("small", {}, T.energyToday), inOut(into, out)));
    }
    if (known(values.total_energy_in) && known(values.total_energy_out)) {
      const [into, out] = [values.total_energy_in, values.total_energy_out].map(totalEnergy);
      tiles.push(h("div", { class: "tile" }, h("small", {}, T.energyTotal), inOut(into, out)));
    }
    fill(this.big, tiles);
  }
}

/** kWh that packlog has counted. */
const totalEnergy = (kwh) => number(kwh, kwh < 100 ? 2 : 0, "kWh");

const inOut = (into, out) =>
  h(
    "div",
    { class: "inout" },
    h("span", { style: "--c:var(--in)" }, "↑ ", h("b", {}, into)),
    h("span", { style: "--c:var(--out)" }, "↓ ", h("b", {}, out)),
  );

/** Time to full or empty, in minutes, in words; "" if it is not known. */
function timeLeft(values) {
  if (known(values.time_to_full)) return T.timeToFull(duration(values.time_to_full * 60));
  if (known(values.time_to_empty)) return T.timeToEmpty(duration(values.time_to_empty * 60));
  return "";
}

/** SoC as a ring. */
function ring(soc) {
  const svg = (tag, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  };
  const circle = { cx: 60, cy: 60, r: 52, fill: "none", "stroke-width": 11 };
  const picture = svg("svg", { viewBox: "0 0 120 120", "aria-hidden": "true" });
  picture.append(svg("circle", { ...circle, class: "track" }));
  if (known(soc) && soc > 0) {
    const part = {
      pathLength: 100,
      "stroke-dasharray": `${soc} 100`,
      transform: "rotate(-90 60 60)",
    };
    const level = soc < 15 ? "low" : soc < 30 ? "middle" : "full";
    picture.append(svg("circle", { ...circle, ...part, "stroke-linecap": "round", class: level }));
  }
  const text = known(soc) ? number(soc, 0) : NONE;
  return h("div", { class: "ring" }, picture, h("strong", {}, text, h("small", {}, "% SoC")));
}

/** The cells as bars from empty to full, each with how far it is from the mean. */
function cellBars(cells, values) {
  const volts = cells.filter(known);
  if (!volts.length) return [];
  const [low, high] = [Math.min(...volts), Math.max(...volts)];
  const mean = volts.reduce((sum, v) => sum + v, 0) / volts.length;
  const isHigh = high > 3.8; // Li-ion of 4.2 V; LFP otherwise
  const empty = Math.min(low, values.empty_cell_voltage ?? (isHigh ? 3.0 : 2.8));
  const full = Math.max(high, values.full_cell_voltage ?? (isHigh ? 4.2 : 3.65));
  const bars = cells.map((v, i) => {
    if (!known(v))
      return h("li", { class: "none" }, h("i"), h("b", {}, NONE), h("small", {}, i + 1));
    const part = full > empty ? (v - empty) / (full - empty) : 0.5;
    const off = (v - mean) * 1000;
    const offText = signed(number(off, 0));
    const mark = v === low && low < high ? "lowest" : v === high && low < high ? "highest" : "";
    const hue = Math.round(5 + 135 * Math.min(1, Math.max(0, part * 1.6)));
    const label = T.cellBar(i + 1, number(v, 3, "V"), `${offText} mV`);
    return h(
      "li",
      { class: mark, title: label, style: `--p:${(6 + 94 * part).toFixed(1)}%;--hue:${hue}` },
      h("i", {}, h("u")),
      h("b", {}, v.toFixed(3)),
      h("em", { class: Math.abs(off) >= 20 ? "far" : "" }, offText),
      h("small", {}, i + 1),
    );
  });
  const spread = T.spread(number((high - low) * 1000, 0, "mV"), number(mean, 3, "V"));
  return [
    h("h3", {}, T.cells, h("span", { class: "values" }, spread)),
    h("ol", { class: "cells" }, bars),
  ];
}

function temperatures(values) {
  const found = [];
  const add = (name, value) => known(value) && found.push([name, value]);
  const sensors = values.temperatures || [];
  sensors.forEach((value, i) => add(T.sensor(i + 1), value));
  if (!sensors.some(known)) add(T.pack, values.temperature);
  add(T.mosfet, values.mosfet_temperature);
  (values.cell_temperatures || []).forEach((value, i) => add(T.cell(i + 1), value));
  const line = ([name, value]) =>
    h("li", {}, h("span", {}, name), h("b", {}, number(value, 1, "°C")));
  return h("ul", { class: "pairs" }, found.map(line));
}

function alarmList(values) {
  const found = [];
  if (values.charge_stopped === true) found.push(T.chargeStopped);
  if (values.discharge_stopped === true) found.push(T.dischargeStopped);
  if (values.errors && values.errors !== "none")
    found.push(...String(values.errors).split(/; |, /));
  if (!found.length) return h("p", { class: "good" }, T.noAlarms);
  return h(
    "ul",
    { class: "alarms" },
    found.map((text) => h("li", {}, text)),
  );
}

/** Every value that has a name, as a list. */
function everything(values) {
  const said = (value) => (value === true ? T.yes : value === false ? T.no : value);
  return Object.entries(values)
    .filter(([name, value]) => known(value) && !SHOWN.has(name))
    .flatMap(([name, value]) => {
      const [unit, decimals] = UNITS.find((row) => row.includes(name, 2)) || ["", 0];
      const texts = [value]
        .flat()
        .map((one) =>
          typeof one === "number"
            ? number(one, unit ? decimals : 0, unit.replace("degC", "°C"))
            : said(one),
        );
      return [
        h("dt", {}, T.values[name] || name.replaceAll("_", " ")),
        h("dd", {}, texts.join(", ")),
      ];
    });
}
