// GibbsChain: x and h of a restricted Boltzmann machine, taking turns, and what a learning rule would make of them.

import { createAnimation, playButton } from "../js/animation.js";
import { button, range, select } from "../js/controls.js";
import { div, node, panel, row } from "../js/dom.js";
import { kindOf } from "../js/drawing.js";
import { soon } from "../js/frames.js";
import { across, fields, more, part, scene } from "../js/layout.js";
import { createPad } from "../js/pad.js";
import { createTryList } from "../js/try_list.js";
import { follow } from "../js/traits.js";
import { createUi } from "../js/ui.js";
import { signed, times } from "../js/words.js";
import { differing, isMade, masksOf, studyOf, WARM } from "./model.js";
import { createPhases } from "./phases.js";
import { arrange, tries } from "./tries.js";
import { createEnergies, createLayers, createMoments } from "./view.js";

/** @import { Floats } from "../js/arrays.js" */
/** @import { Context, Ui } from "../js/ui.js" */
/** @import { Start, Study } from "./model.js" */
/** @import { Setting } from "./tries.js" */

const TITLE = "Gibbs chain of a restricted Boltzmann machine";
/** @param {Study} study */
function textOf({ examples }) {
  const where = examples.length
    ? ": a free energy that settles outside the blue band is a sign of it"
    : "";
  return `From noise, samples look more like data from sweep to sweep, but only until the chain has
    reached the machine's own distribution. From then on it goes wherever the machine has its mass${where}.
    Draw a digit, or keep a part of the picture and let the machine find the rest. Blue is data and what
    is kept, vermilion is what the model makes, green is hidden.`;
}

const STARTS = /** @type {[Start, string][]} */ ([
  ["noise", "noise"],
  ["example", "a data image"],
  ["drawing", "my drawing"],
  ["blank", "a blank image"],
]);
const GIVEN = "the notebook's x";
const KEEPS = /** @type {const} */ ([
  ["none", "nothing"],
  ["left", "the left half"],
  ["right", "the right half"],
  ["top", "the top half"],
  ["bottom", "the bottom half"],
  ["painted", "what I paint"],
]);
const MODES = /** @type {const} */ ([
  ["on", "the chain goes on (PCD)"],
  ["back", "it restarts at the data (CD-k)"],
]);
const LEARNS = "What contrastive divergence learns from this moment";
/** Frames a second. */
const RATE = 20;

/**
 * @param {Ui} ui
 * @param {Study} study
 * @param {boolean} drawn whether one can draw
 * @param {{ begin: (from: Start) => void, mode: (to: string) => void, keep: (name: string) => void,
 *   rate: (to: number) => void }} act
 */
function createSettings(ui, study, drawn, act) {
  /** @type {Partial<Record<Start, boolean>>} */
  const missing = { example: !study.examples.length, drawing: !drawn };
  const source = select(ui, {
    label: "Start from",
    options: STARTS.filter(([name]) => !missing[name]),
    onChange: (from) => act.begin(/** @type {Start} */ (from)),
  });
  const keep = select(ui, { label: "Keep", options: KEEPS, onChange: act.keep });
  const mode = select(ui, { label: "Each frame", options: MODES, onChange: act.mode });
  const sweeps = range(ui, {
    label: "Sweeps per frame, k",
    min: 1,
    max: 50,
    step: 1,
    value: ui.traits.get("k"),
    onInput: (k) => ui.send({ k }),
  });
  const speed = range(ui, {
    label: "Frames per second",
    min: 1,
    max: 60,
    step: 1,
    value: RATE,
    onInput: act.rate,
  });
  follow(ui, "k", sweeps);
  return {
    keep,
    mode,
    sweeps,
    speed,
    seen: fields(source.element, keep.element, sweeps.element),
    others: [mode.element, speed.element],
    get source() {
      return /** @type {Start} */ (source.value);
    },
    set source(from) {
      const { input } = source;
      if (from === "given" && !input.querySelector("[value=given]")) {
        input.add(new Option(GIVEN, from));
      }
      source.value = from;
    },
  };
}

/**
 * Everything that is seen of a study, under the controls.
 * @param {Ui} ui
 * @param {Study} study
 * @param {{ width: number, height: number }} picture
 * @param {{ hold: (mask: Uint8Array) => void, choose: (j: number) => void, drawing: () => void }} act
 */
