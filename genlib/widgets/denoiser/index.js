// Denoiser: spoil a picture and clean it, again and again, or in turns.

import { createAnimation, playButton } from "../js/animation.js";
import { button, range, select } from "../js/controls.js";
import { div, node, row } from "../js/dom.js";
import { kindOf } from "../js/drawing.js";
import { soon } from "../js/frames.js";
import { across, fields, scene } from "../js/layout.js";
import { createPad } from "../js/pad.js";
import { createPicks } from "../js/picks.js";
import { follow } from "../js/traits.js";
import { createTryList } from "../js/try_list.js";
import { createUi } from "../js/ui.js";
import { times } from "../js/words.js";
import { denoiserOf, washingOf } from "./model.js";
import { arrange, tries } from "./tries.js";
import { createFilm, createPictures, wordsOf } from "./view.js";

/** @import { Context, Ui } from "../js/ui.js" */
/** @import { Noise, Setting, Washing, Way } from "./model.js" */

const TITLE = "Spoil a picture, and have it cleaned";
const TEXT =
  `A network gets a spoilt picture and answers with a probability for every pixel, vermilion. A step of
  <em>clean the answer</em> gives it its own answer; one of <em>draw and corrupt</em> draws a picture from the
  answer, pixel by pixel, and spoils that. Draw one yourself, blue, or take one that is there.`;
const RATE = 5;
const KINDS = /** @type {const} */ ([
  ["gaussian", "Gaussian"],
  ["masking", "masking: pixels go blank"],
  ["salt and pepper", "salt and pepper"],
]);
const WAYS = /** @type {const} */ ([
  ["chain", "draw and corrupt"],
  ["clean", "clean the answer"],
]);

/**
 * @param {Ui} ui
 * @param {() => void} change called after a hand, or Python, has set one of them
 */
function createSettings(ui, change) {
  const { traits } = ui;
  const kind = select(ui, { label: "Noise", options: KINDS, onChange: change });
  const way = select(ui, { label: "A step", options: WAYS, onChange: change });
  const amount = range(ui, {
    label: "Amount",
    min: 0,
    max: 1,
    step: 0.01,
    value: 0,
    format: (value) => value.toFixed(2),
    onInput: change,
  });
  /** @param {Setting} to */
  function show(to) {
    kind.value = to.kind;
    amount.value = to.amount;
    way.value = to.way;
  }
  const first = {
    kind: /** @type {Noise} */ (traits.get("kind")),
    amount: traits.get("amount"),
    way: /** @type {Way} */ (traits.get("way")),
  };
  show(first);
  follow(ui, "kind", kind, change);
  follow(ui, "amount", amount, change);
  follow(ui, "way", way, change);
  return {
    first,
    show,
    element: fields(kind.element, amount.element, way.element),
    /** @returns {Setting} */
    get values() {
      return {
        kind: /** @type {Noise} */ (kind.value),
        amount: amount.value,
        way: /** @type {Way} */ (way.value),
      };
    },
  };
}

/**
 * Everything that is seen of a washing, and what Python hears of it.
 * @param {Ui} ui
 * @param {Washing} washing
 * @param {(x: ArrayLike<number>) => void} take
 */
function createPanels(ui, washing, take) {
  const shape = ui.traits.get("shape"), kind = kindOf(shape[0], shape[1]);
  const pictures = createPictures(ui, shape), film = createFilm(ui, shape);
  const picks = createPicks(ui, washing.pictures, {
    labels: washing.pictures.map((_, n) => `Take picture ${n + 1}`),
    width: shape[1],
    height: shape[0],
    onPick: take,
  });
  const pad = kind && createPad(ui, {
    label: "Drawing pad",
    kind,
    caption: "draw here",
    onDraw: (image) => pad?.blank || take(image.map((ink) => (ink >= 0.5 ? 1 : 0))),
  });
  const count = node("span", { className: "genlib-count" });
  const words = node("p", { className: "genlib-denoiser-words" });
  const given = div("genlib-denoiser-given", ...(pad ? [pad.element] : []), picks.element);
  return {
    pad,
    count,
    elements: [given, div("", pictures.element, words, film.element)],
    show() {
      pictures.paint(washing);
      film.paint(washing);
      picks.mark(washing.origin);
      count.textContent = times(washing.steps, "step");
      words.textContent = wordsOf(washing);
      ui.say(words.textContent);
      const { noisy, mean } = washing.now;
      ui.send({ steps: washing.steps, x_noisy: [[...noisy]], x_mean: [[...mean]] });
    },
  };
}

/**
 * What a hand can do to a washing: give it a picture, and choose the noise.
 * @param {Ui} ui
 * @param {Washing} washing
 */
function createHand(ui, washing) {
  const panels = createPanels(ui, washing, take), { show } = panels, again = soon(ui, show);
  const animation = createAnimation(ui, () => {
    washing.step();
    show();
    list.look();
  });
  animation.rate = RATE;
  const settings = createSettings(ui, () => {
    list.leave();
    washing.change(settings.values);
    ui.send(settings.values);
    again();
  });
  const list = createTryList(ui, tries, { study: () => washing, arrange: make, animation });
  /** @param {Setting} set what a try wants */
  function make(set) {
    arrange(washing, set);
    settings.show(set);
    ui.send(set);
    show();
  }
  /** @param {ArrayLike<number>} x */
  function take(x) {
    list.leave();
    washing.begin(x instanceof Float32Array ? x : Float32Array.from(x));
    again();
  }
  function anew() {
    list.leave();
    washing.seed++;
    take(washing.origin);
  }
  return { panels, animation, settings, list, again, anew };
}

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE, text: TEXT }), { traits } = ui;
  const washing = washingOf(traits), hand = createHand(ui, washing);
  const { panels, animation, settings, list } = hand;
  function first() {
    washing.begin(washing.pictures[0]);
    panels.show();
  }
  function reset() {
    const { pad } = panels;
    animation.pause();
    list.leave();
    if (pad && !pad.blank) pad.clear();
    settings.show(settings.first);
    Object.assign(washing.setting, settings.first);
    washing.seed = traits.get("seed");
    ui.send(settings.first);
    first();
  }
  ui.watch("weights", () => {
    washing.load(denoiserOf(traits));
    hand.again();
  });
  const bar = row(
    playButton(ui, animation),
    button(ui, "Step", animation.step),
    button(ui, "Spoil it anew", hand.anew),
    button(ui, "Reset", reset),
    panels.count,
  );
  ui.add(list.list, across(scene(bar, list.words, ...panels.elements)), settings.element);
  first();
  return ui.close;
}

export const widget = { render };
