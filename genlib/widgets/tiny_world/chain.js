// Autoregressive families of TinyWorld: the log-odds of each pixel for every past that it can have. Their probabilities
// sum to one by themselves, and so there is no partition function.
//
// Pixel d has 2^d pasts, the first d bits of a state read as a number. All pixels' pasts lie in one table: those of
// pixel d begin at 2^d - 1.

import { createAdam } from "../js/adam.js";
import { sigmoid, softplus } from "../js/functions.js";
import { BATCH, HIDDEN, RATE } from "./wishes.js";
import { drawer, PIXELS, shareOf, STATES } from "./world.js";

/** @import { Random } from "../js/random.js" */
/** @import { Family } from "./model.js" */
/** @import { World } from "./world.js" */

/** @typedef {{ rate: number, hidden: number, batch: number }} Settings */
/**
 * @typedef {object} Net what gives the log-odds
 * @property {Float64Array[]} parameters changed in place
 * @property {(a: Float64Array) => void} odds fills the table
 * @property {(da: Float64Array, gradients: Float64Array[]) => void} slopes from the table's gradient to the parameters'
 */

const PASTS = STATES - 1;

/** @param {number} d */
const first = (d) => 2 ** d - 1;

/**
 * bias + sum over the lit pixels of a past of their weights, for each of 2^d pasts; added to what is there.
 * @param {Float64Array} out 2^d values
 * @param {number} d
 * @param {number} bias
 * @param {(e: number) => number} weight
 */
function spread(out, d, bias, weight) {
  const sums = new Float64Array(2 ** d);
  sums[0] = bias;
  for (let e = d - 1, half = 1; e >= 0; e--, half *= 2) {
    const w = weight(e);
    for (let past = 0; past < half; past++) sums[half + past] = sums[past] + w;
  }
  for (let past = 0; past < sums.length; past++) out[past] += sums[past];
}

/**
 * The way back: adds up the values of the pasts in which each pixel is lit, and returns the sum of all.
 * @param {Float64Array} values 2^d values
 * @param {number} d
 * @param {(e: number, sum: number) => void} lit
 */
function fold(values, d, lit) {
  const sums = values.slice();
  for (let e = 0, half = 2 ** (d - 1); e < d; e++, half /= 2) {
    let sum = 0;
    for (let past = 0; past < half; past++) {
      sum += sums[half + past];
      sums[past] += sums[half + past];
    }
    lit(e, sum);
  }
  return sums[0];
}

/**
 * Logistic regressions, one for each pixel on those before it: row d of R, and c.
 * @param {Float64Array} R
 * @param {Float64Array} c
 */
function regressions(R, c) {
  return {
    /** @param {Float64Array} a */
    odds(a) {
      for (let d = 0; d < PIXELS; d++) {
        spread(a.subarray(first(d), first(d + 1)), d, c[d], (e) => R[d * PIXELS + e]);
      }
    },
    /**
     * @param {Float64Array} da
     * @param {Float64Array} dR
     * @param {Float64Array} dc
     */
    slopes(da, dR, dc) {
      for (let d = 0; d < PIXELS; d++) {
        dc[d] = fold(da.subarray(first(d), first(d + 1)), d, (e, sum) => {
          dR[d * PIXELS + e] = sum;
        });
      }
    },
  };
}

/**
 * Up to which pixel each hidden unit of a MADE may see: 1 to 11, spread evenly.
 * @param {number} hidden
 */
export function degreesOf(hidden) {
  const most = PIXELS - 1;
  return Array.from(
    { length: hidden },
    (_, k) => 1 + (hidden < most ? Math.floor(k * most / hidden) : k % most),
  );
}

/**
 * A belief net: regressions and nothing else.
 * @param {Float64Array[]} parameters R and c
 * @returns {Net}
 */
function beliefNet(parameters) {
  const net = regressions(parameters[0], parameters[1]);
  return { parameters, odds: net.odds, slopes: (da, [dR, dc]) => net.slopes(da, dR, dc) };
}

/**
 * A MADE with one hidden layer and weights straight from pixel to pixel. A hidden unit of degree m has 2^m values.
 * @param {Float64Array[]} parameters weights and biases in, V and c out, R
 * @returns {Net}
 */
