// A network: a small graph of layers, made from what Python's `pack` made of it.
//
// Value 0 is what goes in, value i + 1 comes out of layer i; a layer takes the value before it, or those that its `from`
// names. A new kind of layer is one object: a file in `layers/`, and a line in `MAKERS` under the name that `layers.py`
// gives it.

import { createBuffers } from "./arrays.js";
import { elu, leakyRelu, logistic, relu, silu, softplusLayer, tanh } from "./layers/activations.js";
import { add } from "./layers/add.js";
import { conv2d, convTranspose2d } from "./layers/conv.js";
import { sizeOf } from "./layers/layer.js";
import { linear } from "./layers/linear.js";
import { flatten, unflatten } from "./layers/shapes.js";

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
  add,
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
 * Gradients at the values of a graph: those of a value that several layers have taken are summed.
 * @param {number[]} sizes of each value, for one example
 * @param {FloatsType} Type
 */
function createSlopes(sizes, Type) {
  const buffer = createBuffers(Type);
  /** @type {Floats[]} */
  const slopes = [];
  return {
    slopes,
    clear() {
      slopes.length = 0;
    },
    /**
     * @param {number} value
     * @param {Floats} slope
     * @param {number} batch
     */
    add(value, slope, batch) {
      const before = slopes[value];
      if (!before) {
        slopes[value] = slope;
        return;
      }
      const n = batch * sizes[value], sum = buffer(String(value), n);
      for (let i = 0; i < n; i++) sum[i] = before[i] + slope[i];
      slopes[value] = sum;
    },
  };
}

/**
 * @param {NetworkSpec} spec
 * @param {DataView} view
 * @param {FloatsType} [Type]
 */
export function createNetwork(spec, view, Type = Float32Array) {
  const sources = spec.layers.map((part, i) => part.from ?? [i]), shapes = [spec.shape];
  const layers = spec.layers.map((part, i) => {
    const layer = makerOf(part)(part, sources[i].map((value) => shapes[value]), view, Type);
    shapes.push(layer.shape);
    return layer;
  });
  const gradients = layers.flatMap((layer) => layer.gradients), last = layers.length;
  const taken = createSlopes(shapes.map(sizeOf), Type);
  /** @type {Floats[]} */
  const values = [];
  return {
    inputs: sizeOf(spec.shape),
    outputs: sizeOf(shapes[last]),
    parameters: layers.flatMap((layer) => layer.parameters),
    gradients,
    /**
     * Returns an array that the next `forward` overwrites; it may be longer than batch * outputs.
     * @param {Floats} x
     */
    forward(x, batch = 1) {
      values[0] = x;
      layers.forEach((layer, i) => {
        values[i + 1] = layer.forward(sources[i].map((value) => values[value]), batch);
      });
      return values[last];
    },
    /**
     * Adds to `gradients` and returns the gradient at the input, after the `forward` of the same batch.
     * @param {Floats} dy
     */
    backward(dy, batch = 1) {
      taken.clear();
      taken.add(last, dy, batch);
      for (let i = last - 1; i >= 0; i--) {
        const slopes = layers[i].backward(taken.slopes[i + 1], batch);
        sources[i].forEach((value, k) => taken.add(value, slopes[k], batch));
      }
      return taken.slopes[0];
    },
    zeroGradients: () => gradients.forEach((gradient) => gradient.fill(0)),
  };
}
