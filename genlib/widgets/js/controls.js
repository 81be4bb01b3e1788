// Native controls, each with its label: keyboard, touch and screen readers come with them.

import { node } from "./dom.js";

/** @import { Ui } from "./ui.js" */

/**
 * @template Value
 * @template {HTMLElement} Input
 * @typedef {{ element: HTMLElement, input: Input, value: Value }} Control
 */

/**
 * @template Value
 * @template {HTMLElement} Input
 * @param {HTMLElement} element
 * @param {Input} input
 * @param {() => Value} read
 * @param {(value: Value) => void} write
 * @returns {Control<Value, Input>}
 */
function control(element, input, read, write) {
  return {
    element,
    input,
    get value() {
      return read();
    },
    set value(value) {
      write(value);
    },
  };
}

/**
 * @param {string} label
 * @param {...Node} nodes
 */
function labelled(label, ...nodes) {
  const words = node("span", { textContent: label });
  return node("label", { className: "genlib-control" }, words, ...nodes);
}

/**
 * @param {Ui} ui
 * @param {string} label
 * @param {() => void} onClick
 */
export function button(ui, label, onClick) {
  const made = node("button", { type: "button", className: "genlib-button", textContent: label });
  ui.listen(made, "click", () => onClick());
  return made;
}

/**
 * A slider with its value beside it.
 * @param {Ui} ui
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.min
 * @param {number} options.max
 * @param {number | "any"} [options.step]
 * @param {number} options.value
 * @param {(value: number) => string} [options.format]
 * @param {(value: number) => void} [options.onInput]
 * @returns {Control<number, HTMLInputElement>}
 */
export function range(ui, { label, value, format = String, onInput = () => {}, ...rest }) {
  const input = node("input", { type: "range", min: rest.min, max: rest.max });
  input.step = String(rest.step ?? "any");
  const shown = node("span", { className: "genlib-value", ariaHidden: "true" });
  const show = () => {
    shown.textContent = format(+input.value);
    input.ariaValueText = shown.textContent;
  };
  const write = (/** @type {number} */ to) => {
    input.value = String(to);
    show();
  };
  ui.listen(input, "input", () => {
    show();
    onInput(+input.value);
  });
  write(value);
  return control(labelled(label, input, shown), input, () => +input.value, write);
}

/**
 * @param {Ui} ui
 * @param {object} options
 * @param {string} options.label
 * @param {readonly (readonly [value: string | number, words: string])[]} options.options
 * @param {string | number} [options.value]
 * @param {(value: string) => void} [options.onChange]
 * @returns {Control<string, HTMLSelectElement>}
 */
export function select(ui, { label, options, value, onChange = () => {} }) {
  const made = options.map(([key, words]) => node("option", { value: key, textContent: words }));
  const input = node("select", {}, ...made);
  const write = (/** @type {string | number} */ to) => {
    input.value = String(to);
  };
  if (value !== undefined) write(value);
  ui.listen(input, "change", () => onChange(input.value));
  return control(labelled(label, input), input, () => input.value, write);
}

/**
 * @param {Ui} ui
 * @param {object} options
 * @param {string} options.label
 * @param {boolean} [options.value]
 * @param {(value: boolean) => void} [options.onChange]
 * @returns {Control<boolean, HTMLInputElement>}
 */
export function checkbox(ui, { label, value = false, onChange = () => {} }) {
  const input = node("input", { type: "checkbox", checked: value });
  const words = node("span", { textContent: label });
  const element = node("label", { className: "genlib-control genlib-check" }, input, words);
  ui.listen(input, "change", () => onChange(input.checked));
  return control(element, input, () => input.checked, (to) => {
    input.checked = to;
  });
}
