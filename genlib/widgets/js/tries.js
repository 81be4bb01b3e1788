// What there is to try, without a page: each sets the state and plays, and is ticked when what it promises was seen.
//
// A widget keeps its promises in a `tries.js` beside its `model.js`: data, and a look at the widget's own model. So a
// test can replay each of them without a page, on the model that a chapter shows, and see that it is kept.

/**
 * @template Study what is looked at
 * @template Setting what a try sets: plain data that the widget understands
 * @typedef {object} Try
 * @property {string} name the words on its button
 * @property {string} look what to look for
 * @property {Setting} set
 * @property {(study: Study) => () => boolean} watch begins to watch, and returns what says whether it was seen
 * @property {number} within frames of play within which it is seen
 * @property {(study: Study) => boolean} [fits] whether this study has what it speaks of
 */
/**
 * @template Study, Setting
 * @typedef {object} Scene what a try is made on: a study, and how it is arranged and goes on
 * @property {Study} study arranging may make it another one
 * @property {(set: Setting) => void} arrange
 * @property {() => void} advance one frame of play
 */

/**
 * Those that this study can keep.
 * @template Study, Setting
 * @param {Try<Study, Setting>[]} all
 * @param {Study} study
 */
export function offered(all, study) {
  return all.filter(({ fits }) => !fits || fits(study));
}

/**
 * Plays a try as a reader would, and returns the frame in which it was seen; `Infinity` where it was not.
 * @template Study, Setting
 * @param {Try<Study, Setting>} one
 * @param {Scene<Study, Setting>} scene
 */
export function replay({ set, watch, within }, scene) {
  scene.arrange(set);
  const seen = watch(scene.study);
  for (let frame = 1; frame <= within; frame++) {
    scene.advance();
    if (seen()) return frame;
  }
  return Infinity;
}

/**
 * The tries of a widget on the way of being seen: one of them is made at a time.
 * @template Study, Setting
 * @param {Try<Study, Setting>[]} tries
 * @param {object} scene
 * @param {() => Study} scene.study what is looked at now
 * @param {(set: Setting) => void} scene.arrange
 */
export function createTries(tries, { study, arrange }) {
  /** @type {Set<number>} */
  const ticked = new Set();
  /** @type {(() => boolean) | null} */
  let seen = null;
  let current = -1;
  return {
    tries,
    ticked,
    /** The place of the try that is being made, or was made last; -1 before the first, and after something else. */
    get current() {
      return current;
    },
    /** @param {number} i */
    begin(i) {
      arrange(tries[i].set);
      [current, seen] = [i, tries[i].watch(study())];
    },
    /** Looks whether it can be ticked, and returns whether it has just been. */
    look() {
      if (!seen?.()) return false;
      ticked.add(current);
      seen = null;
      return true;
    },
    /** The reader does something else. */
    leave() {
      [current, seen] = [-1, null];
    },
  };
}
