import { deepStrictEqual, ok } from "node:assert";
import { createRandom } from "widgets/js/random.js";
import { createStudy, FAMILIES, KEPT } from "widgets/tiny_world/model.js";
import { createMachine } from "widgets/tiny_world/rbm.js";
import { dashesOf } from "widgets/tiny_world/view.js";
import * as tiny from "widgets/tiny_world/world.js";
import { apart, numbers } from "../../support/numbers.js";

const torch = numbers("tiny_world"), floats = (/** @type {number[]} */ a) => Float64Array.from(a);
const world = tiny.createWorld(floats(torch.p));
/** @type {(given: { values: number[][] }, seed?: number) => ReturnType<typeof createMachine>} */
const machineOf = ({ values }, seed = 0) =>
  createMachine(world, values.map(floats), createRandom(seed));

/**
 * Whether the shares that n draws have in each state may come from a distribution: chi-square, with cells of fewer than
 * five expected draws thrown together.
 * @param {Float64Array} share
 * @param {number[]} p
 * @param {number} n
 */
function follows(share, p, n) {
  let statistic = 0, cells = 0, rareShare = 0, rareP = 0;
  const add = (/** @type {number} */ got, /** @type {number} */ due) => {
    statistic += (n * (got - due) ** 2) / Math.max(due, 1e-300);
    cells++;
  };
  p.forEach((due, s) => {
    if (due * n >= 5) return add(share[s], due);
    [rareShare, rareP] = [rareShare + share[s], rareP + due];
  });
  if (rareP > 0 || rareShare > 0) add(rareShare, rareP);
  const freedom = cells - 1;
  return statistic < freedom + 5 * Math.sqrt(2 * freedom) + 10;
}

for (const given of torch.probabilities) {
  Deno.test(`probabilities and exact gradients equal torch's, ${given.values[1].length} hidden`, () => {
    const machine = machineOf(given);
    ok(apart(machine.logProbAll(), given.logP) < 1e-10);
    ok(Math.abs(machine.logZ - given.logZ) < 1e-10);
    const { positive, negative } = machine.phases({ method: "exact", k: 1, batch: 0 });
    machine.step(positive, negative, 0);
    machine.gradients.forEach((slope, i) => ok(apart(slope, given.slopes[i]) < 1e-12));
  });
}

Deno.test("exact training equals torch's, and so does what it is compared by", () => {
  const { rate, steps, trained, standing } = torch.training, machine = machineOf(torch.training);
  const settings = { method: "exact", k: 1, rate, hidden: 6, batch: 0 };
  for (let i = 0; i < steps; i++) machine.train(settings);
  machine.parameters.forEach((values, i) => ok(apart(values, trained[i]) < 1e-7));
  const found = tiny.compare(machine.logProbAll(), world);
  for (const name of /** @type {const} */ (["likelihood", "forward", "backward"])) {
    ok(Math.abs(found[name] - standing[name]) < 1e-8, name);
  }
});

Deno.test("steps on averages over draws equal torch's, each at its own rate", () => {
  const { pairs, rates, trained } = torch.averages, machine = machineOf(torch.averages);
  pairs.forEach((/** @type {number[][]} */ pair, /** @type {number} */ i) => {
    const [positive, negative] = pair.map((states) => tiny.shareOf(Int32Array.from(states)));
    machine.step(positive, negative, rates[i]);
  });
  machine.parameters.forEach((values, i) => ok(apart(values, trained[i]) < 1e-9));
});

for (const { settings, calls } of torch.phases.cases) {
  const { method, k, batch } = settings;
  Deno.test(`chains are where they should be, ${method} of ${k} sweeps, ${batch} draws`, () => {
    const MACHINES = 80, n = MACHINES * (batch || 256);
    const zeros = () => new Float64Array(tiny.STATES);
    const sums = [0, 1].map(() => ({ positive: zeros(), negative: zeros() }));
    for (let seed = 0; seed < MACHINES; seed++) {
      const machine = machineOf(torch.phases, seed);
      for (const sum of sums) {
        const { positive, negative } = machine.phases(settings);
        const all = apart(positive, world.p) === 0,
          whole = positive.map((share) => Math.round(share * n / MACHINES) * MACHINES / n);
        ok(batch ? apart(positive, whole) < 1e-12 : all);
        for (let s = 0; s < tiny.STATES; s++) {
          sum.positive[s] += positive[s] / MACHINES;
          sum.negative[s] += negative[s] / MACHINES;
        }
      }
    }
    sums.forEach(({ positive, negative }, call) => {
      ok(follows(negative, calls[call], n));
      if (batch) ok(follows(positive, torch.p, n));
    });
  });
}

