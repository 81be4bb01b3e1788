// What GANLab shows: the plane, a legend that switches its layers, and two curves.

import { contextOf, createCanvas, onResize, sharpen } from "../js/canvas.js";
import { createChart } from "../js/chart.js";
import { checkbox } from "../js/controls.js";
import { div, node } from "../js/dom.js";
import { part } from "../js/layout.js";
import { signed, times } from "../js/words.js";
import { ARROWS, DRAWN, FIELD, MESH, SHOWN } from "./model.js";

/** @import { Floats } from "../js/arrays.js" */
/** @import { Line, Place } from "../js/chart.js" */
/** @import { Ui } from "../js/ui.js" */
/** @import { Lab } from "./model.js" */

/** @typedef {{ context: CanvasRenderingContext2D, size: number, limit: number }} Plane */
/** @typedef {"points" | "samples" | "mesh" | "belief" | "arrows"} Layer */

/** The strongest tint: points of its own colour still stand out from it, each in a ring of paper. */
const TINT = 0.3;
const LAYERS = /** @type {[Layer, string][]} */ ([
  ["points", "true points x"],
  ["samples", "samples G(z)"],
  ["mesh", "G of a grid of noise"],
  ["belief", "D(x), made to real"],
  ["arrows", "pull of the loss"],
]);

/**
 * @param {Plane} plane
 * @param {number} x
 */
function px({ size, limit }, x) {
  return ((x + limit) / (2 * limit)) * size;
}

/**
 * @param {Plane} plane
 * @param {number} y
 */
function py({ size, limit }, y) {
  return size - ((y + limit) / (2 * limit)) * size;
}

/**
 * The tint of D's belief: vermilion where it takes points for made, blue where it takes them for real.
 * @param {Ui} ui
 */
function createTint(ui) {
  const canvas = node("canvas", { width: FIELD, height: FIELD }), tint = contextOf(canvas);
  const pixels = tint.createImageData(FIELD, FIELD);
  return (/** @type {Plane} */ { context, size }, /** @type {Float32Array} */ values) => {
    const paper = ui.rgb("paper"), sides = [ui.rgb("model"), ui.rgb("data")];
    values.forEach((d, i) => {
      const side = sides[d > 0.5 ? 1 : 0], strength = TINT * Math.abs(2 * d - 1);
      for (let k = 0; k < 3; k++) {
        pixels.data[4 * i + k] = paper[k] + strength * (side[k] - paper[k]);
      }
      pixels.data[4 * i + 3] = 255;
    });
    tint.putImageData(pixels, 0, 0);
    context.drawImage(canvas, 0, 0, size, size);
  };
}

/**
 * @param {Plane} plane
 * @param {Floats} points
 * @param {number} count
 * @param {string} colour
 * @param {string} paper of the ring around each
 */
function drawDots(plane, points, count, colour, paper) {
  const { context } = plane, radius = 2.2;
  context.fillStyle = colour;
  context.strokeStyle = paper;
  context.lineWidth = 1.5;
  context.globalAlpha = 1;
  context.beginPath();
  for (let i = 0; i < 2 * count; i += 2) {
    const x = px(plane, points[i]), y = py(plane, points[i + 1]);
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 7);
  }
  context.stroke();
  context.fill();
}

/**
 * G's map of a grid of noise. A cell is the greener the more noise it holds for its area.
 * @param {Plane} plane
 * @param {ReturnType<Lab["mesh"]>} mesh
 * @param {string} colour
 */
function drawMesh(plane, { points, rows, share }, colour) {
  const { context } = plane, columns = MESH;
  const go = (/** @type {number} */ i, /** @type {"moveTo" | "lineTo"} */ pen) =>
    context[pen](px(plane, points[2 * i]), py(plane, points[2 * i + 1]));
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = rows > 1 ? 0.6 : 2;
  context.globalAlpha = 0.6;
  context.beginPath();
  for (let i = 0; i < columns * rows; i++) go(i, i % columns ? "lineTo" : "moveTo");
  for (let i = 0; rows > 1 && i < columns * rows; i++) {
    go((i % rows) * columns + Math.floor(i / rows), i % rows ? "lineTo" : "moveTo");
  }
  context.stroke();
  for (let i = 0; i < columns * (rows - 1); i++) {
    if (i % columns === columns - 1) continue;
    const corners = [i, i + 1, i + columns + 1, i + columns];
    context.globalAlpha = Math.min(0.5, (2 * share(i)) / Math.abs(areaOf(points, corners)));
    if (context.globalAlpha < 0.02) continue;
    context.beginPath();
    corners.forEach((corner, k) => go(corner, k ? "lineTo" : "moveTo"));
    context.fill();
  }
}

/**
 * @param {Floats} points
 * @param {number[]} corners
 */
function areaOf(points, corners) {
  return corners.reduce((sum, a, k) => {
    const b = corners[(k + 1) % 4];
    const turn = points[2 * a] * points[2 * b + 1] - points[2 * a + 1] * points[2 * b];
    return sum + 0.5 * turn;
  }, 1e-6);
}

