// Annealing: chains on their way from a base machine to a trained one, and what their weights say of log Z.

import { createAnimation, playButton } from "../js/animation.js";
import { button, range, select } from "../js/controls.js";
import { node, row } from "../js/dom.js";
import { soon } from "../js/frames.js";
import { across, fields, more, scene } from "../js/layout.js";
import { follow } from "../js/traits.js";
import { createTryList } from "../js/try_list.js";
import { createUi } from "../js/ui.js";
import { createAnnealing, sourceOf } from "./model.js";
import { FRAMES, tries } from "./tries.js";
import { createChains, createFan, createLedger, wordsOf } from "./view.js";

/** @import { Context, Ui } from "../js/ui.js" */
/** @import { Setting } from "./tries.js" */
/** @import { Annealing, Direction, Run, Settings } from "./model.js" */

const TITLE = "Annealing: how large is the partition function?";
/** @param {Annealing} annealing */
function textOf({ logZ, hasSamples }) {
  const known = logZ === null ? "" : " The dashed blue line is the exact value.";
  const down = hasSamples ? " Runs up err low, runs down (rings) err high, and they meet." : "";
  return `While the fan is wide, one or two chains hold the whole sum and the estimate is too low, which
    its error bar cannot know.${down}${known} Under each picture stands its chain's share of the mean. The
    axis of the fan only grows, so that fans can be compared.`;
}

const BASES = /** @type {const} */ ([
  ["given", "the base given"],
  ["own", "the machine\u2019s own bias"],
  ["coins", "fair coins"],
]);
const WAYS = /** @type {const} */ ([["up", "up, from the base"], ["down", "down, from samples"]]);
/** Milliseconds of annealing in a frame, and of a step by hand at most. */
const FRAME = 4, STEP = 50;

/**
 * The settings of a run, each of which is a trait, and its pace.
 * @param {Ui} ui
 * @param {() => void} again they have changed
 */
function createSettings(ui, again) {
  const { traits } = ui;
  const power = range(ui, {
    label: "Temperatures",
    min: 0,
    max: 3,
    value: 1,
    format: (value) => String(Math.round(10 ** value)),
    onInput: again,
  });
  const temperatures = {
    get value() {
      return Math.round(10 ** power.value);
    },
    set value(count) {
      power.value = Math.log10(count);
    },
  };
  const chains = range(ui, {
    label: "Chains",
    min: 2,
    max: 400,
    step: 1,
    value: 100,
    onInput: again,
  });
  const base = select(ui, { label: "Base", options: BASES, onChange: again });
  const direction = select(ui, { label: "Way", options: WAYS, onChange: again });
  const pace = range(ui, { label: "Seconds a run", min: 1, max: 20, step: 1, value: 5 });
  /** @param {Settings} wanted */
  function show(wanted) {
    temperatures.value = wanted.temperatures;
    chains.value = wanted.chains;
    base.value = wanted.base;
    direction.value = wanted.direction;
  }
  const first = {
    temperatures: traits.get("temperatures"),
    chains: traits.get("chains"),
    base: traits.get("base_kind"),
    direction: traits.get("direction"),
  };
  show(first);
  follow(ui, "temperatures", temperatures, again);
  follow(ui, "chains", chains, again);
  follow(ui, "base_kind", base, again);
  follow(ui, "direction", direction, again);
  return {
    first,
    pace,
    seen: fields(power.element, base.element, direction.element),
    others: [chains.element, pace.element],
    show,
    /** @returns {Settings} */
    get values() {
      return {
        temperatures: temperatures.value,
        chains: chains.value,
        base: base.value,
        direction: /** @type {Direction} */ (direction.value),
      };
    },
    tell() {
      ui.send({
        temperatures: temperatures.value,
        chains: chains.value,
        base_kind: base.value,
        direction: direction.value,
      });
    },
    /** @param {Annealing} annealing whose bases and ways can be chosen */
    offer({ hasBase, hasSamples }) {
      for (const option of base.input.options) {
        option.hidden = option.disabled = option.value === "given" && !hasBase;
      }
      for (const option of direction.input.options) {
        option.disabled = option.value === "down" && !hasSamples;
      }
    },
  };
}

/**
 * Everything that is seen of annealing, under the controls.
 * @param {Ui} ui
 * @param {() => Annealing} current
 */
