// The plane of codes (z1, z2): the decoder's pictures all over it, data as dots, q(z|x) as an ellipse, and a marker.

import { div, node } from "../js/dom.js";
import { timed } from "../js/frames.js";
import { createImage } from "../js/image.js";
import { createLegend, createPlane as createAnyPlane, ring, shadeOf } from "../js/plane.js";
import { signed } from "../js/words.js";

/** @import { Place } from "../js/plane.js" */
/** @import { Ui } from "../js/ui.js" */
/** @import { Belief, Vae } from "./model.js" */

/** @typedef {{ codes: number[][], labels: number[], ends: number[][], q: Belief | null }} Shown */

const LABEL = "Plane of codes z1 and z2: arrow keys move z, with Shift faster";

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
 * @param {{ px: Place, isFaint: (label: number | undefined) => boolean }} options
 */
function drawOver(ui, context, { codes, labels, ends, q }, { px, isFaint }) {
  const paper = ui.colour("paper");
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
  const [x, y] = px(q.mu), [right, top] = px(q.mu.map((mu, i) => mu + 2 * q.sigma[i]));
  const reach = [right - x, y - top].map((radius) => Math.max(3, radius));
  ring(context, [x, y], reach, paper, 9);
  ring(context, [x, y], reach, ui.colour("latent"), 5);
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
  const tiles = createTiles(ui, side, limit), legend = createLegend(ui, () => plane.draw());
  /** @type {Shown} */
  let shown = { codes: [], labels: [], ends: [], q: null };
  const plane = createAnyPlane(ui, {
    box: { low: [-limit, -limit], high: [limit, limit] },
    label: LABEL,
    under: [tiles.canvas],
    paint: (context, px) => drawOver(ui, context, shown, { px, isFaint: legend.isFaint }),
    move: onMove,
  });
  const frame = plane.element;
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
      plane.draw();
    },
    place: plane.place,
  };
}
