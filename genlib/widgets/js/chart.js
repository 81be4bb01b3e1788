// Lines in one frame with labelled axes; a band is a range of y that the lines may be compared with.

import { createCanvas, onResize, sharpen } from "./canvas.js";
import { node } from "./dom.js";
import { short } from "./words.js";

/** @import { Ui } from "./ui.js" */

/** @typedef {readonly [x: number, y: number]} Place */
/**
 * @typedef {object} Line
 * @property {Place[]} points
 * @property {string} colour
 * @property {number[]} [dash]
 * @property {number} [weight]
 * @property {boolean} [isRule] it is only to be compared with, and has no dot at its end
 */
/** @typedef {{ from: number, to: number, colour: string }} Band */
/** @typedef {{ lines: Line[], bands?: Band[], x?: number[], y?: number[] }} Drawing */

/** @typedef {{ left: number, right: number, top: number, bottom: number }} Frame */
/** @typedef {(value: number) => number} Scale */

/**
 * Round numbers between two ends.
 * @param {number} low
 * @param {number} high
 * @param {number} count about so many
 */
export function ticks(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough)), made = [];
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough) ?? rough;
  for (let t = Math.ceil(low / step) * step; t <= high + step * 1e-6; t += step) {
    made.push(Math.abs(t) < step * 1e-6 ? 0 : t);
  }
  return made;
}

/**
 * @param {Drawing} drawing
 * @param {0 | 1} axis
 * @param {number[]} others
 */
function extent({ lines }, axis, others) {
  let low = Infinity, high = -Infinity;
  for (const value of others) [low, high] = [Math.min(low, value), Math.max(high, value)];
  for (const { points } of lines) {
    for (const point of points) {
      low = Math.min(low, point[axis]);
      high = Math.max(high, point[axis]);
    }
  }
  if (!(low <= high)) [low, high] = [0, 1];
  return high - low > 1e-9 ? [low, high] : [low - 0.5, high + 0.5];
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Line} line
 * @param {string} colour
 * @param {Scale} px
 * @param {Scale} py
 */
function drawLine(context, { points, dash = [], weight = 2, isRule }, colour, px, py) {
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = weight;
  context.setLineDash(dash);
  context.beginPath();
  points.forEach(([a, b], i) => i ? context.lineTo(px(a), py(b)) : context.moveTo(px(a), py(b)));
  context.stroke();
  if (!points.length || isRule) return;
  const [a, b] = points[points.length - 1];
  context.beginPath();
  context.arc(px(a), py(b), 1.5 * weight, 0, 7);
  context.fill();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Frame} frame
 * @param {{ x: number[], y: number[] }} marks
 * @param {Scale} px
 * @param {Scale} py
 */
function drawTicks(context, { left, right, bottom }, { x, y }, px, py) {
  context.lineWidth = 1;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const t of y) {
    context.beginPath();
    context.moveTo(left, py(t));
    context.lineTo(right, py(t));
    context.stroke();
    context.fillText(short(t), left - 6, py(t));
  }
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const t of x) context.fillText(short(t), Math.min(px(t), right - 8), bottom + 4);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Frame} frame
 * @param {{ x: string, y: string }} names
 */
function nameAxes(context, { left, right, top, bottom }, { x, y }) {
  context.fillText(x, (left + right) / 2, bottom + 19);
  context.save();
  context.translate(2, (top + bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(y, 0, 0);
  context.restore();
}

/**
 * @param {Ui} ui
 * @param {CanvasRenderingContext2D} context
 * @param {{ left: number, right: number }} frame
 * @param {NonNullable<Drawing["bands"]>} bands
 * @param {Scale} py
 */
function drawBands(ui, context, { left, right }, bands, py) {
  context.globalAlpha = 0.22;
  for (const { from, to, colour } of bands) {
    context.fillStyle = ui.colour(colour);
    context.fillRect(left, py(to), right - left, Math.max(1.5, py(from) - py(to)));
  }
  context.globalAlpha = 1;
}

/**
 * @param {Ui} ui
 * @param {object} options
 * @param {string} options.label
 * @param {string} options.x the axis' name
 * @param {string} options.y
 * @param {number} [options.height]
 * @param {[colour: string, words: string][]} [options.legend]
 */
export function createChart(ui, { label, x, y, height = 180, legend = [] }) {
  const canvas = createCanvas(label, 300, height, "genlib-chart");
  canvas.style.setProperty("--genlib-high", `${height}px`);
  /** @type {Drawing} */
  let shown = { lines: [] };

  function paint() {
    const { context, width, height: tall } = sharpen(canvas, 300, canvas.clientHeight || height);
    context.font = "12px system-ui, sans-serif";
    const bands = shown.bands ?? [], edges = bands.flatMap(({ from, to }) => [from, to]);
    const [x0, x1] = shown.x ?? extent(shown, 0, []);
    const [low, high] = shown.y ?? extent(shown, 1, edges);
    const room = shown.y ? 0 : 0.06 * (high - low), y0 = low - room, y1 = high + room;
    const frame = { left: 58, right: width - 8, top: 8, bottom: tall - 34 };
    const { left, right, top, bottom } = frame;
    /** @type {Scale} */
    const px = (v) => left + ((v - x0) / (x1 - x0)) * (right - left);
    /** @type {Scale} */
    const py = (v) => bottom - ((v - y0) / (y1 - y0)) * (bottom - top);
    drawBands(ui, context, frame, bands, py);
    context.setLineDash([]);
    context.strokeStyle = ui.colour("line");
    context.fillStyle = ui.colour("muted");
    drawTicks(
      context,
      frame,
      { x: ticks(x0, x1, width / 90), y: ticks(y0, y1, tall / 45) },
      px,
      py,
    );
    nameAxes(context, frame, { x, y });
    context.save();
    context.beginPath();
    context.rect(left - 6, top - 2, right - left + 12, bottom - top + 4);
    context.clip();
    context.lineJoin = "round";
    for (const line of shown.lines) drawLine(context, line, ui.colour(line.colour), px, py);
    context.restore();
  }
  onResize(ui, canvas, paint);
  ui.onTheme(paint);
  const keys = legend.map(([colour, textContent]) =>
    node("span", { className: `genlib-key genlib-${colour}`, textContent })
  );
  const look = { className: "genlib-figure genlib-wide genlib-chart-figure" };
  return {
    element: node("figure", look, canvas, node("figcaption", {}, ...keys)),
    canvas,
    /** @param {Partial<Drawing>} next what is not named stays */
    draw(next) {
      shown = { ...shown, ...next };
      paint();
    },
    /** @param {Record<string, boolean>} drawn which colours of the legend are; each keeps its place */
    name(drawn) {
      keys.forEach((key, i) => key.style.visibility = drawn[legend[i][0]] ?? true ? "" : "hidden");
    },
    /** @param {string} words */
    describe(words) {
      canvas.ariaLabel = words;
    },
  };
}
