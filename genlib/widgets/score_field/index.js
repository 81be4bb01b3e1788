// ScoreField: the arrows of a denoiser beside the exact score, and two walks from a point that a hand drags.

import { createAnimation, playButton } from "../js/animation.js";
import { button, range, select } from "../js/controls.js";
import { node, row } from "../js/dom.js";
import { soon } from "../js/frames.js";
import { across, fields, part, scene } from "../js/layout.js";
import { follow } from "../js/traits.js";
import { createTryList } from "../js/try_list.js";
import { createUi } from "../js/ui.js";
import { percent, times } from "../js/words.js";
import { fieldOf, levelsOf, settingOf, Walk } from "./model.js";
import { tries } from "./tries.js";
import { createFields, createMeasures, wordsOf } from "./view.js";

/** @import { Context, Ui } from "../js/ui.js" */
/** @import { Field, Setting } from "./model.js" */
/** @import { Shade } from "./view.js" */

const TITLE = "Where a denoiser points, and where the density rises";
const TEXT =
  `Blue arrows are the exact score of the noisy data, times \u03c3\u00b2; vermilion ones lead from a point to what
  the network makes of it. Drag the green point, x\u2032: the two walks from it go a share of the way to the answer
  at each step, and then ask again. Long arrows are drawn shorter than they are.`;
const RATE = 8;
const SHADES = /** @type {const} */ ([
  ["density", "density"],
  ["difference", "difference"],
]);

/**
 * @param {Ui} ui
 * @param {Field} field
 * @param {() => void} change
 */
function createSettings(ui, { levels }, change) {
  const { traits } = ui;
  const sigma = select(ui, {
    label: "Noise \u03c3",
    options: levels.map((level) => /** @type {const} */ ([level.sigma, String(level.sigma)])),
    onChange: change,
  });
  const share = range(ui, {
    label: "A step goes",
    min: 0.05,
    max: 1,
    step: 0.05,
    value: 1,
    format: (value) => percent(value, 0),
    onInput: change,
  });
  const shade = select(ui, { label: "Grey", options: SHADES, onChange: change });
  /** @param {{ sigma: number, share: number, shade?: string }} to */
  function show(to) {
    sigma.value = String(to.sigma);
    share.value = to.share;
    if (to.shade) shade.value = to.shade;
  }
  const first = { ...settingOf(traits), shade: traits.get("shade") };
  show(first);
  follow(ui, "sigma", sigma, change, String);
  follow(ui, "share", share, change);
  follow(ui, "shade", shade, change);
  return {
    first,
    show,
    element: fields(sigma.element, share.element, shade.element),
    get shade() {
      return /** @type {Shade} */ (shade.value);
    },
    get values() {
      return { sigma: +sigma.value, share: share.value };
    },
  };
}

/**
 * Everything that is seen of a walk, and what Python hears of it.
 * @param {Ui} ui
 * @param {Field} field
 * @param {(point: [x: number, y: number]) => void} onMove
 */
function createPanels(ui, field, onMove) {
  const plane = createFields(ui, field, onMove), measures = createMeasures(ui);
  const count = node("span", { className: "genlib-count" });
  const words = node("p", { className: "genlib-score-words" });
  return {
    plane,
    count,
    elements: [part("fields", plane.element), part("walks", measures.element), across(words)],
    /**
     * @param {Walk} walk
     * @param {Shade} shade
     */
    show(walk, shade) {
      plane.paint(walk, shade);
      measures.paint(walk);
      count.textContent = times(walk.steps, "step");
      words.textContent = wordsOf(walk);
      ui.say(words.textContent);
      const { exact, model } = walk.now;
      ui.send({ steps: walk.steps, x_exact: [[...exact]], x_model: [[...model]] });
    },
  };
}

/**
 * What a hand can do: drag the start, choose, and let both walk.
 * @param {Ui} ui
 * @param {Field} field
 */
function createHand(ui, field) {
  const walk = new Walk(field, settingOf(ui.traits)), panels = createPanels(ui, field, move);
  const show = () => panels.show(walk, settings.shade), again = soon(ui, show);
  const animation = createAnimation(ui, () => {
    walk.step();
    show();
    list.look();
  });
  animation.rate = RATE;
  const settings = createSettings(ui, field, () => {
    list.leave();
    change();
  });
  const list = createTryList(ui, tries, { study: () => walk, arrange, animation });

  /** The walks begin anew where the noise or the share is another one; a shade changes nothing. */
  function change() {
    const { values, shade } = settings, { sigma, share } = walk.setting;
    if (values.sigma !== sigma || values.share !== share) walk.change(values);
    ui.send({ ...values, shade });
    again();
  }
  /** @param {Setting} set what a try wants */
  function arrange(set) {
    settings.show(set);
    walk.change(set);
    ui.send(set);
    show();
  }
  /** @param {[x: number, y: number]} start */
  function move(start) {
    list.leave();
    walk.change({ start });
    ui.send({ start });
    again();
  }
  return { walk, panels, animation, settings, list, arrange, again };
}

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE, text: TEXT }), field = fieldOf(ui.traits);
  const { walk, panels, animation, settings, list, arrange, again } = createHand(ui, field);
  function reset() {
    animation.pause();
    list.leave();
    const { shade, ...setting } = settings.first;
    settings.show({ ...setting, shade });
    ui.send({ shade });
    arrange(setting);
  }
  ui.watch("weights", () => {
    field.load(levelsOf(ui.traits));
    panels.plane.forget();
    walk.begin();
    again();
  });
  ui.watch("start", () => {
    const start = ui.traits.get("start");
    if (String(start) === String(walk.setting.start)) return;
    walk.change({ start });
    again();
  });
  const bar = row(
    playButton(ui, animation),
    button(ui, "Step", animation.step),
    button(ui, "Reset", reset),
    panels.count,
  );
  ui.add(list.list, scene(bar, list.words, ...panels.elements), settings.element);
  panels.show(walk, settings.shade);
  return ui.close;
}

export const widget = { render };
