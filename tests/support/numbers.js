// What torch says, written by the `numbers.py` beside a test, for `deno test`.

const FOLDER = Deno.env.get("GENLIB_NUMBERS") ?? "_build/numbers";

/**
 * The numbers of a folder of `tests/widgets`; what was bytes in Python is a DataView.
 * @param {string} name
 * @returns {any}
 */
export function numbers(name) {
  return withViews(JSON.parse(Deno.readTextFileSync(`${FOLDER}/${name}.json`)));
}

/**
 * The value with views in place of what was bytes. A reviver of `JSON.parse` would take fifteen times as long.
 * @param {any} value
 * @returns {any}
 */
function withViews(value) {
  if (Array.isArray(value)) return value.map(withViews);
  if (value === null || typeof value !== "object") return value;
  if (value.base64 !== undefined) return viewOf(value.base64);
  for (const key in value) value[key] = withViews(value[key]);
  return value;
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

/**
 * Pearson's statistic of counts that should follow a distribution; infinite where what cannot be was seen.
 * @param {ArrayLike<number>} counts
 * @param {number[]} law
 */
export function pearson(counts, law) {
  const total = Array.from(counts).reduce((a, b) => a + b, 0);
  return law.reduce((sum, p, i) => {
    const expected = total * p;
    if (expected) return sum + (counts[i] - expected) ** 2 / expected;
    return counts[i] ? Infinity : sum;
  }, 0);
}

/**
 * Random numbers that were drawn before, in order, and how many of them have been used.
 * @param {number[]} uniforms
 * @returns {any} what stands for a `Random`
 */
export function told(uniforms) {
  let used = 0;
  const uniform = () => uniforms[used++];
  return {
    uniform,
    /** @type {(p: ArrayLike<number>, out: Float64Array) => Float64Array} */
    bernoulli: (p, out) => out.map((_, i) => (out[i] = uniform() < p[i] ? 1 : 0)),
    get used() {
      return used;
    },
  };
}
