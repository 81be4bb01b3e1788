// The positive and the negative phase of contrastive divergence beside each other, and one hidden unit looked at closely.

import { range } from "../js/controls.js";
import { div, held, node } from "../js/dom.js";
import { sigmoid } from "../js/functions.js";
import { createSignedImage } from "../js/signed_image.js";
import { signed, times } from "../js/words.js";
import { differing, inked, inputOf, outerRows, phaseOf } from "./model.js";
import { createUnits } from "./pictures.js";

/** @import { Floats } from "../js/arrays.js" */
/** @import { Ui } from "../js/ui.js" */
/** @import { Phase, Study } from "./model.js" */

/**
 * @typedef {object} Options
 * @property {{ width: number, height: number }} picture the size of one
 * @property {number} hidden
 * @property {(j: number) => void} onPick a hand has chosen unit j
 */

/**
 * A phase: its picture, its hidden units, and row j of their product, over a line of words.
 * @param {Ui} ui
 * @param {string} name
 * @param {string} title
 * @param {string[]} captions
 * @param {Options} options
 */
function createCard(ui, name, title, captions, { picture, hidden, onPick }) {
  const image = (/** @type {string} */ what, /** @type {string} */ caption) =>
    createSignedImage(ui, { ...picture, label: `${title}: ${what}`, caption });
  const x = image("visible units", captions[0]);
  const h = createUnits(ui, {
    label: `${title}: hidden units`,
    count: hidden,
    caption: captions[1],
    signed: name === "difference",
    onPick,
  });
  const row = image("row j of the outer product", captions[2]);
  const head = node("p", { className: "genlib-caption", textContent: title });
  const words = node("p", { className: "genlib-gibbs-words" });
  const pictures = div("genlib-gibbs-three", x.element, h.element, row.element);
  return {
    x,
    h,
    row,
    element: div(`genlib-gibbs-card genlib-gibbs-${name}`, head, pictures, words),
    /** @param {string} next */
    say(next) {
      words.replaceChildren(...held(next));
    },
  };
}

/**
 * One hidden unit: its row of W, its bias, and what the present x makes of both.
 * @param {Ui} ui
 * @param {Options} options
 */
function createFilter(ui, { picture, hidden, onPick }) {
  const slider = range(ui, {
    label: "Hidden unit j",
    min: 0,
    max: hidden - 1,
    step: 1,
    value: 0,
    onInput: onPick,
  });
  const image = createSignedImage(ui, { ...picture, label: "Filter of the hidden unit" });
  const head = node("p", { className: "genlib-caption" });
  const low = node("span"), high = node("span");
  const scale = node(
    "div",
    { className: "genlib-gibbs-scale", ariaHidden: "true" },
    low,
    node("i"),
    high,
  );
  const words = node("dl", { className: "genlib-gibbs-reading" });
  return {
    slider: slider.element,
    element: div(
      "genlib-gibbs-filter",
      head,
      node("div", {}, image.element, scale),
      words,
    ),
    /**
     * @param {number} j
     * @param {Floats} row
     * @param {number} bias
     * @param {Floats} x
     */
    paint(j, row, bias, x) {
      let top = 1e-6;
      for (const weight of row) top = Math.max(top, Math.abs(weight));
      const input = inputOf(row, bias, x), ends = [signed(-top), signed(top)];
      slider.value = j;
      head.textContent = `Hidden unit ${j}; point at another in h`;
      image.paint(row, top);
      image.describe(`Filter of hidden unit ${j}: weights from ${ends[0]} to ${ends[1]}`);
      [low.textContent, high.textContent] = ends;
      const lines = {
        "its filter": `row W[${j}]`,
        "bias b": signed(bias),
        "input b + Wx": signed(input),
        "p(h = 1 | x)": sigmoid(input).toFixed(3),
      };
      words.replaceChildren(
        ...Object.entries(lines).flatMap(([name, value]) => [
          node("dt", { textContent: name }),
          node("dd", { textContent: value }),
        ]),
      );
    },
  };
}

/**
 * @param {Ui} ui
 * @param {Options} options
 */
