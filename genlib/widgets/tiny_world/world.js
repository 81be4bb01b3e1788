// The world of TinyWorld: a distribution over all 4096 states of 12 pixels, and what a model's is worth beside it.
//
// State s is row s of `data.binary_states(12)`: the first pixel is the highest bit. A batch is an Int32Array of states.

/** @import { Random } from "../js/random.js" */

/** @typedef {ReturnType<typeof createWorld>} World */
/** @typedef {ReturnType<typeof compare>} Standing */

export const PIXELS = 12;
export const ROWS = 4;
export const COLUMNS = 3;
export const STATES = 4096;

/**
 * @param {number} state
 * @param {number} i
 */
export function pixel(state, i) {
  return (state >> (PIXELS - 1 - i)) & 1;
}

/**
 * Draws states by the running sums of their probabilities: each by a number of its own, or all by one number and even
 * steps from it.
 * @param {Float64Array} p
 */
export function drawer(p) {
  const total = Float64Array.from(p), last = total.length - 1;
  for (let s = 1; s <= last; s++) total[s] += total[s - 1];
  const end = total[last];
  const find = (/** @type {number} */ mark) => {
    let low = 0, high = last;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (total[middle] > mark) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return {
    /**
     * @param {number} n
     * @param {Random} random
     */
    draw: (n, random) => Int32Array.from({ length: n }, () => find(end * random.uniform())),
    /**
     * @param {number} n
     * @param {Random} random
     */
    even(n, random) {
      const first = random.uniform();
      return Int32Array.from({ length: n }, (_, i) => find((end * (i + first)) / n));
    },
  };
}

/**
 * @param {Float64Array} p
 * @param {number[]} [pictures] the states that are pictures of the data
 */
export function createWorld(p, pictures = []) {
  const entropy = -p.reduce((sum, value) => sum + (value > 0 ? value * Math.log(value) : 0), 0);
  return { p, pictures, known: new Set(pictures), entropy, ...drawer(p) };
}

/**
 * The share of a batch in each state.
 * @param {Int32Array} states
 */
export function shareOf(states) {
  const share = new Float64Array(STATES);
  for (const s of states) share[s] += 1 / states.length;
  return share;
}

/**
 * How a model with log-probabilities logP stands to the distribution of the data: everything exact, in nats.
 * @param {Float64Array} logP
 * @param {Pick<World, "p" | "entropy">} world
 */
export function compare(logP, { p, entropy }) {
  let likelihood = 0, backward = 0;
  for (let s = 0; s < p.length; s++) {
    const q = Math.exp(logP[s]);
    if (p[s] > 0) likelihood += p[s] * logP[s];
    if (q > 0) backward += p[s] > 0 ? q * (logP[s] - Math.log(p[s])) : Infinity;
  }
  return { likelihood, forward: -entropy - likelihood, backward };
}

/**
 * Of the states that are no pictures of the data, those to which the model gives most in excess of their due.
 * @param {Float64Array} logP
 * @param {Pick<World, "p" | "known">} world
 * @param {number} count
 */
export function spurious(logP, { p, known }, count) {
  /** @type {{ state: number, over: number }[]} */
  const worst = [];
  for (let s = 0; s < p.length; s++) {
    const over = Math.exp(logP[s]) - p[s];
    if (over <= (worst.length < count ? 0 : worst[count - 1].over) || known.has(s)) continue;
    const at = worst.findIndex((other) => other.over < over);
    worst.splice(at < 0 ? worst.length : at, 0, { state: s, over });
    worst.length = Math.min(worst.length, count);
  }
  return worst.map(({ state }) => state);
}
