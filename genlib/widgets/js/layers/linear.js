// A linear layer, y = W x + b.

import { addFour, addScaled, createBuffers, dot } from "../arrays.js";
import { unpackTensor } from "../packing.js";

/** @import { Floats } from "../arrays.js" */
/** @import { Packed } from "../packing.js" */
/** @import { LayerMaker } from "./layer.js" */

/**
 * Four examples at a time, so that each weight is read once for all of them.
 * @param {Floats} y
 * @param {number} n
 * @param {Floats} x
 * @param {Floats} weight
 * @param {Floats} bias
 */
function fourRows(y, n, x, weight, bias) {
  const outputs = bias.length, inputs = weight.length / outputs;
  const i0 = n * inputs, i1 = i0 + inputs, i2 = i1 + inputs, i3 = i2 + inputs;
  for (let o = 0, at = n * outputs; o < outputs; o++, at++) {
    let s0 = bias[o], s1 = s0, s2 = s0, s3 = s0;
    for (let k = 0, j = o * inputs; k < inputs; k++, j++) {
      const w = weight[j];
      s0 += w * x[i0 + k];
      s1 += w * x[i1 + k];
      s2 += w * x[i2 + k];
      s3 += w * x[i3 + k];
    }
    y[at] = s0;
    y[at + outputs] = s1;
    y[at + 2 * outputs] = s2;
    y[at + 3 * outputs] = s3;
  }
}

/**
 * Adds the gradients of W and b: the sum over the batch of dy xᵀ and of dy.
 * @param {Floats} dW
 * @param {Floats} db
 * @param {Floats} dy
 * @param {Floats} x
 * @param {number} batch
 */
function addOuter(dW, db, dy, x, batch) {
  const outputs = db.length, inputs = dW.length / outputs, fours = batch - (batch % 4);
  for (let n = 0; n < fours; n += 4) {
    for (let o = 0, at = n * outputs; o < outputs; o++, at++) {
      const d1 = dy[at + outputs], d2 = dy[at + 2 * outputs], d3 = dy[at + 3 * outputs];
      addFour(dW, o * inputs, dy[at], d1, d2, d3, x, n * inputs, inputs, inputs);
    }
  }
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outputs; o++) {
      const d = dy[n * outputs + o];
      db[o] += d;
      if (n >= fours) addScaled(dW, o * inputs, d, x, n * inputs, inputs);
    }
  }
}

/** @type {LayerMaker} */
export function linear(part, _, view, Type) {
  const packed = /** @type {Packed} */ (part.weight), [outputs, inputs] = packed.shape;
  const weight = unpackTensor(packed, view, Type), dW = new Type(weight.length);
  const bias = part.bias ? unpackTensor(part.bias, view, Type) : new Type(outputs);
  const db = new Type(outputs), buffer = createBuffers(Type);
  let input = weight;
  return {
    shape: [outputs],
    parameters: part.bias ? [weight, bias] : [weight],
    gradients: part.bias ? [dW, db] : [dW],
    forward([x], batch) {
      const y = buffer("y", batch * outputs);
      input = x;
      let n = 0;
      for (; n + 3 < batch; n += 4) fourRows(y, n, x, weight, bias);
      for (; n < batch; n++) {
        for (let o = 0; o < outputs; o++) {
          y[n * outputs + o] = bias[o] + dot(weight, o * inputs, x, n * inputs, inputs);
        }
      }
      return y;
    },
    backward(dy, batch) {
      const dx = buffer("dx", batch * inputs).fill(0);
      addOuter(dW, db, dy, input, batch);
      for (let n = 0; n < batch; n++) {
        const at = n * outputs;
        let o = 0;
        for (; o + 3 < outputs; o += 4) {
          const d0 = dy[at + o], d1 = dy[at + o + 1], d2 = dy[at + o + 2], d3 = dy[at + o + 3];
          addFour(dx, n * inputs, d0, d1, d2, d3, weight, o * inputs, inputs, inputs);
        }
        for (; o < outputs; o++) {
          addScaled(dx, n * inputs, dy[at + o], weight, o * inputs, inputs);
        }
      }
      return [dx];
    },
  };
}
