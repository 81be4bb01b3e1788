// What every layer of a network in the page can do.
//
// A layer is made once for the shape of one example that comes in, and says the shape that goes out: [features], or
// [channels, rows, columns]. `forward` returns an array that its next call overwrites, and which may be longer than the
// batch needs. `backward` takes the gradient at its output, adds to its own `gradients`, and returns the gradient at its
// input; it is right after the `forward` of the same batch.

/** @import { Floats, FloatsType } from "../arrays.js" */
/** @import { Packed } from "../packing.js" */

/**
 * @typedef {object} Layer
 * @property {number[]} shape of one example that goes out
 * @property {Floats[]} parameters
 * @property {Floats[]} gradients one for each of the parameters
 * @property {(x: Floats, batch: number) => Floats} forward
 * @property {(dy: Floats, batch: number) => Floats} backward
 */

/**
 * @typedef {object} Part what Python says of a layer
 * @property {string} kind
 * @property {Packed} [weight]
 * @property {Packed} [bias]
 * @property {number} [alpha] of ELU
 * @property {number} [slope] of LeakyReLU
 * @property {number[]} [stride] of a convolution, down and along
 * @property {number[]} [padding]
 * @property {number[]} [output_padding] of a transposed convolution
 * @property {number[]} [shape] that Unflatten gives
 */

/** @typedef {(part: Part, shape: number[], view: DataView, Type: FloatsType) => Layer} LayerMaker */

/** @param {number[]} shape */
export function sizeOf(shape) {
  return shape.reduce((a, b) => a * b, 1);
}
