import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual } from "node:assert";
import { unpack } from "widgets/js/packing.js";
import { createRbm } from "widgets/js/rbm.js";
import * as gibbs from "widgets/gibbs_chain/model.js";
import { apart, numbers } from "../../support/numbers.js";

const torch = numbers("gibbs_chain"), floats = (/** @type {number[]} */ a) => Float64Array.from(a);

Deno.test("both phases equal the learning rule, and so does the input of a unit", () => {
  const { spec, weights, x, sampled, steps, inputs, free, freeSampled } = torch.rule;
  const tensors = unpack(spec, weights, Float64Array), machine = createRbm(tensors);
  const { visible, hidden } = machine;
  const [raised, lowered, difference] = [0, 1, 2].map(() => new Float64Array(visible));
  x.forEach((/** @type {number[]} */ picture, /** @type {number} */ n) => {
    const positive = gibbs.phaseOf(machine, floats(picture));
    const negative = gibbs.phaseOf(machine, floats(sampled[n])), step = steps[n];
    for (let j = 0; j < hidden; j++) {
      gibbs.outerRows(positive, negative, j, { raised, lowered, difference });
      ok(apart(difference, step.W[j]) < 1e-9);
      const row = tensors.W.subarray(j * visible, (j + 1) * visible);
      ok(Math.abs(gibbs.inputOf(row, tensors.b[j], positive.x) - inputs[n][j]) < 1e-9);
    }
    for (const [part, name] of /** @type {const} */ ([["h", "b"], ["x", "c"]])) {
      ok(apart(positive[part].map((value, i) => value - negative[part][i]), step[name]) < 1e-9);
    }
    ok(apart([positive.free, negative.free], [free[n], freeSampled[n]]) < 1e-9);
  });
});

function studyOf() {
  const { spec, weights, x } = torch.study;
  const chain = gibbs.createChain({ spec, weights, seed: 3 }, Float64Array);
  return gibbs.createStudy(chain, x.map(floats));
}

Deno.test("the band holds the middle 80 of 100 images", () => {
  const band = studyOf().band();
  ok(band && apart([band.from, band.to], torch.study.band) < 1e-9);
});

Deno.test("kept pixels come from the image, and the others from noise", () => {
  const study = studyOf(), { state } = study.chain, { left } = gibbs.masksOf(8, 8);
  study.mask = left;
  const image = study.example(true), kept = image.filter((_, i) => left[i]);
  study.begin("example", image, 5);
  const now = () => [...state.x], keptNow = () => state.x.filter((_, i) => left[i]);
  deepStrictEqual(keptNow(), kept);
  notDeepStrictEqual(now(), [...image]);
  deepStrictEqual([study.rough, state.sweep, state.origin], [true, 0, "model"]);
  study.advance(7);
  deepStrictEqual([keptNow(), state.sweep], [kept, 7]);
});

Deno.test("a frame restarts at the data, or goes on", () => {
  const study = studyOf(), { chain } = study, { energies, machine, state } = chain;
  study.persistent = false;
  study.begin("example", study.example(true), 3);
  strictEqual(state.sweep, 3);
  for (let frame = 0; frame < 20; frame++) study.advance(3);
  const first = machine.freeEnergy(floats(torch.study.x[0]));
  deepStrictEqual(energies.entries.map(([at]) => at), [0, 1, 2, 3]);
  strictEqual(energies.entries[0][1], first);
  deepStrictEqual(study.traces.map((trace) => trace[0]), Array(12).fill([0, first]));
  study.persistent = true;
  study.advance(4);
  deepStrictEqual([state.sweep, study.traces.length], [7, 12]);
});

Deno.test("images of the data take turns, and made pictures are no data", () => {
  const study = studyOf(), { visible } = study.chain, { x } = torch.study;
  study.begin("noise", study.chain.noise(), 1);
  deepStrictEqual(study.data, floats(x[0]));
  for (const next of [0, 1, 2]) deepStrictEqual(study.example(true), floats(x[next]));
  deepStrictEqual(study.example(false), floats(x[2]));
  study.begin("blank", new Float64Array(visible), 1);
  deepStrictEqual(study.data, floats(x[2]));
  study.begin("drawing", new Float64Array(visible).fill(1), 1);
  deepStrictEqual(study.data, new Float64Array(visible).fill(1));
});

Deno.test("the same seed repeats a run, and reset begins it again", () => {
  const run = (/** @type {gibbs.Study} */ study) => {
    study.begin("noise", study.chain.noise(), 1);
    study.advance(20);
    return [...study.chain.state.x];
  };
  const study = studyOf(), first = run(study);
  deepStrictEqual(run(studyOf()), first);
  notDeepStrictEqual(run(study), first);
  study.reset();
  deepStrictEqual(run(study), first);
});

Deno.test("halves are halves, also of an odd number of rows and columns", () => {
  const masks = gibbs.masksOf(3, 5),
    sum = (/** @type {string} */ name) => masks[name].filter(Boolean);
  deepStrictEqual(["none", "left", "right", "top", "bottom"].map((name) => sum(name).length), [
    0,
    9,
    6,
    10,
    5,
  ]);
  ok(masks.left.every((kept, i) => kept + masks.right[i] === 1));
  ok(masks.top.every((kept, i) => kept + masks.bottom[i] === 1));
});

Deno.test("ink above zero is data's, or kept; below it the model's", () => {
  const out = new Float64Array(3), values = floats([1, 0.5, 0.25]);
  deepStrictEqual([...gibbs.inked(values, [1, 0, 0], "model", out)], [1, -0.5, -0.25]);
  deepStrictEqual([...gibbs.inked(values, [0, 0, 0], "data", out)], [1, 0.5, 0.25]);
  strictEqual(gibbs.differing(values, floats([1, 0, 0.25])), 1);
});

Deno.test("the axis of energies leaves out where noise began", () => {
  /** @type {[number, number][]} */
  const points = [[0, 1000], [1, 10], [2, 20]];
  deepStrictEqual(gibbs.settled(points, 1, [15]), [9, 21]);
  deepStrictEqual(gibbs.settled(points, 0, [0]), [-100, 1100]);
  strictEqual(gibbs.settled(points, 1, []), undefined);
});
