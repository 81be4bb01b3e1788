// A restricted Boltzmann machine: its conditionals, energies and Gibbs sweeps.

import { addScaled, dot, like, transposed } from "./arrays.js";
import { sigmoid, softplus } from "./functions.js";

/** @import { Floats } from "./arrays.js" */
/** @import { Random } from "./random.js" */

/** @typedef {ReturnType<typeof createRbm>} Rbm */
/**
 * @typedef {object} GibbsState both layers and their means; `clamp` is 1 at visible units that keep their value
 * @property {Floats} x
 * @property {Floats} h
 * @property {Floats} meanX
 * @property {Floats} meanH
 * @property {ArrayLike<number> | null} [clamp]
 */

/**
 * out = bias + sum_k units[k] * row k. Most units are off and cost nothing; the rows of those that are on are added
 * four at a time, because every visit to `out` costs as much as the addition itself.
 * @param {Floats} units
 * @param {number} count
 * @param {Floats} rows
 * @param {Floats} bias
 * @param {Floats} out
 * @param {Int32Array} on
 */
function field(units, count, rows, bias, out, on) {
  const width = bias.length;
  let used = 0;
  for (let k = 0; k < count; k++) if (units[k]) on[used++] = k;
  out.set(bias);
  let n = 0;
  for (; n + 3 < used; n += 4) {
    const u0 = units[on[n]], u1 = units[on[n + 1]];
    const u2 = units[on[n + 2]], u3 = units[on[n + 3]];
    const r0 = on[n] * width, r1 = on[n + 1] * width;
    const r2 = on[n + 2] * width, r3 = on[n + 3] * width;
    for (let i = 0; i < width; i++) {
      out[i] += u0 * rows[r0 + i] + u1 * rows[r1 + i] + (u2 * rows[r2 + i] + u3 * rows[r3 + i]);
    }
  }
  for (; n < used; n++) addScaled(out, 0, units[on[n]], rows, on[n] * width, width);
  return out;
}

/**
 * @param {Floats} out
 * @param {number} count
 */
function toProbability(out, count) {
  for (let i = 0; i < count; i++) out[i] = sigmoid(out[i]);
  return out;
}

/** @param {Record<string, Floats>} weights W (H, D), b (H,), c (D,) */
export function createRbm({ W, b, c }) {
  const hidden = b.length, visible = c.length, Wt = transposed(W, hidden, visible);
  const work = like(W, hidden), on = new Int32Array(Math.max(hidden, visible));
  /** @type {(x: Floats, out: Floats) => Floats} */
  const fromX = (x, out) => field(x, visible, Wt, b, out, on);
  /** @type {(x: Floats, out: Floats) => Floats} */
  const probH = (x, out) => toProbability(fromX(x, out), hidden);
  /** @type {(h: Floats, out: Floats) => Floats} */
  const probX = (h, out) => toProbability(field(h, hidden, W, c, out, on), visible);
  return {
    hidden,
    visible,
    probH,
    probX,
    /** @param {Floats} x */
    freeEnergy(x) {
      let sum = dot(c, 0, x, 0, visible);
      fromX(x, work);
      for (let j = 0; j < hidden; j++) sum += softplus(work[j]);
      return -sum;
    },
    /**
     * @param {Floats} x
     * @param {Floats} h
     */
    energy: (x, h) => -dot(c, 0, x, 0, visible) - dot(fromX(x, work), 0, h, 0, hidden),
    /**
     * One Gibbs sweep in place: h from p(h|x), then x from p(x|h). A sure coin tosses the units that are kept.
     * @param {GibbsState} state
     * @param {Random} random
     */
    sweep({ x, h, meanX, meanH, clamp }, random) {
      random.bernoulli(probH(x, meanH), h);
      probX(h, meanX);
      if (clamp) { for (let i = 0; i < visible; i++) if (clamp[i]) meanX[i] = x[i]; }
      random.bernoulli(meanX, x);
    },
  };
}
