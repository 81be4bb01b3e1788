import { deepStrictEqual, ok, strictEqual } from "node:assert";
import * as plane from "widgets/code_plane/model.js";
import { apart, numbers } from "../../support/numbers.js";

const torch = numbers("code_plane");

/** @param {Record<string, any>} traits */
const traitsOf = (traits) => ({ get: (/** @type {string} */ name) => traits[name] });

for (const { name, traits, x, z, codes, decoded, back, placed } of torch.cases) {
  Deno.test(`both ways are torch's, up, down and around: ${name}`, () => {
    const coders = plane.codersOf(traitsOf(traits), Float64Array);
    coders.forEach((coder, way) => {
      x.forEach((/** @type {number[]} */ image, /** @type {number} */ n) => {
        ok(apart(coder.encode(image), codes[way][n]) < 1e-6);
      });
      z.forEach((/** @type {number[]} */ point, /** @type {number} */ n) => {
        ok(apart(coder.decode(point), decoded[way][n]) < 1e-6);
        ok(apart(coder.back(point), back[way][n]) < 1e-5);
      });
    });
  });
  Deno.test(`dots are read as they were sent: ${name}`, () => {
    const study = plane.studyOf(traitsOf(traits));
    study.codes.forEach((found, way) => ok(apart(found.flat(), placed[way].flat()) < 1e-6));
  });
}

const study = () => plane.studyOf(traitsOf(torch.world.traits));

Deno.test("PCA stands where it is, and a drift is how far a picture is put from its place", () => {
  const one = study();
  ok(one.drift(0, [0.3, 0.7]) < 1e-6);
  ok(one.drift(1, [3, -7]) < 1e-5);
  const { coders } = one;
  const bent = { ...coders[0], back: (/** @type {ArrayLike<number>} */ z) => [z[0] + 3, z[1] + 4] };
  one.load([bent, coders[1]]);
  strictEqual(one.drift(0, [1, 1]), 5);
});

Deno.test("the corner is the emptiest, and the closest are the closest", () => {
  const { coders, codes, examples } = study();
  strictEqual(plane.gapAt([0.5, 0], codes[0]) < 0.03, true);
  ok(Math.abs(plane.gapAt([1, 0.5], codes[0]) - 0.5) < 1e-6);
  const dots = [[0, 0], [1, 0], [0, 1], [0.1, 0.1]], { high } = plane.boxOf(dots);
  deepStrictEqual(plane.emptyCorner(dots), high);
  deepStrictEqual(plane.closest(coders[1], examples), [0, 2]);
});

Deno.test("a walk into the corner ends there", () => {
  const one = study();
  one.choose("corner");
  one.walk(1);
  one.codes.forEach((codes, way) => ok(apart(one.z[way], plane.emptyCorner(codes)) < 1e-9));
});

Deno.test("a walk is straight in both planes and ends at the images' codes", () => {
  const one = study();
  one.choose("close");
  one.walk(0);
  ok(apart(one.z[0], [0, 0]) < 1e-6);
  one.walk(0.5);
  ok(apart(one.z[0], [0, 0.5]) < 1e-6 && apart(one.z[1], [0, 0.125]) < 1e-6);
  one.walk(1);
  ok(apart(one.z[1], one.coders[1].encode(one.examples[2])) < 1e-6);
  strictEqual(one.now.x, null);
});

Deno.test("an image puts both points, a hand one, and reset all as at first", () => {
  const one = study(), first = one.z;
  one.encode(one.examples[3]);
  ok(apart(one.z[0], [1, 1]) < 1e-6 && one.now.x === one.examples[3]);
  one.move(1, [9, 9]);
  deepStrictEqual(one.z[1], [9, 9]);
  ok(apart(one.z[0], [1, 1]) < 1e-6 && one.now.x === null);
  one.reset();
  deepStrictEqual(one.z, first);
  strictEqual(one.now.x, one.examples[0]);
});

Deno.test("a plane shows all dots and a margin", () => {
  deepStrictEqual(plane.boxOf([[0, 10], [20, 30]]), { low: [-1, 9], high: [21, 31] });
  deepStrictEqual(plane.boxOf([[1, 1]]), { low: [0, 0], high: [2, 2] });
});

Deno.test("errors and distances are sums of squares", () => {
  strictEqual(plane.squaredError([1, 2, 3], [1, 0, 0]), 13);
  strictEqual(plane.distance([0, 0], [3, 4]), 5);
});
