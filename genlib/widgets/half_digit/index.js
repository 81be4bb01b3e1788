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

/** @import { Context, Ui } from "../js/ui.js" */
/** @import { Guess, Half } from "./model.js" */

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

/**
 * Everything that is seen of a guess, and what Python hears of it.
 * @param {Ui} ui
 * @param {Guess} guess
 * @param {() => void} onDraw
 */
function createPanels(ui, guess, onDraw) {
  const pad = createPad(ui, { label: "Drawing pad", caption: "draw here", onDraw });
  const picture = createSignedImage(ui, {
    label: "What the machine makes of it",
    width: SIDE,
    caption: "what a machine makes of it",
  });
  const map = createMap(ui, guess.decode), count = node("span", { className: "genlib-count" });
  const frame = div("genlib-half-pad", pad.element), work = new Float32Array(SIDE * SIDE);
  onResize(ui, map.element, map.paint);
  return {
    pad,
    map,
    count,
    elements: [div("genlib-half-pair", frame, picture.element), map.element],
    /** @param {string} half the one that is drawn */
    mark(half) {
      frame.dataset.half = half;
    },
    show() {
      const { state, study } = guess, z = guess.place();
      picture.paint(inked(state.meanX, study.mask, "model", work));
      map.place(z);
      count.textContent = times(state.sweep, "sweep");
      ui.say(count.textContent);
      ui.send({ x: [[...state.x]], z, sweep: state.sweep });
    },
  };
}

/**
 * What a hand can do: draw, choose the half that it draws, and begin as at first.
 * @param {Ui} ui
 * @param {Guess} guess
 */
function createHand(ui, guess) {
  const first = ui.traits.get("half"), panels = createPanels(ui, guess, draw);
  const { pad, map, show } = panels;
  const half = select(ui, { label: "I draw", options: HALVES, value: first, onChange: choose });
  const animation = createAnimation(ui, () => {
    guess.advance();
    show();
    list.look();
  });
  animation.rate = RATE;
  const arrange = (/** @type {{ half: Half }} */ set) => guess.keep(set.half);
  const list = createTryList(ui, tries, { study: () => guess, arrange, animation });

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
    panels.mark(half.value);
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
    half.value = first;
    panels.mark(first);
    ui.send({ half: first });
    map.forget();
    guess.reset();
    show();
  }
  return { panels, half, animation, list, mark, reset };
}

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE, text: TEXT }), { traits } = ui;
  const guess = guessOf(traits), hand = createHand(ui, guess);
  const { panels, half, animation, list, mark, reset } = hand;
  const bar = row(
    playButton(ui, animation),
    button(ui, "Step", animation.step),
    button(ui, "Reset", reset),
    panels.count,
  );
  ui.add(scene(bar, ...panels.elements, list.words), row(half.element, list.list));
  follow(ui, "half", half, mark);
  ui.watch("machine", () => {
    guess.study.chain.load(traits.get("machine"));
    panels.show();
  });
  reset();
  return ui.close;
}

export const widget = { render };
