// The restricted Boltzmann machine as a family of TinyWorld, with a table of everything for all 4096 states.

import { createAdam } from "../js/adam.js";
import { sigmoid, softplus } from "../js/functions.js";
import { BATCH, HIDDEN, RATE } from "./wishes.js";
import { drawer, PIXELS, shareOf, STATES } from "./world.js";

/** @import { Random } from "../js/random.js" */
/** @import { Annealed, Family } from "./model.js" */
/** @import { World } from "./world.js" */

/** @typedef {{ method: string, k: number, rate: number, hidden: number, batch: number }} Settings */
/** @typedef {{ inputs: Float64Array, probH: Float64Array, logP: Float64Array }} Tables a row for each state */
/** @typedef {{ W: Float64Array, b: Float64Array, c: Float64Array }} Weights */
/** @typedef {ReturnType<typeof createMachine>} Machine */

/** Chains where a step takes all of the data. */
const CHAINS = 256;
/** No bias. */
const NONE = new Float64Array(1);
/** Chains that are annealed between two looks at the clock. */
const PIECE = 50;

const METHODS = /** @type {Record<string, (k: number) => string>} */ ({
  exact: () => "exact gradient",
  cd: (k) => `CD-${k}`,
  pcd: (k) => `PCD-${k}`,
});

/**
 * out(x) = bias + the sum of the weights of lit pixels: each half of the states is the other half plus one weight.
 * @param {Float64Array} out a row for each state
 * @param {Float64Array} bias as wide as a row
 * @param {Float64Array} weights (width, pixels)
 */
export function spread(out, bias, weights) {
  const width = bias.length, step = new Float64Array(width);
  out.set(bias);
  for (let half = 1, i = PIXELS - 1; i >= 0; half *= 2, i--) {
    for (let j = 0; j < width; j++) step[j] = weights[j * PIXELS + i];
    for (let s = 0, at = half * width; s < half * width; s += width) {
      for (let j = 0; j < width; j++) out[at++] = out[s + j] + step[j];
    }
  }
}

/**
 * The way back: sums over the states in which each pixel is lit, and over all states, which end up in the first row.
 * @param {Float64Array} values a row for each state
 * @param {Float64Array} lit (width, pixels)
 */
export function fold(values, lit) {
  const width = values.length / STATES, sums = new Float64Array(width);
  for (let half = STATES / 2, i = 0; half >= 1; half /= 2, i++) {
    sums.fill(0);
    for (let s = 0, at = half * width; s < half * width; s += width) {
      for (let j = 0; j < width; j++, at++) {
        sums[j] += values[at];
        values[s + j] += values[at];
      }
    }
    for (let j = 0; j < width; j++) lit[j * PIXELS + i] = sums[j];
  }
}

/**
 * Fills the tables and returns log Z. The softplus of all inputs of a state share one logarithm, of the product of their
 * 1 + exp(-|a|) <= 2.
 * @param {Weights} weights
 * @param {Tables} tables
 */
function refresh({ W, b, c }, { inputs, probH, logP }) {
  const H = b.length;
  spread(inputs, b, W);
  spread(logP, NONE, c);
  let most = -Infinity, sum = 0;
  for (let s = 0, at = 0; s < STATES; s++) {
    let shared = 1, score = logP[s];
    for (let j = 0; j < H; j++, at++) {
      const a = inputs[at], e = Math.exp(-Math.abs(a));
      probH[at] = (a >= 0 ? 1 : e) / (1 + e);
      if (a > 0) score += a;
      shared *= 1 + e;
    }
    logP[s] = score + Math.log(shared);
    if (logP[s] > most) most = logP[s];
  }
  for (let s = 0; s < STATES; s++) sum += Math.exp(logP[s] - most);
  const logZ = most + Math.log(sum);
  for (let s = 0; s < STATES; s++) logP[s] -= logZ;
  return logZ;
}

/**
 * A picture from the fields of its pixels.
 * @param {Float64Array} field
 * @param {Random} random
 */
function toss(field, random) {
  let state = 0;
  for (let i = 0; i < PIXELS; i++) {
    state = 2 * state + (random.uniform() < sigmoid(field[i]) ? 1 : 0);
  }
  return state;
}

/**
 * A Gibbs sweep of each state in place.
 * @param {Int32Array} states
 * @param {Weights} weights
 * @param {Float64Array} probH
 * @param {Random} random
 */
function sweep(states, { W, b, c }, probH, random) {
  const field = new Float64Array(PIXELS), H = b.length;
  for (let n = 0; n < states.length; n++) {
    field.set(c);
    for (let j = 0, at = states[n] * H; j < H; j++, at++) {
      if (random.uniform() >= probH[at]) continue;
      for (let i = 0; i < PIXELS; i++) field[i] += W[j * PIXELS + i];
    }
    states[n] = toss(field, random);
  }
}

/**
 * Annealed importance sampling from a machine without couplings, as energy.ais does it: a piece between two yields.
 * @param {{ W: Float64Array, c: Float64Array, inputs: Float64Array, logZ: number }} machine nobody else changes it
 * @param {{ chains: number, temperatures: number }} settings
 * @param {Random} random
 * @returns {Generator<void, Annealed>}
 */
