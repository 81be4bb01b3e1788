// What TinyWorld says of a run: exact figures, the curves of this run and of earlier ones, and everything in its place.

import { createChart } from "../js/chart.js";
import { button } from "../js/controls.js";
import { div, held, node, panel } from "../js/dom.js";
import { createRandom } from "../js/random.js";
import { percent, signed, times } from "../js/words.js";
import { createGallery, createMap, createPicker } from "./maps.js";
import { spurious } from "./world.js";

/** @import { Line } from "../js/chart.js" */
/** @import { Ui } from "../js/ui.js" */
/** @import { Run, Study } from "./model.js" */

/** @typedef {{ run: Run, dash: number[], colour: "model" | "muted" }} Curve */
/** @typedef {[words: string, name: string, beside?: [words: string, name: string]]} Row */

const DASHES = [[8, 4], [2, 3], [10, 3, 2, 3], [4, 2]];
const NOTE = `A cell is a picture: its row is the upper half, its column the lower half. Shades are
  logarithms. Move over a map, or switch pixels on and off.`;

/** @param {Run} run */
export function stepsOf({ step }) {
  return times(step, "step");
}

/**
 * Figures by name, each beside its words, some with a second one to be compared with.
 * @param {number} pictures how many the data have
 */
function createFigures(pictures) {
  /** @type {Row[]} */
  const rows = [
    ["Log-likelihood", "likelihood", ["at best", "best"]],
    ["KL(data \u2016 model)", "forward"],
    ["KL(model \u2016 data)", "backward"],
    [`On the ${pictures} pictures`, "share", ["data:", "due"]],
    ["log Z, summed", "logZ"],
    ["log Z, annealed", "ais", ["\u00b1", "error"]],
    ["its true error", "gone"],
  ];
  /** @type {Record<string, HTMLElement>} */
  const cells = {};
  const cell = (/** @type {string} */ name) => cells[name] = node("span");
  /** @type {Record<string, HTMLElement>} */
  const lines = Object.fromEntries(rows.map(([words, name, beside]) => {
    const more = beside ? [node("small", {}, `${beside[0]} `, cell(beside[1]))] : [];
    const figure = node("dd", {}, cell(name), ...more);
    return [name, node("div", {}, node("dt", { textContent: words }), figure)];
  }));
  return {
    element: node("dl", { className: "genlib-tiny-figures" }, ...Object.values(lines)),
    /** @param {Study} study */
    paint({ run, world, found, share, due }) {
      const { likelihood, forward, backward } = run.standing;
      const words = {
        likelihood: signed(likelihood, 3),
        best: signed(-world.entropy, 3),
        forward: signed(forward, 3),
        backward: signed(backward, 3),
        share: percent(share),
        due: percent(due),
        logZ: signed(run.model.logZ, 3),
        ais: signed(found?.logZ, 3),
        error: signed(found?.error, 3),
        gone: signed(found ? found.logZ - found.truth : NaN, 3),
      };
      for (const [name, text] of Object.entries(words)) cells[name].textContent = text;
      for (const name of ["logZ", "ais", "gone"]) lines[name].hidden = run.model.logZ === undefined;
    },
  };
}

/**
 * Gives each old run the dashes that it had, and a new one some that no other has.
 * @template R
 * @param {R[]} old
 * @param {Map<R, number[]>} before
 */
export function dashesOf(old, before) {
  /** @type {Map<R, number[]>} */
  const kept = new Map();
  for (const run of old) {
    const known = before.get(run);
    if (known) kept.set(run, known);
  }
  const free = DASHES.filter((dash) => ![...kept.values()].includes(dash));
  for (const run of old) if (!kept.has(run)) kept.set(run, free.shift() ?? []);
  return kept;
}

/** @param {Curve} curve */
function swatch({ dash, colour }) {
  const stroke = `stroke="var(--genlib-${colour})" stroke-width="2.5" stroke-dasharray="${dash}"`;
  return `<svg width="34" height="8" aria-hidden="true"><path d="M0 4h34" ${stroke}/></svg>`;
}

/**
 * The curves of all runs, and what each of them is.
 * @param {Ui} ui
 * @param {Study} study
 * @param {() => void} onClear
 */
function createCurves(ui, study, onClear) {
  const label = "Log-likelihood over the steps";
  const chart = createChart(ui, { label, x: "steps", y: "nats a picture", height: 200 });
  const list = node("ul", { className: "genlib-tiny-runs" });
  const clear = button(ui, "Clear old runs", onClear), best = -study.world.entropy;
  /**
   * @param {Run} run
   * @param {string} now what the settings are
   */
  const nameOf = ({ labels }, now) =>
    labels.length > 1 ? `${labels[0]}; then ${labels[labels.length - 1]}` : labels[0] ?? now;
  /** @type {Map<Run, number[]>} */
  let dashes = new Map();
  return {
    element: div("genlib-tiny-chart", chart.element, div("genlib-tiny-legend", list, clear)),
    /** @param {string} now */
    paint(now) {
      const { run, old } = study, colour = /** @type {const} */ ("muted");
      dashes = dashesOf(old, dashes);
      /** @type {Curve[]} */
      const curves = [
        ...old.map((run) => ({ run, dash: dashes.get(run) ?? [], colour })),
        { run, dash: [], colour: "model" },
      ];
      const end = Math.max(50, ...curves.map(({ run }) => run.step));
      /** @type {Line[]} */
      const lines = curves.map(({ run, dash, colour }) => {
        return { points: run.history.entries, dash, colour };
      });
      const least = Math.min(...lines.flatMap(({ points }) => points.map(([, value]) => value)));
      /** @type {Line} */
      const bound = {
        points: [[0, best], [2 * end, best]],
        colour: "data",
        dash: [5, 4],
        weight: 1.5,
      };
      const y = [Math.max(-12, least) - 0.2, 0.25 + best];
      chart.draw({ x: [0, end], y, lines: [bound, ...lines] });
      const items = curves.reverse().map((curve) => {
        const { run } = curve, likelihood = signed(run.standing.likelihood, 3);
        const words = held(`${nameOf(run, now)}: ${likelihood} after ${stepsOf(run)}`);
        return node("li", { innerHTML: swatch(curve) }, node("span", {}, ...words));
      });
      list.replaceChildren(...items);
      clear.hidden = !old.length;
      chart.describe(
        `${label}, ${times(curves.length, "run")}. After ${standingWords(study)}.`,
      );
    },
  };
}

