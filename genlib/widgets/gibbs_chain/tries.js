// What there is to try with a Gibbs chain, and when it was seen.

import { differing, masksOf, studyOf, WARM } from "./model.js";

/** @import { Floats } from "../js/arrays.js" */
/** @import { Traits } from "../js/traits.js" */
/** @import { Scene, Try } from "../js/tries.js" */
/** @import { Start, Study } from "./model.js" */

/** @typedef {"none" | "left" | "right" | "top" | "bottom"} Part */
/**
 * @typedef {object} Setting
 * @property {Start} [from] where the chain starts; by default it keeps its place
 * @property {Part} [keep] what of the picture is kept
 * @property {boolean} [persistent] whether the chain goes on from frame to frame
 * @property {number} [k] sweeps a frame
 */

/**
 * Arranges a study as a try wants it; `image` is what `from` stands for.
 * @param {Study} study
 * @param {Setting} set
 * @param {(from: Start) => Floats} image
 * @param {{ rows: number, columns: number }} size
 */
export function arrange(study, { from, keep = "none", persistent = true, k = 1 }, image, size) {
  study.persistent = persistent;
  study.mask = masksOf(size.rows, size.columns)[keep];
  if (from) study.begin(from, image(from), k);
  else if (keep !== "none") study.keep();
}

/** @param {Study} study */
function free({ chain }) {
  return chain.machine.freeEnergy(chain.state.x);
}

/**
 * Watches the mean of something over the last so many sweeps.
 * @param {number} count
 */
function lately(count) {
  /** @type {number[]} */
  const values = [];
  return (/** @type {number} */ value) => {
    values.push(value);
    if (values.length > count) values.shift();
    return values.length < count ? NaN : values.reduce((a, b) => a + b, 0) / count;
  };
}

/** @param {Study} study */
function hasData({ examples }) {
  return examples.length > 0;
}

/** @type {Try<Study, Setting>[]} */
export const tries = [
  {
    name: "From noise",
    look:
      "in some tens of sweeps strokes appear in p(x | h), and the free energy falls into its frame, " +
      "a hundred nats and more; then both wander.",
    set: { from: "noise" },
    within: 200,
    watch(study) {
      const start = free(study), now = lately(10);
      return () => now(free(study)) < start - 100;
    },
  },
  {
    name: "Keep the top half",
    look: "the blue half stays as it is, and the machine fills in the lower one, each time " +
      "otherwise.",
    set: { keep: "top" },
    within: 300,
    watch(study) {
      const { state } = study.chain, x = () => state.meanX.map((p) => p > 0.5 ? 1 : 0);
      /** @type {Floats[]} */
      const past = [];
      return () => {
        if (state.sweep >= 20 && state.sweep % 10 === 0) past.push(x());
        const now = past[past.length - 1];
        return past.some((earlier) => differing(earlier, now) > 0.03 * now.length);
      };
    },
  },
  {
    name: "One sweep from the data",
    look:
      "few pixels change, and x\u0303 is hardly another picture than x(t): CD-1 never finds out " +
      "what else the machine believes.",
    set: { from: "example", persistent: false, k: 1 },
    within: 40,
    fits: hasData,
    watch: (study) => apart(study, (share) => share < 0.1),
  },
  {
    name: "Fifty sweeps",
    look: "x\u0303 has left x(t), often for another digit: compare how many pixels changed.",
    set: { from: "example", persistent: false, k: 50 },
    within: 40,
    fits: hasData,
    watch: (study) => apart(study, (share) => share > 0.1),
  },
];

/**
 * Watches the share of pixels in which the chain and its data differ, over 20 frames.
 * @param {Study} study
 * @param {(share: number) => boolean} seen
 */
function apart(study, seen) {
  const mean = lately(20);
  return () => {
    const { data, chain } = study;
    return data !== null && seen(mean(differing(data, chain.state.x) / data.length));
  };
}

/**
 * A widget's first view without a page.
 * @param {Pick<Traits, "get">} traits
 * @returns {Scene<Study, Setting>}
 */
export function sceneOf(traits) {
  const study = studyOf(traits), [rows, columns] = traits.get("shape"), { chain } = study;
  let sweeps = 1;
  /** @type {(from: Start) => Floats} */
  const image = (from) =>
    from === "example"
      ? study.example(true)
      : from === "noise"
      ? chain.noise()
      : new Float32Array(chain.visible);
  study.begin("noise", chain.noise(), 1);
  chain.run(WARM);
  return {
    study,
    arrange(set) {
      sweeps = set.k ?? 1;
      arrange(study, set, image, { rows, columns });
    },
    advance: () => study.advance(sweeps),
  };
}
