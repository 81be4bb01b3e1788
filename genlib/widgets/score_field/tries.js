// What there is to try with two fields and two walks, and when it was seen.

import { fieldOf, settingOf, Walk } from "./model.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Scene, Try } from "../js/tries.js" */
/** @import { Setting } from "./model.js" */

/** The places are those of two moons; any other data promise nothing. */
const SHARE = 0.2, NEAR = 0.1;

/**
 * @param {Setting} set
 * @returns {(walk: Walk) => boolean}
 */
function on({ sigma }) {
  return ({ field }) => field.curve === "two_moons" && field.limit >= 4 && field.has(sigma);
}

/**
 * @param {number} sigma
 * @param {[x: number, y: number]} start
 * @returns {Setting}
 */
function from(sigma, start) {
  return { sigma, share: SHARE, start };
}

/**
 * @param {Omit<Try<Walk, Setting>, "fits">} one
 * @returns {Try<Walk, Setting>}
 */
function onMoons(one) {
  return { ...one, fits: on(one.set) };
}

/** @param {Walk} walk */
function rests(walk) {
  return walk.steps >= 15 && walk.moved < 0.02;
}

/** @type {Try<Walk, Setting>[]} */
export const tries = [
  onMoons({
    name: "Near the data",
    look: "one arrow of two colours, and two walks that stay together up to the ridge.",
    set: from(0.5, [-2.2, 2.2]),
    within: 80,
    watch: (walk) => () =>
      rests(walk) && walk.gaps.first < NEAR && walk.gaps.now < NEAR && walk.now.exact[1] > 0,
  }),
  onMoons({
    name: "Far away",
    look:
      "the network never saw a point there: its answer is wrong at first, and right again once it is nearer.",
    set: from(0.5, [-4, -4]),
    within: 80,
    watch: (walk) => () => rests(walk) && walk.gaps.first > 2 * NEAR && walk.gaps.now < NEAR,
  }),
  onMoons({
    name: "The very middle",
    look:
      "the exact score is zero there, as the moons are alike: blue stays, and vermilion leaves for one of them.",
    set: from(0.5, [0, 0]),
    within: 120,
    watch: (walk) => () => Math.hypot(...walk.now.exact) < 0.05 && walk.gaps.now > 0.5,
  }),
  onMoons({
    name: "Much noise",
    look: "one broad hill is left of two moons, and both walks end on it, where no data are.",
    set: from(1, [-2.5, -3]),
    within: 80,
    watch: (walk) => () =>
      rests(walk) && walk.field.data.distance(walk.now.exact) > 5 * NEAR &&
      walk.field.data.distance(walk.now.model) > 5 * NEAR,
  }),
  onMoons({
    name: "Little noise",
    look: "from the same start, each of the walks ends on a moon itself.",
    set: from(0.3, [-2.5, -3]),
    within: 80,
    watch: (walk) => () =>
      rests(walk) && walk.field.data.distance(walk.now.exact) < NEAR &&
      walk.field.data.distance(walk.now.model) < NEAR,
  }),
];

/**
 * A widget without a page.
 * @param {Pick<Traits, "get">} traits
 * @returns {Scene<Walk, Setting>}
 */
export function sceneOf(traits) {
  const study = new Walk(fieldOf(traits), settingOf(traits));
  return { study, arrange: (set) => study.change(set), advance: () => study.step() };
}