/**
 * @param {Plane} plane
 * @param {Floats} points
 * @param {Floats} moves
 * @param {string} colour
 */
function drawArrows(plane, points, moves, colour) {
  const { context, size, limit } = plane;
  context.strokeStyle = colour;
  context.globalAlpha = 0.9;
  context.lineWidth = 1.2;
  context.beginPath();
  for (let i = 0; i < 2 * ARROWS; i += 2) {
    const length = Math.hypot(moves[i], moves[i + 1]);
    const reach = (Math.min(0.5 * length, 0.9) * size) / (2 * limit);
    if (!(reach > 1.5)) continue;
    const x = px(plane, points[i]), y = py(plane, points[i + 1]);
    const angle = Math.atan2(-moves[i + 1], moves[i]), head = Math.min(5, reach / 2);
    const tipX = x + reach * Math.cos(angle), tipY = y + reach * Math.sin(angle);
    context.moveTo(x, y);
    context.lineTo(tipX, tipY);
    for (const turn of [2.6, -2.6]) {
      context.moveTo(tipX, tipY);
      context.lineTo(tipX + head * Math.cos(angle + turn), tipY + head * Math.sin(angle + turn));
    }
  }
  context.stroke();
}

/**
 * The plane: what D believes as a tint, G's map of a grid of noise, points of both kinds, and arrows.
 * @param {Ui} ui
 * @param {number} limit
 * @param {() => void} onChange a layer was switched, or the page shows the plane at another size
 */
export function createPlane(ui, limit, onChange) {
  const canvas = createCanvas("", 400, 400, "genlib-gan-plane"), drawTint = createTint(ui);
  const boxes = LAYERS.map(([name, label]) => {
    const box = checkbox(ui, { label, value: true, onChange });
    box.input.after(node("span", { className: `genlib-gan-swatch genlib-gan-${name}` }));
    return /** @type {const} */ ([name, box]);
  });
  const shows = (/** @type {Layer} */ wanted) => boxes.find(([name]) => name === wanted)?.[1].value;
  onResize(ui, canvas, onChange);
  const legend = div(
    "genlib-gan-legend",
    ...boxes.map(([name, { element }]) => part(name, element)),
  );
  return {
    canvas,
    legend,
    /**
     * @param {Lab} lab
     * @param {string} kind the generator's loss
     */
    paint(lab, kind) {
      const { context, width: size } = sharpen(canvas, 400), plane = { context, size, limit };
      context.fillStyle = ui.colour("paper");
      context.fillRect(0, 0, size, size);
      const samples = lab.sample();
      if (shows("belief")) drawTint(plane, lab.belief);
      if (shows("mesh")) drawMesh(plane, lab.mesh(), ui.colour("latent"));
      if (shows("points")) {
        drawDots(plane, lab.truth.points, SHOWN, ui.colour("data"), ui.colour("paper"));
      }
      if (shows("samples")) drawDots(plane, samples, SHOWN, ui.colour("model"), ui.colour("paper"));
      if (shows("arrows")) drawArrows(plane, samples, lab.pull(kind), ui.colour("ink"));
    },
  };
}

/**
 * The value of the game and the divergence over the steps, each with its words.
 * @param {Ui} ui
 */
export function createCurves(ui) {
  const x = "steps of D and of G", height = 150;
  const caption = () => node("p", { className: "genlib-caption" });
  const [valueWords, jsdWords] = [caption(), caption()];
  const label = "Value V(D, G) over the steps";
  const value = createChart(ui, { label, x, y: "V(D, G)", height });
  const jsd = createChart(ui, { label: "Divergence over the steps", x, y: "nats", height });
  return {
    element: div("genlib-gan-right", valueWords, value.element, jsdWords, jsd.element),
    /**
     * Draws both and returns in words how the game stands.
     * @param {Lab} lab
     */
    paint({ history, truth }) {
      const { entries } = history, [step, last] = entries[entries.length - 1] ?? [];
      const end = Math.max(1, step ?? 1);
      /** @type {(y: number, colour: string) => Line} */
      const mark = (y, colour) => {
        return { points: [[0, y], [2 * end, y]], colour, dash: [5, 4], weight: 1.5 };
      };
      /** @type {(name: "value" | "jsd") => Place[]} */
      const curve = (name) => entries.map(([at, entry]) => [at, entry[name]]);
      const values = { points: curve("value"), colour: "ink" };
      value.draw({ x: [0, end], lines: [mark(DRAWN, "muted"), values] });
      const divergences = { points: curve("jsd"), colour: "model" };
      jsd.draw({ x: [0, end], lines: [mark(truth.floor, "data"), divergences] });
      valueWords.textContent = `V(D, G) = ${signed(last?.value, 3)}; dashed: \u22122 log 2`;
      jsdWords.textContent = `JSD = ${signed(last?.jsd, 3)}; ` +
        `dashed: its floor, ${signed(truth.floor, 3)}`;
      return `${valueWords.textContent}. ${jsdWords.textContent}.`;
    },
  };
}

/** @param {Lab} lab */
export function stepsOf({ counts }) {
  return `D ${times(counts.d, "step")}, G ${times(counts.g, "step")}`;
}
