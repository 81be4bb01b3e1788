// Play: a loop of frames that rests when nobody looks. Nothing begins to move by itself: it is the reader who starts it,
// and then it moves where the system asks for less motion, too.

import { button } from "./controls.js";
import { timed } from "./frames.js";

/** @import { Ui } from "./ui.js" */
/** @typedef {ReturnType<typeof createAnimation>} Animation */

/**
 * @param {Ui} ui
 * @param {() => void} frame
 */
export function createAnimation(ui, frame) {
  const measured = timed(frame);
  /** @type {(() => void)[]} */
  const told = [];
  let wanted = false,
    busy = false,
    visible = true,
    request = 0,
    last = -Infinity,
    second = 0,
    frames = 0;
  const animation = {
    /** Frames a second, at most. */
    rate: 60,
    get playing() {
      return wanted;
    },
    /** Whether steps that a hand asked for are being made. */
    get busy() {
      return busy;
    },
    set busy(next) {
      if (busy === next) return;
      busy = next;
      told.forEach((tell) => tell());
    },
    /** Forgets those steps. */
    halt() {},
    play() {
      wanted = true;
      arrange();
    },
    pause() {
      wanted = false;
      arrange();
    },
    toggle() {
      if (!wanted && !busy) return animation.play();
      animation.halt();
      animation.busy = false;
      animation.pause();
    },
    step() {
      animation.pause();
      measured();
    },
    /**
     * Calls `tell` now, and whenever it may have begun or stopped to play.
     * @param {() => void} tell
     */
    onChange(tell) {
      told.push(tell);
      tell();
    },
  };

  /** @param {number} now */
  function tick(now) {
    request = requestAnimationFrame(tick);
    if (now - last < 1000 / animation.rate - 4) return;
    last = now;
    measured();
    frames++;
    if (now - second < 1000) return;
    ui.root.dataset.framesPerSecond = String(Math.round((1000 * frames) / (now - second)));
    [second, frames] = [now, 0];
  }
  function arrange() {
    const run = wanted && visible && !document.hidden;
    if (run && !request) {
      [second, frames] = [performance.now(), 0];
      request = requestAnimationFrame(tick);
    }
    if (!run) {
      cancelAnimationFrame(request);
      request = 0;
    }
    ui.root.toggleAttribute("data-playing", wanted);
    told.forEach((tell) => tell());
  }
  const sight = new IntersectionObserver((entries) => {
    visible = entries[entries.length - 1].isIntersecting;
    arrange();
  });
  sight.observe(ui.root);
  ui.onClose(() => {
    wanted = false;
    arrange();
    sight.disconnect();
  });
  ui.listen(document, "visibilitychange", arrange);
  return animation;
}

/**
 * The button that plays and pauses.
 * @param {Ui} ui
 * @param {Animation} animation
 */
export function playButton(ui, animation, words = ["Play", "Pause"]) {
  const made = button(ui, words[0], animation.toggle);
  made.classList.add("genlib-primary");
  animation.onChange(() => {
    made.textContent = words[animation.playing || animation.busy ? 1 : 0];
  });
  return made;
}
