// What Python's `packing.py` packed, read back: weights of a network, and bits of pictures.

/** @import { Floats, FloatsType } from "./arrays.js" */

/** @typedef {{ shape: number[], dtype: string, offset: number }} Packed where a tensor lies, and as what */

/**
 * Half precision by hand: Float16Array is too new to count on.
 * @param {number} bits
 */
export function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction);
}

/** @type {Record<string, (view: DataView, at: number, i: number) => number>} */
const readers = {
  float32: (view, at, i) => view.getFloat32(at + 4 * i, true),
  float16: (view, at, i) => half(view.getUint16(at + 2 * i, true)),
};

/**
 * One tensor; int8 has one scale for each row, before the rows.
 * @param {Packed} packed
 * @param {DataView} view
 * @param {FloatsType} Type
 * @returns {Floats}
 */
export function unpackTensor({ shape, dtype, offset }, view, Type) {
  const size = shape.reduce((a, b) => a * b, 1), out = new Type(size);
  if (dtype === "int8") {
    const rows = shape[0], columns = size / rows, values = offset + 4 * rows;
    for (let r = 0; r < rows; r++) {
      const scale = view.getFloat32(offset + 4 * r, true);
      for (let i = r * columns; i < (r + 1) * columns; i++) {
        out[i] = scale * view.getInt8(values + i);
      }
    }
    return out;
  }
  const read = readers[dtype];
  if (!read) {
    throw new Error(`weights are stored as ${dtype}; this page reads int8, float16 and float32`);
  }
  for (let i = 0; i < size; i++) out[i] = read(view, offset, i);
  return out;
}

/**
 * Named tensors: what `pack_tensors` made.
 * @param {Record<string, Packed>} spec
 * @param {DataView} view
 * @param {FloatsType} [Type]
 * @returns {Record<string, Floats>}
 */
export function unpack(spec, view, Type = Float32Array) {
  return Object.fromEntries(
    Object.entries(spec).map(([name, packed]) => [name, unpackTensor(packed, view, Type)]),
  );
}

/**
 * Pictures of `size` bits, one bit a pixel, the first pixel in the highest bit: what `pack_bits` made.
 * @param {DataView} view
 * @param {number} size
 * @param {number} [count] by default as many as there are
 * @param {FloatsType} [Type]
 * @returns {Floats[]}
 */
export function unpackBits(
  view,
  size,
  count = Math.floor((8 * view.byteLength) / size),
  Type = Float32Array,
) {
  const bit = (/** @type {number} */ i) => (view.getUint8(i >> 3) >> (7 - (i & 7))) & 1;
  return Array.from({ length: count }, (_, n) => {
    const out = new Type(size);
    for (let i = 0; i < size; i++) out[i] = bit(n * size + i);
    return out;
  });
}
