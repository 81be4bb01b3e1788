// What GANLab computes: the game of two networks on points in the plane, and how it stands.

import { createAdam } from "../js/adam.js";
import { like } from "../js/arrays.js";
import { meanSoftplus, sigmoid } from "../js/functions.js";
import { createHistory } from "../js/history.js";
import { createNetwork } from "../js/network.js";
import { createRandom } from "../js/random.js";

/** @import { Floats } from "../js/arrays.js" */
/** @import { Network, NetworkSpec } from "../js/network.js" */
/** @import { Random } from "../js/random.js" */
/** @import { Traits } from "../js/traits.js" */

/** @typedef {{ generator: Network, discriminator: Network }} Players */
/** @typedef {"minimax" | "non_saturating"} LossKind */
/** @typedef {"d" | "g"} Player */
/** @typedef {ReturnType<typeof createLab>} Lab */
/** @typedef {ReturnType<typeof truthOf>} Truth */
/** @typedef {{ value: number, jsd: number, floor: number }} Standing */

/** Samples that are shown and sent. */
export const SHOWN = 400;
/** Cells of the tint to a side. */
export const FIELD = 28;
/** Lines of the mesh either way. */
export const MESH = 19;
/** Samples with an arrow. */
export const ARROWS = 80;
/** V(D, G) where neither player is ahead. */
export const DRAWN = -2 * Math.log(2);
/** Examples between two looks at the clock while the game is measured, and cells of the grid. */
const SLICE = 128, CELLS = 40;

/**
 * Both players with their optimisers. Data x (n, 2) and noise z (n, L) are the caller's.
 * @param {Players & { betas: number[] }} options
 */
export function createGame({ generator, discriminator, betas }) {
  const adam = {
    d: createAdam(discriminator.parameters, { betas }),
    g: createAdam(generator.parameters, { betas }),
  };
  return {
    adam,
    /**
     * Returns V(D, G) on these examples, before the step.
     * @param {Floats} x
     * @param {Floats} z
     * @param {number} n
     */
    stepD(x, z, n) {
      discriminator.zeroGradients();
      const real = meanSoftplus(discriminator.forward(x, n), -1, n);
      discriminator.backward(real.gradient, n);
      const fake = meanSoftplus(discriminator.forward(generator.forward(z, n), n), 1, n);
      discriminator.backward(fake.gradient, n);
      adam.d.step(discriminator.gradients);
      return -real.loss - fake.loss;
    },
    /**
     * Returns the generator's loss, before the step.
     * @param {Floats} z
     * @param {number} n
     * @param {string} kind
     */
    stepG(z, n, kind) {
      generator.zeroGradients();
      const logits = discriminator.forward(generator.forward(z, n), n);
      const { loss, slope } = lossG(logits, n, kind);
      generator.backward(discriminator.backward(slope, n), n);
      adam.g.step(generator.gradients);
      return loss;
    },
  };
}

/**
 * The generator's loss and its slope in each logit: mean log(1 - D) for minimax, mean -log D otherwise.
 * @param {Floats} logits
 * @param {number} n
 * @param {string} kind
 */
export function lossG(logits, n, kind) {
  const side = kind === "minimax" ? 1 : -1, { loss, gradient } = meanSoftplus(logits, side, n);
  return { loss: -side * loss, slope: gradient.map((value) => -side * value) };
}

/**
 * A batch of n points, each drawn from all of them.
 * @param {Floats} points
 * @param {number} n
 * @param {Random} random
 */
export function batchOf(points, n, random) {
  const x = like(points, 2 * n);
  for (let i = 0; i < n; i++) {
    const from = 2 * random.integer(points.length / 2);
    x[2 * i] = points[from];
    x[2 * i + 1] = points[from + 1];
  }
  return x;
}

/**
 * Gives a network new weights as torch's Linear draws them: uniform within 1 / sqrt(inputs).
 * @param {Network} network
 * @param {NetworkSpec} spec
 * @param {Random} random
 */
export function renew(network, { layers }, random) {
  const inputs = layers.flatMap(({ weight, bias }) =>
    weight ? Array(bias ? 2 : 1).fill(weight.shape[1]) : []
  );
  network.parameters.forEach((values, j) => {
    for (let i = 0; i < values.length; i++) {
      values[i] = (2 * random.uniform() - 1) / Math.sqrt(inputs[j]);
    }
  });
}

/**
 * The share of the points in each cell of a grid; those outside count in the nearest cell.
 * @param {Floats} points
 * @param {number} cells
 * @param {number} limit
 */
export function histogram(points, cells, limit) {
  const share = new Float64Array(cells * cells), count = points.length / 2;
  const cell = (/** @type {number} */ a) =>
    Math.min(cells - 1, Math.max(0, Math.trunc(((a + limit) * cells) / (2 * limit))));
  for (let i = 0; i < points.length; i += 2) {
    share[cell(points[i + 1]) * cells + cell(points[i])] += 1 / count;
  }
  return share;
}

