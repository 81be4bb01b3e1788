// A landscape of round hills, walkers in it, and what their correlated steps are worth.
//
// p(x, y) is a mixture of round Gaussian hills, so that its density, its slope, its margins and its conditionals are
// known exactly, however it was drawn.

import { createRandom } from "../js/random.js";

/** @import { Random } from "../js/random.js" */

/** @typedef {{ x: number, y: number, width: number, weight: number }} Hill */
/** @typedef {"metropolis" | "gibbs" | "langevin" | "tempered"} Walker */
/** @typedef {{ x: number, y: number }} Place */
/** @typedef {(random: Random, place: Place, scale: number) => Place} Move */

/** The landscape is seen from -3 to 3 both ways. */
export const EDGE = 3;
/** Temperatures of the chains that exchange their places. */
export const LADDER = [1, 3, 9, 27];
/** So far from the middle a walker is lost. */
const LOST = 100;
/** How many of the latest steps are remembered and measured. */
export const MEMORY = 4000;

/**
 * The logarithm of each hill's share in the density at a place.
 * @param {Hill[]} hills
 * @param {Place} place
 */
function logTerms(hills, { x, y }) {
  return hills.map((hill) =>
    Math.log(hill.weight / (2 * Math.PI * hill.width ** 2)) -
    ((x - hill.x) ** 2 + (y - hill.y) ** 2) / (2 * hill.width ** 2)
  );
}

