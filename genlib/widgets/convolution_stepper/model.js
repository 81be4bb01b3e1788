// A kernel over a small picture as the matrix that it is: a row for each place, a column for each pixel of the larger
// map. Going down a place is a product with its row, going up it stamps its row, as strong as its activation is.

import { createRandom } from "../js/random.js";

/** @typedef {"convolution" | "transposed" | "resized" | "unpooling"} Operation */
/** @typedef {"seven" | "plain" | "spot" | "noise"} Picture */
/** @typedef {"edge" | "ones" | "linear" | "noise" | "own"} Weights */
/**
 * @typedef {object} Setting
 * @property {Operation} operation
 * @property {number} kernel its width
 * @property {number} stride
 * @property {number} padding
 * @property {number} side width of the input
 * @property {Picture} picture
 * @property {Weights} weights
 */
/**
 * @typedef {object} Sizes
 * @property {number} large width of the map of pixels
 * @property {number} small places along each axis
 * @property {number} kernel
 * @property {number} stride
 * @property {number} padding
 */
/** @typedef {{ sums: number[], counts: number[], pattern: number }} Phases */

/**
 * The widths of both maps, and the kernel, stride and padding that are in force; `small` or `large` may be below 1,
 * where a kernel does not fit.
 * @param {Setting} setting
 * @returns {Sizes}
 */
export function sizesOf({ operation, kernel, stride, padding, side }) {
  if (operation === "unpooling") {
    const small = Math.floor(side / 2);
    return { large: 2 * small, small, kernel: 2, stride: 2, padding: 0 };
  }
  if (operation === "convolution") {
    const small = Math.floor((side + 2 * padding - kernel) / stride) + 1;
    return { large: side, small, kernel, stride, padding };
  }
  const large = operation === "transposed"
    ? stride * (side - 1) + kernel - 2 * padding
    : stride * side;
  return { large, small: side, kernel, stride, padding: operation === "resized" ? 0 : padding };
}

/**
 * A square picture, row by row.
 * @param {Picture} kind
 * @param {number} side
 * @param {number} seed
 */
export function pictureOf(kind, side, seed) {
  const random = createRandom(seed), middle = Math.floor((side - 1) / 2);
  return Float64Array.from({ length: side * side }, (_, at) => {
    const row = Math.floor(at / side), column = at % side;
    if (kind === "plain") return 1;
    if (kind === "spot") return Number(row === middle && column === middle);
    if (kind === "noise") return random.uniform();
    const stroke = side - 1 - Math.floor((row + 1) / 2);
    return Number(row === 0 || column === stroke);
  });
}

/**
 * A square kernel, row by row.
 * @param {Weights} kind
 * @param {number} width
 * @param {number} seed
 * @param {number[][]} own
 */
export function weightsOf(kind, width, seed, own = []) {
  const random = createRandom(seed + 1), middle = (width - 1) / 2;
  const slope = (/** @type {number} */ i) =>
    (1 + middle - Math.abs(i - middle)) / Math.ceil((width + 1) / 2);
  return Float64Array.from({ length: width * width }, (_, at) => {
    const row = Math.floor(at / width), column = at % width;
    if (kind === "own") return own[row]?.[column] ?? 0;
    if (kind === "ones") return 1;
    if (kind === "noise") return random.normal();
    if (kind === "linear") return slope(row) * slope(column);
    return Math.sign(column - middle);
  });
}

/**
 * The matrix of a convolution, and with its rows as stamps of a transposed one.
 * @param {Sizes} sizes
 * @param {Float64Array} weights
 */
export function convolutionMatrix({ large, small, kernel, stride, padding }, weights) {
  const matrix = new Float64Array(small * small * large * large);
  each(small, (i, j) =>
    each(kernel, (a, b) => {
      const row = stride * i + a - padding, column = stride * j + b - padding;
      if (Math.min(row, column) < 0 || Math.max(row, column) >= large) return;
      matrix[(i * small + j) * large * large + row * large + column] += weights[a * kernel + b];
    }));
  return matrix;
}

/**
 * What a value becomes that is copied onto `stride` by `stride` pixels and then convolved; a row for each value. The
 * picture keeps its size, by zeros around it.
 * @param {Sizes} sizes
 * @param {Float64Array} weights
 */
