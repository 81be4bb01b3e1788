// EMSteps: a mixture of Bernoullis that learns by halves, and the bound that touches its likelihood.

import { createAnimation, playButton } from "../js/animation.js";
import { button, range, select } from "../js/controls.js";
import { div, node, row } from "../js/dom.js";
import { soon } from "../js/frames.js";
import { across, fields, more, scene } from "../js/layout.js";
import { follow } from "../js/traits.js";
import { createTryList } from "../js/try_list.js";
import { createUi } from "../js/ui.js";
import { times } from "../js/words.js";
import { givenOf } from "./model.js";
import { arrange, FIRST, mixtureOf, tries } from "./tries.js";
import { createCurves, createOwn, createTemplates, MOST_COMPONENTS, wordsOf } from "./view.js";

/** @import { Context, Ui } from "../js/ui.js" */
/** @import { Guess, Mixture, Start } from "./model.js" */
/** @import { Wanted } from "./tries.js" */

const TITLE = "A mixture learns: which template made which picture?";
const TEXT =
  `M step moves both dots to the top of the bound, and E step lifts the bound until it touches the
  likelihood again. Choose a template to see whose pictures it has.`;

/** Half steps a second. */
const RATE = 5;
const GUESSES = /** @type {const} */ ([
  ["posterior", "the posterior"],
  ["decided", "all on the likeliest"],
  ["half blind", "half blind: from the upper half"],
]);
const STARTS = /** @type {const} */ ([
  ["given", "the notebook\u2019s mixture"],
  ["random", "random templates"],
  ["twins", "twins: all alike"],
  ["one picture", "the first on one picture"],
]);

/**
 * @param {Ui} ui
 * @param {Mixture} mixture
 * @param {{ begin: () => void, change: () => void }} act
 */
function createSettings(ui, mixture, { begin, change }) {
  const { traits } = ui;
  const guess = select(ui, { label: "q", options: GUESSES, onChange: change });
  const known = STARTS.filter(([name]) => name !== "given" || mixture.given);
  const start = select(ui, { label: "Start", options: known, onChange: begin });
  const components = range(ui, {
    label: "Templates",
    min: 1,
    max: MOST_COMPONENTS,
    step: 1,
    value: 6,
    onInput: begin,
  });
  const smoothing = range(ui, {
    label: "Pseudo-count",
    min: 0,
    max: 2,
    step: 0.1,
    value: 0,
    format: (value) => value.toFixed(1),
    onInput: change,
  });
  /** @param {{ guess: string, start: string, components: number, smoothing: number }} to */
  function show(to) {
    guess.value = to.guess;
    start.value = to.start;
    components.value = to.components;
    smoothing.value = to.smoothing;
  }
  const first = {
    guess: traits.get("guess"),
    start: traits.get("start"),
    components: traits.get("components"),
    smoothing: traits.get("smoothing"),
  };
  show(first);
  follow(ui, "guess", guess, change);
  follow(ui, "smoothing", smoothing, change);
  follow(ui, "start", start, begin);
  follow(ui, "components", components, begin);
  return {
    first,
    show,
    seen: fields(...[start, guess, components].map(({ element }) => element)),
    others: fields(smoothing.element),
    get values() {
      return {
        guess: /** @type {Guess} */ (guess.value),
        start: /** @type {Start} */ (start.value),
        components: components.value,
        smoothing: smoothing.value,
      };
    },
  };
}

/**
 * Everything that is seen of a mixture, and what Python hears of it.
 * @param {Ui} ui
 * @param {Mixture} mixture
 */
function createPanels(ui, mixture) {
  const shape = ui.traits.get("shape");
  let picked = 0;
  const again = soon(ui, show);
  const templates = createTemplates(ui, shape, pick), own = createOwn(ui, shape);
  const curves = createCurves(ui), left = div("genlib-em-left", templates.element, own.element);
  const count = node("span", { className: "genlib-count" });
  const words = node("p", { className: "genlib-em-words" });
  /** @param {number} k the template whose pictures are shown */
  function pick(k) {
    picked = k;
    again();
  }
  function paint() {
    picked = Math.min(picked, mixture.setting.components - 1);
    templates.paint(mixture, picked);
    own.paint(mixture, picked);
    curves.paint(mixture);
    count.textContent = times(mixture.rounds, "round");
    words.textContent = wordsOf(mixture);
  }
  function show() {
    paint();
    ui.say(words.textContent ?? "");
    const { logWeights, logits } = mixture.here;
    ui.send({
      rounds: mixture.rounds,
      log_likelihood: mixture.likelihood,
      bound: mixture.bound,
      parameters: new Uint8Array(Float64Array.of(...logWeights, ...logits).buffer),
    });
  }
  return { count, elements: [across(words), left, curves.element], pick, paint, show, again };
}

/**
 * What a hand can do to a mixture: choose where and how it learns, and begin again.
 * @param {Ui} ui
 * @param {Mixture} mixture
 * @param {ReturnType<typeof createPanels>} panels
 */
function createHand(ui, mixture, { pick, show, again }) {
  const animation = createAnimation(ui, () => {
    mixture.step();
    show();
    list.look();
  });
  animation.rate = RATE;
  const list = createTryList(ui, tries, { study: () => mixture, arrange: make, animation });
  const settings = createSettings(ui, mixture, {
    begin() {
      list.leave();
      begin();
      tell();
    },
    change() {
      list.leave();
      const { guess, smoothing } = settings.values;
      mixture.change({ guess, smoothing });
      tell();
      again();
    },
  });
  function begin() {
    Object.assign(mixture.setting, settings.values);
    mixture.begin(FIRST);
    again();
  }
  function tell() {
    ui.send(settings.values);
  }
  /** @param {Wanted} wanted by a try */
  function make(wanted) {
    arrange(mixture, wanted);
    settings.show(mixture.setting);
    pick(0);
    show();
    tell();
  }
  return { animation, list, settings, begin, tell };
}

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE, text: TEXT }), { traits } = ui;
  const mixture = mixtureOf(traits), panels = createPanels(ui, mixture);
  const { animation, list, settings, begin, tell } = createHand(ui, mixture, panels);
  /** @param {() => void} act */
  const byHand = (act) => () => {
    animation.pause();
    list.leave();
    act();
    panels.again();
  };
  function reset() {
    settings.show(settings.first);
    panels.pick(0);
    begin();
    tell();
  }
  const bar = row(
    playButton(ui, animation),
    button(ui, "M step", byHand(() => mixture.maximise())),
    button(ui, "E step", byHand(() => mixture.expect())),
    button(ui, "Reset", byHand(reset)),
    panels.count,
  );
  ui.add(
    list.list,
    scene(bar, list.words, ...panels.elements),
    settings.seen,
    more("More settings", settings.others),
  );
  ui.watch("given", () => {
    mixture.given = givenOf(traits.get("given"), mixture.size);
    if (settings.values.start === "given") begin();
  });
  Object.assign(mixture.setting, settings.values);
  mixture.begin(FIRST);
  panels.paint();
  return ui.close;
}

export const widget = { render };
