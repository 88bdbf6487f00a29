// Little-endian numbers, checksums and float16: what every other module of the decoder needs.

/** What is wrong with a file, in words that a user can act on. */
export class Damage extends Error {}

export const u16 = (data, at) => data[at] | (data[at + 1] << 8);

export const u32 = (data, at) => (u16(data, at) | (u16(data, at + 2) << 16)) >>> 0;

const CRC = new Uint32Array(256).map((_, byte) => {
  for (let i = 0; i < 8; i++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

/** zlib's CRC-32 of data[start:end], continued from crc. */
export function crc32(data, start = 0, end = data.length, crc = 0) {
  crc = ~crc;
  for (let i = start; i < end; i++) crc = (crc >>> 8) ^ CRC[(crc ^ data[i]) & 255];
  return ~crc >>> 0;
}

export function adler32(data) {
  let a = 1;
  let b = 0;
  for (let i = 0; i < data.length;) {
    for (const end = Math.min(data.length, i + 3800); i < end; i++) b += a += data[i];
    a %= 65521;
    b %= 65521;
  }
  return ((b << 16) | a) >>> 0;
}

/** The number that a float16's bits say. */
export function halfToNumber(bits) {
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return exponent ? sign * (mantissa + 1024) * 2 ** (exponent - 25) : sign * mantissa * 2 ** -24;
}

const float = new Float64Array(1);
const floatBits = new Uint32Array(float.buffer);

/** The bits of the float16 nearest to a number below 65504, ties to even. */
export function halfFromNumber(number) {
  float[0] = Math.abs(number);
  const sign = number < 0 ? 0x8000 : 0;
  const exponent = Math.max((floatBits[1] >>> 20) - 1023, -14);
  const steps = roundEven(float[0] / 2 ** (exponent - 10));
  // A carry out of the mantissa is one more in the exponent, and from below 2**-14 likewise
  return sign | (steps + ((exponent + 14) << 10));
}

/** To the nearest whole number, ties to even. */
export function roundEven(number) {
  const below = Math.floor(number);
  const rest = number - below;
  if (rest !== 0.5) return rest > 0.5 ? below + 1 : below;
  return below % 2 ? below + 1 : below;
}

/** The first index of a sorted array whose value is not below wanted (above it: after). */
export function search(sorted, wanted, after = false, low = 0, high = sorted.length) {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < wanted || (after && sorted[middle] === wanted)) low = middle + 1;
    else high = middle;
  }
  return low;
}
