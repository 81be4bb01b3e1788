// HalfDigit: draw half a digit; a machine finishes it while one watches, and a map shows where it belongs.

import { createAnimation, playButton } from "../js/animation.js";
import { onResize } from "../js/canvas.js";
import { button, select } from "../js/controls.js";
import { div, node, row } from "../js/dom.js";
import { scene } from "../js/layout.js";
import { createPad } from "../js/pad.js";
import { createSignedImage } from "../js/signed_image.js";
import { follow } from "../js/traits.js";
import { createTryList } from "../js/try_list.js";
import { createUi } from "../js/ui.js";
import { times } from "../js/words.js";
import { inked } from "../gibbs_chain/model.js";
import { guessOf, pixelsOf, SIDE } from "./model.js";
import { tries } from "./tries.js";
import { createMap } from "./view.js";

/** @import { Context } from "../js/ui.js" */
/** @import { Half } from "./model.js" */

const TITLE = "Draw half a digit";
const TEXT =
  `A restricted Boltzmann machine finishes it: it holds what you drew, blue, and draws the
  other half, vermilion, again and again from what it believes. A variational autoencoder says where the
  picture lies among all digits it knows. Both compute in this page.`;
const HALVES = /** @type {const} */ ([
  ["top", "the top half"],
  ["bottom", "the bottom half"],
  ["left", "the left half"],
  ["right", "the right half"],
]);
const RATE = 20;

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE, text: TEXT }), { traits } = ui;
  const guess = guessOf(traits), work = new Float32Array(SIDE * SIDE), first = traits.get("half");
  const pad = createPad(ui, { label: "Drawing pad", caption: "draw here", onDraw: () => draw() });
  const picture = createSignedImage(ui, {
    label: "What the machine makes of it",
    width: SIDE,
    caption: "what a machine makes of it",
  });
  const map = createMap(ui, guess.decode), count = node("span", { className: "genlib-count" });
  const frame = div("genlib-half-pad", pad.element);
  const half = select(ui, { label: "I draw", options: HALVES, value: first, onChange: choose });
  const animation = createAnimation(ui, () => {
    guess.advance();
    show();
    list.look();
  });
  animation.rate = RATE;
  const list = createTryList(ui, tries, {
    study: () => guess,
    arrange: (set) => guess.keep(set.half),
    animation,
  });

  function show() {
    const { state, study } = guess, z = guess.place();
    picture.paint(inked(state.meanX, study.mask, "model", work));
    map.place(z);
    count.textContent = times(state.sweep, "sweep");
    ui.say(count.textContent);
    ui.send({ x: [[...state.x]], z, sweep: state.sweep });
  }
  /** The chain begins anew with every stroke, and goes on by itself. */
  function draw() {
    if (pad.blank) return;
    list.leave();
    map.forget();
    guess.draw(pixelsOf(pad.ink), /** @type {Half} */ (half.value));
    show();
    animation.play();
  }
  function mark() {
    frame.dataset.half = half.value;
    draw();
  }
  function choose() {
    ui.send({ half: half.value });
    mark();
  }
  function reset() {
    animation.pause();
    list.leave();
    if (!pad.blank) pad.clear();
    half.value = frame.dataset.half = first;
    ui.send({ half: first });
    map.forget();
    guess.reset();
    show();
  }
  const bar = row(
    playButton(ui, animation),
    button(ui, "Step", animation.step),
    button(ui, "Reset", reset),
    count,
  );
  ui.add(
    scene(bar, div("genlib-half-pair", frame, picture.element), map.element, list.words),
    row(half.element, list.list),
  );
  follow(ui, "half", half, mark);
  ui.watch("machine", () => {
    guess.study.chain.load(traits.get("machine"));
    show();
  });
  onResize(ui, map.element, map.paint);
  reset();
  return ui.close;
}

export const widget = { render };
