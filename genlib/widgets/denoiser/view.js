// What Denoiser shows: the picture, what noise makes of it, what the network makes of that, and the latest of both.

import { div, panel } from "../js/dom.js";
import { createImage } from "../js/image.js";
import { signed, times } from "../js/words.js";
import { differing, FILM } from "./model.js";

/** @import { Floats } from "../js/arrays.js" */
/** @import { Ui } from "../js/ui.js" */
/** @import { Washing } from "./model.js" */

/** Noise can leave the scale of greys; a picture cannot. */
const within = (/** @type {ArrayLike<number>} */ x) =>
  Float32Array.from(x, (value) => Math.min(1, Math.max(0, value)));

/**
 * The three pictures side by side.
 * @param {Ui} ui
 * @param {number[]} shape
 */
export function createPictures(ui, [height, width]) {
  const one = (/** @type {string} */ label, /** @type {string} */ colour) =>
    createImage(ui, { label, width, height, colour });
  const x = one("x, the picture", "data");
  const noisy = one("x\u2032, spoilt", "muted");
  const mean = one("cleaned", "model");
  return {
    element: div("genlib-stage genlib-denoiser-three", x.element, noisy.element, mean.element),
    /** @param {Washing} washing */
    paint(washing) {
      const { now, x: clean, spoilt, origin, steps, setting } = washing;
      const drawn = setting.way === "chain" && steps > 0;
      x.paint(clean, clean === origin ? "data" : "model");
      x.caption(drawn ? "x, drawn from the answer" : "x, the picture");
      noisy.paint(within(spoilt));
      mean.paint(now.mean);
      mean.caption(drawn || !steps ? "cleaned" : `cleaned ${times(steps + 1, "time")}`);
    },
  };
}

/**
 * The latest looks, what was given above what came back.
 * @param {Ui} ui
 * @param {number[]} shape
 */
export function createFilm(ui, [height, width]) {
  const cells = Array.from({ length: FILM }, (_, i) => {
    const [above, below] = ["given", "answered"].map((word) =>
      createImage(ui, { label: `${word}, ${i + 1} of ${FILM}`, width, height, caption: "" })
    );
    return {
      above,
      below,
      element: div("genlib-denoiser-cell", above.canvas, below.canvas),
    };
  });
  return {
    element: panel(
      "The latest steps: given above, answered below",
      div("genlib-denoiser-film", ...cells.map(({ element }) => element)),
    ),
    /** @param {Washing} washing */
    paint({ film }) {
      cells.forEach(({ above, below, element }, i) => {
        const look = film[i];
        element.toggleAttribute("data-empty", !look);
        if (!look) return;
        above.paint(within(look.noisy), "muted");
        below.paint(look.mean, "model");
      });
    },
  };
}

/**
 * What there is to say of where it stands.
 * @param {Washing} washing
 */
export function wordsOf({ setting, steps, moved, now, origin }) {
  const far = `${times(differing(now.mean, origin), "pixel")} of ${origin.length}`;
  if (setting.way === "clean" && steps) {
    return `This step changed the answer by ${
      signed(moved)
    } pixels; it differs from the picture in ${far}.`;
  }
  return `The answer differs from the picture that was given in ${far}.`;
}
