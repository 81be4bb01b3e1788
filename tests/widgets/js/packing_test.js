import { deepStrictEqual, strictEqual, throws } from "node:assert";
import { half, unpack, unpackBits } from "widgets/js/packing.js";
import { numbers } from "../../support/numbers.js";

const torch = numbers("js");

Deno.test("half precision is read exactly", () => {
  const value = (/** @type {string} */ word) => Number(word.replace("inf", "Infinity"));
  const wrong = torch.halves.findIndex((/** @type {string} */ word, /** @type {number} */ bits) =>
    !Object.is(half(bits), value(word))
  );
  strictEqual(wrong, -1);
});

Deno.test("the page reads the very numbers that Python reads", () => {
  for (const { weights, spec, read } of torch.packed) {
    const found = Object.entries(unpack(spec, weights, Float64Array));
    deepStrictEqual(Object.fromEntries(found.map(([name, values]) => [name, [...values]])), read);
  }
});

Deno.test("a view into a larger buffer is read from its own start", () => {
  const { weights, spec, read } = torch.packed[2], larger = new Uint8Array(8 + weights.byteLength);
  larger.set(new Uint8Array(weights.buffer), 8);
  deepStrictEqual([...unpack(spec, new DataView(larger.buffer, 8), Float64Array).W], read.W);
});

Deno.test("an unknown format is refused in words", () => {
  const spec = { W: { shape: [1, 2], dtype: "int4", offset: 0 } };
  throws(() => unpack(spec, new DataView(new ArrayBuffer(8))), /weights are stored as int4/);
});

Deno.test("bits come back as the pictures they were", () => {
  const pictures = unpackBits(torch.bits.packed, 13);
  deepStrictEqual(pictures.map((x) => [...x]), torch.bits.x);
});
