// BoltzmannBars: a Boltzmann machine of a few units, its distribution over all states, and a Gibbs chain that has to
// find it.

import { createAnimation, playButton } from "../js/animation.js";
import { onResize } from "../js/canvas.js";
import { button, range, select } from "../js/controls.js";
import { div, node, panel, row } from "../js/dom.js";
import { soon } from "../js/frames.js";
import { across, fields, more, part, scene } from "../js/layout.js";
import { follow } from "../js/traits.js";
import { createTryList } from "../js/try_list.js";
import { createUi } from "../js/ui.js";
import { signed, times } from "../js/words.js";
import { createBars, createFilm } from "./bars.js";
import { createGraph } from "./graph.js";
import { createStudy, MEMORY } from "./model.js";
import { arrange as arranged, PACE, tries } from "./tries.js";
import { createFigures, createLegend, createPlace, drawnWords, WAITING } from "./view.js";

/** @import { Animation } from "../js/animation.js" */
/** @import { Traits } from "../js/traits.js" */
/** @import { Context, Ui } from "../js/ui.js" */
/** @import { Given, Item, Setting, Study } from "./model.js" */
/** @import { Setting as Wanted } from "./tries.js" */

const TITLE = "Boltzmann machine: the distribution of all states, and a chain";
const TEXT =
  `Tap a unit or a line of the graph and move its slider, or drag it: all bars move, and log Z
  with them. The chain never needs Z, because it only compares states that differ in one unit; what
  it pays is time. A histogram that has stopped moving is no proof that it is right: compare its
  distance from the distribution with that of as many independent draws.`;
const EVERY = "Every state: its probability, its bits";
const LAST = `The last ${MEMORY} sweeps, the newest on the right: lit units are filled`;

/** Frames a second. */
const RATE = 20;
/** The traits that a machine and what is done to it are. */
const NAMES = /** @type {(keyof Setting)[]} */ ([
  "features",
  "biases",
  "couplings",
  "clamp",
  "temperature",
]);
const HOLDS = /** @type {const} */ ([["free", "free"], ["0", "at 0"], ["1", "at 1"]]);

/** @typedef {Record<string, Given>} Presets */
/** @typedef {(...names: (keyof Setting)[]) => void} Changed says which traits have changed by hand */

/** @param {Traits} traits */
function settingOf(traits) {
  return /** @type {Setting} */ (Object.fromEntries(NAMES.map((name) => [name, traits.get(name)])));
}

/**
 * @param {unknown} a
 * @param {unknown} b
 */
function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * The machine of a name that this setting shows, if there is one.
 * @param {Presets} presets
 * @param {Setting} setting
 */
function nameOf(presets, { features, biases, couplings }) {
  const parts = (/** @type {Given} */ machine) => [
    machine.features,
    machine.biases,
    machine.couplings,
  ];
  const wanted = [features, biases, couplings];
  return Object.keys(presets).find((name) => same(parts(presets[name]), wanted));
}

/** @param {number} log */
function warm(log) {
  return Math.round(100 * Math.exp(log)) / 100;
}

/**
 * The controls of the machine. One unit or pair is picked; its slider and its hold are shown.
 * @param {Ui} ui
 * @param {Study} study
 * @param {{ again: () => void, changed: Changed, machine: (name: string) => void }} act
 * @param {readonly (readonly [string, string])[]} machines to choose from
 */
