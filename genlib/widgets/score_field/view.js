// What ScoreField shows: the plane with both fields and both walks, and how the walks fare step by step.

import { contextOf, drawDot } from "../js/canvas.js";
import { createChart } from "../js/chart.js";
import { div, node, panel } from "../js/dom.js";
import { createLayer, createPlane, ring, wipe } from "../js/plane.js";
import { signed, times } from "../js/words.js";
import { AHEAD, apart, ARROWS } from "./model.js";

/** @import { Place } from "../js/plane.js" */
/** @import { Ui } from "../js/ui.js" */
/** @import { Field, Pair, Point, Walk } from "./model.js" */

/** @typedef {"density" | "difference"} Shade */
/** @typedef {"exact" | "model"} Who */

const CELLS = 45, SIZE = 800;
/** The two answers are so far apart where the shade is darkest. */
const FAR = 0.5;
const COLOURS = /** @type {Record<Who, string>} */ ({ exact: "data", model: "model" });
const BOTH = /** @type {Who[]} */ (["exact", "model"]);

/**
 * How dark each cell is, 0 to 1: the square root of the density, so that slopes are seen, or how far the answers are
 * apart.
 * @param {Field} field
 * @param {number} sigma
 * @param {Shade} shade
 */
function levelsOf(field, sigma, shade) {
  const { points, exact, model } = field.arrows(sigma, CELLS);
  const levels = Float64Array.from({ length: CELLS ** 2 }, (_, i) => {
    const [x, y] = [2 * i, 2 * i + 1];
    if (shade === "density") return field.data.at(points[x], points[y], sigma).log / 2;
    return Math.min(1, Math.hypot(exact[x] - model[x], exact[y] - model[y]) / FAR);
  });
  if (shade === "difference") return levels;
  const top = Math.max(...levels);
  return levels.map((log) => Math.exp(log - top));
}

/**
 * Shades of grey under everything else.
 * @param {Ui} ui
 */
function createShade(ui) {
  const canvas = node("canvas", { width: CELLS, height: CELLS, ariaHidden: "true" });
  const context = contextOf(canvas), picture = context.createImageData(CELLS, CELLS);
  return {
    canvas,
    /** @param {Float64Array} levels */
    paint(levels) {
      const paper = ui.rgb("paper"), ink = ui.rgb("muted");
      levels.forEach((level, i) => {
        for (let k = 0; k < 3; k++) {
          picture.data[4 * i + k] = paper[k] + 0.6 * level * (ink[k] - paper[k]);
        }
        picture.data[4 * i + 3] = 255;
      });
      context.putImageData(picture, 0, 0);
    },
  };
}

/**
 * An arrow from a point towards an answer. It grows with the way that the answer asks for, a long one less than that.
 * @param {CanvasRenderingContext2D} context
 * @param {[x: number, y: number]} from in the canvas
 * @param {[x: number, y: number]} way in the plane
 */
function addArrow(context, [x, y], [right, up]) {
  const length = Math.hypot(right, up), reach = ((0.95 * SIZE) / ARROWS) * length / (length + 0.5);
  if (!(reach > 2)) return;
  const angle = Math.atan2(-up, right), head = Math.min(13, reach / 2);
  const tip = [x + reach * Math.cos(angle), y + reach * Math.sin(angle)];
  context.moveTo(x, y);
  context.lineTo(tip[0], tip[1]);
  for (const turn of [2.6, -2.6]) {
    context.moveTo(tip[0], tip[1]);
    context.lineTo(
      tip[0] + head * Math.cos(angle + turn),
      tip[1] + head * Math.sin(angle + turn),
    );
  }
}

/**
 * Both fields: the exact one broad, the network's narrow on top, so that where they agree there is one arrow of two
 * colours.
 * @param {Ui} ui
 */
function createArrows(ui) {
  const canvas = createLayer({ ariaHidden: "true" }), context = contextOf(canvas);
  return {
    canvas,
    /**
     * @param {Field} field
     * @param {number} sigma
     * @param {Place} px
     */
    paint(field, sigma, px) {
      const { points, ...answers } = field.arrows(sigma, ARROWS);
      wipe(context);
      context.lineCap = "round";
      for (const who of BOTH) {
        const to = answers[who], width = who === "exact" ? 8 : 3.5;
        context.beginPath();
        for (let i = 0; i < points.length; i += 2) {
          addArrow(context, px([points[i], points[i + 1]]), [
            to[i] - points[i],
            to[i + 1] - points[i + 1],
          ]);
        }
        context.strokeStyle = ui.colour("paper");
        context.lineWidth = width + 3;
        context.stroke();
        context.strokeStyle = ui.colour(COLOURS[who]);
        context.lineWidth = width;
        context.stroke();
      }
    },
  };
}

/**
 * Both walks: what is behind them, what is to come, dashed, and where they stand.
 * @param {Ui} ui
 * @param {CanvasRenderingContext2D} context
 * @param {Place} px
 * @param {Walk} walk
 */
