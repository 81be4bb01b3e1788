// The sum of two values, where a skip comes back.

import { createBuffers } from "../arrays.js";
import { sizeOf } from "./layer.js";

/** @import { LayerMaker } from "./layer.js" */

/** @type {LayerMaker} */
export const add = (_, [shape], __, Type) => {
  const buffer = createBuffers(Type), size = sizeOf(shape);
  return {
    shape,
    parameters: [],
    gradients: [],
    forward([a, b], batch) {
      const n = batch * size, y = buffer("y", n);
      for (let i = 0; i < n; i++) y[i] = a[i] + b[i];
      return y;
    },
    backward: (dy) => [dy, dy],
  };
};
