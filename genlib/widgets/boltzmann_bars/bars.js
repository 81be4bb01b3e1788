// A bar for each state over its bits, and the chain's last sweeps.
//
// The wide grey bar is the exact probability, the narrow coloured one the share of the chain's sweeps that ended there.

import { createCanvas, sharpen } from "../js/canvas.js";
import { MEMORY } from "./model.js";

/** @import { Ui } from "../js/ui.js" */
/** @import { Columns, Study } from "./model.js" */

/** @typedef {(state: number) => number} Left where a column begins */
/** @typedef {{ width: number, inner: number, left: Left, base: number }} Grid where bars stand, and on what line */
/** @typedef {CanvasRenderingContext2D} Pen */

/** The height of the highest bar, and on a narrow screen. */
const BARS = 190, LOW = 118, NARROW = 360;
const LEFT = 44, RIGHT = 4, CELL = 15, STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} height
 */
function fitted(canvas, height) {
  canvas.style.height = `${height}px`;
  const { context, width } = sharpen(canvas, 300, height);
  return { context, right: width - RIGHT };
}

/**
 * Columns with a gap after every eight states, or four of sixteen and fewer, so that they can be counted.
 * @param {number} count
 * @param {number} right
 * @returns {Grid}
 */
function gridOf(count, right) {
  const group = count > 16 ? 8 : 4, gaps = Math.ceil(count / group) - 1;
  const gap = gaps ? Math.min(10, (right - LEFT) / count / 2) : 0;
  const width = (right - LEFT - gaps * gap) / count;
  const left = (/** @type {number} */ state) =>
    LEFT + state * width + Math.floor(state / group) * gap;
  const inner = Math.max(1, width - (width > 7 ? 2 : 1));
  return { width, inner, left, base: right < NARROW ? LOW : BARS };
}

/**
 * The colour of a unit that is lit.
 * @param {Ui} ui
 * @param {number} row
 * @param {Study} study
 */
function colourOf(ui, row, { setting }) {
  return ui.colour(row < setting.features ? "model" : "latent");
}

/**
 * @param {Ui} ui
 * @param {Pen} context
 * @param {Study} study
 * @param {number} rows
 * @param {number} top
 */
function nameRows(ui, context, study, rows, top) {
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "right";
  context.textBaseline = "middle";
  study.items.slice(0, rows).forEach(({ unit }, row) => {
    context.fillStyle = ui.colour(row < study.setting.features ? "muted" : "latent");
    context.fillText(unit, LEFT - 8, top + (row + 0.5) * CELL);
  });
}

/**
 * @param {Ui} ui
 * @param {Pen} context
 * @param {number} right
 * @param {number} top the largest probability
 * @param {(p: number) => number} y
 */
function drawAxis(ui, context, right, top, y) {
  const base = y(0);
  const step = STEPS.find((size) => top / size <= 5) ?? 0.5;
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (let tick = 0; tick <= top + 1e-9; tick += step) {
    context.fillStyle = ui.colour("line");
    context.fillRect(LEFT, Math.round(y(tick)), right - LEFT, 1);
    context.fillStyle = ui.colour("muted");
    context.fillText(String(+tick.toFixed(2)), LEFT - 8, Math.min(y(tick), base - 6));
  }
}

/**
 * @param {Ui} ui
 * @param {Pen} context
 * @param {Columns} columns
 * @param {Grid} grid
 * @param {(p: number) => number} y
 */
function drawBars(ui, context, { p, share }, { width, inner, left, base }, y) {
  const narrow = Math.max(1, inner * 0.5);
  for (let s = 0; s < p.length; s++) {
    const x = left(s) + (width - inner) / 2;
    context.fillStyle = ui.colour("muted");
    context.globalAlpha = 0.45;
    context.fillRect(x, y(p[s]), inner, base - y(p[s]));
    context.globalAlpha = 1;
    if (p[s]) context.fillRect(x, y(p[s]) - 1, inner, 1.5);
    context.fillStyle = ui.colour("model");
    if (share[s]) {
      context.fillRect(x + (inner - narrow) / 2, y(share[s]), narrow, base - y(share[s]));
    }
  }
}