/** @param {number[]} logs */
function shares(logs) {
  const top = Math.max(...logs), powers = logs.map((log) => Math.exp(log - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return { all: top + Math.log(sum), of: powers.map((power) => power / sum) };
}

/** @param {Hill[]} hills */
function totalWeight(hills) {
  return hills.reduce((sum, { weight }) => sum + weight, 0);
}

/**
 * @param {Hill[]} hills
 * @param {Place} place
 */
export function logDensity(hills, place) {
  return shares(logTerms(hills, place)).all - Math.log(totalWeight(hills));
}

/**
 * The score, the gradient of the log-density.
 * @param {Hill[]} hills
 * @param {Place} place
 * @returns {Place}
 */
export function slope(hills, place) {
  const { of } = shares(logTerms(hills, place)), sum = { x: 0, y: 0 };
  hills.forEach((hill, i) => {
    sum.x += (of[i] * (hill.x - place.x)) / hill.width ** 2;
    sum.y += (of[i] * (hill.y - place.y)) / hill.width ** 2;
  });
  return sum;
}

/**
 * The distribution of one coordinate, whatever the other is.
 * @param {Hill[]} hills
 * @param {"x" | "y"} axis
 * @param {number} at
 */
export function margin(hills, axis, at) {
  const terms = hills.map((hill) =>
    (hill.weight / hill.width) * Math.exp(-((at - hill[axis]) ** 2) / (2 * hill.width ** 2))
  );
  return terms.reduce((a, b) => a + b, 0) / (Math.sqrt(2 * Math.PI) * totalWeight(hills));
}

/**
 * @param {Hill[]} hills
 * @param {"x" | "y"} axis
 */
export function mean(hills, axis) {
  return hills.reduce((sum, hill) => sum + hill.weight * hill[axis], 0) / totalWeight(hills);
}

/**
 * The hills' shares in the conditional distribution of one coordinate, given the other.
 * @param {Hill[]} hills
 * @param {"x" | "y"} given
 * @param {number} at
 */
export function conditional(hills, given, at) {
  return shares(
    hills.map((hill) =>
      Math.log(hill.weight / hill.width) - ((at - hill[given]) ** 2) / (2 * hill.width ** 2)
    ),
  ).of;
}

/**
 * @param {Hill[]} hills
 * @param {Random} random
 * @param {"x" | "y"} axis
 * @param {number} other the other coordinate, which is kept
 */
function redrawn(hills, random, axis, other) {
  const of = conditional(hills, axis === "x" ? "y" : "x", other);
  let left = random.uniform(), i = 0;
  while (i < of.length - 1 && left >= of[i]) left -= of[i++];
  return hills[i][axis] + hills[i].width * random.normal();
}

/**
 * @param {Random} random
 * @param {Place} place
 * @param {number} scale
 * @returns {Place}
 */
function shaken(random, { x, y }, scale) {
  return { x: x + scale * random.normal(), y: y + scale * random.normal() };
}

/** A chain, or several at different temperatures, of which the first is the one that counts. */
export class Chain {
  steps = 0;
  taken = 0;
  /** @type {Place[]} the latest ones, the newest last */
  trail = [];

  /**
   * @param {Hill[]} hills
   * @param {Walker} walker
   * @param {number} scale size of a step
   * @param {Place} start
   * @param {number} seed
   */
  constructor(hills, walker, scale, start, seed = 0) {
    this.hills = hills;
    this.walker = walker;
    this.scale = scale;
    this.random = createRandom(seed);
    this.places = LADDER.map(() => ({ ...start }));
  }
  get place() {
    return this.places[0];
  }
  /** @param {number} count */
  run(count) {
    for (let i = 0; i < count; i++) this.step();
  }
  step() {
    const before = this.place;
    this[this.walker]();
    this.steps++;
    if (this.place !== before) this.taken++;
    this.trail.push(this.place);
    if (this.trail.length > 1.5 * MEMORY) this.trail = this.trail.slice(-MEMORY);
  }
  metropolis(level = 0) {
    const { hills, random, scale } = this, place = this.places[level], heat = LADDER[level];
    const proposal = shaken(random, place, scale * Math.sqrt(heat));
    const ratio = (logDensity(hills, proposal) - logDensity(hills, place)) / heat;
    if (Math.log(random.uniform()) < ratio) this.places[level] = proposal;
  }
  gibbs() {
    const { hills, random } = this, { y } = this.place;
    const x = redrawn(hills, random, "x", y);
    this.places[0] = { x, y: redrawn(hills, random, "y", x) };
  }
  /** Far off the map: there a step of Langevin's walk that is too large would lead ever further, and it ends. */
  get lost() {
    return Math.hypot(this.place.x, this.place.y) > LOST;
  }
  /** The noise of a step is as large as Metropolis' steps are. */
  langevin() {
    if (this.lost) return;
    const { hills, random, scale } = this, up = slope(hills, this.place), step = scale ** 2 / 2;
    const ahead = { x: this.place.x + step * up.x, y: this.place.y + step * up.y };
    this.places[0] = shaken(random, ahead, scale);
  }
  tempered() {
    LADDER.forEach((_, level) => this.metropolis(level));
    for (let i = this.steps % 2; i < LADDER.length - 1; i += 2) {
      const [cold, hot] = [this.places[i], this.places[i + 1]];
      const gain = logDensity(this.hills, hot) - logDensity(this.hills, cold);
      const ratio = (1 / LADDER[i] - 1 / LADDER[i + 1]) * gain;
      if (Math.log(this.random.uniform()) < ratio) {
        [this.places[i], this.places[i + 1]] = [hot, cold];
      }
    }
  }
  /** What is measured: the latest steps, those at the start left out. */
  latest() {
    const warm = Math.max(0, Math.floor(this.steps / 10) - (this.steps - this.trail.length));
    return this.trail.slice(Math.max(warm, this.trail.length - MEMORY));
  }
}

/**
 * The correlation of a chain with itself some steps later.
 * @param {number[]} centred numbers whose mean is zero
 * @param {number} lag
 */
function covariance(centred, lag) {
  let sum = 0;
  for (let i = lag; i < centred.length; i++) sum += centred[i] * centred[i - lag];
  return sum / centred.length;
}

/**
 * Autocorrelation at the first lags, and the effective size, as `genlib.sampling.effective_size` has it.
 * @param {number[]} values
 * @param {number} lags
 */
export function worth(values, lags = 100) {
  const count = values.length, average = values.reduce((a, b) => a + b, 0) / count;
  const centred = values.map((value) => value - average), variance = covariance(centred, 0);
  if (!(variance > 0) || count < 4) return { average, error: NaN, size: NaN, rho: [1] };
  /** @type {number[]} */
  const rho = [];
  const at = (/** @type {number} */ lag) => (rho[lag] ??= covariance(centred, lag) / variance);
  let tau = -1, least = Infinity;
  for (let lag = 0; lag + 1 < count; lag += 2) {
    const pair = at(lag) + at(lag + 1);
    if (pair <= 0) break;
    least = Math.min(least, pair);
    tau += 2 * least;
  }
  for (let lag = 0; lag < Math.min(lags, count); lag++) at(lag);
  const size = count / Math.max(tau, 1 / count);
  const spread = (variance * count) / (count - 1);
  return { average, error: Math.sqrt(spread / size), size, rho: rho.slice(0, lags) };
}

/**
 * Shares of the values in bins of equal width from -EDGE to EDGE, as a density; what lies outside is counted, too.
 * @param {number[]} values
 * @param {number} bins
 */
export function histogram(values, bins) {
  const counts = new Float64Array(bins), width = (2 * EDGE) / bins;
  for (const value of values) {
    const bin = Math.floor((value + EDGE) / width);
    if (bin >= 0 && bin < bins) counts[bin] += 1 / (values.length * width);
  }
  return counts;
}

/** @param {[x: number, y: number, width: number, weight?: number][]} rows */
function hillsOf(...rows) {
  return rows.map(([x, y, width, weight = 1]) => ({ x, y, width, weight }));
}

/** Landscapes to choose from, and where the walker starts in each. */
export const LANDSCAPES = /** @type {Record<string, { hills: Hill[], start: Place }>} */ ({
  "three hills": {
    hills: hillsOf([-1.4, -0.9, 0.5, 2], [1.3, -0.6, 0.4], [0.1, 1.3, 0.45]),
    start: { x: -1.4, y: -0.9 },
  },
  "two far apart": {
    hills: hillsOf([-1.8, -1.2, 0.3, 2], [1.8, 1.2, 0.3]),
    start: { x: -1.8, y: -1.2 },
  },
  "a narrow ridge": {
    hills: Array.from({ length: 21 }, (_, i) => ({
      x: (i - 10) / 5,
      y: (i - 10) / 5,
      width: 0.15,
      weight: Math.exp(-((i - 10) ** 2) / 50),
    })),
    start: { x: 0, y: 0 },
  },
  "a ring": {
    hills: Array.from({ length: 24 }, (_, i) => ({
      x: 1.9 * Math.cos((i * Math.PI) / 12),
      y: 1.9 * Math.sin((i * Math.PI) / 12),
      width: 0.25,
      weight: 1,
    })),
    start: { x: 1.9, y: 0 },
  },
});
