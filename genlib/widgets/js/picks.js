// Images to choose from, each on a button.

import { button } from "./controls.js";
import { div } from "./dom.js";
import { createImage } from "./image.js";

/** @import { Floats } from "./arrays.js" */
/** @import { Ui } from "./ui.js" */

/**
 * @param {Ui} ui
 * @param {Floats[]} examples
 * @param {{ names: string[], side: number, onPick: (image: Floats) => void }} options
 */
export function createPicks(ui, examples, { names, side, onPick }) {
  const picks = examples.map((image, n) => {
    const label = `Encode ${names[n]}`;
    const { canvas, paint } = createImage(ui, { label, width: side, colour: "data" });
    const made = button(ui, "", () => onPick(image));
    paint(image);
    made.replaceChildren(canvas);
    return made;
  });
  return {
    element: div("genlib-picks", ...picks),
    /** @param {Floats | null} x the image that is encoded */
    mark: (x) => picks.forEach((pick, n) => pick.ariaPressed = String(examples[n] === x)),
  };
}
