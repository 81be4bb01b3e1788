// ConvolutionStepper: a kernel stepped over a small picture, down and up, beside its matrix.

import { createAnimation, playButton } from "../js/animation.js";
import { button, range, select } from "../js/controls.js";
import { node, row } from "../js/dom.js";
import { across, fields, more, scene } from "../js/layout.js";
import { follow } from "../js/traits.js";
import { createTryList } from "../js/try_list.js";
import { createUi } from "../js/ui.js";
import { Stepper } from "./model.js";
import { tries } from "./tries.js";
import { createStage, wordsOf } from "./view.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Context, Ui } from "../js/ui.js" */
/** @import { Operation, Picture, Setting, Weights } from "./model.js" */

const TITLE = "A kernel, step by step, and the matrix that it is";
const TEXT =
  `Each place of the kernel is a row of <span data-light="matrix">the matrix</span>. Going down, a
  place is one number: <span data-light="input">the input</span> times its row. Going up, a place
  stamps its row into <span data-light="output">the output</span>, as strong as its activation is.
  Blue is above zero, vermilion below, and green marks where one stands.`;

const OPERATIONS = /** @type {const} */ ([
  ["convolution", "Convolution: down"],
  ["transposed", "Transposed: up"],
  ["resized", "Resize, then convolve: up"],
  ["unpooling", "Pool, then unpool by switches"],
]);
const PICTURES = /** @type {const} */ ([
  ["seven", "a seven"],
  ["plain", "plain"],
  ["spot", "one spot"],
  ["noise", "noise"],
]);
const WEIGHTS = /** @type {const} */ ([
  ["edge", "an edge"],
  ["ones", "all ones"],
  ["linear", "linear interpolation"],
  ["noise", "noise"],
]);
const NAMES = /** @type {const} */ ([
  "operation",
  "kernel",
  "stride",
  "padding",
  "side",
  "picture",
  "weights",
]);
const RATE = 4;
/** Frames that the last place is shown before it begins again. */
const REST = 6;

/**
 * @param {Ui} ui
 * @param {() => void} act
 */
function createSettings(ui, act) {
  const { traits } = ui, own = traits.get("own").length > 0;
  const operation = select(ui, { label: "Operation", options: OPERATIONS, onChange: act });
  const kernel = range(ui, {
    label: "Width of the kernel",
    min: 2,
    max: 5,
    step: 1,
    value: 3,
    onInput: act,
  });
  const stride = range(ui, { label: "Stride", min: 1, max: 3, step: 1, value: 2, onInput: act });
  const padding = range(ui, { label: "Padding", min: 0, max: 2, step: 1, value: 0, onInput: act });
  const side = range(ui, {
    label: "Width of the input",
    min: 2,
    max: 8,
    step: 1,
    value: 5,
    onInput: act,
  });
  const picture = select(ui, { label: "Input", options: PICTURES, onChange: act });
  const weights = select(ui, {
    label: "Weights",
    options: own ? [...WEIGHTS, ["own", "of your own"]] : WEIGHTS,
    onChange: act,
  });
  const controls = { operation, kernel, stride, padding, side, picture, weights };
  return {
    controls,
    seen: fields(operation.element, kernel.element, stride.element),
    others: fields(...[picture, weights, side, padding].map(({ element }) => element)),
    /** @returns {Setting} */
    get values() {
      return {
        operation: /** @type {Operation} */ (operation.value),
        kernel: kernel.value,
        stride: stride.value,
        padding: padding.value,
        side: side.value,
        picture: /** @type {Picture} */ (picture.value),
        weights: /** @type {Weights} */ (weights.value),
      };
    },
    /** @param {Setting} to */
    show(to) {
      operation.value = to.operation;
      kernel.value = to.kernel;
      stride.value = to.stride;
      padding.value = to.padding;
      side.value = to.side;
      picture.value = to.picture;
      weights.value = to.weights;
    },
  };
}

/**
 * @param {Traits} traits
 * @returns {Setting}
 */
function settingOf(traits) {
  return /** @type {Setting} */ (Object.fromEntries(NAMES.map((name) => [name, traits.get(name)])));
}

/**
 * Everything that is seen of a stepper, and what Python hears of it.
 * @param {Ui} ui
 */
function createPanels(ui) {
  const stage = createStage(ui), count = node("span", { className: "genlib-count" });
  const words = node("p", { className: "genlib-conv-words" });
  return {
    count,
    elements: [across(words), across(stage.maps), across(stage.matrix)],
    /** @param {Stepper} stepper */
    show(stepper) {
      stage.paint(stepper);
      count.textContent = `${stepper.place} of ${stepper.places} places`;
      words.textContent = wordsOf(stepper);
      ui.say(`${count.textContent}. ${words.textContent}`);
      const { place, phases, sizes, setting } = stepper, map = stepper.output();
      const width = setting.operation === "convolution" ? sizes.small : sizes.large;
      const output = Array.from({ length: stepper.fits ? width : 0 }, (_, i) => [
        ...map.subarray(i * width, (i + 1) * width),
      ]);
      ui.send({ ...setting, place, output, pattern: phases.pattern });
    },
  };
}

/**
 * What a hand can do: choose what is stepped, and go on or back by a place.
 * @param {Ui} ui
 */
function createHand(ui) {
  const { traits } = ui, first = settingOf(traits), settings = createSettings(ui, byHand);
  settings.show(first);
  const panels = createPanels(ui);
  let stepper = begun(), rest = 0, trying = false;
  const show = () => panels.show(stepper);
  const animation = createAnimation(ui, () => {
    // The end stays a moment, and then it begins again; that of a try stays until Play is pressed.
    if (!stepper.done) stepper.step();
    else if (trying || ++rest > REST) [rest, stepper.place] = [0, 0];
    show();
    list.look();
    if (trying && stepper.done) animation.pause();
  });
  animation.rate = RATE;
  const list = createTryList(ui, tries, { study: () => stepper, arrange: make, animation });

  function begun() {
    return new Stepper(settings.values, traits.get("seed"), traits.get("own"));
  }
  function anew() {
    [stepper, rest] = [begun(), 0];
    show();
  }
  function byHand() {
    trying = false;
    list.leave();
    anew();
  }
  /** @param {Setting} wanted by a try */
  function make(wanted) {
    trying = true;
    settings.show(wanted);
    anew();
  }
  /** @param {number} way */
  function oneStep(way) {
    animation.pause();
    if (way < 0) stepper.back();
    else if (stepper.done) stepper.place = 0;
    else stepper.step();
    show();
    list.look();
  }
  return { first, settings, panels, animation, list, anew, byHand, oneStep };
}

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE, text: TEXT }), hand = createHand(ui);
  const { first, settings, panels, animation, list, oneStep } = hand;
  function reset() {
    settings.show(first);
    hand.byHand();
    oneStep(1);
  }
  const bar = row(
    playButton(ui, animation),
    button(ui, "Step", () => oneStep(1)),
    button(ui, "Back", () => oneStep(-1)),
    button(ui, "Reset", reset),
    panels.count,
  );
  ui.add(
    list.list,
    scene(bar, list.words, ...panels.elements),
    settings.seen,
    more("Input, weights, padding", settings.others),
  );
  for (const name of NAMES) {
    const control = /** @type {{ value: any }} */ (settings.controls[name]);
    follow(ui, name, control, hand.anew);
  }
  ui.watch("own", hand.anew);
  // The first view stands at the first place.
  oneStep(1);
  return ui.close;
}

export const widget = { render };
