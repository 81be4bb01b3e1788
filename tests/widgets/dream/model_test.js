import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual } from "node:assert";
import { unpack } from "widgets/js/packing.js";
import { createRandom } from "widgets/js/random.js";
import { columnsOf, createBelief, createDream, FREE } from "widgets/dream/model.js";
import { apart, numbers, pearson, told } from "../../support/numbers.js";

const torch = numbers("dream");
const beliefOf = (/** @type {any} */ { spec, weights }) =>
  createBelief(unpack(spec, weights, Float64Array), Float64Array);

for (const { x, uniforms, held, moments, used, labels, ...sent } of torch.stories) {
  const net = beliefOf(sent), widths = net.units.map((layer) => layer.length);
  Deno.test(`every layer is torch's, for the same random numbers: ${widths}, held ${held}`, () => {
    const random = told(uniforms);
    net.up(x, random, held);
    moments.forEach((/** @type {any} */ { y, units, means }, /** @type {number} */ i) => {
      if (i) net.sweep(random, held);
      net.down(random);
      strictEqual(net.y, y);
      units.forEach((/** @type {number[]} */ layer, /** @type {number} */ l) =>
        strictEqual(apart(net.units[l], layer), 0)
      );
      means.forEach((/** @type {number[]} */ layer, /** @type {number} */ l) =>
        ok(apart(net.means[l], layer) < 1e-10)
      );
    });
    strictEqual(random.used, used);
    if (net.labels) ok(apart(net.probY(new Float64Array(net.labels)), labels) < 1e-10);
  });
}

for (const { held, bound, law, starts } of torch.top.laws) {
  Deno.test(`the top leaves its exact distribution unchanged, held ${held}`, () => {
    const net = beliefOf(torch.top), h = net.units[net.units.length - 2], { labels } = net;
    const random = createRandom(1), counts = new Float64Array(law.length);
    for (const start of starts) {
      const state = Math.floor(start / labels);
      for (let k = 0; k < h.length; k++) h[k] = (state >> (h.length - 1 - k)) & 1;
      net.y = start % labels;
      for (let i = 0; i < 3; i++) net.sweep(random, held);
      counts[[...h].reduce((number, bit) => 2 * number + bit, 0) * labels + net.y]++;
    }
    ok(pearson(counts, law) < bound);
  });
}

function dreamOf(label = FREE) {
  const { spec, weights } = torch.dream;
  return createDream({ spec, weights, seed: 3, label }, Float64Array);
}

Deno.test("every moment shows the picture that its codes sent down", () => {
  const dream = dreamOf(), pictures = new Set();
  dream.noise();
  for (let i = 0; i < 20; i++) {
    dream.run(1);
    const [sweep, { values, y }] = dream.film.some(12).slice(-1)[0];
    deepStrictEqual([sweep, y], [dream.sweep, dream.net.y]);
    strictEqual(apart(values, dream.net.means[0]), 0);
    pictures.add(values.join());
  }
  ok(pictures.size > 15);
});

Deno.test("looking back changes nothing of what comes", () => {
  const [seen, unseen] = [dreamOf(), dreamOf()];
  for (const dream of [seen, unseen]) {
    dream.noise();
    dream.run(110);
  }
  for (let i = 0; i < 3; i++) seen.film.some(12);
  for (const dream of [seen, unseen]) dream.run(5);
  strictEqual(apart(seen.net.units[0], unseen.net.units[0]), 0);
});

Deno.test("a picture is data until the first sweep", () => {
  const dream = dreamOf(7), { x } = torch.dream;
  dream.begin(x);
  strictEqual(apart(dream.net.units[0], x), 0);
  deepStrictEqual([dream.origin, dream.sweep, dream.net.y], ["data", 0, 7]);
  deepStrictEqual(dream.film.some(12).map(([at, { origin }]) => [at, origin]), [[0, "data"]]);
  dream.run(2);
  deepStrictEqual([dream.origin, dream.sweep], ["model", 2]);
});

Deno.test("new weights leave the chain where it is", () => {
  const dream = dreamOf();
  dream.noise();
  dream.run(9);
  const { units, y } = dream.net, p = dream.net.probY(new Float64Array(10));
  dream.load(torch.dream.other);
  units.forEach((layer, i) => strictEqual(apart(dream.net.units[i], layer), 0));
  deepStrictEqual([dream.net.y, dream.sweep], [y, 9]);
  notDeepStrictEqual(dream.net.probY(new Float64Array(10)), p);
});

Deno.test("the same seed repeats a dream", () => {
  const run = (/** @type {import("widgets/dream/model.js").Dream} */ dream) => {
    dream.noise();
    dream.run(30);
    return [...dream.net.units[0], dream.net.y];
  };
  const dream = dreamOf(), first = run(dream);
  deepStrictEqual(run(dreamOf()), first);
  notDeepStrictEqual(run(dream), first);
  dream.reseed();
  deepStrictEqual(run(dream), first);
});

Deno.test("strips are wide and end without a gap where they can", () => {
  deepStrictEqual([500, 300, 48, 7].map(columnsOf), [50, 50, 16, 7]);
  for (let n = 1; n < 100; n++) ok(columnsOf(n) <= Math.max(n, Math.ceil(Math.sqrt(8 * n))));
});
