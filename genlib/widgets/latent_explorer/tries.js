// What there is to try in a latent space, and when it was seen.

import { USED, walkOf } from "./model.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Scene, Try } from "../js/tries.js" */
/** @import { Walk } from "./model.js" */

/**
 * @typedef {object} Setting
 * @property {"ends" | "used" | "idle" | "nowhere"} way from A to B, along the latent that data use most or least, or
 *   nowhere
 * @property {boolean} [sampled] whether the pixels are drawn
 */

/** Frames from A to B. */
const STEPS = 100;
/** How far from 0 the ends of a latent are. */
const FAR = 2;
/** Pixels whose mean is so near 0 or 1 are sure, and those so far from both are not. */
const SURE = 1e-4, GREY = 0.25;

/**
 * The mean distance of two pictures, a pixel.
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
function apart(a, b) {
  return Array.from(a).reduce((sum, value, i) => sum + Math.abs(value - b[i]) / a.length, 0);
}

/**
 * The latent that data use most, or least; the first or last where that is not known.
 * @param {Walk} walk
 * @param {"used" | "idle"} kind
 */
function latentOf({ vae: { latent }, kl }, kind) {
  const order = Array.from({ length: latent }, (_, i) => i);
  order.sort((i, j) => kl.length ? kl[j] - kl[i] : i - j);
  return kind === "used" ? order[0] : order[latent - 1];
}

/**
 * From one end of a latent to the other, all others at 0.
 * @param {Walk} walk
 * @param {"used" | "idle"} kind
 */
function along(walk, kind) {
  const only = latentOf(walk, kind);
  return [-FAR, FAR].map((to) =>
    Array.from({ length: walk.vae.latent }, (_, i) => i === only ? to : 0)
  );
}

/**
 * Arranges a walk as a try wants it.
 * @param {Walk} walk
 * @param {Setting} set
 */
export function arrange(walk, { way }) {
  if (way === "nowhere") walk.detour([walk.z, walk.z].map((z) => [...z]));
  else walk.detour(way === "ends" ? undefined : along(walk, way));
  walk.move(walk.between(0));
}

/**
 * Looks at each picture of a way, and says at its end whether `seen` says so.
 * @param {Walk} walk
 * @param {(way: { whole: number, most: number, step: number }) => boolean} seen how far apart the pictures of both ends
 *   are, how far any is from the first, and the largest step from one to the next
 */
function toTheEnd(walk, seen) {
  const [first, last] = walk.now.ends.map(({ z }) => walk.vae.decode(z)),
    { z: end } = walk.now.ends[1];
  let before = first, most = 0, step = 0;
  return () => {
    const now = walk.vae.decode(walk.z);
    most = Math.max(most, apart(now, first));
    step = Math.max(step, apart(now, before));
    before = now;
    const there = walk.z.every((value, i) => Math.abs(value - end[i]) < 1e-6);
    return there && seen({ whole: apart(first, last), most, step });
  };
}

/** @type {Try<Walk, Setting>[]} */
export const tries = [
  {
    name: "Walk from A to B",
    look:
      "one picture turns into the other, and in the middle of the way lies one that is neither.",
    set: { way: "ends" },
    within: STEPS + 5,
    watch(walk) {
      const [a, b] = walk.now.ends.map(({ z }) => walk.vae.decode(z)),
        { z: end } = walk.now.ends[1];
      let between = false;
      return () => {
        const now = walk.vae.decode(walk.z), whole = apart(a, b);
        between ||= Math.min(apart(now, a), apart(now, b)) > 0.15 * whole && whole > 0.01;
        return between && walk.z.every((value, i) => Math.abs(value - end[i]) < 1e-6);
      };
    },
  },
  {
    name: "One latent alone",
    look: "a single slider goes from end to end, and the whole picture with it, without a jump.",
    set: { way: "used" },
    within: STEPS + 5,
    watch: (walk) => toTheEnd(walk, ({ whole, step }) => whole > 0.03 && step < 0.25 * whole),
  },
  {
    name: "A latent that data do not use",
    look: "its slider, the last under More, goes from end to end, and the picture stays as it is.",
    set: { way: "idle" },
    within: STEPS + 5,
    fits: (walk) => walk.vae.latent > 2 && Math.min(...walk.kl) < USED / 10,
    watch: (walk) => toTheEnd(walk, ({ most }) => most < 0.003),
  },
  {
    name: "Draw the pixels",
    look:
      "the code rests, and each pixel is drawn anew: grey ones flicker, black and white ones stay.",
    set: { way: "nowhere", sampled: true },
    within: 60,
    fits: ({ vae: { bernoulli } }) => bernoulli,
    watch(walk) {
      const mean = walk.vae.decode(walk.z), sum = new Float64Array(mean.length);
      let draws = 0;
      return () => {
        walk.now.drawn?.forEach((pixel, i) => sum[i] += pixel);
        draws++;
        const flickers = (/** @type {number} */ i) => sum[i] > 0 && sum[i] < draws;
        const far = mean.map((m) => Math.min(m, 1 - m)), all = [...mean.keys()];
        const grey = all.filter((i) => far[i] > GREY), sure = all.filter((i) => far[i] < SURE);
        const share = (/** @type {number[]} */ of) => of.filter(flickers).length / (of.length || 1);
        return draws > 30 && share(grey) > 0.95 && share(sure) < 0.05;
      };
    },
  },
];

/**
 * A widget's first view without a page.
 * @param {Pick<Traits, "get">} traits
 * @returns {Scene<Walk, Setting>}
 */
export function sceneOf(traits) {
  const { walk } = walkOf(traits);
  let t = 0, sampled = false;
  walk.reset();
  return {
    study: walk,
    arrange(set) {
      arrange(walk, set);
      [t, sampled] = [0, set.sampled ?? false];
    },
    advance() {
      t = Math.min(1, t + 1 / STEPS);
      walk.move(walk.between(t));
      walk.mean();
      if (sampled) walk.sample();
    },
  };
}
