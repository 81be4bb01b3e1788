// A Gibbs chain of a restricted Boltzmann machine: what runs, what is remembered of it, which pixels it may not change,
// and what the two phases of contrastive divergence say of a pair of pictures.

import { like } from "../js/arrays.js";
import { createHistory } from "../js/history.js";
import { unpack, unpackBits } from "../js/packing.js";
import { createRandom } from "../js/random.js";
import { createRbm } from "../js/rbm.js";

/** @import { Floats, FloatsType } from "../js/arrays.js" */
/** @import { Place } from "../js/chart.js" */
/** @import { Packed } from "../js/packing.js" */
/** @import { GibbsState, Rbm } from "../js/rbm.js" */
/** @import { Traits } from "../js/traits.js" */

/** @typedef {"noise" | "blank" | "example" | "drawing" | "given"} Start where a chain starts */
/** @typedef {"data" | "model"} Origin what a picture comes from, which is the colour of its ink */
/** @typedef {GibbsState & { clamp: Uint8Array, sweep: number, origin: Origin }} ChainState */
/** @typedef {{ spec: Record<string, Packed>, weights: DataView, seed: number }} Source */
/** @typedef {{ x: Floats, h: Floats, free: number }} Phase */
/** @typedef {ReturnType<typeof createChain>} Chain */
/** @typedef {ReturnType<typeof createStudy>} Study */

/** The sweeps that the first view has already run. */
export const WARM = 110;
/** The earlier frames that are drawn where each restarts at the data. */
const TRACES = 12;

/**
 * The chain alone: its place, its machine, and what it has been through.
 * @param {Source} source
 * @param {FloatsType} [Type]
 */
export function createChain({ spec, weights: sent, seed }, Type = Float32Array) {
  let weights = unpack(spec, sent, Type), machine = createRbm(weights), random = createRandom(seed);
  const { visible, hidden } = machine;
  const [x, meanX, h, meanH] = [visible, visible, hidden, hidden].map((size) => new Type(size));
  /** @type {ChainState} */
  const state = { x, meanX, h, meanH, clamp: new Uint8Array(visible), sweep: 0, origin: "model" };
  const energies = createHistory(400, () => machine.freeEnergy(x));
  const film = createHistory(48, () => meanX.slice());
  function record() {
    energies.add(state.sweep);
    film.add(state.sweep);
  }
  return {
    state,
    energies,
    film,
    visible,
    hidden,
    get machine() {
      return machine;
    },
    get weights() {
      return weights;
    },
    /** @param {DataView} next */
    load(next) {
      weights = unpack(spec, next, Type);
      machine = createRbm(weights);
    },
    reseed() {
      random = createRandom(seed);
    },
    /** Coins in place of pixels. */
    noise: () => random.bernoulli(new Type(visible).fill(0.5), new Type(visible)),
    /**
     * @param {ArrayLike<number>} image
     * @param {Origin} origin
     */
    start(image, origin) {
      x.set(image);
      random.bernoulli(machine.probH(x, meanH), h);
      machine.probX(h, meanX);
      for (let i = 0; i < visible; i++) if (state.clamp[i]) meanX[i] = x[i];
      Object.assign(state, { sweep: 0, origin });
      energies.clear();
      film.clear();
      record();
    },
    /** @param {number} sweeps */
    run(sweeps) {
      for (let i = 0; i < sweeps; i++) {
        machine.sweep(state, random);
        state.sweep++;
        state.origin = "model";
        record();
      }
    },
  };
}

/**
 * A chain beside data: x(t) of the positive phase, the pixels that are kept, and whether each frame goes on or restarts
 * at x(t).
 * @param {Chain} chain
 * @param {Floats[]} examples
 */
export function createStudy(chain, examples) {
  let example = -1, rough = false;
  /** @type {Floats | null} */
  let data = null;
  /** @type {Place[][]} */
  let traces = [];
  const study = {
    chain,
    examples,
    /** Whether the chain goes on from frame to frame. */
    persistent: true,
    get data() {
      return data;
    },
    /** The free energies of earlier frames. */
    get traces() {
      return traces;
    },
    /** Whether the chain started from noise, far above everything else. */
    get rough() {
      return rough;
    },
    /** Where a pixel keeps its value, 1. */
    get mask() {
      return chain.state.clamp;
    },
    set mask(next) {
      chain.state.clamp = next;
    },
    forget() {
      traces = [];
    },
    /** As at first. */
    reset() {
      chain.reseed();
      [example, data] = [-1, null];
    },
    /** @param {boolean} next whether it may not be the one of before */
    example(next) {
      if (next || example < 0) example = (example + 1) % examples.length;
      return examples[example];
    },
    /**
     * Starts at an image. What is kept comes from it; the rest has to be found, so it starts from noise.
     * @param {Start} from
     * @param {Floats} image
     * @param {number} sweeps
     */
    begin(from, image, sweeps) {
      const made = isMade(from), found = from === "example" || from === "drawing", { mask } = study;
      const lost = study.persistent && found && mask.some(Boolean);
      data = made ? (examples[Math.max(0, example)] ?? data) : image;
      traces = [];
      rough = from === "noise" || lost;
      const place = lost ? chain.noise().map((coin, i) => (mask[i] ? image[i] : coin)) : image;
      chain.start(place, lost || !found ? "model" : "data");
      if (!study.persistent) chain.run(sweeps);
    },
    /** Keeps what is to be kept of the picture that is seen; the rest has to be found, so it starts from noise. */
    keep() {
      const { x } = chain.state, { mask } = study;
      [traces, rough] = [[], true];
      chain.start(chain.noise().map((coin, i) => (mask[i] ? x[i] : coin)), "model");
    },
    /** @param {number} sweeps of a frame */
    advance(sweeps) {
      if (!study.persistent && data) {
        traces = [...traces.slice(1 - TRACES), chain.energies.entries];
        chain.start(data, "data");
      }
      chain.run(sweeps);
    },
    /** The free energies that the middle 80 of 100 images of the data have. */
    band: () => examples.length ? middle(examples.map((x) => chain.machine.freeEnergy(x))) : null,
  };
  return study;
}

