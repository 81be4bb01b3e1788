import { deepStrictEqual, ok } from "node:assert";
import { createNetwork } from "widgets/js/network.js";
import { createRandom } from "widgets/js/random.js";
import * as lab from "widgets/gan_lab/model.js";
import { apart, numbers } from "../../support/numbers.js";

const torch = numbers("gan_lab"), floats = (/** @type {number[]} */ a) => Float64Array.from(a);

for (const game of torch.games) {
  Deno.test(`fifty steps of each player equal torch's, ${game.kind}`, () => {
    const { rates, betas, kind, n, x, z, fake, values, trained } = game;
    const made = (/** @type {string} */ name) =>
      createNetwork(game[name].spec, game[name].weights, Float64Array);
    const players = { generator: made("generator"), discriminator: made("discriminator") };
    const played = lab.createGame({ ...players, betas });
    [played.adam.d.lr, played.adam.g.lr] = rates;
    x.forEach((/** @type {number[]} */ batch, /** @type {number} */ i) => {
      const value = played.stepD(floats(batch), floats(z[i]), n);
      ok(apart([value, played.stepG(floats(fake[i]), n, kind)], values[i]) < 1e-9);
    });
    for (const [name, { parameters }] of Object.entries(players)) {
      parameters.forEach((part, j) => ok(apart(part, trained[name][j]) < 1e-9));
    }
  });
}

Deno.test("the divergence is that of the library", () => {
  for (const { p, q, cells, limit, jsd } of torch.divergences) {
    const share = (/** @type {number[]} */ a) => lab.histogram(floats(a), cells, limit);
    ok(Math.abs(lab.jsd(share(p), share(q)) - jsd) < 1e-12);
  }
});

Deno.test("the floor is the divergence of one half of the true points from the other", () => {
  const { points, limit, floor } = torch.truth;
  ok(Math.abs(lab.truthOf(floats(points), limit).floor - floor) < 1e-12);
});

Deno.test("ink becomes points in proportion", () => {
  const ink = new Float32Array(64);
  [ink[0], ink[5 * 8 + 6]] = [0.25, 0.75];
  const points = lab.scatter(ink, 4, 4000, createRandom(3));
  let first = 0, square = 0, sum = 0;
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = points.subarray(i, i + 2);
    const inFirst = x < -3 && y > 3,
      inSecond = Math.abs(x - 2.5) <= 0.5 && Math.abs(y + 1.5) <= 0.5;
    ok(inFirst || inSecond, `${x}, ${y}`);
    if (inFirst) first++;
    else [sum, square] = [sum + x - 2.5, square + (x - 2.5) ** 2];
  }
  ok(Math.abs(first / 4000 - 0.25) < 4 * Math.sqrt((0.25 * 0.75) / 4000));
  const rest = 4000 - first, deviation = Math.sqrt(square / rest - (sum / rest) ** 2);
  ok(Math.abs(deviation - Math.sqrt(1 / 12)) < 0.02);
});

Deno.test("new weights are uniform within one over the root of the inputs, as torch's", () => {
  const { spec, weights } = torch.fresh, network = createNetwork(spec, weights);
  lab.renew(network, spec, createRandom(1));
  [4, 4, 100, 100, 100, 100].forEach((inputs, j) => {
    const values = network.parameters[j], bound = inputs ** -0.5;
    const most = Math.max(...[...values].map(Math.abs));
    ok(most <= bound);
    if (values.length >= 100) ok(most > 0.9 * bound);
  });
});

Deno.test("a run says what it did, and the same seed repeats it", () => {
  const { generator, discriminator } = torch.games[0], spent = () => 0;
  const source = { networks: { generator, discriminator }, betas: [0.5, 0.999], seed: 3, limit: 4 };
  const run = () => {
    const made = lab.createLab(source);
    made.setRates(0.005, 0.002);
    made.setData(Float32Array.from(torch.truth.points));
    for (const player of /** @type {const} */ (["d", "d", "g"])) {
      ok(made.train(player, { batch: 16, kind: "minimax" }));
    }
    while (made.follow(spent));
    return made;
  };
  const [first, second] = [run(), run()];
  deepStrictEqual(first.counts, { d: 2, g: 1 });
  deepStrictEqual(first.history.entries.map(([at]) => at), [3]);
  deepStrictEqual(first.standing, second.standing);
  deepStrictEqual(first.trained("generator"), second.trained("generator"));
});

Deno.test("each row of the tint has its turn while D goes on learning", () => {
  const { generator, discriminator } = torch.games[0];
  const source = { networks: { generator, discriminator }, betas: [0.5, 0.999], seed: 3, limit: 4 };
  const made = lab.createLab(source), half = made.belief.slice(), row = lab.FIELD;
  ok(half.every((d) => d === 0.5));
  made.setRates(0, 0);
  made.setData(Float32Array.from(torch.truth.points));
  for (let frame = 0; frame < row / 4; frame++) {
    made.train("d", { batch: 16, kind: "minimax" });
    made.follow(() => Infinity);
  }
  const at = (/** @type {number} */ i, /** @type {number} */ j) =>
    [2 * j + 1 - row, row - 2 * i - 1].map((cell) => (4 * cell) / row);
  for (const i of [0, 1, row - 1]) {
    const places = floats([...Array(row).keys()].flatMap((j) => at(i, j)));
    const logits = made.discriminator.forward(Float32Array.from(places), row);
    const right = [...logits.subarray(0, row)].map((a) => 1 / (1 + Math.exp(-a)));
    ok(apart(made.belief.slice(i * row, (i + 1) * row), right) < 1e-6, `row ${i}`);
  }
});
