// What there is to try with a model that draws pixel by pixel, and when it was seen.

import { studyOf } from "./model.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Scene, Try } from "../js/tries.js" */
/** @import { Study } from "./model.js" */

/** @typedef {{ model?: number, share: number, ask?: boolean }} Wanted how much is kept, and whether a pixel is asked */

/** Frames in which a whole picture is drawn. */
export const FRAMES = 64;

/** @param {Study} study */
export const paceOf = ({ size }) => Math.ceil(size / FRAMES);

/** A pixel below the middle and left of it: much of what is before it lies to its right. */
export function asked(/** @type {Study} */ { rows, columns }) {
  return Math.floor(0.6 * rows) * columns + Math.floor(0.3 * columns);
}

/**
 * How many pixels a model cannot see from there.
 * @param {Study} study
 * @param {number} model
 */
function blind(study, model) {
  const { net, place } = study.models[model], pixel = asked(study);
  return place[pixel] - net.reads(pixel).reduce((sum, on) => sum + on, 0);
}

/** @param {Study} study */
const blank = ({ drawing }) => !drawing.some((ink) => ink > 0);

/** @type {Try<Study, Wanted>[]} */
export const tries = [
  {
    name: "Half a digit",
    look:
      "the upper half is kept, and does not settle the rest: the six ways differ, and so do their nats.",
    set: { share: 0.5 },
    within: 80,
    fits: (study) => !blank(study),
    watch: (study) => () => study.done && study.kinds() >= 3,
  },
  {
    name: "From nothing",
    look:
      "most pixels cost nearly nothing; a few, where a stroke begins or ends, make up most of the nats.",
    set: { share: 0 },
    within: 80,
    watch: (study) => () =>
      study.done && study.pens.every(({ costs }) => {
        const sorted = costs.slice().sort(), quarter = Math.floor(0.75 * sorted.length);
        const sum = (/** @type {Float64Array} */ part) => part.reduce((all, cost) => all + cost, 0);
        return sum(sorted.subarray(quarter)) > 0.6 * sum(sorted);
      }),
  },
  {
    name: "What does a pixel read?",
    look: "grey is what the framed pixel depends on: pixels that came before it, and none after.",
    set: { share: 0.5, ask: true },
    within: 10,
    fits: ({ models: [{ kind }] }) => kind !== "pixelcnn",
    watch: (study) => () => {
      if (study.asked < 0) return false;
      const { read, seen } = study.field(), { place } = study.model;
      return read > 0 && seen.every((on, pixel) => !on || place[pixel] < place[study.asked]);
    },
  },
  {
    name: "The blind spot",
    look:
      "crossed out are pixels before the framed one that it cannot see; more layers would not reach those to its upper right.",
    set: { share: 0.5, ask: true },
    within: 10,
    fits: (study) => study.models[0].kind === "pixelcnn" && blind(study, 0) > 0,
    watch: (study) => () => study.asked >= 0 && study.field().blind > 0,
  },
  {
    name: "Two stacks",
    look: "the same pixel of the gated model: it reads more of what lies to the upper right.",
    set: { model: 1, share: 0.5, ask: true },
    within: 10,
    fits: (study) => {
      const [first, second] = study.models;
      const kinds = first.kind === "pixelcnn" && second?.kind === "gated";
      return kinds && blind(study, 1) < blind(study, 0);
    },
    watch: (study) => () => study.asked >= 0 && study.field().blind < blind(study, 0),
  },
  {
    name: "Another order",
    look:
      "as many pixels are kept, scattered over the whole picture; the model fills in what lies between.",
    set: { model: 1, share: 0.5 },
    within: 80,
    fits: (study) => !blank(study) && another(study),
    watch: (study) => () => study.done && scattered(study),
  },
];

/** @param {Study} study */
function another({ models: [first, second] }) {
  return second !== undefined && first.order.some((pixel, t) => pixel !== second.order[t]);
}

/** Whether some pixels of every row are kept, and some are not. */
function scattered(/** @type {Study} */ { model: { place }, given, rows, columns }) {
  return Array.from({ length: rows }, (_, r) => place.slice(r * columns, (r + 1) * columns))
    .every((steps) => steps.some((t) => t < given) && steps.some((t) => t >= given));
}

/**
 * Begins what a try asks for.
 * @param {Study} study
 * @param {Wanted} wanted
 */
export function arrange(study, { model = 0, share, ask = false }) {
  study.given = Math.round(share * study.size);
  study.asked = -1;
  study.reseed();
  study.choose(model);
  if (ask) study.asked = asked(study);
}

/**
 * A widget without a page.
 * @param {Pick<Traits, "get">} traits
 * @returns {Scene<Study, Wanted>}
 */
export function sceneOf(traits) {
  const study = studyOf(traits);
  return {
    study,
    arrange: (wanted) => arrange(study, wanted),
    advance: () => study.advance(paceOf(study)),
  };
}
