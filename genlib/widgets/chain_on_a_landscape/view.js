// What is seen of a walk: the landscape with the walker in it, how its visits compare with the truth, and its memory.

import { createCanvas, drawDot, drawDots, onResize, sharpen } from "../js/canvas.js";
import { createChart } from "../js/chart.js";
import { div, node, panel } from "../js/dom.js";
import { percent, signed } from "../js/words.js";
import { EDGE, histogram, logDensity, margin, mean, worth } from "./model.js";

/** @import { Ui } from "../js/ui.js" */
/** @import { Chain, Hill, Place } from "./model.js" */

const CELLS = 60, BINS = 30, SHOWN = 1500, LAGS = 100;
const KEYS = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
});

/**
 * The landscape as shades of grey, square root of the density so that low hills are seen.
 * @param {Ui} ui
 * @param {Hill[]} hills
 */
function shaded(ui, hills) {
  const picture = new ImageData(CELLS, CELLS), levels = new Float64Array(CELLS * CELLS);
  const at = (/** @type {number} */ i) => ((i + 0.5) / CELLS) * 2 * EDGE - EDGE;
  if (hills.length) {
    levels.forEach((_, i) => {
      const place = { x: at(i % CELLS), y: -at(Math.floor(i / CELLS)) };
      levels[i] = Math.exp(logDensity(hills, place) / 2);
    });
  }
  const top = levels.reduce((a, b) => Math.max(a, b), 1e-9);
  const paper = ui.rgb("paper"), ink = ui.rgb("muted");
  levels.forEach((level, i) => {
    for (let k = 0; k < 3; k++) {
      picture.data[4 * i + k] = paper[k] + 0.6 * (level / top) * (ink[k] - paper[k]);
    }
    picture.data[4 * i + 3] = 255;
  });
  const made = node("canvas", { width: CELLS, height: CELLS });
  /** @type {CanvasRenderingContext2D} */ (made.getContext("2d")).putImageData(picture, 0, 0);
  return made;
}

/**
 * Calls `onHill` where a pointer draws on a canvas.
 * @param {Ui} ui
 * @param {HTMLCanvasElement} canvas
 * @param {(place: Place) => void} onHill
 */
function drawByPointer(ui, canvas, onHill) {
  /** @type {Place | null} */
  let last = null;
  /** @param {PointerEvent} event */
  function placeOf({ clientX, clientY }) {
    const { left, top, width } = canvas.getBoundingClientRect();
    const at = (/** @type {number} */ v) => (v / width) * 2 * EDGE - EDGE;
    return { x: at(clientX - left), y: -at(clientY - top) };
  }
  ui.listen(canvas, "pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = placeOf(event);
    onHill(last);
  });
  ui.listen(canvas, "pointermove", (event) => {
    if (!last) return;
    const place = placeOf(event);
    if (Math.hypot(place.x - last.x, place.y - last.y) < 0.3) return;
    last = place;
    onHill(place);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    ui.listen(canvas, end, () => {
      last = null;
    });
  }
}

/**
 * Calls `onHill` where the space bar draws: at a cursor that arrow keys move, and that is seen while the canvas is used.
 * @param {Ui} ui
 * @param {HTMLCanvasElement} canvas
 * @param {(place: Place) => void} onHill
 * @param {() => void} paint
 */
function drawByKeys(ui, canvas, onHill, paint) {
  const cursor = { x: 0, y: 0, shown: false };
  const within = (/** @type {number} */ v) => Math.max(-EDGE, Math.min(EDGE, v));
  canvas.tabIndex = 0;
  ui.listen(canvas, "keydown", (event) => {
    const step = KEYS[event.key];
    if (!step && event.key !== " ") return;
    event.preventDefault();
    if (step) {
      cursor.x = within(cursor.x + 0.2 * step[0]);
      cursor.y = within(cursor.y + 0.2 * step[1]);
    } else onHill({ x: cursor.x, y: cursor.y });
    cursor.shown = true;
    paint();
  });
  ui.listen(canvas, "blur", () => {
    cursor.shown = false;
    paint();
  });
  return cursor;
}

/**
 * The chain on a picture of its hills, which fill a square.
 * @param {Ui} ui
 * @param {{ context: CanvasRenderingContext2D, width: number }} square
 * @param {CanvasImageSource} picture
 * @param {Chain} chain
 * @param {Place | null} cursor
 */
