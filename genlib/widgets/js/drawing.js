// Ink on a square pad, made into an image as a data set would hold it.

/** @typedef {"mnist" | "digits"} ImageKind 28 x 28 or 8 x 8 */

/**
 * The data set whose images have this size, `null` where a drawing can be made into none.
 * @param {number} rows
 * @param {number} columns
 * @returns {ImageKind | null}
 */
export function kindOf(rows, columns) {
  if (rows !== columns) return null;
  return rows === 28 ? "mnist" : rows === 8 ? "digits" : null;
}

/**
 * @param {ArrayLike<number>} ink
 * @param {number} side
 */
function boxOf(ink, side) {
  let left = side, right = -1, top = side, bottom = -1;
  for (let i = 0; i < ink.length; i++) {
    if (ink[i] < 0.1) continue;
    const row = Math.floor(i / side), column = i % side;
    left = Math.min(left, column);
    right = Math.max(right, column + 1);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row + 1);
  }
  return right < 0 ? null : { left, top, width: right - left, height: bottom - top };
}

/**
 * Mean ink inside a rectangle given in pixels of the drawing, edges weighted by the part that is inside.
 * @param {ArrayLike<number>} ink
 * @param {number} side
 * @param {number} x0
 * @param {number} y0
 * @param {number} x1
 * @param {number} y1
 */
function meanInk(ink, side, x0, y0, x1, y1) {
  let sum = 0;
  for (let row = Math.max(0, Math.floor(y0)); row < Math.min(side, y1); row++) {
    const high = Math.min(y1, row + 1) - Math.max(y0, row);
    for (let column = Math.max(0, Math.floor(x0)); column < Math.min(side, x1); column++) {
      const wide = Math.min(x1, column + 1) - Math.max(x0, column);
      sum += ink[row * side + column] * wide * high;
    }
  }
  return sum / ((x1 - x0) * (y1 - y0));
}

/**
 * @param {ArrayLike<number>} ink
 * @param {number} side
 * @param {number} size
 * @param {number} scale
 * @param {number} x
 * @param {number} y
 */
function resample(ink, side, size, scale, x, y) {
  return Float64Array.from({ length: size * size }, (_, i) => {
    const column = (i % size) / scale + x, row = Math.floor(i / size) / scale + y;
    return meanInk(ink, side, column, row, column + 1 / scale, row + 1 / scale);
  });
}

/**
 * @param {Float64Array} image
 * @param {number} size
 */
function centreOfMass(image, size) {
  let mass = 0, x = 0, y = 0;
  image.forEach((value, i) => {
    mass += value;
    x += value * ((i % size) + 0.5);
    y += value * (Math.floor(i / size) + 0.5);
  });
  return [x / mass, y / mass];
}

/**
 * MNIST: the longer side becomes 20 pixels, the centre of mass the middle of 28 x 28. The 8 x 8 digits: the height
 * becomes 32 pixels of black or white, of which each 4 x 4 block is counted.
 * @param {ArrayLike<number>} ink
 * @param {number} side
 * @param {ImageKind} [kind]
 */
export function centred(ink, side, kind = "mnist") {
  const size = kind === "mnist" ? 28 : 32, box = boxOf(ink, side);
  if (!box) return new Float64Array(kind === "mnist" ? 784 : 64);
  const scale = (kind === "mnist" ? 20 : 32) / Math.max(box.width, box.height);
  const reach = size / 2 / scale, left = box.left + box.width / 2 - reach;
  const top = box.top + box.height / 2 - reach, image = resample(ink, side, size, scale, left, top);
  if (kind === "mnist") {
    const [x, y] = centreOfMass(image, size).map((at) => Math.round(at - 14) / scale);
    return resample(ink, side, size, scale, left + x, top + y);
  }
  const blocks = new Float64Array(64);
  image.forEach((value, i) => {
    if (value >= 0.5) blocks[8 * Math.floor(i / 128) + Math.floor((i % 32) / 4)] += 1 / 16;
  });
  return blocks;
}
