import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { completed, modelOf, Pen, PENS, Study } from "widgets/pixel_by_pixel/model.js";
import { createNet } from "widgets/pixel_by_pixel/nets.js";
import { apart, numbers } from "../../support/numbers.js";

const torch = numbers("pixel_by_pixel");
/** @type {[string, any][]} */
const all = Object.entries(torch.models);

/** @param {any} told */
const made = ({ spec, weights }) => modelOf(spec, weights);

for (const [name, told] of all) {
  Deno.test(`equal uniforms give torch's pictures, for torch's nats: ${name}`, () => {
    const model = made(told);
    told.x.forEach((/** @type {number[]} */ x, /** @type {number} */ i) => {
      const pen = completed(model, x, told.given[i], told.u[i]);
      deepStrictEqual([...pen.x], told.drawn[i]);
      ok(Math.abs(pen.nats(told.given[i]) - told.nats[i]) < 1e-4);
      ok(Math.abs(pen.nats() - told.all[i]) < 1e-4);
    });
  });

  Deno.test(`log-odds are torch's, pixel after pixel: ${name}`, () => {
    const model = made(told);
    told.drawn.forEach((/** @type {number[]} */ x, /** @type {number} */ i) => {
      const pen = new Pen(model), odds = new Array(x.length);
      while (!pen.done) {
        odds[model.order[pen.t]] = pen.next();
        pen.put(x[model.order[pen.t]]);
      }
      ok(apart(odds, told.odds[i]) < 1e-5);
    });
  });

  Deno.test(`what a pixel reads is what flips of pixels say: ${name}`, () => {
    const { net } = made(told);
    told.reads.forEach((/** @type {number[]} */ row, /** @type {number} */ pixel) => {
      deepStrictEqual([...net.reads(pixel)], row, `pixel ${pixel}`);
    });
  });

  Deno.test(`a pen that goes back forgets what came after: ${name}`, () => {
    const model = made(told), pen = new Pen(model), [a, b] = told.drawn.slice(-2);
    for (
      const [x, t] of /** @type {[number[], number][]} */ ([[a, 30], [b, 17], [a, 30], [b, 30]])
    ) {
      pen.follow(x, t);
      const fresh = new Pen(model);
      fresh.follow(x, t);
      ok(Math.abs(pen.nats() - fresh.nats()) < 1e-4);
      deepStrictEqual([...pen.x], [...fresh.x]);
      if (!pen.done) ok(Math.abs(pen.next() - fresh.next()) < 1e-5);
    }
    pen.back(12);
    const copy = new Pen(model);
    copy.copy(pen);
    const fresh = new Pen(model);
    fresh.follow([...b].map((v, i) => model.place[i] < 12 ? v : a[i]), 30);
    for (const one of [pen, copy]) {
      one.follow(fresh.x, 30);
      ok(Math.abs(one.nats() - fresh.nats()) < 1e-4);
    }
  });
}

/** @param {string} name */
function study(name, seed = 3) {
  const { [name]: told } = torch.models, one = new Study([made(told)], torch.shape, seed);
  one.drawing.set(told.x[0]);
  one.given = 13;
  one.begin();
  return one;
}

Deno.test("six pens keep what is given and go different ways", () => {
  const one = study("gated"), { model, drawing } = one;
  one.advance(100);
  ok(one.done);
  strictEqual(one.pens.length, PENS);
  ok(one.kinds() > 1);
  for (const { x } of one.pens) {
    model.order.slice(0, 13).forEach((pixel) => strictEqual(x[pixel], drawing[pixel]));
  }
  const again = study("gated");
  again.advance(100);
  deepStrictEqual(again.pens.map(({ x }) => [...x]), one.pens.map(({ x }) => [...x]));
});

Deno.test("chance decides how often a pixel is ink", () => {
  const one = study("MADE, shuffled");
  while (Math.abs(one.pens[0].chance() - 0.5) < 0.2) {
    one.given++;
    one.begin();
  }
  const chance = one.pens[0].chance(), { given } = one;
  let ink = 0;
  for (let i = 0; i < 500; i++) {
    one.begin();
    one.step();
    ink += one.pens.filter(({ model, x }) => x[model.order[given]]).length;
  }
  const n = 500 * PENS, error = Math.sqrt(chance * (1 - chance) / n);
  ok(Math.abs(ink / n - chance) < 4 * error, `${ink / n}, not ${chance}`);
});

Deno.test("a touched pixel is kept, with all that come before it", () => {
  const one = study("MADE, shuffled");
  strictEqual(one.reach(one.model.order[20]), 21);
  strictEqual(one.reach(one.model.order[2]), 13);
});

Deno.test("what is read and what is not add up to what came before", () => {
  const { read, before, blind } = study("PixelCNN").field(26);
  strictEqual(before, 26);
  strictEqual(read + blind, before);
  ok(blind > 0);
  strictEqual(study("gated, dilated").field(26).before, 26);
});

Deno.test("an unknown kind is refused", () => {
  let said = "";
  try {
    createNet({ kind: "nade", order: [0] }, new DataView(new ArrayBuffer(8)));
  } catch (error) {
    said = String(error);
  }
  ok(said.includes("the page knows no network of the kind nade"));
});
