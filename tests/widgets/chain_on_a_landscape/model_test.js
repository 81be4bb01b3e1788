import { ok, strictEqual } from "node:assert";
import * as walk from "widgets/chain_on_a_landscape/model.js";
import { apart, numbers } from "../../support/numbers.js";

const torch = numbers("chain_on_a_landscape");
/** @type {walk.Hill[]} */
const hills = torch.hills;

Deno.test("density, slope, margins and conditionals are torch's", () => {
  const { places, logDensity, slope, margins, conditionals, mean } = torch;
  places.forEach((/** @type {[number, number]} */ [x, y], /** @type {number} */ i) => {
    ok(Math.abs(walk.logDensity(hills, { x, y }) - logDensity[i]) < 1e-10);
    const up = walk.slope(hills, { x, y });
    ok(apart([up.x, up.y], slope[i]) < 1e-9);
  });
  for (const { given, at, of } of conditionals) {
    ok(apart(walk.conditional(hills, given, at), of) < 1e-12);
  }
  for (const axis of /** @type {const} */ (["x", "y"])) {
    const found = margins.at.map((/** @type {number} */ at) => walk.margin(hills, axis, at));
    ok(apart(found, margins[axis]) < 1e-12);
  }
  ok(apart([walk.mean(hills, "x"), walk.mean(hills, "y")], mean) < 1e-12);
});

for (const { values, size, rho } of torch.chains) {
  Deno.test(`a chain is worth what the library says: ${size.toFixed(0)} of ${values.length}`, () => {
    const found = walk.worth(values);
    ok(Math.abs(found.size / size - 1) < 1e-9);
    ok(apart(found.rho, rho) < 1e-9);
  });
}

/**
 * A long walk on torch's landscape, from its middle.
 * @param {walk.Walker} walker
 * @param {number} scale
 */
function longWalk(walker, scale, steps = 20_000) {
  const chain = new walk.Chain(hills, walker, scale, { x: 0, y: 0 }, 5), seen = [];
  for (let i = 0; i < steps; i++) {
    chain.step();
    seen.push(chain.place);
  }
  return { chain, seen };
}

for (
  const [walker, scale] of /** @type {const} */ ([
    ["metropolis", 1.2],
    ["gibbs", 1],
    ["langevin", 0.12],
    ["tempered", 0.8],
  ])
) {
  Deno.test(`${walker} keeps to the landscape: means and squares, within their bars`, () => {
    const { seen } = longWalk(walker, scale, walker === "langevin" ? 100_000 : 20_000);
    for (const [i, axis] of /** @type {const} */ (["x", "y"]).entries()) {
      const every = walker === "langevin" ? 20 : 1;
      const values = seen.filter((_, n) => n % every === 0).map((place) => place[axis]);
      const squares = values.map((value) => value * value);
      for (const [found, exact] of [[values, torch.mean[i]], [squares, torch.second[i]]]) {
        const { average, error } = walk.worth(found);
        ok(Math.abs(average - exact) < 4 * error, `${axis}: ${average} +- ${error}, not ${exact}`);
        ok(error < 0.2, `${axis}: a bar of ${error}`);
      }
    }
  });
}

Deno.test("the hot chains are hotter", () => {
  const { chain } = longWalk("tempered", 0.8, 1);
  let hot = 0, cold = 0;
  for (let i = 0; i < 5000; i++) {
    chain.step();
    hot += chain.places[3].x ** 2 / 5000;
    cold += chain.places[0].x ** 2 / 5000;
  }
  ok(hot > 4 * cold);
});

Deno.test("a histogram is a density, and counts what lies outside", () => {
  const counts = walk.histogram([-2.9, 0.1, 0.2, 7], 6);
  ok(apart(counts, [0.25, 0, 0, 0.5, 0, 0]) < 1e-12);
});

Deno.test("what is measured are the latest steps, without the first tenth", () => {
  const { chain } = longWalk("gibbs", 1, 1000);
  strictEqual(chain.latest().length, 900);
  chain.run(20_000);
  strictEqual(chain.latest().length, walk.MEMORY);
  strictEqual(chain.latest().at(-1), chain.place);
  ok(chain.trail.length <= 1.5 * walk.MEMORY);
});

/**
 * What the page shows: a landscape by its name, from seed 0.
 * @param {string} name
 * @param {walk.Walker} walker
 * @param {number} scale
 */
function shown(name, walker, scale, steps = 4400) {
  const { hills, start } = walk.LANDSCAPES[name];
  const chain = new walk.Chain(hills, walker, scale, start, 0);
  chain.run(steps);
  const measured = walk.worth(chain.latest().map(({ x }) => x));
  return { chain, ...measured, off: Math.abs(measured.average - walk.mean(hills, "x")) };
}

Deno.test("what the Try says: steps of three sizes", () => {
  const good = shown("three hills", "metropolis", 1);
  ok(good.off < 3 * good.error && good.error < 0.2);
  const tiny = shown("three hills", "metropolis", 0.05),
    huge = shown("three hills", "metropolis", 10);
  ok(tiny.chain.taken / tiny.chain.steps > 0.9 && tiny.rho[50] > 0.5);
  ok(huge.chain.taken / huge.chain.steps < 0.05);
});

Deno.test("what the Try says: two far apart, and heat", () => {
  const stuck = shown("two far apart", "metropolis", 1);
  ok(
    stuck.size > 200 && stuck.off > 20 * stuck.error &&
      stuck.chain.latest().every(({ x }) => x < 0),
  );
  const free = shown("two far apart", "tempered", 1);
  ok(free.off < 3 * free.error && free.error < 0.3);
});

Deno.test("what the Try says: Gibbs creeps on the ridge, Langevin flies off", () => {
  const easy = shown("three hills", "gibbs", 1), ridge = shown("a narrow ridge", "gibbs", 1);
  ok(easy.size > 10 * ridge.size);
  ok(shown("three hills", "langevin", 1).chain.lost);
  ok(!shown("three hills", "langevin", 0.3).chain.lost);
});
