// LatentExplorer's state and mathematics: a code that a hand moves, the two networks, and the way from A to B.

import { mixed, unpackImages } from "../js/codes.js";
import { sigmoid } from "../js/functions.js";
import { createNetwork } from "../js/network.js";
import { createRandom } from "../js/random.js";

/** @import { Floats, FloatsType } from "../js/arrays.js" */
/** @import { NetworkSpec } from "../js/network.js" */
/** @import { Random } from "../js/random.js" */
/** @import { Traits } from "../js/traits.js" */

/**
 * @typedef {object} Coder one network, and how its output is read
 * @property {NetworkSpec & { mean: number, bernoulli: boolean, sigma: number | null }} spec
 * @property {DataView} weights
 */
/** @typedef {{ mu: Floats, sigma: Floats }} Belief q(z|x) */
/** @typedef {{ z: number[], x: Floats | null }} End of a way; `x` is the image whose code it is */
/** @typedef {ReturnType<typeof createVae>} Vae */
/** @typedef {ReturnType<typeof createWalk>} Walk */

/** Mean KL, in nats, below which data do not use a latent. */
export const USED = 0.05;
/** So many sliders are seen at once. */
export const SHOWN = 6;

/**
 * The two networks: images to q(z|x), and codes (batch, L) to means of p(x|z).
 * @param {{ encoder: Coder, decoder: Coder }} coders
 * @param {FloatsType} [Type]
 */
export function createVae({ encoder: { spec: q, weights }, decoder }, Type = Float32Array) {
  const { spec: p } = decoder, latent = q.mean, features = p.mean;
  const infer = createNetwork(q, weights, Type);
  const generate = createNetwork(p, decoder.weights, Type), width = generate.outputs;
  const value = p.bernoulli ? sigmoid : (/** @type {number} */ a) => a;
  const sigma = new Type(features).fill(p.sigma ?? 1);
  return {
    latent,
    features,
    /** Whether pixels are drawn as coins. */
    bernoulli: p.bernoulli,
    /**
     * @param {ArrayLike<number>} x
     * @returns {Belief}
     */
    encode(x) {
      const out = infer.forward(Type.from(x));
      const own = out.slice(latent, 2 * latent).map(Math.exp);
      return {
        mu: out.slice(0, latent),
        sigma: q.sigma === null ? own : new Type(latent).fill(q.sigma),
      };
    },
    /**
     * @param {ArrayLike<number>} z
     * @param {number} [batch]
     * @param {Floats} [out]
     */
    decode(z, batch = 1, out = new Type(batch * features)) {
      const rows = generate.forward(Type.from(z), batch);
      for (let n = 0; n < batch; n++) {
        for (let i = 0; i < features; i++) out[n * features + i] = value(rows[n * width + i]);
      }
      if (width > features) {
        for (let i = 0; i < features; i++) sigma[i] = Math.exp(rows[features + i]);
      }
      return out;
    },
    /**
     * A draw from p(x|z) around a mean that `decode` has just returned.
     * @param {Floats} mean
     * @param {Random} random
     */
    sample(mean, random) {
      const draw = p.bernoulli
        ? (/** @type {number} */ m) => random.uniform() < m ? 1 : 0
        : (/** @type {number} */ m, /** @type {number} */ i) => m + sigma[i] * random.normal();
      return mean.map(draw);
    },
  };
}

/**
 * How far sliders and plane reach: 3, or as far as nearly all codes do, but not beyond 5.
 * @param {number[][]} codes
 */
export function reachOf(codes) {
  const sizes = Float64Array.from(codes.flat(), Math.abs).sort();
  const far = sizes[Math.ceil(0.99 * sizes.length) - 1] ?? 3;
  return Math.min(5, Math.max(3, Math.ceil(2 * far) / 2));
}

/**
 * Which latents are seen first, those that data use most, which wait under *More*, and how many of these data do not
 * use at all. Two are never sorted: they are the axes of a plane.
 * @param {number} count
 * @param {number[]} kl mean KL of each, or none
 */
