// Images to choose from, each on a button.

import { button } from "./controls.js";
import { div } from "./dom.js";
import { createImage } from "./image.js";

/** @import { Floats } from "./arrays.js" */
/** @import { Ui } from "./ui.js" */

/**
 * @param {Ui} ui
 * @param {Floats[]} examples
 * @param {{ labels: string[], width: number, height?: number, onPick: (image: Floats) => void }} options
 */
export function createPicks(ui, examples, { labels, width, height = width, onPick }) {
  const picks = examples.map((image, n) => {
    const { canvas, paint } = createImage(ui, { label: labels[n], width, height, colour: "data" });
    const made = button(ui, "", () => onPick(image));
    paint(image);
    made.replaceChildren(canvas);
    return made;
  });
  return {
    element: div("genlib-picks", ...picks),
    /** @param {ArrayLike<number> | null} x the image that is taken */
    mark: (x) => picks.forEach((pick, n) => pick.ariaPressed = String(examples[n] === x)),
  };
}