function createSettings(ui, study, { again, changed, machine }, machines) {
  /** @type {Item} */
  let picked;
  const choice = select(ui, { label: "Machine", options: machines, onChange: machine });
  const parts = select(ui, {
    label: "Unit or pair",
    options: [],
    onChange: (n) => pick(study.items[+n]),
  });
  const strength = range(ui, {
    label: "Bias",
    min: -8,
    max: 8,
    step: 0.1,
    value: 0,
    format: (to) => signed(to, 1),
    onInput: (to) => set(picked, to),
  });
  const hold = select(ui, {
    label: "Hold",
    options: HOLDS,
    onChange(to) {
      study.hold(picked.i, to === "free" ? null : +to);
      changed("clamp");
    },
  });
  const heat = range(ui, {
    label: "Temperature",
    min: Math.log(0.2),
    max: Math.log(5),
    value: 0,
    format: (log) => warm(log).toFixed(2),
    onInput(log) {
      study.heat(warm(log));
      changed("temperature");
    },
  });
  /** @param {Item} item */
  function pick(item) {
    picked = item;
    again();
  }
  /**
   * @param {Item} item
   * @param {number} to
   */
  function set(item, to) {
    const trait = study.set(item, to);
    if (trait) changed(trait);
  }
  return {
    choice,
    seen: fields(choice.element, strength.element, heat.element),
    others: [parts.element, hold.element],
    get picked() {
      return picked;
    },
    pick,
    set,
    /** Another machine has come: shows its temperature, and how far its parameters can go. */
    arrange() {
      heat.value = Math.log(study.setting.temperature);
      strength.input.min = String(-study.reach);
      strength.input.max = String(study.reach);
    },
    /** Its units are others, too. */
    build() {
      picked = study.items[0];
      parts.input.replaceChildren(...study.items.map((_, n) => new Option("", String(n))));
    },
    paint() {
      const { items, setting } = study, isPair = picked.j !== undefined;
      nameControl(strength.element, `${picked.kind} ${picked.letter}`);
      strength.value = study.value(picked);
      items.forEach((item, n) => {
        write(parts.input.options[n], `${item.name}: ${signed(study.value(item), 1)}`);
      });
      parts.value = String(items.indexOf(picked));
      hold.input.disabled = isPair;
      nameControl(hold.element, isPair ? "Hold" : `Hold ${picked.unit}`);
      hold.value = String((isPair ? null : setting.clamp[picked.i]) ?? "free");
    },
  };
}

/**
 * @param {HTMLElement} control
 * @param {string} words
 */
function nameControl({ firstChild }, words) {
  if (firstChild) write(firstChild, words);
}

/**
 * Nearly all words stay as they are from frame to frame, and a page lays out anew what is written.
 * @param {Node} place
 * @param {string} words
 */
function write(place, words) {
  if (place.textContent !== words) place.textContent = words;
}

/**
 * Everything that is seen but the play buttons.
 * @param {Ui} ui
 * @param {Study} study
 * @param {ReturnType<typeof createSettings>} settings
 * @param {{ again: () => void, start: (state: number) => void }} act
 */
function createPanels(ui, study, settings, { again, start }) {
  const graph = createGraph(ui, { onPick: settings.pick, onDrag: settings.set });
  const bars = createBars(ui, (state) => {
    place.choose(state);
    again();
  });
  const film = createFilm(ui), place = createPlace(ui, study, { look: again, start });
  const legend = createLegend(), figures = createFigures();
  const note = node("p", { className: "genlib-boltzmann-note" });
  const count = node("span", { className: "genlib-count" });
  onResize(ui, bars.element, again);
  const left = div("genlib-boltzmann-left", part("graph", graph.element), note);
  return {
    count,
    place,
    seen: [left, part("bars", panel(EVERY, bars.element)), across(legend.element)],
    film: part("film", panel(LAST, film.element)),
    figures: figures.element,
    /** @param {string} words */
    note(words) {
      note.textContent = words;
    },
    build() {
      settings.build();
      place.build();
      legend.build(study);
      graph.build(study);
    },
    paint() {
      const { chain, setting } = study, columns = study.columns(place.apart);
      graph.paint(study, settings.picked);
      bars.paint(study, columns, place.paint(columns));
      film.paint(study);
      settings.paint();
      const words = figures.paint(study, columns), log_z = chain.distribution.logZ;
      count.textContent = times(chain.sweeps, "sweep");
      const states = `Probabilities of ${columns.p.length} states`, distance = words.distance;
      bars.describe(
        `${states}, exact and in ${count.textContent} of the chain. Total variation ${distance}.`,
      );
      ui.say(`${count.textContent}, log Z ${words.logZ}, total variation ${distance}.`);
      const v = [setting.biases.map((_, i) => chain.bit(i))];
      ui.send({ counts: [...chain.counts], sweeps: chain.sweeps, log_z, v });
    },
  };
}

/**
 * How fast the chain runs.
 * @param {Ui} ui
 * @param {Animation} animation
 */
function createPace(ui, animation) {
  const whole = (/** @type {number} */ power) => Math.round(10 ** power);
  const sweeps = range(ui, {
    label: "Sweeps per frame",
    min: 0,
    max: 3,
    value: Math.log10(ui.traits.get("k")),
    format: (power) => String(whole(power)),
    onInput: (power) => ui.send({ k: whole(power) }),
  });
  const rate = range(ui, {
    label: "Frames per second",
    min: 1,
    max: 60,
    step: 1,
    value: RATE,
    onInput(to) {
      animation.rate = to;
    },
  });
  animation.rate = RATE;
  follow(ui, "k", sweeps, undefined, Math.log10);
  return {
    elements: [sweeps.element, rate.element],
    get sweeps() {
      return whole(sweeps.value);
    },
    /** @param {number} k */
    reset(k) {
      sweeps.value = Math.log10(k);
    },
  };
}

