// A zlib stream (RFC 1950, 1951), inflated. Used instead of the browser's DecompressionStream:
// synchronous, the same in every browser and in node, and it says what follows the data.

import { Damage, adler32 } from "./bytes.js";

const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const [LENGTHS, LENGTH_BITS] = bases(3, 4, 29);
LENGTHS[28] = 258;
LENGTH_BITS[28] = 0;
const [DISTANCES, DISTANCE_BITS] = bases(1, 2, 30);
const MOST_BITS = 15;
const FIXED = [
  Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
  new Uint8Array(30).fill(5),
];

/** The bases of RFC 1951's codes: size of them share a number of extra bits. */
function bases(first, size, count) {
  const base = [];
  const bits = [];
  for (let i = 0; i < count; i++) {
    bits[i] = Math.max(0, Math.floor(i / size) - 1);
    base[i] = i ? base[i - 1] + (1 << bits[i - 1]) : first;
  }
  return [base, bits];
}

/** A table from the next bits of the stream to symbol << 4 | length. 0: no such code. */
function codes(lengths) {
  const count = new Uint16Array(MOST_BITS + 1);
  for (const length of lengths) count[length]++;
  count[0] = 0;
  const next = new Uint16Array(MOST_BITS + 2);
  let most = 1;
  let left = 1;
  for (let bits = 1; bits <= MOST_BITS; bits++) {
    next[bits + 1] = (next[bits] + count[bits]) << 1;
    if (count[bits]) most = bits;
    left = left * 2 - count[bits];
    if (left < 0) throw new Damage("too many codes");
  }
  const table = new Uint16Array(1 << most);
  lengths.forEach((length, symbol) => {
    if (!length) return;
    let code = next[length]++;
    let reversed = 0;
    for (let i = 0; i < length; i++, code >>= 1) reversed = (reversed << 1) | (code & 1);
    for (let i = reversed; i < table.length; i += 1 << length) table[i] = (symbol << 4) | length;
  });
  return { table, mask: table.length - 1 };
}

class Bits {
  constructor(data) {
    this.data = data;
    this.at = 2;
    this.held = 0;
    this.count = 0;
  }

  need(count) {
    while (this.count < count) {
      // Bits beyond the end are zeros: whether they were used is checked by drop()
      this.held |= (this.data[this.at++] ?? 0) << this.count;
      this.count += 8;
    }
  }

  drop(count) {
    this.held >>>= count;
    this.count -= count;
    if (this.at - (this.count >> 3) > this.data.length) throw new Damage("its data are cut off");
  }

  take(count) {
    this.need(count);
    const found = this.held & ((1 << count) - 1);
    this.drop(count);
    return found;
  }

  symbol({ table, mask }) {
    this.need(MOST_BITS);
    const found = table[this.held & mask];
    if (!found) throw new Damage("its data are damaged (no such code)");
    this.drop(found & 15);
    return found >> 4;
  }

  /** Go on at a byte; returns where. */
  align() {
    this.at -= this.count >> 3;
    this.held = this.count = 0;
    return this.at;
  }
}

/** The data of a zlib stream that is all of stream; more than most bytes of them are refused. */
export function inflate(stream, most) {
  const [cmf, flags] = stream;
  if (stream.length < 6) throw new Damage("its data are cut off");
  if ((cmf & 15) !== 8 || cmf >> 4 > 7 || ((cmf << 8) | flags) % 31 || flags & 32)
    throw new Damage("its data are damaged (no zlib stream)");
  const bits = new Bits(stream);
  const out = { data: new Uint8Array(most), size: 0 };
  for (let last = 0; !last;) {
    last = bits.take(1);
    const kind = bits.take(2);
    if (kind === 3) throw new Damage("its data are damaged (no such block)");
    if (kind) compressed(bits, out, ...(kind === 1 ? FIXED : described(bits)));
    else stored(bits, out);
  }
  const data = out.data.subarray(0, out.size);
  const end = bits.align();
  if (end + 4 > stream.length) throw new Damage("its data are cut off");
  const sum = new DataView(stream.buffer, stream.byteOffset).getUint32(end);
  if (sum !== adler32(data)) throw new Damage("its data are damaged (the checksum is wrong)");
  if (end + 4 < stream.length) throw new Damage("something follows its data");
  return data;
}

function room(out, count) {
  if (out.size + count > out.data.length) throw new Damage("its data are more than its rows");
}

function stored(bits, out) {
  const at = bits.align();
  const { data } = bits;
  const size = data[at] | (data[at + 1] << 8);
  if (at + 4 + size > data.length) throw new Damage("its data are cut off");
  if ((size ^ (data[at + 2] | (data[at + 3] << 8))) !== 0xffff)
    throw new Damage("its data are damaged (size of a block)");
  room(out, size);
  out.data.set(data.subarray(at + 4, at + 4 + size), out.size);
  out.size += size;
  bits.at = at + 4 + size;
}

/** The code lengths that a block of its own codes begins with. */
function described(bits) {
  const literals = bits.take(5) + 257;
  const distances = bits.take(5) + 1;
  const meta = new Uint8Array(19);
  for (let i = 0, count = bits.take(4) + 4; i < count; i++) meta[ORDER[i]] = bits.take(3);
  const code = codes(meta);
  const lengths = new Uint8Array(literals + distances);
  for (let i = 0; i < lengths.length;) {
    const symbol = bits.symbol(code);
    if (symbol < 16) {
      lengths[i++] = symbol;
      continue;
    }
    if (symbol === 16 && !i) throw new Damage("its data are damaged (no length to repeat)");
    const value = symbol === 16 ? lengths[i - 1] : 0;
    const again = symbol === 18 ? 11 + bits.take(7) : 3 + bits.take(symbol - 14);
    if (i + again > lengths.length) throw new Damage("its data are damaged (too many lengths)");
    lengths.fill(value, i, (i += again));
  }
  return [lengths.subarray(0, literals), lengths.subarray(literals)];
}

function compressed(bits, out, literals, distances) {
  const literal = codes(literals);
  const far = codes(distances);
  for (;;) {
    const symbol = bits.symbol(literal);
    if (symbol === 256) return;
    if (symbol < 256) {
      room(out, 1);
      out.data[out.size++] = symbol;
      continue;
    }
    if (symbol > 285) throw new Damage("its data are damaged (no such length)");
    const length = LENGTHS[symbol - 257] + bits.take(LENGTH_BITS[symbol - 257]);
    const code = bits.symbol(far);
    if (code > 29) throw new Damage("its data are damaged (no such distance)");
    const distance = DISTANCES[code] + bits.take(DISTANCE_BITS[code]);
    if (distance > out.size) throw new Damage("its data are damaged (a distance too far)");
    room(out, length);
    for (const end = out.size + length; out.size < end; out.size++)
      out.data[out.size] = out.data[out.size - distance];
  }
}
