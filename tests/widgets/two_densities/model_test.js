import { ok, strictEqual } from "node:assert";
import { createFit, momentsOf } from "widgets/two_densities/model.js";
import { apart, numbers } from "../../support/numbers.js";

const torch = numbers("two_densities");
const KINDS = /** @type {("pq" | "qp")[]} */ (["pq", "qp"]);
const placed = (/** @type {number[]} */ [mu, sigma]) => ({ mu, sigma });

for (const { target, start, both, paths, mean, variance } of torch.runs) {
  Deno.test(`divergences, slopes and fifty steps are torch's: humps ${target.means}, from ${start}`, () => {
    const moments = momentsOf(target);
    ok(apart([moments.mean, moments.variance], [mean, variance]) < 1e-10);
    const fit = createFit(target, placed(start));
    ok(apart(KINDS.map(fit.divergence), both) < 1e-8);
    for (const { kl, slopes, places } of paths) {
      fit.put(placed(start));
      places.forEach((/** @type {number[]} */ place, /** @type {number} */ i) => {
        // Under KL(p || q) torch's sum ends with the grid, and the moments here do not.
        ok(apart(fit.slopes(kl), slopes[i]) < 1e-6 * (1 + Math.abs(slopes[i][1])));
        fit.step(kl);
        ok(apart([fit.mu, fit.sigma], place) < 1e-6);
      });
      strictEqual(fit.steps, 50);
    }
  });
}

Deno.test("of two Gaussians the divergence is the known one", () => {
  const one = { means: [0.3, 0.3], sigmas: [0.8, 0.8], share: 0.4 };
  const fit = createFit(one, { mu: -0.2, sigma: 1.1 });
  ok(Math.abs(fit.divergence("pq") - torch.exact) < 1e-8);
});

const HUMPS = { means: [-1.8, 1.8], sigmas: [0.6, 0.6], share: 0.5 };

/**
 * Fits from a place until nothing moves any more.
 * @param {"pq" | "qp"} kl
 * @param {number} mu
 */
function fitted(kl, mu, target = HUMPS) {
  const fit = createFit(target, { mu, sigma: 1 });
  for (let i = 0; i < 400; i++) fit.step(kl);
  return fit;
}

Deno.test("promised: KL(p || q) covers both humps and stands highest where p is low", () => {
  const fit = fitted("pq", 1), { mean, variance } = momentsOf(HUMPS);
  ok(Math.abs(fit.mu - mean) < 1e-6 && Math.abs(fit.sigma ** 2 - variance) < 1e-6);
  const low = Math.exp(fit.logP[fit.logP.length / 2]), high = Math.max(...fit.logP.map(Math.exp));
  ok(low < 0.05 * high);
});

Deno.test("promised: KL(q || p) takes the shape of the hump it starts near, at log 2", () => {
  for (const side of [-1, 1]) {
    for (const from of [1, 1.8]) {
      const fit = fitted("qp", from * side);
      ok(Math.abs(fit.mu - 1.8 * side) < 0.02 && Math.abs(fit.sigma - 0.6) < 0.02);
      ok(Math.abs(fit.divergence("qp") - Math.log(2)) < 0.01);
    }
  }
});

Deno.test("promised: in the very middle it stays, on a worse compromise", () => {
  for (const from of [0, 0.4]) {
    const fit = fitted("qp", from);
    ok(Math.abs(fit.mu) < 1e-3 && fit.divergence("qp") > Math.log(2) + 0.1);
  }
});

Deno.test("promised: once the humps are one, the two divergences agree", () => {
  const one = { means: [0.3, 0.3], sigmas: [0.6, 0.6], share: 0.5 };
  const [cover, seek] = KINDS.map((kl) => fitted(kl, 1, one));
  ok(Math.abs(cover.mu - seek.mu) < 1e-3 && Math.abs(cover.sigma - seek.sigma) < 1e-3);
  ok(cover.divergence("pq") < 1e-6 && seek.divergence("qp") < 1e-6);
});
