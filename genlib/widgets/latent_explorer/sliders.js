// One slider for each number of a code, with what q(z|x) says of it; those that data use most come first.

import { range } from "../js/controls.js";
import { div, node } from "../js/dom.js";
import { signed, times } from "../js/words.js";
import { arranged } from "./model.js";

/** @import { Ui } from "../js/ui.js" */
/** @import { Belief } from "./model.js" */

const KEY = "q(z | x), mean \u00b1 deviation; the bar reaches two deviations to either side";
const USE = "mean KL(q(z | x) || p(z)) over the data, or without data over decoded pictures";

/**
 * @param {Ui} ui
 * @param {number} i
 * @param {number} limit
 * @param {(value: number) => void} onInput
 */
function createSlider(ui, i, limit, onInput) {
  const slider = range(ui, {
    label: `z${i + 1}`,
    min: -limit,
    max: limit,
    step: 0.01,
    value: 0,
    format: signed,
    onInput,
  });
  const use = node("span", { title: USE }), bar = node("i"), words = node("span");
  const track = node("span", { className: "genlib-latent-track" }, bar);
  const share = (/** @type {number} */ v) => Math.min(1, Math.max(0, (v / limit + 1) / 2));
  return {
    element: div("genlib-latent-row", slider.element, div("genlib-latent-q", use, track, words)),
    /** @param {number} value */
    place(value) {
      slider.value = value;
    },
    /** @param {number | undefined} kl */
    say(kl) {
      use.textContent = kl === undefined ? "" : `${kl.toFixed(1)} nats`;
    },
    /** @param {Belief | null} q */
    believe(q) {
      bar.hidden = !q;
      if (!q) {
        words.textContent = "";
        return;
      }
      const mu = q.mu[i], sigma = q.sigma[i];
      const [low, high] = [share(mu - 2 * sigma), share(mu + 2 * sigma)];
      bar.style.left = `${100 * low}%`;
      bar.style.width = `${100 * (high - low)}%`;
      words.textContent = `${signed(mu)} \u00b1 ${sigma.toFixed(2)}`;
    },
  };
}

/**
 * @param {number} more
 * @param {number} unused
 */
function summaryOf(more, unused) {
  const words = `More: ${times(more, "latent")}`;
  return unused ? `${words}, ${unused} unused: mean KL below 0.05 nats` : words;
}

/**
 * @param {Ui} ui
 * @param {number} count
 * @param {number} limit
 * @param {(i: number, value: number) => void} onInput
 */
export function createSliders(ui, count, limit, onInput) {
  const rows = Array.from(
    { length: count },
    (_, i) => createSlider(ui, i, limit, (value) => onInput(i, value)),
  );
  const [seen, rest] = [0, 1].map(() => div("genlib-latent-rows"));
  const summary = node("summary"), more = node("details", {}, summary, rest);
  const key = node("span", { className: "genlib-key genlib-latent", textContent: KEY });
  const hint = node("p", { className: "genlib-latent-note" }, key);
  return {
    element: div("", seen, more, hint),
    /** @param {number[]} z */
    place: (z) => rows.forEach((row, i) => row.place(z[i])),
    /** @param {number[]} kl how much each is used, in nats */
    arrange(kl) {
      const order = arranged(count, kl);
      rows.forEach((row, i) => row.say(kl[i]));
      seen.replaceChildren(...order.first.map((i) => rows[i].element));
      rest.replaceChildren(...order.more.map((i) => rows[i].element));
      summary.textContent = summaryOf(order.more.length, order.unused);
      more.hidden = !order.more.length;
    },
    /** @param {Belief | null} q shown under each slider */
    believe(q) {
      hint.hidden = !q;
      rows.forEach((row) => row.believe(q));
    },
  };
}
