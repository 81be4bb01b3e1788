// What PixelByPixel shows: the pad, the picture under the pen, what a pixel reads, and six ways to go on.

import { createCanvas, onResize, sharpen } from "../js/canvas.js";
import { createChart } from "../js/chart.js";
import { button } from "../js/controls.js";
import { div, node, panel } from "../js/dom.js";
import { createSignedImage } from "../js/signed_image.js";
import { percent, signed } from "../js/words.js";
import { PENS } from "./model.js";

/** @import { Ui } from "../js/ui.js" */
/** @import { Field, Study } from "./model.js" */

/** @typedef {{ x: number, y: number, size: number }} Cell */

const FALLBACK = 220;
/** @type {Record<string, [down: number, right: number]>} */
const KEYS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * A canvas of square cells, one a pixel, and the pixel that a pointer or the keys are at.
 * @param {Ui} ui
 * @param {Study} study
 * @param {object} options
 * @param {string} options.label
 * @param {(pixel: number, first: boolean) => void} options.onPoint a pixel is touched, or one more in the same stroke
 * @param {(pixel: number) => void} [options.onMove] keys have moved to a pixel
 */
function createCells(ui, { rows, columns }, { label, onPoint, onMove = () => {} }) {
  const canvas = createCanvas(label, columns, rows, "genlib-image genlib-pixels");
  canvas.style.aspectRatio = `${columns} / ${rows}`;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  let cursor = Math.floor(rows / 2) * columns + Math.floor(columns / 2);
  /** @param {PointerEvent} event */
  function pixelAt({ clientX, clientY }) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const along = (/** @type {number} */ share, /** @type {number} */ n) =>
      Math.max(0, Math.min(n - 1, Math.floor(share * n)));
    const row = along((clientY - top) / height, rows);
    return row * columns + along((clientX - left) / width, columns);
  }
  ui.listen(canvas, "pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    cursor = pixelAt(event);
    onPoint(cursor, true);
  });
  ui.listen(canvas, "pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId) || pixelAt(event) === cursor) return;
    cursor = pixelAt(event);
    onPoint(cursor, false);
  });
  ui.listen(canvas, "keydown", (event) => {
    const way = KEYS[event.key];
    if (!way && event.key !== " ") return;
    event.preventDefault();
    if (!way) return onPoint(cursor, true);
    const row = Math.floor(cursor / columns) + way[0], column = (cursor % columns) + way[1];
    if (row < 0 || column < 0 || row >= rows || column >= columns) return;
    cursor = row * columns + column;
    onMove(cursor);
  });
  return {
    canvas,
    get cursor() {
      return document.activeElement === canvas ? cursor : -1;
    },
    /**
     * Calls `draw` with every pixel's place.
     * @param {(context: CanvasRenderingContext2D, cell: Cell, pixel: number) => void} draw
     */
    each(draw) {
      const wide = canvas.clientWidth || FALLBACK, size = wide / columns;
      const { context } = sharpen(canvas, FALLBACK, rows * size);
      for (let pixel = 0; pixel < rows * columns; pixel++) {
        const x = (pixel % columns) * size, y = Math.floor(pixel / columns) * size;
        draw(context, { x, y, size }, pixel);
      }
      return { context, size };
    },
  };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Cell} cell
 * @param {string} colour
 */
function fill(context, { x, y, size }, colour, alpha = 1) {
  context.globalAlpha = alpha;
  context.fillStyle = colour;
  context.fillRect(x, y, size + 0.3, size + 0.3);
  context.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Cell} cell
 * @param {string} colour
 */
function frame(context, { x, y, size }, colour) {
  context.strokeStyle = colour;
  context.lineWidth = Math.max(2, size / 8);
  context.strokeRect(x + 1, y + 1, size - 2, size - 2);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Cell} cell
 * @param {string} colour
 */
