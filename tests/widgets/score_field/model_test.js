import { deepStrictEqual, ok, strictEqual } from "node:assert";
import * as score from "widgets/score_field/model.js";
import { apart, numbers } from "../../support/numbers.js";

/** @import { Point, Setting } from "widgets/score_field/model.js" */

const torch = numbers("score_field");
const traits = { get: (/** @type {string} */ name) => torch[name] };

/** @param {Partial<Setting>} [setting] */
function walkOf(setting = {}) {
  return new score.Walk(score.fieldOf(traits), { ...score.settingOf(traits), ...setting });
}

for (const level of torch.levels) {
  const { sigma } = level;
  Deno.test(`density, score and both answers are torch's: noise ${sigma}`, () => {
    const field = score.fieldOf(traits);
    torch.x.forEach((/** @type {Point} */ [x, y], /** @type {number} */ i) => {
      const found = field.data.at(x, y, sigma);
      ok(Math.abs(found.log - level.log[i]) < 1e-5);
      ok(apart(found.score, level.score[i]) < 1e-5);
      const { exact, model } = field.answers([x, y], sigma);
      ok(apart(exact, level.exact[i]) < 1e-5);
      ok(apart(model, level.model[i]) < 1e-5);
    });
  });

  Deno.test(`walks are torch's, step by step: noise ${sigma}`, () => {
    const walk = walkOf({ sigma, start: torch.x[0] });
    ok(torch.share === 0.3 && score.AHEAD < level.walk.exact.length);
    level.walk.exact.forEach((/** @type {Point} */ place, /** @type {number} */ i) => {
      if (i) walk.step();
      strictEqual(walk.steps, i);
      ok(apart(walk.now.exact, place) < 1e-4);
      ok(apart(walk.now.model, level.walk.model[i]) < 1e-4 * (1 + Math.hypot(...place)));
      const [x, y] = level.walk.model[i];
      ok(Math.abs(walk.gaps.now - Math.hypot(place[0] - x, place[1] - y)) < 1e-3);
    });
    const first = [0, 1].map((i) => level.exact[0][i] - level.model[0][i]);
    ok(Math.abs(walk.gaps.first - Math.hypot(...first)) < 1e-5);
  });
}

Deno.test("a step by the exact score never goes down, whatever the share", () => {
  for (const sigma of [0.3, 1]) {
    for (const share of [0.05, 0.5, 1]) {
      for (const start of torch.x) {
        const { path, field } = walkOf({ sigma, share, start });
        const logs = path.map(({ exact }) => field.data.at(...exact, sigma).log);
        ok(logs.every((log, i) => !i || log > logs[i - 1] - 1e-9));
      }
    }
  }
});

Deno.test("arrows are those of the answers, from the middles of cells, the first row above", () => {
  const field = score.fieldOf(traits), { points, exact, model } = field.arrows(0.3, 4);
  const edge = 0.75 * torch.limit;
  ok(apart(points.subarray(0, 2), [-edge, edge]) < 1e-6);
  ok(apart(points.subarray(2, 4), [-edge / 3, edge]) < 1e-6);
  ok(apart(points.subarray(30), [edge, -edge]) < 1e-6);
  for (let i = 0; i < 32; i += 2) {
    const answers = field.answers([points[i], points[i + 1]], 0.3);
    ok(apart(exact.subarray(i, i + 2), answers.exact) < 1e-9);
    ok(apart(model.subarray(i, i + 2), answers.model) < 1e-6);
  }
  strictEqual(field.arrows(0.3, 4).model, model);
  ok(field.arrows(1, 4).model !== model);
});

Deno.test("distance is that to the nearest of the means", () => {
  const { data } = score.fieldOf(traits);
  ok(apart(torch.x.map((/** @type {Point} */ x) => data.distance(x)), torch.distances) < 1e-5);
});

Deno.test("other networks answer from then on, and what was kept is forgotten", () => {
  const field = score.fieldOf(traits), before = field.arrows(1, 3).model;
  field.load(score.levelsOf({ get: (name) => torch[name === "weights" ? "later" : name] }));
  torch.x.forEach((/** @type {Point} */ x, /** @type {number} */ i) => {
    ok(apart(field.answers(x, 1).model, torch.laterModel[i]) < 1e-5);
  });
  ok(apart(field.arrows(1, 3).model, before) > 1e-3);
});

Deno.test("a change begins anew, and a long walk keeps no more than it should", () => {
  const walk = walkOf({ share: 0.05 });
  for (let i = 0; i < score.LONGEST + 20; i++) walk.step();
  strictEqual(walk.steps, score.LONGEST + 20);
  strictEqual(walk.path.length, score.LONGEST);
  ok(walk.moved < 0.2);
  walk.change({ start: [1, 2] });
  deepStrictEqual([walk.steps, walk.now, walk.path.length], [
    0,
    { exact: [1, 2], model: [1, 2] },
    score.AHEAD + 1,
  ]);
  strictEqual(walk.moved, Infinity);
  walk.step();
  const far = [walk.now.exact, walk.now.model].map(([x, y]) => Math.hypot(x - 1, y - 2));
  ok(Math.abs(walk.moved - Math.max(...far)) < 1e-12);
});