function paintWalk(ui, { context, width }, picture, { trail, place }, cursor) {
  const px = (/** @type {number} */ v) => ((v + EDGE) / (2 * EDGE)) * width;
  const on = (/** @type {Place} */ { x, y }) => /** @type {[number, number]} */ ([px(x), px(-y)]);
  context.imageSmoothingEnabled = true;
  context.drawImage(picture, 0, 0, width, width);
  drawDots(ui, context, trail.slice(-SHOWN).map(on), 1.8, "model");
  context.beginPath();
  trail.slice(-25).map(on).forEach(([x, y]) => context.lineTo(x, y));
  for (const [colour, thick] of /** @type {const} */ ([["paper", 3], ["model", 1]])) {
    context.strokeStyle = ui.colour(colour);
    context.lineWidth = thick;
    context.stroke();
  }
  drawDot(ui, context, on(place), 5, "model");
  if (!cursor) return;
  context.strokeStyle = ui.colour("ink");
  context.lineWidth = 2;
  context.beginPath();
  context.arc(...on(cursor), 9, 0, 7);
  context.stroke();
}

/**
 * The map: hills are drawn into it by a pointer, or by arrow keys and the space bar.
 * @param {Ui} ui
 * @param {(place: Place) => void} onHill
 */
export function createMap(ui, onHill) {
  const canvas = createCanvas("Landscape", 300, 300, "genlib-walk-map");
  /** @type {{ hills: Hill[], picture: HTMLCanvasElement } | null} */
  let kept = null;
  /** @type {Chain | null} */
  let seen = null;
  const cursor = drawByKeys(ui, canvas, onHill, paint);
  drawByPointer(ui, canvas, onHill);

  function paint() {
    if (!seen) return;
    const { hills } = seen;
    if (kept?.hills !== hills) kept = { hills, picture: shaded(ui, hills) };
    paintWalk(ui, sharpen(canvas, 300), kept.picture, seen, cursor.shown ? cursor : null);
  }
  onResize(ui, canvas, paint);
  ui.onTheme(() => {
    kept = null;
    paint();
  });
  return {
    element: panel("The landscape: draw hills", canvas),
    /** @param {Chain} chain */
    paint(chain) {
      seen = chain;
      paint();
    },
    /** @param {string} words */
    describe(words) {
      canvas.ariaLabel = words;
    },
  };
}

/**
 * The chain's histogram along x beside the truth, and its autocorrelation.
 * @param {Ui} ui
 */
export function createMeasures(ui) {
  const across = createChart(ui, {
    label: "Visits along x, and the exact density",
    x: "x",
    y: "",
    height: 130,
    legend: [["muted", "exact"], ["model", "visited"]],
  });
  const memory = createChart(ui, {
    label: "Autocorrelation of x",
    x: "steps later",
    y: "",
    height: 105,
  });
  const width = (2 * EDGE) / BINS;
  const middles = Array.from({ length: 121 }, (_, i) => (i / 60 - 1) * EDGE);
  return {
    element: div(
      "genlib-walk-measures",
      panel("Where it has been, seen from the front", across.element),
      panel("Its memory: autocorrelation of x", memory.element),
    ),
    /** @param {Chain} chain */
    paint(chain) {
      const values = chain.latest().map(({ x }) => x), counts = histogram(values, BINS);
      /** @type {[number, number][]} */
      const bars = [];
      counts.forEach((height, i) => {
        const left = i * width - EDGE;
        bars.push([left, height], [left + width, height]);
      });
      /** @type {[number, number][]} */
      const exact = middles.map((at) => [at, margin(chain.hills, "x", at)]);
      across.draw({
        lines: [
          { points: exact, colour: "muted", dash: [5, 3] },
          { points: values.length ? bars : [], colour: "model" },
        ],
        x: [-EDGE, EDGE],
        y: [0, 1.6 * Math.max(...exact.map(([, height]) => height))],
      });
      const measured = worth(values, LAGS);
      memory.draw({
        lines: [
          { points: [[0, 0], [LAGS, 0]], colour: "line", isRule: true },
          { points: measured.rho.map((rho, lag) => [lag, rho]), colour: "model" },
        ],
        x: [0, LAGS],
        y: [-0.3, 1],
      });
      return measured;
    },
  };
}

/**
 * How things stand, in a sentence.
 * @param {Chain} chain
 * @param {ReturnType<typeof worth>} measured
 */
export function wordsOf({ steps, taken, hills, walker, lost }, { average, error, size }) {
  if (lost) return "The walker has flown off: with steps of this size Langevin's walk overshoots.";
  const exact = signed(mean(hills, "x"));
  if (!steps || Number.isNaN(size)) {
    return `Exact mean of x ${exact}; the walker has not moved yet.`;
  }
  const moved = walker === "gibbs" || walker === "langevin"
    ? ""
    : ` ${percent(taken / steps, 0)} of the steps were taken.`;
  return `Mean of x ${signed(average)} \u00b1 ${signed(error)}, exact ${exact}. ` +
    `Effective size ${size < 10 ? size.toFixed(1) : Math.round(size)}.${moved}`;
}
