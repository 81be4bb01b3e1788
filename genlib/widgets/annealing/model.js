// Annealed importance sampling of a restricted Boltzmann machine, a chain at a time, so that a frame may stop anywhere.

import { sigmoid, softplus } from "../js/functions.js";
import { createHistory } from "../js/history.js";
import { unpack, unpackBits } from "../js/packing.js";
import { createRandom } from "../js/random.js";
import { createRbm } from "../js/rbm.js";

/** @import { Floats } from "../js/arrays.js" */
/** @import { Packed } from "../js/packing.js" */
/** @import { Random } from "../js/random.js" */
/** @import { Traits } from "../js/traits.js" */

/** @typedef {Record<"W" | "b" | "c" | "base", Float64Array>} Parts */
/** @typedef {"up" | "down"} Direction */
/** @typedef {{ temperatures: number, chains: number, base: string, direction: Direction }} Settings */
/**
 * @typedef {object} Source
 * @property {Record<string, Packed>} spec
 * @property {DataView} weights
 * @property {DataView} samples
 * @property {number} sampleCount
 * @property {number} seed
 * @property {number | null} logZ the exact one, if it is known
 */
/**
 * @typedef {object} Finished a run that has come to its end
 * @property {number} temperatures
 * @property {Direction} direction
 * @property {string} base
 * @property {number} log_z
 * @property {number} standard_error
 * @property {number} size
 */
/** @typedef {ReturnType<typeof createRun>} Run */
/** @typedef {ReturnType<typeof createAnnealing>} Annealing */
/** @typedef {ReturnType<Annealing["standing"]>} Standing what a run, finished or not, says of log Z */
/** @typedef {{ beta: number, off: Float64Array }} Moment how far chains' estimates are from that of all */

/** Chains whose way is remembered, and finished runs that are. */
const FOLLOWED = 100, RUNS = 400;
/** Multiplications that the first view may cost. */
const BUDGET = 5e7;

/**
 * The machine at an inverse temperature: couplings and hidden biases fade in, the visible bias goes from base to c.
 * @param {Parts} parts
 * @param {number} beta
 */
export function machineAt({ W, b, c, base }, beta) {
  const scaled = (/** @type {Float64Array} */ values) => values.map((value) => beta * value);
  const between = c.map((value, k) => (1 - beta) * base[k] + beta * value);
  return createRbm({ W: scaled(W), b: scaled(b), c: between });
}

/**
 * The log of the partition function of the base, which is known.
 * @param {Pick<Parts, "b" | "base">} parts
 */
export function logZOfBase({ b, base }) {
  return base.reduce((sum, value) => sum + softplus(value), b.length * Math.LN2);
}

/**
 * What a widget's traits say of its machine.
 * @param {Pick<Traits, "get">} traits
 * @returns {Source}
 */
export function sourceOf(traits) {
  return {
    spec: traits.get("spec"),
    weights: traits.get("weights"),
    samples: traits.get("samples"),
    sampleCount: traits.get("sample_count"),
    seed: traits.get("seed"),
    logZ: traits.get("log_z"),
  };
}

/**
 * Chains on their way through `betas`. They start as draws of the base, or at `samples`. After each step of a chain its
 * weight has gained e^(F_old - F_new) at the place where it stands; the first step finds it where it started.
 * @param {Parts} parts
 * @param {Float64Array} betas
 * @param {number} count
 * @param {Random} random
 * @param {ArrayLike<number>[] | null} [samples]
 */
export function createRun(parts, betas, count, random, samples = null) {
  const visible = parts.c.length, hidden = parts.b.length, coins = parts.base.map(sigmoid);
  const x = Array.from(
    { length: count },
    (_, i) =>
      samples ? Float64Array.from(samples[i]) : random.bernoulli(coins, new Float64Array(visible)),
  );
  const logW = new Float64Array(count), h = new Float64Array(hidden);
  const means = { meanX: new Float64Array(visible), meanH: new Float64Array(hidden) };
  let step = 0, chain = 0, old = machineAt(parts, betas[0]);
  /** @type {ReturnType<typeof machineAt> | null} */
  let next = null;
  return {
    x,
    logW,
    count,
    steps: betas.length - 1,
    get step() {
      return step;
    },
    get beta() {
      return betas[step];
    },
    get done() {
      return step === betas.length - 1;
    },
    /** One step of one chain; true when with it all chains have reached the next temperature. */
    advance() {
      next ??= machineAt(parts, betas[step + 1]);
      if (step) old.sweep({ x: x[chain], h, ...means }, random);
      logW[chain] += old.freeEnergy(x[chain]) - next.freeEnergy(x[chain]);
      if (++chain < count) return false;
      [old, next, chain] = [next, null, 0];
      step++;
      return true;
    },
  };
}

/**
 * Inverse temperatures from one end to the other, equally far apart.
 * @param {number} steps
 * @param {Direction} direction
 */
export function ladder(steps, direction) {
  const at = (/** @type {number} */ i) => (direction === "up" ? i : steps - i) / steps;
  return Float64Array.from({ length: steps + 1 }, (_, i) => at(i));
}

/**
 * The log of the mean weight, its standard error to first order, the effective sample size, the spread of the logs, and
 * each chain's share of the mean.
 * @param {Float64Array} logW
 */