function drawWalks(ui, context, px, { path, steps, now }) {
  const line = (
    /** @type {Point[]} */ points,
    /** @type {string} */ colour,
    /** @type {number} */ width,
  ) => {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    points.forEach((point) => context.lineTo(...px(point)));
    context.stroke();
  };
  context.lineJoin = context.lineCap = "round";
  for (const who of BOTH) {
    const points = path.map((pair) => pair[who]), broad = who === "exact" ? 2 : 1;
    context.setLineDash(broad === 2 ? [] : [2, 12]);
    context.globalAlpha = 0.55;
    line(points, ui.colour(COLOURS[who]), 4 * broad);
    context.globalAlpha = 1;
    context.setLineDash([]);
    line(points.slice(0, steps + 1), ui.colour("paper"), 6 * broad);
    line(points.slice(0, steps + 1), ui.colour(COLOURS[who]), 4 * broad);
  }
  if (!steps) return;
  drawDot(ui, context, px(now.exact), 12, "data");
  drawDot(ui, context, px(now.model), 8, "model");
  ring(context, px(now.model), [10, 10], ui.colour("paper"), 2);
}

/**
 * The plane.
 * @param {Ui} ui
 * @param {Field} field
 * @param {(point: Point) => void} onMove
 */
export function createFields(ui, field, onMove) {
  const shade = createShade(ui), arrows = createArrows(ui), { limit } = field;
  /** @type {{ walk: Walk, kind: Shade } | null} */
  let shown = null;
  let painted = "";
  const plane = createPlane(ui, {
    box: { low: [-limit, -limit], high: [limit, limit] },
    label: "Plane of points: arrow keys move x\u2032, with Shift faster",
    under: [shade.canvas, arrows.canvas],
    paint(context, px) {
      if (shown) drawWalks(ui, context, px, shown.walk);
    },
    move: ([x, y]) => onMove([x, y]),
  });
  /** What only other noise, another shade, other networks or another theme changes. */
  function paintUnder() {
    if (!shown) return;
    const { walk, kind } = shown, { sigma } = walk.setting;
    shade.paint(levelsOf(field, sigma, kind));
    arrows.paint(field, sigma, plane.px);
  }
  ui.onTheme(paintUnder);
  return {
    element: div("genlib-score-plane", plane.element),
    /** The networks are others. */
    forget() {
      painted = "";
    },
    /**
     * @param {Walk} walk
     * @param {Shade} kind
     */
    paint(walk, kind) {
      shown = { walk, kind };
      const wanted = `${walk.setting.sigma} ${kind}`;
      if (painted !== wanted) paintUnder();
      painted = wanted;
      plane.place(walk.setting.start);
      plane.draw();
    },
  };
}

/**
 * The log-density along both walks, and how far they are apart.
 * @param {Ui} ui
 */
export function createMeasures(ui) {
  const height = createChart(ui, {
    label: "Log-density under noise along both walks",
    x: "steps",
    y: "nats",
    height: 150,
    legend: [["data", "by the exact score"], ["model", "by the denoiser"]],
  });
  const gap = createChart(ui, {
    label: "How far the walks are apart",
    x: "steps",
    y: "",
    height: 125,
  });
  /** @type {Walk["path"] | null} */
  let measured = null;
  /** @type {Record<Who, number[]>} */
  let heights = { exact: [], model: [] };
  /** @param {Walk} walk */
  function measure({ path, field, setting }) {
    const of = (/** @type {Who} */ who) =>
      path.map((pair) => field.data.at(...pair[who], setting.sigma).log);
    if (measured !== path || heights.exact.length !== path.length) {
      heights = { exact: of("exact"), model: of("model") };
    }
    measured = path;
  }
  /**
   * @param {number[]} values
   * @param {number} steps
   * @param {string} colour
   * @returns {import("../js/chart.js").Line[]}
   */
  function curve(values, steps, colour) {
    const points = values.map((value, i) => /** @type {const} */ ([i, value]));
    return [
      { points, colour, dash: [2, 4], weight: 1.5, isRule: true },
      { points: points.slice(0, steps + 1), colour },
    ];
  }
  return {
    element: div(
      "genlib-score-measures",
      panel("Log-density of noisy data, where the walks are", height.element),
      panel("How far apart the two walks are", gap.element),
    ),
    /** @param {Walk} walk */
    paint(walk) {
      const { path, steps } = walk, x = [0, Math.max(AHEAD, path.length - 1)];
      measure(walk);
      height.draw({
        x,
        lines: BOTH.flatMap((who) => curve(heights[who], steps, COLOURS[who])),
      });
      gap.draw({
        x,
        lines: curve(path.map((/** @type {Pair} */ pair) => apart(pair)), steps, "ink"),
      });
    },
  };
}

/**
 * How things stand, in two sentences.
 * @param {Walk} walk
 */
export function wordsOf(walk) {
  const { gaps, steps, setting } = walk;
  const first = `At x\u2032 the two answers are ${signed(gaps.first)} apart, under noise of ${
    signed(setting.sigma)
  }.`;
  if (!steps) return `${first} Dashed is where steps would lead.`;
  return `${first} After ${times(steps, "step")} the two walks are ${signed(gaps.now)} apart.`;
}
