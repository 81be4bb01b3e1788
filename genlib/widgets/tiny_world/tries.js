// What there is to try in the world of 4096 pictures, and when it was seen.

import { settingsOf, studyOf } from "./model.js";

/** @import { Traits } from "../js/traits.js" */
/** @import { Scene, Try } from "../js/tries.js" */
/** @import { Study } from "./model.js" */

/** @typedef {{ family: string, method?: string, k?: number, rate?: number, hidden?: number }} Setting */

/**
 * Waits for some steps, and for something that is to be seen after them.
 * @param {number} steps
 * @param {(study: Study) => boolean} seen
 */
function levels(steps, seen) {
  return (/** @type {Study} */ study) => () => study.run.step >= steps && seen(study);
}

/**
 * Counts how often a curve has turned, by more than `least`.
 * @param {number} least
 */
function turnsOf(least) {
  let turns = 0, way = 1, end = -Infinity;
  return (/** @type {number} */ value) => {
    if (way * (value - end) > 0) end = value;
    else if (way * (end - value) > least) [turns, way, end] = [turns + 1, -way, value];
    return turns;
  };
}

/** @type {Try<Study, Setting>[]} */
export const tries = [
  {
    name: "Exact gradient",
    look:
      "the model\u2019s map turns into the data\u2019s, and the curve climbs towards the dashed " +
      "line, which no model can pass.",
    set: { family: "rbm", method: "exact", k: 1, rate: 0.03 },
    within: 800,
    watch: (study) => () => study.run.step >= 300 && study.run.standing.forward < 0.45,
  },
  {
    name: "CD-1",
    look:
      "the curve stays below: chains that start at the data and stop after one sweep hardly ever " +
      "pass to another picture, so nothing sets their shares right.",
    set: { family: "rbm", method: "cd", k: 1, rate: 0.03 },
    within: 800,
    watch: (study) => () => study.run.step >= 500 && study.run.standing.forward > 0.8,
  },
  {
    name: "PCD-1",
    look:
      "chains that never start anew could see all that, but at this rate the model runs away from " +
      "them: the curve trembles up and down, far below the dashed line.",
    set: { family: "rbm", method: "pcd", k: 1, rate: 0.03 },
    within: 2500,
    watch(study) {
      const turns = turnsOf(0.5);
      let most = -Infinity;
      return () => {
        const { likelihood, forward } = study.run.standing;
        most = Math.max(most, likelihood);
        return turns(likelihood) >= 4 && study.run.step >= 300 && most < likelihood + forward - 1;
      };
    },
  },
  {
    name: "Belief net",
    look:
      "no log Z, for its probabilities sum to one by themselves. The curve rises at once and is soon " +
      "level, below the dashed line: a logistic regression for each pixel can do no more.",
    set: { family: "fvsbn", rate: 0.03 },
    within: 800,
    watch: levels(400, (study) => study.run.standing.forward > 0.6),
  },
  {
    name: "MADE",
    look:
      "a hidden layer in the same chain of pixels: the curve climbs past the belief net\u2019s, and " +
      "nothing has to be estimated on the way.",
    set: { family: "made", rate: 0.03, hidden: 16 },
    within: 1500,
    watch: levels(400, (study) => study.run.standing.forward < 0.5),
  },
  {
    name: "Mixture",
    look:
      "EM is done after a few dozen steps, and then stays where it is: sixteen components have shared " +
      "out thirty-two pictures, and what is neither of two in one component\u2019s care is believed too.",
    set: { family: "mixture", hidden: 16 },
    within: 300,
    watch(study) {
      let last = -Infinity;
      return () => {
        const { likelihood, forward } = study.run.standing, rested = likelihood - last < 1e-6;
        last = likelihood;
        return study.run.step >= 60 && rested && forward > 0.8;
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
      const given = settingsOf(traits), known = set.family === given.family;
      settings = { ...given, ...set };
      study.begin(settings, known ? traits.get("start") : undefined);
    },
    advance: () => study.run.train(settings),
  };
}
