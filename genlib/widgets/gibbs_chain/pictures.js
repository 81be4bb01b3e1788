// Two pictures that a pointer can act on: pixels that are kept or let go, and hidden units to choose from.

import { node } from "../js/dom.js";
import { createImage } from "../js/image.js";
import { createSignedImage } from "../js/signed_image.js";

/** @import { Ui } from "../js/ui.js" */

/** @typedef {readonly [x: number, y: number]} Point in pixels of the picture */
/** @typedef {{ columns: number, rows: number }} Size */

/**
 * The outline of a mask as two SVG paths: what is inside, and the border.
 * @param {Uint8Array} mask
 * @param {Size} size
 */
function outlineOf(mask, { columns, rows }) {
  const on = (/** @type {number} */ row, /** @type {number} */ column) =>
    row >= 0 && row < rows && column >= 0 && column < columns && mask[row * columns + column] > 0;
  let inside = "", border = "";
  for (let row = 0; row <= rows; row++) {
    for (let column = 0; column <= columns; column++) {
      const here = on(row, column), at = `M${column} ${row}`;
      if (here) inside += `${at}h1v1h-1z`;
      if (here !== on(row - 1, column)) border += `${at}h1`;
      if (here !== on(row, column - 1)) border += `${at}v1`;
    }
  }
  return { inside, border };
}

/**
 * Sets the mask to `to` along a stroke.
 * @param {Uint8Array} mask
 * @param {Size} size
 * @param {number} to
 * @param {Point} from
 * @param {Point} end
 */
function stroke(mask, { columns }, to, [x0, y0], [x1, y1]) {
  const steps = Math.ceil(2 * Math.hypot(x1 - x0, y1 - y0)) + 1,
    reach = Math.max(0.7, columns / 18);
  for (let s = 0; s <= steps; s++) {
    const x = x0 + ((x1 - x0) * s) / steps, y = y0 + ((y1 - y0) * s) / steps;
    for (let i = 0; i < mask.length; i++) {
      const across = (i % columns) + 0.5 - x, down = Math.floor(i / columns) + 0.5 - y;
      if (Math.hypot(across, down) < reach) mask[i] = to;
    }
  }
}

/**
 * Where a pointer is on a canvas that shows so many columns and rows.
 * @param {HTMLCanvasElement} canvas
 * @param {Size} size
 * @param {PointerEvent} event
 * @returns {Point}
 */
function placeOf(canvas, { columns, rows }, { clientX, clientY }) {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  return [((clientX - left) / width) * columns, ((clientY - top) / height) * rows];
}

/**
 * A picture whose kept pixels are outlined, and which a pointer can paint on.
 * @param {Ui} ui
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.width
 * @param {number} options.height
 * @param {(mask: Uint8Array) => void} options.onPaint a pointer has put pixels in, or taken some out
 */
export function createHeldImage(ui, { label, width: columns, height: rows, onPaint }) {
  const picture = createSignedImage(ui, { label, width: columns, height: rows });
  const { canvas, element } = picture, size = { columns, rows };
  // A parser knows which of these are SVG; createElement would not.
  const innerHTML = `<svg viewBox="0 0 ${columns} ${rows}" preserveAspectRatio="none"
    class="genlib-gibbs-mask" aria-hidden="true">
    <path class="genlib-gibbs-tint"/><path class="genlib-gibbs-edge"/></svg>`;
  const frame = node("div", { className: "genlib-frame", innerHTML });
  const [tint, edge] = frame.querySelectorAll("path"), mask = new Uint8Array(rows * columns);
  frame.prepend(canvas);
  element.prepend(frame);
  let free = false, to = 1;
  /** @type {Point} */
  let last = [0, 0];

  function outline() {
    const { inside, border } = outlineOf(mask, size);
    tint.setAttribute("d", inside);
    edge.setAttribute("d", border);
  }
  /** @param {Point} next */
  function paintTo(next) {
    stroke(mask, size, to, last, next);
    last = next;
    outline();
    onPaint(mask.slice());
  }
  ui.listen(canvas, "pointerdown", (/** @type {PointerEvent} */ event) => {
    if (!free) return;
    canvas.setPointerCapture(event.pointerId);
    last = placeOf(canvas, size, event);
    const inside = (/** @type {number} */ v, /** @type {number} */ most) =>
      Math.min(most - 1, Math.max(0, Math.floor(v)));
    // The first pixel of a stroke decides: it keeps pixels, or lets kept ones go.
    to = 1 - mask[inside(last[1], rows) * columns + inside(last[0], columns)];
    paintTo(last);
  });
  ui.listen(canvas, "pointermove", (/** @type {PointerEvent} */ event) => {
    if (free && canvas.hasPointerCapture(event.pointerId)) paintTo(placeOf(canvas, size, event));
  });
  return {
    ...picture,
    /** @param {Uint8Array} next */
    hold(next) {
      mask.set(next);
      outline();
    },
    /** @param {boolean} yes */
    paintable(yes) {
      free = yes;
      element.toggleAttribute("data-paintable", yes);
    },
  };
}

/**
 * Hidden units as a grid, one of which is marked.
 * @param {Ui} ui
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.count
 * @param {string} options.caption
 * @param {boolean} [options.signed] whether values may be below zero
 * @param {(j: number) => void} options.onPick a pointer is over unit j
 */
export function createUnits(ui, { label, count, caption, signed = false, onPick }) {
  const columns = Math.ceil(Math.sqrt(count)), rows = Math.ceil(count / columns);
  const look = { label, caption, width: columns, height: rows };
  const picture = signed
    ? createSignedImage(ui, look)
    : createImage(ui, { ...look, colour: "latent" });
  const { canvas, element } = picture, cells = new Float32Array(columns * rows);
  const marker = node("span", { className: "genlib-gibbs-unit" });
  Object.assign(marker.style, { width: `${100 / columns}%`, height: `${100 / rows}%` });
  element.prepend(node("div", { className: "genlib-frame" }, canvas, marker));
  function pick(/** @type {PointerEvent} */ event) {
    const place = placeOf(canvas, { columns, rows }, event), [column, row] = place.map(Math.floor);
    const j = row * columns + column;
    if (column >= 0 && column < columns && row >= 0 && j < count) onPick(j);
  }
  ui.listen(canvas, "pointermove", pick);
  ui.listen(canvas, "pointerdown", pick);
  canvas.classList.add("genlib-gibbs-pick");
  return {
    element,
    /** @param {ArrayLike<number>} values */
    paint(values) {
      cells.set(values);
      picture.paint(cells);
    },
    /** @param {number} j */
    mark(j) {
      marker.style.left = `${(100 * (j % columns)) / columns}%`;
      marker.style.top = `${(100 * Math.floor(j / columns)) / rows}%`;
    },
  };
}
