// The charts of a pack's history one below the other, with one view and one cursor.

import { choice, fill, h, memory } from "./dom.js";
import { EventList, eventsOf } from "./eventlist.js";
import { moment, number, power, span } from "./format.js";
import { listen } from "./gestures.js";
import { Levels } from "./levels.js";
import { PANELS, SHOWN_FIRST, linesOf, toleranceOf } from "./panels.js";
import { Plot, areaOf } from "./plot.js";
import { points } from "./reduce.js";
import { sums } from "./spans.js";
import { T } from "./texts.js";

const SHORTEST_S = 30;
const REDRAW_MS = 700; // while files come
const DAY_S = 86400;
const MANY_CELLS = 8; // more than that are not all named at the cursor

export class Charts {
  /** history: a PackHistory. stated: {tolerances, capacity} of the pack, null where not known. */
  constructor(history, stated) {
    Object.assign(this, {
      history,
      stated,
      cost: 0,
      cursor: null,
      loading: null,
      plots: new Map(),
    });
    this.levels = new Levels(history);
    this.view = { from: Date.now() / 1000 - DAY_S, to: Date.now() / 1000 };
    this.shown = new Set(memory.get("panels", SHOWN_FIRST));
    this.eventList = new EventList(() => this.redraw());
    this.build();
    listen(this.stack, {
      area: () => areaOf(this.stack),
      view: () => this.view,
      move: (view) => this.move(view),
      point: (time) => this.point(time),
    });
    this.onresize = () => this.redraw();
    window.addEventListener("resize", this.onresize);
  }

  build() {
    this.title = h("p", { class: "range", "aria-live": "polite" });
    this.note = h("p", { class: "note" });
    this.when = h("p", { class: "when" });
    this.sums = h("p", { class: "note" });
    const ranges = [...T.ranges.map(([text, s]) => [s, text]), ["all", T.all]];
    this.ranges = choice(T.csvRange, ranges, DAY_S, (key) => this.choose(key));
    const button = (text, label, run) =>
      h("button", { type: "button", "aria-label": label, title: label, onclick: run }, text);
    const moves = h(
      "div",
      { class: "choice", role: "group" },
      button("‹", T.earlier, () => this.shift(-1)),
      button("›", T.later, () => this.shift(1)),
      button("−", T.zoomOut, () => this.zoom(2)),
      button("+", T.zoomIn, () => this.zoom(0.5)),
      button("⇥", T.newest, () => this.newest()),
    );
    this.stack = h("div", { class: "stack", tabindex: 0, role: "application" });
    this.stack.setAttribute("aria-label", T.chartsLabel);
    this.node = h(
      "div",
      { class: "charts" },
      h("div", { class: "bar" }, this.ranges, moves),
      h("div", { class: "line" }, this.title, this.when),
      this.stack,
      this.sums,
      this.note,
      this.switches(),
    );
  }

  /** The boxes that say which charts are shown. */
  switches() {
    const box = (text, isOn, change) => {
      const input = h("input", { type: "checkbox", onchange: () => change(input.checked) });
      input.checked = isOn;
      return h("label", { class: "check" }, input, text);
    };
    const panels = PANELS.map(({ key, title }) =>
      box(title, this.shown.has(key), (isOn) => {
        this.shown[isOn ? "add" : "delete"](key);
        memory.set("panels", [...this.shown]);
        this.redraw();
        this.load();
      }),
    );
    const tolerance = box(T.tolerance, false, (isOn) => {
      this.isTolerant = isOn;
      this.redraw();
    });
    return h("fieldset", { class: "switches" }, h("legend", {}, T.show), panels, tolerance);
  }

  choose(key) {
    if (key === "all") {
      this.showAll();
      return;
    }
    const to = Math.min(this.view.to, this.end());
    this.move({ from: to - key, to }, key);
  }

  async showAll() {
    const show = () => this.move(this.levels.extent() || this.view, "all");
    show();
    await this.history.readOldest().then(show, console.warn);
  }

  shift(part) {
    const length = (this.view.to - this.view.from) * part * 0.8;
    this.move({ from: this.view.from + length, to: this.view.to + length });
  }

  zoom(factor) {
    const middle = (this.view.from + this.view.to) / 2;
    const half = ((this.view.to - this.view.from) * factor) / 2;
    this.move({ from: middle - half, to: middle + half });
  }

