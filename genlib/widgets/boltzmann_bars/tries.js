// What there is to try with a Boltzmann machine of a few units, and when it was seen.

import { createStudy, distance } from "./model.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Scene, Try } from "../js/tries.js" */
/** @import { Given, Study } from "./model.js" */

/**
 * @typedef {object} Setting
 * @property {string} machine the name of one that can be chosen
 * @property {number} [temperature]
 * @property {[unit: number, value: number]} [hold] a unit, and where it is held
 */

/** Sweeps a frame in a try. */
export const PACE = 20;

/**
 * Arranges a study as a try wants it, with a chain that has counted nothing yet.
 * @param {Study} study
 * @param {Setting} set
 * @param {Record<string, Given>} presets
 * @returns whether its units are others
 */
export function arrange(study, { machine, temperature = 1, hold }, presets) {
  const other = study.begin({ ...presets[machine], temperature });
  if (hold) study.hold(...hold);
  study.startAt(0);
  return other;
}

/**
 * The chain's shares of all units off and of all units on.
 * @param {Study} study
 */
function towers({ chain }) {
  const { counts, sweeps } = chain;
  return [counts[0], counts[counts.length - 1]].map((count) => count / sweeps);
}

/** @type {Try<Study, Setting>[]} */
export const tries = [
  {
    name: "Let the chain run",
    look: "its narrow bars settle on the wide grey ones, which are exact.",
    set: { machine: "the five-unit example" },
    within: 400,
    watch: ({ chain }) => () =>
      chain.sweeps >= 1000 && distance(chain.distribution.p, chain.counts, chain.sweeps) < 0.04,
  },
  {
    name: "Two wells",
    look: "two grey towers of one height, and for hundreds of sweeps the chain builds only one.",
    set: { machine: "two wells" },
    within: 100,
    watch: (study) => () => study.chain.sweeps >= 300 && Math.min(...towers(study)) < 0.02,
  },
  {
    name: "Two wells, warmer",
    look: "at the temperature 2 the chain crosses, and builds both towers.",
    set: { machine: "two wells", temperature: 2 },
    within: 200,
    watch: (study) => () => {
      const { distribution, sweeps } = study.chain, due = distribution.p[0];
      return sweeps >= 300 && Math.min(...towers(study)) > 0.7 * due;
    },
  },
  {
    name: "Hold a unit at 1",
    look: "half of the states become impossible, and the others share what they had.",
    set: { machine: "the five-unit example", hold: [0, 1] },
    within: 100,
    watch({ chain }) {
      const { p, possible } = chain.distribution;
      const half = possible.filter(Boolean).length === p.length / 2;
      return () => half && chain.sweeps >= 500 && distance(p, chain.counts, chain.sweeps) < 0.06;
    },
  },
];

/**
 * A widget without a page.
 * @param {Pick<Traits, "get">} traits
 * @returns {Scene<Study, Setting>}
 */
export function sceneOf(traits) {
  const study = createStudy(traits.get("seed"));
  return {
    study,
    arrange(set) {
      arrange(study, set, traits.get("presets"));
    },
    advance: () => study.chain.run(PACE),
  };
}
