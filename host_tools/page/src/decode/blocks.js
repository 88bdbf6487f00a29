// The blocks of a segment: which records its CHECKs vouch for. docs/format.md, Blocks.

import { crc32, u16, u32 } from "./bytes.js";
import { CHECK, RECORD, RUN, isMarkOf } from "./segment.js";

const CHECKED = 9; // bytes of a CHECK that its own checksum covers

const oneBit = (bits) => (bits & (bits - 1)) === 0;

/** Is the record at that offset a CHECK, or was it one before a bit fell over? */
export const isCheck = (data, at) =>
  oneBit((data[at + 2] ^ 255) | ((data[at + 3] ^ 255) << 8) | ((data[at + 4] ^ CHECK) << 16));

const isNearMark = (data, at) => oneBit((data[at + 2] ^ 255) | ((data[at + 3] ^ 255) << 8));

/** rows without their CHECKs. rows: {data, size}, records of size bytes each. */
export function withoutChecks({ data, size }) {
  const kept = [];
  for (let at = 0; at < data.length; at += size)
    if (!isCheck(data, at)) kept.push(data.subarray(at, at + size));
  return { data: joined(kept), size };
}

/**
 * The records that count, and the damaged blocks as [first record, the one after its last].
 * A RUN takes the place of damaged blocks. A segment without a CHECK is believed.
 */
export function whole(rows, header) {
  const { data, size } = rows;
  const state = { run: [header.boot, header.uptime], parts: [], damaged: [], pending: false };
  let first = 0;
  for (let at = 0; at < data.length; at += size) {
    if (!isCheck(data, at)) continue;
    takeBlock(state, data.subarray(first, at), data.subarray(at, at + size), first / size);
    first = at + size;
  }
  if (!first) return { rows, damaged: [] };
  takeOpen(state, data.subarray(first), size, first / size);
  return { rows: { data: joined(state.parts), size }, damaged: state.damaged };
}

function takeBlock(state, block, check, first) {
  const size = check.length;
  const crc = crc32(check, 0, CHECKED, crc32(block));
  if (crc !== u32(check, CHECKED) || check.subarray(RECORD).some((byte) => byte)) {
    state.damaged.push([first, first + block.length / size]);
    state.pending = true;
    for (let at = 0; at < block.length; at += size) state.doubt ||= isNearMark(block, at);
    return;
  }
  const low = (u16(check, 0) - state.run[0]) & 0xffff;
  const begin = [(state.run[0] + low) >>> 0, u32(check, 5)];
  if (state.pending) {
    state.parts.push(runBefore(begin, block, size));
    state.pending = state.doubt = false;
  }
  state.parts.push(block);
  state.run = lastRun(block, size) || begin;
}

/** What follows the last CHECK; from its first RUN on, if only that says when it was. */
function takeOpen(state, rest, size, first) {
  if (state.pending && state.doubt) {
    let at = 0;
    while (at < rest.length && !isMarkOf(rest, at, RUN)) at += size;
    if (at) state.damaged.push([first, first + at / size]);
    rest = rest.subarray(at);
  } else if (state.pending && rest.length) {
    state.parts.push(runBefore(state.run, rest, size));
  }
  state.parts.push(rest);
}

function lastRun(block, size) {
  for (let at = block.length - size; at >= 0; at -= size)
    if (isMarkOf(block, at, RUN)) return [u32(block, at + 5), u32(block, at + 9)];
  return null;
}

/** A RUN to stand before a block: coverage begins at the block's first frame. */
function runBefore([boot, base], block, size) {
  const record = new Uint8Array(size);
  const view = new DataView(record.buffer);
  for (let at = 0; at < block.length; at += size) {
    if (isMarkOf(block, at, RUN)) break;
    if (isNearMark(block, at)) continue;
    view.setUint16(0, u16(block, at), true);
    break;
  }
  view.setUint16(2, 0xffff, true);
  view.setUint8(4, RUN);
  view.setUint32(5, boot, true);
  view.setUint32(9, base, true);
  return record;
}

function joined(parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
