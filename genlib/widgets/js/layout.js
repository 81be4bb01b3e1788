// How a widget is laid out: first what is seen together on any screen, then what can wait.

import { div, node } from "./dom.js";

/**
 * Play with the buttons beside it, and what it moves: two columns where there is room, one below the other where there
 * is not, and then still on one screen of a phone.
 * @param {HTMLElement} bar holds Play
 * @param {...(Node | string)} parts columns, in turn; what has the class `genlib-across` takes a whole row
 */
export function scene(bar, ...parts) {
  bar.classList.add("genlib-across", "genlib-bar");
  return div("genlib-scene", bar, ...parts);
}

/**
 * A part of a scene that takes a whole row of it.
 * @template {HTMLElement} Element
 * @param {Element} element
 */
export function across(element) {
  element.classList.add("genlib-across");
  return element;
}

/**
 * Controls in columns; those that are seen at once are three at most.
 * @param {...HTMLElement} controls
 */
export function fields(...controls) {
  return div("genlib-settings", ...controls);
}

/**
 * What most readers can do without, under a word that opens it.
 * @param {string} words
 * @param {...(Node | string)} parts
 */
export function more(words, ...parts) {
  return node(
    "details",
    { className: "genlib-more" },
    node("summary", { textContent: words }),
    ...parts,
  );
}

/**
 * Gives a part the name by which the text of a page lights it: `<span data-light="bars">`.
 * @template {HTMLElement | SVGElement} Element
 * @param {string} name
 * @param {Element} element
 */
export function part(name, element) {
  element.dataset.part = name;
  return element;
}