/**
 * Jensen-Shannon divergence in nats.
 * @param {Float64Array} p
 * @param {Float64Array} q
 */
export function jsd(p, q) {
  const term = (/** @type {number} */ a, /** @type {number} */ b) =>
    a > 0 ? 0.5 * a * Math.log((2 * a) / (a + b)) : 0;
  return p.reduce((sum, a, i) => sum + term(a, q[i]) + term(q[i], a), 0);
}

/**
 * True points, and what the divergence of others from them is measured with: the first half of them, on a grid. Its
 * floor is the divergence of the second half.
 * @param {Floats} points
 * @param {number} limit
 */
export function truthOf(points, limit) {
  const count = Math.min(2048, SLICE * Math.floor(points.length / 4 / SLICE));
  const half = (/** @type {number} */ from) =>
    histogram(points.subarray(from, from + 2 * count), CELLS, limit);
  const share = half(0);
  return { points, count, limit, share, floor: jsd(share, half(2 * count)) };
}

/**
 * Estimates V(D, G) and the divergence, a few examples between two yields.
 * @param {Players} players
 * @param {Truth} truth
 * @param {Floats} noise
 * @returns {Generator<void, Standing>}
 */
export function* measure({ generator, discriminator }, truth, noise) {
  const { points, count, limit, share, floor } = truth, latent = generator.inputs;
  const made = like(points, 2 * count);
  let value = 0;
  for (let i = 0; i < count; i += SLICE) {
    const fake = generator.forward(noise.subarray(i * latent), SLICE);
    made.set(fake.subarray(0, 2 * SLICE), 2 * i);
    for (const [sample, side] of /** @type {[Floats, number][]} */ ([[points, -1], [made, 1]])) {
      yield;
      const logits = discriminator.forward(sample.subarray(2 * i), SLICE);
      value -= (meanSoftplus(logits, side, SLICE).loss * SLICE) / count;
    }
  }
  return { value, jsd: jsd(share, histogram(made, CELLS, limit)), floor };
}

/**
 * Ink as a density: a cell is drawn in proportion to its ink, and a point lies anywhere in its cell.
 * @param {ArrayLike<number>} ink a square
 * @param {number} limit
 * @param {number} count
 * @param {Random} random
 */
export function scatter(ink, limit, count, random) {
  const total = Float64Array.from(ink), points = new Float32Array(2 * count);
  const side = Math.sqrt(ink.length);
  for (let i = 1; i < total.length; i++) total[i] += total[i - 1];
  for (let n = 0; n < count; n++) {
    const mark = random.uniform() * total[total.length - 1];
    let low = 0, high = total.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (total[middle] > mark) high = middle;
      else low = middle + 1;
    }
    points[2 * n] = limit * ((2 * ((low % side) + random.uniform())) / side - 1);
    points[2 * n + 1] = limit * (1 - (2 * (Math.floor(low / side) + random.uniform())) / side);
  }
  return points;
}

/**
 * Lines through the noise, equally far apart, of which the first two latents take part; `share(i)` is the noise
 * between lines that cross at point i and the next ones.
 * @param {number} lines
 * @param {number} reach
 * @param {number} latent
 */
export function meshOf(lines, reach, latent) {
  const line = (/** @type {number} */ i) => reach * ((2 * i) / (lines - 1) - 1);
  const at = (/** @type {number} */ i) => [line(i % lines), line(Math.floor(i / lines))];
  const points = new Float32Array(lines * lines * latent), step = (2 * reach) / (lines - 1);
  for (let i = 0; i < lines * lines; i++) points.set(at(i).slice(0, latent), i * latent);
  const bump = (/** @type {number} */ z) => Math.exp(-((z + step / 2) ** 2) / 2);
  const share = (/** @type {number} */ i) =>
    ((step * step) / (2 * Math.PI)) * bump(at(i)[0]) * bump(at(i)[1]);
  return { points, share };
}

/**
 * What D believes of the middle of each cell of the plane, the first row on top; a row at a time, from the bottom up.
 * Where D learns faster than the rows are gone through, each still has its turn. No belief yet is one half.
 * @param {Network} discriminator
 * @param {number} limit
 */
function createBelief(discriminator, limit) {
  const values = new Float32Array(FIELD * FIELD).fill(0.5), places = new Float32Array(2 * FIELD);
  let row = FIELD, due = FIELD;
  return {
    values,
    get waiting() {
      return due > 0;
    },
    renew() {
      due = FIELD;
    },
    advance() {
      due--;
      row = (row || FIELD) - 1;
      const y = limit * (1 - (2 * row + 1) / FIELD);
      for (let i = 0; i < FIELD; i++) places.set([limit * ((2 * i + 1) / FIELD - 1), y], 2 * i);
      const logits = discriminator.forward(places, FIELD);
      for (let i = 0; i < FIELD; i++) values[row * FIELD + i] = sigmoid(logits[i]);
    },
  };
}

