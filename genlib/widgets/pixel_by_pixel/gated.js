// Gated PixelCNN one pixel at a time: of the vertical stack a row at once, of the horizontal one a pixel.

import { unpackTensor } from "../js/packing.js";
import { createKernel, Grid } from "./grid.js";

/** @import { Floats } from "../js/arrays.js" */
/** @import { Kernel, Layer, Maps } from "./grid.js" */

/** @typedef {{ vertical: Kernel, horizontal: Kernel, link: Kernel, out: Kernel }} Stack */
/** @typedef {Record<"vertical" | "horizontal" | "link" | "out", Layer> & { dilation: number }} Packed */

/**
 * @param {Floats} a two halves, of which the second says how much of the first is passed on
 * @param {Floats} out
 * @param {number} at
 * @param {number} channels
 */
function gate(a, out, at, channels) {
  for (let k = 0; k < channels; k++) {
    out[at + k] = Math.tanh(a[k]) / (1 + Math.exp(-a[channels + k]));
  }
}

/**
 * The first layer reads the picture: both its kernels end one step earlier.
 * @param {Packed} packed
 * @param {number} late
 * @param {DataView} view
 * @returns {Stack}
 */
function createStack({ vertical, horizontal, link, out, dilation }, late, view) {
  const [rows, columns] = vertical.weight.shape.slice(2), left = horizontal.weight.shape[3];
  const up = (/** @type {number} */ i) => (i - rows + 1) * dilation - late;
  return {
    vertical: createKernel(vertical, view, (i, j) => [up(i), (j - (columns >> 1)) * dilation]),
    horizontal: createKernel(horizontal, view, (_, j) => [0, (j - left + 1) * dilation - late]),
    link: createKernel(link, view),
    out: createKernel(out, view),
  };
}

export class Gated {
  /**
   * @param {Record<string, any>} spec
   * @param {DataView} view
   */
  constructor({ shape, place, stack, head }, view) {
    this.grid = new Grid(shape);
    this.place = unpackTensor(place, view, Float32Array);
    this.wide = place.shape[0];
    this.channels = this.wide / 2;
    /** @type {Stack[]} */
    this.layers = stack.map((/** @type {Packed} */ packed, /** @type {number} */ l) =>
      createStack(packed, +!l, view)
    );
    this.head = this.grid.head(head, view);
    const { wide, channels } = this;
    this.a = new Float32Array(wide);
    this.b = new Float32Array(wide);
    this.g = new Float32Array(channels);
    this.added = new Float32Array(channels);
    this.features = new Float32Array(channels);
  }

  /**
   * Of each layer the vertical maps after it, what it hands over, and the horizontal maps after it.
   * @returns {Maps}
   */
  maps() {
    const { grid, channels, wide } = this;
    const sizes = this.layers.flatMap(() => [channels, wide, channels]);
    return { x: grid.map(1), rows: 0, store: sizes.map((size) => grid.map(size)) };
  }

  /**
   * The next row of the vertical stack, which knows the rows above alone.
   * @param {Maps} maps
   */
  #finishRow(maps) {
    const { grid, channels, wide, a } = this, begin = maps.rows * grid.columns;
    this.layers.forEach(({ vertical, link }, l) => {
      const below = l ? maps.store[3 * l - 3] : maps.x;
      const [v, linked] = maps.store.slice(3 * l, 3 * l + 2);
      for (let pixel = begin; pixel < begin + grid.columns; pixel++) {
        grid.sums(vertical, below, pixel, a);
        grid.sums(link, a, 0, linked, pixel * wide);
        gate(a, v, pixel * channels, channels);
      }
    });
    maps.rows++;
  }

  /**
   * @param {Maps} maps
   * @param {number} pixel
   */
  odds(maps, pixel) {
    const { grid, channels, wide, b, g, added, features } = this, at = pixel * channels;
    while (maps.rows * grid.columns <= pixel) this.#finishRow(maps);
    this.layers.forEach(({ horizontal, out }, l) => {
      const below = l ? maps.store[3 * l - 1] : maps.x;
      const [, linked, h] = maps.store.slice(3 * l, 3 * l + 3);
      grid.sums(horizontal, below, pixel, b);
      for (let k = 0; k < wide; k++) {
        b[k] += linked[pixel * wide + k] + (l ? 0 : this.place[k * grid.size + pixel]);
      }
      gate(b, g, 0, channels);
      grid.sums(out, g, 0, added);
      for (let k = 0; k < channels; k++) h[at + k] = added[k] + (l ? below[at + k] : 0);
    });
    features.set(maps.store[maps.store.length - 1].subarray(at, at + channels));
    return this.head(features);
  }

  /**
   * @param {Maps} maps
   * @param {number} t
   * @param {number} value
   */
  put(maps, t, value) {
    maps.x[t] = value;
  }

  /**
   * Rows of the vertical stack up to that of step t stay: they depend on the rows above it.
   * @param {Maps} maps
   * @param {number} t
   */
  back(maps, t) {
    maps.x.fill(0, t);
    maps.rows = Math.min(maps.rows, Math.floor(t / this.grid.columns) + 1);
  }

  /** @param {number} pixel */
  reads(pixel) {
    const { grid } = this;
    /** @type {Uint8Array[]} */
    let [h, v] = [grid.marks(pixel), grid.marks()];
    for (const { vertical, horizontal } of this.layers.slice(1).reverse()) {
      const up = h.map((on, i) => on | v[i]); // the vertical sums that are wanted, by a link or by a gate
      v = grid.spread(vertical, up, grid.marks());
      h = grid.spread(horizontal, h, h.slice());
    }
    const [{ vertical, horizontal }] = this.layers, up = h.map((on, i) => on | v[i]);
    return grid.spread(vertical, up, grid.spread(horizontal, h, grid.marks()));
  }
}
