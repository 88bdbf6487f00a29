// The marks of a shard of version 2: rows, heads and values stand apart, and say only what is not
// as expected of a mark. docs/format.md, Marks in shards.

import { Damage, u16 } from "./bytes.js";
import { ANCHOR, RECORD, RUN } from "./segment.js";

// Bits of a head: what is among the values
const OFF_TIME = 1;
const OFF_A = 2;
const OFF_B = 4;
const HAS_TAIL = 8;
const OTHER_KIND = 15; // in the upper half of a head: the kind is a value

/** What the next mark would say if nothing but time had gone on: in s. */
class Expected {
  constructor(boot, base) {
    // before: timestamp of the record before, 0 behind a RUN; offset: UTC less uptime
    Object.assign(this, { boot, base, before: 0, offset: 0, clock: 0 });
  }

  timestamp(kind) {
    return kind === RUN ? 0 : this.before;
  }

  values(kind, timestamp) {
    if (kind === RUN) return [this.boot, this.base + this.before];
    if (kind === ANCHOR) return [this.base + timestamp + this.offset, this.clock];
    return [0, 0];
  }

  follow(kind, timestamp, a, b) {
    if (kind === RUN) Object.assign(this, { boot: a, base: b, before: 0 });
    if (kind === ANCHOR) Object.assign(this, { offset: a - this.base - timestamp, clock: b });
  }
}

/** All records: the others with count marks from planes among them. header: of the segment. */
export function withMarks(others, size, planes, count, header) {
  let row = -1;
  const rows = Array.from({ length: count }, () => (row += varint(planes) + 1));
  const records = new Uint8Array(others.length + count * size);
  if (row * size >= records.length) throw new Damage("it has a mark beyond its rows");
  const heads = planes.take(count);
  const expected = new Expected(header.boot, header.uptime);
  let [from, to] = [0, 0]; // in others, in records
  rows.forEach((row, i) => {
    const length = row * size - to;
    records.set(others.subarray(from, from + length), to);
    if (length) expected.before = u16(records, (row - 1) * size);
    from += length;
    to += length;
    putMark(records.subarray(to, to + size), heads[i], planes, expected);
    to += size;
  });
  records.set(others.subarray(from), to);
  return records;
}

function putMark(record, head, planes, expected) {
  let kind = head >> 4;
  if (kind === OTHER_KIND) [kind] = planes.take(1);
  const [offTime, offA, offB] = [OFF_TIME, OFF_A, OFF_B].map((bit) =>
    head & bit ? unzigzag(varint(planes)) : 0,
  );
  const timestamp = (expected.timestamp(kind) + offTime) & 0xffff;
  const said = expected.values(kind, timestamp);
  const [a, b] = [modulo(said[0] + offA), modulo(said[1] + offB)];
  expected.follow(kind, timestamp, a, b);
  const view = new DataView(record.buffer, record.byteOffset);
  view.setUint16(0, timestamp, true);
  view.setUint16(2, 0xffff, true);
  view.setUint8(4, kind);
  view.setUint32(5, a, true);
  view.setUint32(9, b, true);
  if (head & HAS_TAIL) record.set(planes.take(record.length - RECORD), RECORD);
}

const modulo = (number) => ((number % 2 ** 32) + 2 ** 32) % 2 ** 32;
const unzigzag = (value) => (value % 2 ? -(value + 1) / 2 : value / 2);

/** Seven bits a byte, the lowest first. */
function varint(planes) {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const [byte] = planes.take(1);
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return value;
  }
  throw new Damage("it has a number that is too long");
}