Deno.test("draws follow their distribution, and even steps keep to it", () => {
  const { n, model } = torch.draws, random = createRandom(4);
  const drawn = tiny.shareOf(world.draw(n, random)), even = tiny.shareOf(world.even(n, random));
  ok(follows(drawn, torch.p, n));
  ok(follows(tiny.shareOf(machineOf(torch.draws).draw(n, random)), model, n));
  ok(n * apart(even, torch.p) < 1 + 1e-6, "steps of one size count each state to within one");
  ok(n * apart(drawn, torch.p) > 5);
});

Deno.test("annealing finds Z with the spread and the error that torch's has", () => {
  const machine = machineOf(torch.annealing), { logZ, spread, error } = torch.annealing;
  const run = (/** @type {number} */ chains, /** @type {number} */ temperatures, seed = 0) => {
    const job = machine.anneal({ chains, temperatures }, createRandom(seed));
    for (;;) {
      const { done, value } = job.next();
      if (done) return value;
    }
  };
  for (const [chains, temperatures] of [[2000, 100], [50_000, 2], [50_000, 1]]) {
    const found = run(chains, temperatures, temperatures);
    ok(Math.abs(found.truth - logZ) < 1e-10);
    ok(0.001 < found.error && found.error < 0.1);
    ok(Math.abs(found.logZ - logZ) < 4 * found.error);
  }
  const all = Array.from({ length: 400 }, (_, seed) => run(20, 20, seed));
  const mean = (/** @type {number[]} */ values) => values.reduce((a, b) => a + b, 0) / 400;
  const middle = mean(all.map((found) => found.logZ));
  const deviation = Math.sqrt(mean(all.map((found) => (found.logZ - middle) ** 2)));
  ok(Math.abs(deviation / spread - 1) < 0.2);
  ok(Math.abs(mean(all.map((found) => found.error)) / error - 1) < 0.06);
});

Deno.test("what is no data but believed most", () => {
  const { known, worst } = torch.spurious, logP = machineOf(torch.spurious).logProbAll();
  for (const count of [1, 8, 50]) {
    const found = tiny.spurious(logP, { p: world.p, known: new Set(known) }, count);
    deepStrictEqual(found, worst.slice(0, count));
  }
});

Deno.test("impossible states cost infinitely much", () => {
  const { p, likelihood, entropy } = torch.impossible, other = tiny.createWorld(floats(p));
  const found = tiny.compare(machineOf(torch.impossible).logProbAll(), other);
  ok(Math.abs(other.entropy - entropy) < 1e-12);
  ok(Math.abs(found.likelihood - likelihood) < 1e-10);
  ok(Math.abs(found.forward - (-entropy - likelihood)) < 1e-10);
  ok(found.backward === Infinity);
});

Deno.test("a study starts where it is told to, keeps old runs, and anneals whatever it has become", () => {
  const { law, start } = torch, settings = { method: "cd", k: 1, rate: 0.03, hidden: 3, batch: 16 };
  const study = createStudy({ family: "rbm", law, pictures: [7], seed: 3 });
  const annealing = { chains: 10, temperatures: 1 }, spent = () => 0;
  const anneal = () => {
    let looks = 0;
    while (study.follow(annealing, spent)) ok(++looks < 100);
    return study.found?.truth;
  };
  study.begin(settings, start);
  deepStrictEqual(new Uint8Array(study.trained().buffer), new Uint8Array(start.buffer));
  const first = anneal();
  ok(first === study.run.model.logZ);
  for (const rate of [0.03, 0.03, 0.1]) study.run.train({ ...settings, rate });
  deepStrictEqual(study.run.history.entries.map(([at]) => at), [0, 1, 2, 3]);
  deepStrictEqual(study.run.labels.map((label) => label.split(", ")[1]), ["rate 0.03", "rate 0.1"]);
  ok(anneal() === study.run.model.logZ && study.found?.truth !== first);
  const run = study.run;
  study.begin({ ...settings, hidden: 4 }, start);
  ok(study.old.length === 1 && study.old[0] === run && study.found === null);
  deepStrictEqual(study.run.model.parameters.map(({ length }) => length), [48, 4, 12]);
  study.begin(settings, start);
  ok(study.old.length === 1, "a run without steps is not kept");
});

