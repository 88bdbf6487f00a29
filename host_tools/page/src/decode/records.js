// The files of a history as records: segments and shards, the same for every reader. What is
// damaged costs only itself and is named.

import { isCheck, whole, withoutChecks } from "./blocks.js";
import { Damage } from "./bytes.js";
import { parseHeader } from "./segment.js";
import * as shards from "./shards.js";

const NOTHING = { header: null, rows: { data: new Uint8Array(0), size: 1 }, problem: null };

/** {header, rows: the records as they are, torn: bytes behind the last} of a segment's bytes. */
export function split(data) {
  const header = parseHeader(data);
  const size = header.recordSize;
  const count = Math.max(0, Math.floor((data.length - header.headerSize) / size));
  const end = header.headerSize + count * size;
  const rows = { data: data.subarray(header.headerSize, end), size };
  return { header, rows, torn: data.length !== end };
}

/**
 * {header, rows, problem} of a file's bytes: the records that count, without CHECKs, and what is
 * wrong in words, or null. header is null where no records can be had. name: of the file; source:
 * the bytes of the segment that a shard was made of, if that is still there.
 */
export function readFile(data, name, source = null) {
  try {
    if (!shards.isShard(data) && !name.endsWith(".shard")) return readSegment(data);
  } catch (error) {
    return { ...NOTHING, problem: damage(error) };
  }
  try {
    const { header, rows } = shards.read(data);
    return { header, rows: withoutChecks(rows), problem: null };
  } catch (error) {
    return instead(data, damage(error), source);
  }
}

function damage(error) {
  if (error instanceof Damage) return error.message;
  throw error;
}

function readSegment(data) {
  if (!data.length) return NOTHING;
  const { header, rows, torn } = split(data);
  const { rows: kept, damaged } = whole(rows, header);
  const problems = [];
  if (damaged.length) {
    const where = damaged.map(([first, end]) => `${first + 1} to ${end}`).join(", ");
    problems.push(`records ${where} are left out (their checksum is wrong)`);
  }
  if (torn) problems.push(`cut off after ${rows.data.length / rows.size} records`);
  return { header, rows: kept, problem: problems.join("; ") || null };
}

/** What a damaged shard was made of, if that is there. */
function instead(data, problem, source) {
  if (source && standsFor(data, source)) {
    const found = readFile(source, ".seg");
    if (found.header)
      return { ...found, problem: found.problem || `${problem}: its segment read instead` };
  }
  return { ...NOTHING, problem };
}

/** Was this shard made of this segment? A folder can have another board's beside it. */
export function standsFor(made, source) {
  try {
    const { head, rows } = shards.parse(made);
    if (head.some((byte, i) => source[i] !== byte)) return false;
    const records = split(source).rows;
    let count = 0;
    for (let at = 0; at < records.data.length; at += records.size)
      count += !isCheck(records.data, at);
    return count <= rows;
  } catch (error) {
    if (error instanceof Damage) return false;
    throw error;
  }
}

/**
 * The files that count, in the order of their names: of a segment and the shard made of it the
 * shard, with the segment's bytes as its source. files: [{series, name, data}, ...].
 */
export function choose(files) {
  const of = (file) => `${file.series}/${file.name}`;
  const sorted = [...files].sort((a, b) => (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0));
  const byName = new Map(sorted.map((file) => [of(file), file]));
  const chosen = [];
  for (const file of sorted) {
    const [stem, ending] = [of(file).replace(/\.[^.]*$/, ""), file.name.replace(/.*\./, "")];
    const twin = byName.get(stem + (ending === "shard" ? ".seg" : ".shard"));
    if (ending === "shard") chosen.push({ ...file, source: twin ? twin.data : null });
    else if (ending === "seg" && !(twin && standsFor(twin.data, file.data))) chosen.push(file);
  }
  return chosen;
}