export function summary(logW) {
  const n = logW.length, top = logW.reduce((a, b) => Math.max(a, b), -Infinity);
  const w = logW.map((value) => Math.exp(value - top));
  const total = (/** @type {Float64Array} */ values) => values.reduce((a, b) => a + b, 0);
  const variance = (/** @type {Float64Array} */ values, /** @type {number} */ mean) =>
    total(values.map((value) => (value - mean) ** 2)) / (n - 1);
  const sum = total(w), mean = sum / n;
  return {
    logMean: top + Math.log(mean),
    error: Math.sqrt(variance(w, mean) / n) / mean,
    size: (sum * sum) / total(w.map((value) => value * value)),
    sigma: Math.sqrt(variance(logW, total(logW) / n)),
    shares: w.map((value) => value / sum),
  };
}

/**
 * What the quick runs are that come before the first: some that are too short, and one that is not.
 * @param {boolean} down whether a run can begin with samples
 */
function rehearsals(down) {
  /** @type {Pick<Settings, "temperatures" | "direction">[]} */
  const some = [];
  for (let i = 0; i < 10; i++) {
    const direction = i % 2 && down ? "down" : "up";
    for (const temperatures of [3, 10]) some.push({ temperatures, direction });
  }
  return [...some, { temperatures: 100, direction: /** @type {Direction} */ ("up") }];
}

/**
 * What the weights of a run, finished or not, say of log Z: of each chain its own estimate, and that estimate less the
 * one of all.
 * @param {Float64Array} logW
 * @param {number} logZ0 of the base
 * @param {1 | -1} sign whether the run goes up from the base, or down to it
 */
function estimateOf(logW, logZ0, sign) {
  const found = summary(logW), estimate = logZ0 + sign * found.logMean;
  const off = logW.map((value) => sign * (value - found.logMean));
  return { ...found, estimate, off, own: () => logW.map((value) => logZ0 + sign * value) };
}

/**
 * One run after the other of a machine, and what they found. It begins with the first among a few quick ones, as far as
 * they cost next to nothing.
 * @param {Source} source
 * @param {Settings} first
 */
export function createAnnealing({ spec, weights, samples, sampleCount, seed, logZ }, first) {
  const { base: given, ...parts } = /** @type {Parts} */ (unpack(spec, weights, Float64Array));
  const { c } = parts, starts = unpackBits(samples, c.length, sampleCount, Float64Array);
  const random = createRandom(seed), bases = { given, own: c, coins: new Float64Array(c.length) };
  /** @type {Finished[]} */
  const runs = [], cost = parts.W.length * first.chains;
  if ((first.temperatures + 250) * cost < BUDGET) {
    rehearsals(starts.length > 0).forEach((made) => quick({ ...first, ...made }));
  }
  let settings = first, run = begun(first);
  /** @type {(kind: string) => Parts} */
  function withBase(kind) {
    return { ...parts, base: bases[/** @type {keyof bases} */ (kind)] ?? c };
  }
  /** @param {Settings} wanted */
  function begun({ temperatures, chains, base, direction }) {
    const betas = ladder(temperatures, direction), at = withBase(base);
    if (direction === "up") return createRun(at, betas, chains, random);
    const from = random.integer(starts.length);
    const some = Array.from({ length: chains }, (_, i) => starts[(from + i) % starts.length]);
    return createRun(at, betas, chains, random, some);
  }
  /**
   * @param {Run} of
   * @param {Settings} made
   */
  function standingOf({ logW }, { base, direction }) {
    return estimateOf(logW, logZOfBase(withBase(base)), direction === "up" ? 1 : -1);
  }
  /**
   * @param {Run} ended
   * @param {Settings} made
   */
  function finish(ended, made) {
    const { estimate, error, size } = standingOf(ended, made);
    const { temperatures, direction, base } = made;
    runs.push({ temperatures, direction, base, log_z: estimate, standard_error: error, size });
    if (runs.length > RUNS) runs.shift();
  }
  /** @param {Settings} made a whole run, of which only the result is kept */
  function quick(made) {
    const run = begun(made);
    while (!run.done) run.advance();
    finish(run, made);
  }
  const history = createHistory(60, () => {
    const off = standingOf(run, settings).off.slice(0, FOLLOWED);
    return /** @type {Moment} */ ({ beta: run.beta, off });
  });
  history.add(0);
  return {
    runs,
    logZ,
    /** Whether a whole run takes hardly longer than a frame. */
    cheap: first.temperatures * cost < BUDGET,
    hasBase: given !== undefined,
    hasSamples: starts.length > 0,
    get run() {
      return run;
    },
    get settings() {
      return settings;
    },
    /** Moments of the run, from its start until now. */
    get moments() {
      return history.entries.map(([, moment]) => moment);
    },
    standing: () => standingOf(run, settings),
    /** @param {Settings} wanted */
    begin(wanted) {
      [settings, run] = [wanted, begun(wanted)];
      history.clear();
      history.add(0);
    },
    /**
     * Goes on for so many temperatures, while there is time, and returns how many of them are left.
     * @param {number} temperatures
     * @param {() => boolean} [inTime]
     */
    advance(temperatures, inTime = () => true) {
      while (temperatures > 0 && !run.done && inTime()) {
        if (!run.advance()) continue;
        temperatures--;
        history.add(run.step);
        if (run.done) finish(run, settings);
      }
      return temperatures;
    },
  };
}

/**
 * Which chains `count` pictures show: of a finished run the heaviest, ..., the lightest, otherwise the first ones.
 * @param {{ done: boolean, count: number }} run
 * @param {Floats} shares
 * @param {number} count
 */
export function shownOf(run, shares, count) {
  if (!run.done) return Array.from({ length: count }, (_, i) => i % run.count);
  const order = [...shares.keys()].sort((a, b) => shares[b] - shares[a]);
  return Array.from(
    { length: count },
    (_, i) => order[Math.round((i * (run.count - 1)) / (count - 1))],
  );
}
