// TinyWorld: a model is trained in the page on a world so small that everything about it can be known.

import { playButton } from "../js/animation.js";
import { button, range, select } from "../js/controls.js";
import { row } from "../js/dom.js";
import { fields, more, scene } from "../js/layout.js";
import { createTraining } from "../js/training.js";
import { follow } from "../js/traits.js";
import { createTryList } from "../js/try_list.js";
import { createUi } from "../js/ui.js";
import { FAMILIES, settingsOf, studyOf } from "./model.js";
import { tries } from "./tries.js";
import { createPanels } from "./view.js";

/** @import { Training } from "../js/training.js" */
/** @import { Context, Ui } from "../js/ui.js" */
/** @import { Study, Value, Wish } from "./model.js" */
/** @import { Setting as Wanted } from "./tries.js" */

/** @typedef {{ element: HTMLElement, input: HTMLInputElement | HTMLSelectElement, value: Value }} Setting */

const TITLE = "A world of 4096 pictures: the distribution of the data and a model's";
const TEXT =
  `All figures are exact sums over 4096 states, except that of annealed importance sampling,
  which stands beside the truth: train on and give it a single temperature, and it is far off, and its
  error bar does not say so. Each try is a new run, and the curves of earlier ones stay, dashed. At the
  rate 0.003 the chains of PCD keep up. Belief net, MADE and mixture have no partition function.`;

const PACES = /** @type {const} */ ([
  ["10", "10 steps a second"],
  ["60", "a step a frame"],
  ["fast", "as fast as it can"],
]);
/** Settings of a family that are seen at once, beside one of annealing; the others wait under More. */
const SEEN = 2;
const PRESSES = [1, 10, 100, 1000], CHAINS = [10, 100, 1000], TEMPERATURES = [1, 10, 100, 1000];

/**
 * The control of a setting as a family wishes it. Its value is what was set, which a slider may show rounded.
 * @param {Ui} ui
 * @param {Wish} wish
 * @param {(value: Value) => void} onChange
 * @returns {Setting}
 */
function createSetting(ui, { trait, label, options, min = 0, max = 1, powers }, onChange) {
  let current = /** @type {Value} */ (ui.traits.get(trait));
  const take = (/** @type {Value} */ to) => {
    current = to;
    onChange(to);
  };
  const shown = (/** @type {Value} */ value) => powers ? Math.log10(+value) : +value;
  const slider = () =>
    range(ui, {
      label,
      min: shown(min),
      max: shown(max),
      step: powers ? "any" : 1,
      value: shown(current),
      format: (at) => String(powers ? +(10 ** at).toPrecision(2) : at),
      onInput: (at) => take(powers ? 10 ** at : at),
    });
  const choice = (/** @type {NonNullable<Wish["options"]>} */ options) =>
    select(ui, {
      label,
      options,
      value: current,
      onChange: (key) => take(options.find(([value]) => String(value) === key)?.[0] ?? key),
    });
  const made = options ? choice(options) : slider();
  return {
    element: made.element,
    input: made.input,
    get value() {
      return current;
    },
    set value(to) {
      current = to;
      if (options) /** @type {ReturnType<typeof choice>} */ (made).value = String(to);
      /** @type {ReturnType<typeof slider>} */ else made.value = shown(to);
    },
  };
}

/**
 * The family, and the settings that it wants, each a trait; the first few are seen at once.
 * @param {Ui} ui
 * @param {Study} study
 * @param {{ begin: () => void, again: () => void }} act
 */
function createSettings(ui, study, { begin, again }) {
  /** @type {Map<Wish, Setting>} families share some */
  const controls = new Map();
  const seen = fields(), others = fields();
  const family = select(ui, {
    label: "Model",
    options: Object.entries(FAMILIES).map(([key, { name }]) => [key, name]),
    value: ui.traits.get("family"),
    onChange() {
      arrange();
      begin();
    },
  });
  const wishes = () => FAMILIES[family.value].controls;
  const of = (/** @type {Wish} */ wish) => /** @type {Setting} */ (controls.get(wish));
  const values = () => {
    const pairs = wishes().map((wish) => [wish.trait, of(wish).value]);
    return { family: family.value, ...Object.fromEntries(pairs) };
  };
  function arrange() {
    const now = wishes(), elements = now.map((wish) => of(wish).element);
    seen.replaceChildren(...elements.slice(0, SEEN));
    others.replaceChildren(family.element, ...elements.slice(SEEN));
    for (const wish of now) of(wish).input.disabled = Boolean(wish.used && !wish.used(values()));
  }
  for (const wish of Object.values(FAMILIES).flatMap(({ controls }) => controls)) {
    if (controls.has(wish)) continue;
    const { trait, anew } = wish, wanted = () => wishes().includes(wish);
    const control = createSetting(ui, wish, (value) => {
      ui.send({ [trait]: value });
      arrange();
      if (anew) begin();
    });
    controls.set(wish, control);
    follow(ui, trait, control, () => {
      if (!wanted()) return;
      arrange();
      if (anew) begin();
      else again();
    });
  }
  follow(ui, "family", family, () => {
    arrange();
    begin();
  });
  arrange();
  return {
    seen,
    others,
    get values() {
      return values();
    },
    /** @param {Record<string, Value>} given */
    set values(given) {
      family.value = String(given.family);
      for (const [{ trait }, control] of controls) {
        if (trait in given) control.value = given[trait];
      }
      arrange();
    },
    get words() {
      return study.family.label(values());
    },
  };
}