export function resizedMatrix({ large, small, kernel, stride }, weights) {
  const matrix = new Float64Array(small * small * large * large);
  const before = Math.floor((kernel - 1) / 2);
  each(large, (row, column) =>
    each(kernel, (a, b) => {
      const from = row + a - before, left = column + b - before;
      if (Math.min(from, left) < 0 || Math.max(from, left) >= large) return;
      const place = Math.floor(from / stride) * small + Math.floor(left / stride);
      matrix[place * large * large + row * large + column] += weights[a * kernel + b];
    }));
  return matrix;
}

/**
 * Picks the largest of each two by two values: a one at the switch of each window.
 * @param {Sizes} sizes
 * @param {Float64Array} x
 */
export function poolingMatrix({ large, small }, x) {
  const matrix = new Float64Array(small * small * large * large);
  each(small, (i, j) => {
    let most = 2 * i * large + 2 * j;
    each(2, (a, b) => {
      const at = (2 * i + a) * large + 2 * j + b;
      if (x[at] > x[most]) most = at;
    });
    matrix[(i * small + j) * large * large + most] = 1;
  });
  return matrix;
}

/**
 * @param {number} side
 * @param {(row: number, column: number) => void} act
 */
function each(side, act) {
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) act(row, column);
  }
}

/**
 * What the pixels of each phase of the stride get from a plain input, away from the edges: how many weights, and their
 * sum; and the share of the mean square of these sums by which they differ.
 * @param {Float64Array} weights
 * @param {Sizes} sizes
 * @param {Operation} operation
 * @returns {Phases}
 */
export function phasesOf(weights, { kernel, stride }, operation) {
  if (operation === "resized") {
    return { sums: [weights.reduce((a, b) => a + b, 0)], counts: [kernel * kernel], pattern: 0 };
  }
  const sums = Array(stride * stride).fill(0), counts = Array(stride * stride).fill(0);
  each(kernel, (a, b) => {
    const phase = (a % stride) * stride + (b % stride);
    sums[phase] += weights[a * kernel + b];
    counts[phase]++;
  });
  const mean = sums.reduce((a, b) => a + b, 0) / sums.length;
  const square = sums.reduce((sum, v) => sum + v * v, 0) / sums.length;
  return { sums, counts, pattern: square > 1e-12 ? Math.max(0, 1 - (mean * mean) / square) : 0 };
}

/** The operation place by place; `place` says how many are done. */
export class Stepper {
  /**
   * @param {Setting} setting
   * @param {number} seed
   * @param {number[][]} own
   */
  constructor(setting, seed = 0, own = []) {
    this.setting = setting;
    this.sizes = sizesOf(setting);
    const { large, small, kernel } = this.sizes, { operation } = setting;
    this.fits = small >= 1 && large >= 1;
    this.up = operation === "transposed" || operation === "resized";
    this.places = this.fits ? small * small : 0;
    this.place = 0;
    this.weights = weightsOf(setting.weights, kernel, seed, own);
    const given = pictureOf(setting.picture, this.up ? small : large, seed);
    /** Pixels of the input; going up, activations. */
    this.input = given;
    this.matrix = new Float64Array(0);
    if (this.fits) {
      this.matrix = operation === "resized"
        ? resizedMatrix(this.sizes, this.weights)
        : operation === "unpooling"
        ? poolingMatrix(this.sizes, given)
        : convolutionMatrix(this.sizes, this.weights);
    }
    this.phases = phasesOf(this.weights, this.sizes, operation);
  }
  get done() {
    return this.place >= this.places;
  }
  /** One place more. */
  step() {
    this.place = Math.min(this.places, this.place + 1);
  }
  /** One place less. */
  back() {
    this.place = Math.max(0, this.place - 1);
  }
  /** @param {number} place */
  rowOf(place) {
    const width = this.sizes.large ** 2;
    return this.matrix.subarray(place * width, (place + 1) * width);
  }
  /** The small map as far as it is done: products going down, all the activations going up. */
  activations() {
    if (this.up) return this.input;
    return Float64Array.from({ length: this.places }, (_, i) => {
      if (i >= this.place) return 0;
      return this.rowOf(i).reduce((sum, weight, pixel) => sum + weight * this.input[pixel], 0);
    });
  }
  /** The large map that the places stamped so far. */
  stamped() {
    const map = new Float64Array(this.fits ? this.sizes.large ** 2 : 0), z = this.activations();
    for (let i = 0; i < this.place; i++) {
      this.rowOf(i).forEach((weight, pixel) => {
        map[pixel] += z[i] * weight;
      });
    }
    return map;
  }
  /** What there is of the result: of pooling and unpooling, what came up. */
  output() {
    return this.setting.operation === "convolution" ? this.activations() : this.stamped();
  }
}
