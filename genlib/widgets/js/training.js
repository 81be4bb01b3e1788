// Training in the page: steps that a hand asked for, or that play makes, a few milliseconds of them in each frame, and
// then whatever follows from them, so that no frame waits.

import { createAnimation } from "./animation.js";
import { soon } from "./frames.js";

/** @import { Ui } from "./ui.js" */

/** @typedef {ReturnType<typeof createTraining>} Training */

/** Milliseconds of steps in a frame, while it plays and when a hand has asked for them. */
const BUDGET = { playing: 3, asked: 5 };
const SILENCE = 200;

/**
 * @template Step
 * @param {Ui} ui
 * @param {object} options
 * @param {() => Step[]} options.round the steps that play makes at a time
 * @param {(step: Step) => void} options.train makes one step
 * @param {(spent: () => number) => boolean} options.follow works on what follows from the steps, `spent()` being the
 *   milliseconds of this frame so far, and returns whether there is more to do
 * @param {() => void} options.paint
 * @param {() => void} options.report tells Python and writes words: five times a second, and at rest
 * @param {() => void} [options.rest] called when everything is done and nothing plays
 * @param {HTMLElement} options.busy the element that says to the page whether work is being done
 */
export function createTraining(ui, { round, train, follow, paint, report, rest = () => {}, busy }) {
  /** @type {Step[]} */
  let queue = [];
  let told = -Infinity, played = false, still = false;

  function frame() {
    const start = performance.now(), spent = () => performance.now() - start;
    const budget = animation.playing ? BUDGET.playing : BUDGET.asked;
    if (animation.playing && !queue.length) queue = round();
    while (queue.length && spent() < budget) {
      train(/** @type {Step} */ (queue.shift()));
      if (!queue.length && animation.playing && training.hurried) queue = round();
    }
    const more = follow(spent), idle = !queue.length && !more;
    if (idle) still = false;
    if (!still) paint();
    if (idle || !still && start - told > SILENCE) {
      told = performance.now();
      report();
    }
    busy.ariaBusy = String(!idle);
    animation.busy = queue.length > 0 && !animation.playing;
    if (animation.playing) return;
    if (idle) rest();
    else again();
  }
  // In this order: what the animation tells on closing is undone by what closes after it.
  const again = soon(ui, frame), animation = createAnimation(ui, frame);
  // Play and pause forget what was asked for. A frame of the loop leaves the rest to the next: after the last there
  // must be one more.
  animation.onChange(() => {
    if (played !== animation.playing) [queue, still] = [[], false];
    played = animation.playing;
    again();
  });
  animation.halt = () => {
    queue = [];
  };
  const training = {
    animation,
    /** Whether play makes as many rounds as fit into a frame. */
    hurried: false,
    /** Looks again before the next frame: something has changed. */
    again,
    /**
     * Pauses play and makes these steps, after those that were asked for before.
     * @param {Step[]} steps
     */
    ask(steps) {
      animation.pause();
      queue.push(...steps);
      again();
    },
    /**
     * Makes steps that nobody has asked for: where the system asks for less motion, what comes of them is seen at once.
     * @param {Step[]} steps
     */
    open(steps) {
      training.ask(steps);
      still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    },
    /** Pauses play and forgets the steps that were asked for. */
    stop() {
      animation.pause();
      queue = [];
    },
    /** Reports with the next frame, however soon after the last report. */
    tell() {
      told = -Infinity;
      again();
    },
  };
  return training;
}
