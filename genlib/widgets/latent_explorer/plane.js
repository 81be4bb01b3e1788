// The plane of codes (z1, z2): the decoder's pictures all over it, data as dots, q(z|x) as an ellipse, and a marker.

import { contextOf } from "../js/canvas.js";
import { button } from "../js/controls.js";
import { div, node } from "../js/dom.js";
import { timed } from "../js/frames.js";
import { createImage } from "../js/image.js";
import { signed } from "../js/words.js";

/** @import { Floats } from "../js/arrays.js" */
/** @import { Ui } from "../js/ui.js" */
/** @import { Belief, Vae } from "./model.js" */

/** @typedef {{ codes: number[][], labels: number[], ends: number[][], q: Belief | null }} Shown */
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
const LABEL = "Plane of codes z1 and z2: arrow keys move z, with Shift faster";
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** @param {number} label */
function shadeOf(label) {
  return PALETTE[label % PALETTE.length];
}

/**
 * The decoder's pictures side by side, some painted in every frame.
 * @param {Ui} ui
 * @param {number} side of one picture, in pixels
 * @param {number} limit
 */
function createTiles(ui, side, limit) {
  const [tiles, pitch] = side < 16 ? [12, side + 2] : [16, side], wide = tiles * pitch;
  const sheet = new Float32Array(wide * wide), pixels = side * side, half = tiles / 2;
  const line = Array.from({ length: tiles }, (_, i) => limit * ((2 * i + 1) / tiles - 1));
  const image = createImage(ui, {
    label: "Decoded pictures over the plane of codes",
    width: wide,
    colour: "model",
    caption: "",
  });
  let painting = 0;
  ui.onClose(() => cancelAnimationFrame(painting));
  return {
    canvas: image.canvas,
    /** @param {Vae["decode"]} decode */
    fill(decode) {
      const next = timed((/** @type {number} */ step) => {
        const row = step >> 1, first = step % 2 ? half : 0;
        const codes = line.slice(first, first + half).flatMap((x) => [x, -line[row]]);
        decode(codes, half).forEach((value, i) => {
          const x = (first + Math.floor(i / pixels)) * pitch + (i % side);
          const y = row * pitch + Math.floor((i % pixels) / side);
          sheet[y * wide + x] = value;
        });
        if (step % 4 === 3) image.paint(sheet);
        painting = step + 1 < 2 * tiles ? requestAnimationFrame(() => next(step + 1)) : 0;
      });
      cancelAnimationFrame(painting);
      painting = requestAnimationFrame(() => next(0));
    },
  };
}

/**
 * One button a class, which singles it out.
 * @param {Ui} ui
 * @param {() => void} onPick
 */
function createLegend(ui, onPick) {
  const element = div("genlib-latent-classes");
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
    /** @param {number[]} labels */
    explain(labels) {
      picks = [...new Set(labels)].sort((a, b) => a - b).map(createPick);
      element.replaceChildren(...picks.map(({ pick }) => pick));
      show();
    },
  };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {[x: number, y: number]} centre
 * @param {number[]} radii
 * @param {string} colour
 * @param {number} width
 */
