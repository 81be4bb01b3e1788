// GANLab: a generator and a discriminator train each other in the page, on points in the plane.

import { playButton } from "../js/animation.js";
import { button, range, select } from "../js/controls.js";
import { node, row } from "../js/dom.js";
import { across, fields, more, scene } from "../js/layout.js";
import { unpack } from "../js/packing.js";
import { createPad } from "../js/pad.js";
import { createRandom } from "../js/random.js";
import { createTraining } from "../js/training.js";
import { follow } from "../js/traits.js";
import { createTryList } from "../js/try_list.js";
import { createUi } from "../js/ui.js";
import { createLab, scatter, sourceOf } from "./model.js";
import { tries } from "./tries.js";
import { createCurves, createPlane, stepsOf } from "./view.js";

/** @import { Context, Ui } from "../js/ui.js" */
/** @import { Training } from "../js/training.js" */
/** @import { Lab, Player } from "./model.js" */
/** @import { Setting } from "./tries.js" */

const TITLE = "GAN lab: two networks train each other";
const TEXT = `Step D: the tint gathers where D believes in true points, and the samples stand still.
  Step G: they walk where the arrows point. V says who is ahead, not how good the samples are; that is
  what the divergence is for. Its floor is what true points reach against other true points. To give
  them something else to learn, choose other data, or draw two blobs of your own.`;
const BROKEN =
  "Training broke down: a loss is no longer finite. Choose lower rates and press Reset.";

const LOSSES = /** @type {const} */ ([
  ["non_saturating", "non-saturating"],
  ["minimax", "minimax"],
]);
const PACES = /** @type {const} */ ([
  ["4", "4 rounds a second"],
  ["60", "a round a frame"],
  ["fast", "as fast as it can"],
]);
const NAMES = /** @type {const} */ (["data", "loss", "rateD", "rateG", "dSteps", "batch"]);
const TRAITS = ["data_kind", "loss_kind", "rate_d", "rate_g", "d_steps", "batch"];
const PRESSES = [1, 10, 50, 500];

/**
 * The settings, each of which is a trait.
 * @param {Ui} ui
 * @param {string[]} names of the distributions
 * @param {{ rates: () => void, data: () => void, loss: () => void }} act
 */
function createSettings(ui, names, act) {
  const initial = (/** @type {string} */ trait) => ui.traits.get(trait);
  const rate = (/** @type {string} */ label, /** @type {string} */ trait) =>
    range(ui, {
      label,
      min: -5,
      max: -1,
      value: Math.log10(initial(trait)),
      format: (power) => (10 ** power).toPrecision(2),
      onInput(power) {
        act.rates();
        ui.send({ [trait]: 10 ** power });
      },
    });
  const whole = (
    /** @type {string} */ label,
    /** @type {string} */ trait,
    /** @type {number} */ min,
    /** @type {number} */ max,
  ) => {
    const onInput = (/** @type {number} */ to) => ui.send({ [trait]: to });
    return range(ui, { label, min, max, step: 1, value: initial(trait), onInput });
  };
  const data = select(ui, {
    label: "Data",
    options: [...names, "drawn"].map((name) => [name, wordsOf(name)]),
    value: initial("data_kind"),
    onChange(to) {
      act.data();
      ui.send({ data_kind: to });
    },
  });
  const loss = select(ui, {
    label: "Generator's loss",
    options: LOSSES,
    value: initial("loss_kind"),
    onChange(to) {
      act.loss();
      ui.send({ loss_kind: to });
    },
  });
  const rateD = rate("Rate of D", "rate_d"), rateG = rate("Rate of G", "rate_g");
  const dSteps = whole("D steps per G step", "d_steps", 1, 10);
  const batch = whole("Batch", "batch", 8, 512);
  follow(ui, "data_kind", data, act.data);
  follow(ui, "loss_kind", loss, act.loss);
  follow(ui, "rate_d", rateD, act.rates, Math.log10);
  follow(ui, "rate_g", rateG, act.rates, Math.log10);
  follow(ui, "d_steps", dSteps);
  follow(ui, "batch", batch);
  const controls = { data, loss, rateD, rateG, dSteps, batch };
  return {
    ...controls,
    /**
     * Lets both play by other rules.
     * @param {number} d the rate of D
     * @param {number} g
     * @param {string} kind of G's loss
     */
    play(d, g, kind) {
      rateD.value = Math.log10(d);
      rateG.value = Math.log10(g);
      loss.value = kind;
      ui.send({ rate_d: d, rate_g: g, loss_kind: kind });
    },
    /** Returns what sets everything as it is now. */
    remember() {
      const values = NAMES.map((name) => controls[name].value);
      const sent = Object.fromEntries(TRAITS.map((name) => [name, initial(name)]));
      return () => {
        NAMES.forEach((name, i) => {
          controls[name].value = values[i];
        });
        ui.send(sent);
      };
    },
  };
}

