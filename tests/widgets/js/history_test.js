import { deepStrictEqual, ok } from "node:assert";
import { createHistory } from "widgets/js/history.js";
import { percent, short, signed, times } from "widgets/js/words.js";

Deno.test("a history keeps its room, its beginning and the present", () => {
  let now = 0;
  const history = createHistory(10, () => now * now);
  for (now = 0; now <= 1000; now++) {
    history.add(now);
    const { entries } = history, places = entries.map(([at]) => at);
    ok(entries.length <= 12);
    deepStrictEqual([places[0], places[places.length - 1]], [0, now]);
    ok(entries.every(([at, entry]) => entry === at * at));
  }
  const gaps = history.entries.slice(1, -1).map(([at], i) => at - history.entries[i][0]);
  ok(gaps.every((gap) => gap === gaps[0]), String(gaps));
  now = 1000;
  deepStrictEqual(history.some(3).map(([at]) => at)[2], 1000);
  history.clear();
  deepStrictEqual(history.entries, []);
});

Deno.test("the same place again takes the place of what was there", () => {
  let value = "first";
  const history = createHistory(10, () => value);
  history.add(0);
  value = "second";
  history.add(0);
  deepStrictEqual(history.entries, [[0, "second"]]);
});

Deno.test("numbers are written for people", () => {
  deepStrictEqual([signed(-1.255, 1), signed(-0.001), signed(undefined), signed(-Infinity)], [
    "\u22121.3",
    "0.00",
    "\u2013",
    "\u2212\u221e",
  ]);
  deepStrictEqual([short(-12345), short(0.1 + 0.2), short(9999)], ["\u221212.35k", "0.3", "9999"]);
  deepStrictEqual([times(1, "sweep"), times(0, "sweep"), percent(0.1234)], [
    "1 sweep",
    "0 sweeps",
    "12.3 %",
  ]);
});
