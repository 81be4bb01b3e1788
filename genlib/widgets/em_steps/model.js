// Expectation maximisation for a mixture of Bernoullis, one half step at a time, and the bound that it climbs.

import { sigmoid, softplus } from "../js/functions.js";
import { createRandom } from "../js/random.js";

/** @typedef {"posterior" | "decided" | "half blind"} Guess */
/** @typedef {"random" | "twins" | "one picture" | "given"} Start */
/** @typedef {{ logWeights: Float64Array, logits: Float64Array }} Parameters K numbers, and K rows of D */
/** @typedef {{ s: number, likelihood: number, bound: number }} Point on the line of a step */

/** The log-odds of a pixel that is never, or always, on. */
export const MOST = Math.log(1e6 - 1);
const TINY = 2.2250738585072014e-308;

/** Where on the line of a step it is looked: 0 is where it starts, 1 where it ends. */
export const PLACES = Array.from({ length: 33 }, (_, i) => (i - 4) / 16);

/**
 * @param {ArrayLike<number>} a
 * @param {number} from
 * @param {number} to
 */
function logSumExp(a, from, to) {
  let top = -Infinity, sum = 0;
  for (let i = from; i < to; i++) top = Math.max(top, a[i]);
  for (let i = from; i < to; i++) sum += Math.exp(a[i] - top);
  return top + Math.log(sum);
}

/** @param {Float64Array} a */
function normalised(a) {
  const all = logSumExp(a, 0, a.length);
  return a.map((value) => value - all);
}

/**
 * For each component, what it has to say of every picture: log weight and the logs of all zeros.
 * @param {Parameters} parameters
 * @param {number} size
 */
function constants({ logWeights, logits }, size) {
  return normalised(logWeights).map((log, k) => {
    let zeros = 0;
    for (let i = k * size; i < (k + 1) * size; i++) zeros += softplus(logits[i]);
    return log - zeros;
  });
}

/**
 * The sums of the logits where a picture is on, for each picture and component; of so many pixels if not of all.
 * @param {ArrayLike<number>[]} pictures
 * @param {Float64Array} logits
 * @param {number} size
 */
function fields(pictures, logits, size, pixels = size) {
  const components = logits.length / size, out = new Float64Array(pictures.length * components);
  pictures.forEach((x, n) => {
    for (let k = 0, at = 0; k < components; k++, at += size) {
      let sum = 0;
      for (let i = 0; i < pixels; i++) if (x[i]) sum += logits[at + i];
      out[n * components + k] = sum;
    }
  });
  return out;
}

/**
 * log p(x, k), picture by picture.
 * @param {ArrayLike<number>[]} pictures
 * @param {Parameters} parameters
 * @param {number} size
 */
export function logJoint(pictures, parameters, size) {
  const constant = constants(parameters, size), components = constant.length;
  return fields(pictures, parameters.logits, size).map((sum, i) => sum + constant[i % components]);
}

/**
 * Rows of `components` logarithms as probabilities.
 * @param {Float64Array} logs
 * @param {number} components
 */
function softmaxRows(logs, components) {
  const out = logs.slice();
  for (let at = 0; at < out.length; at += components) {
    const all = logSumExp(logs, at, at + components);
    for (let i = at; i < at + components; i++) out[i] = Math.exp(logs[i] - all);
  }
  return out;
}

/**
 * q for each picture: the posterior, all on its largest entry, or the posterior given the upper half of the picture.
 * @param {Guess} guess
 * @param {ArrayLike<number>[]} pictures
 * @param {Parameters} parameters
 * @param {number} size
 */
export function guessed(guess, pictures, parameters, size) {
  const { logWeights, logits } = parameters, components = logWeights.length;
  if (guess === "half blind") {
    const half = Math.floor(size / 2), upper = new Float64Array(components * half);
    for (let k = 0; k < components; k++) {
      upper.set(logits.subarray(k * size, k * size + half), k * half);
    }
    return softmaxRows(logJoint(pictures, { logWeights, logits: upper }, half), components);
  }
  const joint = logJoint(pictures, parameters, size);
  if (guess === "posterior") return softmaxRows(joint, components);
  const out = new Float64Array(joint.length);
  for (let at = 0; at < out.length; at += components) {
    let best = at;
    for (let i = at; i < at + components; i++) if (joint[i] > joint[best]) best = i;
    out[best] = 1;
  }
  return out;
}

