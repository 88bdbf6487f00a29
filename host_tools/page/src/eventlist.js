// Events of a table as marks in the charts and as a list in words.

import { search } from "./decode/bytes.js";
import { inWords } from "./decode/events.js";
import { UNKNOWN } from "./decode/timeline.js";
import { fill, h, memory } from "./dom.js";
import { moment } from "./format.js";
import { T } from "./texts.js";

const MOST = 100; // in the list
const MOST_MARKS = 300;
const COLOURS = {
  protection: "--bad",
  bms_errors: "--bad",
  storage_failed: "--bad",
  task_died: "--bad",
  readings_lost: "--bad",
  records_dropped: "--bad",
  records_damaged: "--bad",
  link_silent: "--warn",
  packets_rejected: "--warn",
};
const ROUTINE = new Set(["value", "text", "config", "events_left_out"]);

/** The dated events of a table: [{time, name, details, colour, isRoutine}] in the order of time. */
export function eventsOf({ columns }) {
  const words = inWords(columns);
  const found = [];
  words.forEach(([name, details], row) => {
    const time = columns.time[row];
    if (time === UNKNOWN) return;
    const colour = COLOURS[name] || "--mark";
    found.push({ time, name, details, colour, isRoutine: ROUTINE.has(name) });
  });
  return found.sort((a, b) => a.time - b.time);
}

export class EventList {
  /** onchange: it is called when others are to be shown. */
  constructor(onchange) {
    this.events = [];
    this.shown = [];
    this.list = h("ol", { class: "events" });
    const box = h("input", {
      type: "checkbox",
      onchange: () => {
        memory.set("everyEvent", box.checked);
        onchange();
      },
    });
    box.checked = memory.get("everyEvent", false);
    this.box = box;
    this.node = h(
      "section",
      { class: "card" },
      h("h3", {}, T.events),
      this.list,
      h("label", { class: "check" }, box, T.everyEvent),
    );
  }

  take(events) {
    this.events = events;
    this.times = Float64Array.from(events, ({ time }) => time);
  }

  /** Show those between two moments; returns them, as marks. */
  show(from, to) {
    const all = this.events.length
      ? this.events.slice(search(this.times, from), search(this.times, to, true))
      : [];
    this.shown = all.filter((event) => this.box.checked || !event.isRoutine);
    const newest = this.shown.slice(-MOST).reverse();
    const lines = newest.map(({ time, name, details, colour }) =>
      h(
        "li",
        { style: `--c:var(${colour})` },
        h("time", {}, moment(time)),
        h("b", {}, T.eventNames[name] || name),
        h("span", {}, details),
      ),
    );
    if (!lines.length) lines.push(h("li", { class: "none" }, T.noEvents));
    const more = this.shown.length - newest.length;
    if (more) lines.push(h("li", { class: "none" }, T.moreEvents(more)));
    fill(this.list, lines);
    return this.shown;
  }

  /** Not more marks than can be told apart: those that matter first. */
  marks() {
    if (this.shown.length <= MOST_MARKS) return this.shown;
    const bad = this.shown.filter(({ colour }) => colour !== "--mark");
    return bad.length <= MOST_MARKS ? bad : [];
  }

  /** The words of the events near a moment. */
  near(time, within) {
    return this.shown
      .filter((event) => Math.abs(event.time - time) <= within)
      .slice(0, 3)
      .map(({ name, details }) => `${T.eventNames[name] || name}: ${details}`);
  }
}
