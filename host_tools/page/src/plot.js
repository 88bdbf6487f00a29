// One chart: uPlot with a head that says the values at the cursor. It draws what it is given;
// moving and zooming is gestures.js's.

import uPlot from "uplot";

import { css, h, fill } from "./dom.js";
import { ticks } from "./format.js";

const colour = (name) => (name.startsWith("--") ? css(name) : name);
const LEFT = 52; // px of the axis of values
const BOTTOM = 26;
const RIGHT = 8;
export class Plot {
  /** panel: of panels.js. marks() -> [{time, colour}]: events to draw as lines. */
  constructor(panel, marks) {
    Object.assign(this, { panel, marks, key: null, plot: null });
    this.values = h("span", { class: "values" });
    this.head = h("h3", {}, panel.title, this.values);
    this.cursor = h("i", { class: "cursor", hidden: true });
    this.body = h("div", { class: "plot" }, this.cursor);
    this.node = h("section", { class: "panel", "data-panel": panel.key }, this.head, this.body);
  }

  /** Draw {x, lines} between two moments. lines: [name, colour] each; isLast: with a time axis. */
  draw(found, lines, view, isLast) {
    const width = this.body.clientWidth;
    const height = (isLast ? BOTTOM : 6) + (window.innerWidth > 700 ? 140 : 104);
    const key = [lines.map(([name]) => name), isLast, width, height].join();
    const data = [found.x];
    for (const [name] of lines) {
      const { mean, low, high } = found.lines[name];
      const isOne = low === mean && high === mean;
      data.push(mean, isOne ? mean.map(() => null) : low, isOne ? mean.map(() => null) : high);
    }
    this.view = view;
    if (key !== this.key) {
      this.key = key;
      this.plot?.destroy();
      this.plot = new uPlot(this.options(lines, width, height, isLast), data, this.body);
    } else {
      this.plot.setData(data, false);
    }
    this.plot.setScale("x", { min: view.from, max: view.to });
  }

  options(lines, width, height, isLast) {
    const { filled } = this.panel;
    const stepped = uPlot.paths.stepped({ align: -1 });
    const edge = { width: 0, points: { show: false }, paths: stepped };
    const series = [{}];
    const bands = [];
    for (const [, name] of lines) {
      const at = series.length;
      const stroke = () => colour(name);
      const line = { stroke, width: 1.5, paths: stepped, points: { show: false } };
      series.push({ ...line, fill: filled ? () => faint(colour(name), 0.45) : undefined });
      series.push({ ...edge, stroke }, { ...edge, stroke });
      bands.push({ series: [at + 2, at + 1], fill: () => faint(colour(name), 0.2) });
    }
    const grid = { stroke: () => css("--grid"), width: 1 };
    const axis = { stroke: () => css("--soft"), grid, ticks: { show: false }, font: font() };
    return {
      width,
      height,
      series,
      bands,
      legend: { show: false },
      padding: [6, RIGHT, 0, 0],
      scales: {
        x: { time: true, auto: false },
        y: { range: (_, low, high) => this.range(low, high) },
      },
      axes: [
        {
          ...axis,
          size: isLast ? BOTTOM : 6,
          space: 64,
          values: (_, splits, i, space, step) =>
            isLast ? ticks(splits, step) : splits.map(() => ""),
        },
        { ...axis, size: LEFT, gap: 4, space: 26, values: (_, splits) => labels(splits) },
      ],
      hooks: { draw: [(plot) => this.drawMarks(plot)] },
    };
  }

  range(low, high) {
    const { fixed, zero, least = 1 } = this.panel;
    if (fixed) return fixed;
    if (low === null || low === undefined) return [0, least];
    if (zero) [low, high] = [Math.min(low, 0), Math.max(high, 0)];
    const lacking = Math.max(0, least - (high - low)) / 2;
    const room = (high - low) * 0.05 + lacking;
    return [low - (zero && low === 0 ? 0 : room), high + (zero && high === 0 ? 0 : room)];
  }

  drawMarks({ ctx, bbox, valToPos }) {
    ctx.save();
    ctx.lineWidth = devicePixelRatio;
    for (const { time, colour: name } of this.marks()) {
      const x = valToPos(time, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = ctx.fillStyle = colour(name);
      ctx.globalAlpha = 0.3;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      const size = 4 * devicePixelRatio;
      ctx.globalAlpha = 1;
      ctx.beginPath();
      ctx.moveTo(x - size, bbox.top);
      ctx.lineTo(x + size, bbox.top);
      ctx.lineTo(x, bbox.top + 1.4 * size);
      ctx.fill();
    }
    ctx.restore();
  }

  /** Put the cursor at a moment, null: nowhere; texts: what the head says then. */
  point(time, texts) {
    fill(this.values, texts);
    const { from, to } = this.view;
    const part = time === null ? -1 : (time - from) / (to - from);
    this.cursor.hidden = part < 0 || part > 1;
    this.cursor.style.left = `${LEFT + part * (this.body.clientWidth - LEFT - RIGHT)}px`;
  }

  destroy() {
    this.plot?.destroy();
    this.node.remove();
  }
}

const font = () => `${window.innerWidth > 700 ? 12 : 11}px system-ui, sans-serif`;

/** A colour, so much of it. */
const faint = (name, part) => `color-mix(in srgb, ${name} ${part * 100}%, transparent)`;

/** The labels of an axis of values: as many decimals as tell them apart. */
function labels(splits) {
  const step = splits.length > 1 ? Math.abs(splits[1] - splits[0]) : 1;
  let decimals = 0;
  while (decimals < 3 && Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) > 1e-6)
    decimals++;
  const large = splits.some((value) => Math.abs(value) >= 10000);
  return splits.map((value) =>
    large ? `${+(value / 1000).toFixed(decimals + 1)}k` : value.toFixed(decimals).replace("-", "−"),
  );
}

/** Where the drawing begins and how wide it is, in px of the page. */
export function areaOf(node) {
  const { left, width } = node.getBoundingClientRect();
  return { left: left + LEFT, width: width - LEFT - RIGHT };
}
