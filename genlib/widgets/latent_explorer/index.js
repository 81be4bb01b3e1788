// LatentExplorer: an encoder, a code that can be moved by hand, and a decoder, side by side.

import { createAnimation } from "../js/animation.js";
import { unpackCodes } from "../js/codes.js";
import { button, checkbox } from "../js/controls.js";
import { div, row } from "../js/dom.js";
import { kindOf } from "../js/drawing.js";
import { soon } from "../js/frames.js";
import { across, scene } from "../js/layout.js";
import { createPad } from "../js/pad.js";
import { createPicks } from "../js/picks.js";
import { createTryList } from "../js/try_list.js";
import { createUi } from "../js/ui.js";
import { signed } from "../js/words.js";
import { reachOf, vaeOf, walkOf } from "./model.js";
import { createPlane } from "./plane.js";
import { createSliders } from "./sliders.js";
import { arrange, tries } from "./tries.js";
import { createPictures, createWay } from "./view.js";

/** @import { Floats } from "../js/arrays.js" */
/** @import { Context, Ui } from "../js/ui.js" */
/** @import { Walk } from "./model.js" */
/** @import { Setting } from "./tries.js" */

const TITLE = "Latent space of a variational autoencoder";
const TEXT =
  `Nearby codes give similar pictures. The picture is the mean of p(x | z), not a sample: it
  is soft where the decoder is unsure; tick <em>sample the pixels</em> to draw from p(x | z) itself. Draw
  a digit and see where the encoder puts it; keep one drawing as A, another as B, and walk between them.
  Blue is data, green is latent, vermilion is what the model makes.`;

/**
 * What is seen and moved of the code itself: sliders, and a plane where there are two numbers.
 * @param {Ui} ui
 * @param {Walk} walk
 * @param {{ side: number, move: (z: number[]) => void }} options
 */
function createCode(ui, walk, { side, move }) {
  const { traits } = ui, { latent } = walk.vae;
  const codes = () => unpackCodes(traits.get("codes"), latent), limit = reachOf(codes());
  const sliders = createSliders(
    ui,
    latent,
    limit,
    (i, value) => move(walk.z.map((old, j) => (j === i ? value : old))),
  );
  const plane = latent === 2 ? createPlane(ui, { side, limit, onMove: move }) : null;
  return {
    element: div("genlib-latent-z", ...(plane ? [plane.element] : []), sliders.element),
    /** The code has moved. */
    place() {
      sliders.place(walk.z);
      if (!plane) return;
      plane.place(walk.z);
      ui.say(`z is ${walk.z.map((value) => signed(value)).join(", ")}`);
    },
    /** Another image is encoded. */
    believe() {
      sliders.believe(walk.now.q);
      plane?.draw({ q: walk.now.q });
    },
    /** The ends of the way have moved. */
    join: () => plane?.draw({ ends: walk.now.ends.map((end) => end.z) }),
    /** The networks are others. */
    load() {
      sliders.arrange(traits.get("kl"));
      plane?.draw({ codes: codes(), labels: traits.get("labels") });
      plane?.fill(walk.vae.decode);
    },
  };
}

/**
 * The way from A to B, on which a hand goes, or play, back and forth.
 * @param {Ui} ui
 * @param {Walk} walk
 * @param {object} options
 * @param {number} options.side
 * @param {(t: number) => void} options.go where the hand has put the slider
 * @param {() => void} options.painted play has gone on
 * @param {() => void} options.joined the ends have moved
 */
function createWayAndPlay(ui, walk, { side, go, painted, joined }) {
  let forth = 1;
  const animation = createAnimation(ui, () => {
    const t = way.slider.value;
    forth = t >= 1 ? -1 : t <= 0 ? 1 : forth;
    way.slider.value = t + 0.01 * forth;
    walk.move(walk.between(way.slider.value));
    painted();
  });
  animation.rate = 30;
  const way = createWay(ui, walk, { side, animation, go, keep });
  /** @param {0 | 1} i */
  function keep(i) {
    walk.keep(i);
    paint();
  }
  function paint() {
    way.paint();
    joined();
  }
  return {
    ...way,
    animation,
    paint,
    /** @param {number} t where play goes on from, towards B */
    at(t) {
      forth = 1;
      way.slider.value = t;
    },
  };
}

/**
 * Shows the image that is encoded, and what is believed of it.
 * @param {Ui} ui
 * @param {Walk} walk
 * @param {object} panels
 * @param {ReturnType<typeof createPictures>} panels.pictures
 * @param {ReturnType<typeof createPicks>} panels.picks
 * @param {ReturnType<typeof createCode>} panels.code
 */
function showInput(ui, { now: { x } }, { pictures, picks, code }) {
  pictures.paintInput();
  picks.mark(x);
  code.believe();
  ui.send({ image: x && [[...x]] });
}

