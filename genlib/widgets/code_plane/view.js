// What CodePlane shows of one way: its plane of dots, and what is decoded from the point in it.

import { contextOf } from "../js/canvas.js";
import { div, node } from "../js/dom.js";
import { createImage } from "../js/image.js";
import { createLayer, createPlane, shadeOf, wipe } from "../js/plane.js";
import { boxOf, squaredError } from "./model.js";

/** @import { Place } from "../js/plane.js" */
/** @import { Ui } from "../js/ui.js" */
/** @import { Study } from "./model.js" */

/** A drift below this is not worth a line. */
const SMALL = 0.005;

/**
 * All dots, drawn once: a walk over them must not wait for them.
 * @param {Ui} ui
 * @param {{ isFaint: (label: number) => boolean }} legend
 */
function createDots(ui, legend) {
  const canvas = createLayer({ ariaHidden: "true" }), context = contextOf(canvas);
  return {
    canvas,
    /**
     * @param {number[][]} codes
     * @param {ArrayLike<number>} labels
     * @param {Place} px
     */
    draw(codes, labels, px) {
      const radius = codes.length > 1500 ? 3 : 6;
      wipe(context);
      context.strokeStyle = ui.colour("paper");
      context.lineWidth = 1;
      codes.forEach((code, n) => {
        const [x, y] = px(code);
        context.globalAlpha = legend.isFaint(labels[n]) ? 0.04 : 1;
        context.fillStyle = shadeOf(labels[n]);
        context.beginPath();
        context.arc(x, y, radius, 0, 7);
        context.fill();
        context.stroke();
      });
    },
  };
}

/**
 * A line from a point to where its picture is encoded, and the way between two images.
 * @param {Ui} ui
 * @param {CanvasRenderingContext2D} context
 * @param {[x: number, y: number][]} drift
 * @param {[x: number, y: number][]} way
 */
function drawLines(ui, context, drift, way) {
  /** @type {[[x: number, y: number][], string, number, number[]][]} */
  const lines = [
    [way, ui.colour("ink"), 3, [10, 8]],
    [drift, ui.colour("paper"), 11, []],
    [drift, ui.colour("model"), 6, []],
  ];
  for (const [points, colour, width, dash] of lines) {
    context.beginPath();
    points.forEach(([x, y]) => context.lineTo(x, y));
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.stroke();
  }
  context.setLineDash([]);
  drift.slice(1).forEach(([x, y]) => {
    context.beginPath();
    context.arc(x, y, 8, 0, 7);
    context.fillStyle = ui.colour("model");
    context.fill();
  });
}

/**
 * One way: its plane, and below it what is decoded there.
 * @param {Ui} ui
 * @param {Study} study
 * @param {object} options
 * @param {number} options.way 0 for the autoencoder, 1 for PCA
 * @param {string} options.title
 * @param {ArrayLike<number>} options.labels
 * @param {{ isFaint: (label: number) => boolean }} options.legend
 * @param {(z: number[]) => void} options.move
 */
export function createWay(ui, study, { way, title, labels, legend, move }) {
  const side = Math.sqrt(study.coders[way].features), dots = createDots(ui, legend);
  /** @type {number[] | null} */
  let hovered = null;
  const plane = createPlane(ui, {
    box: boxOf(study.codes[way]),
    label: `Plane of ${title}: arrow keys move the point, with Shift faster`,
    under: [dots.canvas],
    paint(context, px) {
      const z = hovered ?? study.z[way], back = study.coders[way].back(z);
      const far = study.drift(way, z) > SMALL;
      drawLines(ui, context, far ? [px(z), px(back)] : [], study.endsOf(way).map(px));
    },
    move,
    hover(z) {
      hovered = z;
      paint();
    },
  });
  const picture = createImage(ui, { label: `Decoded by ${title}`, width: side, colour: "model" });
  const words = node("p", { className: "genlib-code-words" });
  const drawDots = () => dots.draw(study.codes[way], labels, plane.px);
  ui.onTheme(drawDots);
  function paint() {
    const z = hovered ?? study.z[way], decoded = study.coders[way].decode(z), { x } = study.now;
    picture.paint(decoded.map((v) => Math.min(1, Math.max(0, v))));
    plane.place(study.z[way]);
    plane.draw();
    const drift = study.drift(way, z).toFixed(2);
    words.textContent = x && !hovered
      ? `squared error ${squaredError(decoded, x).toFixed(1)}`
      : `encoded again: ${drift} away`;
  }
  picture.caption("");
  const caption = node("p", { className: "genlib-caption", textContent: title });
  const under = div("genlib-code-under", picture.element, words);
  return {
    element: div("genlib-code-way", caption, plane.element, under),
    plane: plane.element,
    words,
    drawDots,
    paint,
  };
}
