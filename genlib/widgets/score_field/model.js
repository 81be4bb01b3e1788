// The score of data under noise, exactly and as denoisers have it, and walks along both.
//
// The data are a mixture of Gaussians of one width along a curve; noise makes them wider and changes nothing else.

import { createNetwork } from "../js/network.js";
import { unpack } from "../js/packing.js";

/** @import { Floats } from "../js/arrays.js" */
/** @import { Traits } from "../js/traits.js" */

/** @typedef {[x: number, y: number]} Point */
/** @typedef {{ sigma: number, denoise: (points: Floats, count: number) => Floats }} Level */
/** @typedef {{ sigma: number, share: number, start: Point }} Setting */
/** @typedef {{ exact: Point, model: Point }} Pair where the two walks stand, or the two answers */
/** @typedef {{ points: Floats, exact: Float64Array, model: Float64Array }} Arrows from points to the two answers */

/** Arrows across the plane. */
export const ARROWS = 15;
/** Steps of a walk that are computed before they are made. */
export const AHEAD = 40;
/** How many are kept at most. */
export const LONGEST = 400;
/** A term so far below the largest, in nats, adds nothing. */
const NOTHING = 40;

/** Data under noise: log p_sigma, and its gradient. */
export class Blurred {
  /**
   * @param {Floats} points the Gaussians' means, x and y in turns
   * @param {Floats} logWeights
   * @param {number} spread their standard deviation, without noise
   */
  constructor(points, logWeights, spread) {
    this.points = points;
    this.logWeights = logWeights;
    this.spread = spread;
    this.terms = new Float64Array(logWeights.length);
  }
  /**
   * The logarithm of the density under noise, and the score.
   * @param {number} x
   * @param {number} y
   * @param {number} sigma
   * @returns {{ log: number, score: Point }}
   */
  at(x, y, sigma) {
    const { points, logWeights, terms } = this, variance = this.spread ** 2 + sigma ** 2;
    let top = -Infinity, sum = 0, meanX = 0, meanY = 0;
    for (let k = 0; k < terms.length; k++) {
      const square = (points[2 * k] - x) ** 2 + (points[2 * k + 1] - y) ** 2;
      terms[k] = logWeights[k] - square / (2 * variance);
      if (terms[k] > top) top = terms[k];
    }
    for (let k = 0; k < terms.length; k++) {
      if (terms[k] < top - NOTHING) continue;
      const share = Math.exp(terms[k] - top);
      sum += share;
      meanX += share * points[2 * k];
      meanY += share * points[2 * k + 1];
    }
    return {
      log: top + Math.log(sum) - Math.log(2 * Math.PI * variance),
      score: [(meanX / sum - x) / variance, (meanY / sum - y) / variance],
    };
  }
  /**
   * E[x | x'], the best answer there is: x' + sigma^2 score.
   * @param {Point} point
   * @param {number} sigma
   * @returns {Point}
   */
  answer([x, y], sigma) {
    const { score } = this.at(x, y, sigma);
    return [x + sigma ** 2 * score[0], y + sigma ** 2 * score[1]];
  }
  /**
   * How far a point is from the nearest mean.
   * @param {Point} point
   */
  distance([x, y]) {
    let least = Infinity;
    for (let k = 0; k < this.terms.length; k++) {
      least = Math.min(least, Math.hypot(this.points[2 * k] - x, this.points[2 * k + 1] - y));
    }
    return least;
  }
}

/** Both fields, at every noise that there is a network for. */
export class Field {
  /**
   * @param {Blurred} data
   * @param {Level[]} levels
   * @param {number} limit of the plane
   * @param {string} curve the name of the data
   */
  constructor(data, levels, limit, curve) {
    this.data = data;
    this.levels = levels;
    this.limit = limit;
    this.curve = curve;
    /** @type {Map<string, Arrows>} */
    this.kept = new Map();
  }
  /**
   * The networks are others.
   * @param {Level[]} levels
   */
  load(levels) {
    this.levels = levels;
    this.kept.clear();
  }
  /** @param {number} sigma */
  has(sigma) {
    return this.levels.some((level) => level.sigma === sigma);
  }
  /**
   * What the network of this noise makes of points.
   * @param {Floats} points
   * @param {number} sigma
   */
  denoised(points, sigma) {
    const level = this.levels.find((one) => one.sigma === sigma) ?? this.levels[0];
    return Float64Array.from(level.denoise(points, points.length / 2));
  }
  /**
   * Both answers to a point.
   * @param {Point} point
   * @param {number} sigma
   * @returns {Pair}
   */
  answers(point, sigma) {
    const [x, y] = this.denoised(Float32Array.from(point), sigma);
    return { exact: this.data.answer(point, sigma), model: [x, y] };
  }
  /**
   * Both answers at the middles of cells all over the plane, row by row from above.
   * @param {number} sigma
   * @param {number} cells
   */
  arrows(sigma, cells) {
    const key = `${sigma} ${cells}`, found = this.kept.get(key);
    if (found) return found;
    const points = new Float32Array(2 * cells ** 2);
    for (let i = 0; i < cells ** 2; i++) {
      points[2 * i] = this.limit * ((2 * (i % cells) + 1) / cells - 1);
      points[2 * i + 1] = this.limit * (1 - (2 * Math.floor(i / cells) + 1) / cells);
    }
    const exact = new Float64Array(points.length);
    for (let i = 0; i < points.length; i += 2) {
      exact.set(this.data.answer([points[i], points[i + 1]], sigma), i);
    }
    const made = { points, exact, model: this.denoised(points, sigma) };
    this.kept.set(key, made);
    return made;
  }
}

