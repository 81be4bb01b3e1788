// MADE one pixel at a time: the sums of its first layer go on from pixel to pixel, as in NADE.

import { dot } from "../js/arrays.js";
import { unpackTensor } from "../js/packing.js";

/** @import { Floats } from "../js/arrays.js" */
/** @import { Packed } from "../js/packing.js" */
/** @import { Maps } from "./grid.js" */

/** @typedef {{ weight: Floats, bias: Floats, inputs: number }} Linear */

export class Made {
  /**
   * @param {Record<string, any>} spec
   * @param {DataView} view
   */
  constructor({ order, layers, R }, view) {
    const read = (/** @type {Packed} */ packed) => unpackTensor(packed, view, Float32Array);
    /** @type {number[]} */
    this.order = order;
    this.size = this.order.length;
    this.skip = read(R);
    /** @type {Linear[]} */
    const linear = layers.map((/** @type {Record<string, Packed>} */ { weight, bias }) => ({
      weight: read(weight),
      bias: read(bias),
      inputs: weight.shape[1],
    }));
    this.first = linear[0];
    this.middle = linear.slice(1, -1);
    this.last = linear[linear.length - 1];
  }

  /** @returns {Maps} */
  maps() {
    const sums = Float32Array.from(this.first.bias);
    return { x: new Float32Array(this.size), rows: 0, store: [sums] };
  }

  /**
   * @param {Maps} maps
   * @param {number} t
   */
  odds({ x, store: [sums] }, t) {
    let h = sums.map((a) => Math.max(0, a));
    for (const { weight, bias, inputs } of this.middle) {
      const from = h, sum = (/** @type {number} */ k) => dot(weight, k * inputs, from, 0, inputs);
      h = Float32Array.from(bias, (b, k) => Math.max(0, b + sum(k)));
    }
    const pixel = this.order[t], { weight, bias, inputs } = this.last;
    const direct = dot(this.skip, pixel * this.size, x, 0, this.size);
    return bias[pixel] + dot(weight, pixel * inputs, h, 0, inputs) + direct;
  }

  /**
   * @param {Maps} maps
   * @param {number} t
   * @param {number} value
   */
  put(maps, t, value) {
    maps.x[this.order[t]] = value;
    if (value) this.#add(maps.store[0], this.order[t]);
  }

  /**
   * @param {Maps} maps
   * @param {number} t
   */
  back({ x, store: [sums] }, t) {
    sums.set(this.first.bias);
    this.order.forEach((pixel, step) => {
      if (step >= t) x[pixel] = 0;
      else if (x[pixel]) this.#add(sums, pixel);
    });
  }

  /** @param {number} pixel */
  reads(pixel) {
    const { last, middle, first, skip, size } = this;
    let units = marks(last.inputs, (k) => last.weight[pixel * last.inputs + k] !== 0);
    for (const { weight, inputs } of [...middle].reverse().concat(first)) {
      const above = units;
      units = marks(inputs, (i) => above.some((on, k) => on && weight[k * inputs + i] !== 0));
    }
    return marks(size, (e) => units[e] > 0 || skip[pixel * size + e] !== 0);
  }

  /**
   * @param {Floats} sums
   * @param {number} pixel
   */
  #add(sums, pixel) {
    for (let k = 0; k < sums.length; k++) {
      sums[k] += this.first.weight[k * this.size + pixel];
    }
  }
}

/**
 * @param {number} length
 * @param {(i: number) => boolean} on
 */
function marks(length, on) {
  return Uint8Array.from({ length }, (_, i) => +on(i));
}
