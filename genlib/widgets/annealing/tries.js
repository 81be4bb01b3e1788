// What there is to try with annealed importance sampling, and when it was seen.

import { createAnnealing, sourceOf } from "./model.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Scene, Try } from "../js/tries.js" */
/** @import { Annealing, Settings } from "./model.js" */

/** @typedef {Partial<Settings>} Setting what is not named is as at first */

/** Frames that a run of a try takes. */
export const FRAMES = 150;

/**
 * Watches for a run that has come to its end and of which something holds.
 * @param {Annealing} annealing
 * @param {(standing: ReturnType<Annealing["standing"]>) => boolean} holds
 */
function ended(annealing, holds) {
  return () => annealing.run.done && holds(annealing.standing());
}

/** @type {Try<Annealing, Setting>[]} */
export const tries = [
  {
    name: "Three temperatures",
    look:
      "noise turns into pictures, and the fan opens wide: a few chains hold most of the sum, and " +
      "the others count for nothing.",
    set: { temperatures: 3, direction: "up" },
    within: FRAMES + 1,
    watch: (annealing) =>
      ended(annealing, ({ size, sigma }) => size < annealing.run.count / 4 && sigma > 1.5),
  },
  {
    name: "Three hundred",
    look: "the fan stays narrow, most chains count, and the estimate comes close.",
    set: { temperatures: 300, direction: "up" },
    within: FRAMES + 1,
    watch: (annealing) =>
      ended(annealing, ({ size, sigma }) => size > annealing.run.count / 2 && sigma < 1),
  },
  {
    name: "Down from samples",
    look:
      "from the machine's own samples the chains go back to noise, and where a run up errs low, " +
      "this one errs high.",
    set: { temperatures: 3, direction: "down" },
    within: FRAMES + 1,
    fits: ({ hasSamples, logZ }) => hasSamples && logZ !== null,
    watch: (annealing) => ended(annealing, ({ estimate }) => estimate > Number(annealing.logZ)),
  },
];

/**
 * A widget without a page.
 * @param {Pick<Traits, "get">} traits
 * @returns {Scene<Annealing, Setting>}
 */
export function sceneOf(traits) {
  const first = {
    temperatures: traits.get("temperatures"),
    chains: traits.get("chains"),
    base: traits.get("base_kind"),
    direction: traits.get("direction"),
  };
  const study = createAnnealing(sourceOf(traits), first);
  return {
    study,
    arrange: (set) => study.begin({ ...first, ...set }),
    advance: () => study.advance(Math.ceil(study.run.steps / FRAMES)),
  };
}