/**
 * The parameters that are best for these q: counts, and as many more of either kind as the pseudo-count says.
 * @param {ArrayLike<number>[]} pictures
 * @param {Float64Array} q
 * @param {number} size
 * @param {number} smoothing
 * @returns {Parameters}
 */
export function maximised(pictures, q, size, smoothing) {
  const components = q.length / pictures.length, total = new Float64Array(components);
  const on = new Float64Array(components * size);
  pictures.forEach((x, n) => {
    for (let k = 0; k < components; k++) {
      const share = q[n * components + k];
      total[k] += share;
      if (share) { for (let i = 0; i < size; i++) if (x[i]) on[k * size + i] += share; }
    }
  });
  const log = (/** @type {number} */ count) => Math.log(Math.max(count + smoothing, TINY));
  const logits = on.map((count, i) => {
    const off = Math.max(total[Math.floor(i / size)] - count, 0);
    return Math.max(-MOST, Math.min(MOST, log(count) - log(off)));
  });
  return { logWeights: normalised(total.map(log)), logits };
}

/**
 * Mean log-likelihood and bound at each of the places on the line between two sets of parameters.
 *
 * Along it the logits change evenly, so that all sums over pixels are made once.
 * @param {ArrayLike<number>[]} pictures
 * @param {Float64Array} q
 * @param {Parameters} from
 * @param {Parameters} to
 * @param {number} size
 * @param {number[]} places
 * @returns {Point[]}
 */
export function along(pictures, q, from, to, size, places = PLACES) {
  const components = from.logWeights.length, count = pictures.length;
  const apart = to.logits.map((value, i) => value - from.logits[i]);
  const start = fields(pictures, from.logits, size), slope = fields(pictures, apart, size);
  const share = new Float64Array(components), row = new Float64Array(components);
  let base = 0, tilt = 0, entropy = 0;
  q.forEach((value, i) => {
    if (!value) return;
    share[i % components] += value / count;
    base += (value * start[i]) / count;
    tilt += (value * slope[i]) / count;
    entropy -= (value * Math.log(value)) / count;
  });
  return places.map((s) => {
    const here = {
      logWeights: from.logWeights.map((value, k) => value + s * (to.logWeights[k] - value)),
      logits: from.logits.map((value, i) => value + s * apart[i]),
    };
    const constant = constants(here, size);
    let likelihood = 0;
    for (let n = 0, at = 0; n < count; n++, at += components) {
      for (let k = 0; k < components; k++) row[k] = start[at + k] + s * slope[at + k] + constant[k];
      likelihood += logSumExp(row, 0, components) / count;
    }
    const fixed = constant.reduce((sum, value, k) => sum + share[k] * value, 0);
    return { s, likelihood, bound: base + s * tilt + fixed + entropy };
  });
}

/**
 * @param {Start} start
 * @param {{ pictures: ArrayLike<number>[], size: number, components: number, seed: number, given: Parameters | null }} of
 * @returns {Parameters}
 */
export function startOf(start, { pictures, size, components, seed, given }) {
  if (start === "given" && given) {
    return { logWeights: given.logWeights.slice(), logits: given.logits.slice() };
  }
  const random = createRandom(seed), logWeights = new Float64Array(components);
  const logits = new Float64Array(components * size).map(() => {
    const mean = 0.25 + 0.5 * random.uniform();
    return Math.log(mean / (1 - mean));
  });
  for (let i = 0; i < logits.length; i++) {
    if (start === "twins") logits[i] = logits[i % size];
    if (start === "one picture" && i < size) logits[i] = pictures[0][i] ? MOST : -MOST;
  }
  return { logWeights: normalised(logWeights), logits };
}

