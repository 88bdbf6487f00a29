// Spans of time to the points of a line: as they are while they are few, else a point a pixel with
// the lowest, the mean and the highest of what it stands for. Silence is a gap: null.

import { search } from "./decode/bytes.js";

const MOST = 1500; // spans that are drawn one by one

/** The first and one past the last span that overlap from to to. */
export const visible = ({ begin, end }, from, to) => [search(end, from), search(begin, to)];

/**
 * {x, lines: {name: {mean, low, high}}} of these lines between two moments, width pixels wide. A
 * value stands for the time from the point before.
 */
export function points(spans, names, from, to, width) {
  let [first, last] = visible(spans, from, to);
  if (last - first > MOST) return buckets(spans, names, from, to, width, first, last);
  first = Math.max(0, first - 1);
  last = Math.min(spans.length, last + 1);
  const { begin, end } = spans;
  const x = [];
  const owner = []; // of each point the span, -1: a gap
  for (let i = first; i < last; i++) {
    const isApart = i === first || begin[i] - end[i - 1] > spans.joinedS;
    if (isApart && i > first) {
      x.push(end[i - 1] + 0.001);
      owner.push(-1);
    }
    if (isApart && begin[i] < end[i]) {
      x.push(begin[i]);
      owner.push(i);
    }
    x.push(end[i]);
    owner.push(i);
  }
  const taken = (values) => owner.map((i) => (i < 0 || Number.isNaN(values[i]) ? null : values[i]));
  return { x, lines: mapped(names, (name) => each(spans.line(name), taken)) };
}

function buckets(spans, names, from, to, width, first, last) {
  const count = Math.max(100, Math.round(width));
  const size = (to - from) / count;
  const x = Array.from({ length: count }, (_, i) => from + (i + 1) * size);
  return {
    x,
    lines: mapped(names, (name) => reduced(spans, name, from, size, count, first, last)),
  };
}

function reduced(spans, name, from, size, count, first, last) {
  const { begin, end } = spans;
  const line = spans.line(name);
  const low = new Array(count).fill(null);
  const high = new Array(count).fill(null);
  const sum = new Float64Array(count);
  const weight = new Float64Array(count);
  for (let i = first; i < last; i++) {
    const mean = line.mean[i];
    if (Number.isNaN(mean)) continue;
    const begins = Math.max(0, Math.floor((begin[i] - from) / size));
    const ends = Math.min(count - 1, Math.floor((end[i] - from) / size));
    for (let b = begins; b <= ends; b++) {
      const left = Math.max(begin[i], from + b * size);
      const shared = Math.min(end[i], from + (b + 1) * size) - left + 1e-6;
      sum[b] += mean * shared;
      weight[b] += shared;
      if (low[b] === null || line.low[i] < low[b]) low[b] = line.low[i];
      if (high[b] === null || line.high[i] > high[b]) high[b] = line.high[i];
    }
  }
  const mean = low.map((value, b) => (value === null ? null : sum[b] / weight[b]));
  return { mean, low, high };
}

const each = ({ mean, low, high }, change) => ({
  mean: change(mean),
  low: change(low),
  high: change(high),
});

const mapped = (names, of) => Object.fromEntries(names.map((name) => [name, of(name)]));
