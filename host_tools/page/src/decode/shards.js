// A shard back to the records of its segment, bit for bit. docs/format.md, Shards.

import { Damage, crc32, halfFromNumber, u16, u32 } from "./bytes.js";
import { HALF, RAW, columnsOf } from "./columns.js";
import { inflate } from "./inflate.js";
import { withMarks } from "./marks.js";
import { MAX_SIZE, beginsWith, parseHeader } from "./segment.js";

const MAGIC = [0x50, 0x4b, 0x4c, 0x53]; // PKLS
const MARKS_WHOLE = 1; // the first version: marks stand in full, in their rows the record before
const VERSION = 2;
const HEAD = 16;
const WIDE = 15; // a digit that says that the residual stands apart
const LARGEST_STEP = 2047;
const STEPS = 8; // a half predicts as a multiple of 1 / STEPS

export const isShard = (data) => data.length >= 4 && beginsWith(data, MAGIC);

/** The parts of a shard's bytes: head (the segment's header), parameters, rows, marks, stream. */
export function parse(data) {
  if (!beginsWith(data, MAGIC)) throw new Damage("not a packlog shard");
  if (data.length < HEAD) throw new Damage("cut off in its header");
  if (data[4] !== VERSION && data[4] !== MARKS_WHOLE)
    throw new Damage(`of format version ${data[4]}: a newer packlog reads it`);
  const middle = HEAD + data[5];
  const end = middle + u16(data, 6);
  if (data.length < end + 4) throw new Damage("cut off in its header");
  if (crc32(data, 0, end) !== u32(data, end))
    throw new Damage("its header is damaged (the checksum is wrong)");
  return {
    version: data[4],
    head: data.subarray(HEAD, middle),
    parameters: data.subarray(middle, end),
    rows: u16(data, 8),
    marks: u16(data, 10),
    stream: data.subarray(end + 4),
  };
}

/** {header, rows: {data, size}} of a shard's bytes. Raises Damage. */
export function read(data) {
  const parts = parse(data);
  let header;
  try {
    header = parseHeader(parts.head);
  } catch (error) {
    throw error instanceof Damage
      ? new Damage(`made of a segment that is ${error.message}`)
      : error;
  }
  const { rows, marks } = parts;
  if (header.headerSize + rows * header.recordSize > MAX_SIZE || marks > rows)
    throw new Damage("of more records than a segment holds");
  return { header, rows: { data: decode(parts, header), size: header.recordSize } };
}

function decode({ version, parameters, rows, marks, stream }, header) {
  const size = header.recordSize;
  const isWhole = version === MARKS_WHOLE;
  const plans = plansOf(parameters, columnsOf(header));
  const rests = plans.filter((plan) => plan.unit).map(() => ({ bits: 16, bytes: false }));
  const all = [...plans, ...rests];
  const most = 1 + 3 * rows * all.length + marks * (20 + size);
  const planes = new Reader(inflate(stream, most));
  const count = rows - (isWhole ? 0 : marks);
  const residuals = split(planes, all, count);
  const records = new Uint8Array((count + 1) * size); // zeros stand before the first row
  let next = plans.length;
  plans.forEach((plan, i) => {
    restore(records, size, plan, residuals[i], plan.unit ? residuals[next++] : null);
  });
  let found = records.subarray(size);
  if (isWhole) putWholeMarks(found, size, planes, marks);
  else found = withMarks(found, size, planes, marks, header);
  if (planes.left) throw new Damage("its data are more than its rows");
  return found;
}

function putWholeMarks(records, size, planes, marks) {
  for (let i = 0; i < marks; i++) {
    const mark = planes.take(2 + size);
    const at = u16(mark, 0) * size;
    if (at >= records.length) throw new Damage("it has a mark beyond its rows");
    records.set(mark.subarray(2), at);
  }
}

/** Each column with its unit, its weights and whether its residuals are bytes. */
function plansOf(parameters, columns) {
  let at = 0;
  const plans = columns.map((column) => {
    const plan = { ...column, bytes: parameters[at++] !== 0, unit: 0 };
    if (column.kind === HALF) plan.unit = parameters[at++];
    plan.weights = column.earlier.map(() => {
      at += 2;
      return (u16(parameters, at - 2) << 16) >> 16;
    });
    return plan;
  });
  if (at !== parameters.length) throw new Damage("its parameters are not those of its columns");
  return plans;
}