/**
 * Everything that is seen of a lab, and what Python hears of it.
 * @param {Ui} ui
 * @param {() => void} again
 */
function createPanels(ui, again) {
  const plane = createPlane(ui, ui.traits.get("limit"), again), curves = createCurves(ui);
  const count = node("span", { className: "genlib-count" });
  const status = node("p", { className: "genlib-gan-status", role: "status" });
  return {
    plane,
    count,
    elements: [across(status), plane.canvas, curves.element, across(plane.legend)],
    /** @param {boolean} broken whether a loss is no longer finite */
    warn(broken) {
      status.textContent = broken ? BROKEN : "";
    },
    /** @param {Lab} lab */
    report(lab) {
      const words = curves.paint(lab), { counts, samples, standing } = lab;
      count.textContent = stepsOf(lab);
      plane.canvas.ariaLabel = `The plane after ${count.textContent}. ${words}`;
      const point = (/** @type {number} */ i) => [samples[2 * i], samples[2 * i + 1]];
      ui.send({
        step_count: lab.total,
        d_count: counts.d,
        g_count: counts.g,
        samples: Array.from({ length: samples.length / 2 }, (_, i) => point(i).map(rounded)),
      });
      if (Number.isFinite(standing.value)) ui.send(standing);
    },
  };
}

/**
 * What can be learned from: distributions with names, and what a hand draws.
 * @param {Ui} ui
 * @param {() => void} onDraw
 */
function createData(ui, onDraw) {
  const { traits } = ui, pools = unpack(traits.get("points_spec"), traits.get("points"));
  const names = Object.keys(pools), limit = traits.get("limit");
  const pad = createPad(ui, { label: "Draw where the data lie", onDraw });
  const drawing = row(pad.element);
  drawing.classList.add("genlib-gan-drawing");
  let shown = pools[names[0]];
  return {
    names,
    drawing,
    /**
     * The points of a name, or those of before while nothing is drawn.
     * @param {string} name
     */
    choose(name) {
      drawing.hidden = name !== "drawn";
      if (name === "drawn" && !pad.blank) {
        pools.drawn = scatter(pad.ink, limit, 4096, createRandom(2));
      }
      shown = pools[name] ?? shown;
      return shown;
    },
  };
}

/**
 * How fast it trains: in play, and for each press of a step.
 * @param {Ui} ui
 * @param {Training} training
 */
function createPace(ui, training) {
  const options = PRESSES.map((n) => /** @type {const} */ ([n, String(n)]));
  const many = select(ui, { label: "Steps per press", options, value: 1 });
  const pace = select(ui, { label: "Pace", options: PACES, value: "60", onChange: set });
  /** @param {string} to */
  function set(to) {
    pace.value = to;
    training.animation.rate = to === "4" ? 4 : 60;
    training.hurried = to === "fast";
  }
  return {
    many,
    pace,
    set,
    /** As at first. */
    reset() {
      many.value = "1";
      set("60");
    },
  };
}

