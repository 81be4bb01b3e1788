// Taxonomy: a tree of questions whose leaves are the families, each with its chapter and its samples.

import { createAnimation, playButton } from "../js/animation.js";
import { button } from "../js/controls.js";
import { div, node, row } from "../js/dom.js";
import { across, scene } from "../js/layout.js";
import { createUi } from "../js/ui.js";
import { createTaxonomy } from "./model.js";
import { createCard, createTree } from "./view.js";

/** @import { Context } from "../js/ui.js" */

const TITLE = "Families of generative models";
const TEXT =
  `Choose a family, and look at what it can say of p(x), how it draws, and ten digits that it drew;
  Play shows one family after the other, and a question says what the families below it have in
  common. All of them learned from the same images: what sets them apart is what they can say about
  an image that they are given. Grey leaves wait for their chapters.`;

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE, text: TEXT }), { traits } = ui;
  const first = traits.get("chosen"), taxonomy = createTaxonomy(traits.get("tree"), first);
  const place = { root: document.documentElement.dataset.content_root, home: traits.get("home") };
  const count = node("span", { className: "genlib-count" });
  const tree = createTree(ui, taxonomy, choose), card = createCard(ui, taxonomy, place);
  const animation = createAnimation(ui, () => {
    taxonomy.next();
    show();
  });
  animation.rate = 0.7;

  function show() {
    tree.paint();
    card.paint();
    const { place, ready, node } = taxonomy;
    count.textContent = place
      ? `family ${place} of ${ready.length}`
      : `of ${ready.length} families`;
    ui.say(`${node.name}: ${node.words}`);
    ui.send({ chosen: taxonomy.chosen });
  }
  /** @param {string} key */
  function choose(key) {
    animation.pause();
    taxonomy.chosen = key;
    show();
  }
  const bar = row(
    playButton(ui, animation),
    button(ui, "Next", animation.step),
    button(ui, "Reset", () => choose(first)),
    count,
  );
  ui.add(scene(bar, across(div("genlib-tax-stage", tree.element, card.element))));
  ui.watch("chosen", () => {
    if (traits.get("chosen") !== taxonomy.chosen) choose(traits.get("chosen"));
  });
  show();
  return ui.close;
}

export const widget = { render };
