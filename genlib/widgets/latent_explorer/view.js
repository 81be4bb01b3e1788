// What LatentExplorer shows besides the code: the image and its reconstruction, and the way from A to B.

import { mixed } from "../js/codes.js";
import { button, range } from "../js/controls.js";
import { div, panel } from "../js/dom.js";
import { createImage } from "../js/image.js";
import { signed } from "../js/words.js";
import { playButton } from "../js/animation.js";

/** @import { Animation } from "../js/animation.js" */
/** @import { Ui } from "../js/ui.js" */
/** @import { Walk } from "./model.js" */

const WAY = "In a straight line from A to B: z = (1 \u2212 t) a + t b";

/**
 * The image that is encoded, and what the decoder makes of the code.
 * @param {Ui} ui
 * @param {Walk} walk
 * @param {number} side
 */
export function createPictures(ui, walk, side) {
  const input = createImage(ui, {
    label: "x, the image that is encoded",
    width: side,
    colour: "data",
    caption: "",
  });
  const output = createImage(ui, {
    label: "Mean of p(x | z)",
    width: side,
    colour: "model",
    caption: "",
  });
  const blank = new Float32Array(side * side);
  return {
    input: input.element,
    output: output.element,
    paintInput() {
      const { x } = walk.now;
      input.element.toggleAttribute("data-blank", !x);
      input.caption(x ? "x, what is encoded" : "x, to be drawn");
      input.paint(x ?? blank);
    },
    /** @param {boolean} sampled */
    paintOutput(sampled) {
      const mean = walk.mean();
      output.paint(sampled ? walk.sample() : mean);
      output.caption(sampled ? "a sample from p(x | z)" : "the mean of p(x | z)");
      return mean;
    },
  };
}

/**
 * The way between A and B; an end that is the code of an image shows that image.
 * @param {Ui} ui
 * @param {Walk} walk
 * @param {{ side: number, animation: Animation, go: (t: number) => void, keep: (i: 0 | 1) => void }} options
 */
export function createWay(ui, walk, { side, animation, go, keep }) {
  const picture = { width: side, colour: "model" };
  const film = Array.from({ length: 11 }, (_, i) =>
    createImage(ui, {
      ...picture,
      label: `Decoded at t = ${i / 10}`,
      caption: String(i / 10),
    }));
  const stops = ["A", "B"].map((name) =>
    createImage(ui, { ...picture, label: `Picture ${name}`, caption: "" })
  );
  const slider = range(ui, {
    label: "t",
    min: 0,
    max: 1,
    step: 0.01,
    value: 0,
    format: signed,
    onInput: go,
  });
  const controls = div(
    "genlib-latent-way",
    div("genlib-latent-end", stops[0].element, button(ui, "Keep z as A", () => keep(0))),
    div("genlib-latent-end", button(ui, "Keep z as B", () => keep(1)), stops[1].element),
  );
  return {
    slider,
    /** From A to B and back, or step by step, or by hand. */
    bar: [playButton(ui, animation), button(ui, "Step", animation.step), slider.element],
    element: panel(WAY, controls, div("genlib-latent-film", ...film.map(({ element }) => element))),
    paint() {
      const { now: { ends: [a, b] }, vae } = walk;
      [a, b].forEach((end, i) =>
        stops[i].paint(end.x ?? vae.decode(end.z), end.x ? "data" : "model")
      );
      film.forEach((image, i) => image.paint(vae.decode(mixed(a.z, b.z, i / 10))));
    },
  };
}
