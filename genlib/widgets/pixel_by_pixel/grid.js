// Convolutions one pixel at a time: sums over a window of maps, and which pixels such a window reads.

import { dot } from "../js/arrays.js";
import { unpackTensor } from "../js/packing.js";

/** @import { Floats } from "../js/arrays.js" */
/** @import { Packed } from "../js/packing.js" */

/** @typedef {{ x: Float32Array, rows: number, store: Float32Array[] }} Maps the picture, finished rows, and what is kept */
/** @typedef {{ weight: Packed, bias: Packed }} Layer */
/** @typedef {{ down: number, right: number, weight: Float32Array }} Tap an entry of a kernel, and where it looks */
/** @typedef {{ taps: Tap[], bias: Floats, inputs: number, outputs: number }} Kernel */

/**
 * A convolution by its taps: those entries of the kernel in which any weight is not zero, so that a mask costs nothing.
 * @param {Layer} packed
 * @param {DataView} view
 * @param {(i: number, j: number) => [down: number, right: number]} [reach] where entry (i, j) looks; by default here
 * @returns {Kernel}
 */
export function createKernel({ weight, bias }, view, reach = () => [0, 0]) {
  const [outputs, inputs, rows, columns] = weight.shape, window = rows * columns;
  const all = unpackTensor(weight, view, Float32Array), taps = [];
  for (let place = 0; place < window; place++) {
    const own = new Float32Array(outputs * inputs).map((_, k) => all[k * window + place]);
    const [down, right] = reach(Math.floor(place / columns), place % columns);
    if (own.some((value) => value !== 0)) taps.push({ down, right, weight: own });
  }
  return { taps, bias: unpackTensor(bias, view, Float32Array), inputs, outputs };
}

/** @param {Floats} a */
export function rectify(a) {
  for (let i = 0; i < a.length; i++) if (a[i] < 0) a[i] = 0;
  return a;
}

/** Pictures of so many rows and columns; maps hold all channels of a pixel side by side. */
export class Grid {
  /** @param {number[]} shape */
  constructor([rows, columns]) {
    this.rows = rows;
    this.columns = columns;
    this.size = rows * columns;
  }

  /** @param {number} channels */
  map(channels) {
    return new Float32Array(this.size * channels);
  }

  /**
   * Calls `visit` with every tap whose window lies in the picture, and with the pixel that it reads.
   * @param {Kernel} kernel
   * @param {number} pixel
   * @param {(read: number, tap: Tap) => void} visit
   */
  #window({ taps }, pixel, visit) {
    const row = Math.floor(pixel / this.columns), column = pixel % this.columns;
    for (const tap of taps) {
      const r = row + tap.down, c = column + tap.right;
      const inside = r >= 0 && c >= 0 && r < this.rows && c < this.columns;
      if (inside) visit(r * this.columns + c, tap);
    }
  }

  /**
   * The sums of a kernel at a pixel, written to `out` from `at` on.
   * @param {Kernel} kernel
   * @param {Floats} map
   * @param {number} pixel
   * @param {Floats} out
   */
  sums(kernel, map, pixel, out, at = 0) {
    const { bias, inputs, outputs } = kernel;
    for (let o = 0; o < outputs; o++) out[at + o] = bias[o];
    this.#window(kernel, pixel, (read, { weight }) => {
      const from = read * inputs;
      for (let o = 0; o < outputs; o++) out[at + o] += dot(weight, o * inputs, map, from, inputs);
    });
  }

  /**
   * The pixels that a kernel reads at any of those that are marked, as further marks on `out`.
   * @param {Kernel} kernel
   * @param {Uint8Array} marked
   * @param {Uint8Array} out
   */
  spread(kernel, marked, out) {
    marked.forEach((on, pixel) => {
      if (!on) return;
      this.#window(kernel, pixel, (read) => {
        out[read] = 1;
      });
    });
    return out;
  }

  /** Marks on no pixel, or on one. */
  marks(/** @type {number} */ pixel = -1) {
    const out = new Uint8Array(this.size);
    if (pixel >= 0) out[pixel] = 1;
    return out;
  }

  /**
   * From a pixel's features, which are rectified in place, to its log-odds.
   * @param {Layer[]} packed two layers
   * @param {DataView} view
   */
  head([first, second], view) {
    const [one, two] = [createKernel(first, view), createKernel(second, view)];
    const middle = new Float32Array(one.outputs), out = new Float32Array(1);
    return (/** @type {Floats} */ features) => {
      this.sums(one, rectify(features), 0, middle);
      this.sums(two, rectify(middle), 0, out);
      return out[0];
    };
  }
}
