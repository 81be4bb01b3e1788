// What there is to try with the game of two networks, and when it was seen.

import { unpack } from "../js/packing.js";
import { createLab, DRAWN, sourceOf } from "./model.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Scene, Try } from "../js/tries.js" */
/** @import { Lab, LossKind, Player } from "./model.js" */

/**
 * @typedef {object} Setting
 * @property {number} rateD
 * @property {number} rateG
 * @property {LossKind} loss
 * @property {Player} [alone] the only one who plays
 * @property {boolean} [renewed] whether both begin with new weights
 */

/** Below this divergence a game counts as won. */
const WON = 0.3;

/**
 * How the game stands now, measured at once.
 * @param {Lab} lab
 */
function standing(lab) {
  while (lab.follow(() => 0));
  return lab.standing;
}

/**
 * The mean pull on the samples that are shown.
 * @param {Lab} lab
 * @param {LossKind} loss
 */
function meanPull(lab, loss) {
  lab.sample();
  const pull = lab.pull(loss), count = pull.length / 2;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.hypot(pull[2 * i], pull[2 * i + 1]) / count;
  return sum;
}

/** @param {Lab} lab */
function isWon(lab) {
  return standing(lab).jsd < WON;
}

/** @type {Try<Lab, Setting>[]} */
export const tries = [
  {
    name: "A game that is won",
    look:
      "at low rates both play on, the arrows stay short, no island is given up, and V stays near " +
      "the dashed line of a draw.",
    set: { rateD: 5e-4, rateG: 5e-4, loss: "non_saturating" },
    within: 120,
    fits: isWon,
    watch: (lab) => () =>
      lab.counts.g >= 100 && Math.abs(lab.standing.value - DRAWN) < 0.12 &&
      lab.standing.jsd < 1.5 * WON,
  },
  {
    name: "Break it: a hasty forger",
    look:
      "with thirty times the rate the samples run from island to island, for what passes now is " +
      "found out at once; the divergence leaps.",
    set: { rateD: 1e-3, rateG: 3e-2, loss: "non_saturating" },
    within: 400,
    fits: isWon,
    watch(lab) {
      const start = standing(lab).jsd;
      return () => lab.counts.g >= 60 && lab.standing.jsd > 1.6 * start && lab.standing.jsd > 0.4;
    },
  },
  {
    name: "A sure judge, minimax",
    look:
      "from new weights D learns alone: it grows sure, and the arrows shrink to nothing, because " +
      "there the minimax loss is flat.",
    set: { rateD: 5e-3, rateG: 2e-3, loss: "minimax", alone: "d", renewed: true },
    within: 200,
    watch(lab) {
      const start = meanPull(lab, "minimax");
      return () => lab.counts.d >= 40 && meanPull(lab, "minimax") < 0.1 * start;
    },
  },
  {
    name: "A sure judge, non-saturating",
    look: "the same judge, but with this loss the arrows grow: who is found out is pulled most.",
    set: { rateD: 5e-3, rateG: 2e-3, loss: "non_saturating", alone: "d", renewed: true },
    within: 200,
    watch(lab) {
      const start = meanPull(lab, "non_saturating");
      return () => lab.counts.d >= 40 && meanPull(lab, "non_saturating") > 3 * start;
    },
  },
];

/**
 * A widget without a page.
 * @param {Pick<Traits, "get">} traits
 * @returns {Scene<Lab, Setting>}
 */
export function sceneOf(traits) {
  const pools = unpack(traits.get("points_spec"), traits.get("points")),
    batch = traits.get("batch");
  /** @type {LossKind} */
  let kind = "non_saturating";
  /** @type {Player[]} */
  let players = ["d", "g"];
  const made = (/** @type {boolean} */ renewed) => {
    const lab = createLab({ ...sourceOf(traits), renewal: renewed ? 1 : 0 });
    lab.setData(pools[traits.get("data_kind")] ?? Object.values(pools)[0]);
    return lab;
  };
  const scene = {
    study: made(false),
    arrange(/** @type {Setting} */ { rateD, rateG, loss, alone, renewed = false }) {
      scene.study = made(renewed);
      scene.study.setRates(rateD, rateG);
      [kind, players] = [loss, alone ? [alone] : ["d", "g"]];
    },
    advance() {
      for (const player of players) scene.study.train(player, { batch, kind });
      standing(scene.study);
    },
  };
  return scene;
}