export function arranged(count, kl) {
  const known = kl.length > 0, sorts = known && count > 2;
  const order = Array.from({ length: count }, (_, i) => i);
  if (sorts) order.sort((i, j) => kl[j] - kl[i] || i - j);
  const isUsed = (/** @type {number} */ i) => !sorts || kl[i] >= USED;
  const first = order.filter(isUsed).slice(0, SHOWN);
  const more = order.filter((i) => !first.includes(i));
  return { first, more, unused: more.filter((i) => !isUsed(i)).length };
}

/**
 * A walk through the latent space: the code now, the image that was encoded last, and a way between two ends.
 * @param {Vae} first
 * @param {{ start: number[], examples: Floats[], seed: number, kl?: () => number[] }} options `kl` is the mean KL of
 *   each latent, or none
 */
export function createWalk(first, { start, examples, seed, kl = () => [] }) {
  const mean = new Float32Array(first.features);
  let vae = first, random = createRandom(seed), z = start;
  /** @type {{ x: Floats | null, q: Belief | null, ends: End[], drawn: Floats | null }} */
  const now = { x: null, q: null, ends: [], drawn: null };
  /** @type {End[] | null} the reader's own ends, while others are walked */
  let own = null;

  function prior() {
    return Array.from(random.normals(new Float64Array(vae.latent)));
  }
  /** @param {Floats | null} image */
  function encode(image) {
    now.x = image;
    now.q = image && vae.encode(image);
  }
  /** @param {Floats | null} image */
  function endAt(image) {
    return { x: image, z: image ? Array.from(vae.encode(image).mu) : prior() };
  }
  return {
    now,
    prior,
    encode,
    get kl() {
      return kl();
    },
    get vae() {
      return vae;
    },
    /** The code: another list each time that it has moved. */
    get z() {
      return z;
    },
    /** @param {ArrayLike<number>} to */
    move(to) {
      z = Array.from(to);
    },
    /** Goes on with networks that have trained on. @param {Vae} next */
    load(next) {
      vae = next;
      if (now.x) encode(now.x);
    },
    /** To the first view: the first example, or nothing, and a way to the second. */
    reset() {
      random = createRandom(seed);
      encode(examples[0] ?? null);
      now.ends = [0, 1].map((i) => endAt(examples[i] ?? null));
      now.drawn = own = null;
      z = Array.from(start);
    },
    /** The mean of p(x|z), in an array that the next call overwrites. */
    mean: () => vae.decode(z, 1, mean),
    /** Pixels drawn around that mean, kept until the next are. */
    sample() {
      now.drawn = vae.sample(mean, random);
      return now.drawn;
    },
    /**
     * Makes the code one end of the way; it shows the image whose code it is.
     * @param {0 | 1} i
     */
    keep(i) {
      const { x, q } = now;
      const isOf = q !== null && z.every((value, j) => Math.abs(value - q.mu[j]) < 1e-3);
      now.ends[i] = { z: [...z], x: isOf ? x : null };
      own = null;
    },
    /**
     * Goes another way for a while; without one, that of before again.
     * @param {number[][]} [way] its two ends
     */
    detour(way) {
      own ??= now.ends;
      now.ends = way?.map((end) => ({ z: end, x: null })) ?? own;
      if (!way) own = null;
    },
    /** @param {number} t */
    between: (t) => mixed(now.ends[0].z, now.ends[1].z, t),
  };
}

/**
 * The networks that a widget's traits describe.
 * @param {Pick<Traits, "get">} traits
 */
export function vaeOf(traits) {
  return createVae({
    encoder: { spec: traits.get("encoder_spec"), weights: traits.get("encoder_weights") },
    decoder: { spec: traits.get("spec"), weights: traits.get("weights") },
  });
}

/**
 * The walk that they describe, and the images to choose from.
 * @param {Pick<Traits, "get">} traits
 */
export function walkOf(traits) {
  const vae = vaeOf(traits), { features } = vae;
  const examples = unpackImages(traits.get("examples"), features);
  const start = [...traits.get("z")], kl = () => traits.get("kl");
  return { walk: createWalk(vae, { start, examples, seed: traits.get("seed"), kl }), examples };
}
