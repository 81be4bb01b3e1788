import { ok } from "node:assert";
import { unpack } from "widgets/js/packing.js";
import { createRandom } from "widgets/js/random.js";
import { createRbm } from "widgets/js/rbm.js";
import { apart, numbers, pearson } from "../../support/numbers.js";

const torch = numbers("js"), floats = (/** @type {number[]} */ a) => Float64Array.from(a);
const machineOf = (/** @type {any} */ { spec, weights }) =>
  createRbm(unpack(spec, weights, Float64Array));

for (const given of torch.machines) {
  const machine = machineOf(given), { visible, hidden } = machine;
  Deno.test(`conditionals and energies equal torch's, ${visible} x ${hidden} units`, () => {
    const pH = machine.probH(floats(given.grey), new Float64Array(hidden));
    ok(apart(pH, given.probHOfGrey) < 1e-10);
    given.x.forEach((/** @type {number[]} */ row, /** @type {number} */ i) => {
      const x = floats(row), h = floats(given.h[i]);
      ok(apart(machine.probH(x, new Float64Array(hidden)), given.probH[i]) < 1e-10);
      ok(apart(machine.probX(h, new Float64Array(visible)), given.probX[i]) < 1e-10);
      ok(Math.abs(machine.energy(x, h) - given.energy[i]) < 1e-10);
      ok(Math.abs(machine.freeEnergy(x) - given.free[i]) < 1e-10);
    });
  });
}

for (const { name, clamp, starts, law, bound } of torch.sweeps.laws) {
  Deno.test(`sweeps leave the exact distribution unchanged, ${name}`, () => {
    const machine = machineOf(torch.sweeps), { visible, hidden } = machine;
    const [x, meanX, h, meanH] = [visible, visible, hidden, hidden].map((n) => new Float64Array(n));
    const random = createRandom(1), counts = new Float64Array(law.length);
    for (const start of starts) {
      for (let k = 0; k < visible; k++) x[k] = (start >> (visible - 1 - k)) & 1;
      for (let i = 0; i < 3; i++) machine.sweep({ x, meanX, h, meanH, clamp }, random);
      counts[x.reduce((number, bit) => 2 * number + bit, 0)]++;
    }
    ok(pearson(counts, law) < bound);
  });
}
