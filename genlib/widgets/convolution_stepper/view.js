// What is seen of a kernel at work: the maps with the place it stands at, its weights, and the matrix with the row lit.

import { createCanvas, onResize, sharpen } from "../js/canvas.js";
import { div, panel } from "../js/dom.js";
import { part } from "../js/layout.js";
import { percent, signed } from "../js/words.js";

/** @import { Ui } from "../js/ui.js" */
/** @import { Stepper } from "./model.js" */

/** Cells narrower than this have no number in them. */
const ROOM = 25;
/** Heights of the matrix in the page's pixels. */
const LOW = 44, HIGH = 150;

/**
 * @typedef {object} Cells
 * @property {ArrayLike<number>} values row by row
 * @property {number} columns
 * @property {number} top the value that has the full colour
 * @property {number} [margin] cells of padding around the map
 * @property {number} [known] how many are known, from the first; the others are left open
 * @property {{ row: number, column: number, height: number, width: number } | null} [lit]
 */

/**
 * Draws numbers as a grid of cells: blue above zero, vermilion below, and a frame around what is lit.
 * @param {Ui} ui
 * @param {CanvasRenderingContext2D} context
 * @param {Cells} cells
 * @param {{ width: number, height: number, numbers: boolean }} box
 */
function drawCells(ui, context, cells, { width, height, numbers }) {
  const { values, columns, top, margin = 0, known = values.length, lit = null } = cells;
  const rows = Math.round(values.length / columns);
  const across = width / (columns + 2 * margin), down = height / (rows + 2 * margin);
  const paper = ui.rgb("paper"), inks = [ui.rgb("model"), ui.rgb("data")];
  const fine = Math.min(across, down) > 5;
  context.font = `${Math.min(13, down * 0.42)}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let i = 0; i < values.length; i++) {
    const x = (margin + (i % columns)) * across, y = (margin + Math.floor(i / columns)) * down;
    const share = i < known ? Math.max(-1, Math.min(1, values[i] / top)) : 0;
    const ink = inks[share > 0 ? 1 : 0];
    const mixed = paper.map((v, k) => Math.round(v + Math.abs(share) * (ink[k] - v)));
    context.fillStyle = `rgb(${mixed})`;
    context.fillRect(x, y, across + 0.5, down + 0.5);
    context.strokeStyle = ui.colour("line");
    context.lineWidth = 0.5;
    if (fine) context.strokeRect(x, y, across, down);
    if (!numbers || i >= known || across < ROOM) continue;
    const light = mixed[0] * 0.3 + mixed[1] * 0.59 + mixed[2] * 0.11 > 128;
    context.fillStyle = light ? "#111111" : "#ffffff";
    context.fillText(
      signed(values[i], Number.isInteger(values[i]) ? 0 : 1),
      x + across / 2,
      y + down / 2,
    );
  }
  if (!lit) return;
  context.strokeStyle = ui.colour("latent");
  context.lineWidth = 3;
  context.strokeRect(
    (margin + lit.column) * across + 1,
    (margin + lit.row) * down + 1,
    lit.width * across - 2,
    lit.height * down - 2,
  );
}

/**
 * A grid of cells with a name.
 * @param {Ui} ui
 * @param {object} options
 * @param {string} options.label
 * @param {string} options.name by which the text lights it
 * @param {HTMLCanvasElement} options.canvas
 * @param {(cells: Cells) => void} options.draw
 */
function createGrid(ui, { label, name, canvas, draw }) {
  const element = part(name, panel(label, canvas)), caption = element.querySelector("p");
  /** @type {Cells | null} */
  let seen = null;
  const paint = () => seen && draw(seen);
  onResize(ui, canvas, paint);
  ui.onTheme(paint);
  return {
    element,
    /**
     * @param {Cells} cells
     * @param {string} words
     */
    paint(cells, words) {
      seen = cells;
      if (caption) caption.textContent = words;
      canvas.ariaLabel = words;
      paint();
    },
  };
}

/**
 * A square map.
 * @param {Ui} ui
 * @param {string} label
 * @param {string} name
 */
function createMap(ui, label, name) {
  const canvas = createCanvas(label, 200, 200, "genlib-conv-map");
  /** @param {Cells} cells */
  function draw(cells) {
    const { context, width } = sharpen(canvas, 200);
    drawCells(ui, context, cells, { width, height: width, numbers: true });
  }
  return createGrid(ui, { label, name, canvas, draw });
}

/**
 * The matrix, a row for each place and a column for each pixel.
 * @param {Ui} ui
 */
function createMatrix(ui) {
  const canvas = createCanvas("The matrix", 600, HIGH, "genlib-conv-matrix");
  canvas.style.height = `${HIGH}px`;
  /** @param {Cells} cells */
  function draw(cells) {
    const height = Math.max(LOW, Math.min(HIGH, 11 * cells.values.length / cells.columns));
    const { context, width } = sharpen(canvas, 600, HIGH);
    drawCells(ui, context, cells, { width, height, numbers: false });
  }
  return createGrid(ui, { label: "The matrix", name: "matrix", canvas, draw });
}

/** @param {ArrayLike<number>} values */
function topOf(values) {
  return Array.from(values).reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9);
}

/**
 * The window of the large map at which a place stands.
 * @param {Stepper} stepper
 * @param {number} place
 */
function windowOf({ sizes, setting }, place) {
  const { small, kernel, stride, padding } = sizes;
  const row = Math.floor(place / small), column = place % small;
  if (setting.operation === "resized") {
    const before = Math.ceil((kernel - 1) / 2), size = stride + kernel - 1;
    return {
      row: stride * row - before,
      column: stride * column - before,
      height: size,
      width: size,
    };
  }
  return {
    row: stride * row - padding,
    column: stride * column - padding,
    height: kernel,
    width: kernel,
  };
}

/**
 * Both maps, the kernel and the matrix.
 * @param {Ui} ui
 */
export function createStage(ui) {
  const first = createMap(ui, "Input", "input"), middle = createMap(ui, "Kernel", "kernel");
  const last = createMap(ui, "Output", "output"), matrix = createMatrix(ui);
  return {
    maps: div("genlib-conv-maps", first.element, middle.element, last.element),
    matrix: matrix.element,
    /** @param {Stepper} stepper */
    paint(stepper) {
      const { sizes, place, places, setting, up } = stepper, { large, small } = sizes;
      if (!stepper.fits) return;
      const at = place - 1, standing = at >= 0;
      const lit = standing ? windowOf(stepper, at) : null;
      const cell = standing
        ? { row: Math.floor(at / small), column: at % small, height: 1, width: 1 }
        : null;
      const pooling = setting.operation === "unpooling";
      const pixels = { columns: large, margin: sizes.padding && !up ? sizes.padding : 0, lit };
      const few = { columns: small, lit: cell };
      const z = stepper.activations(), input = stepper.input;
      const result = stepper.output(), whole = topOf([...result, 1e-9]);
      const width = (/** @type {number} */ n) => `${n} by ${n}`;
      first.paint(
        { values: input, top: topOf(input), ...(up ? few : pixels) },
        `${up ? "Activations" : "Input"}, ${width(up ? small : large)}`,
      );
      if (pooling) {
        middle.paint(
          { values: z, top: topOf(input), known: place, ...few },
          `Pooled, ${width(small)}`,
        );
      } else {
        const { weights } = stepper;
        middle.paint(
          { values: weights, columns: sizes.kernel, top: topOf(weights) },
          `Kernel, ${width(sizes.kernel)}`,
        );
      }
      last.paint(
        setting.operation === "convolution"
          ? { values: z, top: whole, known: place, ...few }
          : { values: result, top: whole, ...pixels },
        `Output, ${width(setting.operation === "convolution" ? small : large)}`,
      );
      matrix.paint(
        {
          values: stepper.matrix,
          columns: large * large,
          top: topOf(stepper.matrix),
          lit: standing ? { row: at, column: 0, height: 1, width: large * large } : null,
        },
        `The matrix: ${places} rows, one for each place, ${
          large * large
        } columns, one for each pixel`,
      );
    },
  };
}

/**
 * How things stand, in a sentence.
 * @param {Stepper} stepper
 */
export function wordsOf(stepper) {
  const { sizes, setting, fits, phases } = stepper;
  if (!fits) {
    return "The kernel does not fit: take a wider input, more padding or a narrower kernel.";
  }
  const { large, small, kernel } = sizes;
  if (setting.operation === "convolution") {
    return `${large} by ${large} to ${small} by ${small}: each place is a sum of ${
      kernel * kernel
    } products.`;
  }
  if (setting.operation === "unpooling") {
    return `${large} by ${large} to ${small} by ${small} and back: the matrix holds a one at each switch.`;
  }
  const counts = [...new Set(phases.counts)].sort((a, b) => a - b).join(", ");
  return `${small} by ${small} to ${large} by ${large}: ${counts} weights on a pixel; ` +
    `of the answer to a plain input ${percent(phases.pattern, 0)} is pattern.`;
}
