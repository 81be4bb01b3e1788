// CodePlane's state and mathematics: two ways to make two numbers of an image, the point that is decoded in the plane of
// each, and a walk from one image to another.

import { mixed, unpackCodes, unpackImages } from "../js/codes.js";
import { createNetwork } from "../js/network.js";

/** @import { Floats, FloatsType } from "../js/arrays.js" */
/** @import { NetworkSpec } from "../js/network.js" */
/** @import { Box } from "../js/plane.js" */
/** @import { Traits } from "../js/traits.js" */

/** @typedef {{ spec: NetworkSpec, weights: DataView }} Part a network as it travels */
/** @typedef {ReturnType<typeof createCoder>} Coder */
/** @typedef {ReturnType<typeof createStudy>} Study */

/** Names of the traits of both ways, the autoencoder first. */
const WAYS = [
  { encoder: "encoder_", decoder: "", codes: "codes" },
  { encoder: "pca_encoder_", decoder: "pca_", codes: "components" },
];
/** In the place of an image: the emptiest corner of a plane. */
export const CORNER = -1;

/**
 * An encoder and a decoder; linear ones are PCA.
 * @param {Part} encoder
 * @param {Part} decoder
 * @param {FloatsType} [Type]
 */
export function createCoder(encoder, decoder, Type = Float32Array) {
  const up = createNetwork(encoder.spec, encoder.weights, Type);
  const down = createNetwork(decoder.spec, decoder.weights, Type), features = down.outputs;
  const encode = (/** @type {ArrayLike<number>} */ x) =>
    Array.from(up.forward(Type.from(x)).subarray(0, 2));
  const decode = (/** @type {ArrayLike<number>} */ z) =>
    down.forward(Type.from(z)).slice(0, features);
  return {
    features,
    encode,
    decode,
    /** Where the decoder's picture of z is put by the encoder. @param {ArrayLike<number>} z */
    back: (z) => encode(decode(z)),
  };
}

/**
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
export function distance(a, b) {
  return Math.sqrt(squaredError(a, b));
}

/**
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
export function squaredError(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}

/**
 * What a plane shows: all codes, and a little more on every side.
 * @param {number[][]} codes
 * @returns {Box}
 */
export function boxOf(codes) {
  const ends = [0, 1].map((i) => {
    const values = codes.map((code) => code[i]);
    const low = values.reduce((a, b) => Math.min(a, b)),
      high = values.reduce((a, b) => Math.max(a, b));
    const margin = 0.05 * (high - low) || 1;
    return [low - margin, high + margin];
  });
  return { low: ends.map(([low]) => low), high: ends.map(([, high]) => high) };
}

/**
 * How far the nearest dot is.
 * @param {number[]} z
 * @param {number[][]} codes
 */
export function gapAt(z, codes) {
  return codes.reduce((least, code) => Math.min(least, distance(z, code)), Infinity);
}

/**
 * The corner of what a plane shows that is farthest from all dots.
 * @param {number[][]} codes
 */
export function emptyCorner(codes) {
  const { low, high } = boxOf(codes), [left, right] = [low[0], high[0]];
  const corners = [left, right].flatMap((x) => [[x, low[1]], [x, high[1]]]);
  return corners.reduce((best, corner) =>
    gapAt(corner, codes) > gapAt(best, codes) ? corner : best
  );
}

/**
 * The two images that lie closest in the plane of one way.
 * @param {Coder} coder
 * @param {Floats[]} examples
 * @returns {[number, number]}
 */
export function closest({ encode }, examples) {
  const points = examples.map(encode);
  /** @type {[number, number]} */
  let best = [0, Math.min(1, examples.length - 1)];
  for (let a = 0; a < points.length; a++) {
    for (let b = a + 1; b < points.length; b++) {
      const least = distance(points[best[0]], points[best[1]]);
      if (distance(points[a], points[b]) < least) best = [a, b];
    }
  }
  return best;
}

/**
 * @param {Coder[]} first the autoencoder, and PCA
 * @param {{ codes: number[][][], examples: Floats[], start: number[][] }} options
 */
export function createStudy(first, { codes, examples, start }) {
  let coders = first, z = start.map((point) => [...point]);
  /** @type {{ x: Floats | null, ends: [number, number], t: number }} */
  const now = { x: examples[0] ?? null, ends: [0, 1], t: 0 };
  const corners = codes.map(emptyCorner);
  /** The ends of the walk in the plane of one way. @param {number} way */
  function endsOf(way) {
    return now.ends.map((end) => end === CORNER ? corners[way] : coders[way].encode(examples[end]));
  }
  return {
    now,
    endsOf,
    codes,
    examples,
    get coders() {
      return coders;
    },
    /** The point of each plane: others each time that they have moved. */
    get z() {
      return z;
    },
    /**
     * A hand moves the point of one plane: what is decoded is no longer an image that was given.
     * @param {number} i
     * @param {number[]} to
     */
    move(i, to) {
      z = z.map((point, j) => (i === j ? [...to] : point));
      now.x = null;
    },
    /** @param {Floats} image */
    encode(image) {
      now.x = image;
      z = coders.map((coder) => coder.encode(image));
    },
    /**
     * On the straight line between the two ends, in both planes.
     * @param {number} t
     */
    walk(t) {
      z = coders.map((_, way) => {
        const [a, b] = endsOf(way);
        return mixed(a, b, t);
      });
      now.t = t;
      now.x = null;
    },
    /** @param {"corner" | "close"} way from the first image into the corner, or between those that PCA has closest */
    choose(way) {
      now.ends = way === "corner" ? [0, CORNER] : closest(coders[1], examples);
    },
    /** How far from a point of a plane its own picture is encoded. @param {number} i */
    drift: (i, at = z[i]) => distance(coders[i].back(at), at),
    /** @param {Coder[]} next */
    load(next) {
      coders = next;
    },
    reset() {
      Object.assign(now, {
        x: examples[0] ?? null,
        ends: [0, Math.min(1, examples.length - 1)],
        t: 0,
      });
      z = start.map((point) => [...point]);
    },
  };
}

/**
 * @param {Pick<Traits, "get">} traits
 * @param {FloatsType} [Type]
 */
export function codersOf(traits, Type) {
  /** @param {string} prefix */
  const part = (prefix) => ({
    spec: traits.get(`${prefix}spec`),
    weights: traits.get(`${prefix}weights`),
  });
  return WAYS.map(({ encoder, decoder }) => createCoder(part(encoder), part(decoder), Type));
}

/** @param {Pick<Traits, "get">} traits */
export function studyOf(traits) {
  const coders = codersOf(traits), { features } = coders[0];
  return createStudy(coders, {
    codes: WAYS.map(({ codes }) => unpackCodes(traits.get(codes), 2)),
    examples: unpackImages(traits.get("examples"), features),
    start: [traits.get("z"), traits.get("pca_z")],
  });
}