function cross(context, { x, y, size }, colour) {
  const a = 0.25 * size, b = 0.75 * size;
  context.strokeStyle = colour;
  context.lineWidth = Math.max(1, size / 10);
  context.beginPath();
  context.moveTo(x + a, y + a);
  context.lineTo(x + b, y + b);
  context.moveTo(x + b, y + a);
  context.lineTo(x + a, y + b);
  context.stroke();
}

/** Where a pixel is, in words. */
export function placeOf(/** @type {number} */ pixel, /** @type {number} */ columns) {
  return `row ${Math.floor(pixel / columns) + 1}, column ${(pixel % columns) + 1}`;
}

/**
 * The pad: what is kept is on paper, the rest on grey.
 * @param {Ui} ui
 * @param {Study} study
 * @param {(pixel: number, first: boolean) => void} onPoint
 * @param {() => void} onClear
 */
export function createPad(ui, study, onPoint, onClear) {
  const label = "Drawing pad. Arrow keys move, space turns a pixel over.";
  const cells = createCells(ui, study, { label, onPoint, onMove: paint });
  function paint() {
    const { drawing, model: { place }, given } = study;
    const line = ui.colour("line"), paper = ui.colour("paper"), data = ui.colour("data");
    const { context, size } = cells.each((context, cell, pixel) => {
      const kept = place[pixel] < given;
      fill(context, cell, kept ? paper : line);
      if (drawing[pixel]) fill(context, cell, data, kept ? 1 : 0.25);
    });
    const at = cells.cursor, { columns } = study;
    if (at < 0) return;
    frame(
      context,
      { x: (at % columns) * size, y: Math.floor(at / columns) * size, size },
      ui.colour("model"),
    );
  }
  ui.onTheme(paint);
  onResize(ui, cells.canvas, paint);
  for (const type of ["focus", "blur"]) ui.listen(cells.canvas, type, paint);
  const under = node(
    "figcaption",
    { className: "genlib-under" },
    node("span", { textContent: "draw here" }),
    button(ui, "Clear", onClear),
  );
  return {
    element: node("figure", { className: "genlib-figure" }, cells.canvas, under),
    paint,
  };
}

/**
 * The picture under the pen, and where a pixel was asked, what it reads.
 * @param {Ui} ui
 * @param {Study} study
 * @param {(pixel: number) => void} onAsk
 */
export function createPicture(ui, study, onAsk) {
  const label = "The picture under the pen. Arrow keys move, space asks what a pixel reads.";
  const cells = createCells(ui, study, { label, onPoint: onAsk, onMove: onAsk });
  const caption = node("figcaption", { className: "genlib-under" });
  function paint() {
    const { pen, asked, model: { place } } = study, field = asked < 0 ? null : study.field();
    const next = pen.done ? -1 : study.model.order[pen.t], chance = pen.chance();
    cells.each((context, cell, pixel) => {
      paintPixel(ui, context, cell, { study, pixel, field });
      if (pixel === next && !field) fill(context, cell, ui.colour("model"), chance);
      if (pixel === next || pixel === asked) frame(context, cell, ui.colour("model"));
      const blind = field && place[pixel] < place[asked] && !field.seen[pixel];
      if (blind) cross(context, cell, ui.colour("ink"));
    });
    caption.textContent = field ? "what this pixel reads" : "the picture under the pen";
  }
  ui.onTheme(paint);
  onResize(ui, cells.canvas, paint);
  return {
    element: node("figure", { className: "genlib-figure" }, cells.canvas, caption),
    paint,
  };
}

/**
 * A pixel of the picture: kept, drawn, or not there yet; faint where it is not read by the one that was asked.
 * @param {Ui} ui
 * @param {CanvasRenderingContext2D} context
 * @param {Cell} cell
 * @param {{ study: Study, pixel: number, field: Field | null }} what
 */
