// What goes between the page and Python: traits, sent seldom, and followed both ways.

/** @import { Ui } from "./ui.js" */

/**
 * anywidget's model, or what stands for it in a page without a kernel.
 * @typedef {object} Traits
 * @property {(name: string) => any} get
 * @property {(name: string, value: unknown) => void} set
 * @property {() => void} save_changes
 * @property {(event: string, handler: () => void) => void} on
 * @property {(event: string, handler: () => void) => void} off
 */

const PAUSE = 200;

/**
 * A function that sends traits to Python, at most five times a second and the last value always: on closing too.
 * @param {Traits} traits
 * @param {(undo: () => void) => void} onClose
 */
export function createSender(traits, onClose) {
  /** @type {Record<string, unknown> | null} */
  let unsent = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let sentAt = -Infinity;
  function flush() {
    timer = undefined;
    if (!unsent) return;
    for (const [name, value] of Object.entries(unsent)) traits.set(name, value);
    unsent = null;
    sentAt = performance.now();
    traits.save_changes();
  }
  onClose(() => {
    clearTimeout(timer);
    flush();
  });
  return (/** @type {Record<string, unknown>} */ values) => {
    unsent = { ...unsent, ...values };
    timer ||= setTimeout(flush, Math.max(0, PAUSE - (performance.now() - sentAt)));
  };
}

/**
 * Lets a control follow a trait that Python, or another view, sets. What the control shows already is no change: a
 * slider rounds to its own steps.
 * @template Value
 * @param {Ui} ui
 * @param {string} trait
 * @param {{ value: Value }} control
 * @param {() => void} [act] called after a change
 * @param {(value: any) => Value} [read] from the trait's value to the control's
 */
export function follow(ui, trait, control, act = () => {}, read = (value) => value) {
  ui.watch(trait, () => {
    const wanted = read(ui.traits.get(trait)), shown = control.value;
    const near = typeof wanted === "number" && typeof shown === "number" &&
      Math.abs(wanted - shown) < 1e-9;
    if (near || wanted === shown) return;
    control.value = wanted;
    act();
  });
}
