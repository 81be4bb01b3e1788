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

/**
 * The hills that there are: of a landscape with a name, or drawn by hand. What is drawn is a trait.
 * @param {Ui} ui
 */
function createHills({ traits, send }) {
  /** @type {Hill[]} */
  let drawn = traits.get("hills");
  /** @param {Hill[]} hills */
  function draw(hills) {
    drawn = hills.slice(-MOST_HILLS);
    send({ hills: drawn });
  }
  return {
    get drawn() {
      return drawn;
    },
    draw,
    /**
     * One more by hand, or the first one.
     * @param {Place} place
     * @param {boolean} more whether those that are there stay
     */
    add({ x, y }, more) {
      draw([...(more ? drawn : []), { x, y, width: WIDTH, weight: 1 }]);
    },
    /**
     * Draws what a landscape has, where nothing is drawn yet.
     * @param {string} name
     */
    copy(name) {
      if (!drawn.length) draw((LANDSCAPES[name] ?? LANDSCAPES["three hills"]).hills);
    },
    /** Python, or another view, has drawn others. */
    follow() {
      drawn = traits.get("hills");
    },
    /**
     * The hills of a landscape, and where a walker starts: where they were drawn, on the first of them.
     * @param {string} name
     */
    of(name) {
      const [{ x, y } = { x: 0, y: 0 }] = drawn;
      return LANDSCAPES[name] ?? { hills: drawn, start: { x, y } };
    },
  };
}

/**
 * Everything that is seen of a chain, and what Python hears of it.
 * @param {Ui} ui
 * @param {(place: Place) => void} onHill
 */
function createPanels(ui, onHill) {
  const map = createMap(ui, onHill), measures = createMeasures(ui);
  const count = node("span", { className: "genlib-count" });
  const words = node("p", { className: "genlib-walk-words" });
  let frames = 0;
  return {
    count,
    elements: [across(words), map.element, measures.element],
    /** @param {Chain} chain */
    show(chain, playing = false) {
      const { x, y } = chain.place;
      map.paint(chain);
      count.textContent = times(chain.steps, "step");
      // What is measured takes longer than a frame should, and is read no faster than this.
      if (playing && frames++ % PAUSE) return;
      const measured = measures.paint(chain);
      words.textContent = wordsOf(chain, measured);
      map.describe(
        `Landscape of ${chain.hills.length} hills; the walker is at ` +
          `${x.toFixed(1)}, ${y.toFixed(1)}. Space adds a hill at the cursor.`,
      );
      ui.say(words.textContent);
      ui.send({
        steps: chain.steps,
        x: [[x, y]],
        effective_size: Number.isNaN(measured.size) ? 0 : measured.size,
        mean_x: chain.steps ? measured.average : mean(chain.hills, "x"),
      });
    },
  };
}

/**
 * What a hand can do: choose, draw, and begin anew.
 * @param {Ui} ui
 */
function createHand(ui) {
  const hills = createHills(ui), panels = createPanels(ui, hill);
  const again = soon(ui, () => show()), settings = createSettings(ui, { land, again: byHand });
  let chain = begun();
  const show = () => panels.show(chain, animation.playing);
  const animation = createAnimation(ui, () => {
    chain.run(settings.steps);
    show();
    list.look();
  });
  animation.rate = RATE;
  animation.onChange(() => {
    if (!animation.playing) again();
  });
  const list = createTryList(ui, tries, { study: () => chain, arrange, animation });

  /** A chain at its start, on the landscape that is chosen. */
  function begun() {
    const { landscape, walker, scale } = settings.values, land = hills.of(landscape);
    return new Chain(land.hills, walker, scale, land.start, ui.traits.get("seed"));
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
    if (name === OWN) hills.copy(settings.first.landscape);
    byHand();
  }
  /**
   * A hill by hand: the first one of a landscape that was given clears it.
   * @param {Place} place
   */
  function hill(place) {
    hills.add(place, settings.landscape.value === OWN);
    settings.landscape.value = OWN;
    byHand();
  }
  /** @param {typeof settings.first} wanted by a try, or as at first */
  function arrange(wanted) {
    settings.show(wanted);
    anew();
  }
  /** @param {number} steps that are behind it when it is first seen */
  function start(steps) {
    chain.run(steps);
    show();
  }
  return { hills, panels, settings, animation, list, anew, arrange, land, start };
}

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE, text: TEXT }), hand = createHand(ui);
  const { hills, panels, settings, animation, list } = hand, { landscape } = settings;
  function reset() {
    animation.pause();
    list.leave();
    hills.draw([]);
    hand.arrange(settings.first);
  }
  const bar = row(
    playButton(ui, animation),
    button(ui, "Step", animation.step),
    button(ui, "Reset", reset),
    panels.count,
  );
  ui.add(
    list.list,
    scene(bar, list.words, ...panels.elements),
    settings.seen,
    more("More settings", settings.others),
  );
  ui.watch("hills", () => {
    hills.follow();
    if (landscape.value === OWN && hills.drawn.length) hand.anew();
  });
  if (!LANDSCAPES[landscape.value] && !hills.drawn.length) hand.land(OWN);
  hand.start(ui.traits.get("first"));
  return ui.close;
}

export const widget = { render };
