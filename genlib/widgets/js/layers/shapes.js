// The same numbers in another shape.

import { sizeOf } from "./layer.js";

/** @import { Layer, LayerMaker } from "./layer.js" */

/**
 * @param {number[]} shape
 * @returns {Layer}
 */
function reshaped(shape) {
  return {
    shape,
    parameters: [],
    gradients: [],
    forward: ([x]) => x,
    backward: (dy) => [dy],
  };
}

/** @type {LayerMaker} */
export const flatten = (_, [shape]) => reshaped([sizeOf(shape)]);

/** @type {LayerMaker} */
export const unflatten = (part) => reshaped(/** @type {number[]} */ (part.shape));
