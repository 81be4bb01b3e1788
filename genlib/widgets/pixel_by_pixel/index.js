// PixelByPixel: draw part of a picture, and a model goes on, one pixel after the other.

import { createAnimation, playButton } from "../js/animation.js";
import { button, range, select } from "../js/controls.js";
import { div, node, row } from "../js/dom.js";
import { soon } from "../js/frames.js";
import { fields, more, part, scene } from "../js/layout.js";
import { follow } from "../js/traits.js";
import { createTryList } from "../js/try_list.js";
import { createUi } from "../js/ui.js";
import { pictureOf, studyOf } from "./model.js";
import { arrange, paceOf, tries } from "./tries.js";
import { createChance, createCosts, createPad, createPicture, createWays } from "./view.js";

/** @import { Context, Ui } from "../js/ui.js" */
/** @import { Study } from "./model.js" */
/** @import { Wanted } from "./tries.js" */

const TITLE = "Pixel by pixel";
const TEXT = `The first pixels are kept, blue; the model draws the others, vermilion, one by one: it
  says how probable ink is, a coin is thrown, and the outcome is part of what it goes on from. Six coins make six
  ways to go on; their nats are \u2212log p of what was drawn. Click a pixel of the picture under the pen to see what
  the model reads to predict it.`;
/** Frames a second, frames for which a finished picture stays, and how far the first view has come. */
const RATE = 12, HOLD = 24, FIRST = 0.6;
const EMPTY = -1;

/**
 * @param {Ui} ui
 * @param {Study} study
 * @param {{ keep: () => void, begin: (example: number) => void, choose: () => void }} act
 */
function createSettings(ui, study, { keep, begin, choose }) {
  const { traits } = ui, count = traits.get("count");
  const kept = range(ui, {
    label: "Pixels kept",
    min: 0,
    max: study.size,
    step: 1,
    value: study.given,
    format: (n) => `${n} of ${study.size}`,
    onInput: keep,
  });
  const names = Array.from({ length: count }, (_, i) => `picture ${i + 1}`);
  const picture = select(ui, {
    label: "Begin with",
    options: [...names.entries(), /** @type {const} */ ([EMPTY, "an empty pad"])],
    value: count ? 0 : EMPTY,
    onChange: (value) => begin(+value),
  });
  const model = select(ui, {
    label: "Model",
    options: study.models.map(({ name }) => /** @type {const} */ ([name, name])),
    value: study.model.name,
    onChange: choose,
  });
  const pace = range(ui, {
    label: "Pixels a frame",
    min: 1,
    max: study.columns,
    step: 1,
    value: paceOf(study),
  });
  follow(ui, "given", kept, keep);
  follow(ui, "chosen", model, choose);
  return {
    kept,
    picture,
    model,
    pace,
    seen: fields(
      ...(study.models.length > 1 ? [model.element] : []),
      kept.element,
      picture.element,
    ),
    others: fields(pace.element),
  };
}

/**
 * Everything that is seen of a study, and what Python hears of it.
 * @param {Ui} ui
 * @param {Study} study
 * @param {{ draw: (pixel: number, fresh: boolean) => void, clear: () => void }} act
 */
function createPanels(ui, study, { draw, clear }) {
  const pad = createPad(ui, study, draw, clear), picture = createPicture(ui, study, ask);
  const chance = createChance(ui), costs = createCosts(ui), ways = createWays(ui, study, pick);
  const count = node("span", { className: "genlib-count" });
  /** @param {number} i the way that is looked at */
  function pick(i) {
    study.chosen = i;
    show();
  }
  /** @param {number} pixel the same once more hides it */
  function ask(pixel) {
    study.asked = study.asked === pixel ? -1 : pixel;
    show();
  }
  function show() {
    const { pen, t, size, pens, given } = study;
    picture.paint();
    ways.paint();
    costs.paint(study);
    chance.paint(study);
    count.textContent = `pixel ${t} of ${size}`;
    ui.send({
      drawn: t,
      x: pens.map(({ x }) => [...x]),
      nats: pens.map((one) => one.nats(given)),
      chance: pen.done ? 0 : pen.chance(),
      pixel: study.asked,
    });
  }
  const right = div("genlib-pixel-right", part("ways", ways.element), part("costs", costs.element));
  const both = [part("pad", pad.element), part("picture", picture.element)];
  return {
    count,
    elements: [chance.element, div("genlib-pixel-pair", ...both), right],
    paintPad: pad.paint,
    show,
  };
}

/**
 * Has the model go on: in play, or pixel by pixel.
 * @param {Ui} ui
 * @param {Study} study
 * @param {{ pace: () => number, shown: () => void }} options
 */
