// What is seen of a mixture that learns: its templates, the pictures of one of them, and the bound under the likelihood.

import { createChart } from "../js/chart.js";
import { div, node, panel } from "../js/dom.js";
import { createImage } from "../js/image.js";
import { percent, signed } from "../js/words.js";
import { PLACES } from "./model.js";

/** @import { Ui } from "../js/ui.js" */
/** @import { Line } from "../js/chart.js" */
/** @import { Mixture } from "./model.js" */

/** As many components as a reader may ask for. */
export const MOST_COMPONENTS = 12;
const OWN = 8;

/**
 * The templates, each a button that chooses it, with its weight beneath.
 * @param {Ui} ui
 * @param {readonly [rows: number, columns: number]} shape
 * @param {(k: number) => void} onPick
 */
export function createTemplates(ui, [height, width], onPick) {
  const slots = Array.from({ length: MOST_COMPONENTS }, (_, k) => {
    const label = `Template ${k + 1}`;
    const image = createImage(ui, { label, width, height, colour: "model", caption: "" });
    const element = node("button", { type: "button", className: "genlib-em-slot" }, image.element);
    ui.listen(element, "click", () => onPick(k));
    return { image, element };
  });
  const grid = div("genlib-em-templates", ...slots.map(({ element }) => element));
  return {
    element: panel("Templates and their weights", grid),
    /**
     * @param {Mixture} mixture
     * @param {number} picked
     */
    paint(mixture, picked) {
      slots.forEach(({ image, element }, k) => {
        element.hidden = k >= mixture.setting.components;
        if (element.hidden) return;
        image.paint(mixture.template(k));
        image.caption(percent(mixture.weight(k), 0));
        element.ariaPressed = String(k === picked);
      });
    },
  };
}

/**
 * The pictures that belong to the template that is chosen.
 * @param {Ui} ui
 * @param {readonly [rows: number, columns: number]} shape
 */
export function createOwn(ui, [height, width]) {
  const images = Array.from(
    { length: OWN },
    (_, i) =>
      createImage(ui, { label: `Picture ${i + 1}`, width, height, colour: "data", caption: "" }),
  );
  const words = node("p", { className: "genlib-caption" });
  const strip = div("genlib-em-own", ...images.map(({ element }) => element));
  return {
    element: div("genlib-panel", words, strip),
    /**
     * @param {Mixture} mixture
     * @param {number} picked
     */
    paint(mixture, picked) {
      const own = mixture.own(picked, OWN);
      words.textContent = `Pictures of template ${picked + 1}, and its share in them`;
      images.forEach((image, i) => {
        const { n, share } = own[i] ?? { n: -1, share: 0 };
        image.element.hidden = n < 0;
        if (n < 0) return;
        image.paint(mixture.pictures[n]);
        image.caption(percent(share, 0));
      });
    },
  };
}

/**
 * Where on an axis something of interest lies: from the bound between the ends of the step to the likelihood's top.
 * @param {Mixture} mixture
 */
function rangeOf({ points }) {
  const inside = points.filter(({ s }) => s >= 0 && s <= 1.25);
  const low = Math.min(...inside.map(({ bound }) => bound));
  const high = Math.max(...points.map(({ likelihood }) => likelihood));
  const room = Math.max(0.05 * (high - low), 0.01);
  return [low - room, high + room];
}

/**
 * Likelihood and bound on the line of a step, and in the course of all steps.
 * @param {Ui} ui
 */
export function createCurves(ui) {
  const across = createChart(ui, {
    label: "Likelihood and bound along the step",
    x: "along the step: 0 its start, 1 its end",
    y: "",
    height: 138,
    legend: [["data", "log-likelihood"], ["model", "bound"]],
  });
  const course = createChart(ui, {
    label: "Likelihood and bound so far",
    x: "half steps: E, M, E, M",
    y: "",
    height: 100,
  });
  return {
    element: div(
      "genlib-em-curves",
      panel("The step, from the side: nats a picture", across.element),
      panel("So far", course.element),
    ),
    /** @param {Mixture} mixture */
    paint(mixture) {
      const { points, fresh, likelihood, bound, past } = mixture, s = fresh ? 0 : 1;
      // The first round gains more than all others together, and would leave them no room.
      const lately = past.length > 8 ? past.filter((point) => point.s > 2) : past;
      /** @type {(key: "likelihood" | "bound", of?: typeof points) => [number, number][]} */
      const list = (key, of = points) => of.map((point) => [point.s, point[key]]);
      /** @type {(y: number, colour: string) => Line} */
      const dot = (y, colour) => ({ points: [[s, y]], colour, weight: 4 });
      across.draw({
        lines: [
          { points: list("likelihood"), colour: "data" },
          { points: list("bound"), colour: "model" },
          dot(likelihood, "data"),
          dot(bound, "model"),
        ],
        x: [PLACES[0], PLACES[PLACES.length - 1]],
        y: rangeOf(mixture),
      });
      course.draw({
        lines: [
          { points: list("likelihood", lately), colour: "data" },
          { points: list("bound", lately), colour: "model" },
        ],
      });
      across.describe(
        `Log-likelihood ${signed(likelihood)} and bound ${signed(bound)} nats a picture.`,
      );
      course.describe(`${past.length} half steps: ${wordsOf(mixture)}`);
    },
  };
}

/**
 * How things stand, in a sentence.
 * @param {Mixture} mixture
 */
export function wordsOf({ likelihood, bound, fresh, setting }) {
  const gap = Math.max(likelihood - bound, 0);
  const touch = gap < 5e-4 ? "they touch" : `gap ${signed(gap, 3)}`;
  const why = fresh
    ? setting.guess === "posterior" ? "E has closed the gap" : "this q leaves a gap"
    : "M has raised both";
  return `Log-likelihood ${signed(likelihood, 3)}, bound ${signed(bound, 3)}: ${touch}; ${why}.`;
}