function masked(parameters) {
  const [W, b, V, c, R] = parameters, H = b.length, degrees = degreesOf(H);
  const direct = regressions(R, c);
  const units = degrees.map((m) => new Float64Array(2 ** m));
  /** @param {(k: number, d: number, drop: number) => void} act for each unit and each pixel that reads it */
  function paths(act) {
    for (let k = 0; k < H; k++) {
      for (let d = degrees[k]; d < PIXELS; d++) act(k, d, d - degrees[k]);
    }
  }
  return {
    parameters,
    odds(a) {
      direct.odds(a);
      degrees.forEach((m, k) => {
        units[k].fill(0);
        spread(units[k], m, b[k], (e) => W[k * PIXELS + e]);
      });
      paths((k, d, drop) => {
        const weight = V[d * H + k], unit = units[k], at = first(d);
        for (let past = 0; past < 2 ** d; past++) {
          const u = unit[past >> drop];
          if (u > 0) a[at + past] += weight * u;
        }
      });
    },
    slopes(da, [dW, db, dV, dc, dR]) {
      direct.slopes(da, dR, dc);
      const back = units.map((unit) => new Float64Array(unit.length));
      paths((k, d, drop) => {
        const weight = V[d * H + k], unit = units[k], at = first(d);
        let sum = 0;
        for (let past = 0; past < 2 ** d; past++) {
          const u = unit[past >> drop];
          if (u <= 0) continue;
          sum += da[at + past] * u;
          back[k][past >> drop] += da[at + past] * weight;
        }
        dV[d * H + k] = sum;
      });
      degrees.forEach((m, k) => {
        db[k] = fold(back[k], m, (e, sum) => {
          dW[k * PIXELS + e] = sum;
        });
      });
    },
  };
}

/**
 * The probability that the weights of all states give to each past, and to that past with its pixel lit.
 * @param {Float64Array} weights
 */
function visits(weights) {
  const reached = new Float64Array(PASTS), lit = new Float64Array(PASTS);
  let next = weights;
  for (let d = PIXELS - 1; d >= 0; d--) {
    const here = reached.subarray(first(d), first(d + 1)), at = first(d);
    for (let past = 0; past < here.length; past++) {
      lit[at + past] = next[2 * past + 1];
      here[past] = next[2 * past] + next[2 * past + 1];
    }
    next = here;
  }
  return { reached, lit };
}

/**
 * log p of every state, from the log-odds of every past.
 * @param {Float64Array} a
 * @param {Float64Array} logP
 */
function multiply(a, logP) {
  logP[0] = 0;
  for (let d = 0; d < PIXELS; d++) {
    for (let past = 2 ** d - 1, at = first(d); past >= 0; past--) {
      const odds = a[at + past], dark = logP[past] - softplus(odds);
      logP[2 * past + 1] = dark + odds;
      logP[2 * past] = dark;
    }
  }
}

/**
 * @param {World} world
 * @param {Net} net
 * @param {Random} random
 */
function createChain(world, net, random) {
  const { parameters } = net, logP = new Float64Array(STATES);
  const a = new Float64Array(PASTS), da = new Float64Array(PASTS);
  const gradients = parameters.map((values) => new Float64Array(values.length));
  const adam = createAdam(parameters), all = visits(world.p);
  function refresh() {
    a.fill(0);
    net.odds(a);
    multiply(a, logP);
  }
  refresh();
  return {
    parameters,
    gradients,
    /** @param {Pick<Settings, "rate" | "batch">} settings */
    train({ rate, batch }) {
      const { reached, lit } = batch ? visits(shareOf(world.draw(batch, random))) : all;
      for (let i = 0; i < PASTS; i++) da[i] = reached[i] * sigmoid(a[i]) - lit[i];
      net.slopes(da, gradients);
      adam.lr = rate;
      adam.step(gradients);
      refresh();
    },
    logProbAll: () => logP,
    /**
     * @param {number} n
     * @param {Random} dice
     */
    draw: (n, dice) => drawer(logP.map(Math.exp)).draw(n, dice),
  };
}

/** @param {Settings} settings */
const how = ({ rate, batch }) =>
  `rate ${+rate.toPrecision(2)}${batch ? `, ${batch} draws a step` : ""}`;

/** @type {Family} */
export const fvsbn = {
  name: "FVSBN",
  controls: [RATE, BATCH],
  label: (settings) => `FVSBN, ${how(settings)}`,
  draw: () => [new Float64Array(PIXELS ** 2), new Float64Array(PIXELS)],
  make: (world, parameters, random) => createChain(world, beliefNet(parameters), random),
};

/** @type {Family} */
export const made = {
  name: "MADE",
  controls: [RATE, HIDDEN, BATCH],
  label: (settings) => `MADE, ${settings.hidden} hidden units, ${how(settings)}`,
  draw({ hidden }, random) {
    const noise = (/** @type {number} */ n) =>
      random.normals(new Float64Array(n)).map((value) => 0.3 * value);
    const zeros = (/** @type {number} */ n) => new Float64Array(n);
    return [
      noise(hidden * PIXELS),
      zeros(hidden),
      noise(PIXELS * hidden),
      zeros(PIXELS),
      zeros(PIXELS ** 2),
    ];
  },
  make: (world, parameters, random) => createChain(world, masked(parameters), random),
};
