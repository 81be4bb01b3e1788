// Canvases that are as sharp as the screen.

import { node } from "./dom.js";

/** @import { Ui } from "./ui.js" */

/**
 * A canvas that a screen reader knows as a picture with a name.
 * @param {string} label
 * @param {number} width
 * @param {number} height
 */
export function createCanvas(label, width, height, className = "") {
  const canvas = node("canvas", { width, height, ariaLabel: label, className });
  canvas.setAttribute("role", "img");
  return canvas;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @returns {CanvasRenderingContext2D}
 */
export function contextOf(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

/**
 * Gives the canvas a pixel for each of the screen's, as wide as the page shows it, and empties it. The context then
 * counts in the page's own pixels.
 * @param {HTMLCanvasElement} canvas
 * @param {number} fallback its width where the page does not show it
 * @param {number} [height] by default as high as it is wide
 */
export function sharpen(canvas, fallback, height) {
  const scale = devicePixelRatio || 1, width = canvas.clientWidth || fallback;
  const [w, h] = [width, height ?? width].map((size) => Math.round(size * scale));
  const context = contextOf(canvas);
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, w, h);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.globalAlpha = 1;
  return { context, width: w / scale, height: h / scale };
}

/**
 * A dot in a ring of paper, so that it stands out from whatever lies under it.
 * @param {Ui} ui
 * @param {CanvasRenderingContext2D} context
 * @param {readonly [x: number, y: number]} centre
 * @param {number} radius
 * @param {string} colour
 */
export function drawDot(ui, context, centre, radius, colour) {
  drawDots(ui, context, [centre], radius, colour);
}

/**
 * Dots in rings of paper; no ring lies upon another's dot.
 * @param {Ui} ui
 * @param {CanvasRenderingContext2D} context
 * @param {(readonly [x: number, y: number])[]} centres
 * @param {number} radius
 * @param {string} colour
 */
export function drawDots(ui, context, centres, radius, colour) {
  context.beginPath();
  for (const [x, y] of centres) {
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 7);
  }
  context.strokeStyle = ui.colour("paper");
  context.lineWidth = 3;
  context.stroke();
  context.fillStyle = ui.colour(colour);
  context.fill();
}

/**
 * Calls `paint` now and whenever the page shows the canvas at another size.
 * @param {Ui} ui
 * @param {HTMLElement} element
 * @param {() => void} paint
 */
export function onResize(ui, element, paint) {
  const sizes = new ResizeObserver(paint);
  sizes.observe(element);
  ui.onClose(() => sizes.disconnect());
}
