// Dream: the top of a deep belief network wanders, and every frame sends one picture down.

import { createAnimation, playButton } from "../js/animation.js";
import { button, range, select } from "../js/controls.js";
import { node, row } from "../js/dom.js";
import { kindOf } from "../js/drawing.js";
import { across, fields, more, scene } from "../js/layout.js";
import { unpackBits } from "../js/packing.js";
import { createPad } from "../js/pad.js";
import { follow } from "../js/traits.js";
import { createTryList } from "../js/try_list.js";
import { createUi } from "../js/ui.js";
import { times } from "../js/words.js";
import { createDream } from "./model.js";
import { arrange, tries, WARM } from "./tries.js";
import { createLabels, createMoments, createTower } from "./view.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Context, Ui } from "../js/ui.js" */
/** @import { Dream } from "./model.js" */
/** @import { Setting } from "./tries.js" */

/** @typedef {"noise" | "example" | "drawing" | "given"} Start where the chain starts */

const TITLE = "A deep belief network, dreaming";
const TEXT =
  `The top two layers push each other, both ways, and that is where the dreaming is done; the
  picture only follows, by arrows that point down and never back. Start from noise or from a drawing
  of your own. Blue is data, vermilion is what the model makes, green is hidden.`;

const STARTS = /** @type {[Start, string][]} */ ([
  ["noise", "noise"],
  ["example", "a data image"],
  ["drawing", "my drawing"],
]);
const GIVEN = "the notebook's x";
/** Frames a second. */
const RATE = 20;

/** @param {Traits} traits */
function dreamOf(traits) {
  const [spec, weights, seed, label] = ["spec", "weights", "seed", "label"].map((name) =>
    traits.get(name)
  );
  return createDream({ spec, weights, seed, label });
}

/**
 * @param {Ui} ui
 * @param {Partial<Record<Start, boolean>>} missing
 * @param {{ begin: (from: Start) => void, rate: (to: number) => void }} act
 */
function createSettings(ui, missing, act) {
  const source = select(ui, {
    label: "Start from",
    options: STARTS.filter(([name]) => !missing[name]),
    onChange: (from) => act.begin(/** @type {Start} */ (from)),
  });
  const sweeps = range(ui, {
    label: "Sweeps per frame, k",
    min: 1,
    max: 50,
    step: 1,
    value: ui.traits.get("k"),
    onInput: (k) => ui.send({ k }),
  });
  const speed = range(ui, {
    label: "Frames per second",
    min: 1,
    max: 60,
    step: 1,
    value: RATE,
    onInput: act.rate,
  });
  follow(ui, "k", sweeps);
  return {
    sweeps,
    speed,
    seen: fields(source.element, sweeps.element),
    others: fields(speed.element),
    get source() {
      return /** @type {Start} */ (source.value);
    },
    set source(from) {
      const { input } = source;
      if (from === "given" && !input.querySelector("[value=given]")) {
        input.add(new Option(GIVEN, from));
      }
      source.value = from;
    },
  };
}

/**
 * Everything that is seen of a dream, under the controls.
 * @param {Ui} ui
 * @param {Dream} dream
 * @param {{ hold: (y: number) => void, drawing: () => void }} act
 */
function createPanels(ui, dream, { hold, drawing }) {
  const [height, width] = ui.traits.get("shape"), kind = kindOf(height, width), { net } = dream;
  const pad = kind &&
    createPad(ui, { label: "Drawing pad", kind, caption: "your digit", onDraw: drawing });
  const labels = net.labels ? createLabels(ui, net.labels, hold) : null;
  const tower = createTower(ui, dream, { width, height }, pad ? [pad.element] : []);
  const moments = createMoments(ui, dream, { width, height });
  const count = node("span", { className: "genlib-count" }), p = new Float32Array(net.labels);
  return {
    pad,
    labels,
    count,
    seen: [
      ...(labels ? [across(labels.element)] : []),
      tower.pictures,
      tower.element,
      across(moments.element),
    ],
    /** Shows how the dream stands, and tells Python. */
    show() {
      const { net, sweep, held } = dream, { units, y } = net;
      tower.paint();
      moments.paint();
      labels?.paint(net.probY(p), y);
      count.textContent = `${times(sweep, "sweep")}${labels ? `, label ${y}` : ""}`;
      ui.say(count.textContent);
      const h = units[units.length - 2];
      ui.send({ x: [[...units[0]]], h: [[...h]], y, prob_y: [...p], label: held, sweep });
    },
  };
}

