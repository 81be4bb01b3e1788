import { deepStrictEqual, ok } from "node:assert";
import { createRandom } from "widgets/js/random.js";
import * as bars from "widgets/boltzmann_bars/model.js";
import { apart, numbers, pearson } from "../../support/numbers.js";

/** @import { Given } from "widgets/boltzmann_bars/model.js" */

const exact = numbers("boltzmann_bars");

/** @param {Given} given */
function begun(given) {
  const study = bars.createStudy(3);
  study.begin(given);
  return study;
}

for (const machine of exact.shown) {
  const { features, biases } = machine;
  Deno.test(`the distribution is the library's, ${features} of ${biases.length} units visible`, () => {
    for (const { temperature, held, possible, exact } of machine.cases) {
      const found = bars.distributionOf(machine, temperature, held);
      for (const name of /** @type {const} */ (["p", "energy", "marginals"])) {
        ok(apart(found[name], exact[name]) < 1e-12, name);
      }
      for (const name of /** @type {const} */ (["logZ", "mean", "entropy", "least"])) {
        ok(Math.abs(found[name] - exact[name]) < 1e-12, name);
      }
      deepStrictEqual(found.possible, possible);
    }
  });
}

Deno.test("a unit is drawn with its conditional probability", () => {
  for (const { table, temperature, ...machine } of exact.chances) {
    table.forEach((/** @type {number[]} */ row, /** @type {number} */ state) => {
      const found = row.map((_, i) => bars.chance(machine, state, i, temperature));
      ok(apart(found, row) < 1e-12);
    });
  }
});

Deno.test("a unit is drawn with its conditional probability, whatever stands on the diagonal", () => {
  const machine = { biases: [1, 0], couplings: [[9, -1], [-1, 9]] };
  ok(Math.abs(bars.chance(machine, 0b11, 0, 1) - 0.5) < 1e-12);
});

for (const { name, p, bound, starts, ...setting } of exact.chains) {
  Deno.test(`the chain leaves the exact distribution unchanged, ${name}`, () => {
    const chain = bars.createChain(createRandom(1)), counts = new Float64Array(p.length);
    chain.follow(setting);
    for (const start of starts) {
      chain.state = start;
      if (name === "unit by unit") { for (let i = 0; i < 7; i++) chain.one(); }
      else chain.run(3);
      counts[chain.state]++;
    }
    ok(pearson(counts, p) < bound);
  });
}

Deno.test("independent draws leave the mean of what they leave", () => {
  for (const { p, n, mean } of exact.independent) {
    ok(Math.abs(bars.independent(p, n) / mean - 1) < 1e-8, String(n));
  }
});

Deno.test("total variation, and sums over units that are not looked at", () => {
  const { p, counts, n, ofP, ofCounts, distance } = exact.sums;
  ok(Math.abs(bars.distance(p, counts, n) - distance) < 1e-12);
  ok(apart(bars.summedOut(p, 2), ofP) < 1e-12);
  deepStrictEqual([...bars.summedOut(counts, 2)], ofCounts);
});

Deno.test("every parameter has the letter that it has in the library", () => {
  const items = bars.itemsOf(2, 6);
  deepStrictEqual(items.map(({ letter }) => letter), exact.letters);
  deepStrictEqual(items[7].name, "W\u2081\u2081 of x\u2081, h\u2081");
});

Deno.test("a chain that is looked at has run, and unit by unit makes a sweep", () => {
  const study = bars.createStudy(3);
  ok(study.begin(exact.parity));
  const { chain } = study;
  deepStrictEqual([chain.sweeps, chain.counts.reduce((a, b) => a + b, 0)], [200, 200]);
  study.hold(1, 1);
  deepStrictEqual([chain.sweeps, chain.counts.reduce((a, b) => a + b, 0)], [0, 0]);
  const drawn = [0, 2, 3, 0].map((i, n) => {
    const seen = chain.one();
    ok(seen?.i === i && seen.drawn === chain.bit(i));
    return [chain.sweeps, n];
  });
  deepStrictEqual(drawn, [[0, 0], [0, 1], [1, 2], [1, 3]]);
  ok(chain.bit(1) === 1 && chain.lit(1) === 1);
});

Deno.test("a chain remembers its mean energy, and its last states in order", () => {
  const { chain } = begun(exact.parity), states = chain.last;
  deepStrictEqual([states.length, states.at(-1)], [chain.sweeps, chain.state]);
  for (let n = 0; n < 777; n++) {
    chain.run(1);
    states.push(chain.state);
  }
  const energies = states.map((state) => chain.distribution.energy[state]);
  ok(Math.abs(chain.mean - energies.reduce((a, b) => a + b) / states.length) < 1e-12);
  deepStrictEqual(chain.last, states.slice(-bars.MEMORY));
});

Deno.test("with hidden units summed out, bars are those of x and energies are free", () => {
  const study = bars.createStudy(0), { free, p } = exact.parity;
  study.begin(exact.parity);
  const columns = study.columns(1);
  ok(apart(columns.p, p) < 1e-12);
  ok(apart([...columns.p.keys()].map(columns.energy), free) < 1e-12);
  deepStrictEqual([columns.bits(2), study.columns(0).bits(2)], ["010", "0010"]);
  ok(columns.now === study.chain.state >> 1);
});

Deno.test("a hand sets tenths within reach, and writes to nothing that was sent", () => {
  const study = bars.createStudy(0);
  /** @type {Given} */
  const given = {
    features: 2,
    biases: [-11.3, 0, 1],
    couplings: [[0, 1, 0], [1, 0, 2], [0, 2, 0]],
  };
  const before = JSON.stringify(given), [bias, , , , pair] = bars.itemsOf(2, 3);
  study.begin(given);
  deepStrictEqual(study.reach, 12);
  deepStrictEqual(study.set(bias, -40), "biases");
  deepStrictEqual(study.set(bias, -12.04), null);
  deepStrictEqual(study.set(pair, 0.449), "couplings");
  deepStrictEqual(study.setting.biases, [-12, 0, 1]);
  deepStrictEqual(study.setting.couplings, [[0, 1, 0.4], [1, 0, 2], [0.4, 2, 0]]);
  deepStrictEqual(JSON.stringify(given), before);
  study.hold(2, 0);
  deepStrictEqual(study.take({ ...given, temperature: 2 }), false);
  deepStrictEqual([study.setting.clamp, study.setting.temperature], [[null, null, null], 2]);
});
