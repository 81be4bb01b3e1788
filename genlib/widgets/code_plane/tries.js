// What there is to try in two planes, and when it was seen.

import { closest, distance, emptyCorner, studyOf } from "./model.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Scene, Try } from "../js/tries.js" */
/** @import { Study } from "./model.js" */

/** @typedef {{ to: "corner" | "close" }} Setting where the walk leads */

/** Frames from one image to the other. */
export const STEPS = 100;
/** A drift that can be seen. */
const LEAST = 0.5;

/**
 * Whether two images that are close to PCA are farther apart to the autoencoder.
 * @param {Study} study
 */
function differs({ coders, examples }) {
  const pair = closest(coders[1], examples).map((end) => examples[end]);
  const [left, right] = coders.map(({ encode, decode }) => {
    const [a, b] = pair.map((image) => decode(encode(image)));
    return distance(a, b);
  });
  return left > 1.5 * right;
}

/**
 * Whether the autoencoder's picture of the corner is put elsewhere.
 * @param {Study} study
 */
function drifts(study) {
  return study.drift(0, emptyCorner(study.codes[0])) > LEAST;
}

/** @type {Try<Study, Setting>[]} */
export const tries = [
  {
    name: "Into the empty corner",
    look:
      "on the left a line grows where the dots end: what is decoded out there is no digit that its encoder would put there. On the right there is none.",
    set: { to: "corner" },
    within: STEPS + 5,
    fits: drifts,
    watch: (study) => () => study.drift(0) > LEAST && study.drift(1) < 0.01,
  },
  {
    name: "Two that PCA confuses",
    look:
      "on the right the marker hardly moves and the picture hardly changes; on the left one digit turns into another.",
    set: { to: "close" },
    within: STEPS + 5,
    fits: differs,
    watch(study) {
      const begun = study.coders.map(({ decode }, i) => decode(study.z[i]));
      return () => {
        const [left, right] = study.coders.map(({ decode }, i) =>
          distance(decode(study.z[i]), begun[i])
        );
        return study.now.t >= 1 && left > 1.5 * right;
      };
    },
  },
];

/**
 * A widget's first view without a page.
 * @param {Pick<Traits, "get">} traits
 * @returns {Scene<Study, Setting>}
 */
export function sceneOf(traits) {
  const study = studyOf(traits);
  let t = 0;
  return {
    study,
    arrange({ to }) {
      t = 0;
      study.choose(to);
      study.walk(0);
    },
    advance() {
      t = Math.min(1, t + 1 / STEPS);
      study.walk(t);
    },
  };
}
