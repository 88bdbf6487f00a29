// The header of a segment, and the constants of docs/format.md that several modules share.

import { Damage, crc32, u16, u32 } from "./bytes.js";

export const HEADER_SIZE = 52;
export const MAX_SIZE = 65536;
export const RECORD = 13; // bytes of a frame, an event and a mark
export const SERIES = { pack: 1, cells: 2, events: 3, hours: 4, days: 5 };
export const NAMES = Object.fromEntries(Object.entries(SERIES).map(([name, n]) => [n, name]));

// Kinds of marks
export const RUN = 1;
export const ANCHOR = 2;
export const GAP = 3;
export const CHECK = 252;

export const isMark = (data, at) => data[at + 2] === 0xff && data[at + 3] === 0xff;
export const isMarkOf = (data, at, kind) => isMark(data, at) && data[at + 4] === kind;

const MAGIC = [0x50, 0x4b, 0x4c, 0x47]; // PKLG
const VERSION = 2; // and 1, without GAPs

/** Does data begin with these bytes, as far as it goes? */
export const beginsWith = (data, magic) =>
  data.length > 0 && magic.every((byte, i) => i >= data.length || data[i] === byte);

/** The header at the start of data. Raises Damage if it is not a valid one. */
export function parseHeader(data) {
  if (!beginsWith(data, MAGIC)) throw new Damage(data.length ? "not a packlog segment" : "empty");
  if (data.length < HEADER_SIZE)
    throw new Damage(`cut off in its header, after ${data.length} bytes`);
  if (crc32(data, 0, 48) !== u32(data, 48))
    throw new Damage("its header is damaged (the checksum is wrong)");
  if (!data[4] || data[4] > VERSION)
    throw new Damage(`of format version ${data[4]}: a newer packlog reads it`);
  const header = {
    series: data[5],
    layout: data[6],
    cellCount: data[7],
    headerSize: u16(data, 8),
    recordSize: u16(data, 10),
    sequence: u32(data, 12),
    boot: u32(data, 16),
    uptime: u32(data, 20),
    utc: u32(data, 24),
    clock: data[28],
    name: nameOf(data.subarray(29, 46)),
    log: u16(data, 46),
  };
  check(header);
  return header;
}

function nameOf(raw) {
  const end = raw.indexOf(0);
  const name = String.fromCharCode(...(end < 0 ? raw : raw.subarray(0, end)));
  if (!/^[A-Za-z0-9_-]{1,16}$/.test(name))
    throw new Damage(`${JSON.stringify(name)} is not 1 to 16 letters, digits, - and _`);
  return name;
}

function check({ headerSize, recordSize, series, layout }) {
  if (headerSize < HEADER_SIZE || recordSize < RECORD)
    throw new Damage("its header contradicts itself (sizes)");
  if (series === SERIES.pack && layout !== 1 && layout !== 2)
    throw new Damage(`of the unknown layout ${layout}`);
  if (series === SERIES.pack && recordSize !== RECORD)
    throw new Damage(`its frames are not of ${RECORD} bytes`);
}
