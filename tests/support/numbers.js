// What torch says, written by the `numbers.py` beside a test, for `deno test`.

const FOLDER = Deno.env.get("GENLIB_NUMBERS") ?? "_build/numbers";

/**
 * The numbers of a folder of `tests/widgets`; what was bytes in Python is a DataView.
 * @param {string} name
 * @returns {any}
 */
export function numbers(name) {
  const text = Deno.readTextFileSync(`${FOLDER}/${name}.json`);
  return JSON.parse(text, (_, value) => value?.base64 === undefined ? value : viewOf(value.base64));
}

/** @param {string} base64 */
function viewOf(base64) {
  return new DataView(Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0)).buffer);
}

/**
 * The largest distance between two lists of numbers, NaN if their lengths differ.
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
export function apart(a, b) {
  if (a.length !== b.length) return NaN;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const distance = Math.abs(a[i] - b[i]);
    if (!(distance <= most)) most = distance;
  }
  return most;
}