function createPanels(ui, current) {
  const [height, width] = ui.traits.get("shape");
  const fan = createFan(ui, paint), ledger = createLedger(ui, paint);
  const chains = createChains(ui, { width, height });
  const count = node("span", { className: "genlib-count" });
  const words = node("p", { className: "genlib-annealing-words" });
  /** @type {Run | null} */
  let told = null;

  function paint() {
    const annealing = current(), { run, runs } = annealing, standing = annealing.standing();
    const said = wordsOf(annealing, standing), beta = run.beta.toFixed(2);
    fan.paint(annealing, standing);
    ledger.paint(annealing);
    chains.paint(annealing, standing);
    count.textContent = `\u03b2 = ${beta}, step ${run.step} of ${run.steps}`;
    words.textContent = said.all;
    fan.canvas.ariaLabel = `Weights of ${run.count} chains at beta ${beta}: ${said.spread}`;
    ledger.canvas.ariaLabel = `Estimates of ${runs.length} finished runs. ` +
      `${run.done ? said.all : ""}`;
    return standing;
  }
  return {
    count,
    forget: fan.forget,
    elements: [fan.element, ledger.element, across(chains.element), across(words)],
    paint,
    /** @param {boolean} yes whether frames are at work that a hand has asked for */
    busy(yes) {
      fan.canvas.ariaBusy = String(yes);
    },
    /** Shows how the run stands, and tells Python. */
    show() {
      const { estimate, error, size, own } = paint(), { run, runs } = current();
      ui.say(words.textContent ?? "");
      ui.send({ beta: run.beta, size });
      if (!run.done || told === run) return;
      told = run;
      const finished = runs.map((each) => ({ ...each }));
      ui.send({ log_weights: [...own()], estimate, standard_error: error, runs: finished });
    },
  };
}

/**
 * Makes runs: in play, step by step, or as fast as frames allow.
 * @param {Ui} ui
 * @param {() => Annealing} current
 * @param {object} act
 * @param {() => void} act.begin begins the next run
 * @param {() => number} act.seconds that a run takes in play
 * @param {(busy: boolean) => void} act.shown a frame has been made; whether frames are at work that a hand has asked for
 */
function createRunner(ui, current, { begin, seconds, shown }) {
  /** Runs to finish as fast as frames allow, and temperatures that play has still to make, or parts of one. */
  let hurry = 0, due = 0;
  function advanceInPlay(/** @type {() => boolean} */ inTime) {
    const { steps } = current().run;
    due = Math.min(steps, due + steps / (60 * seconds()));
    due = current().advance(Math.floor(due), inTime) + (due % 1);
    if (current().run.done) animation.pause();
  }
  /** A run takes as long whatever its number of temperatures, unless somebody is in a hurry. */
  function frame() {
    const start = performance.now();
    const within = (/** @type {number} */ time) => () => performance.now() - start < time;
    if (current().run.done) begin();
    if (hurry) {
      current().advance(Infinity, within(FRAME));
      if (current().run.done) hurry--;
      if (hurry) next();
    } else if (animation.playing) advanceInPlay(within(FRAME));
    else current().advance(1, within(STEP));
    shown(hurry > 0);
  }
  const next = soon(ui, frame), animation = createAnimation(ui, frame);
  return {
    animation,
    /** Nothing is owed to play: another run has begun. */
    forget() {
      due = 0;
    },
    stop() {
      hurry = 0;
      animation.pause();
    },
    /** @param {number} runs */
    finish(runs) {
      animation.pause();
      hurry = runs;
      next();
    },
  };
}

/**
 * What a hand can do: choose a run, make it, and begin as at first.
 * @param {Ui} ui
 */
function createHand(ui) {
  const settings = createSettings(ui, again);
  let annealing = begun();
  const panels = createPanels(ui, () => annealing);
  const runner = createRunner(ui, () => annealing, {
    begin,
    seconds: () => settings.pace.value,
    shown(busy) {
      panels.busy(busy);
      panels.show();
      list.look();
    },
  });
  const { animation } = runner;
  const list = createTryList(ui, tries, { study: () => annealing, arrange, animation });

  /** The first view is a finished run among others, as far as they cost next to nothing. */
  function begun() {
    const made = createAnnealing(sourceOf(ui.traits), settings.first);
    settings.offer(made);
    if (made.cheap) made.advance(Infinity);
    return made;
  }
  function begin() {
    runner.forget();
    annealing.begin(settings.values);
  }
  /** Shows what `make` makes of it, with nothing at work. */
  function anew(make = begin) {
    runner.stop();
    panels.busy(false);
    make();
    settings.tell();
    panels.show();
  }
  /** Begins with other settings. */
  function again() {
    list.leave();
    anew();
  }
  /** @param {Setting} set what a try wants */
  function arrange(set) {
    settings.show({ ...settings.first, ...set });
    settings.pace.value = FRAMES / 60;
    anew();
  }
  function reset() {
    list.leave();
    settings.show(settings.first);
    settings.pace.value = 5;
    panels.forget();
    anew(() => {
      annealing = begun();
      runner.forget();
    });
  }
  return { settings, panels, runner, list, reset, annealing };
}

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE });
  const { settings, panels, runner, list, reset, annealing } = createHand(ui);
  const finish = (/** @type {number} */ runs) => {
    panels.busy(true);
    runner.finish(runs);
  };
  const bar = row(
    playButton(ui, runner.animation, ["Run", "Pause"]),
    button(ui, "Step", runner.animation.step),
    button(ui, "Ten more runs", () => finish(10)),
    button(ui, "Reset", reset),
    panels.count,
  );
  const end = button(ui, "To the end", () => finish(1));
  ui.explain(textOf(annealing));
  ui.add(
    list.list,
    scene(bar, list.words, ...panels.elements),
    settings.seen,
    more("More settings", fields(end, ...settings.others)),
  );
  ui.watch("weights", reset);
  settings.tell();
  panels.show();
  ui.onTheme(panels.paint);
  return ui.close;
}

export const widget = { render };
