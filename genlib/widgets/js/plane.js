// A plane of points that a hand can walk on: layers of drawings, a marker, and classes in colours.

import { contextOf } from "./canvas.js";
import { button } from "./controls.js";
import { div, node } from "./dom.js";

/** @import { Ui } from "./ui.js" */

/** @typedef {{ low: number[], high: number[] }} Box what the plane shows, from corner to corner */
/** @typedef {(point: ArrayLike<number>) => [x: number, y: number]} Place */

/** Ten colours of classes, none of them that of data, of latents or of what a model makes. */
const PALETTE = [
  "#5566c0",
  "#bf8400",
  "#5f8f3a",
  "#b8436a",
  "#c877a4",
  "#4999c6",
  "#96603f",
  "#8559ad",
  "#858585",
  "#9c9400",
];
const SIZE = 800;
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** @param {number} label */
export function shadeOf(label) {
  return PALETTE[label % PALETTE.length];
}

/**
 * A canvas that a plane can have as a layer, of the size in which `place` of the plane gives points.
 * @param {Record<string, unknown>} [properties]
 */
export function createLayer(properties = {}) {
  return node("canvas", { width: SIZE, height: SIZE, ...properties });
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {[x: number, y: number]} centre
 * @param {number[]} radii
 * @param {string} colour
 * @param {number} width
 */
export function ring(context, [x, y], [rx, ry], colour, width) {
  context.beginPath();
  context.ellipse(x, y, rx, ry, 0, 0, 7);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

/**
 * Forgets what a layer shows.
 * @param {CanvasRenderingContext2D} context
 */
export function wipe(context) {
  context.clearRect(0, 0, SIZE, SIZE);
}

/**
 * One button a class, which singles it out.
 * @param {Ui} ui
 * @param {() => void} onPick
 */
export function createLegend(ui, onPick) {
  const element = div("genlib-classes");
  /** @type {number | undefined} */
  let only;
  /** @type {{ label: number, pick: HTMLButtonElement }[]} */
  let picks = [];
  function show() {
    picks.forEach(({ label, pick }) => pick.ariaPressed = String(label === only));
  }
  /** @param {number} label */
  function createPick(label) {
    const pick = button(ui, String(label), () => {
      only = only === label ? undefined : label;
      show();
      onPick();
    });
    const swatch = node("i");
    swatch.style.background = shadeOf(label);
    pick.prepend(swatch);
    pick.ariaLabel = `Only codes of class ${label}`;
    return { label, pick };
  }
  return {
    element,
    /** @param {number | undefined} label */
    isFaint: (label) => only !== undefined && only !== label,
    /** @param {ArrayLike<number>} labels */
    explain(labels) {
      picks = [...new Set(Array.from(labels))].sort((a, b) => a - b).map(createPick);
      element.replaceChildren(...picks.map(({ pick }) => pick));
      show();
    },
  };
}

/**
 * Lets a pointer and the arrow keys move a point, and tells where a mouse hovers.
 * @param {Ui} ui
 * @param {HTMLCanvasElement} canvas
 * @param {Box} box
 * @param {object} point
 * @param {() => number[]} point.get
 * @param {(z: number[]) => void} point.move
 * @param {(z: number[] | null) => void} [point.hover]
 */
function steer(ui, canvas, { low, high }, { get, move, hover }) {
  const inside = (/** @type {number[]} */ z) =>
    z.map((v, i) => Math.min(high[i], Math.max(low[i], v)));
  /** @param {PointerEvent} event */
  function under({ clientX, clientY }) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const [x, y] = [(clientX - left) / width, 1 - (clientY - top) / height];
    return inside([x, y].map((share, i) => low[i] + share * (high[i] - low[i])));
  }
  ui.listen(canvas, "pointerdown", (/** @type {PointerEvent} */ event) => {
    canvas.setPointerCapture(event.pointerId);
    move(under(event));
  });
  ui.listen(canvas, "pointermove", (/** @type {PointerEvent} */ event) => {
    if (canvas.hasPointerCapture(event.pointerId)) move(under(event));
    else if (event.pointerType === "mouse") hover?.(under(event));
  });
  ui.listen(canvas, "pointerleave", () => hover?.(null));
  ui.listen(canvas, "keydown", (/** @type {KeyboardEvent} */ event) => {
    if (!ARROWS[event.key]) return;
    event.preventDefault();
    const step = event.shiftKey ? 0.5 : 0.05;
    move(inside(ARROWS[event.key].map((direction, i) => get()[i] + step * direction)));
  });
}

/**
 * @param {Ui} ui
 * @param {object} options
 * @param {Box} options.box
 * @param {string} options.label
 * @param {HTMLCanvasElement[]} options.under layers below the one that is drawn on
 * @param {(context: CanvasRenderingContext2D, px: Place) => void} options.paint what lies on top
 * @param {(z: number[]) => void} options.move
 * @param {(z: number[] | null) => void} [options.hover]
 */
export function createPlane(ui, { box, label, under, paint, move, hover }) {
  const over = createLayer({ tabIndex: 0, className: "genlib-over", ariaLabel: label });
  over.setAttribute("role", "application");
  const context = contextOf(over), marker = node("span", { className: "genlib-marker" });
  const share = (/** @type {ArrayLike<number>} */ z) =>
    [0, 1].map((i) => (z[i] - box.low[i]) / (box.high[i] - box.low[i]));
  /** @type {Place} */
  function px(point) {
    const [x, y] = share(point);
    return [SIZE * x, SIZE * (1 - y)];
  }
  let at = [0, 0];
  function draw() {
    wipe(context);
    paint(context, px);
  }
  steer(ui, over, box, { get: () => at, move, hover });
  ui.onTheme(draw);
  return {
    element: div("genlib-plane", ...under, over, marker),
    px,
    draw,
    /** @param {number[]} z */
    place(z) {
      at = z;
      const [x, y] = share(z);
      marker.style.left = `${100 * x}%`;
      marker.style.top = `${100 - 100 * y}%`;
    },
  };
}
