// What there is to try in the world of 4096 pictures, and when it was seen.

import { studyOf } from "./model.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Scene, Try } from "../js/tries.js" */
/** @import { Study } from "./model.js" */

/** @typedef {{ method: string, k: number, rate: number }} Setting */

/** @type {Try<Study, Setting>[]} */
export const tries = [
  {
    name: "Exact gradient",
    look:
      "the model\u2019s map turns into the data\u2019s, and the curve climbs towards the dashed " +
      "line, which no model can pass.",
    set: { method: "exact", k: 1, rate: 0.03 },
    within: 800,
    watch: (study) => () => study.run.step >= 300 && study.run.standing.forward < 0.45,
  },
  {
    name: "CD-1",
    look:
      "the curve stays below: chains that start at the data and stop after one sweep hardly ever " +
      "pass to another picture, so nothing sets their shares right.",
    set: { method: "cd", k: 1, rate: 0.03 },
    within: 800,
    watch: (study) => () => study.run.step >= 500 && study.run.standing.forward > 0.8,
  },
  {
    name: "PCD-1",
    look:
      "chains that never start anew could see all that, but at this rate the model runs away from " +
      "them, and the curve falls again.",
    set: { method: "pcd", k: 1, rate: 0.03 },
    within: 2500,
    watch(study) {
      let most = -Infinity;
      return () => {
        const { likelihood } = study.run.standing;
        most = Math.max(most, likelihood);
        return study.run.step >= 300 && likelihood < most - 0.5;
      };
    },
  },
];

/**
 * A widget without a page.
 * @param {Pick<Traits, "get">} traits
 * @returns {Scene<Study, Setting>}
 */
export function sceneOf(traits) {
  const study = studyOf(traits);
  let settings = {};
  return {
    study,
    arrange(set) {
      settings = { hidden: traits.get("hidden"), batch: traits.get("batch"), ...set };
      study.begin(settings, traits.get("start"));
    },
    advance: () => study.run.train(settings),
  };
}