/** How a mixture learns, and from where. */
export class Setting {
  components = 6;
  /** @type {Guess} */
  guess = "posterior";
  smoothing = 0;
  /** @type {Start} */
  start = "random";
  seed = 0;
}

/** How many half steps are remembered; then every second one is forgotten. */
const MEMORY = 400;

/** A mixture that learns by halves of a round: E makes q, M makes the parameters. */
export class Mixture {
  setting = new Setting();
  rounds = 0;
  /** Whether the E step has been made for where the parameters are. */
  fresh = false;
  likelihood = 0;
  bound = 0;
  /** @type {Point[]} what each half step reached; s counts them */
  past = [];
  /** @type {Point[]} the line of the M step that these q ask for */
  points = [];
  halves = 0;

  /**
   * @param {ArrayLike<number>[]} pictures
   * @param {number} size pixels of a picture
   * @param {Parameters | null} given where the start called "given" is
   */
  constructor(pictures, size, given) {
    this.pictures = pictures;
    this.size = size;
    this.given = given;
    this.here = this.there = startOf("random", { pictures, size, given, components: 1, seed: 0 });
    this.q = new Float64Array(pictures.length);
  }
  /** Begins anew, with as many rounds made as are asked for and their E step. */
  begin(first = 0) {
    const { pictures, size, given, setting } = this;
    this.here = startOf(setting.start, { pictures, size, given, ...setting });
    setting.components = this.here.logWeights.length;
    [this.rounds, this.halves, this.fresh, this.past] = [0, 0, false, []];
    this.expect();
    for (let i = 0; i < first; i++) {
      this.maximise();
      this.expect();
    }
  }
  /** The E step, unless it has been made. */
  expect() {
    if (this.fresh) return;
    const { pictures, size, here, setting } = this;
    this.q = guessed(setting.guess, pictures, here, size);
    this.there = maximised(pictures, this.q, size, setting.smoothing);
    this.points = along(pictures, this.q, here, this.there, size);
    this.fresh = true;
    this.measure();
  }
  /** The M step, after an E step if there was none. */
  maximise() {
    this.expect();
    this.here = this.there;
    this.fresh = false;
    this.rounds++;
    this.measure();
  }
  /** The half that is due. */
  step() {
    if (this.fresh) this.maximise();
    else this.expect();
  }
  /**
   * Another kind of q, or another pseudo-count: the E step is made again.
   * @param {Partial<Setting>} to
   */
  change(to) {
    Object.assign(this.setting, to);
    this.fresh = false;
    this.expect();
  }
  measure() {
    const { pictures, q, here, size } = this;
    const [{ likelihood, bound }] = along(pictures, q, here, here, size, [0]);
    Object.assign(this, { likelihood, bound });
    this.past.push({ s: this.halves++, likelihood, bound });
    const last = this.past.length - 1;
    if (last >= MEMORY) this.past = this.past.filter((_, i) => i % 2 === 0 || i === last);
  }
  /** @param {number} k */
  weight(k) {
    return Math.exp(this.here.logWeights[k]);
  }
  /** @param {number} k */
  template(k) {
    return this.here.logits.slice(k * this.size, (k + 1) * this.size).map(sigmoid);
  }
  /**
   * The pictures that a component has most of by q, and its share in each.
   * @param {number} k
   * @param {number} count
   */
  own(k, count) {
    const shares = this.pictures.map((_, n) => ({
      n,
      share: this.q[n * this.setting.components + k],
    }));
    return shares.sort((a, b) => b.share - a.share || a.n - b.n).slice(0, count);
  }
}

/**
 * The mixture that Python has sent, if there is one.
 * @param {DataView} view log-weights and logits, float64
 * @param {number} size
 * @returns {Parameters | null}
 */
export function givenOf(view, size) {
  const count = view.byteLength / 8, components = count / (size + 1);
  if (!count) return null;
  const numbers = Float64Array.from({ length: count }, (_, i) => view.getFloat64(8 * i, true));
  return { logWeights: numbers.slice(0, components), logits: numbers.slice(components) };
}