/**
 * The study that a widget's traits describe.
 * @param {Pick<Traits, "get">} traits
 */
export function studyOf(traits) {
  const [spec, weights, seed] = ["spec", "weights", "seed"].map((name) => traits.get(name));
  const chain = createChain({ spec, weights, seed });
  const count = traits.get("example_count");
  return createStudy(chain, unpackBits(traits.get("examples"), chain.visible, count));
}

/** @param {Start} from */
export function isMade(from) {
  return from === "noise" || from === "blank";
}

/**
 * What a phase of contrastive divergence has of a picture: p(h | x) and F(x).
 * @param {Rbm} machine
 * @param {Floats} x
 * @param {Floats} [h]
 * @returns {Phase}
 */
export function phaseOf(machine, x, h = like(x, machine.hidden)) {
  return { x, h: machine.probH(x, h), free: machine.freeEnergy(x) };
}

/**
 * Row j of what W is told. The outer product h x' has a row for each hidden unit: the picture x, as strong as that unit
 * is on.
 * @param {Pick<Phase, "x" | "h">} positive
 * @param {Pick<Phase, "x" | "h">} negative
 * @param {number} j
 * @param {Record<"raised" | "lowered" | "difference", Floats>} out
 */
export function outerRows(positive, negative, j, { raised, lowered, difference }) {
  for (let i = 0; i < difference.length; i++) {
    raised[i] = positive.h[j] * positive.x[i];
    lowered[i] = negative.h[j] * negative.x[i];
    difference[i] = raised[i] - lowered[i];
  }
}

/**
 * The number of places where two pictures are not the same.
 * @param {Floats} a
 * @param {Floats} b
 */
export function differing(a, b) {
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++;
  return count;
}

/**
 * The input of a hidden unit, b + w x.
 * @param {Floats} row
 * @param {number} bias
 * @param {Floats} x
 */
export function inputOf(row, bias, x) {
  let sum = bias;
  for (let i = 0; i < row.length; i++) sum += row[i] * x[i];
  return sum;
}

/**
 * The masks that have a name, 1 where a pixel keeps its value.
 * @param {number} rows
 * @param {number} columns
 * @returns {Record<string, Uint8Array>}
 */
export function masksOf(rows, columns) {
  const made = (/** @type {(row: number, column: number) => boolean} */ inside) =>
    Uint8Array.from(
      { length: rows * columns },
      (_, i) => inside(Math.floor(i / columns), i % columns) ? 1 : 0,
    );
  return {
    none: made(() => false),
    left: made((_, column) => column < columns / 2),
    right: made((_, column) => column >= columns / 2),
    top: made((row) => row < rows / 2),
    bottom: made((row) => row >= rows / 2),
  };
}

/**
 * One picture in two colours: data above zero, what the model made below.
 * @param {Floats} values
 * @param {ArrayLike<number>} kept
 * @param {Origin} origin
 * @param {Floats} out
 */
export function inked(values, kept, origin, out) {
  for (let i = 0; i < out.length; i++) {
    out[i] = kept[i] || origin === "data" ? values[i] : -values[i];
  }
  return out;
}

/**
 * A range for the axis of free energies. Noise starts so high that the rest would be a flat line: the axis is made for
 * what comes after `from` sweeps, and for the other values that it is compared with.
 * @param {Place[]} points
 * @param {number} from
 * @param {number[]} others
 */
export function settled(points, from, others) {
  const late = points.filter(([sweep]) => sweep >= from).map(([, energy]) => energy);
  const values = [...late, ...others];
  if (values.length < 3) return undefined;
  const low = Math.min(...values), high = Math.max(...values), room = 0.1 * (high - low) || 1;
  return [low - room, high + room];
}

/**
 * The range that holds the middle 80 of 100 values.
 * @param {number[]} values
 */
function middle(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => sorted[Math.round(share * (sorted.length - 1))];
  return { from: at(0.1), to: at(0.9) };
}