  newest(key = null) {
    const length = this.view.to - this.view.from;
    this.move({ from: this.end() - length, to: this.end() }, key);
  }

  /** The newest day; all of a younger history. */
  begin() {
    const extent = this.levels.extent();
    if (extent && extent.to - extent.from < DAY_S) this.choose("all");
    else this.newest(DAY_S);
  }

  /** The last moment of the history; on a board that is now. */
  end() {
    const extent = this.levels.extent();
    return extent ? extent.to : Date.now() / 1000;
  }

  /** Show another part of time, held within the history. */
  move({ from, to }, key = null) {
    const extent = this.levels.extent();
    if (to - from < SHORTEST_S) {
      const middle = (from + to) / 2;
      [from, to] = [middle - SHORTEST_S / 2, middle + SHORTEST_S / 2];
    }
    if (extent) {
      const longest = Math.max(extent.to - extent.from, DAY_S) * 1.1;
      if (to - from > longest) [from, to] = [to - longest, to];
      const room = (to - from) * 0.05;
      const shift =
        Math.max(0, extent.from - (to - from) * 0.95 - from) || Math.min(0, extent.to + room - to);
      [from, to] = [from + shift, to + shift];
    }
    this.view = { from, to };
    this.ranges.press(key);
    this.redraw();
    this.load();
  }

  point(time) {
    this.cursor = time;
    this.redraw(true);
  }

  /** Draw with the next picture. isCursor: nothing but the cursor has moved. */
  redraw(isCursor = false) {
    this.isCursorOnly = this.frame ? this.isCursorOnly && isCursor : isCursor;
    this.frame ||= requestAnimationFrame(() => {
      this.frame = null;
      if (!this.isCursorOnly) this.draw();
      this.drawCursor();
    });
  }

  draw() {
    const begin = performance.now();
    const { from, to } = this.view;
    fill(this.title, span(from, to));
    const spans = this.levels.spans(this.view);
    const cells = this.levels.of("cells");
    const events = this.history.table("events");
    if (events !== this.eventTable) this.eventList.take(events ? eventsOf(events) : []);
    this.eventTable = events;
    this.eventList.show(from, to);
    const isCoarse = spans && spans.level !== "pack";
    const panels = PANELS.filter(
      (panel) =>
        this.shown.has(panel.key) && (!panel.coarse || (isCoarse && spans.has("energy_in"))),
    );
    for (const [key, plot] of this.plots) {
      if (panels.some((panel) => panel.key === key)) continue;
      plot.destroy();
      this.plots.delete(key);
    }
    panels.forEach((panel, i) => {
      const mine = panel.of === "cells" ? cells : spans;
      if (!this.plots.has(panel.key))
        this.plots.set(panel.key, new Plot(panel, () => this.eventList.marks()));
      const plot = this.plots.get(panel.key);
      if (this.stack.children[i] !== plot.node)
        this.stack.insertBefore(plot.node, this.stack.children[i] || null);
      this.drawPanel(plot, panel, mine, i === panels.length - 1);
    });
    this.drawNotes(spans);
    this.cost = performance.now() - begin;
  }

  drawPanel(plot, panel, spans, isLast) {
    const lines = linesOf(panel, spans);
    const names = lines.map(([name]) => name);
    const { from, to } = this.view;
    const width = areaOf(this.stack).width;
    const found = spans
      ? points(spans, names, from, to, width)
      : { x: [], lines: Object.fromEntries(names.map((name) => [name, EMPTY])) };
    if (this.isTolerant) for (const name of names) this.widen(found.lines, name);
    plot.draw(found, lines, this.view, isLast);
  }

  /** Make the band of a line as wide as its tolerance, where it has none yet. */
  widen(lines, name) {
    const tolerance = toleranceOf(name, this.stated?.tolerances, this.stated?.capacity);
    if (!tolerance) return;
    const { mean, low, high } = lines[name];
    const moved = (values, sign) =>
      values.map((value) => (value === null ? null : value + sign * tolerance(value)));
    lines[name] = { mean, low: moved(low, -1), high: moved(high, 1) };
  }

