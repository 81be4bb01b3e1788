// What there is to try with a walker on a landscape, and when it was seen.

import { Chain, LANDSCAPES, mean, worth } from "./model.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Scene, Try } from "../js/tries.js" */
/** @import { Walker } from "./model.js" */

/** @typedef {{ landscape: string, walker: Walker, scale: number }} Wanted */

/** Steps a frame. */
export const PACE = 20;
const LONG = 4000;

/** @param {Chain} chain */
function measured(chain) {
  const found = worth(chain.latest().map(({ x }) => x));
  return { ...found, off: Math.abs(found.average - mean(chain.hills, "x")) };
}

/** @type {Try<Chain, Wanted>[]} */
export const tries = [
  {
    name: "Steps that suit",
    look: "the visits settle on the dashed line, and the bar holds the exact mean.",
    set: { landscape: "three hills", walker: "metropolis", scale: 1 },
    within: 400,
    watch: (chain) => () => {
      if (chain.steps < LONG) return false;
      const { off, error } = measured(chain);
      return off < 2 * error && error < 0.2;
    },
  },
  {
    name: "Steps too small",
    look: "nearly all steps are taken, and the walk remembers for a hundred of them.",
    set: { landscape: "three hills", walker: "metropolis", scale: 0.05 },
    within: 200,
    watch: (chain) => () =>
      chain.steps >= 2000 && chain.taken / chain.steps > 0.9 && measured(chain).rho[99] > 0.3,
  },
  {
    name: "Two far apart",
    look: "a large effective size, a small bar, and a mean that is wrong by many of them.",
    set: { landscape: "two far apart", walker: "metropolis", scale: 1 },
    within: 300,
    watch: (chain) => () => {
      if (chain.steps < LONG) return false;
      const { off, error, size } = measured(chain);
      return size > 200 && off > 20 * error;
    },
  },
  {
    name: "Heat",
    look:
      "chains at four temperatures exchange places: the walker crosses, and the mean comes right.",
    set: { landscape: "two far apart", walker: "tempered", scale: 1 },
    within: 500,
    watch: (chain) => () => {
      if (chain.steps < LONG) return false;
      const { off, error } = measured(chain);
      return off < 2 * error && error < 0.3;
    },
  },
  {
    name: "Langevin, too bold",
    look: "no step is turned down, and with steps of this size the walker flies off the map.",
    set: { landscape: "three hills", walker: "langevin", scale: 1 },
    within: 300,
    watch: (chain) => () => chain.lost,
  },
];

/**
 * A walk from its start, on a landscape that can be chosen.
 * @param {Wanted} wanted
 * @param {number} seed
 */
export function chainOf({ landscape, walker, scale }, seed) {
  const { hills, start } = LANDSCAPES[landscape];
  return new Chain(hills, walker, scale, start, seed);
}

/**
 * A widget without a page.
 * @param {Pick<Traits, "get">} traits
 * @returns {Scene<Chain, Wanted>}
 */
export function sceneOf(traits) {
  const seed = traits.get("seed");
  const scene = {
    study: chainOf(tries[0].set, seed),
    /** @param {Wanted} wanted */
    arrange(wanted) {
      scene.study = chainOf(wanted, seed);
    },
    advance: () => scene.study.run(PACE),
  };
  return scene;
}
