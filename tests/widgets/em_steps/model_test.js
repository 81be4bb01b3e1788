import { deepStrictEqual, ok, strictEqual } from "node:assert";
import * as em from "widgets/em_steps/model.js";
import { apart, numbers } from "../../support/numbers.js";

const torch = numbers("em_steps"), SIZE = 12;

/** @param {{ logWeights: number[], logits: number[] }} of */
function parametersOf({ logWeights, logits }) {
  return { logWeights: Float64Array.from(logWeights), logits: Float64Array.from(logits) };
}

/** Weights as they are meant: their softmax. */
function weights(/** @type {ArrayLike<number>} */ logs) {
  const all = Math.log(Array.from(logs).reduce((sum, log) => sum + Math.exp(log), 0));
  return Array.from(logs, (log) => log - all);
}

for (const { components, guess, smoothing, pictures, joint, q, to, line, ...rest } of torch.cases) {
  const from = parametersOf(rest.from);
  Deno.test(`a round is torch's: ${components} components, ${guess}, ${smoothing}`, () => {
    ok(apart(em.logJoint(pictures, from, SIZE), joint) < 1e-10);
    const guessed = em.guessed(guess, pictures, from, SIZE);
    ok(apart(guessed, q) < 1e-12);
    const made = em.maximised(pictures, guessed, SIZE, smoothing);
    ok(apart(made.logits, to.logits) < 1e-9);
    ok(apart(weights(made.logWeights), weights(to.logWeights)) < 1e-10);
    const places = line.map((/** @type {{ s: number }} */ { s }) => s);
    const found = em.along(pictures, guessed, from, made, SIZE, places);
    found.forEach((point, i) => {
      ok(Math.abs(point.likelihood - line[i].likelihood) < 1e-9, `likelihood at ${point.s}`);
      ok(Math.abs(point.bound - line[i].bound) < 1e-9, `bound at ${point.s}`);
    });
  });
}

/**
 * @param {Partial<em.Setting>} [setting]
 * @param {number} [first]
 */
function mixtureOf(setting = {}, first = 0) {
  const { pictures, given } = torch.course;
  const mixture = new em.Mixture(pictures, SIZE, parametersOf(given));
  Object.assign(mixture.setting, setting);
  mixture.begin(first);
  return mixture;
}

Deno.test("five rounds are the library's fit_em", () => {
  const { nats, reached, pi, mu } = torch.course;
  const mixture = mixtureOf({ start: "given", smoothing: 0.1 });
  for (const expected of nats) {
    ok(Math.abs(mixture.likelihood - expected) < 1e-10);
    mixture.maximise();
    mixture.expect();
  }
  ok(apart(mixture.here.logits, reached.logits) < 1e-8);
  ok(
    apart(pi.map((/** @type {number} */ _, /** @type {number} */ k) => mixture.weight(k)), pi) <
      1e-10,
  );
  for (let k = 0; k < 3; k++) ok(apart(mixture.template(k), mu[k]) < 1e-10);
  strictEqual(mixture.rounds, 5);
});

Deno.test("E closes the gap, M raises both, and the likelihood never falls", () => {
  const mixture = mixtureOf({ components: 4 });
  let before = -Infinity;
  for (let i = 0; i < 40; i++) {
    ok(Math.abs(mixture.likelihood - mixture.bound) < 1e-12);
    ok(mixture.likelihood >= before - 1e-12);
    const { likelihood, bound } = mixture;
    mixture.step();
    ok(mixture.bound >= bound - 1e-12 && mixture.likelihood >= mixture.bound - 1e-12);
    before = likelihood;
    mixture.step();
  }
});

Deno.test("the step along the line ends where the bound is greatest", () => {
  const { points, here } = mixtureOf({ components: 4 });
  const top = points.reduce((a, b) => (b.bound > a.bound ? b : a));
  strictEqual(top.s, 1);
  ok(points.every(({ likelihood, bound }) => likelihood >= bound - 1e-12));
  ok(here.logits.length === 4 * SIZE);
});

Deno.test("an E step is made once, and an M step waits for it", () => {
  const mixture = mixtureOf({ components: 3 });
  strictEqual(mixture.past.length, 1);
  mixture.expect();
  strictEqual(mixture.past.length, 1);
  mixture.maximise();
  mixture.maximise();
  deepStrictEqual([mixture.rounds, mixture.past.length, mixture.fresh], [2, 4, false]);
  const twice = mixtureOf({ components: 3 }, 2);
  mixture.expect();
  ok(apart(mixture.here.logits, twice.here.logits) < 1e-12);
});

/**
 * What the chapter shows: the digits, six templates, seed 0.
 * @param {Partial<em.Setting>} [setting]
 * @param {number} [first]
 */
function shown(setting = {}, first = 2) {
  const mixture = new em.Mixture(torch.digits, 64, null);
  Object.assign(mixture.setting, setting);
  mixture.begin(first);
  return mixture;
}

/**
 * @param {em.Mixture} mixture
 * @param {number} rounds
 */
function go(mixture, rounds) {
  for (let i = 0; i < 2 * rounds; i++) mixture.step();
}

Deno.test("what the Try says: q that is half blind leaves a gap, and the likelihood falls", () => {
  const mixture = shown({}, 30), best = mixture.likelihood;
  mixture.change({ guess: "half blind" });
  const { bound } = mixture;
  ok(mixture.likelihood - bound > 1);
  go(mixture, 20);
  ok(mixture.likelihood < best - 0.3 && mixture.bound > bound + 0.5);
  ok(mixture.likelihood - mixture.bound > 0.05);
});

Deno.test("what the Try says: twins stay alike", () => {
  const twins = shown({ start: "twins" }, 30);
  ok(apart(twins.template(0), twins.template(5)) < 1e-9);
  ok(apart(shown({}, 30).template(0), shown({}, 30).template(5)) > 0.5);
});

Deno.test("what the Try says: a picture is kept, until a pseudo-count of a half takes it", () => {
  const kept = shown({ start: "one picture" }, 30);
  ok(apart(kept.template(0), torch.digits[0]) < 1e-5);
  ok(Math.abs(kept.weight(0) - 1 / 200) < 1e-6);
  const [{ n, share }] = kept.own(0, 1);
  ok(n === 0 && share > 0.999999);
  kept.change({ smoothing: 0.5 });
  go(kept, 30);
  ok(kept.own(0, 1)[0].share < 0.01);
  ok(kept.template(0).every((mean) => Math.abs(mean - 0.5) < 0.1));
});

Deno.test("a component's own pictures come by their share", () => {
  const mixture = mixtureOf({ components: 3 }, 3), own = mixture.own(1, 6);
  ok(own.every(({ share }, i) => !i || share <= own[i - 1].share));
  ok(own[0].share > own[5].share);
});

Deno.test("what is remembered stays within bounds, and ends with the present", () => {
  const mixture = mixtureOf({ components: 2 }, 500), { past } = mixture;
  ok(past.length <= 401);
  deepStrictEqual([past[0].s, past[past.length - 1].s], [0, 1000]);
});
