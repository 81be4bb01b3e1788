// A network: layers one after the other, made from what Python's `pack` made of it.
//
// A new kind of layer is one object: a file in `layers/`, and a line in `MAKERS` under the name that `packing.py` gives
// it.

import { sizeOf } from "./layers/layer.js";
import { elu, leakyRelu, logistic, relu, silu, softplusLayer, tanh } from "./layers/activations.js";
import { conv2d, convTranspose2d, flatten, unflatten } from "./layers/conv.js";
import { linear } from "./layers/linear.js";

/** @import { Floats, FloatsType } from "./arrays.js" */
/** @import { Layer, LayerMaker, Part } from "./layers/layer.js" */

/** @typedef {{ shape: number[], layers: Part[] }} NetworkSpec the shape of one example, and the layers in order */
/** @typedef {ReturnType<typeof createNetwork>} Network */

/** @type {Record<string, LayerMaker>} */
const MAKERS = {
  linear,
  elu,
  relu,
  leaky_relu: leakyRelu,
  tanh,
  sigmoid: logistic,
  softplus: softplusLayer,
  silu,
  conv2d,
  conv_transpose2d: convTranspose2d,
  flatten,
  unflatten,
};

/**
 * @param {Part} part
 * @returns {LayerMaker}
 */
function makerOf({ kind }) {
  if (!MAKERS[kind]) {
    throw new Error(`layer ${kind} is not one of ${Object.keys(MAKERS).join(", ")}`);
  }
  return MAKERS[kind];
}

/**
 * @param {NetworkSpec} spec
 * @param {DataView} view
 * @param {FloatsType} [Type]
 */
export function createNetwork(spec, view, Type = Float32Array) {
  /** @type {Layer[]} */
  const layers = [];
  let shape = spec.shape;
  for (const part of spec.layers) {
    layers.push(makerOf(part)(part, shape, view, Type));
    shape = layers[layers.length - 1].shape;
  }
  const gradients = layers.flatMap((layer) => layer.gradients);
  return {
    inputs: sizeOf(spec.shape),
    outputs: sizeOf(shape),
    parameters: layers.flatMap((layer) => layer.parameters),
    gradients,
    /**
     * Returns an array that the next `forward` overwrites; it may be longer than batch * outputs.
     * @param {Floats} x
     */
    forward: (x, batch = 1) => layers.reduce((a, layer) => layer.forward(a, batch), x),
    /**
     * Adds to `gradients` and returns the gradient at the input, after the `forward` of the same batch.
     * @param {Floats} dy
     */
    backward: (dy, batch = 1) => layers.reduceRight((d, layer) => layer.backward(d, batch), dy),
    zeroGradients: () => gradients.forEach((gradient) => gradient.fill(0)),
  };
}
