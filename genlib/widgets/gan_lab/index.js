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
/** @import { Player } from "./model.js" */
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
  return { data, loss, rateD, rateG, dSteps, batch };
}

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE, text: TEXT }), { traits } = ui;
  const limit = traits.get("limit"),
    pools = unpack(traits.get("points_spec"), traits.get("points"));
  const count = node("span", { className: "genlib-count" });
  const status = node("p", { className: "genlib-gan-status", role: "status" });
  const plane = createPlane(ui, limit, () => training.again()), curves = createCurves(ui);
  const pad = createPad(ui, { label: "Draw where the data lie", onDraw: () => changeData() });
  const drawing = row(pad.element);
  drawing.classList.add("genlib-gan-drawing");
  const settings = createSettings(ui, Object.keys(pools), {
    rates: () => changeRates(),
    data: () => changeData(),
    loss: () => training.again(),
  });
  let renewals = 0, lab = createLab(sourceOf(traits));
  /** @type {Player | null} the only one who plays, in a try */
  let alone = null;

  /** @returns {Player[]} */
  const both = () => [...Array(settings.dSteps.value).fill("d"), "g"];
  const round = () => alone ? [alone] : both();
  const training = createTraining(ui, {
    round,
    train(player) {
      const finite = lab.train(player, { batch: settings.batch.value, kind: settings.loss.value });
      if (finite) return;
      training.stop();
      status.textContent = BROKEN;
    },
    follow: (spent) => lab.follow(spent),
    paint: () => plane.paint(lab, settings.loss.value),
    report() {
      report();
      list.look();
    },
    rest() {
      const generator_trained = lab.trained("generator");
      ui.send({ generator_trained, discriminator_trained: lab.trained("discriminator") });
    },
    busy: plane.canvas,
  });

  function report() {
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
  }
  function changeRates() {
    lab.setRates(10 ** settings.rateD.value, 10 ** settings.rateG.value);
  }
  function changeData() {
    const name = settings.data.value;
    drawing.hidden = name !== "drawn";
    if (name === "drawn" && !pad.blank) {
      pools.drawn = scatter(pad.ink, limit, 4096, createRandom(2));
    }
    if (pools[name]) shown = pools[name];
    lab.setData(shown);
    training.tell();
  }
  function begin(renewal = 0) {
    training.stop();
    renewals = renewal;
    lab = createLab({ ...sourceOf(traits), renewal });
    status.textContent = "";
    changeRates();
    changeData();
  }
  /** @param {Setting} set what a try wants */
  function make({ rateD, rateG, loss, alone: only, renewed }) {
    settings.rateD.value = Math.log10(rateD);
    settings.rateG.value = Math.log10(rateG);
    settings.loss.value = loss;
    setPace("60");
    alone = only ?? null;
    ui.send({ rate_d: rateD, rate_g: rateG, loss_kind: loss });
    begin(renewed ? 1 : 0);
  }
  /** As at first, settings included. */
  function reset() {
    leave();
    for (const [name, value] of first) settings[name].value = value;
    many.value = "1";
    setPace("60");
    ui.send(sent);
    begin();
  }
  function leave() {
    alone = null;
    list.leave();
  }
  /** @param {string} to */
  function setPace(to) {
    pace.value = to;
    training.animation.rate = to === "4" ? 4 : 60;
    training.hurried = to === "fast";
  }
  let shown = pools[settings.data.value] ?? Object.values(pools)[0];
  lab.setData(shown);
  const first = NAMES.map((name) => /** @type {const} */ ([name, settings[name].value]));
  const sent = Object.fromEntries(TRAITS.map((name) => [name, traits.get(name)]));
  const list = createTryList(ui, tries, {
    study: () => lab,
    arrange: make,
    animation: training.animation,
  });

  // ---- controls
  const many = select(ui, {
    label: "Steps per press",
    options: PRESSES.map((n) => [n, String(n)]),
    value: 1,
  });
  const press = (/** @type {string} */ label, /** @type {() => Player[]} */ steps) =>
    button(ui, label, () => {
      leave();
      training.ask(Array.from({ length: +many.value }, steps).flat());
    });
  const pace = select(ui, {
    label: "Pace",
    options: PACES,
    value: "60",
    onChange: (to) => setPace(to),
  });
  const { data, loss, rateD, rateG, dSteps, batch } = settings;
  const bar = row(
    playButton(ui, training.animation),
    press("Step D", () => ["d"]),
    press("Step G", () => ["g"]),
    button(ui, "Reset", reset),
    count,
  );
  const stepBoth = press("Step both", both);
  const others = [rateD, rateG, many, pace, dSteps, batch].map(({ element }) => element);
  ui.add(
    list.list,
    scene(bar, list.words, across(status), plane.canvas, curves.element, across(plane.legend)),
    fields(data.element, loss.element),
    drawing,
    more(
      "More settings",
      row(stepBoth, button(ui, "New weights", () => begin(renewals + 1))),
      fields(...others),
    ),
  );
  for (const name of ["generator", "discriminator"]) ui.watch(`${name}_weights`, () => begin());
  ui.onTheme(training.again);
  begin();
  return ui.close;
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