/**
 * What a hand can do to a study: change the machine, or take another, and set the chain on its way.
 * @param {Ui} ui
 * @param {Study} study
 * @param {{ presets: Presets, given: Given, machines: readonly (readonly [string, string])[] }} choice
 */
function createHand(ui, study, { presets, given, machines }) {
  const again = soon(ui, () => panels.paint());
  const animation = createAnimation(ui, () => {
    study.chain.run(pace.sweeps);
    panels.note(WAITING);
    panels.paint();
    list.look();
  });
  /** @type {Changed} */
  const changed = (...names) => {
    panels.note(WAITING);
    ui.send(Object.fromEntries(names.map((name) => [name, study.setting[name]])));
    again();
  };
  const machine = (/** @type {string} */ name) => {
    list.leave();
    begin(presets[name] ?? given);
  };
  const settings = createSettings(ui, study, { again, changed, machine }, machines);
  const panels = createPanels(ui, study, settings, { again, start: startChain });
  const pace = createPace(ui, animation);
  const list = createTryList(ui, tries, { study: () => study, arrange: make, animation });

  /** @param {boolean} other whether the units are others */
  function arrange(other) {
    if (other) panels.build();
    settings.arrange();
    panels.note(WAITING);
    again();
  }
  /** @param {Given} from */
  function begin(from) {
    animation.pause();
    arrange(study.begin(from));
    settings.pick(study.items[0]);
    changed(...NAMES);
    panels.place.likeliest();
  }
  /** @param {Wanted} set what a try wants */
  function make(set) {
    arrange(arranged(study, set, presets));
    settings.choice.value = set.machine;
    pace.reset(PACE);
    changed(...NAMES);
    ui.send({ k: PACE });
    panels.place.likeliest();
  }
  function startChain(/** @type {number} */ state) {
    animation.pause();
    study.startAt(state);
    panels.note(WAITING);
    again();
  }
  return { animation, settings, panels, pace, list, again, arrange, begin };
}

/**
 * The machines to choose from; the notebook's own has a name only where it is none of the others.
 * @param {Presets} presets
 * @param {string | undefined} known the name of the notebook's
 */
function machinesOf(presets, known) {
  const named = Object.keys(presets).map((name) => /** @type {const} */ ([name, name]));
  return known ? named : [/** @type {const} */ (["given", "the notebook's machine"]), ...named];
}

/** @param {Context} context */
function render(context) {
  const ui = createUi(context, { title: TITLE, text: TEXT }), { traits } = ui;
  const study = createStudy(traits.get("seed")), given = settingOf(traits), k = traits.get("k");
  /** @type {Presets} */
  const presets = traits.get("presets");
  const known = nameOf(presets, given), machines = machinesOf(presets, known);
  const hand = createHand(ui, study, { presets, given, machines });
  const { animation, settings, panels, pace, list, again } = hand;

  function reset() {
    list.leave();
    pace.reset(k);
    settings.choice.value = known ?? "given";
    panels.place.reset();
    hand.begin(given);
    ui.send({ k });
  }
  function one() {
    animation.pause();
    const seen = study.chain.one();
    if (!seen) return;
    panels.note(drawnWords(study, seen));
    again();
  }
  const play = playButton(ui, animation), step = button(ui, "Step", animation.step);
  const rest = [button(ui, "One unit", one), button(ui, "Reset", reset), panels.count];
  ui.add(
    list.list,
    scene(row(play, step, ...rest), list.words, ...panels.seen),
    settings.seen,
    panels.film,
    panels.figures,
    more("More settings", fields(...settings.others, ...pace.elements), panels.place.element),
  );
  for (const name of NAMES) {
    ui.watch(name, () => {
      const theirs = settingOf(traits), units = theirs.biases.length;
      const whole = theirs.couplings.length === units && theirs.features <= units;
      if (whole && !same(theirs[name], study.setting[name])) hand.arrange(study.take(theirs));
    });
  }
  reset();
  ui.onTheme(again);
  return ui.close;
}

export const widget = { render };
