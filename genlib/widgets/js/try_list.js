// The list of what there is to try: a button each, the words for the one that is being made, and a tick when it was seen.

import { button } from "./controls.js";
import { div, held, node } from "./dom.js";
import { createTries, offered } from "./tries.js";

/** @import { Animation } from "./animation.js" */
/** @import { Try } from "./tries.js" */
/** @import { Ui } from "./ui.js" */

/** @typedef {{ list: HTMLElement, words: HTMLElement, look: () => void, leave: () => void }} TryList */

/**
 * `list` belongs above the scene and `words` into it, under Play; `look` is called after each frame, and `leave` when
 * the reader does something else. Every try begins with Play.
 * @template Study, Setting
 * @param {Ui} ui
 * @param {Try<Study, Setting>[]} all
 * @param {object} scene
 * @param {() => Study} scene.study what is looked at now
 * @param {(set: Setting) => void} scene.arrange
 * @param {Animation} scene.animation
 * @returns {TryList}
 */
export function createTryList(ui, all, { study, arrange, animation }) {
  const made = createTries(offered(all, study()), { study, arrange }), { tries, ticked } = made;
  const words = node("p", { className: "genlib-look genlib-across" });
  const ticks = tries.map(() => node("span", { className: "genlib-tick", ariaHidden: "true" }));
  const buttons = tries.map(({ name }, i) => {
    const one = button(ui, name, () => begin(i));
    one.prepend(ticks[i]);
    one.ariaPressed = "false";
    return one;
  });

  /** @param {number} i */
  function begin(i) {
    animation.pause();
    made.begin(i);
    paint();
    animation.play();
    showScene();
  }
  /** On a small screen the list may be all that is seen. */
  function showScene() {
    const scene = words.closest(".genlib-scene"), box = scene?.getBoundingClientRect();
    const head = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
    if (box && (box.top < head || box.bottom > innerHeight)) {
      scene?.scrollIntoView({ block: head + box.height < innerHeight ? "nearest" : "start" });
    }
  }
  function paint() {
    const { current } = made, one = tries[current];
    buttons.forEach((button, i) => {
      button.ariaPressed = String(i === current);
      button.toggleAttribute("data-seen", ticked.has(i));
      button.title = ticked.has(i) ? "seen" : "";
      ticks[i].textContent = ticked.has(i) ? "\u2713" : "";
    });
    const sign = ticked.has(current) ? "\u2713 Seen: " : "Look: ";
    words.replaceChildren(
      ...(one ? [node("strong", { textContent: sign }), ...held(one.look)] : []),
    );
  }
  paint();
  const head = node("span", { className: "genlib-try", textContent: "Try" });
  const list = div("genlib-tries", head, ...buttons);
  list.role = "group";
  list.ariaLabel = "Try";
  return {
    list,
    words,
    look() {
      if (!made.look()) return;
      paint();
      ui.say(words.textContent ?? "", true);
    },
    leave() {
      made.leave();
      paint();
    },
  };
}