/**
 * What a hand can do to a lab: choose what is learned and how, let both play, and begin again.
 * @param {Ui} ui
 */
function createHand(ui) {
  const { traits } = ui, again = () => training.again();
  const panels = createPanels(ui, again), data = createData(ui, changeData);
  const act = { rates: changeRates, data: changeData, loss: again };
  const settings = createSettings(ui, data.names, act);
  let renewals = 0, lab = createLab(sourceOf(traits));
  lab.setData(data.choose(settings.data.value));
  /** @type {Player | null} the only one who plays, in a try */
  let alone = null;
  /** @returns {Player[]} */
  const both = () => [...Array(settings.dSteps.value).fill("d"), "g"];
  const training = createTraining(ui, {
    round: () => alone ? [alone] : both(),
    train(player) {
      const { batch, loss } = settings;
      if (lab.train(player, { batch: batch.value, kind: loss.value })) return;
      training.stop();
      panels.warn(true);
    },
    follow: (spent) => lab.follow(spent),
    paint: () => panels.plane.paint(lab, settings.loss.value),
    report() {
      panels.report(lab);
      list.look();
    },
    rest: () => ui.send(weightsOf(lab)),
    busy: panels.plane.canvas,
  });
  const { animation } = training, pace = createPace(ui, training);
  const list = createTryList(ui, tries, { study: () => lab, arrange: make, animation });

  function changeRates() {
    lab.setRates(10 ** settings.rateD.value, 10 ** settings.rateG.value);
  }
  function changeData() {
    lab.setData(data.choose(settings.data.value));
    training.tell();
  }
  function begin(renewal = 0) {
    training.stop();
    renewals = renewal;
    lab = createLab({ ...sourceOf(traits), renewal });
    panels.warn(false);
    changeRates();
    changeData();
  }
  /** @param {Setting} set what a try wants */
  function make({ rateD, rateG, loss, alone: only, renewed }) {
    settings.play(rateD, rateG, loss);
    pace.set("60");
    alone = only ?? null;
    begin(renewed ? 1 : 0);
  }
  function leave() {
    alone = null;
    list.leave();
  }
  const renew = () => begin(renewals + 1);
  return { panels, data, settings, training, pace, list, both, begin, renew, leave };
}

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE, text: TEXT }), hand = createHand(ui);
  const { panels, data, settings, training, pace, list, both, begin, leave } = hand;
  const backToFirst = settings.remember();
  function reset() {
    leave();
    backToFirst();
    pace.reset();
    begin();
  }
  const press = (/** @type {string} */ label, /** @type {() => Player[]} */ steps) =>
    button(ui, label, () => {
      leave();
      training.ask(Array.from({ length: +pace.many.value }, steps).flat());
    });
  const bar = row(
    playButton(ui, training.animation),
    press("Step D", () => ["d"]),
    press("Step G", () => ["g"]),
    button(ui, "Reset", reset),
    panels.count,
  );
  const stepBoth = press("Step both", both), { rateD, rateG, dSteps, batch } = settings;
  const others = [rateD, rateG, pace.many, pace.pace, dSteps, batch];
  ui.add(
    list.list,
    scene(bar, list.words, ...panels.elements),
    fields(settings.data.element, settings.loss.element),
    data.drawing,
    more(
      "More settings",
      row(stepBoth, button(ui, "New weights", hand.renew)),
      fields(...others.map(({ element }) => element)),
    ),
  );
  for (const name of ["generator", "discriminator"]) ui.watch(`${name}_weights`, () => begin());
  ui.onTheme(training.again);
  begin();
  return ui.close;
}

/** @param {Lab} lab */
function weightsOf({ trained }) {
  return {
    generator_trained: trained("generator"),
    discriminator_trained: trained("discriminator"),
  };
}

/** @param {string} name */
function wordsOf(name) {
  return name === "drawn" ? "my drawing" : name.replaceAll("_", " ");
}

/** @param {number} value */
function rounded(value) {
  return +value.toFixed(4);
}

export const widget = { render };
