// CodePlane: two planes of codes side by side, a point in each that a hand moves, and what is decoded there.

import { createAnimation, playButton } from "../js/animation.js";
import { unpackImages } from "../js/codes.js";
import { button, range, select } from "../js/controls.js";
import { div, node, row } from "../js/dom.js";
import { kindOf } from "../js/drawing.js";
import { soon } from "../js/frames.js";
import { across, fields, more, part, scene } from "../js/layout.js";
import { createPad } from "../js/pad.js";
import { createPicks } from "../js/picks.js";
import { createLegend } from "../js/plane.js";
import { createImage } from "../js/image.js";
import { createTryList } from "../js/try_list.js";
import { createUi } from "../js/ui.js";
import { signed } from "../js/words.js";
import { codersOf, CORNER, distance, studyOf } from "./model.js";
import { STEPS, tries } from "./tries.js";
import { createWay } from "./view.js";

/** @import { Floats } from "../js/arrays.js" */
/** @import { Context, Ui } from "../js/ui.js" */
/** @import { Study } from "./model.js" */

const TITLE = "Two numbers for an image: an autoencoder, and principal components";
const TEXT =
  `Each dot is an image, where its two numbers put it. Move over a plane to decode the place
  under the pointer; press to stay there. Draw a digit, or a letter, and both planes say where it goes and
  what comes back. Vermilion is what is decoded; the line from the marker leads to where that picture itself
  would be encoded.`;
const TITLES = ["an autoencoder", "PCA"];

/**
 * The images between which a walk leads.
 * @param {Ui} ui
 * @param {Study} study
 * @param {() => void} onChange
 */
function createEnds(ui, study, onChange) {
  /** @type {string[]} */
  const names = ui.traits.get("names");
  const images = names.map((name, i) => /** @type {const} */ ([i, name]));
  const corner = /** @type {const} */ ([CORNER, "the emptiest corner"]);
  const ends = ["From", "To"].map((label, i) =>
    select(ui, {
      label,
      options: i ? [...images, corner] : images,
      onChange(value) {
        study.now.ends[i] = +value;
        onChange();
      },
    })
  );
  return {
    element: fields(...ends.map(({ element }) => element)),
    show: () => ends.forEach((end, i) => end.value = String(study.now.ends[i])),
  };
}

/**
 * The image that was given, images to choose from, and a pad.
 * @param {Ui} ui
 * @param {Study} study
 * @param {{ names: string[], take: (image: Floats) => void, forget: () => void }} options
 */
function createGiven(ui, study, { names, take, forget }) {
  const side = Math.sqrt(study.coders[0].features), kind = kindOf(side, side);
  const given = createImage(ui, { label: "x, what was given", width: side, colour: "data" });
  const picks = createPicks(ui, study.examples, {
    labels: names.map((name) => `Encode ${name}`),
    width: side,
    onPick: take,
  });
  const pad = kind && createPad(ui, {
    label: "Drawing pad",
    kind,
    caption: "draw here",
    onDraw: (image) => (pad?.blank ? forget() : take(Float32Array.from(image))),
  });
  const blank = new Float32Array(side * side);
  return {
    element: div("genlib-code-given", given.element, picks.element, ...(pad ? [pad.element] : [])),
    clear: () => pad?.clear(),
    paint() {
      given.paint(study.now.x ?? blank);
      given.caption(study.now.x ? "x, what was given" : "no image: a point of the plane");
      picks.mark(study.now.x);
    },
  };
}

/**
 * Everything that is seen of a study, and what Python hears of it.
 * @param {Ui} ui
 * @param {Study} study
 * @param {{ move: (way: number, z: number[]) => void, take: (image: Floats) => void, forget: () => void }} hand
 */
function createPanels(ui, study, { move, take, forget }) {
  const { traits } = ui, names = traits.get("names");
  const labels = unpackImages(traits.get("labels"), 1).map(([label]) => Math.round(255 * label));
  const legend = createLegend(ui, drawDots);
  const ways = TITLES.map((title, way) =>
    createWay(ui, study, { way, title, labels, legend, move: (z) => move(way, z) })
  );
  const given = createGiven(ui, study, { names, take, forget });
  const count = node("span", { className: "genlib-count" });
  function drawDots() {
    ways.forEach((way) => way.drawDots());
  }
  part("left", ways[0].plane);
  part("right", ways[1].plane);
  part("drift", ways[0].words);
  return {
    count,
    given,
    legend: legend.element,
    stage: div("genlib-code-stage", ...ways.map(({ element }) => element)),
    begin() {
      legend.explain(labels);
      drawDots();
    },
    paint() {
      ways.forEach((way) => way.paint());
      given.paint();
      count.textContent = `z = ${study.z[0].map((v) => signed(v, 3)).join(", ")}`;
      ui.say(count.textContent);
    },
  };
}