/**
 * How the images to encode are offered.
 * @param {Ui} ui
 * @param {number} side
 * @param {(image: Floats) => void} onPick
 */
function offered(ui, side, onPick) {
  const labels = ui.traits.get("names").map((/** @type {string} */ name) => `Encode ${name}`);
  return { labels, width: side, onPick };
}

/**
 * What a hand can do to a walk, and everything that shows it.
 * @param {Ui} ui
 * @param {Walk} walk
 * @param {Floats[]} examples
 */
function createHand(ui, walk, examples) {
  const { traits } = ui, side = Math.sqrt(walk.vae.features);
  /** The code that Python knows, and whether the image was drawn by hand. */
  let sent = walk.z, drawn = false;

  const pictures = createPictures(ui, walk, side), code = createCode(ui, walk, { side, move });
  const picks = createPicks(ui, examples, offered(ui, side, take));
  const sampled = checkbox(ui, { label: "sample the pixels", onChange: () => show() });
  const painted = () => {
    paint();
    list.look();
  };
  const way = createWayAndPlay(ui, walk, { side, go, painted, joined: code.join });
  const { animation } = way;
  const list = createTryList(ui, tries, { study: () => walk, arrange: make, animation });

  function paint() {
    const mean = pictures.paintOutput(sampled.value);
    code.place();
    if (walk.z !== sent) ui.send({ z: walk.z });
    ui.send({ x_mean: [[...mean]] });
    sent = walk.z;
  }
  const show = soon(ui, paint), showImage = () => showInput(ui, walk, { pictures, picks, code });
  /** @param {ArrayLike<number>} to */
  function move(to) {
    list.leave();
    if (animation.playing) animation.pause();
    walk.move(to);
    show();
  }
  /** @param {Floats} image */
  function take(image, byHand = false) {
    drawn = byHand;
    walk.encode(image);
    showImage();
    move(/** @type {Floats} */ (walk.now.q?.mu));
  }
  /** @param {number} t */
  function go(t) {
    way.at(t);
    move(walk.between(t));
  }
  /** @param {Setting} set what a try wants */
  function make(set) {
    arrange(walk, set);
    sampled.value = set.sampled ?? false;
    way.paint();
    go(0);
  }
  return {
    list,
    element: { pictures, code, picks, way, sampled },
    move,
    take,
    /** What was drawn has been wiped away. */
    forget() {
      if (!drawn) return;
      walk.encode(null);
      showImage();
    },
    /** Python, or another view, has moved the code. */
    follow() {
      if (traits.get("z") === sent) return;
      walk.move(traits.get("z"));
      sent = walk.z;
      show();
    },
    load() {
      walk.load(vaeOf(traits));
      if (walk.now.x) showImage();
      code.load();
      if (walk.now.ends.length) way.paint();
      show();
    },
    reset() {
      animation.pause();
      way.slider.value = 0;
      sampled.value = drawn = false;
      walk.reset();
      showImage();
      way.paint();
      show();
    },
  };
}

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE, text: TEXT }), { traits } = ui;
  const { walk, examples } = walkOf(traits), side = Math.sqrt(walk.vae.features);
  const hand = createHand(ui, walk, examples),
    { pictures, code, picks, way, sampled } = hand.element;
  const kind = kindOf(side, side);
  const pad = kind && createPad(ui, {
    label: "Drawing pad",
    kind,
    caption: "draw a digit here",
    onDraw: (image) => (pad?.blank ? hand.forget() : hand.take(inkOf(image), true)),
  });
  /** @param {Float64Array} image */
  function inkOf(image) {
    return traits.get("binary") ? image.map((ink) => (ink >= 0.5 ? 1 : 0)) : image;
  }
  function reset() {
    pad?.clear();
    hand.reset();
  }
  const tools = div(
    "genlib-latent-tools",
    sampled.element,
    button(ui, "Random z", () => hand.move(walk.prior())),
    button(ui, "z = 0", () => hand.move(walk.z.map(() => 0))),
  );
  const choices = [...(examples.length ? [picks.element] : []), ...(pad ? [pad.element] : [])];
  const stage = div(
    "genlib-latent-stage",
    div("genlib-latent-x", pictures.input),
    div("genlib-latent-out", pictures.output),
    div("genlib-latent-pad", ...choices),
    code.element,
    tools,
  );
  const bar = row(...way.bar, button(ui, "Reset", reset));
  ui.add(hand.list.list, scene(bar, hand.list.words, across(stage)), way.element);
  const load = soon(ui, hand.load);
  ["weights", "encoder_weights"].forEach((name) => ui.watch(name, load));
  ui.watch("z", hand.follow);
  hand.load();
  reset();
  return ui.close;
}

export const widget = { render };
