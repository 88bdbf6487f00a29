// The page: what the pack does now, and its history. It talks to a board, to packlog view, or to
// files that are dropped on it.

import { Charts } from "./charts.js";
import { csvPanel } from "./csvpanel.js";
import { choice, fill, h, memory } from "./dom.js";
import { dropZone } from "./drop.js";
import { Feed } from "./feed.js";
import { duration, moment } from "./format.js";
import { PackHistory } from "./history.js";
import { Live } from "./live.js";
import { Board, Dropped } from "./sources.js";
import { sums } from "./spans.js";
import { T } from "./texts.js";

const AGAIN_MS = 5000;
const GROWN_MS = 60000; // how often the files are listed again

class Page {
  constructor(root) {
    this.notice = h("p", { class: "notice", role: "alert" });
    this.packs = h("nav", { "aria-label": T.packs });
    this.foot = h("footer");
    this.live = new Live();
    this.newest = new Map(); // statuses of packs with a reading, by name
    this.liveSection = h("section", { hidden: true }, h("h2", {}, T.live), this.live.node);
    this.historySection = h("section", { hidden: true });
    this.say("");
    const head = h("header", {}, h("h1", {}, T.title), this.packs);
    const body = h("main", {}, this.notice, this.liveSection, this.historySection);
    root.replaceChildren(head, body, this.foot);
  }

  say(text) {
    fill(this.notice, text);
    this.notice.hidden = !text;
  }

  /** Show a source's packs. */
  async open(source, names) {
    this.source = source;
    this.names = names;
    const chosen = memory.get("pack", names[0]);
    this.pack = names.includes(chosen) ? chosen : names[0];
    const options = names.map((name) => [name, name]);
    this.tabs = choice(T.packs, options, this.pack, (name) => this.show(name));
    fill(this.packs, names.length > 1 ? this.tabs : names);
    await this.show(this.pack);
  }

  async show(name, isFirst = true) {
    this.pack = name;
    memory.set("pack", name);
    this.tabs.press(name);
    this.drawLive();
    this.charts?.destroy();
    this.charts = null;
    const history = new PackHistory(this.source, name);
    history.update();
    const has = ["pack", "hours", "days"].some((series) => history.has(series));
    this.historySection.hidden = false;
    if (!has) {
      fill(this.historySection, h("h2", {}, T.history), h("p", { class: "note" }, T.noHistory));
      return;
    }
    try {
      await this.firstView(history);
    } catch (error) {
      if (!isFirst) throw error;
      // A file that was listed is gone: a segment becomes a shard, the oldest is deleted
      await this.source.refresh();
      await this.show(name, false);
    }
  }

  /** Days and the newest frames; the rest when somebody looks for it. */
  async firstView(history) {
    const stated = this.statusOf(history.pack);
    const charts = new Charts(history, {
      tolerances: stated?.tolerances || null,
      capacity: stated?.values.capacity,
    });
    this.charts = charts;
    fill(
      this.historySection,
      h("h2", {}, T.history),
      charts.node,
      h(
        "div",
        { class: "columns" },
        charts.eventList.node,
        csvPanel(history, () => charts.view),
      ),
    );
    await history.identify();
    for (const series of ["pack", "days", "events"]) await history.newest(series);
    if (this.charts !== charts) return;
    charts.begin();
    this.drawLive();
  }

  statusOf(name) {
    return this.status?.packs.find((pack) => pack.name === name);
  }

  /** Take a status over: {packs, ...} as of /api/status. */
  take(status) {
    this.status = status;
    this.arrived = performance.now();
    this.drawLive();
    const facts = [T.version(status.version, status.board)];
    if (status.uptime) facts.push(T.uptime(duration(status.uptime)));
    if (status.time) facts.push(T.clock(moment(status.time)));
    if (status.folder) facts.push(T.viewing(status.folder));
    facts.push(...(status.troubles || []));
    fill(this.foot, facts.join(" · "));
  }

  drawLive() {
    const pack = this.statusOf(this.pack);
    this.liveSection.hidden = !pack || Boolean(this.status.folder);
    if (this.liveSection.hidden) return;
    if (pack.fresh) this.newest.set(pack.name, pack);
    this.live.draw(pack.fresh ? pack : { ...pack, ...this.lastOf(pack) }, this.today());
  }

  /** What was last known of a silent pack: by this page, else by the newest frame. */
  lastOf(pack) {
    const known = this.newest.get(pack.name);
    if (known) return { values: known.values, cells: known.cells };
    const spans = this.charts?.levels.of("pack");
    if (!spans?.length) return {};
    const last = (name) => spans.line(name).mean.at(-1);
    const names = ["voltage", "current", "power", "soc", "temperature"];
    return { values: Object.fromEntries(names.map((name) => [name, last(name)])) };
  }

  /** Wh since midnight, by the frames that are here; null if there are none. */
  today() {
    const spans = this.charts?.levels.of("pack");
    const midnight = new Date().setHours(0, 0, 0, 0) / 1000;
    if (!spans?.length || spans.end.at(-1) < midnight) return null;
    return sums(spans, midnight, Date.now() / 1000);
  }

  tick() {
    const pack = this.statusOf(this.pack);
    if (pack && !this.liveSection.hidden)
      this.live.drawAge(Math.floor((performance.now() - this.arrived) / 1000));
  }

  /** List the files again, and read on where a view shows the newest. */
  async grow() {
    if (!this.charts || document.hidden) return;
    const { charts } = this;
    await this.source.refresh();
    const end = charts.end();
    const isAtEnd = charts.view.to >= end;
    charts.history.update();
    await charts.load();
    if (isAtEnd && charts.end() > end) charts.newest(charts.ranges.pressed);
  }
}

async function board(page) {
  const source = new Board();
  let status = null;
  while (!status) {
    try {
      status = await source.status();
      await source.refresh();
    } catch (error) {
      console.warn(error);
      status = null;
      page.say(T.offline);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
  page.say("");
  source.isKept = !status.folder;
  if (status.clock_settable) {
    const taken = await source.setTime().then(
      () => true,
      () => false,
    );
    page.say(taken ? T.clockTaken : T.clockUnset);
  }
  page.take(status);
  const names = [...new Set([...status.packs.map((pack) => pack.name), ...source.packs()])];
  if (!names.length) page.say(T.noPacks);
  setInterval(() => page.tick(), 1000);
  if (!status.folder) {
    const feed = new Feed(
      source,
      page.status,
      (news) => page.take(news),
      (text) => page.say(text),
    );
    feed.start();
    setInterval(() => page.grow().catch(console.warn), GROWN_MS);
  }
  if (names.length) await page.open(source, names);
}

async function files(page) {
  const source = new Dropped();
  const zone = dropZone(async (chosen) => {
    const count = await source.add(chosen);
    page.say(count ? "" : T.dropNone);
    if (count) await page.open(source, source.packs());
  });
  page.historySection.before(zone);
}

const page = new Page(document.getElementById("page"));
window.packlog = page; // for a look from the console, and for tests
const isFile = location.protocol === "file:";
(isFile ? files(page) : board(page)).catch((error) => {
  console.error(error);
  page.say(String(error.message || error));
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => page.charts?.redraw());
