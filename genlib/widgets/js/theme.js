// Light or dark, as the page, JupyterLab or the system says, and the colours that go with it.
//
// Colours are words, so that the same word is the same colour in every widget: what comes from data is blue, what a
// model makes is vermilion, what is latent is green, everything else is grey.

/** @typedef {"data" | "model" | "latent" | "ink" | "muted" | "line" | "paper"} Colour */

const NAMES = ["data", "model", "latent", "ink", "muted", "line", "paper"];
const ATTRIBUTES = ["data-theme", "theme", "data-jp-theme-light", "class"];

/** @param {MediaQueryList} dark */
function isDark(dark) {
  const html = document.documentElement, lab = document.body.dataset.jpThemeLight;
  if (lab) return lab === "false";
  const named = html.dataset.theme ?? html.getAttribute("theme");
  return named ? named === "dark" : dark.matches;
}

/**
 * Follows the theme of the page on `root`.
 * @param {HTMLElement} root
 * @param {(undo: () => void) => void} onClose
 */
export function createTheme(root, onClose) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  /** @type {Set<() => void>} */
  const repaint = new Set();
  /** @type {Record<string, string>} */
  let colours = {};
  function read() {
    root.toggleAttribute("data-dark", isDark(dark));
    const style = getComputedStyle(root);
    const value = (/** @type {string} */ name) => style.getPropertyValue(`--genlib-${name}`).trim();
    colours = Object.fromEntries(NAMES.map((name) => [name, value(name) || "#777777"]));
    repaint.forEach((paint) => paint());
  }
  const watcher = new MutationObserver(read);
  for (const target of [document.documentElement, document.body]) {
    watcher.observe(target, { attributes: true, attributeFilter: ATTRIBUTES });
  }
  onClose(() => watcher.disconnect());
  dark.addEventListener("change", read);
  onClose(() => dark.removeEventListener("change", read));
  // A style sheet may arrive after the widget does.
  const settled = requestAnimationFrame(read);
  onClose(() => cancelAnimationFrame(settled));
  read();
  /** @param {string} name of the theme, or a colour itself */
  const colour = (name) => colours[name] ?? name;
  return {
    colour,
    /**
     * Red, green and blue, 0 to 255.
     * @param {string} name
     */
    rgb: (name) => [1, 3, 5].map((at) => parseInt(colour(name).slice(at, at + 2), 16)),
    /**
     * Calls `paint` now, and whenever the page turns dark or light.
     * @param {() => void} paint
     */
    onTheme(paint) {
      repaint.add(paint);
      paint();
    },
  };
}
