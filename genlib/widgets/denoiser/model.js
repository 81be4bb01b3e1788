// A picture that is spoilt and cleaned: what noise does to it, what the network says, and the two ways to go on.

import { sigmoid } from "../js/functions.js";
import { createNetwork } from "../js/network.js";
import { unpackBits } from "../js/packing.js";
import { createRandom } from "../js/random.js";

/** @import { Floats } from "../js/arrays.js" */
/** @import { Random } from "../js/random.js" */
/** @import { Traits } from "../js/traits.js" */

/** @typedef {"gaussian" | "masking" | "salt and pepper"} Noise */
/** @typedef {"clean" | "chain"} Way */
/** @typedef {{ kind: Noise, amount: number, way: Way }} Setting */
/** @typedef {{ noisy: Floats, mean: Floats }} Look what the network was given, and what it said */

/** How many looks are remembered. */
export const FILM = 8;

/**
 * The picture x as noise leaves it.
 * @param {ArrayLike<number>} x
 * @param {Noise} kind
 * @param {number} amount
 * @param {Random} random
 */
export function corrupted(x, kind, amount, random) {
  const own = {
    gaussian: (/** @type {number} */ value) => value + amount * random.normal(),
    masking: (/** @type {number} */ value) => random.uniform() < amount ? 0 : value,
    "salt and pepper": (/** @type {number} */ value) =>
      random.uniform() < amount ? (random.uniform() < 0.5 ? 1 : 0) : value,
  };
  return Float32Array.from(x, own[kind]);
}

/**
 * In how many pixels, black or white, two pictures differ.
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
export function differing(a, b) {
  return Array.from(a).filter((value, i) => (value >= 0.5) !== (b[i] >= 0.5)).length;
}

/** What is washed, by which noise, and how often it was. */
export class Washing {
  steps = 0;
  /** How much the last answer differs from the one before, added up over the pixels. */
  moved = 0;
  /** @type {Look[]} the latest ones, the last of them now */
  film = [];

  /**
   * @param {(x: Floats) => Floats} denoise what the network says of a picture, a mean for each pixel
   * @param {Floats[]} pictures
   * @param {Setting} setting
   * @param {number} seed
   */
  constructor(denoise, pictures, setting, seed) {
    this.denoise = denoise;
    this.pictures = pictures;
    this.setting = { ...setting };
    this.seed = seed;
    this.random = createRandom(seed);
    /** The picture that was given, the one that noise spoils now, and what is left of it. */
    this.origin = this.x = this.spoilt = pictures[0];
  }
  get now() {
    return this.film[this.film.length - 1];
  }
  /** Begins anew with a picture, from the same noise every time. */
  begin(x = this.origin) {
    this.random = createRandom(this.seed);
    this.origin = this.x = x;
    [this.steps, this.moved, this.film] = [0, 0, []];
    this.spoil();
  }
  /**
   * Other noise or another way: the picture is spoilt anew.
   * @param {Partial<Setting>} to
   */
  change(to) {
    Object.assign(this.setting, to);
    this.begin();
  }
  /** The networks are others. */
  load(/** @type {(x: Floats) => Floats} */ denoise) {
    this.denoise = denoise;
    this.film = this.film.map(({ noisy }) => ({ noisy, mean: denoise(noisy) }));
  }
  spoil() {
    const { kind, amount } = this.setting;
    this.spoilt = corrupted(this.x, kind, amount, this.random);
    this.look(this.spoilt);
  }
  /** @param {Floats} noisy */
  look(noisy) {
    const mean = this.denoise(noisy), before = this.now?.mean ?? mean;
    this.moved = Array.from(mean).reduce((sum, value, i) => sum + Math.abs(value - before[i]), 0);
    this.film = [...this.film.slice(1 - FILM), { noisy, mean }];
  }
  /** Cleans the answer again, or draws from it and spoils that. */
  step() {
    const { mean } = this.now;
    this.steps++;
    if (this.setting.way === "clean") {
      this.look(mean);
      return;
    }
    this.x = this.random.bernoulli(mean, new Float32Array(mean.length));
    this.spoil();
  }
}

/**
 * What the page's network says of a picture.
 * @param {Pick<Traits, "get">} traits
 */
export function denoiserOf(traits) {
  const network = createNetwork(traits.get("spec"), traits.get("weights"));
  return (/** @type {Floats} */ x) =>
    Float32Array.from(network.forward(x).subarray(0, x.length), sigmoid);
}

/**
 * What a widget's traits describe.
 * @param {Pick<Traits, "get">} traits
 */
export function washingOf(traits) {
  const [rows, columns] = traits.get("shape");
  const pictures = unpackBits(traits.get("pictures"), rows * columns, traits.get("count"));
  const setting = {
    kind: traits.get("kind"),
    amount: traits.get("amount"),
    way: traits.get("way"),
  };
  return new Washing(denoiserOf(traits), pictures, setting, traits.get("seed"));
}
