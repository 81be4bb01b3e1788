import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { alive, createTaxonomy, linkOf, pictureOf } from "widgets/taxonomy/model.js";
import { apart, numbers } from "../../support/numbers.js";

const python = numbers("taxonomy");
const keysOf = (/** @type {{ key: string }[]} */ nodes) => nodes.map(({ key }) => key);

Deno.test("the families are Python's, and those with a chapter are alive", () => {
  const taxonomy = createTaxonomy(python.tree, "rbm");
  deepStrictEqual(keysOf(taxonomy.leaves(python.tree)), python.leaves);
  deepStrictEqual(keysOf(taxonomy.ready), python.ready);
  ok(taxonomy.ready.every((leaf) => alive(leaf)));
});

Deno.test("next goes through all families with a chapter, in a circle, from anywhere", () => {
  const taxonomy = createTaxonomy(python.tree, "implicit"), seen = [];
  strictEqual(taxonomy.place, 0);
  for (let i = 0; i <= python.ready.length; i++) {
    taxonomy.next();
    seen.push(taxonomy.chosen);
  }
  deepStrictEqual(seen, [...python.ready, python.ready[0]]);
  strictEqual(taxonomy.place, 1);
});

Deno.test("what is lit is the way to the node and all that lies below it", () => {
  const taxonomy = createTaxonomy(python.tree, "approximate");
  deepStrictEqual(keysOf(taxonomy.path), ["all", "explicit", "approximate"]);
  const lit = [
    "all",
    "explicit",
    "approximate",
    "bound",
    "chain",
    "vae",
    "diffusion",
    "rbm",
    "deep",
  ];
  ok(lit.every((key) => taxonomy.lit(key)));
  ok(["tractable", "mixture", "implicit", "gan"].every((key) => !taxonomy.lit(key)));
});

Deno.test("pictures are those of the zoo", () => {
  for (const { key, pictures } of createTaxonomy(python.tree, "rbm").ready) {
    pictures?.forEach((digits, i) => ok(apart(pictureOf(digits), python.images[key][i]) < 1e-6));
  }
});

Deno.test("an unknown node shows the root, and links lead into the book or to the notebook", () => {
  strictEqual(createTaxonomy(python.tree, "nothing").chosen, "all");
  const home = "https://nowhere.invalid/course/blob/main";
  strictEqual(linkOf("chapters/a/b", { root: "../../", home }), "../../chapters/a/b.html");
  strictEqual(linkOf("chapters/a/b", { root: undefined, home }), `${home}/chapters/a/b.ipynb`);
});
