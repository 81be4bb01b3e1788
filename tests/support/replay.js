// Replays every promise of the widgets that a file describes: `deno run replay.js FILE`, which writes a line of JSON for
// each: the widget's name, the try's, the frame in which it was seen (null where it was not), and how many it may take.

import { offered, replay } from "../../genlib/widgets/js/tries.js";

/** @param {any} value */
function plain(value) {
  if (value?.base64 === undefined) return value;
  return new DataView(Uint8Array.from(atob(value.base64), (c) => c.charCodeAt(0)).buffer);
}

const given = JSON.parse(await Deno.readTextFile(Deno.args[0]));
for (const { name, room, state } of given) {
  const { sceneOf, tries } = await import(`../../genlib/widgets/${room}/tries.js`);
  const traits = { get: (/** @type {string} */ trait) => plain(state[trait]) };
  for (const one of offered(tries, sceneOf(traits).study)) {
    const frame = replay(one, sceneOf(traits)), { within } = one;
    console.log(
      JSON.stringify({ name, try: one.name, frame: isFinite(frame) ? frame : null, within }),
    );
  }
}
