// How TinyWorld shows 4096 states: two maps, rows of pictures with a bar under each, and one picture to ask about.

import { createCanvas, onResize, sharpen } from "../js/canvas.js";
import { button } from "../js/controls.js";
import { div, node } from "../js/dom.js";
import { createImage } from "../js/image.js";
import { signed } from "../js/words.js";
import { COLUMNS, pixel, PIXELS, STATES } from "./world.js";

/** @import { Ui } from "../js/ui.js" */

/** @typedef {(state: number) => void} Pick */
/** @typedef {{ logP: Float64Array, p: Float64Array }} Both the model's and the data's */
/** @typedef {{ columns: number, wide: number, high: number, cell: number, foot: number }} Shelf pictures in rows */

const SIDE = 64;
/** Shades are logarithms: a cell of this much and less is paper, one of `HIGH` and more is full ink. */
const LOW = Math.log(1e-6), HIGH = Math.log(0.1);
/** A picture is at least so wide, and its bar so high. */
const LEAST = 36, BARS = 34;

const SUPERSCRIPT = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";

/**
 * A probability in four digits, or as a power of ten.
 * @param {number} p
 */
export function chanceWords(p) {
  if (p >= 0.00095) return p.toFixed(4);
  if (!(p > 0)) return "0";
  const power = Math.floor(Math.log10(p) + 1e-9);
  const raised = String(power).replace("-", "\u207b").replace(/\d/g, (d) => SUPERSCRIPT[+d]);
  return `${(p / 10 ** power).toFixed(1)}\u00b710${raised}`;
}

/**
 * Every state as a cell: its first six pixels say the row, its last six the column. Moving over the map picks a state.
 * @param {Ui} ui
 * @param {"data" | "model"} colour
 * @param {string} caption
 * @param {Pick} onPick
 */
export function createMap(ui, colour, caption, onPick) {
  const picture = createImage(ui, { label: caption, width: SIDE, colour, caption: "" });
  const { canvas, describe } = picture, shades = new Float32Array(STATES);
  const mark = node("span", { className: "genlib-tiny-mark" });
  const pick = (/** @type {PointerEvent} */ event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const cell = (/** @type {number} */ at, /** @type {number} */ size) =>
      Math.min(SIDE - 1, Math.max(0, Math.floor((SIDE * at) / size)));
    onPick(SIDE * cell(event.clientY - top, height) + cell(event.clientX - left, width));
  };
  ui.listen(canvas, "pointerdown", pick);
  ui.listen(canvas, "pointermove", pick);
  const ramp = node("span", {
    className: `genlib-tiny-ramp genlib-tiny-${colour}`,
    ariaHidden: "true",
  });
  return {
    element: div(
      "genlib-tiny-side",
      node("p", { className: "genlib-caption", textContent: caption }),
      div("genlib-frame genlib-tiny-map", canvas, mark),
      node("p", { className: "genlib-tiny-scale" }, "10\u207b\u2076", ramp, "0.1"),
    ),
    canvas,
    describe,
    /** @param {Float64Array} logP */
    paint(logP) {
      for (let s = 0; s < STATES; s++) {
        shades[s] = Math.min(1, Math.max(0, (logP[s] - LOW) / (HIGH - LOW)));
      }
      picture.paint(shades);
    },
    /** @param {number} state */
    mark(state) {
      mark.style.left = `${((state % SIDE) * 100) / SIDE}%`;
      mark.style.top = `${(Math.floor(state / SIDE) * 100) / SIDE}%`;
    },
  };
}

/**
 * @param {number} count of pictures
 * @param {number} room
 * @returns {Shelf}
 */
function shelfOf(count, room) {
  const fits = (/** @type {number} */ n) => n <= count && room / n >= LEAST;
  const columns = [16, 8, 4, 2].find(fits) ?? 1, wide = Math.min(60, Math.floor(room / columns));
  const cell = Math.min(11, Math.floor((wide - 11) / COLUMNS)), foot = 4 * cell + 6 + BARS;
  return { columns, wide, high: foot + 26, cell, foot };
}

/**
 * Pictures, each with what the model gives to it as a bar and in per cent; a line marks what the data give.
 * @param {Ui} ui
 * @param {CanvasRenderingContext2D} context
 * @param {Shelf} shelf
 * @param {number[]} states
 * @param {Both & { scale: number }} worth `scale` is the probability of the highest bar
 */