  drawNotes(spans) {
    const { from, to } = this.view;
    const notes = [];
    if (this.loading) notes.push(T.loadingFiles(...this.loading));
    else if (!spans) notes.push(T.nothingHere);
    if (spans) {
      const all = sums(spans, from, to);
      const ah = (value) => number(value, value < 99.5 ? 1 : 0, "Ah");
      const { energyIn, energyOut, chargeIn, chargeOut } = all;
      const [into, out] = [power(energyIn, "Wh"), power(energyOut, "Wh")];
      fill(this.sums, h("b", {}, `${T.sums}: `), T.sumText(into, out, ah(chargeIn), ah(chargeOut)));
    }
    const undated = this.history.table("pack")?.columns.time.filter((time) => time < 0).length;
    if (undated) notes.push(T.undated(undated));
    const { problems } = this.history;
    if (problems.length) notes.push(T.damaged(problems.length));
    if (this.isTolerant) notes.push(this.stated?.tolerances ? T.toleranceOwn : T.toleranceNote);
    notes.push(T.hint);
    fill(this.note, notes.join(" "));
  }

  /** The values at the cursor, in the heads of the charts. */
  drawCursor() {
    const time = this.cursor;
    const spans = this.levels.spans(this.view);
    const cells = this.levels.of("cells");
    const near =
      time === null ? [] : this.eventList.near(time, (this.view.to - this.view.from) / 60);
    const at = time === null || !spans ? -1 : spans.at(time);
    const silence = time !== null && at < 0 ? [T.silence] : [];
    fill(this.when, time === null ? "" : [moment(time), ...near, ...silence].join(" · "));
    for (const [key, plot] of this.plots) {
      const panel = PANELS.find((each) => each.key === key);
      const mine = panel.of === "cells" ? cells : spans;
      const row = time === null || !mine ? -1 : mine.at(time);
      plot.point(time, row < 0 ? keys(panel, mine) : readings(panel, mine, row));
    }
  }

  /** Read what the view needs; while that goes on, the view can change. */
  async load() {
    this.wanted = this.view;
    if (this.isLoading) return;
    this.isLoading = true;
    try {
      while (this.wanted) {
        const view = this.wanted;
        this.wanted = null;
        const cells = PANELS.some((panel) => panel.of === "cells" && this.shown.has(panel.key));
        let drawn = performance.now();
        await this.levels.ensure(view, cells, (done, count) => {
          this.loading = done < count ? [done, count] : null;
          // To put all files in order again takes a while
          if (performance.now() - drawn > REDRAW_MS + 5 * this.cost) {
            drawn = performance.now();
            this.redraw();
          }
          return !this.wanted;
        });
      }
    } catch (error) {
      console.warn(error);
    } finally {
      this.loading = null;
      this.isLoading = false;
      this.redraw();
    }
  }

  destroy() {
    window.removeEventListener("resize", this.onresize);
    for (const plot of this.plots.values()) plot.destroy();
  }
}

const EMPTY = { mean: [], low: [], high: [] };

/** What the lines of a chart are, in their colours. */
function keys(panel, spans) {
  const lines = linesOf(panel, spans);
  if (lines.length < 2 || lines.length > MANY_CELLS) return [];
  return lines.map(([name, colour]) => key(colour, T.lines[name] || cellOf(name)));
}

function readings(panel, spans, row) {
  const lines = linesOf(panel, spans);
  const said = lines.map(([name, colour]) => {
    const { mean, low, high } = spans.line(name);
    const text = panel.text(mean[row]);
    const isRange = low[row] !== high[row] && !Number.isNaN(low[row]);
    const range = isRange ? ` (${T.between(panel.text(low[row]), panel.text(high[row]))})` : "";
    const cell = cellNumber(spans, name, row);
    const label = lines.length > 1 ? `${T.lines[name] || cellOf(name)} ` : "";
    return key(colour, label + text + range + cell);
  });
  return said;
}

/** Which cell is the lowest or highest, where that is known. */
function cellNumber(spans, name, row) {
  if (!spans.has(`${name}_number`)) return "";
  const found = spans.line(`${name}_number`).mean[row];
  return Number.isNaN(found) ? "" : ` (${found})`;
}

const cellOf = (name) => name.replace(/^cell_(\d+).*/, "$1");

const key = (colour, text) =>
  h("span", { style: `--c:${colour.startsWith("--") ? `var(${colour})` : colour}` }, text);
