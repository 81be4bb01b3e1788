// What BoltzmannBars says in words and figures, and the one state that is looked at.

import { button, checkbox, range } from "../js/controls.js";
import { div, node } from "../js/dom.js";
import { signed, times } from "../js/words.js";
import { distance, independent } from "./model.js";

/** @import { Ui } from "../js/ui.js" */
/** @import { Columns, Seen, Study } from "./model.js" */

const FIGURES = /** @type {const} */ ({
  logZ: "log Z",
  mean: "mean energy, exact",
  chain: "mean energy, chain",
  entropy: "entropy, nats",
  least: "least energy",
  distance: "total variation, chain and exact",
  fair: "the same for independent draws",
});
const SIGNS = "Filled: the unit is 1 now. Ring: how often it is. " +
  "Line: thick is strong, solid attracts, dashed repels.";
export const WAITING =
  "One unit: the next one is drawn, given what all others are. A sweep is once through them all.";

/**
 * What the unit saw, and what was drawn.
 * @param {Study} study
 * @param {Seen} seen
 */
export function drawnWords({ items, setting }, { i, sum, p, drawn }) {
  const { unit, letter } = items[i], total = signed(sum, 1);
  const hot = setting.temperature === 1 ? "" : ` / ${setting.temperature}`;
  return `${unit} given the others: ${letter} and the couplings to lit units add up to ${total}; ` +
    `sigm(${total}${hot}) = ${p.toFixed(3)}; drawn: ${drawn}.`;
}

/** @param {Study} study */
function leastWords({ chain, units }) {
  const { energy, possible, least } = chain.distribution;
  const states = [...energy.keys()].filter((s) => possible[s] && energy[s] < least + 1e-9);
  const first = states[0].toString(2).padStart(units, "0"), more = states.length - 1;
  return `${signed(least, 2)} at ${first}${more ? ` and ${more} more` : ""}`;
}

/** What the signs and colours of the graph mean. */
export function createLegend() {
  const key = (/** @type {string} */ name, /** @type {string} */ textContent) =>
    node("span", { className: `genlib-key genlib-${name}`, textContent });
  const hidden = key("latent", "hidden units"), signs = node("span", { textContent: SIGNS });
  const element = node(
    "p",
    { className: "genlib-boltzmann-legend" },
    key("muted", "exact"),
    key("model", "the chain"),
    hidden,
    signs,
  );
  return {
    element,
    /** @param {Study} study */
    build(study) {
      hidden.hidden = !study.hidden;
    },
  };
}

/** The figures of the exact distribution and of the chain, by name. */
export function createFigures() {
  const cells = Object.fromEntries(Object.keys(FIGURES).map((name) => [name, node("dd")]));
  /** @type {Record<string, string>} what stands there: most of it stays while the chain runs */
  const said = {};
  /** @type {object | null} the distribution whose least energy is in `least` */
  let exact = null;
  let least = "";
  const lines = Object.entries(FIGURES).map(([name, textContent]) =>
    node("div", {}, node("dt", { textContent }), cells[name])
  );
  return {
    element: node("dl", { className: "genlib-boltzmann-figures" }, ...lines),
    /**
     * Returns its words by name.
     * @param {Study} study
     * @param {Columns} columns
     */
    paint(study, { p, counts }) {
      const { chain } = study, { logZ, mean, entropy } = chain.distribution, n = chain.sweeps;
      if (exact !== chain.distribution) [exact, least] = [chain.distribution, leastWords(study)];
      /** @type {Record<keyof typeof FIGURES, string>} */
      const words = {
        logZ: signed(logZ, 4),
        mean: signed(mean, 3),
        chain: signed(chain.mean, 3),
        entropy: signed(entropy, 3),
        least,
        distance: signed(n ? distance(p, counts, n) : NaN, 3),
        fair: signed(n ? independent(p, n) : NaN, 3),
      };
      for (const [name, text] of Object.entries(words)) {
        if (said[name] !== text) cells[name].textContent = said[name] = text;
      }
      return words;
    },
  };
}

/**
 * The state that is looked at, whether hidden units are summed out, and a chain that starts here.
 * @param {Ui} ui
 * @param {Study} study
 * @param {{ look: () => void, start: (state: number) => void }} act
 */
export function createPlace(ui, study, { look, start }) {
  const where = node("span", { className: "genlib-boltzmann-where" });
  const alone = checkbox(ui, { label: "bars of x alone, hidden units summed out", onChange: look });
  const apart = () => alone.value ? study.hidden : 0;
  const format = (/** @type {number} */ state) =>
    study.units ? study.columns(apart()).bits(state) : "";
  const slider = range(ui, {
    label: "State",
    min: 0,
    max: 1,
    step: 1,
    value: 0,
    format,
    onInput: look,
  });
  const begin = button(ui, "Start the chain here", () => start(slider.value << apart()));
  return {
    element: div("genlib-boltzmann-state", slider.element, where, begin, alone.element),
    get apart() {
      return apart();
    },
    build() {
      alone.element.hidden = !study.hidden;
      alone.value &&= study.hidden > 0;
    },
    /** All states again, and of them the most probable. */
    reset() {
      alone.value = false;
    },
    likeliest() {
      const { p } = study.columns(0), state = p.indexOf(Math.max(...p)) >> apart();
      slider.input.max = String((p.length >> apart()) - 1);
      slider.value = state;
    },
    /** @param {number} state */
    choose(state) {
      slider.value = state;
    },
    /**
     * Returns the state that is looked at.
     * @param {Columns} columns
     */
    paint({ p, counts, energy, apart }) {
      const last = p.length - 1, state = Math.min(slider.value, last);
      slider.input.max = String(last);
      slider.value = state;
      const free = apart ? "free energy" : "energy", value = signed(energy(state), 2);
      where.textContent = p[state]
        ? `${free} ${value}, probability ${p[state].toFixed(4)}, ` +
          `in ${counts[state]} of ${times(study.chain.sweeps, "sweep")}`
        : `energy ${value}, impossible while units are held`;
      return state;
    },
  };
}
