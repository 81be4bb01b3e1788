// Random numbers with a seed: sfc32 (Chris Doty-Humphrey).

/** @import { Floats } from "./arrays.js" */

/** @typedef {{ words: number[], spare: number | null }} RandomState */
/** @typedef {ReturnType<typeof createRandom>} Random */

/**
 * A stream of random numbers, the same for the same seed; `state` can be read and put back.
 * @param {number} seed an integer
 */
export function createRandom(seed = 0) {
  let state = new Uint32Array([0x9e3779b9 ^ seed, seed, 0x243f6a88, 1]);
  /** @type {number | null} */
  let spare = null;

  function bits() {
    const sum = (state[0] + state[1] + state[3]++) >>> 0;
    state[0] = state[1] ^ (state[1] >>> 9);
    state[1] = state[2] + (state[2] << 3);
    state[2] = ((state[2] << 21) | (state[2] >>> 11)) + sum;
    return sum;
  }
  for (let i = 0; i < 16; i++) bits();

  const uniform = () => (bits() + 0.5) / 4294967296;
  function normal() {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(uniform())), angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  return {
    /** Uniform in (0, 1), never an end. */
    uniform,
    normal,
    /** @param {number} n */
    integer: (n) => Math.floor(n * uniform()),
    /**
     * Fills `out` with coins that show 1 with probability p.
     * @template {Floats} Out
     * @param {Floats} p
     * @param {Out} out
     */
    bernoulli(p, out) {
      for (let i = 0; i < out.length; i++) out[i] = uniform() < p[i] ? 1 : 0;
      return out;
    },
    /**
     * Fills the first `count` places of `out` with standard normal numbers.
     * @template {Floats} Out
     * @param {Out} out
     */
    normals(out, count = out.length) {
      for (let i = 0; i < count; i++) out[i] = normal();
      return out;
    },
    /** @returns {RandomState} */
    get state() {
      return { words: [...state], spare };
    },
    set state(saved) {
      state = new Uint32Array(saved.words);
      spare = saved.spare;
    },
  };
}
