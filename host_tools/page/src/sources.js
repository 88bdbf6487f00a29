// Where a history comes from: a board's (or packlog view's) HTTP interface, or files dropped here.
//
// A source has packs(), list(pack) -> [{series, name, size}], bytes(pack, file) and
// range(pack, file, from, to): the bytes from:to, or all of them where there are no ranges.

import * as cache from "./cache.js";
import { u16 } from "./decode/bytes.js";
import { HEADER_SIZE, NAMES, parseHeader } from "./decode/segment.js";
import { isShard } from "./decode/shards.js";

const PATIENCE_MS = 20000;
const SHARD_HEAD = 16; // bytes of a shard before the header of its segment
export const HEAD = SHARD_HEAD + HEADER_SIZE;

/** The header in the first HEAD bytes of a segment or shard; null if there is none. */
export function headerOf(data) {
  try {
    return parseHeader(isShard(data) ? data.subarray(SHARD_HEAD) : data);
  } catch {
    return null;
  }
}

/** A board with many viewers may be too busy for a moment: it is asked again. */
async function fetched(path, options = {}, waits = [300, 1500]) {
  const signal = AbortSignal.timeout ? AbortSignal.timeout(PATIENCE_MS) : undefined;
  const [wait, ...more] = waits;
  const answer = await fetch(path, { signal, ...options }).catch((error) => {
    if (!wait) throw error;
  });
  if (answer?.ok) return answer;
  if (!wait || (answer && answer.status !== 503)) throw new Error(`${path}: ${answer.status}`);
  await new Promise((resolve) => setTimeout(resolve, wait));
  return fetched(path, options, more);
}

export class Board {
  constructor() {
    this.queue = Promise.resolve();
    this.received = 0; // bytes of files that came over the air
    this.isKept = true; // in the browser's cache
  }

  /** One request at a time: a board has few connections. */
  async inTurn(ask) {
    const turn = this.queue.then(ask);
    this.queue = turn.catch(() => {});
    return turn;
  }

  status() {
    return this.inTurn(async () => (await fetched("api/status")).json());
  }

  setTime(now = Date.now()) {
    const body = JSON.stringify({ time: Math.floor(now / 1000), ms: now % 1000 });
    const headers = { "Content-Type": "application/json" };
    return this.inTurn(() => fetched("api/time", { method: "POST", body, headers }));
  }

  async refresh() {
    this.history = await this.inTurn(async () => (await fetched("api/history")).json());
  }

  packs() {
    return [...new Set(this.history.files.map((file) => file.pack))];
  }

  list(pack) {
    return this.history.files.filter((file) => file.pack === pack);
  }

  async bytes(pack, file) {
    const prefix = `${this.history.board}/${pack}/${file.log ?? ""}/${file.series}/${file.name}/`;
    const key = prefix + file.size;
    const kept = this.isKept && (await cache.get(key));
    if (kept && kept.length === file.size) return kept;
    const data = await this.fetchFile(pack, file);
    if (this.isKept && data.length === file.size) cache.put(key, data, prefix);
    return data;
  }

  range(pack, file, from, to) {
    return this.fetchFile(pack, file, { headers: { Range: `bytes=${from}-${to - 1}` } });
  }

  fetchFile(pack, { series, name }, options) {
    return this.inTurn(async () => {
      const path = ["api", "history", pack, series, name].map(encodeURIComponent).join("/");
      const answer = await fetched(path, options);
      const data = new Uint8Array(await answer.arrayBuffer());
      this.received += data.length;
      return data;
    });
  }
}

export class Dropped {
  constructor() {
    this.files = [];
  }

  /** Take in Files of the browser; returns how many of them are of a history. */
  async add(files) {
    let count = 0;
    for (const file of files) {
      if (!/\.(seg|shard)$/.test(file.name)) continue;
      const data = new Uint8Array(await file.arrayBuffer());
      const header = headerOf(data);
      if (!header || !NAMES[header.series]) continue;
      const one = { pack: header.name, series: NAMES[header.series], name: file.name, data };
      this.files.push({ ...one, size: data.length });
      count++;
    }
    return count;
  }

  async refresh() {}

  packs() {
    return [...new Set(this.files.map((file) => file.pack))];
  }

  list(pack) {
    return this.files.filter((file) => file.pack === pack);
  }

  async bytes(pack, file) {
    return file.data;
  }

  async range(pack, file, from, to) {
    return file.data.subarray(from, to);
  }
}

/** The number of records of size bytes that begin a segment's last part of so many bytes. */
export function tailBegin(head, size, part) {
  const record = u16(head, 10);
  const begin = u16(head, 8);
  return begin + Math.ceil(Math.max(0, size - part - begin) / record) * record;
}
