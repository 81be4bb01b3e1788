// What Dream shows: the tower of layers with the picture at its foot, the labels, and moments of the dream.

import { div, node, panel } from "../js/dom.js";
import { createImage } from "../js/image.js";
import { columnsOf, FREE } from "./model.js";

/** @import { Ui } from "../js/ui.js" */
/** @import { Dream } from "./model.js" */

/** @typedef {{ width: number, height: number }} Size */

const MOMENTS = 12;

/**
 * A radio button for each label and one for none, each label's below the bar of its probability.
 * @param {Ui} ui
 * @param {number} count
 * @param {(y: number) => void} onChange
 */
export function createLabels(ui, count, onChange) {
  const words = "Label y to hold, and p(y | h) in bars";
  const name = `genlib-${Math.random().toString(36).slice(2)}`;
  const radio = (/** @type {number} */ value, /** @type {Node[]} */ ...bar) => {
    const input = node("input", { type: "radio", name, value });
    const textContent = value === FREE ? "free" : String(value);
    ui.listen(input, "change", () => onChange(value));
    return /** @type {const} */ ([
      input,
      node(
        "label",
        { className: "genlib-dream-label" },
        ...bar,
        input,
        node("span", { textContent }),
      ),
    ]);
  };
  const bars = Array.from({ length: count }, () => node("i"));
  const free = radio(FREE);
  const held = bars.map((bar, y) => radio(y, node("b", { ariaHidden: "true" }, bar)));
  const row = node(
    "div",
    { className: "genlib-dream-labels", role: "radiogroup", ariaLabel: words },
    ...[free, ...held].map(([, element]) => element),
  );
  const element = panel(words, row);
  return {
    element,
    /** The label that is held. */
    get value() {
      return held.findIndex(([input]) => input.checked);
    },
    set value(y) {
      (held[y] ?? free)[0].checked = true;
    },
    /**
     * @param {ArrayLike<number>} p
     * @param {number} now
     */
    paint(p, now) {
      bars.forEach((bar, y) => {
        bar.style.height = `${100 * p[y]}%`;
        bar.toggleAttribute("data-now", y === now);
      });
      element.title = `the label now is ${now}`;
    },
  };
}

/**
 * A hidden layer as a wide strip.
 * @param {Ui} ui
 * @param {number} place from the picture upwards, 1 first
 * @param {number} count
 */
function createStrip(ui, place, count) {
  const width = columnsOf(count), height = Math.ceil(count / width);
  const name = `h${"\u00b9\u00b2\u00b3\u2074"[place - 1]}`;
  const image = createImage(ui, {
    label: `Hidden layer ${place}`,
    caption: `${name}, ${count} units`,
    width,
    height,
    colour: "latent",
  });
  const cells = new Float32Array(width * height);
  image.canvas.style.aspectRatio = "auto";
  image.canvas.style.setProperty("--genlib-rows", String(height));
  return {
    element: image.element,
    /** @param {ArrayLike<number>} units */
    paint(units) {
      cells.set(units);
      image.paint(cells);
    },
  };
}

/**
 * @param {string} sign
 * @param {string} words
 */
function arrow(sign, words) {
  const drawn = node("span", { textContent: sign, ariaHidden: "true" });
  return node("p", { className: "genlib-dream-arrow" }, drawn, words);
}

/**
 * All layers above each other, and the picture beside what else belongs there.
 * @param {Ui} ui
 * @param {Dream} dream
 * @param {Size} size
 * @param {HTMLElement[]} beside
 */
export function createTower(ui, dream, size, beside) {
  const { units, labels } = dream.net, depth = units.length - 1;
  const strips = units.slice(1).map((layer, i) => createStrip(ui, i + 1, layer.length));
  const picture = { ...size, colour: "model" };
  const mean = createImage(ui, {
    ...picture,
    label: "Probabilities of the picture",
    caption: "p(x | h\u00b9)",
  });
  const x = createImage(ui, { ...picture, label: "Picture x", caption: "x, drawn from it" });
  const both = `both ways${labels ? ", with the label" : ""}: k sweeps a frame`;
  const under = (/** @type {number} */ i) =>
    i === depth - 1
      ? arrow("\u21c5", both)
      : arrow("\u2193", i ? "down, once a frame" : "down to the picture, once a frame");
  const layers = strips.flatMap(({ element }, i) => [under(i), element]).reverse();
  const foot = div("genlib-dream-pictures", mean.element, x.element, ...beside);
  return {
    pictures: foot,
    element: div("genlib-dream-tower", ...layers),
    paint() {
      const { units, means } = dream.net;
      mean.paint(means[0]);
      x.paint(units[0], dream.origin);
      strips.forEach((strip, i) => strip.paint(units[i + 1]));
    },
  };
}

/**
 * Moments of the dream, from its start until now.
 * @param {Ui} ui
 * @param {Dream} dream
 * @param {Size} size
 */
export function createMoments(ui, dream, size) {
  const images = Array.from(
    { length: MOMENTS },
    () =>
      createImage(ui, { ...size, colour: "model", label: "A moment of the dream", caption: "" }),
  );
  const strip = div("genlib-strip", ...images.map(({ element }) => element));
  const label = dream.net.labels ? " \u00b7 label, a bar where it changed" : "";
  return {
    element: panel(`p(x | h\u00b9) from the start until now: sweep${label}`, strip),
    paint() {
      const moments = dream.film.some(MOMENTS);
      images.forEach((image, i) => {
        image.element.style.visibility = moments[i] ? "visible" : "hidden";
        if (!moments[i]) return;
        const [sweep, { values, origin, y }] = moments[i];
        image.paint(values, origin);
        image.caption(y === FREE ? String(sweep) : `${sweep} \u00b7 ${y}`);
        const before = moments[i - 1]?.[1].y ?? y;
        image.element.toggleAttribute("data-turned", before !== y);
      });
    },
  };
}
