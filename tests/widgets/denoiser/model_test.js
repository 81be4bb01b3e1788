import { deepStrictEqual, ok, strictEqual } from "node:assert";
import * as denoiser from "widgets/denoiser/model.js";
import { createRandom } from "widgets/js/random.js";
import { apart, numbers } from "../../support/numbers.js";

/** @import { Setting } from "widgets/denoiser/model.js" */

const torch = numbers("denoiser"), DRAWS = 20000;

/** @param {Record<string, unknown>} sent */
const traitsOf = (sent) => ({ get: (/** @type {string} */ name) => sent[name] });

/**
 * @param {Record<string, any>} sent
 * @param {Partial<Setting>} [setting]
 * @param {ArrayLike<number>} [x]
 */
function washingOf(sent, setting = {}, x = sent.x) {
  const pictures = [Float32Array.from(x), new Float32Array(x.length)];
  const whole = /** @type {Setting} */ ({
    kind: "salt and pepper",
    amount: 0.4,
    way: "chain",
    ...setting,
  });
  const washing = new denoiser.Washing(
    denoiser.denoiserOf(traitsOf(sent)),
    pictures,
    whole,
    3,
  );
  washing.begin();
  return washing;
}

Deno.test("answers are torch's, and answers to answers", () => {
  const { x, looks } = torch.answers;
  x.forEach((/** @type {number[]} */ picture, /** @type {number} */ n) => {
    const washing = washingOf(torch.answers, { way: "clean", amount: 0 }, picture);
    for (let i = 0; i < 3; i++) washing.step();
    washing.film.forEach(({ mean }, i) => ok(apart(mean, looks[n][i]) < 1e-5, `look ${i}`));
    const [before, last] = looks[n].slice(2);
    const moved = last.reduce(
      (/** @type {number} */ sum, /** @type {number} */ value, /** @type {number} */ i) =>
        sum + Math.abs(value - before[i]),
      0,
    );
    ok(Math.abs(washing.moved - moved) < 1e-4);
    strictEqual(washing.steps, 3);
  });
});

for (const sent of torch.steps) {
  Deno.test(`a step of the chain has the distribution of its definition: ${sent.kind}`, () => {
    const washing = washingOf(sent, { kind: sent.kind, amount: sent.amount });
    const counts = new Float64Array(8);
    for (let n = 0; n < DRAWS; n++) {
      washing.seed = n;
      washing.begin(washing.pictures[0]);
      washing.step();
      counts[4 * washing.x[0] + 2 * washing.x[1] + washing.x[2]]++;
    }
    sent.p.forEach((/** @type {number} */ p, /** @type {number} */ state) => {
      const error = Math.sqrt((p * (1 - p)) / DRAWS);
      ok(Math.abs(counts[state] / DRAWS - p) < 4.5 * error, `state ${state}`);
    });
  });
}

Deno.test("Gaussian noise has its mean and its spread", () => {
  const random = createRandom(1), x = new Float32Array(DRAWS).fill(0.5);
  const noise = Array.from(denoiser.corrupted(x, "gaussian", 0.3, random), (v) => v - 0.5);
  const mean = noise.reduce((a, b) => a + b) / DRAWS;
  const square = noise.reduce((sum, v) => sum + v * v, 0) / DRAWS;
  ok(Math.abs(mean) < (4 * 0.3) / Math.sqrt(DRAWS));
  ok(Math.abs(square / 0.09 - 1) < 4 * Math.sqrt(2 / DRAWS));
});

Deno.test("noise spoils what is drawn, each time anew, and the picture that was given is kept", () => {
  const washing = washingOf(torch.answers, {}, [1, 1, 0, 0, 1, 0, 1, 0, 1]);
  const given = [...washing.origin];
  for (let i = 0; i < 20; i++) {
    washing.step();
    ok(washing.x.every((value) => value === 0 || value === 1));
    ok(washing.film.length <= denoiser.FILM);
  }
  deepStrictEqual([...washing.origin], given);
  ok(new Set(washing.film.map(({ noisy }) => noisy.join())).size > 1);
  strictEqual(washing.now, washing.film[denoiser.FILM - 1]);
});

Deno.test("the same seed spoils alike, another one otherwise, and a change begins anew", () => {
  const one = washingOf(torch.answers, {}, new Array(9).fill(1));
  const first = one.now.noisy.join();
  for (let i = 0; i < 3; i++) one.step();
  one.change({ amount: 0.4 });
  strictEqual(one.now.noisy.join(), first);
  deepStrictEqual([one.steps, one.moved, one.film.length], [0, 0, 1]);
  one.seed = 4;
  one.begin();
  ok(one.now.noisy.join() !== first);
});

Deno.test("other networks answer to what was given before", () => {
  const washing = washingOf(torch.answers, {}, new Array(9).fill(1));
  washing.step();
  const given = washing.film.map(({ noisy }) => noisy.join());
  washing.load((x) => x.map(() => 0.25));
  deepStrictEqual(washing.film.map(({ noisy }) => noisy.join()), given);
  ok(washing.film.every(({ mean }) => mean.every((value) => value === 0.25)));
});

Deno.test("pixels differ where one is ink and the other paper", () => {
  strictEqual(denoiser.differing([0, 0.4, 0.6, 1], [0, 0.6, 0.7, 0]), 2);
});