function drawPictures(ui, context, shelf, states, { logP, p, scale }) {
  const { columns, wide, high, cell, foot } = shelf, side = COLUMNS * cell;
  /** @typedef {(state: number, x: number, y: number) => void} Draw */
  const fill = (/** @type {string} */ colour, /** @type {Draw} */ draw) => {
    context.fillStyle = ui.colour(colour);
    states.forEach((s, n) => {
      const x = Math.round(((n % columns) + 0.5) * wide - side / 2);
      draw(s, x, Math.floor(n / columns) * high + 3);
    });
  };
  /** @type {(wanted: number) => Draw} */
  const pixels = (wanted) => (s, x, y) => {
    for (let i = 0; i < PIXELS; i++) {
      if (pixel(s, i) !== wanted) continue;
      const left = x + (i % COLUMNS) * cell, top = y + Math.floor(i / COLUMNS) * cell;
      context.fillRect(left, top, cell - 1, cell - 1);
    }
  };
  const reach = (/** @type {number} */ value) => Math.min(1, value / scale) * BARS;
  const chance = (/** @type {number} */ s) => Math.exp(logP[s]);
  context.font = "11px system-ui, sans-serif";
  context.textAlign = "center";
  fill("line", pixels(0));
  fill("ink", pixels(1));
  fill("line", (_, x, y) => context.fillRect(x, y + foot, side - 1, 1));
  fill("model", (s, x, y) => {
    const tall = reach(chance(s));
    context.fillRect(x + side / 4, y + foot - tall, side / 2, tall);
  });
  fill("data", (s, x, y) => context.fillRect(x, y + foot - reach(p[s]) - 1, side - 1, 2));
  fill("ink", (s, x, y) => {
    context.fillText((100 * chance(s)).toFixed(1), x + side / 2, y + foot + 13);
  });
}

/**
 * Pictures side by side, as many in a row as there is room for. Moving over one picks it.
 * @param {Ui} ui
 * @param {string} label
 * @param {Pick} onPick
 */
export function createGallery(ui, label, onPick) {
  const canvas = createCanvas(label, LEAST, BARS, "genlib-tiny-gallery");
  const element = div("genlib-tiny-row", canvas);
  let shelf = shelfOf(1, LEAST);
  /** @type {number[]} */
  let shown = [];
  const pick = (/** @type {PointerEvent} */ event) => {
    const box = canvas.getBoundingClientRect(), { columns, wide, high } = shelf;
    const column = Math.floor((event.clientX - box.left) / wide);
    const state = shown[Math.floor((event.clientY - box.top) / high) * columns + column];
    if (column < columns && state !== undefined) onPick(state);
  };
  ui.listen(canvas, "pointerdown", pick);
  ui.listen(canvas, "pointermove", pick);
  return {
    element,
    /** @param {() => void} paint */
    onResize: (paint) => onResize(ui, element, paint),
    /**
     * @param {number[]} states
     * @param {Both & { scale: number }} worth
     */
    paint(states, worth) {
      shown = states;
      shelf = shelfOf(states.length, element.clientWidth || 900);
      const { columns, wide, high } = shelf, width = columns * wide;
      const height = Math.max(1, Math.ceil(states.length / columns)) * high;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      const { context } = sharpen(canvas, width, height);
      drawPictures(ui, context, shelf, states, worth);
    },
    /** @param {string} words */
    describe(words) {
      canvas.ariaLabel = words;
    },
  };
}

/**
 * One picture of twelve buttons, and what the data and the model say of it.
 * @param {Ui} ui
 * @param {Pick} onPick
 */
export function createPicker(ui, onPick) {
  let state = 0;
  const pixels = Array.from({ length: PIXELS }, (_, i) => {
    const made = button(ui, "", () => onPick(state ^ (1 << (PIXELS - 1 - i))));
    made.className = "genlib-tiny-pixel";
    made.ariaLabel = `Pixel in row ${Math.floor(i / COLUMNS) + 1}, column ${(i % COLUMNS) + 1}`;
    return made;
  });
  const line = (/** @type {"data" | "model"} */ name, /** @type {number} */ log) => {
    const key = node("span", { className: `genlib-key genlib-${name}`, textContent: name });
    return node("span", {}, key, `${chanceWords(Math.exp(log))}, or ${signed(-log, 2)} nats`);
  };
  const words = node("p", { className: "genlib-tiny-asked" });
  return {
    element: div("genlib-tiny-picker", div("genlib-tiny-picture", ...pixels), words),
    /**
     * @param {number} next
     * @param {Float64Array} logData
     * @param {Float64Array} logModel
     */
    paint(next, logData, logModel) {
      state = next;
      pixels.forEach((made, i) => {
        made.ariaPressed = String(pixel(state, i) === 1);
      });
      words.replaceChildren(line("data", logData[state]), line("model", logModel[state]));
    },
  };
}