function createCards(ui, options) {
  return {
    positive: createCard(
      ui,
      "positive",
      "Positive phase: data",
      ["x(t)", "p(h | x(t))", "row j of h x\u1d40"],
      options,
    ),
    negative: createCard(
      ui,
      "negative",
      "Negative phase: model",
      ["x\u0303", "p(h | x\u0303)", "row j of h x\u0303\u1d40"],
      options,
    ),
    difference: createCard(
      ui,
      "difference",
      "Difference: the step",
      ["for c", "for b", "for row j"],
      options,
    ),
  };
}

/**
 * What the cards say.
 * @param {Study} study
 * @param {Phase | null} data
 * @param {Phase} sample
 */
function wordsOf({ chain, persistent }, data, sample) {
  const { sweep } = chain.state, free = (/** @type {Phase} */ phase) => signed(phase.free, 1);
  const where = persistent
    ? "PCD: x\u0303 is where the chain stands now"
    : `CD-${sweep}: x\u0303 is ${times(sweep, "sweep")} from x(t)`;
  const negative = `${where}. Subtracts h(x\u0303) x\u0303\u1d40 from W: ` +
    `pushes its free energy, ${free(sample)}, up.`;
  if (!data) {
    const positive = "There is no data yet: draw a digit, or pass examples.";
    return { positive, negative, difference: "" };
  }
  const positive = `x(t) is data. Adds h(x(t)) x(t)\u1d40 to W: ` +
    `pulls its free energy, ${free(data)}, down.`;
  const count = differing(data.x, sample.x);
  const difference = `x(t) and x\u0303 differ in ${count} of ${data.x.length} pixels. ` +
    "Blue rises, vermilion falls; where both agree nothing is learnt.";
  return { positive, negative, difference };
}

/**
 * Both phases, their difference, and the view of a unit. Without data the first and the last card stay empty.
 * @param {Ui} ui
 * @param {Study} study
 * @param {Options} options
 */
export function createPhases(ui, study, options) {
  const { chain } = study, { visible, hidden } = chain;
  const pixels = () => new Float32Array(visible), units = () => new Float32Array(hidden);
  const work = pixels(),
    gap = units(),
    hData = units(),
    hNow = units(),
    none = new Uint8Array(visible);
  const outer = { raised: pixels(), lowered: pixels(), difference: pixels() };
  const absent = { x: pixels(), h: units() };
  const { positive, negative, difference } = createCards(ui, options);
  const filter = createFilter(ui, options);
  const minus = (/** @type {Floats} */ values) => inked(values, none, "model", work);
  let j = 0;
  /** @type {{ data: Phase | null, sample: Phase } | null} */
  let now = null;

  function paintUnit() {
    if (!now) return;
    const { data, sample } = now, { W, b } = chain.weights;
    filter.paint(j, W.subarray(j * visible, (j + 1) * visible), b[j], chain.state.x);
    outerRows(data ?? absent, sample, j, outer);
    positive.row.paint(outer.raised);
    negative.row.paint(minus(outer.lowered));
    difference.row.paint(data ? outer.difference : absent.x);
    for (const card of [positive, negative, difference]) card.h.mark(j);
  }
  /**
   * @param {Phase | null} data
   * @param {Phase} sample
   */
  function paintDifference(data, sample) {
    for (let i = 0; i < visible; i++) work[i] = data ? data.x[i] - sample.x[i] : 0;
    for (let i = 0; i < hidden; i++) gap[i] = data ? data.h[i] - sample.h[i] : 0;
    difference.x.paint(work);
    difference.h.paint(gap);
  }
  return {
    element: div("genlib-gibbs-phases", positive.element, negative.element, difference.element),
    filter: filter.element,
    slider: filter.slider,
    /** @param {number} unit */
    choose(unit) {
      j = unit;
      paintUnit();
    },
    /** Shows both phases, and returns the free energies of x(t), if there is one, and of the chain's x. */
    paint() {
      const data = study.data && phaseOf(chain.machine, study.data, hData);
      const sample = phaseOf(chain.machine, chain.state.x, hNow);
      now = { data, sample };
      positive.x.paint((data ?? absent).x);
      positive.h.paint((data ?? absent).h);
      negative.x.paint(minus(sample.x));
      negative.h.paint(sample.h);
      paintDifference(data, sample);
      const words = wordsOf(study, data, sample);
      positive.say(words.positive);
      negative.say(words.negative);
      difference.say(words.difference);
      paintUnit();
      return { data: data?.free, chain: sample.free };
    },
  };
}
