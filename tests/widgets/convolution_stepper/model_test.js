import { deepStrictEqual, ok, strictEqual } from "node:assert";
import * as model from "widgets/convolution_stepper/model.js";
import { inner } from "widgets/convolution_stepper/tries.js";
import { apart, numbers } from "../../support/numbers.js";

const torch = numbers("convolution_stepper");
const NEAR = 1e-10;

/** @param {model.Stepper} stepper */
function toTheEnd(stepper) {
  for (let i = 0; i < stepper.places; i++) stepper.step();
  return stepper;
}

/** @type {model.Setting} */
const PLAIN = {
  operation: "transposed",
  kernel: 3,
  stride: 2,
  padding: 0,
  side: 5,
  picture: "plain",
  weights: "ones",
};

for (const operation of ["convolution", "transposed", "resized"]) {
  Deno.test(`${operation}: matrix and map are torch's`, () => {
    const cases = torch.maps.filter((/** @type {any} */ one) =>
      one.setting.operation === operation
    );
    ok(cases.length >= 4);
    for (const { setting, own, matrix, output } of cases) {
      const stepper = toTheEnd(new model.Stepper(setting, 0, own));
      ok(stepper.done);
      ok(apart(stepper.matrix, matrix) < NEAR, JSON.stringify(setting));
      ok(apart(stepper.output(), output) < NEAR, JSON.stringify(setting));
    }
  });
}

Deno.test("pooling picks the largest, and unpooling puts it back", () => {
  for (const { side, x, y, matrix, output } of torch.pools) {
    const stepper = new model.Stepper({ ...PLAIN, operation: "unpooling", side });
    stepper.input = Float64Array.from(x);
    stepper.matrix = model.poolingMatrix(stepper.sizes, stepper.input);
    toTheEnd(stepper);
    ok(apart(stepper.matrix, matrix) === 0);
    ok(apart(stepper.activations(), y) === 0);
    ok(apart(stepper.output(), output) === 0);
  }
});

Deno.test("phases of a plain answer are torch's", () => {
  for (const { kernel, stride, w, sums, counts, pattern } of torch.phases) {
    const sizes = { large: 0, small: 0, kernel, stride, padding: 0 };
    const found = model.phasesOf(Float64Array.from(w), sizes, "transposed");
    const sorted = (/** @type {number[]} */ values) => [...values].sort((a, b) => a - b);
    ok(apart(sorted(found.sums), sorted(sums)) < NEAR);
    ok(apart(sorted(found.counts), sorted(counts)) < NEAR);
    ok(Math.abs(found.pattern - pattern) < NEAR);
    strictEqual(model.phasesOf(Float64Array.from(w), sizes, "resized").pattern, 0);
  }
});

Deno.test("places are done one by one, and undone", () => {
  const stepper = new model.Stepper({ ...PLAIN, operation: "convolution", picture: "noise" });
  const whole = toTheEnd(new model.Stepper(stepper.setting)).output();
  strictEqual(stepper.places, 4);
  stepper.back();
  strictEqual(stepper.place, 0);
  for (let place = 1; place <= 5; place++) {
    stepper.step();
    strictEqual(stepper.place, Math.min(place, 4));
    const known = Math.min(place, 4);
    ok(apart(stepper.output().subarray(0, known), whole.subarray(0, known)) < NEAR);
    ok(stepper.output().subarray(known).every((v) => v === 0));
  }
  stepper.back();
  strictEqual(stepper.place, 3);
  strictEqual(stepper.output()[3], 0);
});

Deno.test("stamps add up place by place", () => {
  const stepper = new model.Stepper({ ...PLAIN, picture: "noise", weights: "noise" });
  let before = stepper.output();
  for (let place = 0; place < stepper.places; place++) {
    stepper.step();
    const now = stepper.output(), z = stepper.input[place];
    ok(apart(now.map((v, i) => v - before[i]), stepper.rowOf(place).map((v) => z * v)) < NEAR);
    before = now;
  }
});

Deno.test("pictures and kernels are what they are called", () => {
  deepStrictEqual([...model.pictureOf("seven", 5, 0)], torch.seven);
  strictEqual(model.pictureOf("spot", 4, 0).indexOf(1), 5);
  ok(model.pictureOf("plain", 3, 0).every((v) => v === 1));
  const noise = model.pictureOf("noise", 6, 1);
  ok(apart(noise, model.pictureOf("noise", 6, 1)) === 0);
  ok(apart(noise, model.pictureOf("noise", 6, 2)) > 0.1);
  deepStrictEqual([...model.weightsOf("edge", 3, 0)], [-1, 0, 1, -1, 0, 1, -1, 0, 1]);
  deepStrictEqual([...model.weightsOf("linear", 3, 0)], [
    0.25,
    0.5,
    0.25,
    0.5,
    1,
    0.5,
    0.25,
    0.5,
    0.25,
  ]);
  const sizes = { large: 0, small: 0, kernel: 4, stride: 2, padding: 0 };
  ok(model.phasesOf(model.weightsOf("linear", 4, 0), sizes, "transposed").pattern < NEAR);
});

Deno.test("a kernel that does not fit is said to", () => {
  const narrow = new model.Stepper({ ...PLAIN, operation: "convolution", kernel: 5, side: 3 });
  deepStrictEqual([narrow.fits, narrow.places, narrow.done], [false, 0, true]);
  strictEqual(narrow.output().length, 0);
  strictEqual(
    new model.Stepper({ ...PLAIN, side: 2, kernel: 2, stride: 1, padding: 2 }).fits,
    false,
  );
});

Deno.test("overlaps inside: 1, 2, 4 for a kernel of 3, 4 for one of 4, and even once resized", () => {
  deepStrictEqual(inner(toTheEnd(new model.Stepper(PLAIN))), [1, 2, 4]);
  deepStrictEqual(inner(toTheEnd(new model.Stepper({ ...PLAIN, kernel: 4 }))), [4]);
  for (let seed = 0; seed < 20; seed++) {
    const uneven = { ...PLAIN, kernel: 4, weights: /** @type {const} */ ("noise") };
    strictEqual(inner(toTheEnd(new model.Stepper(uneven, seed))).length, 4);
    const even = { ...uneven, operation: /** @type {const} */ ("resized") };
    strictEqual(inner(toTheEnd(new model.Stepper(even, seed))).length, 1);
  }
});