/**
 * The bits of every state, those of the chain's own in colour.
 * @param {Ui} ui
 * @param {Pen} context
 * @param {Study} study
 * @param {Columns} columns
 * @param {Grid} grid
 */
function drawBits(ui, context, study, { p, rows, now }, { width, inner, left, base }) {
  context.font = "11px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let s = 0; s < p.length; s++) {
    const x = left(s) + (width - inner) / 2, possible = p[s] > 0;
    for (let row = 0; row < rows; row++) {
      const one = (s >> (rows - 1 - row)) & 1, top = base + 8 + row * CELL;
      context.globalAlpha = (possible ? 1 : 0.25) * (one ? 1 : s === now ? 0.25 : 0.45);
      context.fillStyle = s === now ? colourOf(ui, row, study) : ui.colour(one ? "muted" : "line");
      context.fillRect(x, top, inner, CELL - 2);
      if (width < 13) continue;
      context.globalAlpha = possible ? 1 : 0.4;
      context.fillStyle = ui.colour(one ? "paper" : "muted");
      context.fillText(String(one), x + inner / 2, top + CELL / 2 - 0.5);
    }
  }
  context.globalAlpha = 1;
}

/**
 * @param {Ui} ui
 * @param {(state: number) => void} onPick a bar was pressed
 */
export function createBars(ui, onPick) {
  const canvas = createCanvas("Probabilities of all states", 300, BARS, "genlib-boltzmann-canvas");
  /** @type {Left} */
  let left = () => 0;
  let count = 1;
  ui.listen(canvas, "click", (/** @type {MouseEvent} */ event) => {
    const x = event.clientX - canvas.getBoundingClientRect().left;
    let state = count - 1;
    while (state > 0 && x < left(state)) state--;
    onPick(state);
  });
  return {
    element: canvas,
    /**
     * @param {Study} study
     * @param {Columns} columns
     * @param {number} picked
     */
    paint(study, columns, picked) {
      const { p, share, rows } = columns, under = rows * CELL + 13;
      const grid = gridOf(p.length, (canvas.clientWidth || 300) - RIGHT), { base } = grid;
      const { context, right } = fitted(canvas, base + under);
      const top = Math.min(1, 1.08 * Math.max(...p, ...share));
      const y = (/** @type {number} */ value) => base - (value / top) * (base - 8);
      ({ left } = grid);
      count = p.length;
      drawAxis(ui, context, right, top, y);
      drawBars(ui, context, columns, grid, y);
      drawBits(ui, context, study, columns, grid);
      const { inner, width } = grid, x = left(picked) + (width - inner) / 2;
      context.strokeStyle = ui.colour("ink");
      context.lineWidth = 1.5;
      context.strokeRect(x - 0.75, base + 3, inner + 1.5, rows * CELL + 7);
      nameRows(ui, context, study, rows, base + 8);
    },
    /** @param {string} words */
    describe(words) {
      canvas.ariaLabel = words;
    },
  };
}

/**
 * The last sweeps: each is a column, lit units are filled; the newest is on the right.
 * @param {Ui} ui
 */
export function createFilm(ui) {
  const canvas = createCanvas("The chain's last sweeps", 300, CELL, "genlib-boltzmann-canvas");
  return {
    element: canvas,
    /** @param {Study} study */
    paint(study) {
      const { units: rows, chain } = study, states = chain.last;
      const { context, right } = fitted(canvas, rows * CELL + 2), step = (right - LEFT) / MEMORY;
      const x = (/** @type {number} */ n) => right - (states.length - n) * step;
      for (let row = 0; row < rows; row++) {
        const lit = (/** @type {number} */ n) => (states[n] >> (rows - 1 - row)) & 1;
        context.fillStyle = ui.colour("line");
        context.globalAlpha = 0.45;
        context.fillRect(LEFT, row * CELL, right - LEFT, CELL - 2);
        context.globalAlpha = 1;
        context.fillStyle = colourOf(ui, row, study);
        for (let n = 0; n < states.length; n++) {
          if (!lit(n)) continue;
          const begun = n;
          while (n + 1 < states.length && lit(n + 1)) n++;
          context.fillRect(x(begun), row * CELL, x(n + 1) - x(begun), CELL - 2);
        }
      }
      nameRows(ui, context, study, rows, 0);
    },
  };
}
