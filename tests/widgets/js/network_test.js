import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import { createAdam } from "widgets/js/adam.js";
import { meanSoftplus } from "widgets/js/functions.js";
import { createNetwork } from "widgets/js/network.js";
import { apart, numbers } from "../../support/numbers.js";

const torch = numbers("js");

for (const { name, spec, weights, x, batch, y } of torch.forward) {
  Deno.test(`forward equals torch: ${name}`, () => {
    const net = createNetwork(spec, weights, Float64Array);
    deepStrictEqual([net.inputs, net.outputs], [5, 3]);
    ok(apart(net.forward(Float64Array.from(x), batch).subarray(0, y.length), y) < 1e-12);
  });
}

Deno.test("fifty steps of Adam equal torch's", () => {
  const { spec, weights, batch, losses, slope, parameters, ...given } = torch.training;
  const net = createNetwork(spec, weights, Float64Array), x = Float64Array.from(given.x);
  const adam = createAdam(net.parameters, { lr: 0.01, betas: [0.5, 0.9], eps: 1e-3 });
  losses.forEach((/** @type {number} */ expected, /** @type {number} */ step) => {
    net.zeroGradients();
    const { loss, gradient } = meanSoftplus(net.forward(x, batch), -1, batch * net.outputs);
    const dx = net.backward(gradient, batch).subarray(0, x.length);
    if (!step) ok(apart(dx, slope) < 1e-9);
    ok(Math.abs(loss - expected) < 1e-9);
    adam.step(net.gradients);
  });
  net.parameters.forEach((part, j) => ok(apart(part, parameters[j]) < 1e-9));
});

Deno.test("a smaller batch after a larger one is not contaminated", () => {
  const { spec, weights, x, batch } = torch.training, input = Float64Array.from(x);
  const [fresh, used] = [0, 1].map(() => createNetwork(spec, weights, Float64Array));
  used.forward(new Float64Array(50 * used.inputs).fill(3), 50);
  const size = batch * fresh.outputs;
  const [a, b] = [fresh, used].map((net) => [...net.forward(input, batch).subarray(0, size)]);
  deepStrictEqual(a, b);
});

Deno.test("softplus losses are stable and exact", () => {
  for (const { sign, a, loss, gradient } of torch.softplus) {
    const found = meanSoftplus(Float64Array.from(a), sign);
    ok(Math.abs(found.loss / loss - 1) < 1e-13);
    ok(apart(found.gradient, gradient) < 1e-15);
  }
});

Deno.test("an unknown layer is refused in words", () => {
  const { spec, weights } = torch.training;
  const bad = { ...spec, layers: [{ ...spec.layers[0], kind: "gelu" }] };
  throws(() => createNetwork(bad, weights), /layer gelu is not one of linear, elu/);
  strictEqual(createNetwork(spec, weights).outputs, 3);
});
