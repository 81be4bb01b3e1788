// What there is to try with one bell and two humps, and when it was seen.

import { createFit, momentsOf } from "./model.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Scene, Try } from "../js/tries.js" */
/** @import { Divergence, Fit } from "./model.js" */

/** @typedef {{ kl: Divergence, mu: number, means?: number[] }} Setting */

const APART = [-1.8, 1.8], WIDTH = 0.6;

/**
 * Arranges a fit as a try wants it.
 * @param {Fit} fit
 * @param {Setting} set
 */
export function arrange(fit, { mu, means = APART }) {
  fit.aim({ means, sigmas: [WIDTH, WIDTH], share: 0.5 });
  fit.put({ mu, sigma: 1 });
}

/** @type {(name: string, mu: number) => Try<Fit, Setting>} */
const seek = (name, mu) => ({
  name,
  look: "it takes the shape of the hump that it starts near, and leaves the other one alone.",
  set: { kl: "qp", mu },
  within: 120,
  watch: (fit) => () => Math.abs(fit.mu - 1.8 * mu) < 0.05 && Math.abs(fit.sigma - WIDTH) < 0.05,
});

/** @type {Try<Fit, Setting>[]} */
export const tries = [
  {
    name: "Cover",
    look: "the bell grows until it covers both humps, and stands highest where p is low.",
    set: { kl: "pq", mu: 1 },
    within: 120,
    watch: (fit) => () => {
      const { mean, variance } = momentsOf(fit.target);
      return Math.abs(fit.mu - mean) < 0.02 && Math.abs(fit.sigma ** 2 - variance) < 0.05;
    },
  },
  seek("Seek", 1),
  seek("Seek from the left", -1),
  {
    name: "Seek from the middle",
    look: "the bell stays between the humps: no way leads down from there, though both ends are " +
      "lower.",
    set: { kl: "qp", mu: 0 },
    within: 120,
    watch: (fit) => () =>
      fit.steps >= 60 && Math.abs(fit.mu) < 1e-3 && fit.divergence("qp") > Math.log(2) + 0.1,
  },
  {
    name: "One hump",
    look: "where the bell can be like p, both divergences come down to nothing.",
    set: { kl: "qp", mu: 1, means: [0, 0] },
    within: 120,
    watch: (fit) => () => fit.divergence("qp") < 1e-3 && fit.divergence("pq") < 1e-3,
  },
];

/**
 * A widget's first view without a page.
 * @param {Pick<Traits, "get">} traits
 * @returns {Scene<Fit, Setting>}
 */
export function sceneOf(traits) {
  const [means, sigmas, share, start] = ["means", "sigmas", "share", "start"].map((name) =>
    traits.get(name)
  );
  const study = createFit({ means, sigmas, share }, { mu: start[0], sigma: start[1] });
  /** @type {Divergence} */
  let kl = traits.get("kl");
  return {
    study,
    arrange(set) {
      kl = set.kl;
      arrange(study, set);
    },
    advance: () => study.step(kl),
  };
}
