// Two pictures of annealing, the fan of the chains' weights with its histogram and every finished run, and what the
// chains look like.

import { createCanvas, onResize, sharpen } from "../js/canvas.js";
import { ticks } from "../js/chart.js";
import { div, node, panel } from "../js/dom.js";
import { createImage } from "../js/image.js";
import { short, signed } from "../js/words.js";
import { shownOf } from "./model.js";

/** @import { Ui } from "../js/ui.js" */
/** @import { Annealing, Finished, Moment, Standing } from "./model.js" */

/** @typedef {{ context: CanvasRenderingContext2D, right: number, bottom: number }} Frame */
/** @typedef {(value: number) => number} Scale */
/** @typedef {{ colour: string, dash?: number[], weight?: number }} Stroke */

const LEFT = 46, TOP = 10, BOTTOM = 38, HEIGHT = 240;
const PICTURES = 12, BINS = 36;
/** Estimates further off than this many nats are not shown. */
const FAR = 60;

/**
 * A canvas for one picture, and the empty frame that a painting of it starts from.
 * @param {Ui} ui
 * @param {string} label
 * @param {() => void} onSize
 */
function createPlot(ui, label, onSize) {
  const canvas = createCanvas(label, 300, HEIGHT, "genlib-chart");
  canvas.style.setProperty("--genlib-high", `${HEIGHT}px`);
  onResize(ui, canvas, onSize);
  return {
    canvas,
    /** @returns {Frame} */
    empty() {
      const { context, width, height } = sharpen(canvas, 300, canvas.clientHeight || HEIGHT);
      context.font = "12px system-ui, sans-serif";
      return { context, right: width - 8, bottom: height - BOTTOM };
    },
  };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Stroke} stroke
 * @param {number} x0
 * @param {number} y0
 * @param {number} x1
 * @param {number} y1
 */
function drawLine(context, { colour, dash = [], weight = 1 }, x0, y0, x1, y1) {
  context.strokeStyle = colour;
  context.lineWidth = weight;
  context.setLineDash(dash);
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
  context.setLineDash([]);
}

/**
 * Draws the axis upwards and returns its scale.
 * @param {Ui} ui
 * @param {Frame} frame
 * @param {[low: number, high: number]} range
 * @param {string} title
 * @returns {Scale}
 */
function drawUpwards(ui, { context, right, bottom }, [low, high], title) {
  /** @type {Scale} */
  const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - TOP);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const tick of ticks(low, high, 5)) {
    drawLine(context, { colour: ui.colour("line") }, LEFT, y(tick), right, y(tick));
    context.fillStyle = ui.colour("muted");
    context.fillText(short(tick), LEFT - 6, y(tick));
  }
  context.save();
  context.translate(8, (TOP + bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(title, 0, 0);
  context.restore();
  return y;
}

/**
 * @param {Ui} ui
 * @param {Frame} frame
 * @param {number[]} marks
 * @param {Scale} x
 * @param {{ middle: number, words: string }} title
 */
function drawAcross(ui, { context, bottom }, marks, x, { middle, words }) {
  context.fillStyle = ui.colour("muted");
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const mark of marks) context.fillText(short(mark), x(mark), bottom + 5);
  context.fillText(words, middle, bottom + 21);
}

/**
 * Each chain's way.
 * @param {CanvasRenderingContext2D} context
 * @param {Moment[]} moments
 * @param {Scale} x
 * @param {Scale} y
 */
function drawWays(context, moments, x, y) {
  context.globalAlpha = 0.35;
  context.lineWidth = 1;
  for (let i = 0; i < (moments[0]?.off.length ?? 0); i++) {
    context.beginPath();
    moments.forEach(({ beta, off }, k) =>
      k ? context.lineTo(x(beta), y(off[i])) : context.moveTo(x(beta), y(off[i]))
    );
    context.stroke();
  }
  context.globalAlpha = 1;
}

/**
 * A histogram that lies on its side.
 * @param {Frame} frame
 * @param {ArrayLike<number>} values
 * @param {[low: number, high: number]} range
 * @param {number} left
 */
