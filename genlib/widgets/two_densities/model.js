// One Gaussian q and a mixture p of two, on a grid: both divergences, and natural gradient descent on either.

/** @typedef {"pq" | "qp"} Divergence which of KL(p || q) and KL(q || p) is lowered */
/** @typedef {{ means: number[], sigmas: number[], share: number }} Target */
/** @typedef {ReturnType<typeof createFit>} Fit */

/** The grid reaches from -EDGE to EDGE; what is shown, from -SHOWN to SHOWN. */
const EDGE = 20, CELLS = 2400;
export const SHOWN = 5;
const STEP = (2 * EDGE) / CELLS, RATE = 0.1, STRIDE = 0.2;
const HALF_LOG = 0.5 * Math.log(2 * Math.PI);
/** Middles of the cells. */
export const GRID = Float64Array.from({ length: CELLS }, (_, i) => -EDGE + (i + 0.5) * STEP);

/**
 * log N(x; mean, sigma^2)
 * @param {number} x
 * @param {number} mean
 * @param {number} sigma
 */
export function logNormal(x, mean, sigma) {
  return -0.5 * ((x - mean) / sigma) ** 2 - Math.log(sigma) - HALF_LOG;
}

/**
 * log p(x), by log-sum-exp
 * @param {number} x
 * @param {Target} target
 */
export function logMixture(x, { means, sigmas, share }) {
  const a = Math.log(share) + logNormal(x, means[0], sigmas[0]);
  const b = Math.log(1 - share) + logNormal(x, means[1], sigmas[1]);
  return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}

/**
 * Mean and variance of p.
 * @param {Target} target
 */
export function momentsOf({ means, sigmas, share }) {
  const mean = share * means[0] + (1 - share) * means[1];
  const second = share * (sigmas[0] ** 2 + means[0] ** 2) +
    (1 - share) * (sigmas[1] ** 2 + means[1] ** 2);
  return { mean, variance: second - mean ** 2 };
}

/**
 * @param {Target} target p, which may be changed with `aim`
 * @param {{ mu: number, sigma: number }} start
 */
export function createFit(target, start) {
  const logP = new Float64Array(CELLS), logQ = new Float64Array(CELLS);
  let p = target, { mu, sigma } = start, steps = 0;
  const fillP = () => GRID.forEach((x, i) => logP[i] = logMixture(x, p));
  const fillQ = () => GRID.forEach((x, i) => logQ[i] = logNormal(x, mu, sigma));
  fillP();
  fillQ();

  /** @param {(i: number) => number} value */
  const integral = (value) => GRID.reduce((sum, _, i) => sum + value(i), 0) * STEP;
  /** What a cell adds to a divergence, for each unit of length. */
  const parts = {
    pq: (/** @type {number} */ i) => Math.exp(logP[i]) * (logP[i] - logQ[i]),
    qp: (/** @type {number} */ i) => Math.exp(logQ[i]) * (logQ[i] - logP[i]),
  };

  /**
   * The slopes of a divergence by mu and by log sigma.
   * @param {Divergence} kl
   */
  function slopes(kl) {
    if (kl === "pq") {
      const { mean, variance } = momentsOf(p);
      return [(mu - mean) / sigma ** 2, 1 - (variance + (mu - mean) ** 2) / sigma ** 2];
    }
    // The gradient of log q has mean zero under q, so that only that of the weights is left.
    const by = (/** @type {(z: number) => number} */ score) =>
      integral((i) => parts.qp(i) * score((GRID[i] - mu) / sigma));
    return [by((z) => z / sigma), by((z) => z * z - 1)];
  }

  return {
    logP,
    logQ,
    parts,
    slopes,
    get target() {
      return p;
    },
    get mu() {
      return mu;
    },
    get sigma() {
      return sigma;
    },
    get steps() {
      return steps;
    },
    /** @param {Divergence} kl */
    divergence: (kl) => integral(parts[kl]),
    /**
     * A tenth of the way that the slope proposes, measured in the widths of q (natural gradient), at most 0.2 of them.
     * @param {Divergence} kl
     */
    step(kl) {
      const [byMu, byLog] = slopes(kl);
      const bound = (/** @type {number} */ v) => Math.max(-STRIDE, Math.min(STRIDE, v));
      mu -= sigma * bound(RATE * sigma * byMu);
      sigma *= Math.exp(-bound((RATE * byLog) / 2));
      steps++;
      fillQ();
    },
    /** @param {{ mu: number, sigma: number }} to */
    put(to) {
      ({ mu, sigma } = to);
      steps = 0;
      fillQ();
    },
    /** @param {Target} to */
    aim(to) {
      p = to;
      steps = 0;
      fillP();
    },
  };
}