/**
 * @param {Pair} pair
 */
export function apart({ exact, model }) {
  return Math.hypot(exact[0] - model[0], exact[1] - model[1]);
}

/**
 * Part of the way from a point to another.
 * @param {Point} from
 * @param {Point} to
 * @param {number} share
 * @returns {Point}
 */
function towards([x, y], to, share) {
  return [x + share * (to[0] - x), y + share * (to[1] - y)];
}

/** Two walks from one point, along the exact score and along the network's. */
export class Walk {
  steps = 0;
  /** @type {Pair[]} where the walks stand after each step, those to come included */
  path = [];

  /**
   * @param {Field} field
   * @param {Setting} setting
   */
  constructor(field, setting) {
    this.field = field;
    this.setting = { ...setting };
    this.now = { exact: setting.start, model: setting.start };
    this.begin();
  }
  /** Begins anew from the start. */
  begin() {
    const { start } = this.setting;
    this.steps = 0;
    this.path = [{ exact: start, model: start }];
    while (this.path.length <= AHEAD) this.path.push(this.after(this.path[this.path.length - 1]));
    this.now = this.path[0];
  }
  /**
   * Other noise, another share or another start.
   * @param {Partial<Setting>} to
   */
  change(to) {
    Object.assign(this.setting, to);
    this.begin();
  }
  /**
   * Where both stand one step later.
   * @param {Pair} pair
   * @returns {Pair}
   */
  after({ exact, model }) {
    const { sigma, share } = this.setting;
    return {
      exact: towards(exact, this.field.data.answer(exact, sigma), share),
      model: towards(model, this.field.answers(model, sigma).model, share),
    };
  }
  step() {
    this.steps++;
    const next = this.path[this.steps] ?? this.after(this.now);
    if (this.steps === this.path.length && this.steps < LONGEST) this.path.push(next);
    this.now = next;
  }
  /** How far apart the first two answers are, and the two walks now. */
  get gaps() {
    const { start, sigma } = this.setting;
    return { first: apart(this.field.answers(start, sigma)), now: apart(this.now) };
  }
  /** How far the last step went, of the walk that went further. */
  get moved() {
    if (!this.steps) return Infinity;
    const before = this.path[this.steps - 1] ?? this.now;
    const far = (/** @type {"exact" | "model"} */ who) =>
      Math.hypot(this.now[who][0] - before[who][0], this.now[who][1] - before[who][1]);
    return Math.max(far("exact"), far("model"));
  }
}

/**
 * The networks of a widget's traits.
 * @param {Pick<Traits, "get">} traits
 * @returns {Level[]}
 */
export function levelsOf(traits) {
  /** @type {DataView} */
  const view = traits.get("weights");
  return traits.get("spec").levels.map((/** @type {any} */ level) => {
    const own = new DataView(view.buffer, view.byteOffset + level.offset);
    const network = createNetwork(level, own);
    return {
      sigma: level.sigma,
      denoise: (/** @type {Floats} */ points, /** @type {number} */ count) =>
        network.forward(points, count).subarray(0, 2 * count),
    };
  });
}

/**
 * What a widget's traits describe.
 * @param {Pick<Traits, "get">} traits
 */
export function fieldOf(traits) {
  const { points, log_weights } = unpack(
    traits.get("nodes_spec"),
    traits.get("nodes"),
    Float64Array,
  );
  const data = new Blurred(points, log_weights, traits.get("spread"));
  return new Field(data, levelsOf(traits), traits.get("limit"), traits.get("curve"));
}

/**
 * @param {Pick<Traits, "get">} traits
 * @returns {Setting}
 */
export function settingOf(traits) {
  return { sigma: traits.get("sigma"), share: traits.get("share"), start: traits.get("start") };
}
