// What Taxonomy shows: the tree of buttons, and beside it a card of the node that is chosen.

import { button } from "../js/controls.js";
import { div, held, node as element } from "../js/dom.js";
import { createImage } from "../js/image.js";
import { alive, linkOf, pictureOf } from "./model.js";

/** @import { Ui } from "../js/ui.js" */
/** @import { Node, Taxonomy } from "./model.js" */

/**
 * The tree: below each question what it parts, further in.
 * @param {Ui} ui
 * @param {Taxonomy} taxonomy
 * @param {(key: string) => void} choose
 */
export function createTree(ui, taxonomy, choose) {
  /** @type {[Node, HTMLButtonElement][]} */
  const buttons = [];
  /** @type {(node: Node) => HTMLElement} */
  const grow = (node) => {
    const made = button(ui, node.name, () => choose(node.key));
    made.classList.add(node.below ? "genlib-tax-branch" : "genlib-tax-leaf");
    made.toggleAttribute("data-grey", !alive(node));
    if (!alive(node)) made.title = "a chapter to come";
    buttons.push([node, made]);
    const below = node.below?.map(grow) ?? [];
    const item = element("li", {}, made);
    if (below.length) {
      const leafy = node.below?.every((next) => !next.below) ? " genlib-tax-leaves" : "";
      item.append(element("ul", { className: `genlib-tax-below${leafy}` }, ...below));
    }
    return item;
  };
  const list = element("ul", { className: "genlib-tax-tree" }, grow(taxonomy.tree));
  list.setAttribute("aria-label", "Families of generative models");
  return {
    element: list,
    paint() {
      for (const [node, made] of buttons) {
        made.setAttribute("aria-pressed", String(node.key === taxonomy.chosen));
        made.toggleAttribute("data-way", taxonomy.lit(node.key));
      }
    },
  };
}

/**
 * What is known of the chosen node.
 * @param {Ui} ui
 * @param {Taxonomy} taxonomy
 * @param {{ root: string | undefined, home: string }} place
 */
export function createCard(ui, taxonomy, place) {
  const name = element("p", { className: "genlib-tax-name" });
  const words = element("p");
  const says = fact("of p(x) it knows"), draws = fact("it draws");
  const link = element("a", { className: "genlib-tax-link" });
  const note = element("p", { className: "genlib-tax-note" });
  const images = Array.from({ length: 10 }, (_, i) =>
    createImage(ui, {
      label: `A digit drawn by this family, ${i + 1} of 10`,
      width: 8,
      colour: "model",
      caption: "",
    }));
  const strip = div("genlib-tax-strip", ...images.map((image) => image.element));
  const facts = element("dl", {}, ...says.elements, ...draws.elements);
  return {
    element: div("genlib-tax-card", name, words, facts, strip, note, link),
    paint() {
      const { node } = taxonomy, leaf = !node.below, known = leaf && alive(node);
      name.textContent = node.name;
      words.textContent = node.words;
      says.write(node.density ?? "");
      draws.write(node.sampling ?? "");
      facts.hidden = strip.hidden = link.hidden = !known;
      if (known) {
        node.pictures?.forEach((picture, i) => images[i].paint(pictureOf(picture)));
        link.textContent = `Chapter: ${node.title}`;
        link.href = linkOf(node.chapter ?? "", place);
      }
      const said = known
        ? `Samples on the 8 x 8 digits. ${node.recipe}.`
        : leaf
        ? "A chapter on this family is still to come."
        : `Below: ${taxonomy.leaves(node).map((next) => next.name).join(", ")}.`;
      note.replaceChildren(...held(said));
    },
  };
}

/** @param {string} term */
function fact(term) {
  const value = element("dd");
  return {
    elements: [element("dt", { textContent: term }), value],
    /** @param {string} words */
    write(words) {
      value.textContent = words;
    },
  };
}
