// What HalfDigit shows beside the pad: the picture that the machine makes of the half, and the map with its place on it.

import { contextOf, createCanvas, drawDot, sharpen } from "../js/canvas.js";
import { div, node } from "../js/dom.js";
import { SIDE } from "./model.js";

/** @import { Ui } from "../js/ui.js" */
/** @import { Guess } from "./model.js" */

/** Digits of the map to a side, the codes that it reaches to, and places that are remembered. */
const TILES = 13, REACH = 3, TRAIL = 40;

/**
 * All digits that the decoder knows, each where its code is.
 * @param {Ui} ui
 * @param {Guess["decode"]} decode
 */
function createTiles(ui, decode) {
  const size = TILES * SIDE, canvas = node("canvas", { width: size, height: size });
  const context = contextOf(canvas), pixels = context.createImageData(size, size);
  const at = (/** @type {number} */ i) => REACH * ((2 * i + 1) / TILES - 1);
  const codes = Array.from({ length: TILES * TILES }, (_, i) => [
    at(i % TILES),
    -at(Math.floor(i / TILES)),
  ]);
  const digits = decode(codes.flat(), codes.length);
  return {
    canvas,
    paint() {
      const paper = ui.rgb("paper"), ink = ui.rgb("muted");
      digits.forEach((value, i) => {
        const tile = Math.floor(i / SIDE ** 2), pixel = i % SIDE ** 2;
        const row = Math.floor(tile / TILES) * SIDE + Math.floor(pixel / SIDE);
        const place = 4 * (row * size + (tile % TILES) * SIDE + (pixel % SIDE));
        for (let k = 0; k < 3; k++) {
          pixels.data[place + k] = paper[k] + 0.75 * value * (ink[k] - paper[k]);
        }
        pixels.data[place + 3] = 255;
      });
      context.putImageData(pixels, 0, 0);
    },
  };
}

/**
 * The map, the place of the picture on it, and the way there.
 * @param {Ui} ui
 * @param {Guess["decode"]} decode
 */
export function createMap(ui, decode) {
  const tiles = createTiles(ui, decode);
  const canvas = createCanvas("Map of digits", 300, 300, "genlib-half-map");
  /** @type {number[][]} */
  let trail = [];
  function paint() {
    const { context, width } = sharpen(canvas, 300);
    const px = (/** @type {number[]} */ [a, b]) => {
      const inside = (/** @type {number} */ v) => Math.max(-REACH, Math.min(REACH, v));
      const share = (/** @type {number} */ v) => ((inside(v) + REACH) / (2 * REACH)) * width;
      return /** @type {const} */ ([share(a), width - share(b)]);
    };
    context.drawImage(tiles.canvas, 0, 0, width, width);
    context.strokeStyle = context.fillStyle = ui.colour("latent");
    context.lineWidth = 2;
    context.beginPath();
    trail.forEach((z, i) => i ? context.lineTo(...px(z)) : context.moveTo(...px(z)));
    context.stroke();
    const now = trail[trail.length - 1];
    if (!now) return;
    drawDot(ui, context, px(now), 7, "latent");
  }
  ui.onTheme(() => {
    tiles.paint();
    paint();
  });
  return {
    element: div(
      "genlib-half-place",
      canvas,
      node("p", { className: "genlib-caption", textContent: "where it lies on the map of a VAE" }),
    ),
    paint,
    /** @param {number[]} z */
    place(z) {
      trail = [...trail.slice(1 - TRAIL), z];
      paint();
      canvas.ariaLabel = `Map of digits; this one is at ${z.map((v) => v.toFixed(1)).join(", ")}`;
    },
    forget() {
      trail = [];
    },
  };
}
