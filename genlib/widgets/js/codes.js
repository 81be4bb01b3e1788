// Codes and images as they travel, and the straight way between two codes.

/** @import { Floats } from "./arrays.js" */

/**
 * Codes (N, L), one list each.
 * @param {DataView} view
 * @param {number} latent
 */
export function unpackCodes(view, latent) {
  const number = (/** @type {number} */ i) => view.getFloat32(4 * i, true);
  const code = (/** @type {number} */ n) =>
    Array.from({ length: latent }, (_, i) => number(n * latent + i));
  return Array.from({ length: view.byteLength / 4 / latent }, (_, n) => code(n));
}

/**
 * Images (N, D) of 8 bits a pixel, as numbers from 0 to 1.
 * @param {DataView} view
 * @param {number} features
 * @returns {Floats[]}
 */
export function unpackImages(view, features) {
  const grey = (/** @type {number} */ at) => view.getUint8(at) / 255;
  return Array.from(
    { length: view.byteLength / features },
    (_, n) => Float32Array.from({ length: features }, (_, i) => grey(n * features + i)),
  );
}

/**
 * A point of the straight line from a to b.
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 * @param {number} t
 */
export function mixed(a, b, t) {
  return Array.from(a, (value, i) => (1 - t) * value + t * b[i]);
}