function* anneal({ W, c, inputs, logZ: truth }, { chains, temperatures }, random) {
  const H = inputs.length / STATES, log = new Float64Array(chains);
  const states = new Int32Array(chains), field = new Float64Array(PIXELS);
  for (let t = 0; t < temperatures; t++) {
    const old = t / temperatures, next = (t + 1) / temperatures;
    for (let n = 0; n < chains; n++) {
      field.set(c);
      for (let j = 0, at = states[n] * H; t && j < H; j++, at++) {
        if (random.uniform() >= sigmoid(old * inputs[at])) continue;
        for (let i = 0; i < PIXELS; i++) field[i] += old * W[j * PIXELS + i];
      }
      const state = states[n] = toss(field, random);
      let ratio = 1;
      for (let j = 0, at = state * H; j < H; j++, at++) {
        const a = inputs[at], size = Math.abs(a);
        if (a > 0) log[n] += (next - old) * a;
        ratio *= (1 + Math.exp(-next * size)) / (1 + Math.exp(-old * size));
      }
      log[n] += Math.log(ratio);
      if (n % PIECE === PIECE - 1) yield;
    }
    yield;
  }
  const base = H * Math.LN2 + c.reduce((sum, value) => sum + softplus(value), 0);
  return { ...meanOf(log, base), truth };
}

/**
 * log Z from the logarithms of weights, and its standard error.
 * @param {Float64Array} log
 * @param {number} base
 */
function meanOf(log, base) {
  const n = log.length, most = Math.max(...log);
  const mean = log.reduce((sum, value) => sum + Math.exp(value - most), 0) / n;
  const off = (/** @type {number} */ value) => Math.exp(value - most) / mean - 1;
  const squares = log.reduce((sum, value) => sum + off(value) ** 2, 0) / (n - 1);
  return { logZ: base + most + Math.log(mean), error: Math.sqrt(squares / n) };
}

/**
 * @param {World} world
 * @param {Float64Array[]} parameters W, b and c, which are changed in place
 * @param {Random} random
 */
export function createMachine(world, parameters, random) {
  const [W, b, c] = parameters, weights = { W, b, c }, H = b.length;
  const [inputs, probH, work] = [0, 1, 2].map(() => new Float64Array(STATES * H));
  const logP = new Float64Array(STATES), share = new Float64Array(STATES);
  const tables = { inputs, probH, logP };
  const gradients = parameters.map((values) => new Float64Array(values.length));
  const adam = createAdam(parameters);
  let logZ = refresh(weights, tables);
  /** @type {Int32Array | null} */
  let chains = null;

  /**
   * One step of Adam. The gradient is that of the mean free energy over `positive`, less that over `negative`: weights
   * of all states, which sum to 1 each.
   * @param {Float64Array} positive
   * @param {Float64Array} negative
   * @param {number} rate
   */
  function step(positive, negative, rate) {
    for (let s = 0, at = 0; s < STATES; s++) {
      const weight = (share[s] = negative[s] - positive[s]);
      for (let j = 0; j < H; j++, at++) work[at] = weight * probH[at];
    }
    fold(work, gradients[0]);
    gradients[1].set(work.subarray(0, H));
    fold(share, gradients[2]);
    adam.lr = rate;
    adam.step(gradients);
    logZ = refresh(weights, tables);
  }
  /**
   * Where the two averages of a step are taken: over data, and over what the model believes, or says it believes.
   * @param {Pick<Settings, "method" | "k" | "batch">} settings
   */
  function phases({ method, k, batch }) {
    const drawn = batch ? world.draw(batch, random) : null, n = batch || CHAINS;
    const positive = drawn ? shareOf(drawn) : world.p;
    if (method !== "pcd") chains = null;
    if (method === "exact") return { positive, negative: logP.map(Math.exp) };
    if (method === "pcd" && chains?.length !== n) {
      chains = Int32Array.from({ length: n }, () => random.integer(STATES));
    }
    const states = chains ?? drawn ?? world.even(n, random);
    for (let i = 0; i < k; i++) sweep(states, weights, probH, random);
    return { positive, negative: shareOf(states) };
  }
  return {
    parameters,
    gradients,
    phases,
    step,
    get logZ() {
      return logZ;
    },
    /** @param {Settings} settings */
    train(settings) {
      const { positive, negative } = phases(settings);
      step(positive, negative, settings.rate);
    },
    logProbAll: () => logP,
    /**
     * @param {number} n
     * @param {Random} dice
     */
    draw: (n, dice) => drawer(logP.map(Math.exp)).draw(n, dice),
    /**
     * @param {{ chains: number, temperatures: number }} settings
     * @param {Random} dice
     */
    anneal: (settings, dice) =>
      anneal({ W: W.slice(), c: c.slice(), inputs: inputs.slice(), logZ }, settings, dice),
  };
}

/** @type {Family} */
export const rbm = {
  name: "RBM",
  controls: [
    {
      trait: "method",
      label: "Gradient",
      options: [["exact", "exact"], ["cd", "CD-k"], ["pcd", "PCD-k"]],
    },
    RATE,
    {
      trait: "k",
      label: "Sweeps k",
      min: 1,
      max: 20,
      used: ({ method }) => method !== "exact",
    },
    HIDDEN,
    BATCH,
  ],
  label({ method, k, rate, hidden, batch }) {
    const draws = batch ? `, ${batch} draws a step` : "";
    return `${METHODS[method](k)}, rate ${+rate.toPrecision(2)}, ${hidden} hidden units${draws}`;
  },
  draw({ hidden }, random) {
    const noise = random.normals(new Float64Array(hidden * PIXELS));
    return [noise.map((value) => 0.1 * value), new Float64Array(hidden), new Float64Array(PIXELS)];
  },
  make: createMachine,
};