/**
 * @typedef {object} Source what a run starts from
 * @property {Record<keyof Players, { spec: NetworkSpec, weights: DataView }>} networks
 * @property {number[]} betas
 * @property {number} seed
 * @property {number} limit
 * @property {number} [renewal] how often new weights were asked for; 0 keeps those that were sent
 */

/**
 * What a widget's traits say of both players.
 * @param {Pick<Traits, "get">} traits
 */
export function sourceOf(traits) {
  const network = (/** @type {string} */ name) => ({
    spec: traits.get(`${name}_spec`),
    weights: traits.get(`${name}_weights`),
  });
  return {
    networks: { generator: network("generator"), discriminator: network("discriminator") },
    betas: traits.get("betas"),
    seed: traits.get("seed"),
    limit: traits.get("limit"),
  };
}

/** @param {Source["networks"]} networks */
function playersOf({ generator, discriminator }) {
  return {
    generator: createNetwork(generator.spec, generator.weights),
    discriminator: createNetwork(discriminator.spec, discriminator.weights),
  };
}

/** @type {(keyof Players)[]} */
const NAMES = ["generator", "discriminator"];

/**
 * A run from its first step on. `measure` works on a copy of both players, a few examples at a time, so that no frame
 * waits for it.
 * @param {Source} source
 */
export function createLab({ networks, betas, seed, limit, renewal = 0 }) {
  const random = createRandom(seed + 7919 * renewal);
  const players = playersOf(networks), copies = playersOf(networks);
  if (renewal) { for (const name of NAMES) renew(players[name], networks[name].spec, random); }
  const { generator, discriminator } = players, latent = generator.inputs;
  const game = createGame({ generator, discriminator, betas }), counts = { d: 0, g: 0 };
  const noise = createRandom(1).normals(new Float32Array(2048 * latent));
  const lattice = meshOf(MESH, 2.4, latent), belief = createBelief(discriminator, limit);
  const samples = new Float32Array(2 * SHOWN);
  /** @type {Standing} */
  let found = { value: NaN, jsd: NaN, floor: NaN };
  const history = createHistory(400, () => found);
  /** @type {Generator<void, void> | null} */
  let job = null;
  let truth = truthOf(new Float32Array(1024), limit), measured = -1;

  function* look() {
    for (const name of NAMES) {
      copies[name].parameters.forEach((copy, i) => copy.set(players[name].parameters[i]));
    }
    const step = measured = lab.total, now = yield* measure(copies, truth, noise);
    if (!Number.isFinite(now.value)) return;
    found = now;
    history.add(step);
  }

  const lab = {
    ...players,
    counts,
    history,
    belief: belief.values,
    /** The samples of the same noise, as `paint` last made them. */
    samples,
    get total() {
      return counts.d + counts.g;
    },
    get truth() {
      return truth;
    },
    /** How the game stood when it was last measured. */
    get standing() {
      return found;
    },
    /**
     * @param {number} d
     * @param {number} g
     */
    setRates(d, g) {
      [game.adam.d.lr, game.adam.g.lr] = [d, g];
    },
    /** @param {Floats} points */
    setData(points) {
      truth = truthOf(points, limit);
      [job, measured] = [null, -1];
      belief.renew();
    },
    /**
     * Makes a step and returns whether the player's loss is still finite.
     * @param {Player} player
     * @param {{ batch: number, kind: string }} settings
     */
    train(player, { batch, kind }) {
      const z = random.normals(new Float32Array(batch * latent));
      const loss = player === "d"
        ? game.stepD(batchOf(truth.points, batch, random), z, batch)
        : game.stepG(z, batch, kind);
      counts[player]++;
      belief.renew();
      return Number.isFinite(loss);
    },
    /**
     * Works on the tint and on the measurement, and returns whether there is more to do.
     * @param {() => number} spent milliseconds of this frame
     */
    follow(spent) {
      for (let i = 0; belief.waiting && (i < 4 || spent() < 3.5); i++) belief.advance();
      if (!job && measured !== lab.total) job = look();
      do if (job?.next().done) job = null; while (job && spent() < 4.5);
      return belief.waiting || job !== null || measured !== lab.total;
    },
    sample() {
      samples.set(generator.forward(noise, SHOWN).subarray(0, 2 * SHOWN));
      return samples;
    },
    /** The grid of noise as G maps it: one line of points where the noise has one dimension. */
    mesh() {
      const rows = latent > 1 ? MESH : 1;
      return { points: generator.forward(lattice.points, MESH * rows), rows, share: lattice.share };
    },
    /**
     * The way that each of the first samples is pulled by the generator's loss.
     * @param {string} kind
     */
    pull(kind) {
      const { slope } = lossG(discriminator.forward(samples, ARROWS), ARROWS, kind);
      return discriminator.backward(slope, ARROWS).map((g) => -ARROWS * g);
    },
    /**
     * The weights of a player, one after the other.
     * @param {keyof Players} name
     */
    trained(name) {
      const values = players[name].parameters.flatMap((part) => [...part]);
      return new DataView(Float32Array.from(values).buffer);
    },
  };
  return lab;
}
