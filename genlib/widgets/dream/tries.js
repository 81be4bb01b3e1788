// What there is to try with a dreaming network, and when it was seen.

import { createDream, FREE } from "./model.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Scene, Try } from "../js/tries.js" */
/** @import { Dream } from "./model.js" */

/**
 * @typedef {object} Setting
 * @property {number} [label] to hold
 * @property {boolean} [noise] whether the chain starts from noise
 */

/** The sweeps that the first view has already run. */
export const WARM = 110;

/** @param {Dream} dream */
function hasLabels({ net }) {
  return net.labels > 0;
}

/**
 * Arranges a dream as a try wants it.
 * @param {Dream} dream
 * @param {Setting} set
 */
export function arrange(dream, { label = FREE, noise }) {
  dream.held = hasLabels(dream) ? label : FREE;
  if (noise) dream.noise();
}

/**
 * Watches for 20 sweeps in a row in which the top believes in this label.
 * @param {Dream} dream
 * @param {number} label
 */
function believed({ net }, label) {
  const p = new Float32Array(net.labels);
  let count = 0;
  return () => {
    net.probY(p);
    count = p[label] > 0.5 ? count + 1 : 0;
    return count >= 20;
  };
}

/** @type {(label: number) => Try<Dream, Setting>} */
const hold = (label) => ({
  name: `Hold a ${label}`,
  look: `the bars say when the top believes it, and the pictures become ${label}s of many hands.`,
  set: { label },
  within: 400,
  fits: hasLabels,
  watch: (dream) => believed(dream, label),
});

/** @type {Try<Dream, Setting>[]} */
export const tries = [
  hold(4),
  hold(0),
  {
    name: "Set it free, from noise",
    look:
      "the first pictures are nothing, for a top that has not run sends down codes that no picture " +
      "has; then the label that the top draws settles.",
    set: { noise: true },
    within: 600,
    fits: hasLabels,
    watch({ net }) {
      let last = net.y, same = 0;
      return () => {
        same = net.y === last ? same + 1 : 0;
        last = net.y;
        return same >= 20;
      };
    },
  },
];

/**
 * A widget's first view without a page.
 * @param {Pick<Traits, "get">} traits
 * @returns {Scene<Dream, Setting>}
 */
export function sceneOf(traits) {
  const [spec, weights, seed, label] = ["spec", "weights", "seed", "label"].map((name) =>
    traits.get(name)
  );
  const study = createDream({ spec, weights, seed, label });
  study.noise();
  study.run(WARM);
  return { study, arrange: (set) => arrange(study, set), advance: () => study.run(1) };
}
