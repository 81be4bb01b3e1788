// Functions of one number that stay exact where the textbook's formula overflows, and the losses made of them.

import { like } from "./arrays.js";

/** @import { Floats } from "./arrays.js" */

/** @param {number} a */
export function sigmoid(a) {
  const e = Math.exp(-Math.abs(a));
  return (a >= 0 ? 1 : e) / (1 + e);
}

/** @param {number} a */
export function softplus(a) {
  return Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));
}

/**
 * The mean of softplus(sign * a) over the first `count` logits, and its gradient: the terms of a GAN's losses, since
 * -log D is softplus(-a) and -log(1 - D) is softplus(a), both stable at any logit a.
 * @param {Floats} a
 * @param {number} sign
 * @param {number} [count]
 * @param {Floats} [gradient]
 */
export function meanSoftplus(a, sign, count = a.length, gradient = like(a, count)) {
  let loss = 0;
  for (let i = 0; i < count; i++) {
    loss += softplus(sign * a[i]) / count;
    gradient[i] = (sign * sigmoid(sign * a[i])) / count;
  }
  return { loss, gradient };
}

/** @param {Iterable<number>} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
