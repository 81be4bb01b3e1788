// ChainOnALandscape: a landscape that a hand draws, and chains that have to find it.

import { createAnimation, playButton } from "../js/animation.js";
import { button, range, select } from "../js/controls.js";
import { node, row } from "../js/dom.js";
import { soon } from "../js/frames.js";
import { across, fields, more, scene } from "../js/layout.js";
import { follow } from "../js/traits.js";
import { createTryList } from "../js/try_list.js";
import { createUi } from "../js/ui.js";
import { times } from "../js/words.js";
import { Chain, LANDSCAPES, mean } from "./model.js";
import { PACE, tries } from "./tries.js";
import { createMap, createMeasures, wordsOf } from "./view.js";

/** @import { Context, Ui } from "../js/ui.js" */
/** @import { Hill, Place, Walker } from "./model.js" */

const TITLE = "A walker on a landscape: does it find all of it?";
const TEXT =
  `Draw hills of your own with the pointer, or with arrow keys and the space bar: the first one
  clears what was there, and the walk begins anew. Gibbs needs no size of a step, and creeps where
  the two coordinates depend on each other, as on the narrow ridge.`;

const WALKERS = /** @type {const} */ ([
  ["metropolis", "Metropolis"],
  ["gibbs", "Gibbs: x given y, y given x"],
  ["langevin", "Langevin, no step turned down"],
  ["tempered", "tempered: four temperatures"],
]);
const OWN = "drawn by hand";
const WIDTH = 0.35, RATE = 30, MOST_HILLS = 60;
/** Frames from one measurement to the next while it plays. */
const PAUSE = 6;

/**
 * @param {Ui} ui
 * @param {{ land: (name: string) => void, again: () => void }} act
 */
function createSettings(ui, { land, again }) {
  const { traits } = ui;
  const names = [...Object.keys(LANDSCAPES), OWN];
  const landscape = select(ui, {
    label: "Landscape",
    options: names.map((name) => /** @type {const} */ ([name, name])),
    onChange: land,
  });
  const walker = select(ui, { label: "Walker", options: WALKERS, onChange: again });
  const scale = range(ui, {
    label: "Size of a step",
    min: Math.log(0.02),
    max: Math.log(10),
    value: 0,
    format: (log) => Math.exp(log).toFixed(2),
    onInput: again,
  });
  const pace = range(ui, { label: "Steps a frame", min: 1, max: 100, step: 1, value: PACE });
  const first = {
    landscape: traits.get("landscape"),
    walker: traits.get("walker"),
    scale: traits.get("scale"),
  };
  /** @param {typeof first} to */
  function show(to) {
    landscape.value = to.landscape;
    walker.value = to.walker;
    scale.value = Math.log(to.scale);
    pace.value = PACE;
  }
  show(first);
  follow(ui, "walker", walker, again);
  follow(ui, "scale", scale, again, Math.log);
  follow(ui, "landscape", landscape, () => land(landscape.value));
  return {
    first,
    show,
    seen: fields(...[landscape, walker, scale].map(({ element }) => element)),
    others: fields(pace.element),
    landscape,
    get steps() {
      return pace.value;
    },
    get values() {
      return {
        landscape: landscape.value,
        walker: /** @type {Walker} */ (walker.value),
        scale: +Math.exp(scale.value).toPrecision(6),
      };
    },
  };
}

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE, text: TEXT }), { traits } = ui;
  /** @type {Hill[]} */
  let drawn = traits.get("hills");
  const map = createMap(ui, hill), measures = createMeasures(ui);
  const count = node("span", { className: "genlib-count" });
  const words = node("p", { className: "genlib-walk-words" });
  const again = soon(ui, show), settings = createSettings(ui, { land, again: byHand });
  const animation = createAnimation(ui, () => {
    chain.run(settings.steps);
    show();
    list.look();
  });
  animation.rate = RATE;
  let chain = begun(), frames = 0;
  animation.onChange(() => {
    if (!animation.playing) again();
  });

  /** A chain at its start, on the landscape that is chosen. */
  function begun() {
    const { landscape, walker, scale } = settings.values;
    const { hills, start } = LANDSCAPES[landscape] ?? { hills: drawn, start: startOf(drawn) };
    return new Chain(hills, walker, scale, start, traits.get("seed"));
  }
  function show() {
    map.paint(chain);
    count.textContent = times(chain.steps, "step");
    // What is measured takes longer than a frame should, and is read no faster than this.
    if (animation.playing && frames++ % PAUSE) return;
    const measured = measures.paint(chain);
    words.textContent = wordsOf(chain, measured);
    map.describe(
      `Landscape of ${chain.hills.length} hills; the walker is at ` +
        `${chain.place.x.toFixed(1)}, ${
          chain.place.y.toFixed(1)
        }. Space adds a hill at the cursor.`,
    );
    ui.say(words.textContent);
    ui.send({
      steps: chain.steps,
      x: [[chain.place.x, chain.place.y]],
      effective_size: Number.isNaN(measured.size) ? 0 : measured.size,
      mean_x: chain.steps ? measured.average : mean(chain.hills, "x"),
    });
  }
  /** The walk begins anew, with the settings as they are. */
  function anew() {
    chain = begun();
    ui.send(settings.values);
    again();
  }
  function byHand() {
    list.leave();
    anew();
  }
  /** @param {string} name */
  function land(name) {
    list.leave();
    if (name === OWN && !drawn.length) {
      drawn = [...LANDSCAPES[settings.first.landscape]?.hills ?? LANDSCAPES["three hills"].hills];
      ui.send({ hills: drawn });
    }
    anew();
  }
  /**
   * A hill by hand: the first one of a landscape that was given clears it.
   * @param {Place} place
   */
  function hill({ x, y }) {
    list.leave();
    if (settings.landscape.value !== OWN) drawn = [];
    settings.landscape.value = OWN;
    drawn = [...drawn, { x, y, width: WIDTH, weight: 1 }].slice(-MOST_HILLS);
    ui.send({ hills: drawn });
    anew();
  }
  function reset() {
    animation.pause();
    list.leave();
    settings.show(settings.first);
    drawn = [];
    ui.send({ hills: drawn });
    anew();
  }
  ui.watch("hills", () => {
    drawn = traits.get("hills");
    if (settings.landscape.value === OWN && drawn.length) anew();
  });
  const list = createTryList(ui, tries, {
    study: () => chain,
    arrange(wanted) {
      settings.show(wanted);
      anew();
    },
    animation,
  });
  const buttons = [
    playButton(ui, animation),
    button(ui, "Step", animation.step),
    button(ui, "Reset", reset),
  ];
  ui.add(
    list.list,
    scene(row(...buttons, count), list.words, across(words), map.element, measures.element),
    settings.seen,
    more("More settings", settings.others),
  );
  if (!LANDSCAPES[settings.landscape.value] && !drawn.length) land(OWN);
  chain.run(traits.get("first"));
  show();
  return ui.close;
}

/**
 * Where a walker starts on a landscape that was drawn: on the hill that was drawn first.
 * @param {Hill[]} hills
 * @returns {Place}
 */
function startOf(hills) {
  return { x: hills[0]?.x ?? 0, y: hills[0]?.y ?? 0 };
}

export const widget = { render };
