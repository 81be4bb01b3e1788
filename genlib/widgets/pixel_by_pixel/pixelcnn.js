// PixelCNN one pixel at a time: of every block the maps that its masked convolution reads are kept.

import { unpackTensor } from "../js/packing.js";
import { createKernel, Grid, rectify } from "./grid.js";

/** @import { Kernel, Layer, Maps } from "./grid.js" */

/** @typedef {{ down: Kernel, masked: Kernel, up: Kernel }} Block */

/**
 * A kernel whose middle lies on the pixel; what its mask has cut off is zero.
 * @param {Layer} packed
 * @param {DataView} view
 */
function centred(packed, view) {
  const [rows, columns] = packed.weight.shape.slice(2);
  return createKernel(packed, view, (i, j) => [i - (rows >> 1), j - (columns >> 1)]);
}

export class PixelCnn {
  /**
   * @param {Record<string, any>} spec
   * @param {DataView} view
   */
  constructor({ shape, conv, place, blocks, head }, view) {
    this.grid = new Grid(shape);
    this.channels = place.shape[0];
    this.place = unpackTensor(place, view, Float32Array);
    this.conv = centred(conv, view);
    /** @type {Block[]} */
    this.blocks = blocks.map((/** @type {Layer[]} */ [down, masked, up]) => ({
      down: createKernel(down, view),
      masked: centred(masked, view),
      up: createKernel(up, view),
    }));
    this.head = this.grid.head(head, view);
    this.inside = this.blocks[0]?.down.outputs ?? 0;
    this.h = new Float32Array(this.channels);
    this.work = new Float32Array(this.channels);
    this.added = new Float32Array(this.channels);
    this.half = new Float32Array(this.inside);
  }

  /** @returns {Maps} */
  maps() {
    const { grid, inside } = this;
    return { x: grid.map(1), rows: 0, store: this.blocks.map(() => grid.map(inside)) };
  }

  /**
   * @param {Maps} maps
   * @param {number} pixel
   */
  odds({ x, store }, pixel) {
    const { grid, channels, h, work, half, added } = this;
    grid.sums(this.conv, x, pixel, h);
    for (let k = 0; k < channels; k++) h[k] += this.place[k * grid.size + pixel];
    this.blocks.forEach(({ down, masked, up }, l) => {
      work.set(h);
      grid.sums(down, rectify(work), 0, half);
      store[l].set(rectify(half), pixel * this.inside);
      grid.sums(masked, store[l], pixel, half);
      grid.sums(up, rectify(half), 0, added);
      for (let k = 0; k < channels; k++) h[k] += added[k];
    });
    return this.head(h);
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
   * @param {Maps} maps
   * @param {number} t
   */
  back(maps, t) {
    maps.x.fill(0, t);
  }

  /** @param {number} pixel */
  reads(pixel) {
    const { grid } = this;
    /** @type {Uint8Array} */
    let need = grid.marks(pixel);
    for (const { masked } of [...this.blocks].reverse()) {
      need = grid.spread(masked, need, need.slice());
    }
    return grid.spread(this.conv, need, grid.marks());
  }
}
