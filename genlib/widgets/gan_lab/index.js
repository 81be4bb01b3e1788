// GANLab: a generator and a discriminator train each other in the page, on points in the plane.

import { playButton } from "../js/animation.js";
import { button, range, select } from "../js/controls.js";
import { div, node, row } from "../js/dom.js";
import { unpack } from "../js/packing.js";
import { createPad } from "../js/pad.js";
import { createRandom } from "../js/random.js";
import { createTraining } from "../js/training.js";
import { follow } from "../js/traits.js";
import { createUi } from "../js/ui.js";
import { createLab, scatter } from "./model.js";
import { createCurves, createPlane, stepsOf } from "./view.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Context, Ui } from "../js/ui.js" */
/** @import { Player } from "./model.js" */

const TITLE = "GAN lab: two networks train each other";
const TEXT = `<strong>Try:</strong> press Step D with 50 steps: the tint gathers where D believes in
  true points, and the samples stand still. Then Step G: they walk where the arrows point. Set the
  generator's loss to minimax and press Step D again and again: the arrows shrink to nothing,
  because against a sure discriminator that loss is flat; the non-saturating loss brings them back.
  Press Reset, turn the rates around (0.001 for D, 0.01 for G) and play: the samples crowd on one
  mode, are found out, and run to the next. Draw two blobs of your own. <strong>See:</strong> V says
  who is ahead, not how good the samples are; that is what the divergence is for. Its floor is what
  true points reach against other true points.`;
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
const PRESSES = [1, 10, 50, 500];

/** @param {Traits} traits */
function sourceOf(traits) {
  const network = (/** @type {string} */ name) => ({
    spec: traits.get(`${name}_spec`),
    weights: traits.get(`${name}_weights`),
  });
  return {
    networks: { generator: network("generator"), discriminator: network("discriminator") },
    betas: traits.get("betas"),
    seed: traits.get("seed"),
    limit: traits.get("limit"),
  };
}

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

  /** @returns {Player[]} */
  const round = () => [...Array(settings.dSteps.value).fill("d"), "g"];
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
    report,
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
  let shown = Object.values(pools)[0];

  // ---- controls
  const many = select(ui, {
    label: "Steps per press",
    options: PRESSES.map((n) => [n, String(n)]),
    value: 1,
  });
  const press = (/** @type {string} */ label, /** @type {() => Player[]} */ steps) =>
    button(ui, label, () => training.ask(Array.from({ length: +many.value }, steps).flat()));
  const pace = select(ui, {
    label: "Pace",
    options: PACES,
    value: "60",
    onChange(to) {
      training.animation.rate = to === "4" ? 4 : 60;
      training.hurried = to === "fast";
    },
  });
  const { data, loss, rateD, rateG, dSteps, batch } = settings;
  curves.element.append(drawing);
  ui.add(
    row(
      playButton(ui, training.animation),
      press("Step D", () => ["d"]),
      press("Step G", () => ["g"]),
      press("Step both", round),
      many.element,
      button(ui, "Reset", () => begin()),
      button(ui, "New weights", () => begin(renewals + 1)),
      count,
    ),
    status,
    div("genlib-gan-stage", plane.element, curves.element),
    div(
      "genlib-gan-settings",
      ...[data, loss, pace, rateD, rateG, dSteps, batch].map(({ element }) => element),
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