function createPanels(ui, study, picture, { hold, choose, drawing }) {
  const { width, height } = picture, { state, hidden } = study.chain;
  const kind = kindOf(height, width);
  const layers = createLayers(ui, study, { picture, onPaint: hold, onPick: choose });
  const moments = createMoments(ui, study, picture);
  const pad = kind &&
    createPad(ui, { label: "Drawing pad", kind, caption: "your digit", onDraw: drawing });
  const phases = createPhases(ui, study, { picture, hidden, onPick: choose });
  const energies = createEnergies(ui, study);
  const count = node("span", { className: "genlib-count" });
  /** @type {Floats | null} */
  let sent = null;
  return {
    layers,
    energies,
    pad,
    count,
    seen: [
      div("genlib-stage", ...layers.elements, ...(pad ? [pad.element] : [])),
      part("energy", energies.element),
      across(part("film", moments.element)),
    ],
    filter: part("filter", phases.filter),
    unit: phases.slider,
    phases: panel(LEARNS, phases.element),
    /** @param {number} unit */
    choose(unit) {
      layers.mark(unit);
      phases.choose(unit);
    },
    /** Shows how the chain stands, and tells Python. */
    show() {
      layers.paintX();
      layers.paintH();
      moments.paint();
      const free = phases.paint(), { x, h, sweep } = state, { data, persistent } = study;
      energies.paint(free.data);
      const changed = data ? `, ${differing(data, x)} of ${x.length} pixels changed` : "";
      const from = persistent ? "" : ` from the data${changed}`;
      count.textContent = `${times(sweep, "sweep")}${from}, F(x) = ${signed(free.chain, 1)}`;
      ui.say(count.textContent);
      ui.send({ x: [[...x]], h: [[...h]], free_energy: free.chain, sweep });
      if (data !== sent) ui.send({ data: data && [[...data]] });
      sent = data;
    },
  };
}

/**
 * Where a chain can start.
 * @param {Ui} ui
 * @param {Study} study
 * @param {ReturnType<typeof createPanels>["pad"]} pad
 */
function createStarts({ traits }, study, pad) {
  const { chain } = study;
  /** @type {Record<Start, (next: boolean) => Floats>} */
  const images = {
    noise: () => chain.noise(),
    blank: () => new Float32Array(chain.visible),
    example: (next) => study.example(next),
    drawing: () => Float32Array.from(pad?.image ?? [], (ink) => (ink >= 0.5 ? 1 : 0)),
    given: () => Float32Array.from(traits.get("start")),
  };
  /** @returns {Start | null} */
  function data() {
    return study.examples.length ? "example" : pad && !pad.blank ? "drawing" : null;
  }
  return {
    /** The picture that a start stands for; of examples the next one, or the last again. */
    image: (/** @type {Start} */ from, next = true) => images[from](next),
    /** A start that is data, if there is one. */
    data,
    /** The same, or one that has data in the place of what the model has made. */
    dataOr: (/** @type {Start} */ from) => isMade(from) ? data() ?? from : from,
  };
}

/**
 * The hidden unit that is looked at, a trait.
 * @param {Ui} ui
 * @param {(unit: number) => void} show
 */
function createChoice(ui, show) {
  let unit = ui.traits.get("unit");
  const showUnit = soon(ui, () => show(unit));
  return (/** @type {number} */ j) => {
    if (j === unit) return;
    unit = j;
    ui.send({ unit });
    showUnit();
  };
}

/**
 * What a hand can do to a study, but for play: start it, keep pixels, choose a mode and a unit.
 * @param {Ui} ui
 * @param {Study} study
 * @param {(to: number) => void} rate
 */
function createHand(ui, study, rate) {
  const [rows, columns] = ui.traits.get("shape");
  const masks = masksOf(rows, columns), act = { begin, mode: setMode, keep: keepPart, rate };
  const settings = createSettings(ui, study, kindOf(rows, columns) !== null, act);
  const choose = createChoice(ui, (unit) => panels.choose(unit));
  const drawing = () => begin("drawing"), picture = { width: columns, height: rows };
  const panels = createPanels(ui, study, picture, { hold, choose, drawing });
  const starts = createStarts(ui, study, panels.pad);

  /** @param {Start} from */
  function begin(from, next = true) {
    settings.source = from;
    if (isMade(from) && !study.persistent) setMode("on");
    study.begin(from, starts.image(from, next), settings.sweeps.value);
    panels.show();
  }
  /** @param {string} to */
  function setMode(to) {
    const from = starts.dataOr(settings.source), back = to === "back" && !isMade(from);
    study.persistent = !back;
    settings.mode.value = back ? "back" : "on";
    ui.send({ persistent: !back });
    if (back) return begin(from, false);
    if (!study.traces.length) return;
    study.forget();
    panels.show();
  }
  /** @param {Uint8Array} mask */
  function hold(mask, name = "painted") {
    study.mask = mask;
    settings.keep.value = name;
    panels.layers.hold(name === "painted");
    panels.layers.paintX();
    ui.send({ clamp: mask.some(Boolean) ? Array.from(mask, Boolean) : null });
  }
  /** @param {string} name */
  function keepPart(name) {
    hold(masks[name] ?? study.mask, name);
    if (!masks[name]?.some(Boolean)) return;
    if (!study.persistent) return begin(starts.dataOr(settings.source), false);
    study.keep();
    panels.show();
  }
  /** @param {boolean[] | null} clamp */
  function clampTo(clamp) {
    const mask = Uint8Array.from(clamp ?? masks.none, Number);
    const same = (/** @type {string} */ name) => mask.every((kept, i) => kept === masks[name][i]);
    hold(mask, Object.keys(masks).find(same));
  }
  return { settings, panels, starts, begin, setMode, hold, clampTo, choose };
}

