// What GibbsChain shows: both layers, the free energy over time, and moments from the start until now.

import { createChart } from "../js/chart.js";
import { div, panel } from "../js/dom.js";
import { part } from "../js/layout.js";
import { createSignedImage } from "../js/signed_image.js";
import { times } from "../js/words.js";
import { inked, settled } from "./model.js";
import { createHeldImage, createUnits } from "./pictures.js";

/** @import { Line } from "../js/chart.js" */
/** @import { Ui } from "../js/ui.js" */
/** @import { Study } from "./model.js" */

/** @typedef {{ width: number, height: number }} Size */

const MOMENTS = 12;

/**
 * Both layers: x, its mean, and h.
 * @param {Ui} ui
 * @param {Study} study
 * @param {object} options
 * @param {Size} options.picture
 * @param {(mask: Uint8Array) => void} options.onPaint
 * @param {(j: number) => void} options.onPick
 */
export function createLayers(ui, study, { picture, onPaint, onPick }) {
  const { chain } = study, { hidden } = chain, work = new Float32Array(chain.visible);
  const x = createHeldImage(ui, { ...picture, label: "Visible units x", onPaint });
  const mean = createSignedImage(ui, {
    ...picture,
    label: "Probabilities of x given h",
    caption: "p(x | h), its mean",
  });
  const h = createUnits(ui, {
    label: "Hidden units h",
    count: hidden,
    caption: `h, ${hidden} units`,
    onPick,
  });
  let painted = false;
  /** In words, what x is. */
  function nameOf() {
    if (painted) return "x: paint what to keep";
    return study.persistent
      ? "x, a sample"
      : `x\u0303, ${times(chain.state.sweep, "sweep")} from x(t)`;
  }
  return {
    elements: [part("x", x.element), part("mean", mean.element), part("hidden", h.element)],
    mark: h.mark,
    /** @param {boolean} byHand whether a pointer may paint what is kept */
    hold(byHand) {
      painted = byHand;
      x.hold(study.mask);
      x.paintable(byHand);
    },
    paintX() {
      const { state } = chain;
      x.paint(inked(state.x, study.mask, state.origin, work));
      x.caption(nameOf());
      mean.paint(inked(state.meanX, study.mask, "model", work));
    },
    paintH: () => h.paint(chain.state.h),
  };
}

/**
 * Moments of the chain, from its start until now.
 * @param {Ui} ui
 * @param {Study} study
 * @param {Size} picture
 */
export function createMoments(ui, study, picture) {
  const { film } = study.chain, work = new Float32Array(study.chain.visible);
  const images = Array.from(
    { length: MOMENTS },
    () => createSignedImage(ui, { ...picture, label: "A moment of the chain" }),
  );
  /** What each image shows, so that it is painted only when that has changed. */
  const shown = images.map(() => ({ moment: {}, mask: study.mask }));
  const strip = div("genlib-strip", ...images.map(({ element }) => element));
  return {
    element: panel("p(x | h) from the start until now, by sweep", strip),
    paint() {
      const moments = film.some(MOMENTS), { mask } = study;
      images.forEach((image, i) => {
        image.element.style.visibility = moments[i] ? "visible" : "hidden";
        if (!moments[i]) return;
        const [sweep, moment] = moments[i];
        if (shown[i].moment === moment && shown[i].mask === mask) return;
        shown[i] = { moment, mask };
        image.paint(inked(moment, mask, "model", work));
        image.caption(String(sweep));
      });
    },
  };
}

/**
 * The free energy over the sweeps, beside that of the data.
 * @param {Ui} ui
 * @param {Study} study
 */
export function createEnergies(ui, study) {
  const { chain, examples } = study;
  /** @type {[colour: string, words: string][]} */
  const legend = [["model", "this chain"]];
  if (examples.length) {
    legend.push(["data", `the middle 80 % of ${examples.length} images of the data`]);
  }
  legend.push(["ink", "dashed: x(t)"], ["muted", "thin: frames before"]);
  const chart = createChart(ui, {
    label: "Free energy over time",
    x: "sweep",
    y: "free energy F(x)",
    legend,
  });
  let band = study.band();
  return {
    element: chart.element,
    /** The machine is another one. */
    compare() {
      band = study.band();
    },
    /** @param {number | undefined} level that of x(t) */
    paint(level) {
      const points = chain.energies.entries, { traces, persistent, rough } = study;
      const far = Math.max(persistent ? 20 : 4, chain.state.sweep);
      const others = traces.flat().map(([, free]) => free);
      /** @type {Line[]} */
      const lines = traces.map((points) => ({ points, colour: "muted", weight: 0.7 }));
      if (band) others.push(band.from, band.to);
      if (level !== undefined) {
        others.push(level);
        lines.push({
          points: [[0, level], [far, level]],
          colour: "ink",
          dash: [5, 4],
          weight: 1,
        });
      }
      lines.push({ points, colour: "model" });
      chart.name({ ink: level !== undefined, muted: traces.length > 0 });
      chart.draw({
        lines,
        bands: band ? [{ ...band, colour: "data" }] : [],
        x: [0, far],
        y: settled(points, rough ? 1 : 0, others),
      });
    },
  };
}
