// What there is to try with a denoiser, and when it was seen.

import { differing, washingOf } from "./model.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Scene, Try } from "../js/tries.js" */
/** @import { Setting, Washing } from "./model.js" */

/** Pictures smaller than this, or noise for which a network was not made, promise nothing. */
const LEAST = 30;

/**
 * @param {Washing} washing
 * @param {Setting} set
 */
export function arrange(washing, set) {
  washing.change(set);
}

/** @type {Try<Washing, Setting>[]} */
export const tries = [
  {
    name: "Clean it again and again",
    look: "after a few steps nothing changes any more: cleaning leads to one picture, and stays.",
    set: { kind: "salt and pepper", amount: 0.5, way: "clean" },
    within: 80,
    watch: (washing) => () => washing.steps >= 5 && washing.moved < 0.02,
    fits: ({ origin }) => origin.length >= LEAST,
  },
  {
    name: "Clean, corrupt, clean",
    look: "strokes come and go, and after a while it is another picture than it was.",
    set: { kind: "salt and pepper", amount: 0.4, way: "chain" },
    within: 300,
    watch: (washing) => () =>
      washing.steps >= 10 &&
      differing(washing.now.mean, washing.origin) > 0.2 * washing.origin.length,
    fits: ({ origin }) => origin.length >= LEAST,
  },
  {
    name: "Blank two thirds",
    look: "the network puts ink where it was given none.",
    set: { kind: "masking", amount: 0.67, way: "clean" },
    within: 5,
    watch: (washing) => () => {
      const { noisy, mean } = washing.film[0];
      return mean.filter((value, i) => value > 0.5 && !noisy[i]).length >= 3;
    },
    fits: ({ origin }) => origin.length >= LEAST,
  },
];

/**
 * A widget without a page.
 * @param {Pick<Traits, "get">} traits
 * @returns {Scene<Washing, Setting>}
 */
export function sceneOf(traits) {
  const study = washingOf(traits);
  study.begin();
  return { study, arrange: (set) => arrange(study, set), advance: () => study.step() };
}
