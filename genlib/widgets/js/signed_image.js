// Pictures of values from -1 to 1: what is above zero is blue, what is below it vermilion.

import { contextOf } from "./canvas.js";
import { createImage } from "./image.js";

/** @import { Picture } from "./image.js" */
/** @import { Ui } from "./ui.js" */

/** @typedef {ReturnType<typeof createSignedImage>} SignedPicture */

/**
 * @param {Ui} ui
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.width
 * @param {number} [options.height]
 * @param {string} [options.caption]
 */
export function createSignedImage(ui, { label, width, height = width, caption = "" }) {
  /** @type {Picture} */
  const picture = createImage(ui, { label, width, height, caption });
  const context = contextOf(picture.canvas), pixels = context.createImageData(width, height);
  const shown = new Float32Array(width * height);
  function draw() {
    const paper = ui.rgb("paper"), inks = [ui.rgb("model"), ui.rgb("data")];
    for (let i = 0, at = 0; i < shown.length; i++, at += 4) {
      const v = Math.max(-1, Math.min(1, shown[i])), ink = inks[v > 0 ? 1 : 0];
      for (let k = 0; k < 3; k++) {
        pixels.data[at + k] = paper[k] + Math.abs(v) * (ink[k] - paper[k]);
      }
      pixels.data[at + 3] = 255;
    }
    context.putImageData(pixels, 0, 0);
  }
  ui.onTheme(draw);
  return {
    ...picture,
    /**
     * @param {ArrayLike<number>} values
     * @param {number} [top] the value that has the full colour
     */
    paint(values, top = 1) {
      for (let i = 0; i < values.length; i++) shown[i] = values[i] / top;
      draw();
    },
  };
}
