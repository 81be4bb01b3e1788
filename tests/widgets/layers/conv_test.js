import { deepStrictEqual, ok } from "node:assert";
import { createNetwork } from "widgets/js/network.js";
import { apart, numbers } from "../../support/numbers.js";

const torch = numbers("layers");

for (
  const { name, spec, weights, batch, y, output, dy, dx, gradients, ...given } of torch.forward
) {
  const size = output.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1);
  Deno.test(`pictures forward and back equal torch's: ${name}`, () => {
    const net = createNetwork(spec, weights, Float64Array), x = Float64Array.from(given.x);
    deepStrictEqual([spec.output, net.outputs], [output, size]);
    net.forward(new Float64Array(2 * x.length).fill(3), 2 * batch);
    ok(apart(net.forward(x, batch).subarray(0, y.length), y) < 1e-10);
    ok(apart(net.backward(Float64Array.from(dy), batch).subarray(0, dx.length), dx) < 1e-10);
    net.gradients.forEach((found, j) => ok(apart(found, gradients[j]) < 1e-10));
    net.backward(Float64Array.from(dy), batch);
    net.gradients.forEach((found, j) => {
      ok(apart(found, gradients[j].map((/** @type {number} */ g) => 2 * g)) < 1e-10);
    });
  });
  Deno.test(`in single precision the error is small: ${name}`, () => {
    const net = createNetwork(spec, weights), most = Math.max(...y.map(Math.abs));
    ok(
      apart(net.forward(Float32Array.from(given.x), batch).subarray(0, y.length), y) < 1e-6 * most,
    );
  });
}
