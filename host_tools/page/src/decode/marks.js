// The marks of a shard of version 2: rows, heads and values stand apart, and say only what is not
// as expected of a mark. docs/format.md, Marks in shards.

import { Damage, u16 } from "./bytes.js";
import { ANCHOR, GAP, RECORD, RUN } from "./segment.js";

// Bits of a head: what is among the values
const OFF_TIME = 1;
const OFF_A = 2;
const OFF_B = 4;
const HAS_TAIL = 8;
const OTHER_KIND = 15; // in the upper half of a head: the kind is a value
const PLAIN_GAP = GAP << 4; // a place and a length say it
const GAP_STEP_S = 4;

/** What the next mark would say if nothing but time had gone on: in s. */
class Expected {
  constructor(boot, base) {
    Object.assign(this, { offset: 0, clock: 0 }); // offset: UTC less uptime
    this.begin(boot, base);
  }

  begin(boot, base) {
    // before: timestamp of the record before; silent: uptime at the end of the GAP before
    Object.assign(this, { boot, base, before: 0, silent: base - (base % GAP_STEP_S) });
  }

  /** The timestamp of a GAP by its place. */
  gap(place) {
    const stamp = (this.silent + place * GAP_STEP_S - this.base) & 0xffff;
    this.silent = this.base + stamp;
    return stamp;
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
    if (kind === RUN) this.begin(a, b);
    if (kind === GAP) this.silent = this.base + timestamp;
    if (kind === ANCHOR) Object.assign(this, { offset: a - this.base - timestamp, clock: b });
  }
}

/** All records: the others with count marks from planes among them. header: of the segment. */
export function withMarks(others, size, planes, count, header) {
  const skipped = Array.from({ length: count }, () => varint(planes));
  const heads = planes.take(count);
  const gaps = heads.filter((head) => head === PLAIN_GAP).length;
  const [places, lengths] = [planes.take(gaps), planes.take(gaps)];
  const records = new Uint8Array(others.length + count * size);
  const expected = new Expected(header.boot, header.uptime);
  let [from, to, gap] = [0, 0, 0]; // in others, in records, in places
  heads.forEach((head, i) => {
    const isGap = head === PLAIN_GAP;
    const stamp = isGap ? expected.gap(places[gap]) : 0;
    let end = from + skipped[i] * size;
    while (isGap && end < others.length && u16(others, end) < stamp) end += size;
    if (end > others.length) throw new Damage("it has a mark beyond its rows");
    records.set(others.subarray(from, end), to);
    if (end > from) expected.before = u16(others, end - size);
    to += end - from;
    from = end;
    const record = records.subarray(to, (to += size));
    if (isGap) put(record, stamp, GAP, lengths[gap++] * GAP_STEP_S, 0);
    else putMark(record, head, planes, expected);
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
  put(record, timestamp, kind, a, b);
  if (head & HAS_TAIL) record.set(planes.take(record.length - RECORD), RECORD);
}

/** Write a mark. */
export function put(record, timestamp, kind, a, b) {
  const view = new DataView(record.buffer, record.byteOffset);
  view.setUint16(0, timestamp, true);
  view.setUint16(2, 0xffff, true);
  view.setUint8(4, kind);
  view.setUint32(5, a, true);
  view.setUint32(9, b, true);
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