class Reader {
  constructor(data) {
    this.data = data;
    this.at = 0;
  }

  get left() {
    return this.data.length - this.at;
  }

  take(size) {
    if (size > this.left) throw new Damage("its data do not fill its rows");
    this.at += size;
    return this.data.subarray(this.at - size, this.at);
  }
}

/** The residuals of each plan, from the planes in their order. */
function split(planes, all, rows) {
  const found = all.map((plan) => {
    if (plan.bytes) return Int32Array.from(planes.take(rows));
    const pairs = planes.take((rows + 1) >> 1);
    return new Int32Array(rows).map((_, i) => (pairs[i >> 1] >> (4 * (i & 1))) & 15);
  });
  all.forEach((plan, i) => {
    if (!plan.bytes || plan.bits <= 8) return;
    planes.take(rows).forEach((byte, row) => (found[i][row] |= byte << 8));
  });
  all.forEach((plan, i) => {
    if (plan.bytes) return;
    const residuals = found[i];
    for (let row = 0; row < rows; row++)
      if (residuals[row] === WIDE) residuals[row] = u16(planes.take(2), 0);
  });
  return found;
}

const unzigzag = (value) => (value >> 1) ^ -(value & 1);
const signed = (value) => (value << 16) >> 16;
const inOrder = (bits) => (bits & 0x8000 ? 0xffff - bits : bits | 0x8000);

/** What a column of halves holds: its place in their order (unit 0), or a multiple of 1 / unit. */
function numberOf(bits, unit) {
  if (!unit) return inOrder(bits);
  const exponent = (bits >> 10) & 31;
  if (exponent === 31) return 0;
  const mantissa = (bits & 1023) + (exponent ? 1024 : 0);
  const shift = 25 - Math.max(exponent, 1); // of a half's last bit, below 1; negative above
  const scaled = shift < 0 ? (mantissa * unit) << -shift : mantissa * unit;
  const down = Math.max(shift, 0);
  const value = (scaled + ((1 << down) >> 1)) >> down;
  if (value > 32767) return 0;
  return bits & 0x8000 ? -value : value;
}

/** The inverse: bits of a half. rest: what the multiple left, zigzag. */
function halfOf(number, unit, rest) {
  if (unit) number = (inOrder(halfFromNumber(signed(number) / unit)) + unzigzag(rest)) & 0xffff;
  return number & 0x8000 ? number & 0x7fff : 0xffff - number;
}

/** Fill a column into the records; those that it is predicted from are there already. */
function restore(records, size, plan, residuals, rests) {
  const { kind, offset, shift, bits, unit } = plan;
  const rows = residuals.length;
  const sums = kind === RAW ? null : predictions(records, size, plan, rows);
  const mask = (1 << bits) - 1;
  let value = kind === HALF ? numberOf(0, unit) : 0;
  for (let row = 0; row < rows; row++) {
    if (kind === RAW) value = residuals[row];
    else value = (value + unzigzag(residuals[row]) + (sums[row] >> 10)) & mask;
    const whole = kind === HALF ? halfOf(value, unit, rests && rests[row]) : value;
    const at = (row + 1) * size + offset;
    records[at] |= whole << shift;
    if (shift + bits > 8) records[at + 1] |= (whole << shift) >> 8;
  }
}

function predictions(records, size, { earlier, weights }, rows) {
  const sums = new Int32Array(rows).fill(512);
  earlier.forEach(({ kind, offset }, i) => {
    const numbers = (row) => {
      const bits = u16(records, row * size + offset);
      return kind === HALF ? numberOf(bits, STEPS) : bits;
    };
    let before = numbers(0);
    for (let row = 0; row < rows; row++) {
      const number = numbers(row + 1);
      const step = signed(number - before);
      if (Math.abs(step) <= LARGEST_STEP) sums[row] += weights[i] * step;
      before = number;
    }
  });
  return sums;
}
