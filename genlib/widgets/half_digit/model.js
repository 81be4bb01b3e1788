// HalfDigit: a chain that finishes what was drawn, and where the encoder puts the picture that it makes.

import { createChain, createStudy, masksOf } from "../gibbs_chain/model.js";
import { createVae } from "../latent_explorer/model.js";

/** @import { Floats } from "../js/arrays.js" */
/** @import { Traits } from "../js/traits.js" */
/** @import { Study } from "../gibbs_chain/model.js" */
/** @import { Vae } from "../latent_explorer/model.js" */

/** @typedef {"top" | "bottom" | "left" | "right"} Half */
/** @typedef {ReturnType<typeof createGuess>} Guess */

export const SIDE = 28;
/** The sweeps that the first view has already run, and how much of the picture that is placed is the last sweep's. */
const WARM = 110, SHARE = 0.15;

/**
 * Ink on a square pad as pixels, each on where at least half of its part of the pad is covered.
 * @param {ArrayLike<number>} ink
 */
export function pixelsOf(ink) {
  const wide = Math.sqrt(ink.length), cell = wide / SIDE, out = new Float32Array(SIDE * SIDE);
  for (let i = 0; i < ink.length; i++) {
    const row = Math.floor(i / wide / cell), column = Math.floor((i % wide) / cell);
    out[row * SIDE + column] += ink[i] / (cell * cell);
  }
  return out.map((share) => (share >= 0.5 ? 1 : 0));
}

/**
 * @param {Study} study
 * @param {Vae} vae
 */
export function createGuess(study, vae) {
  const { state } = study.chain, masks = masksOf(SIDE, SIDE), seen = new Float32Array(SIDE * SIDE);
  function settle(/** @type {number} */ share) {
    for (let i = 0; i < seen.length; i++) seen[i] += share * (state.meanX[i] - seen[i]);
  }
  return {
    study,
    state,
    /** The picture as of the last sweeps, which is what is encoded. */
    seen,
    /** As at first: a picture of the machine's own. */
    reset() {
      study.chain.reseed();
      study.mask = masks.none;
      study.begin("noise", study.chain.noise(), 1);
      study.chain.run(WARM);
      settle(1);
    },
    /**
     * Holds the half of what was drawn, and has the other half found.
     * @param {Floats} image
     * @param {Half} half
     */
    draw(image, half) {
      study.mask = masks[half];
      study.begin("drawing", image, 1);
      settle(1);
    },
    /**
     * Holds half of the picture that is seen.
     * @param {Half} half
     */
    keep(half) {
      study.mask = masks[half];
      study.keep();
      settle(1);
    },
    advance() {
      study.advance(1);
      settle(SHARE);
    },
    /** The mean code of the picture. */
    place: () => Array.from(vae.encode(seen).mu),
    decode: vae.decode,
  };
}

/**
 * What a widget's traits describe.
 * @param {Pick<Traits, "get">} traits
 */
export function guessOf(traits) {
  const [spec, weights, seed] = ["machine_spec", "machine", "seed"].map((name) => traits.get(name));
  const vae = createVae({
    encoder: { spec: traits.get("encoder_spec"), weights: traits.get("encoder_weights") },
    decoder: { spec: traits.get("spec"), weights: traits.get("weights") },
  });
  return createGuess(createStudy(createChain({ spec, weights, seed }), []), vae);
}
