import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual } from "node:assert";
import { createRandom } from "widgets/js/random.js";
import * as travelling from "widgets/js/codes.js";
import * as latent from "widgets/latent_explorer/model.js";
import { apart, numbers } from "../../support/numbers.js";

/** @import { Vae } from "widgets/latent_explorer/model.js" */

const torch = numbers("latent_explorer"), DRAWS = 4000;

for (const { name, encoder, decoder, x, z, mu, sigma, pictures } of torch.coders) {
  const vae = () => latent.createVae({ encoder, decoder }, Float64Array);
  Deno.test(`codes equal torch's: ${name}`, () => {
    const { encode } = vae();
    x.forEach((/** @type {number[]} */ image, /** @type {number} */ n) => {
      const q = encode(image);
      ok(apart(q.mu, mu[n]) < 1e-10);
      ok(apart(q.sigma, sigma[n]) < 1e-10);
    });
  });
  Deno.test(`pictures equal torch's, alone and together: ${name}`, () => {
    const { decode } = vae();
    ok(apart(decode(z.flat(), z.length), pictures.flat()) < 1e-10);
    z.forEach((/** @type {number[]} */ code, /** @type {number} */ n) => {
      ok(apart(decode(code), pictures[n]) < 1e-10);
    });
  });
}

for (const { name, encoder, decoder, z, mean, variance } of torch.draws) {
  Deno.test(`pixels are drawn with the decoder's moments: ${name}`, () => {
    const vae = latent.createVae({ encoder, decoder }, Float64Array), random = createRandom(3);
    const shown = vae.decode(z), sum = shown.map(() => 0), squares = shown.map(() => 0);
    for (let n = 0; n < DRAWS; n++) {
      vae.sample(shown, random).forEach((value, i) => {
        sum[i] += value / DRAWS;
        squares[i] += (value - mean[i]) ** 2 / DRAWS;
      });
    }
    sum.forEach((found, i) => {
      ok(Math.abs(found - mean[i]) < 5 * Math.sqrt(variance[i] / DRAWS));
      ok(Math.abs(Math.log(squares[i] / variance[i])) < 0.25);
    });
  });
}

Deno.test("codes are read as they were sent", () => {
  const { codes, rows } = torch.placed, read = travelling.unpackCodes(codes, rows[0].length);
  strictEqual(read.length, rows.length);
  ok(apart(read.flat(), rows.flat()) < 1e-6);
});

Deno.test("sliders reach as far as nearly all codes, 3 at least and 5 at most", () => {
  const far = (/** @type {number} */ size) => latent.reachOf(Array(200).fill([0, size]));
  deepStrictEqual([0.1, 3.2, 3.5, 40].map(far), [3, 3.5, 3.5, 5]);
  strictEqual(latent.reachOf([...Array(400).fill([0, 1]), [40, 0]]), 3);
  strictEqual(latent.reachOf([]), 3);
});

Deno.test("what data use most comes first, and the rest waits", () => {
  const kl = [0.3, 0, 2, 0.01, 1, 0.7, 0.6, 0.5, 0.4, 3];
  const { first, more, unused } = latent.arranged(10, kl);
  deepStrictEqual([first, more, unused], [[9, 2, 4, 5, 6, 7], [8, 0, 3, 1], 2]);
  deepStrictEqual(latent.arranged(3, [0.01, 2, 0]), { first: [1], more: [0, 2], unused: 2 });
  deepStrictEqual(latent.arranged(2, [0, 3]), { first: [0, 1], more: [], unused: 0 });
  const unknown = latent.arranged(8, []);
  deepStrictEqual([unknown.first, unknown.more, unknown.unused], [[0, 1, 2, 3, 4, 5], [6, 7], 0]);
});

/** A walk between two images, and another pair of networks. */
function walking() {
  const pair = torch.coders.slice(0, 2).map((/** @type {any} */ one) => latent.createVae(one));
  const examples = torch.coders[0].x.map((/** @type {number[]} */ x) => Float32Array.from(x));
  const walk = latent.createWalk(pair[0], { start: [0.5, -1], examples, seed: 3 });
  walk.reset();
  return { walk, examples, other: pair[1] };
}

Deno.test("a walk begins at its code, with the first image and a way to the second", () => {
  const { walk, examples } = walking(), { x, ends } = walk.now;
  deepStrictEqual(walk.z, [0.5, -1]);
  strictEqual(x, examples[0]);
  deepStrictEqual(ends.map((end) => end.x), [examples[0], examples[1]]);
  ends.forEach((end, n) => ok(apart(end.z, torch.coders[0].mu[n]) < 1e-5));
});

Deno.test("the way from A to B is straight, and an end shows the image whose code it is", () => {
  const { walk, examples } = walking(), image = examples[2];
  walk.encode(image);
  walk.move(/** @type {Float32Array} */ (walk.now.q?.mu));
  walk.keep(0);
  strictEqual(walk.now.ends[0].x, image);
  walk.move([2, 4]);
  walk.keep(1);
  strictEqual(walk.now.ends[1].x, null);
  const [a, b] = walk.now.ends.map(({ z }) => z);
  deepStrictEqual([walk.between(0), walk.between(1)], [a, b]);
  ok(apart(walk.between(0.25), a.map((value, i) => value + 0.25 * (b[i] - value))) < 1e-12);
});

Deno.test("networks that have trained on encode the image anew, and the code keeps its place", () => {
  const { walk, other } = walking(), before = walk.mean().slice();
  walk.load(other);
  const q = other.encode(/** @type {Float32Array} */ (walk.now.x));
  deepStrictEqual(walk.now.q, q);
  deepStrictEqual(walk.z, [0.5, -1]);
  notDeepStrictEqual(walk.mean(), before);
});

Deno.test("reset draws the same again", () => {
  const { walk } = walking();
  const first = [walk.prior(), walk.prior()];
  walk.move([3, 3]);
  walk.reset();
  deepStrictEqual([walk.prior(), walk.prior()], first);
  deepStrictEqual(walk.z, [0.5, -1]);
});

Deno.test("a detour leads elsewhere, and back to the way of before", () => {
  const { walk } = walking(), before = walk.now.ends;
  walk.detour([[0, 0], [1, 1]]);
  walk.detour([[2, 0], [0, 2]]);
  deepStrictEqual(walk.between(0.5), [1, 1]);
  walk.detour();
  strictEqual(walk.now.ends, before);
  walk.detour([[0, 0], [1, 1]]);
  walk.keep(0);
  const kept = walk.now.ends;
  walk.detour();
  strictEqual(walk.now.ends, kept);
});