function paintPixel(ui, context, cell, { study, pixel, field }) {
  const { pen, model: { place }, given } = study, there = place[pixel] < pen.t;
  fill(context, cell, ui.colour(there ? "paper" : "line"));
  if (field?.seen[pixel]) fill(context, cell, ui.colour("muted"), 0.45);
  if (!there || !pen.x[pixel]) return;
  const colour = ui.colour(place[pixel] < given ? "data" : "model");
  fill(context, cell, colour, !field || field.seen[pixel] ? 1 : 0.2);
}

/**
 * The probability of the next pixel, or what a pixel reads, in words and as a bar.
 * @param {Ui} ui
 */
export function createChance(ui) {
  const bar = div("genlib-pixel-bar", node("span")), words = node("p");
  bar.ariaHidden = "true";
  return {
    element: div("genlib-pixel-chance genlib-across", words, bar),
    /** @param {Study} study */
    paint(study) {
      const { pen, columns, asked } = study, chance = pen.chance();
      /** @type {HTMLElement} */ (bar.firstElementChild).style.width = `${100 * (chance || 0)}%`;
      if (asked >= 0) {
        const { read, blind, before } = study.field();
        const rest = blind ? `; ${blind} it cannot see, crossed out.` : ".";
        const all = read === before ? "all" : `${read} of`;
        words.textContent = `The pixel in ${
          placeOf(asked, columns)
        } reads ${all} the ${before} pixels before it${rest}`;
      } else if (pen.done) {
        words.textContent = `All pixels are there: ${signed(pen.nats(study.given))} nats.`;
      } else {
        const place = placeOf(study.model.order[pen.t], columns);
        words.textContent = `Next pixel, ${place}: ink with probability ${percent(chance)}.`;
      }
      ui.say(words.textContent);
    },
  };
}

/**
 * Six ways to go on, each a button that brings it under the eye, with its nats.
 * @param {Ui} ui
 * @param {Study} study
 * @param {(i: number) => void} onPick
 */
export function createWays(ui, study, onPick) {
  const { rows: height, columns: width, size } = study, values = new Float32Array(size);
  const slots = Array.from({ length: PENS }, (_, i) => {
    const image = createSignedImage(ui, { label: `Way ${i + 1}`, width, height });
    const element = node("button", { type: "button", className: "genlib-way" }, image.element);
    ui.listen(element, "click", () => onPick(i));
    return { image, element };
  });
  const grid = div("genlib-ways", ...slots.map(({ element }) => element));
  return {
    element: panel("Six ways to go on, and their nats", grid),
    paint() {
      const { place } = study.model;
      slots.forEach(({ image, element }, i) => {
        const pen = study.pens[i];
        for (let pixel = 0; pixel < size; pixel++) {
          values[pixel] = (place[pixel] < study.given ? 1 : -1) * pen.x[pixel];
        }
        image.paint(values);
        image.caption(signed(pen.nats(study.given), 1));
        element.ariaPressed = String(i === study.chosen);
      });
    },
  };
}

/**
 * What each pixel of the picture cost, in the order in which they came.
 * @param {Ui} ui
 */
export function createCosts(ui) {
  const chart = createChart(ui, {
    label: "Nats of each pixel, in the order in which they came",
    x: "step",
    y: "",
    height: 96,
    legend: [["data", "kept"], ["model", "drawn"]],
  });
  return {
    element: panel("What each pixel cost, in nats", chart.element),
    /** @param {Study} study */
    paint({ pen, given, size }) {
      /** @type {(from: number, to: number) => [number, number][]} */
      const stairs = (from, to) =>
        Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)
          .flatMap((t) => [[t, pen.costs[t]], [t + 1, pen.costs[t]]]);
      chart.draw({
        lines: [
          { points: stairs(0, Math.min(given, pen.t)), colour: "data", weight: 1.5 },
          { points: stairs(given, pen.t), colour: "model", weight: 1.5 },
        ],
        x: [0, size],
        y: [0, Math.max(3, ...pen.costs.subarray(0, pen.t))],
      });
    },
  };
}
