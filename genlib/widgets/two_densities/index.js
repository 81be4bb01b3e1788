// TwoDensities: one Gaussian fitted to two humps, by either divergence.

import { createAnimation, playButton } from "../js/animation.js";
import { button, range, select } from "../js/controls.js";
import { node, row } from "../js/dom.js";
import { across, fields, more, scene } from "../js/layout.js";
import { follow } from "../js/traits.js";
import { createTryList } from "../js/try_list.js";
import { createUi } from "../js/ui.js";
import { signed, times } from "../js/words.js";
import { createFit } from "./model.js";
import { arrange, tries } from "./tries.js";
import { createStage } from "./view.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Context, Ui } from "../js/ui.js" */
/** @import { Divergence, Fit } from "./model.js" */
/** @import { Setting } from "./tries.js" */
/** @import { Handle } from "./view.js" */

const TITLE = "One bell for two humps";
const TEXT =
  `Blue is p, vermilion is q, a bell that takes a step downhill in each frame; drag either. The grey
  area is where the divergence comes from: KL(p \u2016 q) charges the bell for places where p is and
  it is not, KL(q \u2016 p) for places where it is and p is not.`;

const CHOICES = /** @type {const} */ ([
  ["pq", "KL(p \u2016 q): cover"],
  ["qp", "KL(q \u2016 p): seek"],
]);
const RATE = 20, LIMIT = 4;

/** @param {Traits} traits */
function targetOf(traits) {
  return { means: traits.get("means"), sigmas: traits.get("sigmas"), share: traits.get("share") };
}

/** @param {Traits} traits */
function startOf(traits) {
  const [mu, sigma] = traits.get("start");
  return { mu, sigma };
}

/** @param {number} x */
function within(x) {
  return Math.round(100 * Math.max(-LIMIT, Math.min(LIMIT, x))) / 100;
}

/**
 * Sliders for the humps of p, and for the rest that can be dragged or set.
 * @param {Ui} ui
 * @param {{ target: () => void, q: () => void }} act
 */
function createSettings(ui, act) {
  const place = (/** @type {string} */ label, /** @type {() => void} */ onInput) =>
    range(ui, {
      label,
      min: -LIMIT,
      max: LIMIT,
      step: 0.01,
      value: 0,
      format: (x) => signed(x, 1),
      onInput,
    });
  const width = (/** @type {string} */ label, /** @type {() => void} */ onInput) =>
    range(ui, {
      label,
      min: 0.2,
      max: 2,
      step: 0.05,
      value: 1,
      format: (x) => signed(x, 2),
      onInput,
    });
  const left = place("First hump", act.target), right = place("Second hump", act.target);
  const share = range(ui, {
    label: "Share of the first",
    min: 0.05,
    max: 0.95,
    step: 0.05,
    value: 0.5,
    format: (x) => signed(x, 2),
    onInput: act.target,
  });
  const leftWidth = width("Its width", act.target),
    rightWidth = width("Width of the second", act.target);
  const q = place("Bell q", act.q), qWidth = width("Width of q", act.q);
  return {
    seen: fields(left.element, right.element),
    others: fields(...[share, leftWidth, rightWidth, q, qWidth].map(({ element }) => element)),
    get target() {
      return {
        means: [left.value, right.value],
        sigmas: [leftWidth.value, rightWidth.value],
        share: share.value,
      };
    },
    set target({ means, sigmas, share: part }) {
      [left.value, right.value] = means;
      [leftWidth.value, rightWidth.value] = sigmas;
      share.value = part;
    },
    get q() {
      return { mu: q.value, sigma: qWidth.value };
    },
    set q({ mu, sigma }) {
      q.value = mu;
      qWidth.value = sigma;
    },
    move(/** @type {Handle} */ name, /** @type {number} */ x) {
      ({ left, right, q })[name].value = within(x);
    },
  };
}

/**
 * Everything that is seen of a fit, and what Python hears of it.
 * @param {Ui} ui
 * @param {Fit} fit
 * @param {{ drag: (handle: Handle, x: number) => void, kl: () => Divergence }} options
 */
function createPanels(ui, fit, { drag, kl }) {
  const stage = createStage(ui, fit, drag);
  const count = node("span", { className: "genlib-count" });
  const both = node("p", { className: "genlib-two-numbers" });
  return {
    count,
    elements: [across(stage.element), across(both)],
    show() {
      stage.paint(kl());
      const { mu, sigma, steps: step_count, target } = fit;
      const kl_pq = fit.divergence("pq"), kl_qp = fit.divergence("qp");
      count.textContent = times(step_count, "step");
      both.textContent =
        `KL(p \u2016 q) ${signed(kl_pq, 3)}, KL(q \u2016 p) ${signed(kl_qp, 3)} nats; ` +
        `q has mean ${signed(mu, 2)} and width ${signed(sigma, 2)}`;
      ui.say(both.textContent);
      ui.send({ ...target, kl: kl(), mu, sigma, step_count, kl_pq, kl_qp });
    },
  };
}

/**
 * What a hand can do to a fit: move either density, and choose the divergence.
 * @param {Ui} ui
 * @param {Fit} fit
 */
function createHand(ui, fit) {
  const onChange = () => {
    list.leave();
    panels.show();
  };
  const value = ui.traits.get("kl");
  const choice = select(ui, { label: "Lower", options: CHOICES, value, onChange });
  const settings = createSettings(ui, { target: aim, q: put });
  const kl = () => /** @type {Divergence} */ (choice.value);
  const panels = createPanels(ui, fit, {
    kl,
    drag(handle, x) {
      settings.move(handle, x);
      handle === "q" ? put() : aim();
    },
  });
  const animation = createAnimation(ui, () => {
    fit.step(kl());
    settings.q = fit;
    panels.show();
    list.look();
  });
  animation.rate = RATE;
  const list = createTryList(ui, tries, { study: () => fit, arrange: make, animation });

  /** @param {Setting} set what a try wants */
  function make(set) {
    choice.value = set.kl;
    arrange(fit, set);
    settings.target = fit.target;
    settings.q = fit;
    panels.show();
  }
  function aim() {
    list.leave();
    fit.aim(settings.target);
    panels.show();
  }
  function put() {
    list.leave();
    fit.put(settings.q);
    panels.show();
  }
  return { choice, settings, panels, animation, list };
}

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE, text: TEXT }), { traits } = ui;
  const first = { target: targetOf(traits), q: startOf(traits), kl: traits.get("kl") };
  const fit = createFit(first.target, first.q);
  const { choice, settings, panels, animation, list } = createHand(ui, fit);
  function reset() {
    animation.pause();
    list.leave();
    choice.value = first.kl;
    settings.target = first.target;
    settings.q = first.q;
    fit.aim(first.target);
    fit.put(first.q);
    panels.show();
  }
  const bar = row(
    playButton(ui, animation),
    button(ui, "Step", animation.step),
    button(ui, "Reset", reset),
    choice.element,
    panels.count,
  );
  ui.add(
    list.list,
    scene(bar, list.words, ...panels.elements),
    settings.seen,
    more("Share, widths and q", settings.others),
  );
  follow(ui, "kl", choice, panels.show);
  for (const name of ["means", "sigmas", "share"]) {
    ui.watch(name, () => {
      const wanted = targetOf(traits);
      if (JSON.stringify(wanted) === JSON.stringify(fit.target)) return;
      settings.target = wanted;
      fit.aim(wanted);
      panels.show();
    });
  }
  reset();
  return ui.close;
}

export const widget = { render };
