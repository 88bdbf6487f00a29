// Which series a view is drawn from: years from days, months from hours, below that frames. Where a
// coarse series does not reach, the next finer one is put beside it.

import { joined, ofCells, ofFrames, ofRollups } from "./spans.js";

const FINEST_S = { days: 120 * 86400, hours: 10 * 86400 }; // a longer view is drawn from these
const NEAR_S = 7200; // what coarse series lack at their ends is not worth files of finer ones
const MAKERS = {
  pack: ofFrames,
  cells: ofCells,
  hours: (table) => ofRollups(table, "hours"),
  days: (table) => ofRollups(table, "days"),
};

export class Levels {
  constructor(history) {
    this.history = history;
    this.made = new Map();
  }

  /**
   * The series for a view, the coarsest first: of the others only where that one does not reach.
   */
  choose({ from, to }) {
    const has = (series) => this.history.has(series);
    const length = to - from;
    const found = [];
    if (length > FINEST_S.days && has("days")) found.push("days");
    if (length > FINEST_S.hours && has("hours")) found.push("hours");
    return [...found, "pack"];
  }

  /** The spans of a series of what is here; null if that is nothing. */
  of(series) {
    const table = this.history.table(series);
    if (!table) return null;
    return this.once(series, [table], () => MAKERS[series](table));
  }

  /** The spans for a view of what is here; null if that is nothing. */
  spans(view) {
    const all = this.choose(view).map((series) => this.of(series));
    const whole = all.reduceRight((fine, coarse) => {
      if (!coarse || !fine) return coarse || fine;
      return this.once(`${coarse.level}+`, [coarse, fine], () => joined(coarse, fine));
    }, null);
    // While finer files are on their way, what coarse ones say is better than nothing
    return whole && whole.length ? whole : this.of("hours") || this.of("days");
  }

  /** What make() gave when it was given the same. */
  once(key, inputs, make) {
    const known = this.made.get(key);
    if (known && known.inputs.every((input, i) => input === inputs[i])) return known.result;
    const result = make();
    this.made.set(key, { inputs, result });
    return result;
  }

  /**
   * Read what a view is drawn from. step(done, count) as in PackHistory.ensure(). cells: also
   * those.
   */
  async ensure({ from, to }, cells, step) {
    const chosen = this.choose({ from, to });
    from = Math.max(from, this.history.from);
    let [begin, end] = [Infinity, -Infinity]; // what the coarser ones cover
    for (const series of chosen) {
      if (begin === Infinity) {
        await this.history.ensure(series, from, to, step);
      } else {
        if (from < begin - NEAR_S)
          await this.history.ensure(series, from, Math.min(to, begin), step);
        if (to > end + NEAR_S) await this.history.ensure(series, Math.max(from, end), to, step);
      }
      const spans = this.of(series);
      if (!spans || !spans.length) continue;
      begin = Math.min(begin, spans.begin[0]);
      end = Math.max(end, spans.end.at(-1));
    }
    for (const series of ["events", ...(cells ? ["cells"] : [])])
      await this.history.ensure(series, from, to, step);
  }

  /** The first and the last moment that is known of; null if none is. */
  extent() {
    let [from, to] = [this.history.from, -Infinity];
    for (const series of ["days", "hours", "pack"]) {
      const spans = this.of(series);
      if (spans?.length)
        [from, to] = [Math.min(from, spans.begin[0]), Math.max(to, spans.end.at(-1))];
    }
    return to > 0 ? { from, to } : null;
  }
}