function drawHistogram({ context, right, bottom }, values, [low, high], left) {
  const counts = Array(BINS).fill(0), thick = (bottom - TOP) / BINS;
  for (const value of Array.from(values)) {
    const bin = Math.floor(((value - low) / (high - low)) * BINS);
    counts[Math.max(0, Math.min(BINS - 1, bin))]++;
  }
  const most = Math.max(...counts, 1);
  counts.forEach((count, i) => {
    const length = (count / most) * (right - left - 4);
    context.fillRect(left, bottom - (i + 1) * thick + 0.5, length, thick - 1);
  });
}

/**
 * @param {Moment[]} moments
 * @param {Float64Array} off
 * @param {number | null} truth
 * @param {[low: number, high: number]} before it never becomes less: fans are to be compared
 * @returns {[low: number, high: number]}
 */
function reachOf(moments, off, truth, before) {
  let low = Math.min(before[0], truth ?? 0), high = Math.max(before[1], truth ?? 0);
  for (const values of [off, ...moments.map((moment) => moment.off)]) {
    for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  return [Math.max(low, -FAR), Math.min(high, FAR)];
}

/** The colour of chains: what a model makes on the way up, and on the way down a grey one. */
const COLOURS = /** @type {const} */ ({ up: "model", down: "muted" });

/**
 * Left, each chain's estimate against that of all, over beta; right, the same at this moment as a histogram.
 * @param {Ui} ui
 * @param {() => void} onSize
 */
export function createFan(ui, onSize) {
  const { canvas, empty } = createPlot(ui, "Weights of the chains on their way", onSize);
  /** @type {[low: number, high: number]} */
  let reach = [-1, 1];
  return {
    canvas,
    /** Lets the axis begin anew. */
    forget() {
      reach = [-1, 1];
    },
    element: panel("How far apart the chains are", canvas),
    /**
     * @param {Annealing} annealing
     * @param {Standing} standing
     */
    paint({ run, settings, logZ, moments }, { off, estimate }) {
      const frame = empty(), { context, right, bottom } = frame;
      const colour = ui.colour(COLOURS[settings.direction]);
      const ink = { colour: ui.colour("ink"), weight: 1.5 };
      const truth = logZ === null || !run.done ? null : logZ - estimate;
      const end = right - Math.max(70, 0.26 * (right - LEFT)) - 10, left = end + 12;
      reach = reachOf(moments, off, truth, reach);
      const room = 0.05 * (reach[1] - reach[0]);
      /** @type {[low: number, high: number]} */
      const range = [reach[0] - room, reach[1] + room];
      const y = drawUpwards(ui, frame, range, "nats off the log Z of all");
      const x = (/** @type {number} */ beta) => LEFT + beta * (end - LEFT);
      const title = { middle: (LEFT + end) / 2, words: "inverse temperature \u03b2" };
      drawAcross(ui, frame, [0, 0.25, 0.5, 0.75, 1], x, title);
      context.strokeStyle = context.fillStyle = colour;
      drawWays(context, moments, x, y);
      drawHistogram(frame, off, range, left);
      const [first, last] = [moments[0], moments[moments.length - 1]];
      drawLine(context, ink, x(first.beta), y(0), x(last.beta), y(0));
      drawLine(context, ink, left, y(0), right, y(0));
      if (truth !== null) {
        const exact = { colour: ui.colour("data"), dash: [5, 4], weight: 2.5 };
        drawLine(context, exact, left, y(truth), right, y(truth));
      }
      context.fillStyle = ui.colour("muted");
      context.fillText("chains", (left + right) / 2, bottom + 21);
    },
  };
}

/**
 * A dot with its own error bar; the last run's is the largest.
 * @param {Ui} ui
 * @param {Frame} frame
 * @param {{ run: Finished, value: number, last: boolean }} dot
 * @param {Scale} x
 * @param {Scale} y
 */
function drawRun(ui, { context, bottom }, { run, value, last }, x, y) {
  const up = run.direction === "up", colour = ui.colour(COLOURS[run.direction]);
  // Runs up stand a little to the left, runs down to the right.
  const at = x(run.temperatures) + (up ? -3 : 3);
  const end = (/** @type {number} */ sign) =>
    Math.max(TOP, Math.min(bottom, y(value + sign * run.standard_error)));
  context.globalAlpha = last ? 1 : 0.55;
  drawLine(context, { colour, weight: 1.5 }, at, end(1), at, end(-1));
  context.fillStyle = last ? ui.colour("ink") : colour;
  context.beginPath();
  context.arc(at, y(value), last ? 4.5 : 3, 0, 7);
  if (up) context.fill();
  else {
    context.strokeStyle = last ? ui.colour("ink") : colour;
    context.stroke();
  }
  context.globalAlpha = 1;
}

/**
 * Every finished run, over its number of temperatures.
 * @param {Ui} ui
 * @param {() => void} onSize
 */
export function createLedger(ui, onSize) {
  const label = "Estimates of all runs by number of temperatures";
  const { canvas, empty } = createPlot(ui, label, onSize);
  return {
    canvas,
    element: panel("Every finished run", canvas),
    /** @param {Annealing} annealing */
    paint({ runs, logZ }) {
      const frame = empty(), { context, right } = frame;
      const values = runs.map((run) => run.log_z - (logZ ?? 0));
      const all = logZ === null ? values : [...values, -1, 1];
      const low = Math.min(...all), high = Math.max(...all), room = 0.08 * (high - low) + 0.3;
      const title = logZ === null ? "log Z in nats" : "error of log Z in nats";
      const x = (/** @type {number} */ n) => LEFT + 14 + (Math.log10(n) / 3) * (right - LEFT - 28);
      const y = drawUpwards(ui, frame, all.length ? [low - room, high + room] : [-1, 1], title);
      const middle = (LEFT + right) / 2;
      drawAcross(ui, frame, [1, 3, 10, 30, 100, 300, 1000], x, { middle, words: "temperatures" });
      if (logZ !== null) {
        const exact = { colour: ui.colour("data"), dash: [5, 4], weight: 1.5 };
        drawLine(context, exact, LEFT, y(0), right, y(0));
      }
      runs.forEach((run, i) => {
        drawRun(ui, frame, { run, value: values[i], last: i === runs.length - 1 }, x, y);
      });
    },
  };
}

/**
 * Twelve chains, each over its share of the mean.
 * @param {Ui} ui
 * @param {{ width: number, height: number }} size
 */
export function createChains(ui, size) {
  const pictures = Array.from(
    { length: PICTURES },
    () => createImage(ui, { ...size, label: "A chain", caption: "" }),
  );
  const strip = div(
    "genlib-strip genlib-annealing-strip",
    ...pictures.map(({ element }) => element),
  );
  const caption = node("p", { className: "genlib-caption" });
  return {
    element: div("genlib-panel", caption, strip),
    /**
     * @param {Annealing} annealing
     * @param {Standing} standing
     */
    paint({ run }, { shares }) {
      const shown = shownOf(run, shares, PICTURES);
      pictures.forEach((picture, i) => {
        const share = 100 * shares[shown[i]];
        picture.paint(run.x[shown[i]], "model");
        picture.caption(`${share < 0.05 ? "0" : share.toFixed(share < 9.95 ? 1 : 0)} %`);
      });
      caption.textContent = run.done
        ? `Of the ${run.count} chains the heaviest, \u2026, the lightest, each with its share of the mean`
        : `Some of the ${run.count} chains, each with its share of the mean so far`;
    },
  };
}

/**
 * How far the chains are apart, and, of a finished run, what it says of log Z.
 * @param {Annealing} annealing
 * @param {Standing} standing
 */
export function wordsOf({ run, logZ }, { estimate, error, sigma, size }) {
  const spread = `spread of log w ${signed(sigma)} nats, ` +
    `${size.toFixed(1)} of ${run.count} chains count`;
  if (!run.done) return { spread, all: spread };
  let exactly = "";
  if (logZ !== null) {
    const off = estimate - logZ;
    exactly = `, exactly ${signed(logZ)}: off by ${signed(off)}, ` +
      `${signed(Math.abs(off) / error, 1)} error bars`;
  }
  return {
    spread,
    all: `log Z = ${signed(estimate)} \u00b1 ${signed(error)}${exactly}; ${spread}`,
  };
}
