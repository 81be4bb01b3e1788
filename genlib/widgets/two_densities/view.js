// What TwoDensities shows: the two curves with handles to drag, and where on the axis the divergence comes from.

import { createCanvas, drawDot, onResize, sharpen } from "../js/canvas.js";
import { div, node } from "../js/dom.js";
import { signed } from "../js/words.js";
import { GRID, SHOWN } from "./model.js";

/** @import { Ui } from "../js/ui.js" */
/** @import { Divergence, Fit } from "./model.js" */

/** @typedef {"left" | "right" | "q"} Handle */

const HEIGHT = 200, BELOW = 110, FOOT = 22, REACH = 28;
const HANDLES = /** @type {Handle[]} */ (["left", "right", "q"]);

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {(i: number) => number} y height of the curve over a cell, in pixels from the top
 * @param {number} [base] where a filled curve stands
 */
function trace(context, width, y, base) {
  context.beginPath();
  let begun = false;
  GRID.forEach((x, i) => {
    if (Math.abs(x) > SHOWN) return;
    const at = across(x, width);
    if (!begun && base !== undefined) context.moveTo(at, base);
    begun || base === undefined && context.moveTo(at, y(i));
    begun = true;
    context.lineTo(at, y(i));
  });
  if (base !== undefined) context.lineTo(width, base);
}

/**
 * @param {number} x
 * @param {number} width
 */
function across(x, width) {
  return ((x + SHOWN) / (2 * SHOWN)) * width;
}

/**
 * Where the handles are.
 * @param {Fit} fit
 * @returns {Record<Handle, number>}
 */
function placesOf({ target, mu }) {
  return { left: target.means[0], right: target.means[1], q: mu };
}

/**
 * Lets a pointer take the nearest handle, and calls `drag` where it takes it.
 * @param {Ui} ui
 * @param {HTMLCanvasElement} canvas
 * @param {Fit} fit
 * @param {(handle: Handle, x: number) => void} drag
 */
function dragHandles(ui, canvas, fit, drag) {
  /** @type {Handle | null} */
  let held = null;
  /** @param {PointerEvent} event */
  function xOf(event) {
    const box = canvas.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * 2 * SHOWN - SHOWN;
  }
  /** @param {PointerEvent} event */
  function take(event) {
    const x = xOf(event), at = placesOf(fit), width = canvas.clientWidth;
    const far = (/** @type {Handle} */ name) =>
      Math.abs(across(at[name], width) - across(x, width));
    const [nearest] = [...HANDLES].sort((a, b) => far(a) - far(b));
    if (far(nearest) > REACH) return;
    held = nearest;
    canvas.setPointerCapture(event.pointerId);
    event.preventDefault();
  }
  ui.listen(canvas, "pointerdown", take);
  ui.listen(canvas, "pointermove", (event) => held && drag(held, xOf(event)));
  for (const end of ["pointerup", "pointercancel"]) {
    ui.listen(canvas, end, () => {
      held = null;
    });
  }
}

/**
 * Both densities, with their handles.
 * @param {Ui} ui
 * @param {HTMLCanvasElement} canvas
 * @param {Fit} fit
 */
function paintCurves(ui, canvas, fit) {
  const { context, width } = sharpen(canvas, 300, HEIGHT), base = HEIGHT - FOOT;
  const top = Math.max(0.45, ...fit.logP.map(Math.exp), ...fit.logQ.map(Math.exp));
  const y = (/** @type {number} */ density) => base - (density / top) * (base - 8);
  trace(context, width, (i) => y(Math.exp(fit.logP[i])), base);
  context.fillStyle = context.strokeStyle = ui.colour("data");
  context.globalAlpha = 0.25;
  context.fill();
  context.globalAlpha = 1;
  context.lineWidth = 2;
  trace(context, width, (i) => y(Math.exp(fit.logP[i])));
  context.stroke();
  context.strokeStyle = ui.colour("model");
  context.lineWidth = 3;
  trace(context, width, (i) => y(Math.exp(fit.logQ[i])));
  context.stroke();
  context.fillStyle = ui.colour("line");
  context.fillRect(0, base, width, 1);
  for (const [name, x] of Object.entries(placesOf(fit))) {
    const isQ = name === "q",
      place = /** @type {const} */ ([across(x, width), base + (isQ ? 12 : 0)]);
    drawDot(ui, context, place, 7, isQ ? "model" : "data");
  }
}

/**
 * Where a divergence comes from.
 * @param {Ui} ui
 * @param {HTMLCanvasElement} canvas
 * @param {(i: number) => number} part of each place
 */
function paintParts(ui, canvas, part) {
  const { context, width } = sharpen(canvas, 300, BELOW), middle = 0.72 * BELOW;
  const values = [...GRID.keys()].map(part);
  const scale = (middle - 6) / Math.max(0.3, ...values);
  context.fillStyle = ui.colour("muted");
  context.globalAlpha = 0.55;
  const y = (/** @type {number} */ i) => Math.min(BELOW, middle - scale * values[i]);
  trace(context, width, y, middle);
  context.fill();
  context.globalAlpha = 1;
  context.fillStyle = ui.colour("line");
  context.fillRect(0, middle, width, 1);
}

/**
 * @param {Ui} ui
 * @param {Fit} fit
 * @param {(handle: Handle, x: number) => void} drag
 */
export function createStage(ui, fit, drag) {
  const canvas = createCanvas("", 300, HEIGHT, "genlib-two-stage");
  const below = createCanvas("", 300, BELOW, "genlib-two-below");
  canvas.style.height = `${HEIGHT}px`;
  below.style.height = `${BELOW}px`;
  const words = node("figcaption");
  /** @type {Divergence} */
  let shown = "pq";
  dragHandles(ui, canvas, fit, drag);
  function paint() {
    paintCurves(ui, canvas, fit);
    paintParts(ui, below, fit.parts[shown]);
  }
  onResize(ui, canvas, paint);
  ui.onTheme(paint);
  return {
    canvas,
    element: div("genlib-two", canvas, below, words),
    /** @param {Divergence} kl */
    paint(kl) {
      shown = kl;
      paint();
      const here = signed(fit.divergence(kl), 2);
      words.textContent = kl === "pq"
        ? `Where KL(p \u2016 q) = ${here} nats come from: p log(p/q), large where p is and q is not.`
        : `Where KL(q \u2016 p) = ${here} nats come from: q log(q/p), large where q is and p is not.`;
      const [left, right] = fit.target.means.map((mean) => signed(mean, 1));
      canvas.ariaLabel = `Humps at ${left} and ${right}, q at ${signed(fit.mu, 1)} with width ${
        signed(fit.sigma, 1)
      }`;
      below.ariaLabel = words.textContent;
    },
  };
}
