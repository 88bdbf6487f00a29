// A pack's history in this browser: which of its files are here, and what they hold.

import { csvTable, readOne, table } from "./decode/history.js";
import { choose } from "./decode/records.js";
import { HEAD, headerOf, tailBegin } from "./sources.js";

const TAIL = 16384; // bytes of the newest segment that the first view fetches
const ORDER = ["cells", "days", "events", "hours", "pack"]; // of pieces, as of folders

const stem = (name) => name.replace(/\.[^.]*$/, "");

export class PackHistory {
  constructor(source, pack) {
    this.source = source;
    this.pack = pack;
    this.entries = {}; // by series, by number: {files, head, pieces, problems, isWhole}
    this.tables = {};
    this.from = Infinity; // UTC at which it begins, as far as headers know
  }

  /** Take over what the source lists now. A file that has grown is read again when asked for. */
  update() {
    const listed = {};
    for (const file of this.source.list(this.pack)) {
      if (!/\.(seg|shard)$/.test(file.name) || !ORDER.includes(file.series)) continue;
      ((listed[file.series] ||= {})[stem(file.name)] ||= []).push(file);
    }
    for (const series of ORDER) {
      const before = new Map((this.entries[series] || []).map((entry) => [entry.key, entry]));
      this.entries[series] = Object.entries(listed[series] || {})
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([number, files]) => {
          const known = before.get(number);
          if (!known) return { key: number, files, pieces: [], problems: [], isWhole: false };
          const same = sizes(files) === sizes(known.files);
          return Object.assign(known, { files, isWhole: known.isWhole && same });
        });
    }
    this.tables = {};
  }

  has(series) {
    return this.entries[series].length > 0;
  }

  get problems() {
    return ORDER.flatMap((series) => this.entries[series].flatMap((entry) => entry.problems));
  }

  /** The table of a series of what is here; null if that is nothing. */
  table(series) {
    if (!(series in this.tables)) this.tables[series] = table(this.pieces, series);
    return this.tables[series];
  }

  get pieces() {
    return ORDER.flatMap((series) => this.entries[series].flatMap((entry) => entry.pieces));
  }

  /** What a CSV of a series is made of; null if there is nothing. */
  csvTable(series) {
    return csvTable(this.pieces, series);
  }

  /** Read the newest file of a series: of a long segment its end only. */
  async newest(series) {
    const entry = this.entries[series].at(-1);
    if (!entry || entry.isWhole || entry.pieces.length) return;
    const [file] = entry.files;
    if (entry.files.length > 1 || file.name.endsWith(".shard") || file.size < 1.5 * TAIL) {
      await this.read(series, entry);
      return;
    }
    const head = await this.head(entry);
    if (!entry.header) return;
    const begin = tailBegin(head, file.size, TAIL);
    const tail = await this.source.range(this.pack, file, begin, file.size);
    const isAll = tail.length > file.size - begin;
    const data = isAll ? tail : joined(head.subarray(0, entry.header.headerSize), tail);
    // The block that the tail begins within is damaged to the decoder: it is left out
    this.keep(entry, [readOne({ name: file.name, data })], isAll);
  }

  async head(entry) {
    const head = await this.source.range(this.pack, entry.files[0], 0, HEAD);
    entry.header = headerOf(head);
    entry.log = entry.header && entry.header.log;
    return head;
  }

  /** UTC at which a file begins, as far as its header knows; null if it does not. */
  async begin(entry) {
    if (entry.header === undefined) await this.head(entry);
    return entry.header && entry.header.utc ? entry.header.utc : null;
  }

  /** UTC at which a series begins, as far as headers know; null if none does. */
  async oldest(series) {
    for (const entry of this.entries[series]) {
      const begin = await this.begin(entry);
      if (begin !== null) return begin;
    }
    return null;
  }

  /** Read the files before the first one whose begin is known: only their records have it. */
  async readOldest() {
    for (const series of ["days", "hours", "pack"])
      for (const entry of this.entries[series]) {
        if ((await this.begin(entry)) !== null) break;
        await this.read(series, entry);
      }
  }

  /** Read a file, unless it is here. */
  async read(series, entry) {
    if (entry.isWhole) return;
    const files = [];
    for (const file of entry.files) {
      const data = await this.source.bytes(this.pack, { ...file, log: this.log });
      files.push({ ...file, data });
    }
    this.keep(entry, choose(files).map(readOne), true);
  }

  keep(entry, found, isWhole) {
    entry.pieces = found.map(({ piece }) => piece).filter(Boolean);
    entry.problems = isWhole ? found.map(({ problem }) => problem).filter(Boolean) : [];
    entry.isWhole = isWhole;
    entry.header ??= entry.pieces.length ? entry.pieces[0].header : undefined;
    this.tables = {};
  }

  /**
   * Learn when the history begins, and which log it is: files of another one are not taken from the
   * cache.
   */
  async identify() {
    for (const series of ["days", "hours", "pack"]) {
      const begin = await this.oldest(series);
      if (begin !== null) this.from = Math.min(this.from, begin);
    }
    const entry =
      this.entries.pack.at(-1) || this.entries.cells.at(-1) || this.entries.events.at(-1);
    if (!entry) return;
    await this.head(entry);
    this.log = entry.log;
  }

  /** The files of a series that can have records of from to to, newest first. */
  async needed(series, from, to) {
    const entries = this.entries[series];
    let low = 0;
    let high = entries.length - 1;
    while (low < high) {
      // The last file that begins before from; one whose begin is unknown counts as the one before
      // it
      const middle = (low + high + 1) >> 1;
      let known = middle;
      let begin = await this.begin(entries[known]);
      while (begin === null && known > low) begin = await this.begin(entries[--known]);
      if (begin === null || begin <= from) low = middle;
      else high = known - 1 < low ? low : known - 1;
    }
    while (low > 0 && (await this.begin(entries[low])) === null) low--;
    const found = [];
    for (let i = low; i < entries.length; i++) {
      const begin = await this.begin(entries[i]);
      if (begin !== null && begin > to) break;
      found.push(entries[i]);
    }
    return found.reverse();
  }

  /**
   * Read the files of a series that can have records of from to to. step(done, count): called after
   * each that was read; reading ends early if it returns false.
   */
  async ensure(series, from, to, step = () => true) {
    const needed = (await this.needed(series, from, to)).filter((entry) => !entry.isWhole);
    for (let i = 0; i < needed.length; i++) {
      await this.read(series, needed[i]);
      if (step(i + 1, needed.length) === false) return;
    }
  }

  /** Read everything: what an exact CSV needs, for anchors count in all series. */
  async everything(step) {
    const all = ORDER.flatMap((series) => this.entries[series].map((entry) => [series, entry]));
    const missing = all.filter(([, entry]) => !entry.isWhole);
    for (let i = 0; i < missing.length; i++) {
      await this.read(...missing[i]);
      step(i + 1, missing.length);
    }
  }
}

const sizes = (files) => files.map(({ name, size }) => `${name} ${size}`).join();

function joined(head, tail) {
  const data = new Uint8Array(head.length + tail.length);
  data.set(head);
  data.set(tail, head.length);
  return data;
}
