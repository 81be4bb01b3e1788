// The graph of a Boltzmann machine: units on a circle, every pair of them a line that can be picked and dragged.
//
// Fill says which units are lit now; the outer ring is the exact probability of being lit, the inner one the chain's
// share. A coupling is as thick as it is strong, solid where it attracts, dashed where it repels.

import { node } from "../js/dom.js";
import { signed } from "../js/words.js";

/** @import { Ui } from "../js/ui.js" */
/** @import { Item, Study } from "./model.js" */

/** @typedef {{ x: number, y: number, angle: number }} Place */
/** @typedef {ReturnType<typeof drawUnit>} UnitParts */
/** @typedef {ReturnType<typeof drawPair>} PairParts */

const WIDTH = 404, HEIGHT = 296, RADIUS = 19, CIRCLE = 92;
/** How far the circle is moved down, so that the words above and below have the same room. */
const LOWER = /** @type {Record<number, number>} */ ({ 3: 34, 5: 22 });

/**
 * @param {string} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...Node} children
 */
function svg(tag, attributes = {}, ...children) {
  // The name of SVG's namespace looks like an address, and no source here has one: the browser knows it.
  const namespace = node("div", { innerHTML: "<svg></svg>" }).firstElementChild?.namespaceURI;
  const made = /** @type {SVGElement} */ (document.createElementNS(namespace ?? null, tag));
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** @param {number} count */
function placesOf(count) {
  return Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count - Math.PI / 2 - (count % 2 ? 0 : Math.PI / count);
    const x = WIDTH / 2 + CIRCLE * Math.cos(angle);
    return { x, y: HEIGHT / 2 + (LOWER[count] ?? 0) + CIRCLE * Math.sin(angle), angle };
  });
}

/**
 * @param {Place} place
 * @param {number} radius
 * @param {string} name
 */
function ring({ x, y }, radius, name) {
  const turned = `rotate(-90 ${x} ${y})`,
    className = `genlib-boltzmann-ring genlib-boltzmann-${name}`;
  const at = { cx: x, cy: y, r: radius };
  return svg("circle", { ...at, class: className, pathLength: 1, transform: turned });
}

/**
 * @param {Place} place
 * @param {boolean} hidden
 */
function drawUnit(place, hidden) {
  const { x, y, angle } = place, right = Math.cos(angle) > 0.25, left = Math.cos(angle) < -0.25;
  const anchor = right ? "start" : left ? "end" : "middle", side = right ? 39 : left ? -39 : 0;
  const rise = side ? -12 : Math.sin(angle) < 0 ? -58 : 50;
  const circle = (/** @type {number} */ r, /** @type {string} */ name) =>
    svg("circle", { cx: x, cy: y, r, class: `genlib-boltzmann-${name}` });
  const words = [0, 17, 34].map((lower) => {
    const at = { x: x + side, y: y + rise + lower, "text-anchor": anchor };
    return svg("text", { ...at, class: "genlib-boltzmann-words" });
  });
  const state = svg("text", { x, y: y + 6, "text-anchor": "middle" });
  const exact = ring(place, RADIUS + 8.5, "exact"), share = ring(place, RADIUS + 4, "share");
  const reach = RADIUS + 12, size = 2 * reach, corner = { x: x - reach, y: y - reach };
  const hold = { ...corner, width: size, height: size, rx: 6, class: "genlib-boltzmann-hold" };
  const group = svg(
    "g",
    { class: `genlib-boltzmann-unit${hidden ? " genlib-boltzmann-hidden" : ""}` },
    circle(RADIUS + 16, "wide"),
    circle(RADIUS + 6, "track"),
    exact,
    share,
    circle(RADIUS, "disc"),
    svg("rect", hold),
    state,
    ...words,
  );
  return { group, state, words, exact, share, beside: side !== 0 };
}

/**
 * @param {Place} from
 * @param {Place} to
 * @param {boolean} neighbours
 */
function drawPair(from, to, neighbours) {
  const line = { x1: from.x, y1: from.y, x2: to.x, y2: to.y }, at = neighbours ? 0.5 : 0.37;
  const coupling = svg("line", { ...line, class: "genlib-boltzmann-coupling" });
  const words = svg("text", {
    x: from.x + at * (to.x - from.x),
    y: from.y + at * (to.y - from.y) + 4,
    "text-anchor": "middle",
    class: "genlib-boltzmann-words genlib-boltzmann-number",
  });
  const wide = svg("line", { ...line, class: "genlib-boltzmann-wide" });
  return { group: svg("g", { class: "genlib-boltzmann-pair" }, wide, coupling), coupling, words };
}