/** @param {Study} study */
export function standingWords({ run, world }) {
  const likelihood = signed(run.standing.likelihood, 3), best = signed(-world.entropy, 3);
  return `${stepsOf(run)}: log-likelihood ${likelihood}, at best ${best} nats a picture`;
}

/**
 * @param {Ui} ui
 * @param {Study} study
 * @param {(state: number) => void} onPick
 */
function createPictures(ui, study, onPick) {
  const { world, due } = study, { p, pictures } = world, scale = 2 * Math.max(...p);
  const data = createGallery(ui, "data", onPick), draws = createGallery(ui, "draws", onPick);
  const wrong = createGallery(ui, "spurious", onPick), count = pictures.length;
  const percents = "the model's share of each in per cent, the data's as a blue line";
  return {
    elements: [
      panel(`The ${count} pictures of the data; ${percents}`, data.element),
      div(
        "genlib-tiny-pair",
        panel("No data, but believed most", wrong.element),
        panel("Eight draws from the model", draws.element),
      ),
    ],
    onResize: data.onResize,
    paint() {
      const { model } = study.run, logP = model.logProbAll(), worth = { logP, p, scale };
      data.paint(pictures, worth);
      wrong.paint(spurious(logP, world, 8), worth);
      draws.paint([...model.draw(8, createRandom(1))], worth);
    },
    describe() {
      const logP = study.run.model.logProbAll(), shares = [percent(study.share), percent(due)];
      data.describe(
        `The ${count} pictures of the data. The model gives them ${shares[0]} in all, ` +
          `the data ${shares[1]}.`,
      );
      const spoken = (/** @type {number} */ s) =>
        `${s.toString(2).padStart(12, "0")} with ${percent(Math.exp(logP[s]))}`;
      const believed = spurious(logP, world, 3).map(spoken).join(", ");
      wrong.describe(`What the model believes most of what is no data: ${believed}.`);
      draws.describe("Eight pictures drawn from the model.");
    },
  };
}

/**
 * All that shows how a study stands.
 * @param {Ui} ui
 * @param {Study} study
 * @param {object} options
 * @param {() => void} options.again paints with the next frame
 * @param {() => void} options.clear forgets old runs
 * @param {{ chains: HTMLElement, temperatures: HTMLElement }} options.annealing controls
 */
export function createPanels(ui, study, { again, clear, annealing }) {
  const { world, due } = study, { p, pictures } = world, logData = p.map(Math.log);
  let asked = pictures[pictures.length - 1];
  const pick = (/** @type {number} */ state) => {
    asked = state;
    again();
  };
  const data = createMap(ui, "data", "Data, p(x) of every state", pick);
  const model = createMap(ui, "model", "Model, p(x) of every state", pick);
  const picker = createPicker(ui, pick), gallery = createPictures(ui, study, pick);
  const figures = createFigures(pictures.length), curves = createCurves(ui, study, clear);
  const count = node("span", { className: "genlib-count" });
  const note = node("p", { className: "genlib-tiny-note", textContent: NOTE });
  const controls = div("genlib-tiny-anneal", annealing.temperatures);
  const facts = div(
    "genlib-tiny-facts",
    panel("Exact, in nats a picture", figures.element, controls),
    panel("One picture", picker.element),
  );
  gallery.onResize(again);
  return {
    count,
    busy: model.canvas,
    seen: [div("genlib-tiny-maps", data.element, model.element, note), curves.element],
    elements: [...gallery.elements, facts],
    paint() {
      const logP = study.run.model.logProbAll();
      data.paint(logData);
      model.paint(logP);
      for (const map of [data, model]) map.mark(asked);
      picker.paint(asked, logData, logP);
      gallery.paint();
      figures.paint(study);
      controls.hidden = annealing.chains.hidden = !study.run.model.anneal;
      count.textContent = stepsOf(study.run);
    },
    /** @param {string} now what the settings are */
    report(now) {
      const words = standingWords(study), every = "The probability of each of 4096 states in the";
      curves.paint(now);
      gallery.describe();
      data.describe(`${every} data; ${pictures.length} pictures have ${percent(due)} of it.`);
      model.describe(`${every} model after ${words}.`);
      ui.say(words);
    },
  };
}
