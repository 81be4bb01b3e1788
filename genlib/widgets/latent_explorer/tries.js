// What there is to try in a latent space, and when it was seen.

import { walkOf } from "./model.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Scene, Try } from "../js/tries.js" */
/** @import { Walk } from "./model.js" */

/** @typedef {{ t: number }} Setting where on the way from A to B it begins */

/** Frames from A to B. */
const STEPS = 100;

/**
 * The mean distance of two pictures, a pixel.
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
function apart(a, b) {
  return Array.from(a).reduce((sum, value, i) => sum + Math.abs(value - b[i]) / a.length, 0);
}

/** @type {Try<Walk, Setting>[]} */
export const tries = [
  {
    name: "Walk from A to B",
    look:
      "one picture turns into the other, and in the middle of the way lies one that is neither.",
    set: { t: 0 },
    within: STEPS + 5,
    watch(walk) {
      const [a, b] = walk.now.ends.map(({ z }) => walk.vae.decode(z)),
        { z: end } = walk.now.ends[1];
      let between = false;
      return () => {
        const now = walk.vae.decode(walk.z), whole = apart(a, b);
        between ||= Math.min(apart(now, a), apart(now, b)) > 0.15 * whole && whole > 0.01;
        return between && walk.z.every((value, i) => Math.abs(value - end[i]) < 1e-6);
      };
    },
  },
];

/**
 * A widget's first view without a page.
 * @param {Pick<Traits, "get">} traits
 * @returns {Scene<Walk, Setting>}
 */
export function sceneOf(traits) {
  const { walk } = walkOf(traits);
  let t = 0;
  walk.reset();
  return {
    study: walk,
    arrange(set) {
      t = set.t;
      walk.move(walk.between(t));
    },
    advance() {
      t = Math.min(1, t + 1 / STEPS);
      walk.move(walk.between(t));
    },
  };
}
