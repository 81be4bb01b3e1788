// Elements in one line.

/**
 * An element with properties and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function node(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/**
 * @param {string} className
 * @param {...(Node | string)} children
 */
export function div(className, ...children) {
  return node("div", { className }, ...children);
}

/**
 * Words whose terms, such as CD-1, stay on one line.
 * @param {string} text
 * @returns {(string | HTMLElement)[]}
 */
export function held(text) {
  return text.split(/\b([A-Z]+-(?:\d+|k))\b/).map((textContent, i) =>
    i % 2 ? node("span", { className: "genlib-held", textContent }) : textContent
  );
}

/**
 * Beside each other, as far as there is room.
 * @param {...(Node | string)} children
 */
export function row(...children) {
  return div("genlib-row", ...children);
}

/**
 * Something under a caption.
 * @param {string} caption
 * @param {...(Node | string)} children
 */
export function panel(caption, ...children) {
  const words = node("p", { className: "genlib-caption", textContent: caption });
  return div("genlib-panel", words, ...children);
}
