// Settings that families of TinyWorld share.

/** @import { Wish } from "./model.js" */

/** @type {Wish} */
export const RATE = { trait: "rate", label: "Rate", min: 0.001, max: 0.3, powers: true };
/** @type {Wish} */
export const HIDDEN = { trait: "hidden", label: "Hidden units", min: 2, max: 16, anew: true };
/** @type {Wish} */
export const BATCH = {
  trait: "batch",
  label: "Data in a step",
  options: [[0, "all of them"], [16, "16 draws"], [64, "64 draws"], [256, "256 draws"]],
};