function createPlay(ui, study, { pace, shown }) {
  let held = 0;
  const animation = createAnimation(ui, () => {
    // A picture that is finished is looked at for a while; then others are drawn.
    if (study.done && animation.playing && held++ < HOLD) return;
    if (study.done) study.begin();
    else study.advance(animation.playing ? pace() : 1);
    held = 0;
    shown();
  });
  animation.rate = RATE;
  animation.onChange(() => {
    if (!animation.playing) held = HOLD;
  });
  return {
    animation,
    /** Others are drawn. */
    begin() {
      study.begin();
      held = 0;
    },
  };
}

/**
 * The reader's pen.
 * @param {Study} study
 * @param {{ leave: () => void, keepSo: (given: number) => void }} act
 */
function createPen(study, { leave, keepSo }) {
  let ink = 1;
  return {
    /**
     * Turns a pixel over, and goes on with this ink; what was drawn is kept.
     * @param {number} pixel
     * @param {boolean} fresh
     */
    draw(pixel, fresh) {
      leave();
      study.asked = -1;
      if (fresh) ink = 1 - study.drawing[pixel];
      study.drawing[pixel] = ink;
      keepSo(study.reach(pixel));
    },
    clear() {
      leave();
      study.drawing.fill(0);
      keepSo(0);
    },
  };
}

/**
 * Arranges a study as a try wants it, on a picture that has ink.
 * @param {Study} study
 * @param {ReturnType<typeof createSettings>} settings
 * @param {{ drawing: ArrayLike<number> }} first
 * @param {Wanted} wanted
 */
function give(study, { model, kept }, { drawing }, wanted) {
  if (!study.drawing.some((value) => value > 0)) study.drawing.set(drawing);
  arrange(study, wanted);
  model.value = study.model.name;
  kept.value = study.given;
}

/**
 * What a hand can do to a study: draw, keep, and choose who goes on.
 * @param {Ui} ui
 * @param {Study} study
 * @param {{ given: number, drawing: ArrayLike<number> }} first
 */
function createHand(ui, study, first) {
  const pen = createPen(study, { leave: () => list.leave(), keepSo });
  const panels = createPanels(ui, study, pen), { show } = panels;
  const settings = createSettings(ui, study, { keep, begin, choose }), again = soon(ui, restart);
  const pace = () => settings.pace.value,
    shown = () => {
      show();
      list.look();
    };
  const play = createPlay(ui, study, { pace, shown }), { animation } = play;
  const list = createTryList(ui, tries, { study: () => study, arrange: make, animation });

  /** From the end of what is kept, which is another one. */
  function restart() {
    play.begin();
    panels.paintPad();
    show();
    ui.send({ given: study.given, chosen: study.model.name, drawing: [[...study.drawing]] });
  }
  function keep() {
    list.leave();
    study.given = settings.kept.value;
    again();
  }
  /** @param {number} given */
  function keepSo(given) {
    settings.kept.value = study.given = given;
    again();
  }
  function choose() {
    list.leave();
    study.asked = -1;
    study.choose(study.models.findIndex(({ name }) => name === settings.model.value));
    again();
  }
  /** @param {number} example its number, or none */
  function begin(example) {
    list.leave();
    study.asked = -1;
    study.drawing.set(pictureOf(ui.traits, study, example));
    keepSo(example === EMPTY ? 0 : first.given);
  }
  /** @param {Wanted} wanted by a try */
  function make(wanted) {
    give(study, settings, first, wanted);
    restart();
  }
  return { panels, settings, animation, list, again, restart };
}

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE, text: TEXT }), { traits } = ui;
  const study = studyOf(traits), first = { given: study.given, drawing: study.drawing.slice() };
  const hand = createHand(ui, study, first), { panels, settings, animation, list } = hand;
  function reset() {
    animation.pause();
    list.leave();
    study.chosen = 0;
    study.asked = -1;
    study.drawing.set(first.drawing);
    settings.model.value = study.models[0].name;
    settings.picture.value = traits.get("count") ? "0" : String(EMPTY);
    settings.pace.value = paceOf(study);
    study.reseed();
    study.given = settings.kept.value = first.given;
    study.choose(0);
    open();
  }
  /** The first view: part of the way is done. */
  function open() {
    hand.restart();
    study.advance(Math.floor(FIRST * (study.size - study.given)));
    panels.show();
  }
  ui.watch("pixel", () => {
    if (traits.get("pixel") === study.asked) return;
    study.asked = traits.get("pixel");
    panels.show();
  });
  ui.watch("weights", () => {
    study.load(traits);
    hand.again();
  });
  const buttons = [button(ui, "Step", animation.step), button(ui, "Reset", reset)];
  const bar = row(playButton(ui, animation), ...buttons, panels.count);
  ui.add(
    list.list,
    scene(bar, list.words, ...panels.elements),
    settings.seen,
    more("More settings", settings.others),
  );
  study.choose(study.models.findIndex(({ name }) => name === traits.get("chosen")));
  study.asked = traits.get("pixel");
  open();
  return ui.close;
}

export const widget = { render };