/**
 * How annealing is done.
 * @param {Ui} ui
 * @param {() => void} again
 */
function createAnnealing(ui, again) {
  const chains = choice(ui, "Chains", 100, CHAINS, again);
  const temperatures = choice(ui, "Temperatures", 100, TEMPERATURES, again);
  return {
    chains: chains.element,
    temperatures: temperatures.element,
    get values() {
      return { chains: +chains.value, temperatures: +temperatures.value };
    },
  };
}

/**
 * @param {Ui} ui
 * @param {string} label
 * @param {number} value
 * @param {number[]} values
 * @param {() => void} [onChange]
 */
function choice(ui, label, value, values, onChange) {
  const options = values.map((n) => /** @type {const} */ ([n, String(n)]));
  return select(ui, { label, value, options, onChange });
}

/**
 * What Python hears of a study.
 * @param {Study} study
 */
function toldOf({ kind, run, found, trained }) {
  const { likelihood, forward, backward } = run.standing, { logZ } = run.model;
  return {
    step_count: run.step,
    log_likelihood: likelihood,
    kl_data_model: forward,
    kl_model_data: Number.isFinite(backward) ? backward : null,
    family: kind,
    trained: trained(),
    ...(logZ !== undefined && { log_z: logZ }),
    ...(found && { ais_log_z: found.logZ, ais_error: found.error }),
  };
}

/**
 * Settings without the family: Python hears of that from the run.
 * @param {Record<string, Value>} settings
 */
function withoutFamily({ family: _family, ...others }) {
  return others;
}

/**
 * What a hand can do to a study: train it, begin another run, and choose how.
 * @param {Ui} ui
 * @param {Study} study
 */
function createHand(ui, study) {
  const { traits } = ui, again = () => training.again(), annealing = createAnnealing(ui, again);
  const settings = createSettings(ui, study, { begin, again });
  const panels = createPanels(ui, study, { again, clear, annealing });
  const training = createTraining(ui, {
    round: () => [1],
    train: () => study.run.train(settings.values),
    follow: (spent) => study.follow(annealing.values, spent),
    paint: panels.paint,
    report() {
      list.look();
      panels.report(settings.words);
      ui.send(toldOf(study));
    },
    busy: panels.busy,
  });
  const { animation } = training;
  const list = createTryList(ui, tries, { study: () => study, arrange: make, animation });
  let given = settingsOf(traits);

  function begin() {
    training.stop();
    const now = settings.values, known = now.family === given.family;
    study.begin(now, known ? traits.get("start") : undefined);
    training.tell();
  }
  function clear() {
    study.forget();
    training.tell();
  }
  /** @param {Wanted} set what a try wants */
  function make(set) {
    settings.values = { ...settings.values, ...set };
    ui.send(withoutFamily(set));
    begin();
  }
  function reset() {
    list.leave();
    settings.values = given;
    study.reset();
    ui.send(withoutFamily(given));
    begin();
  }
  /** Python has another start. */
  function takeStart() {
    given = settingsOf(traits);
    settings.values = given;
    begin();
  }
  return { settings, panels, training, annealing, list, begin, reset, takeStart };
}

/**
 * How fast it trains: in play, and for each press of Step.
 * @param {Ui} ui
 * @param {Training} training
 */
function createPace(ui, training) {
  /** @param {string} to */
  function setPace(to) {
    pace.value = to;
    training.animation.rate = to === "10" ? 10 : 60;
    training.hurried = to === "fast";
  }
  const many = choice(ui, "Steps per press", 100, PRESSES);
  const pace = select(ui, { label: "Pace", options: PACES, value: "fast", onChange: setPace });
  return {
    elements: [many.element, pace.element],
    get steps() {
      return +many.value;
    },
    /** As at first. */
    reset() {
      many.value = "100";
      setPace("fast");
    },
  };
}

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE, text: TEXT }), { traits } = ui;
  const study = studyOf(traits), hand = createHand(ui, study);
  const { settings, panels, training, annealing, list } = hand, pace = createPace(ui, training);
  const ask = (/** @type {number} */ steps) => training.ask(Array(steps).fill(1));
  /** Makes the first steps, as the reader wants them or by itself. */
  function reset(open = training.ask) {
    pace.reset();
    hand.reset();
    open(Array(traits.get("first")).fill(1));
  }
  const bar = row(
    playButton(ui, training.animation),
    button(ui, "Step", () => ask(pace.steps)),
    button(ui, "New run", hand.begin),
    button(ui, "Reset", () => reset()),
    panels.count,
  );
  ui.add(
    list.list,
    scene(bar, list.words, ...panels.seen),
    settings.seen,
    ...panels.elements,
    more("More settings", settings.others, fields(...pace.elements, annealing.chains)),
  );
  ui.watch("start", hand.takeStart);
  reset(training.open);
  ui.onTheme(training.again);
  return ui.close;
}

export const widget = { render };
