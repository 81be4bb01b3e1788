// Pictures of a model: values from 0, paper, to 1, ink.

import { contextOf, createCanvas } from "./canvas.js";
import { node } from "./dom.js";

/** @import { Ui } from "./ui.js" */

/** @typedef {ReturnType<typeof createImage>} Picture */

/**
 * @param {Ui} ui
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.width
 * @param {number} [options.height]
 * @param {string} [options.colour] of the ink
 * @param {string} [options.caption]
 */
export function createImage(ui, { label, width, height = width, colour = "ink", caption = label }) {
  const canvas = createCanvas(label, width, height, "genlib-image"), context = contextOf(canvas);
  const pixels = context.createImageData(width, height), values = new Float32Array(width * height);
  canvas.style.aspectRatio = `${width} / ${height}`;
  let shade = colour;
  function draw() {
    const paper = ui.rgb("paper"), ink = ui.rgb(shade);
    for (let i = 0, at = 0; i < values.length; i++, at += 4) {
      const v = values[i];
      for (let k = 0; k < 3; k++) pixels.data[at + k] = paper[k] + v * (ink[k] - paper[k]);
      pixels.data[at + 3] = 255;
    }
    context.putImageData(pixels, 0, 0);
  }
  ui.onTheme(draw);
  const words = node("figcaption", { textContent: caption });
  return {
    element: node("figure", { className: "genlib-figure" }, canvas, words),
    canvas,
    /**
     * @param {ArrayLike<number>} next
     * @param {string} [to] another colour
     */
    paint(next, to = shade) {
      values.set(next);
      shade = to;
      draw();
    },
    /** @param {string} next */
    caption(next) {
      words.textContent = next;
    },
    /** @param {string} next */
    describe(next) {
      canvas.ariaLabel = next;
    },
  };
}
