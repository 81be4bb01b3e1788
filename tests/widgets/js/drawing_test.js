import { deepStrictEqual, ok } from "node:assert";
import { centred, kindOf } from "widgets/js/drawing.js";
import { apart, numbers } from "../../support/numbers.js";

/** @import { ImageKind } from "widgets/js/drawing.js" */

const torch = numbers("js"), SIDE = 112;
const KINDS = /** @type {ImageKind[]} */ (["mnist", "digits"]);

/**
 * A digit of two straight strokes, off the middle, moved and enlarged.
 * @param {object} [options]
 * @param {number} [options.right]
 * @param {number} [options.down]
 * @param {number} [options.scale]
 */
function seven({ right = 0, down = 0, scale = 1 } = {}) {
  const side = SIDE * scale;
  return Float32Array.from({ length: side * side }, (_, i) => {
    const x = Math.floor((i % side) / scale) - right,
      y = Math.floor(Math.floor(i / side) / scale) - down;
    const bar = y > 20 && y < 30 && x > 10 && x < 50;
    const slope = Math.abs(x - (45 - (y - 25) / 2)) < 5 && y > 20 && y < 80;
    return bar || slope ? 1 : 0;
  });
}

/**
 * @param {Float64Array} image
 * @param {number} size
 */
function boxOf(image, size) {
  const at = [...image.keys()].filter((i) => image[i] > 0.1);
  const columns = at.map((i) => i % size), rows = at.map((i) => Math.floor(i / size));
  const extent = (/** @type {number[]} */ v) => Math.max(...v) - Math.min(...v) + 1;
  return { width: extent(columns), height: extent(rows) };
}

Deno.test("a drawing becomes an image as MNIST made them", () => {
  const image = centred(seven(), SIDE), { width, height } = boxOf(image, 28);
  ok([20, 21].includes(Math.max(width, height)));
  let mass = 0, x = 0, y = 0;
  image.forEach((value, i) => {
    [mass, x, y] = [mass + value, x + value * (i % 28), y + value * Math.floor(i / 28)];
  });
  ok(Math.abs(x / mass - 13.5) < 0.6 && Math.abs(y / mass - 13.5) < 0.6);
  ok(Math.max(...image) <= 1 + 1e-9);
});

Deno.test("where it was drawn does not matter, nor how large", () => {
  for (const kind of KINDS) {
    const image = centred(seven(), SIDE, kind);
    ok(apart(centred(seven({ right: 25, down: 15 }), SIDE, kind), image) < 1e-6);
    const larger = centred(seven({ scale: 2 }), 2 * SIDE, kind);
    ok(larger.reduce((sum, value, i) => sum + Math.abs(value - image[i]), 0) < 0.01 * image.length);
  }
});

Deno.test("blank drawings stay blank", () => {
  for (const kind of KINDS) {
    ok(centred(new Float32Array(SIDE * SIDE), SIDE, kind).every((v) => v === 0));
  }
});

Deno.test("blocks count sixteenths, as many as there is ink", () => {
  const sum = (/** @type {ArrayLike<number>} */ a) => Array.from(a).reduce((x, y) => x + y, 0);
  const image = centred(seven(), SIDE, "digits"), ink = sum(seven()) * (32 / 59) ** 2;
  ok(Math.abs((16 * sum(image)) / ink - 1) < 0.05);
  ok(image.every((value) => Number.isInteger(16 * value)));
  deepStrictEqual([boxOf(image, 8).height, Math.max(...image)], [8, 1]);
});

Deno.test("small digits that are drawn again are themselves", () => {
  ok(torch.digits.length > 10);
  for (const { drawn, middle } of torch.digits) {
    deepStrictEqual([...centred(drawn, SIDE, "digits")], middle);
  }
});

Deno.test("a drawing is made into an image where data have that size", () => {
  deepStrictEqual([kindOf(28, 28), kindOf(8, 8), kindOf(8, 28), kindOf(5, 5)], [
    "mnist",
    "digits",
    null,
    null,
  ]);
});
