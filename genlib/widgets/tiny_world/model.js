// What TinyWorld computes: runs of a model on a world so small that everything about it can be known.
//
// A family is a kind of model. Nothing but its own module knows more of it than `Family` says.

import { createHistory } from "../js/history.js";
import { createRandom } from "../js/random.js";
import { fvsbn, made } from "./chain.js";
import { mixture } from "./mixture.js";
import { rbm } from "./rbm.js";
import { compare, createWorld } from "./world.js";

/** @import { Random } from "../js/random.js" */
/** @import { Traits } from "../js/traits.js" */
/** @import { World } from "./world.js" */

/** @typedef {string | number} Value of a setting */
/**
 * @typedef {object} Wish a setting that a family wants: a choice, a whole number, or a number on a scale of powers of ten
 * @property {string} trait
 * @property {string} label
 * @property {[value: Value, words: string][]} [options]
 * @property {number} [min]
 * @property {number} [max]
 * @property {boolean} [powers]
 * @property {boolean} [anew] whether another value starts another run
 * @property {(settings: any) => boolean} [used]
 */
/** @typedef {{ logZ: number, error: number, truth: number }} Annealed what annealing found, and what it should have */
/** @typedef {{ chains: number, temperatures: number }} Annealing */
/**
 * @typedef {object} Model
 * @property {Float64Array[]} parameters
 * @property {Float64Array[]} [gradients] of the last step, where it took any
 * @property {(settings: any) => void} train makes a step
 * @property {() => Float64Array} logProbAll
 * @property {(n: number, random: Random) => Int32Array} draw
 * @property {number} [logZ] where there is a partition function
 * @property {(settings: Annealing, random: Random) => Generator<void, Annealed>} [anneal]
 */
/**
 * @typedef {object} Family
 * @property {string} name
 * @property {Wish[]} controls the settings that it wants
 * @property {(settings: any) => string} label
 * @property {(settings: any, random: Random) => Float64Array[]} draw makes parameters to start from
 * @property {(world: World, parameters: Float64Array[], random: Random) => Model} make
 */
/** @typedef {ReturnType<typeof createRun>} Run */
/** @typedef {ReturnType<typeof createStudy>} Study */

/** Old runs whose curves are kept. */
export const KEPT = 4;

/** @type {Record<string, Family>} */
export const FAMILIES = { rbm, fvsbn, made, mixture };

/**
 * The numbers of a view, float64.
 * @param {DataView} view
 */
export function floats(view) {
  const count = view.byteLength / 8;
  return Float64Array.from({ length: count }, (_, i) => view.getFloat64(8 * i, true));
}

/**
 * `values`, cut into arrays of the same lengths as `like`; `like` itself where they do not fit.
 * @param {Float64Array} values
 * @param {Float64Array[]} like
 */
export function cut(values, like) {
  if (values.length !== like.reduce((sum, { length }) => sum + length, 0)) return like;
  let at = 0;
  return like.map(({ length }) => values.slice(at, at += length));
}

/**
 * A model and how it has fared since it began.
 * @param {World} world
 * @param {Family} family
 * @param {Model} model
 */
function createRun(world, family, model) {
  /** @type {string[]} */
  const labels = [];
  let step = 0, standing = compare(model.logProbAll(), world);
  const history = createHistory(600, () => standing.likelihood);
  history.add(0);
  return {
    model,
    history,
    /** The settings that it was trained with, in words and in order. */
    labels,
    get step() {
      return step;
    },
    get standing() {
      return standing;
    },
    /** @param {unknown} settings */
    train(settings) {
      const label = family.label(settings);
      if (labels[labels.length - 1] !== label) labels.push(label);
      model.train(settings);
      standing = compare(model.logProbAll(), world);
      history.add(++step);
    },
  };
}

/**
 * One run after the other, and what annealing says of the last.
 * @param {{ family: string, law: DataView, pictures: number[], seed: number }} source
 */
export function createStudy({ family: name, law, pictures, seed }) {
  const world = createWorld(floats(law), pictures);
  let kind = name;
  /** @type {Run | null} */
  let run = null;
  /** @type {Run[]} */
  let old = [];
  /** @type {Generator<void, Annealed> | null} */
  let job = null;
  /** @type {Annealed | null} */
  let found = null;
  let annealed = "";

  /** @param {Annealing} settings */
  const asking = ({ chains, temperatures }) => `${study.run.step} ${chains} ${temperatures}`;
  const study = {
    /** What is trained now, by its key. */
    get kind() {
      return kind;
    },
    get family() {
      return FAMILIES[kind];
    },
    world,
    /** The run that goes on, after `begin`. */
    get run() {
      return /** @type {Run} */ (run);
    },
    /** Earlier runs. */
    get old() {
      return old;
    },
    /** What annealing found last, in this run. */
    get found() {
      return found;
    },
    /** The probability that the model gives to the pictures of the data, all together. */
    get share() {
      const logP = study.run.model.logProbAll();
      return pictures.reduce((sum, s) => sum + Math.exp(logP[s]), 0);
    },
    /** The same of the data. */
    due: pictures.reduce((sum, s) => sum + world.p[s], 0),
    /**
     * Begins a run, of the family that the settings name if they name one, from these parameters where they have the
     * size that it asks for.
     * @param {any} settings
     * @param {DataView} [start]
     */
    begin(settings, start) {
      if (run?.step) old = [...old, run].slice(-KEPT);
      kind = settings.family ?? kind;
      const { family } = study,
        random = createRandom(seed),
        fresh = family.draw(settings, random),
        parameters = start ? cut(floats(start), fresh) : fresh;
      run = createRun(world, family, family.make(world, parameters, random));
      [job, found, annealed] = [null, null, ""];
    },
    forget() {
      old = [];
    },
    /** As at first: `begin` is what comes next. */
    reset() {
      [old, run] = [[], null];
    },
    /**
     * Goes on with annealing the model, and returns whether there is more to do.
     * @param {Annealing} settings
     * @param {() => number} spent milliseconds of this frame
     */
    follow(settings, spent) {
      const { model } = study.run, wanted = asking(settings);
      if (!model.anneal) return false;
      if (!job && annealed !== wanted) {
        [job, annealed] = [model.anneal(settings, createRandom(2)), wanted];
      }
      do {
        const next = job?.next();
        if (next?.done) [found, job] = [next.value, null];
      } while (job && spent() < 4.5);
      return job !== null || annealed !== wanted;
    },
    /** All parameters, one after the other. */
    trained() {
      const values = study.run.model.parameters.flatMap((part) => [...part]);
      return new DataView(Float64Array.from(values).buffer);
    },
  };
  return study;
}

const SETTINGS = ["family", "method", "k", "rate", "hidden", "batch"];

/**
 * All settings of any family, as a widget's traits have them.
 * @param {Pick<Traits, "get">} traits
 * @returns {Record<string, Value>}
 */
export function settingsOf(traits) {
  return Object.fromEntries(SETTINGS.map((name) => [name, traits.get(name)]));
}

/**
 * The study that a widget's traits describe.
 * @param {Pick<Traits, "get">} traits
 */
export function studyOf(traits) {
  const [family, law, pictures, seed] = ["family", "law", "pictures", "seed"].map((name) =>
    traits.get(name)
  );
  return createStudy({ family, law, pictures, seed });
}