for (const given of torch.chains) {
  const family = FAMILIES[given.family], settings = { rate: 0.03, hidden: given.hidden, batch: 0 };
  const begun = (/** @type {number} */ seed = 0) =>
    family.make(world, given.values.map(floats), createRandom(seed));
  Deno.test(`probabilities, gradients and training equal torch's without a partition function, ${given.name}`, () => {
    const model = begun();
    deepStrictEqual(
      family.draw(settings, createRandom(0)).map(({ length }) => length),
      given.values.map((/** @type {number[]} */ values) => values.length),
    );
    ok(apart(model.logProbAll(), given.logP) < 1e-10);
    ok(model.logZ === undefined && model.anneal === undefined);
    model.train({ ...settings, rate: 0 });
    model.gradients?.forEach((slope, i) => ok(apart(slope, given.slopes[i]) < 1e-12, `part ${i}`));
    const trained = begun();
    for (let i = 0; i < 30; i++) trained.train(settings);
    trained.parameters.forEach((values, i) =>
      ok(apart(values, given.trained[i]) < 1e-7, `part ${i}`)
    );
  });
  Deno.test(`steps on draws climb like steps on the data, and draws follow the model, ${given.name}`, () => {
    const one = begun(2);
    one.train({ ...settings, rate: 0, batch: 64 });
    ok(apart(one.gradients?.at(-1) ?? [], given.slopes.at(-1)) > 1e-3, "not all of the data");
    const model = begun(3), before = tiny.compare(model.logProbAll(), world).likelihood;
    for (let i = 0; i < 60; i++) model.train({ ...settings, batch: 64 });
    ok(tiny.compare(model.logProbAll(), world).likelihood > before + 1);
    const { n } = torch.draws, share = tiny.shareOf(model.draw(n, createRandom(1)));
    ok(follows(share, [...model.logProbAll()].map(Math.exp), n));
  });
}

Deno.test("a mixture's steps are EM's", () => {
  const { values, logP, trained, after, likelihood } = torch.mixtures;
  const model = FAMILIES.mixture.make(world, values.map(floats), createRandom(0));
  ok(apart(model.logProbAll(), logP) < 1e-10);
  let last = -Infinity;
  for (const due of likelihood) {
    const now = tiny.compare(model.logProbAll(), world).likelihood;
    ok(Math.abs(now - due) < 1e-9 && now >= last - 1e-12);
    last = now;
    model.train({ batch: 0 });
  }
  ok(apart(model.logProbAll(), after) < 1e-7);
  ok(apart(model.parameters[1], trained[1]) < 1e-5);
  model.train({ batch: 16 });
  ok(Math.abs(model.logProbAll().reduce((sum, one) => sum + Math.exp(one), 0) - 1) < 1e-12);
});

Deno.test("a study goes on with another family, and starts from what Python gave only where that fits", () => {
  const { law, start } = torch;
  const study = createStudy({ family: "rbm", law, pictures: [7], seed: 3 });
  const settings = { method: "exact", k: 1, rate: 0.03, hidden: 3, batch: 0 };
  study.begin(settings, start);
  study.run.train(settings);
  for (const family of ["fvsbn", "made", "mixture"]) {
    study.begin({ ...settings, family });
    ok(study.kind === family && study.family === FAMILIES[family]);
    ok(!study.follow({ chains: 10, temperatures: 1 }, () => 0), "nothing to anneal");
    const [begun] = study.run.history.entries[0].slice(1);
    for (let i = 0; i < 20; i++) study.run.train(settings);
    ok(study.run.standing.likelihood > begun);
  }
  deepStrictEqual(study.old.map(({ labels }) => labels[0].split(",")[0]), [
    "exact gradient",
    "FVSBN",
    "MADE",
  ]);
});

Deno.test("an old run keeps its dashes as others come and go, and no two have the same", () => {
  let old = ["a"], dashes = dashesOf(old, new Map());
  for (const run of ["b", "c", "d", "e", "f", "g"]) {
    const before = dashes;
    old = [...old, run].slice(-KEPT);
    dashes = dashesOf(old, before);
    deepStrictEqual([...dashes.keys()], old);
    for (const one of old) if (one !== run) deepStrictEqual(dashes.get(one), before.get(one));
    deepStrictEqual(new Set([...dashes.values()].map(String)).size, old.length);
  }
});
