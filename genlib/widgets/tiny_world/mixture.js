// The mixture of Bernoullis as a family of TinyWorld: each step is one of EM, over all of the data or over draws.

import { softplus } from "../js/functions.js";
import { fold, spread } from "./rbm.js";
import { BATCH, HIDDEN } from "./wishes.js";
import { drawer, PIXELS, shareOf, STATES } from "./world.js";

/** @import { Random } from "../js/random.js" */
/** @import { Family } from "./model.js" */
/** @import { World } from "./world.js" */

/** Means stay a millionth away from 0 and 1, as `BernoulliMixture` keeps them. */
const MOST = Math.log(1e6 - 1);
const LEAST = 2 ** -1022;

/** @param {number} count */
const log = (count) => Math.log(Math.max(count, LEAST));

/**
 * Fills the tables: the share of each component in each state, p(k | x), and log p(x).
 * @param {Float64Array} logWeights
 * @param {Float64Array} logits a row for each component
 * @param {Float64Array} shares a row for each state
 * @param {Float64Array} logP
 */
function refresh(logWeights, logits, shares, logP) {
  const K = logWeights.length;
  const total = Math.log(logWeights.reduce((sum, value) => sum + Math.exp(value), 0));
  const base = logWeights.map((value, k) => {
    const row = logits.subarray(k * PIXELS, (k + 1) * PIXELS);
    return row.reduce((sum, a) => sum - softplus(a), value - total);
  });
  spread(shares, base, logits);
  for (let s = 0, at = 0; s < STATES; s++, at += K) {
    let most = -Infinity, sum = 0;
    for (let k = at; k < at + K; k++) most = Math.max(most, shares[k]);
    for (let k = at; k < at + K; k++) sum += shares[k] = Math.exp(shares[k] - most);
    for (let k = at; k < at + K; k++) shares[k] /= sum;
    logP[s] = most + Math.log(sum);
  }
}

/**
 * @param {World} world
 * @param {Float64Array[]} parameters logarithms of the weights, and logits of the means, changed in place
 * @param {Random} random
 */
function createMixture(world, parameters, random) {
  const [logWeights, logits] = parameters, K = logWeights.length;
  const [shares, work] = [0, 1].map(() => new Float64Array(STATES * K));
  const logP = new Float64Array(STATES), lit = new Float64Array(K * PIXELS);
  refresh(logWeights, logits, shares, logP);
  return {
    parameters,
    /**
     * A step of EM: shares of the components in each state, and then means and weights that count with them.
     * @param {{ batch: number }} settings
     */
    train({ batch }) {
      const p = batch ? shareOf(world.draw(batch, random)) : world.p;
      for (let s = 0, at = 0; s < STATES; s++) {
        for (let k = 0; k < K; k++, at++) work[at] = p[s] * shares[at];
      }
      fold(work, lit);
      const counts = work.subarray(0, K), all = log(counts.reduce((sum, n) => sum + n, 0));
      for (let k = 0; k < K; k++) {
        logWeights[k] = log(counts[k]) - all;
        for (let i = 0, at = k * PIXELS; i < PIXELS; i++, at++) {
          const odds = log(lit[at]) - log(counts[k] - lit[at]);
          logits[at] = Math.min(Math.max(odds, -MOST), MOST);
        }
      }
      refresh(logWeights, logits, shares, logP);
    },
    logProbAll: () => logP,
    /**
     * @param {number} n
     * @param {Random} dice
     */
    draw: (n, dice) => drawer(logP.map(Math.exp)).draw(n, dice),
  };
}

/** @type {Family} */
export const mixture = {
  name: "mixture",
  controls: [
    { ...HIDDEN, label: "Components" },
    BATCH,
  ],
  label: ({ hidden, batch }) => `mixture of ${hidden}, EM${batch ? `, ${batch} draws a step` : ""}`,
  draw({ hidden }, random) {
    const means = Float64Array.from(
      { length: hidden * PIXELS },
      () => 0.25 + 0.5 * random.uniform(),
    );
    return [
      new Float64Array(hidden).fill(-Math.log(hidden)),
      means.map((mean) => Math.log(mean / (1 - mean))),
    ];
  },
  make: createMixture,
};
