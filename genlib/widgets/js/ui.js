// A view of a widget: its place in the page, its theme, its traits, and the end of all that it started.
//
// `createUi` is called once a view. Everything else takes what it returns as its first argument, and listens, watches
// and paints through it, so that `ui.close`, which `render` returns, leaves nothing behind.

import { node } from "./dom.js";
import { createTheme } from "./theme.js";
import { createSender } from "./traits.js";

/** @import { Traits } from "./traits.js" */

/** @typedef {ReturnType<typeof createUi>} Ui */
/** @typedef {{ model: Traits, el: HTMLElement }} Context what anywidget hands to `render` */

const PAPER = "On paper this is only a picture: open the page in a browser to move it.";

/**
 * @param {Context} context
 * @param {{ title: string, text?: string }} words the text says what one sees; it may have tags
 */
export function createUi({ model: traits, el }, { title, text = "" }) {
  /** @type {(() => void)[]} */
  const undo = [];
  const root = node("div", { className: "genlib", role: "group", ariaLabel: title });
  const body = node("div", { className: "genlib-body" });
  const spoken = node("p", { className: "genlib-spoken", ariaLive: "polite" });
  const said = node("p", { className: "genlib-text", innerHTML: text });
  root.append(
    node("p", { className: "genlib-title", textContent: title }),
    body,
    said,
    spoken,
    node("p", { className: "genlib-print", textContent: PAPER }),
  );
  el.replaceChildren(root);

  /** @param {() => void} action */
  function onClose(action) {
    undo.push(action);
  }
  /**
   * @param {EventTarget} target
   * @param {string} type
   * @param {(event: any) => void} handler
   * @param {AddEventListenerOptions} [options]
   */
  function listen(target, type, handler, options) {
    target.addEventListener(type, handler, options);
    onClose(() => target.removeEventListener(type, handler, options));
  }
  // JupyterLab would take arrow keys for itself and move to the next cell.
  listen(root, "keydown", (event) => event.stopPropagation());

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let saying;
  onClose(() => clearTimeout(saying));

  return {
    root,
    traits,
    ...createTheme(root, onClose),
    listen,
    onClose,
    /**
     * What one sees, where it depends on what this widget has.
     * @param {string} words
     */
    explain(words) {
      said.innerHTML = words;
    },
    /** Puts nodes above the text. */
    add: (/** @type {Node[]} */ ...nodes) => body.append(...nodes),
    close() {
      while (undo.length) undo.pop()?.();
      root.remove();
    },
    send: createSender(traits, onClose),
    /**
     * Calls `handler` when Python, or another view, has changed a trait.
     * @param {string} trait
     * @param {() => void} handler
     */
    watch(trait, handler) {
      traits.on(`change:${trait}`, handler);
      onClose(() => traits.off(`change:${trait}`, handler));
    },
    /**
     * Says something to a screen reader, once things have come to rest, or at once.
     * @param {string} words
     */
    say(words, now = false) {
      clearTimeout(saying);
      if (now) spoken.textContent = words;
      else {
        saying = setTimeout(() => {
          if (!root.hasAttribute("data-playing")) spoken.textContent = words;
        }, 500);
      }
    },
  };
}
