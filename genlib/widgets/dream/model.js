// A deep belief network that dreams. It is a stack of restricted Boltzmann machines from the picture upwards: the top
// two layers are a Markov chain, which may know labels; below them arrows only point down.

import { createHistory } from "../js/history.js";
import { unpack } from "../js/packing.js";
import { createRandom } from "../js/random.js";
import { createRbm } from "../js/rbm.js";

/** @import { Floats, FloatsType } from "../js/arrays.js" */
/** @import { Packed } from "../js/packing.js" */
/** @import { Random } from "../js/random.js" */

/** @typedef {Record<string, Floats>} Tensors */
/** @typedef {"data" | "model"} Origin what a picture comes from, which is the colour of its ink */
/** @typedef {{ spec: Record<string, Packed>, weights: DataView, seed: number, label: number }} Source */
/** @typedef {ReturnType<typeof createBelief>} Belief */
/** @typedef {ReturnType<typeof createDream>} Dream */

/** No label: none is held, or there are none. */
export const FREE = -1;

/**
 * Makes logits of the labels into their probabilities, in place.
 * @param {Floats} logits
 */
function normalise(logits) {
  const most = Math.max(...logits);
  let sum = 0;
  for (let y = 0; y < logits.length; y++) sum += logits[y] = Math.exp(logits[y] - most);
  for (let y = 0; y < logits.length; y++) logits[y] /= sum;
  return logits;
}

/**
 * Draws a label.
 * @param {Floats} p
 * @param {Random} random
 */
function choice(p, random) {
  let left = random.uniform(), y = 0;
  while (y < p.length - 1 && (left -= p[y]) >= 0) y++;
  return y;
}

/**
 * The top machine, with visible units h, hidden units v and, where U (V, labels) and d are given, a label y beside h.
 * @param {Tensors} tensors
 */
export function createTop({ W, b, c, U, d }) {
  const labels = d?.length ?? 0,
    own = b.slice(),
    bias = b.slice(),
    rbm = createRbm({ W, b: bias, c });
  /** @param {number} y given it, the top is an RBM whose hidden bias is b + U_y */
  function know(y) {
    for (let j = 0; j < bias.length; j++) bias[j] = own[j] + (y < 0 ? 0 : U[j * labels + y]);
  }
  return {
    rbm,
    labels,
    /**
     * p(v | h, y)
     * @param {Floats} h
     * @param {number} y
     * @param {Floats} out
     */
    probV(h, y, out) {
      know(y);
      return rbm.probH(h, out);
    },
    /**
     * p(y | v), a softmax.
     * @param {Floats} v
     * @param {Floats} out
     */
    labelGiven(v, out) {
      out.set(d);
      for (let j = 0; j < v.length; j++) {
        if (v[j]) { for (let y = 0; y < labels; y++) out[y] += v[j] * U[j * labels + y]; }
      }
      return normalise(out);
    },
    /**
     * p(y | h), exactly: v is summed out.
     * @param {Floats} h
     * @param {Floats} out
     */
    probY(h, out) {
      for (let y = 0; y < labels; y++) {
        know(y);
        out[y] = d[y] - rbm.freeEnergy(h);
      }
      return normalise(out);
    },
  };
}

/**
 * @param {Tensors} tensors W0, b0, c0, W1, ..., and U and d of a top that knows labels
 * @param {FloatsType} [Type]
 */