/**
 * @param {UnitParts} parts
 * @param {Item} item
 * @param {Study} study
 */
function paintUnit({ group, state, words, exact, share, beside }, item, study) {
  const { chain, setting } = study, { i } = item, held = setting.clamp[i];
  const on = chain.bit(i), marginal = chain.distribution.marginals[i];
  group.toggleAttribute("data-on", on === 1);
  group.toggleAttribute("data-held", held !== null);
  group.toggleAttribute("data-turn", i === chain.turn);
  state.textContent = String(on);
  const bias = `${item.letter} = ${signed(study.value(item), 1)}`;
  const chance = held === null ? `p = ${marginal.toFixed(3)}` : `held at ${held}`;
  const lines = beside ? [item.unit, bias, chance] : [`${item.unit}, ${bias}`, chance, ""];
  lines.forEach((line, n) => {
    words[n].textContent = line;
  });
  exact.style.strokeDasharray = `${marginal} 2`;
  share.style.strokeDasharray = `${chain.lit(i)} 2`;
}

/**
 * @param {PairParts} parts
 * @param {number} value
 */
function paintPair({ group, coupling, words }, value) {
  coupling.style.strokeWidth = String(value ? 1 + 1.1 * Math.abs(value) : 1);
  group.dataset.sign = String(Math.sign(value));
  words.textContent = value ? signed(value, 1) : "";
}

/**
 * Picks what is pressed, and changes it by way of the hand: to the right and upwards is more.
 * @param {Ui} ui
 * @param {SVGElement} target
 * @param {() => number} onPick returns the value to change
 * @param {(to: number) => void} onDrag
 */
function draggable(ui, target, onPick, onDrag) {
  /** @type {{ x: number, y: number, value: number, far: boolean } | null} */
  let from = null;
  ui.listen(target, "pointerdown", (/** @type {PointerEvent} */ event) => {
    from = { x: event.clientX, y: event.clientY, value: onPick(), far: false };
    target.setPointerCapture(event.pointerId);
  });
  ui.listen(target, "pointermove", (/** @type {PointerEvent} */ event) => {
    if (!from || !target.hasPointerCapture(event.pointerId)) return;
    const way = event.clientX - from.x - (event.clientY - from.y);
    from.far ||= Math.abs(way) > 4;
    if (from.far) onDrag(from.value + 0.025 * way);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    ui.listen(target, end, () => {
      from = null;
    });
  }
}

/**
 * @param {Ui} ui
 * @param {object} act
 * @param {(item: Item) => void} act.onPick
 * @param {(item: Item, to: number) => void} act.onDrag
 */
export function createGraph(ui, { onPick, onDrag }) {
  const frame = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "genlib-boltzmann-graph" };
  const element = svg("svg", frame);
  /** @type {Map<Item, UnitParts>} */
  let units = new Map();
  /** @type {Map<Item, PairParts>} */
  let pairs = new Map();

  return {
    element,
    /** @param {Study} study */
    build(study) {
      const at = placesOf(study.units), last = at.length - 1;
      [units, pairs] = [new Map(), new Map()];
      for (const item of study.items) {
        const { i, j } = item;
        if (j === undefined) units.set(item, drawUnit(at[i], i >= study.setting.features));
        else pairs.set(item, drawPair(at[i], at[j], j - i === 1 || (i === 0 && j === last)));
      }
      for (const [item, { group }] of [...units, ...pairs]) {
        const pick = () => {
          onPick(item);
          return study.value(item);
        };
        draggable(ui, group, pick, (to) => onDrag(item, to));
      }
      const lines = [...pairs.values()], discs = [...units.values()];
      element.replaceChildren(
        ...lines.map(({ group }) => group),
        ...lines.map(({ words }) => words),
        ...discs.map(({ group }) => group),
      );
    },
    /**
     * @param {Study} study
     * @param {Item} picked
     */
    paint(study, picked) {
      for (const [item, { group }] of [...units, ...pairs]) {
        group.toggleAttribute("data-picked", item === picked);
      }
      for (const [item, parts] of units) paintUnit(parts, item, study);
      for (const [item, parts] of pairs) paintPair(parts, study.value(item));
      const set = study.items.filter((item) => item.j === undefined || study.value(item));
      const words = set.map((item) => `${item.name} is ${signed(study.value(item), 1)}`);
      element.setAttribute("aria-label", `Graph of the units. ${words.join("; ")}.`);
    },
  };
}