/**
 * What a hand can do to a dream: begin it, hold a label, and have it go on.
 * @param {Ui} ui
 * @param {Dream} dream
 */
function createHand(ui, dream) {
  const { traits } = ui, [rows, columns] = traits.get("shape");
  const examples = unpackBits(traits.get("examples"), rows * columns);
  let example = -1;
  const panels = createPanels(ui, dream, { hold, drawing: () => begin("drawing") });
  const { pad, labels } = panels;
  const settings = createSettings(ui, { example: !examples.length, drawing: !pad }, {
    begin,
    rate(to) {
      animation.rate = to;
    },
  });
  const animation = createAnimation(ui, () => {
    dream.run(settings.sweeps.value);
    panels.show();
    list.look();
  });
  const list = createTryList(ui, tries, { study: () => dream, arrange: make, animation });
  /** @type {Record<Start, () => void>} */
  const starts = {
    noise: dream.noise,
    example() {
      example = (example + 1) % examples.length;
      dream.begin(examples[example]);
    },
    drawing: () =>
      dream.begin((pad?.image ?? new Float64Array()).map((ink) => (ink >= 0.5 ? 1 : 0))),
    given: () => dream.begin(traits.get("start")),
  };

  /** @param {number} y */
  function hold(y) {
    list.leave();
    dream.held = y;
    panels.show();
  }
  /** @param {Setting} set what a try wants */
  function make(set) {
    if (set.noise) settings.source = "noise";
    settings.sweeps.value = 1;
    ui.send({ k: 1 });
    arrange(dream, set);
    if (labels) labels.value = dream.held;
    panels.show();
  }
  /** @param {Start} from */
  function begin(from) {
    settings.source = from;
    starts[from]();
    panels.show();
  }
  /** The first example is the next one again. */
  function forget() {
    example = -1;
  }
  return { panels, settings, animation, list, hold, begin, forget };
}

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE, text: TEXT }), { traits } = ui;
  const dream = dreamOf(traits), first = { k: traits.get("k"), label: dream.held };
  const { panels, settings, animation, list, hold, begin, forget } = createHand(ui, dream);
  const { labels } = panels;

  /** The first view is a dream that has already run. */
  function reset() {
    animation.pause();
    list.leave();
    dream.reseed();
    forget();
    dream.held = first.label;
    if (labels) labels.value = first.label;
    settings.sweeps.value = first.k;
    settings.speed.value = animation.rate = RATE;
    ui.send({ k: first.k });
    if (traits.get("start").length) return begin("given");
    begin("noise");
    dream.run(WARM);
    panels.show();
  }
  const bar = row(
    playButton(ui, animation),
    button(ui, "Step", animation.step),
    button(ui, "Start again", () => begin(settings.source)),
    button(ui, "Reset", reset),
    panels.count,
  );
  ui.add(
    list.list,
    scene(bar, list.words, ...panels.seen),
    settings.seen,
    more("More settings", settings.others),
  );
  ui.watch("weights", () => {
    dream.load(traits.get("weights"));
    panels.show();
  });
  ui.watch("start", () => {
    if (traits.get("start").length) begin("given");
  });
  if (labels) follow(ui, "label", labels, () => hold(labels.value));
  reset();
  return ui.close;
}

export const widget = { render };
