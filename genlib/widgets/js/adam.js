// torch.optim.Adam.

import { like } from "./arrays.js";

/** @import { Floats } from "./arrays.js" */

/**
 * @param {Floats[]} parameters changed in place by `step`
 * @param {{ lr?: number, betas?: number[], eps?: number }} [options]
 */
export function createAdam(parameters, { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8 } = {}) {
  const [m, v] = [0, 1].map(() => parameters.map((p) => like(p, p.length)));
  let t = 0;
  return {
    lr,
    /** @param {Floats[]} gradients */
    step(gradients) {
      t++;
      const rate = this.lr / (1 - betas[0] ** t), root = Math.sqrt(1 - betas[1] ** t);
      parameters.forEach((p, j) => {
        const mean = m[j], square = v[j], gradient = gradients[j];
        for (let i = 0; i < p.length; i++) {
          const g = gradient[i];
          mean[i] += (1 - betas[0]) * (g - mean[i]);
          square[i] = betas[1] * square[i] + (1 - betas[1]) * g * g;
          p[i] -= (rate * mean[i]) / (Math.sqrt(square[i]) / root + eps);
        }
      });
    },
  };
}
