// What there is to try without a pen, and when it was seen.

import { differing } from "../gibbs_chain/model.js";
import { guessOf } from "./model.js";

/** @import { Floats } from "../js/arrays.js" */
/** @import { Traits } from "../js/traits.js" */
/** @import { Scene, Try } from "../js/tries.js" */
/** @import { Guess, Half } from "./model.js" */

/** @typedef {{ half: Half }} Setting */

/** @type {Try<Guess, Setting>[]} */
export const tries = [
  {
    name: "No pen? Keep the top of this one",
    look: "the blue half stays, and the machine finds more than one way to go on.",
    set: { half: "top" },
    within: 400,
    watch({ state }) {
      /** @type {Floats[]} */
      const past = [];
      return () => {
        if (state.sweep >= 20 && state.sweep % 10 === 0) past.push(state.meanX.map(Math.round));
        const now = past[past.length - 1];
        return past.some((earlier) => differing(earlier, now) > 0.03 * now.length);
      };
    },
  },
];

/**
 * A widget's first view without a page.
 * @param {Pick<Traits, "get">} traits
 * @returns {Scene<Guess, Setting>}
 */
export function sceneOf(traits) {
  const study = guessOf(traits);
  study.reset();
  return { study, arrange: ({ half }) => study.keep(half), advance: study.advance };
}
