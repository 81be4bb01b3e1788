// Activations, number by number: the value at a, and the slope at a where the value was y.

import { createBuffers } from "../arrays.js";
import { sigmoid, softplus } from "../functions.js";
import { sizeOf } from "./layer.js";

/** @import { Floats } from "../arrays.js" */
/** @import { LayerMaker } from "./layer.js" */

/**
 * @typedef {object} Activation
 * @property {(a: number) => number} value
 * @property {(a: number, y: number) => number} slope
 */

/**
 * @param {(options: { alpha: number, slope: number }) => Activation} make
 * @returns {LayerMaker}
 */
function elementwise(make) {
  return ({ alpha = 1, slope: leak = 0.01 }, [shape], _, Type) => {
    const { value, slope } = make({ alpha, slope: leak });
    const buffer = createBuffers(Type), size = sizeOf(shape);
    /** @type {Floats} */
    let input = new Type(0), output = input;
    return {
      shape,
      parameters: [],
      gradients: [],
      forward([x], batch) {
        const n = batch * size, y = buffer("y", n);
        for (let i = 0; i < n; i++) y[i] = value(x[i]);
        [input, output] = [x, y];
        return y;
      },
      backward(dy, batch) {
        const n = batch * size, dx = buffer("dx", n);
        for (let i = 0; i < n; i++) dx[i] = dy[i] * slope(input[i], output[i]);
        return [dx];
      },
    };
  };
}

export const elu = elementwise(({ alpha }) => ({
  value: (a) => a > 0 ? a : alpha * Math.expm1(a),
  slope: (a, y) => a > 0 ? 1 : y + alpha,
}));

export const relu = elementwise(() => ({
  value: (a) => a > 0 ? a : 0,
  slope: (a) => a > 0 ? 1 : 0,
}));

export const leakyRelu = elementwise(({ slope }) => ({
  value: (a) => a > 0 ? a : slope * a,
  slope: (a) => a > 0 ? 1 : slope,
}));

export const tanh = elementwise(() => ({ value: Math.tanh, slope: (_, y) => 1 - y * y }));

export const logistic = elementwise(() => ({ value: sigmoid, slope: (_, y) => y * (1 - y) }));

export const softplusLayer = elementwise(() => ({ value: softplus, slope: sigmoid }));

export const silu = elementwise(() => ({
  value: (a) => a * sigmoid(a),
  slope: (a, y) => y + sigmoid(a) * (1 - y),
}));
