// Plain loops over flat arrays, which everything that computes in the page is made of.
//
// Numbers live in arrays of the type the caller names: Float32Array in a page, Float64Array in the tests that compare
// with torch. Matrices are flat and row-major; a batch (B, D) is an array of B * D numbers. A function that fills an
// array takes it as `out` and returns it; it allocates nothing.

/** @typedef {Float32Array | Float64Array} Floats */
/** @typedef {Float32ArrayConstructor | Float64ArrayConstructor} FloatsType */

/**
 * An array of the same type as another one.
 * @param {Floats} a
 * @param {number} size
 * @returns {Floats}
 */
export function like(a, size) {
  return a instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);
}

/**
 * The sum of a[i + k] b[j + k] over k < n. Four sums at once: a single running sum would wait for each addition.
 * @param {Floats} a
 * @param {number} i
 * @param {Floats} b
 * @param {number} j
 * @param {number} n
 */
export function dot(a, i, b, j, n) {
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0, k = 0;
  for (; k + 3 < n; k += 4) {
    s0 += a[i + k] * b[j + k];
    s1 += a[i + k + 1] * b[j + k + 1];
    s2 += a[i + k + 2] * b[j + k + 2];
    s3 += a[i + k + 3] * b[j + k + 3];
  }
  for (; k < n; k++) s0 += a[i + k] * b[j + k];
  return s0 + s1 + s2 + s3;
}

/**
 * Adds scale * a[j + k] to out[i + k] for k < n.
 * @param {Floats} out
 * @param {number} i
 * @param {number} scale
 * @param {Floats} a
 * @param {number} j
 * @param {number} n
 */
export function addScaled(out, i, scale, a, j, n) {
  for (let k = 0; k < n; k++) out[i + k] += scale * a[j + k];
}

/**
 * Adds four rows of `a`, `step` apart from j on, each with its own factor.
 * @param {Floats} out
 * @param {number} i
 * @param {number} d0
 * @param {number} d1
 * @param {number} d2
 * @param {number} d3
 * @param {Floats} a
 * @param {number} j
 * @param {number} step
 * @param {number} n
 */
export function addFour(out, i, d0, d1, d2, d3, a, j, step, n) {
  const j1 = j + step, j2 = j1 + step, j3 = j2 + step;
  for (let k = 0; k < n; k++) {
    out[i + k] += d0 * a[j + k] + d1 * a[j1 + k] + d2 * a[j2 + k] + d3 * a[j3 + k];
  }
}

/**
 * @param {Floats} a
 * @param {number} rows
 * @param {number} columns
 */
export function transposed(a, rows, columns) {
  const out = like(a, a.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) out[c * rows + r] = a[r * columns + c];
  }
  return out;
}

/**
 * A shelf of arrays that are used again: the same name gives the same array while it is large enough.
 * @param {FloatsType} Type
 * @returns {(name: string, size: number) => Floats}
 */
export function createBuffers(Type) {
  /** @type {Record<string, Floats>} */
  const kept = {};
  return (name, size) => kept[name]?.length >= size ? kept[name] : (kept[name] = new Type(size));
}