/**
 * Where on the walk.
 * @param {Ui} ui
 * @param {(t: number) => void} onInput
 */
function createSlider(ui, onInput) {
  const ends = { min: 0, max: 1, step: 0.01, value: 0 };
  return range(ui, { label: "t", ...ends, format: signed, onInput });
}

/**
 * What Python is told of a study, and hears of it.
 * @param {Ui} ui
 * @param {Study} study
 */
function createTelling(ui, study) {
  let sent = study.z;
  return {
    tell() {
      if (study.z === sent) return;
      sent = study.z;
      const [z, pca_z] = sent, { x } = study.now;
      ui.send({ z, pca_z, image: x && [[...x]], x_hat: [[...study.coders[0].decode(z)]] });
    },
    /** Python, or another view, may have moved a point: whether it has. */
    hear() {
      const told = [ui.traits.get("z"), ui.traits.get("pca_z")];
      const moved = told.map((z, i) => distance(z, sent[i]) > 1e-9);
      told.forEach((z, i) => {
        if (moved[i]) study.move(i, z);
      });
      if (moved.some(Boolean)) sent = study.z;
      return moved.some(Boolean);
    },
  };
}

/**
 * What a hand can do to a study.
 * @param {Ui} ui
 * @param {Study} study
 */
function createHand(ui, study) {
  const panels = createPanels(ui, study, {
    move: (way, z) => byHand(() => study.move(way, z)),
    take: (image) => byHand(() => study.encode(image)),
    forget: () => byHand(study.reset),
  });
  const slider = createSlider(ui, (t) => byHand(() => study.walk(t)));
  const ends = createEnds(ui, study, () => byHand(() => walk(0)));
  const show = soon(ui, paint), telling = createTelling(ui, study);
  let forth = 1;
  const animation = createAnimation(ui, () => {
    forth = slider.value >= 1 ? -1 : slider.value <= 0 ? 1 : forth;
    walk(Math.min(1, Math.max(0, slider.value + forth / STEPS)));
    paint();
    list.look();
  });
  animation.rate = 30;
  const list = createTryList(ui, tries, { study: () => study, arrange, animation });

  function paint() {
    panels.paint();
    telling.tell();
  }
  /** @param {() => void} act something that the reader does */
  function byHand(act) {
    list.leave();
    if (animation.playing) animation.pause();
    act();
    show();
  }
  /** @param {number} t */
  function walk(t) {
    slider.value = t;
    study.walk(t);
  }
  /** @param {{ to: "corner" | "close" }} set */
  function arrange({ to }) {
    study.choose(to);
    ends.show();
    walk(0);
    show();
  }
  function reset() {
    animation.pause();
    panels.given.clear();
    slider.value = 0;
    study.reset();
    ends.show();
    panels.begin();
    paint();
  }
  const follow = () => telling.hear() && show();
  return { panels, slider, ends, animation, list, show, follow, reset };
}

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE, text: TEXT }), { traits } = ui;
  const study = studyOf(traits), hand = createHand(ui, study);
  const { panels, slider, ends, animation, list } = hand;
  const load = soon(ui, () => {
    study.load(codersOf(traits));
    if (study.now.x) study.encode(study.now.x);
    hand.show();
  });
  const bar = row(
    playButton(ui, animation),
    button(ui, "Step", animation.step),
    slider.element,
    panels.count,
    button(ui, "Reset", hand.reset),
  );
  const seen = scene(bar, list.words, across(panels.stage), across(panels.legend));
  ui.add(list.list, seen, panels.given.element, more("More: ends of the walk", ends.element));
  ["z", "pca_z"].forEach((name) => ui.watch(name, hand.follow));
  ["weights", "encoder_weights"].forEach((name) => ui.watch(name, load));
  hand.reset();
  return ui.close;
}

export const widget = { render };
