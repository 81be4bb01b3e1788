// What there is to try with a mixture that learns, and when it was seen.

import { unpackBits } from "../js/packing.js";
import { givenOf, Mixture } from "./model.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Scene, Try } from "../js/tries.js" */
/** @import { Guess, Start } from "./model.js" */

/**
 * @typedef {object} Wanted
 * @property {Start} [start]
 * @property {Guess} [guess]
 * @property {number} [smoothing]
 * @property {number} [before] rounds that are made with the posterior before
 */

/** Rounds that are made before anyone looks. */
export const FIRST = 2;
const COMPONENTS = 6;

/**
 * Arranges a mixture as a try wants it.
 * @param {Mixture} mixture
 * @param {Wanted} wanted
 */
export function arrange(
  mixture,
  { start = "random", guess = "posterior", smoothing = 0, before = 0 },
) {
  Object.assign(mixture.setting, { start, smoothing, guess: "posterior", components: COMPONENTS });
  mixture.begin(before);
  mixture.change({ guess });
}

/** @param {Mixture} mixture */
function neverFell({ past }) {
  return past.every(({ likelihood }, i) => !i || likelihood >= past[i - 1].likelihood - 1e-9);
}

/** @type {Try<Mixture, Wanted>[]} */
export const tries = [
  {
    name: "Let it learn",
    look: "templates form; M raises both curves, E closes the gap, and the likelihood never falls.",
    set: {},
    within: 60,
    watch: (mixture) => () =>
      mixture.rounds >= 12 && mixture.fresh && neverFell(mixture) &&
      mixture.likelihood - mixture.bound < 1e-9,
  },
  {
    name: "A half blind q",
    look: "after learning, q looks at upper halves only: the likelihood falls, the bound rises.",
    set: { guess: "half blind", before: 30 },
    within: 60,
    watch(mixture) {
      const { likelihood, bound } = mixture;
      return () =>
        mixture.rounds >= 36 && mixture.likelihood < likelihood - 0.3 &&
        mixture.bound > bound + 0.5;
    },
    fits: ({ pictures }) => pictures.length >= 100,
  },
  {
    name: "Twins",
    look: "templates that begin alike stay alike, for ever.",
    set: { start: "twins" },
    within: 40,
    watch: (mixture) => () => {
      const one = mixture.template(0), last = mixture.template(COMPONENTS - 1);
      return mixture.rounds >= 10 && one.every((mean, i) => Math.abs(mean - last[i]) < 1e-6);
    },
  },
  {
    name: "Swallow a picture",
    look: "the first template begins as a picture, and keeps it, and no other, to itself.",
    set: { start: "one picture" },
    within: 60,
    watch: (mixture) => () =>
      mixture.rounds >= 20 && Math.abs(mixture.weight(0) * mixture.pictures.length - 1) < 1e-3,
    fits: ({ pictures }) => pictures.length >= 100,
  },
  {
    name: "Smooth it",
    look: "with a pseudo-count of a half the first template loses the picture, and ends blank.",
    set: { start: "one picture", smoothing: 0.5 },
    within: 80,
    watch: (mixture) => () =>
      mixture.rounds >= 10 && mixture.own(0, 1)[0].share < 0.01 &&
      mixture.template(0).every((mean) => Math.abs(mean - 0.5) < 0.1),
    fits: ({ pictures }) => pictures.length >= 100,
  },
];

/**
 * The mixture of a widget, before its first round.
 * @param {Pick<Traits, "get">} traits
 */
export function mixtureOf(traits) {
  const [rows, columns] = traits.get("shape"), size = rows * columns;
  const pictures = unpackBits(traits.get("pictures"), size, traits.get("count"), Float64Array);
  const mixture = new Mixture(pictures, size, givenOf(traits.get("given"), size));
  mixture.setting.seed = traits.get("seed");
  return mixture;
}

/**
 * A widget without a page.
 * @param {Pick<Traits, "get">} traits
 * @returns {Scene<Mixture, Wanted>}
 */
export function sceneOf(traits) {
  const study = mixtureOf(traits);
  return { study, arrange: (wanted) => arrange(study, wanted), advance: () => study.step() };
}
