import { deepStrictEqual, notDeepStrictEqual, ok } from "node:assert";
import { createRandom } from "widgets/js/random.js";

const SIZE = 200000;

/** @param {(n: number) => number[] | Float64Array} draw */
function moments(draw) {
  const values = draw(SIZE), mean = [...values].reduce((a, b) => a + b, 0) / SIZE;
  const power = (/** @type {number} */ k) => {
    let sum = 0;
    for (const value of values) sum += (value - mean) ** k;
    return sum / SIZE;
  };
  let lagged = 0;
  for (let i = 1; i < SIZE; i++) lagged += (values[i] - mean) * (values[i - 1] - mean);
  return { mean, variance: power(2), fourth: power(4), correlation: lagged / SIZE / power(2) };
}

/**
 * @param {ReturnType<typeof moments>} found
 * @param {{ mean: number, variance: number, fourth: number }} expected
 */
function close(found, { mean, variance, fourth }) {
  const tolerance = 5 / Math.sqrt(SIZE);
  ok(Math.abs(found.mean - mean) < tolerance * Math.sqrt(variance));
  ok(Math.abs(found.variance - variance) < tolerance * Math.sqrt(fourth - variance ** 2) + 1e-9);
  ok(Math.abs(found.fourth / fourth - 1) < 10 * tolerance);
  ok(Math.abs(found.correlation) < tolerance);
}

Deno.test("random numbers have the moments of the distributions that they claim", () => {
  const random = createRandom(7);
  const uniform = Array.from({ length: SIZE }, random.uniform);
  ok(uniform.every((u) => 0 < u && u < 1));
  close(moments(() => uniform), { mean: 1 / 2, variance: 1 / 12, fourth: 1 / 80 });
  close(moments((n) => random.normals(new Float64Array(n))), { mean: 0, variance: 1, fourth: 3 });
  const p = new Float64Array(SIZE).fill(0.3), v = 0.21;
  const coins = () => random.bernoulli(p, new Float64Array(SIZE));
  close(moments(coins), { mean: 0.3, variance: v, fourth: v * (1 - 3 * v) });
});

Deno.test("seeds repeat and differ, and the state can be put back", () => {
  const draws = (/** @type {number} */ seed) => {
    const random = createRandom(seed);
    return [random.uniform(), random.normal(), random.normal(), random.integer(1000)];
  };
  deepStrictEqual(draws(1), draws(1));
  notDeepStrictEqual(draws(1), draws(2));
  notDeepStrictEqual(draws(1), draws(2 ** 31));
  const random = createRandom(3);
  random.normal();
  const saved = random.state, first = [random.normal(), random.uniform()];
  random.state = saved;
  deepStrictEqual([random.normal(), random.uniform()], first);
});
