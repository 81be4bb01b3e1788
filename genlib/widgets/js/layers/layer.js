// What every layer of a network in the page can do.
//
// A layer is made once for the shapes of what comes in, for one example, and says the shape of what goes out: [features],
// or [channels, rows, columns]. It takes one value, or several where it adds. `forward` returns an array that its next
// call overwrites, and which may be longer than the batch needs. `backward` takes the gradient at its output, adds to its
// own `gradients`, and returns the gradient at each input, in arrays that its next call overwrites and nobody else may
// change; it is right after the `forward` of the same batch.

/** @import { Floats, FloatsType } from "../arrays.js" */
/** @import { Packed } from "../packing.js" */

/**
 * @typedef {object} Layer
 * @property {number[]} shape of one example that goes out
 * @property {Floats[]} parameters
 * @property {Floats[]} gradients one for each of the parameters
 * @property {(inputs: Floats[], batch: number) => Floats} forward
 * @property {(dy: Floats, batch: number) => Floats[]} backward
 */

/**
 * @typedef {object} Part what Python says of a layer
 * @property {string} kind
 * @property {number[]} [from] the values that it takes, by default the one before it: 0 is what goes into the network,
 * i + 1 what comes out of layer i
 * @property {Packed} [weight]
 * @property {Packed} [bias]
 * @property {number} [alpha] of ELU
 * @property {number} [slope] of LeakyReLU
 * @property {number[]} [stride] of a convolution, down and along
 * @property {number[]} [padding]
 * @property {number[]} [output_padding] of a transposed convolution
 * @property {number[]} [shape] that Unflatten gives
 */

/** @typedef {(part: Part, shapes: number[][], view: DataView, Type: FloatsType) => Layer} LayerMaker */

/** @param {number[]} shape */
export function sizeOf(shape) {
  return shape.reduce((a, b) => a * b, 1);
}
