// What there is to try with a kernel over a picture, and when it was seen.

import { Stepper } from "./model.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Scene, Try } from "../js/tries.js" */
/** @import { Setting } from "./model.js" */

/** @type {Setting} */
const PLAIN = {
  operation: "transposed",
  kernel: 3,
  stride: 2,
  padding: 0,
  side: 5,
  picture: "plain",
  weights: "ones",
};

/**
 * The values of the output that lie away from its edges, each once.
 * @param {Stepper} stepper
 */
export function inner(stepper) {
  const { large, kernel } = stepper.sizes, map = stepper.output();
  /** @type {Set<string>} */
  const seen = new Set();
  map.forEach((value, at) => {
    const row = Math.floor(at / large), column = at % large;
    const edge = Math.min(row, column, large - 1 - row, large - 1 - column);
    if (edge >= kernel - 1) seen.add(value.toFixed(9));
  });
  return [...seen].map(Number).sort((a, b) => a - b);
}

/** @type {Try<Stepper, Setting>[]} */
export const tries = [
  {
    name: "5 by 5 to 2 by 2",
    look: "four places, four rows of the matrix, and the same nine weights in each of them.",
    set: { ...PLAIN, operation: "convolution", picture: "seven", weights: "edge" },
    within: 10,
    watch: (stepper) => () => {
      if (!stepper.done || stepper.places !== 4) return false;
      const used = [0, 1, 2, 3].map((i) => String([...stepper.rowOf(i)].filter((v) => v)));
      return new Set(used).size === 1;
    },
  },
  {
    name: "And up again",
    look:
      "four activations stamp the same four rows into a picture of 5 by 5, and overlaps add up.",
    set: { ...PLAIN, side: 2, picture: "noise", weights: "edge" },
    within: 10,
    watch: (stepper) => () => stepper.done && stepper.places === 4 && stepper.sizes.large === 5,
  },
  {
    name: "Checkerboard",
    look: "a plain input and a kernel of ones draw a checkerboard: 1, 2 or 4 stamps on a pixel.",
    set: PLAIN,
    within: 40,
    watch: (stepper) => () => stepper.done && String(inner(stepper)) === "1,2,4",
  },
  {
    name: "A kernel of 4",
    look: "the stride divides the width: four stamps on every pixel, an even grey inside.",
    set: { ...PLAIN, kernel: 4 },
    within: 40,
    watch: (stepper) => () => stepper.done && String(inner(stepper)) === "4",
  },
  {
    name: "Even counts, uneven weights",
    look: "still four stamps on every pixel, of weights that differ: the pattern is back.",
    set: { ...PLAIN, kernel: 4, weights: "noise" },
    within: 40,
    watch: (stepper) => () =>
      stepper.done && inner(stepper).length === 4 && stepper.phases.pattern > 0.2,
  },
  {
    name: "Resize first",
    look: "the same weights after copying each value onto two by two pixels: even inside.",
    set: { ...PLAIN, operation: "resized", kernel: 4, weights: "noise" },
    within: 40,
    watch: (stepper) => () => stepper.done && inner(stepper).length === 1,
  },
  {
    name: "Switches",
    look:
      "each window's largest value goes back to where it stood; three quarters of the pixels stay zero.",
    set: { ...PLAIN, operation: "unpooling", side: 6, picture: "noise" },
    within: 20,
    watch: (stepper) => () => {
      const map = stepper.output();
      return stepper.done && map.filter((v) => v === 0).length === 0.75 * map.length;
    },
  },
];

/**
 * A widget without a page.
 * @param {Pick<Traits, "get">} traits
 * @returns {Scene<Stepper, Setting>}
 */
export function sceneOf(traits) {
  const seed = traits.get("seed"), own = traits.get("own");
  const scene = {
    study: new Stepper(tries[0].set, seed, own),
    /** @param {Setting} wanted */
    arrange(wanted) {
      scene.study = new Stepper(wanted, seed, own);
    },
    advance: () => scene.study.step(),
  };
  return scene;
}
