// PixelByPixel: pictures that a model completes one pixel after the other, each with the probability it had.

import { sigmoid, softplus } from "../js/functions.js";
import { unpackBits } from "../js/packing.js";
import { createRandom } from "../js/random.js";
import { createNet } from "./nets.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Net, Spec } from "./nets.js" */

/** @typedef {{ name: string, kind: string, net: Net, order: number[], place: number[] }} Model `place` says at which step a pixel comes */
/** @typedef {{ read: number, blind: number, before: number, seen: Uint8Array }} Field what a pixel reads */

/** Pictures that are completed at once. */
export const PENS = 6;

/** A picture that is drawn pixel after pixel, in a model's order. */
export class Pen {
  /** The step that comes next. */
  t = 0;
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    this.maps = model.net.maps();
    /** What each step's pixel cost, -log p of what it became, in nats. */
    this.costs = new Float64Array(model.order.length);
    this.odds = NaN;
    this.asked = -1;
  }

  get x() {
    return this.maps.x;
  }

  get done() {
    return this.t === this.model.order.length;
  }

  /** The log-odds of the next pixel. */
  next() {
    if (this.asked !== this.t) {
      this.odds = this.model.net.odds(this.maps, this.t);
      this.asked = this.t;
    }
    return this.odds;
  }

  /** The probability that the next pixel is ink. */
  chance() {
    return this.done ? NaN : sigmoid(this.next());
  }

  /** @param {number} value of the next pixel */
  put(value) {
    this.costs[this.t] = softplus((1 - 2 * value) * this.next());
    this.model.net.put(this.maps, this.t, value);
    this.t++;
  }

  /** @param {number} t */
  back(t) {
    this.model.net.back(this.maps, t);
    this.t = t;
  }

  /**
   * Goes to step t of a picture; what it has of it already is kept.
   * @param {ArrayLike<number>} x
   * @param {number} t
   */
  follow(x, t) {
    const { order } = this.model;
    let same = 0;
    while (same < Math.min(t, this.t) && this.x[order[same]] === x[order[same]]) same++;
    if (same < this.t) this.back(same);
    while (this.t < t) this.put(x[order[this.t]]);
  }

  /** @param {Pen} other of the same model */
  copy(other) {
    this.maps.x.set(other.maps.x);
    this.maps.rows = other.maps.rows;
    this.maps.store.forEach((map, i) => map.set(other.maps.store[i]));
    this.costs.set(other.costs);
    [this.t, this.odds, this.asked] = [other.t, other.odds, other.asked];
  }

  /** -log p of the pixels of the steps from `from` on, given those before. */
  nats(from = 0) {
    let sum = 0;
    for (let t = from; t < this.t; t++) sum += this.costs[t];
    return sum;
  }
}

/**
 * Completes a picture as the library does: a pixel is ink where its uniform number is below its probability.
 * @param {Model} model
 * @param {ArrayLike<number>} x
 * @param {number} given
 * @param {ArrayLike<number>} u a number for each pixel
 */
export function completed(model, x, given, u) {
  const pen = new Pen(model);
  pen.follow(x, given);
  while (!pen.done) {
    const pixel = model.order[pen.t];
    pen.put(u[pixel] < pen.chance() ? 1 : 0);
  }
  return pen;
}

/** @typedef {Spec & { name: string, offset: number }} NamedSpec */

/**
 * @param {NamedSpec} spec
 * @param {DataView} view
 * @returns {Model}
 */
export function modelOf(spec, view) {
  const place = new Array(spec.order.length);
  spec.order.forEach((pixel, t) => {
    place[pixel] = t;
  });
  return { name: spec.name, kind: spec.kind, net: createNet(spec, view), order: spec.order, place };
}

/** A drawing of which the first pixels are kept, and what models make of the rest. */
export class Study {
  /** Which model, which pen is looked at, and how many pixels are kept. */
  current = 0;
  chosen = 0;
  given = 0;
  /** The pixel that was asked what it reads, or -1. */
  asked = -1;
  /**
   * @param {Model[]} models
   * @param {number[]} shape
   * @param {number} seed
   */
  constructor(models, [rows, columns], seed) {
    this.models = models;
    this.rows = rows;
    this.columns = columns;
    this.size = rows * columns;
    this.seed = seed;
    this.drawing = new Float32Array(this.size);
    this.streams = Array.from({ length: PENS }, (_, i) => createRandom(seed + 1000 * i));
    /** @type {Pen[]} */
    this.pens = [];
    /** @type {Pen[]} one a model, of the drawing */
    this.trunks = models.map((model) => new Pen(model));
    this.choose(0);
  }

  get model() {
    return this.models[this.current];
  }

  get pen() {
    return this.pens[this.chosen];
  }

  /** Pixels that are there, kept ones included. */
  get t() {
    return this.pens[0].t;
  }

  get done() {
    return this.t === this.size;
  }

  /** @param {number} model */
  choose(model) {
    this.current = model;
    this.pens = Array.from({ length: PENS }, () => new Pen(this.model));
    this.begin();
  }

  /** Other weights of the same models. */
  load(/** @type {Pick<Traits, "get">} */ traits) {
    this.models = modelsOf(traits);
    this.trunks = this.models.map((model) => new Pen(model));
    this.choose(this.current);
  }

  /** All pens go to the end of what is kept. */
  begin() {
    const trunk = this.trunks[this.current];
    trunk.follow(this.drawing, this.given);
    if (!trunk.done) trunk.next();
    for (const pen of this.pens) pen.copy(trunk);
  }

  /** The random numbers begin anew, too. */
  reseed() {
    this.streams = this.streams.map((_, i) => createRandom(this.seed + 1000 * i));
  }

  /** Draws the next pixel in all pictures. */
  step() {
    if (this.done) return;
    this.pens.forEach((pen, i) => pen.put(this.streams[i].uniform() < pen.chance() ? 1 : 0));
  }

  /** @param {number} pixels */
  advance(pixels) {
    for (let i = 0; i < pixels; i++) this.step();
  }

  /** How much is kept such that this pixel is. */
  reach(/** @type {number} */ pixel) {
    return Math.max(this.given, this.model.place[pixel] + 1);
  }

  /**
   * What the log-odds of a pixel depend on.
   * @returns {Field}
   */
  field(pixel = this.asked) {
    const seen = this.model.net.reads(pixel), before = this.model.place[pixel];
    const read = seen.reduce((sum, on) => sum + on, 0);
    return { read, before, blind: before - read, seen };
  }

  /** Pens whose pictures differ from those of all pens before them. */
  kinds() {
    return new Set(this.pens.map(({ x }) => x.join(""))).size;
  }
}

/** @param {Pick<Traits, "get">} traits */
function modelsOf(traits) {
  /** @type {DataView} */
  const { buffer, byteOffset } = traits.get("weights");
  return traits.get("spec").models.map((/** @type {NamedSpec} */ spec) =>
    modelOf(spec, new DataView(buffer, byteOffset + spec.offset))
  );
}

/**
 * A picture to begin with, or an empty one.
 * @param {Pick<Traits, "get">} traits
 * @param {{ size: number }} study
 * @param {number} example
 */
export function pictureOf(traits, { size }, example) {
  const pictures = unpackBits(traits.get("examples"), size, traits.get("count"));
  return pictures[example] ?? new Float32Array(size);
}

/** @param {Pick<Traits, "get">} traits */
export function studyOf(traits) {
  const study = new Study(modelsOf(traits), traits.get("spec").shape, traits.get("seed"));
  study.drawing.set(pictureOf(traits, study, 0));
  study.given = traits.get("given");
  study.begin();
  return study;
}
