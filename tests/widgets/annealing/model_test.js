import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual } from "node:assert";
import { unpack } from "widgets/js/packing.js";
import * as anneal from "widgets/annealing/model.js";
import { apart, numbers, told } from "../../support/numbers.js";

const torch = numbers("annealing"), floats = (/** @type {number[]} */ a) => Float64Array.from(a);

for (const { spec, weights, betas, chains, samples, uniforms, ...found } of torch.runs) {
  const parts = /** @type {any} */ (unpack(spec, weights, Float64Array)),
    way = samples ? "down" : "up";
  Deno.test(`log-weights are torch's, for the same random numbers: ${parts.c.length} pixels, ${way}`, () => {
    const random = told(uniforms);
    const run = anneal.createRun(parts, floats(betas), chains, random, samples);
    for (let i = 0; !run.done; i++) strictEqual(run.advance(), i % chains === chains - 1);
    ok(apart(run.logW, found.logW) < 1e-9);
    run.x.forEach((x, i) => strictEqual(apart(x, found.x[i]), 0));
    deepStrictEqual([random.used, run.step, run.beta], [found.used, 5, samples ? 0 : 1]);
    ok(Math.abs(anneal.logZOfBase(parts) - found.logZOfBase) < 1e-9);
  });
}

Deno.test("the summary is the library's", () => {
  const { logW, shares, ...expected } = torch.summary, found = anneal.summary(floats(logW));
  for (const [name, value] of Object.entries(expected)) {
    ok(Math.abs(found[/** @type {"error"} */ (name)] / value - 1) < 1e-9, name);
  }
  ok(apart(found.shares, shares) < 1e-12);
});

Deno.test("a ladder goes from one end to the other", () => {
  deepStrictEqual([...anneal.ladder(4, "up")], [0, 0.25, 0.5, 0.75, 1]);
  deepStrictEqual([...anneal.ladder(2, "down")], [1, 0.5, 0]);
});

/**
 * @param {Partial<Record<keyof anneal.Settings, unknown>>} [other]
 * @returns {any}
 */
function settingsOf(other = {}) {
  return { temperatures: 100, chains: 50, base: "given", direction: "up", ...other };
}
function annealingOf() {
  return anneal.createAnnealing(torch.machine, settingsOf());
}

Deno.test("the first run stands among a few quick ones", () => {
  const { runs, run, hasBase, hasSamples, cheap } = annealingOf();
  deepStrictEqual([runs.length, run.step, hasBase, hasSamples, cheap], [21, 0, true, true, true]);
  const count = (/** @type {number} */ n) => runs.filter((run) => run.temperatures === n).length;
  deepStrictEqual([3, 10, 100].map(count), [10, 10, 1]);
  strictEqual(runs.filter(({ direction }) => direction === "down").length, 10);
});

Deno.test("up and down and from every base, the exact log Z is within its errors", () => {
  const annealing = annealingOf(), { logZ } = torch.machine, scores = [];
  for (const direction of ["up", "down"]) {
    for (const base of ["given", "own", "coins"]) {
      for (let i = 0; i < 8; i++) {
        annealing.begin(settingsOf({ base, direction }));
        annealing.advance(Infinity);
        const { runs } = annealing, { log_z, standard_error, ...run } = runs[runs.length - 1];
        deepStrictEqual([run.base, run.direction, run.temperatures], [base, direction, 100]);
        scores.push((log_z - logZ) / standard_error);
      }
    }
  }
  const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
  const square = scores.reduce((a, b) => a + b * b, 0) / scores.length;
  ok(Math.abs(mean) < 4 / Math.sqrt(scores.length), String(mean));
  ok(square > 0.4 && square < 1.9, String(square));
});

Deno.test("a base is the one that is named", () => {
  const firstOf = (/** @type {string} */ base) => {
    const annealing = annealingOf();
    annealing.begin(settingsOf({ base }));
    return annealing.standing().estimate;
  };
  const { b, c, base } = unpack(torch.machine.spec, torch.machine.weights, Float64Array);
  const bases = { given: base, own: c, coins: new Float64Array(c.length) };
  for (const [name, values] of Object.entries(bases)) {
    const parts = /** @type {any} */ ({ b, base: values });
    ok(Math.abs(firstOf(name) - anneal.logZOfBase(parts)) < 1e-9, name);
  }
});

Deno.test("a run stops in time, goes on, and ends once", () => {
  const annealing = annealingOf(), { runs } = annealing, before = runs.length;
  let looks = 0;
  strictEqual(annealing.advance(5), 0);
  deepStrictEqual([annealing.run.step, annealing.moments.length], [5, 6]);
  strictEqual(annealing.advance(5, () => looks++ < 75), 4);
  strictEqual(annealing.run.step, 6);
  strictEqual(annealing.advance(Infinity), Infinity);
  annealing.advance(Infinity);
  strictEqual(runs.length, before + 1);
  const { moments } = annealing, { off, estimate, own } = annealing.standing();
  ok(moments.length <= 62);
  deepStrictEqual([moments[0].beta, moments[moments.length - 1].beta], [0, 1]);
  deepStrictEqual(moments[moments.length - 1].off, off);
  ok(apart(own(), off.map((value) => estimate + value)) < 1e-9);
});

Deno.test("the same seed repeats everything", () => {
  const made = () => {
    const annealing = annealingOf();
    annealing.advance(Infinity);
    return annealing.runs;
  };
  const first = made();
  deepStrictEqual(made(), first);
  const { seed, ...source } = torch.machine;
  const other = anneal.createAnnealing(
    { ...source, seed: seed + 1 },
    settingsOf(),
  );
  notDeepStrictEqual(other.runs, first.slice(0, -1));
});

Deno.test("pictures show the heaviest chains first, once a run has ended", () => {
  const shares = floats([0.1, 0.4, 0.2, 0.3]);
  deepStrictEqual(anneal.shownOf({ done: true, count: 4 }, shares, 4), [1, 3, 2, 0]);
  deepStrictEqual(anneal.shownOf({ done: true, count: 4 }, shares, 2), [1, 0]);
  deepStrictEqual(anneal.shownOf({ done: false, count: 4 }, shares, 6), [0, 1, 2, 3, 0, 1]);
});
