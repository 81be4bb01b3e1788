// A pad to draw on with a pen of round ink, by pointer or by keys.

import { button } from "./controls.js";
import { node } from "./dom.js";
import { centred } from "./drawing.js";
import { soon } from "./frames.js";
import { createImage } from "./image.js";

/** @import { ImageKind } from "./drawing.js" */
/** @import { Ui } from "./ui.js" */

/** @typedef {{ x: number, y: number }} Point */

const SIDE = 112;
const HINT = "Keys: arrows move, space paints, Shift and arrows draw.";
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Leaves ink along a stroke; where there is more already, that stays.
 * @param {Float32Array} ink
 * @param {number} pen radius
 * @param {Point} from
 * @param {Point} to
 */
function stroke(ink, pen, from, to) {
  const dx = to.x - from.x, dy = to.y - from.y, length = dx * dx + dy * dy || 1, reach = pen + 1;
  const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - reach));
  const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - reach));
  for (let row = top; row < Math.min(SIDE, Math.max(from.y, to.y) + reach); row++) {
    for (let column = left; column < Math.min(SIDE, Math.max(from.x, to.x) + reach); column++) {
      const px = column + 0.5 - from.x, py = row + 0.5 - from.y;
      const t = Math.min(1, Math.max(0, (px * dx + py * dy) / length));
      const cover = Math.min(1, pen + 0.5 - Math.hypot(px - t * dx, py - t * dy));
      if (cover > ink[row * SIDE + column]) ink[row * SIDE + column] = cover;
    }
  }
}

/**
 * Lets a pointer and keys draw on a canvas: `draw(from, to)` is called for each stroke, and a mark shows where keys are.
 * @param {Ui} ui
 * @param {HTMLCanvasElement} canvas
 * @param {(from: Point, to: Point) => void} draw
 */
function createPen(ui, canvas, draw) {
  const mark = node("span", { className: "genlib-cursor" }), at = { x: SIDE / 2, y: SIDE / 2 };
  /** @param {Point} point */
  function moveTo(point) {
    Object.assign(at, point);
    mark.style.left = `${(100 * at.x) / SIDE}%`;
    mark.style.top = `${(100 * at.y) / SIDE}%`;
  }
  /** @param {PointerEvent} event */
  function placeOf({ clientX, clientY }) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return { x: ((clientX - left) / width) * SIDE, y: ((clientY - top) / height) * SIDE };
  }
  ui.listen(canvas, "pointerdown", (/** @type {PointerEvent} */ event) => {
    canvas.setPointerCapture(event.pointerId);
    moveTo(placeOf(event));
    draw(at, at);
  });
  ui.listen(canvas, "pointermove", (/** @type {PointerEvent} */ event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    for (const part of [...(event.getCoalescedEvents?.() ?? []), event]) {
      const to = placeOf(part);
      draw({ ...at }, to);
      moveTo(to);
    }
  });
  ui.listen(canvas, "keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== " " && !ARROWS[event.key]) return;
    event.preventDefault();
    const from = { ...at }, [x, y] = ARROWS[event.key] ?? [0, 0];
    const inside = (/** @type {number} */ v) => Math.min(SIDE, Math.max(0, v));
    moveTo({ x: inside(at.x + 4 * x), y: inside(at.y + 4 * y) });
    if (event.shiftKey || event.key === " ") draw(from, at);
  });
  moveTo(at);
  return mark;
}

/**
 * `image` is what was drawn as a data set would hold it, `ink` what was drawn, 112 x 112.
 * @param {Ui} ui
 * @param {object} options
 * @param {string} options.label
 * @param {ImageKind} [options.kind]
 * @param {string} [options.colour]
 * @param {string} [options.caption]
 * @param {(image: Float64Array) => void} [options.onDraw]
 */
export function createPad(
  ui,
  { label, kind = "mnist", colour = "data", caption = label, onDraw = () => {} },
) {
  const ink = new Float32Array(SIDE * SIDE);
  const picture = createImage(ui, { label, width: SIDE, colour, caption: "" });
  const { canvas } = picture, id = `genlib-${Math.random().toString(36).slice(2)}`;
  const changed = soon(ui, () => {
    picture.paint(ink);
    onDraw(centred(ink, SIDE, kind));
  });
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-describedby", id);
  canvas.classList.add("genlib-pad");
  const mark = createPen(ui, canvas, (from, to) => {
    stroke(ink, kind === "mnist" ? 5 : 7, from, to);
    changed();
  });
  function clear() {
    ink.fill(0);
    changed();
  }
  const words = node("span", { textContent: caption }), wipe = button(ui, "Clear", clear);
  const under = node("figcaption", { className: "genlib-under" }, words, wipe);
  const hint = node("p", { id, className: "genlib-hint", textContent: HINT });
  const frame = node("div", { className: "genlib-frame" }, canvas, mark);
  return {
    element: node("figure", { className: "genlib-figure" }, frame, under, hint),
    canvas,
    ink,
    clear,
    get image() {
      return centred(ink, SIDE, kind);
    },
    get blank() {
      return !ink.some((v) => v > 0);
    },
  };
}