export function createBelief({ U, d, ...tensors }, Type = Float32Array) {
  const depth = Object.keys(tensors).length / 3, below = depth - 1;
  const layer = (/** @type {number} */ i) => ({
    W: tensors[`W${i}`],
    b: tensors[`b${i}`],
    c: tensors[`c${i}`],
  });
  const top = createTop({ ...layer(below), U, d }), { labels } = top;
  const layers = Array.from({ length: below }, (_, i) => createRbm(layer(i)));
  const widths = [...layers, top.rbm].map(({ visible }) => visible).concat(top.rbm.hidden);
  const [units, means] = [0, 1].map(() => widths.map((width) => new Type(width)));
  const softmax = new Type(labels);
  const belief = {
    /** States of every layer, the picture first. */
    units,
    /** Probabilities of every layer. */
    means,
    labels,
    /** The label now. */
    y: FREE,
    /** @param {Floats} out */
    probY: (out) => top.probY(units[below], out),
    labelGiven: top.labelGiven,
    /**
     * The code of a picture, layer by layer.
     * @param {ArrayLike<number>} x
     * @param {Random} random
     * @param {number} [held] a label
     */
    up(x, random, held = FREE) {
      units[0].set(x);
      layers.forEach((rbm, i) => random.bernoulli(rbm.probH(units[i], means[i + 1]), units[i + 1]));
      begin(random, held);
    },
    /**
     * Coins in the layer below the top one.
     * @param {Random} random
     * @param {number} [held]
     */
    noise(random, held = FREE) {
      random.bernoulli(means[below].fill(0.5), units[below]);
      begin(random, held);
    },
    /**
     * One Gibbs sweep of the top; a label that is held is kept.
     * @param {Random} random
     * @param {number} [held]
     */
    sweep(random, held = FREE) {
      if (labels && held >= 0) belief.y = held;
      drawTop(random);
      random.bernoulli(top.rbm.probX(units[depth], means[below]), units[below]);
      if (labels && held < 0) belief.y = choice(top.labelGiven(units[depth], softmax), random);
    },
    /**
     * From the layer below the top one to the picture.
     * @param {Random} random
     */
    down(random) {
      for (let i = below - 1; i >= 0; i--) {
        random.bernoulli(layers[i].probX(units[i + 1], means[i]), units[i]);
      }
    },
    /**
     * Goes on where another network stands.
     * @param {{ units: Floats[], means: Floats[], y: number }} other
     */
    take(other) {
      units.forEach((values, i) => values.set(other.units[i]));
      means.forEach((values, i) => values.set(other.means[i]));
      belief.y = other.y;
    },
  };
  /** @param {Random} random */
  function drawTop(random) {
    random.bernoulli(top.probV(units[below], belief.y, means[depth]), units[depth]);
  }
  /**
   * @param {Random} random
   * @param {number} held
   */
  function begin(random, held) {
    belief.y = held >= 0 || !labels ? held : choice(belief.probY(softmax), random);
    drawTop(random);
  }
  return belief;
}

/**
 * A run of the top with the pictures that it sends down.
 * @param {Source} source
 * @param {FloatsType} [Type]
 */
export function createDream({ spec, weights, seed, label }, Type = Float32Array) {
  const read = (/** @type {DataView} */ sent) => createBelief(unpack(spec, sent, Type), Type);
  let net = read(weights), random = createRandom(seed), sweep = 0, drawn = true;
  /** @type {Origin} */
  let origin = "model";
  /** The picture is drawn only where somebody looks at it. */
  function look() {
    if (!drawn) net.down(random);
    drawn = true;
  }
  const film = createHistory(48, () => {
    look();
    const shown = origin === "data" ? net.units[0] : net.means[0];
    return { values: shown.slice(), origin, y: net.y };
  });
  /** @param {Origin} from */
  function started(from) {
    [sweep, origin, drawn] = [0, from, true];
    film.clear();
    film.add(0);
  }
  const dream = {
    film,
    /** The label that is held. */
    held: label,
    get net() {
      return net;
    },
    get sweep() {
      return sweep;
    },
    get origin() {
      return origin;
    },
    /** @param {DataView} sent weights of a network that has trained on; the chain keeps its place */
    load(sent) {
      const before = net;
      net = read(sent);
      net.take(before);
    },
    reseed() {
      random = createRandom(seed);
    },
    noise() {
      net.noise(random, dream.held);
      net.down(random);
      started("model");
    },
    /**
     * Starts from the code of a picture.
     * @param {ArrayLike<number>} picture
     */
    begin(picture) {
      net.up(picture, random, dream.held);
      net.down(random);
      net.units[0].set(picture);
      started("data");
    },
    /** @param {number} sweeps */
    run(sweeps) {
      origin = "model";
      for (let i = 0; i < sweeps; i++) {
        net.sweep(random, dream.held);
        drawn = false;
        film.add(++sweep);
      }
      look();
    },
  };
  return dream;
}

/**
 * Columns of a wide strip of n units: about eight times as many as rows, with no gap at the end where that can be.
 * @param {number} n
 */
export function columnsOf(n) {
  const wanted = Math.sqrt(8 * n);
  let best = Math.ceil(wanted), off = Math.log(2) / 2;
  for (let columns = 1; columns <= n; columns++) {
    const distance = Math.abs(Math.log(columns / wanted));
    if (n % columns === 0 && distance < off) [best, off] = [columns, distance];
  }
  return best;
}
