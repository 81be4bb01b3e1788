// Autoregressive networks one pixel at a time: what is computed for a pixel is kept, and nothing is computed twice.
//
// All kinds are asked in the same way. `odds(maps, t)` is the log-odds of the pixel of step t, once the pixels of all
// steps before it have been put; `maps` is what is kept of one picture. A map belongs to a pixel and depends on earlier
// ones alone, so that going back to step t is free: what was computed for later pixels is computed anew.

import { Gated } from "./gated.js";
import { Made } from "./made.js";
import { PixelCnn } from "./pixelcnn.js";

/** @typedef {import("./grid.js").Maps} Maps */
/** @typedef {Record<string, any> & { kind: string, order: number[] }} Spec with the networks' tensors, where each lies */
/**
 * @typedef {object} Net
 * @property {() => Maps} maps those of an empty picture
 * @property {(maps: Maps, t: number) => number} odds of the pixel of step t
 * @property {(maps: Maps, t: number, value: number) => void} put
 * @property {(maps: Maps, t: number) => void} back the pixels from step t on are taken out
 * @property {(pixel: number) => Uint8Array} reads which pixels a pixel's log-odds depend on
 */

/** @type {Record<string, new (spec: Spec, view: DataView) => Net>} */
const KINDS = { made: Made, pixelcnn: PixelCnn, gated: Gated };

/**
 * @param {Spec} spec
 * @param {DataView} view
 */
export function createNet(spec, view) {
  const Kind = KINDS[spec.kind];
  if (!Kind) throw new Error(`the page knows no network of the kind ${spec.kind}`);
  return new Kind(spec, view);
}