function ring(context, [x, y], [rx, ry], colour, width) {
  context.beginPath();
  context.ellipse(x, y, rx, ry, 0, 0, 7);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

/**
 * The way from A to B.
 * @param {CanvasRenderingContext2D} context
 * @param {[x: number, y: number][]} ends
 * @param {string} ink
 * @param {string} paper
 */
function drawWay(context, ends, ink, paper) {
  context.beginPath();
  ends.forEach(([x, y]) => context.lineTo(x, y));
  context.setLineDash([10, 8]);
  context.strokeStyle = ink;
  context.lineWidth = 3;
  context.font = "600 34px system-ui, sans-serif";
  context.stroke();
  context.setLineDash([]);
  context.strokeStyle = paper;
  context.lineWidth = 8;
  context.fillStyle = ink;
  ends.forEach(([x, y], i) => {
    context.strokeText("AB"[i], x + 10, y - 10);
    context.fillText("AB"[i], x + 10, y - 10);
  });
}

/**
 * What lies over the pictures: dots, the way, and the ellipse of two deviations.
 * @param {Ui} ui
 * @param {CanvasRenderingContext2D} context
 * @param {Shown} shown
 * @param {{ limit: number, px: Place, isFaint: (label: number | undefined) => boolean }} options
 */
function drawOver(ui, context, { codes, labels, ends, q }, { limit, px, isFaint }) {
  const paper = ui.colour("paper");
  context.clearRect(0, 0, SIZE, SIZE);
  codes.forEach((code, n) => {
    const label = labels[n];
    context.globalAlpha = isFaint(label) ? 0.07 : 1;
    context.fillStyle = label === undefined ? ui.colour("data") : shadeOf(label);
    ring(context, px(code), [6, 6], paper, 2);
    context.fill();
  });
  context.globalAlpha = 1;
  drawWay(context, ends.map(px), ui.colour("ink"), paper);
  if (!q) return;
  const reach = Array.from(q.sigma, (sigma) => Math.max(3, (sigma * SIZE) / limit));
  ring(context, px(q.mu), reach, paper, 9);
  ring(context, px(q.mu), reach, ui.colour("latent"), 5);
}

/**
 * Lets a pointer and the arrow keys move the code.
 * @param {Ui} ui
 * @param {HTMLCanvasElement} canvas
 * @param {number} limit
 * @param {{ get: () => number[], move: (z: number[]) => void }} code
 */
function steer(ui, canvas, limit, { get, move }) {
  const to = (/** @type {number[]} */ z) =>
    move(z.map((v) => Math.min(limit, Math.max(-limit, v))));
  /** @param {PointerEvent} event */
  function point({ clientX, clientY }) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const x = (2 * (clientX - left)) / width - 1, y = 1 - (2 * (clientY - top)) / height;
    to([limit * x, limit * y]);
  }
  ui.listen(canvas, "pointerdown", (/** @type {PointerEvent} */ event) => {
    canvas.setPointerCapture(event.pointerId);
    point(event);
  });
  ui.listen(canvas, "pointermove", (/** @type {PointerEvent} */ event) => {
    if (canvas.hasPointerCapture(event.pointerId)) point(event);
  });
  ui.listen(canvas, "keydown", (/** @type {KeyboardEvent} */ event) => {
    if (!ARROWS[event.key]) return;
    event.preventDefault();
    const step = event.shiftKey ? 0.5 : 0.05;
    to(ARROWS[event.key].map((direction, i) => get()[i] + step * direction));
  });
}

/**
 * @param {string} name
 * @param {number} limit
 */
function createAxis(name, limit) {
  const words = [signed(-limit, limit % 1 ? 1 : 0), name, String(limit)];
  const spans = words.map((textContent) => node("span", { textContent }));
  return node("p", { className: `genlib-latent-${name}`, ariaHidden: "true" }, ...spans);
}

/**
 * @param {Ui} ui
 * @param {{ side: number, limit: number, onMove: (z: number[]) => void }} options pictures of side x side pixels,
 * codes from -limit to limit
 */
export function createPlane(ui, { side, limit, onMove }) {
  const tiles = createTiles(ui, side, limit), legend = createLegend(ui, draw);
  const over = node("canvas", {
    width: SIZE,
    height: SIZE,
    tabIndex: 0,
    className: "genlib-latent-over",
    ariaLabel: LABEL,
  });
  over.setAttribute("role", "application");
  const context = contextOf(over), marker = node("span", { className: "genlib-latent-marker" });
  const frame = div("genlib-latent-plane", tiles.canvas, over, marker);
  const share = (/** @type {number} */ v) => (v + limit) / (2 * limit);
  /** @type {Place} */
  const px = (point) => [SIZE * share(point[0]), SIZE * (1 - share(point[1]))];
  /** @type {Shown} */
  let shown = { codes: [], labels: [], ends: [], q: null };
  let at = [0, 0];

  function draw() {
    drawOver(ui, context, shown, { limit, px, isFaint: legend.isFaint });
  }
  steer(ui, over, limit, { get: () => at, move: onMove });
  ui.onTheme(draw);
  return {
    element: div(
      "genlib-latent-axes",
      createAxis("z2", limit),
      frame,
      createAxis("z1", limit),
      legend.element,
    ),
    fill: tiles.fill,
    /** @param {Partial<Shown>} next what is not named stays */
    draw(next) {
      shown = { ...shown, ...next };
      if (next.labels) legend.explain(next.labels);
      frame.toggleAttribute("data-dots", shown.codes.length > 0);
      draw();
    },
    /** @param {number[]} z */
    place(z) {
      at = z;
      marker.style.left = `${100 * share(z[0])}%`;
      marker.style.top = `${100 - 100 * share(z[1])}%`;
    },
  };
}
