// Work that is done in frames, and measured.

/** @import { Ui } from "./ui.js" */

/**
 * The same work, measured as "genlib:frame".
 * @template {unknown[]} Args
 * @template Result
 * @param {(...args: Args) => Result} work
 * @returns {(...args: Args) => Result}
 */
export function timed(work) {
  let count = 0;
  return (...args) => {
    const start = performance.now(), result = work(...args);
    performance.measure("genlib:frame", { start, end: performance.now() });
    // The browser keeps every measure until it is told to forget.
    if (++count % 1000 === 0) performance.clearMeasures("genlib:frame");
    return result;
  };
}

/**
 * A function that does the work once before the next frame, however often it is called until then.
 * @param {Ui} ui
 * @param {() => void} work
 */
export function soon(ui, work) {
  let waiting = 0;
  const measured = timed(work);
  ui.onClose(() => cancelAnimationFrame(waiting));
  return () => {
    waiting ||= requestAnimationFrame(() => {
      waiting = 0;
      measured();
    });
  };
}