/**
 * Arranges everything as a try wants it.
 * @param {Ui} ui
 * @param {Study} study
 * @param {ReturnType<typeof createHand>} hand
 * @param {Setting} set
 */
function make(ui, study, { settings, panels, starts, hold }, set) {
  const { from, keep = "none", persistent = true, k = 1 } = set;
  const [rows, columns] = ui.traits.get("shape");
  arrange(study, set, starts.image, { rows, columns });
  if (from) settings.source = from;
  settings.mode.value = persistent ? "on" : "back";
  settings.sweeps.value = k;
  hold(study.mask, keep);
  ui.send({ persistent, k });
  panels.show();
}

/**
 * Lets a study follow what Python, or another view, sets.
 * @param {Ui} ui
 * @param {Study} study
 * @param {ReturnType<typeof createHand>} hand
 */
function followTraits({ traits, watch }, study, hand) {
  const { panels } = hand;
  watch("weights", () => {
    study.chain.load(traits.get("weights"));
    panels.energies.compare();
    panels.show();
  });
  watch("start", () => {
    if (traits.get("start").length) hand.begin("given");
  });
  watch("unit", () => hand.choose(traits.get("unit")));
  watch("persistent", () => {
    const wanted = traits.get("persistent");
    if (wanted !== study.persistent) hand.setMode(wanted ? "on" : "back");
  });
  watch("clamp", () => {
    const kept = study.mask, wanted = traits.get("clamp");
    if (kept.some((value, i) => (value > 0) !== (wanted?.[i] ?? false))) hand.clampTo(wanted);
  });
}

/**
 * What stands under the scene.
 * @param {ReturnType<typeof createHand>} hand
 * @param {boolean} teaches whether there is something to learn from
 */
function underScene({ settings, panels }, teaches) {
  const [mode, pace] = settings.others;
  return [
    settings.seen,
    ...(teaches ? [panels.phases] : []),
    panels.filter,
    more("More settings", fields(...(teaches ? [mode] : []), panels.unit, pace)),
  ];
}

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE });
  const study = studyOf(ui.traits);
  ui.explain(textOf(study));
  /** @type {(name: string) => any} */
  const now = (name) => ui.traits.get(name);
  const first = { k: now("k"), persistent: now("persistent"), unit: now("unit") };
  const clamp = now("clamp");
  const hand = createHand(ui, study, (to) => {
    animation.rate = to;
  });
  const { settings, panels, begin } = hand, { sweeps, speed } = settings;
  const animation = createAnimation(ui, () => {
    study.advance(sweeps.value);
    panels.show();
    list.look();
  });
  const wanted = (/** @type {Setting} */ set) => make(ui, study, hand, set);
  const list = createTryList(ui, tries, { study: () => study, arrange: wanted, animation });

  /** The first view is a chain that has already found its way. */
  function reset() {
    animation.pause();
    list.leave();
    study.reset();
    sweeps.value = first.k;
    speed.value = animation.rate = RATE;
    study.persistent = first.persistent;
    settings.mode.value = first.persistent ? "on" : "back";
    ui.send(first);
    hand.clampTo(clamp);
    hand.choose(first.unit);
    const given = now("start").length > 0,
      data = clamp || !first.persistent ? hand.starts.data() : null;
    begin(given ? "given" : data ?? "noise");
    if (first.persistent && !given) study.chain.run(WARM);
    panels.choose(first.unit);
    panels.show();
  }
  const bar = row(
    playButton(ui, animation),
    button(ui, "Step", animation.step),
    button(ui, "Start again", () => begin(settings.source)),
    button(ui, "Reset", reset),
    panels.count,
  );
  const teaches = study.examples.length > 0 || !first.persistent;
  ui.add(list.list, scene(bar, list.words, ...panels.seen), ...underScene(hand, teaches));
  followTraits(ui, study, hand);
  reset();
  return ui.close;
}

export const widget = { render };
