// How TinyWorld shows 4096 states: two maps, rows of pictures with a bar under each, and one picture to ask about.

const genlibTinyView = {
  // Shades are logarithms: a cell of `low` and less is paper, one of `high` and more is full ink.
  low: 1e-6,
  high: 0.1,
  shade(logP) {
    const { low, high } = genlibTinyView;
    return Math.min(1, Math.max(0, (logP - Math.log(low)) / (Math.log(high) - Math.log(low))));
  },
  number(p) {
    if (p >= 0.00095) return p.toFixed(4);
    if (!(p > 0)) return "0";
    const power = Math.floor(Math.log10(p) + 1e-9);
    return `${(p / 10 ** power).toFixed(1)}\u00b710${String(power).replace("-", "\u207b").replace(/\d/g, (d) => "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[d])}`;
  },

  // The first six pixels of a state say its row, the last six its column. Moving over the map picks a state.
  map(ui, colour, caption, onPick) {
    const picture = ui.image({ label: caption, width: 64, colour, caption: "" }), mark = ui.node("span", { className: "genlib-tiny-mark" });
    const frame = ui.node("div", { className: "genlib-frame genlib-tiny-map" }, picture.canvas, mark), shades = new Float32Array(4096);
    const pick = (event) => {
      const box = picture.canvas.getBoundingClientRect(), cell = (at, size) => Math.min(63, Math.max(0, Math.floor((64 * at) / size)));
      onPick(64 * cell(event.clientY - box.top, box.height) + cell(event.clientX - box.left, box.width));
    };
    ui.listen(picture.canvas, "pointerdown", pick);
    ui.listen(picture.canvas, "pointermove", pick);
    const ramp = ui.node("span", { className: `genlib-tiny-ramp genlib-tiny-${colour}`, ariaHidden: "true" });
    const scale = ui.node("p", { className: "genlib-tiny-scale" }, "10\u207b\u2076", ramp, "0.1");
    return {
      element: ui.node("div", { className: "genlib-tiny-side" }, ui.node("p", { className: "genlib-caption", textContent: caption }), frame, scale),
      canvas: picture.canvas,
      paint(logP) {
        for (let s = 0; s < 4096; s++) shades[s] = genlibTinyView.shade(logP[s]);
        picture.paint(shades);
      },
      mark(state) {
        mark.style.left = `${((state % 64) * 100) / 64}%`;
        mark.style.top = `${(Math.floor(state / 64) * 100) / 64}%`;
      },
      describe: picture.describe,
    };
  },

  // Pictures side by side, with what the model gives to each as a bar and in per cent; a line marks what the data give.
  gallery(ui, label, onPick) {
    const canvas = ui.node("canvas", { className: "genlib-tiny-gallery", ariaLabel: label }), context = canvas.getContext("2d");
    const LEAST = 36, BARS = 34;
    canvas.setAttribute("role", "img");
    let shown = [], columns = 1, wide = LEAST, high = 1;
    function paint({ states, logP, p, scale }) {
      const ratio = devicePixelRatio || 1, room = canvas.parentElement?.clientWidth || 900;
      columns = [16, 8, 4, 2, 1].find((count) => (count <= states.length && room / count >= LEAST) || count === 1);
      wide = Math.min(60, Math.floor(room / columns));
      const cell = Math.min(11, Math.floor((wide - 11) / 3)), side = 3 * cell, foot = 4 * cell + 6 + BARS;
      high = foot + 26;
      const rows = Math.max(1, Math.ceil(states.length / columns)), width = columns * wide, height = rows * high;
      shown = states;
      if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
        Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
        Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
      }
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      context.font = "11px system-ui, sans-serif";
      context.textAlign = "center";
      const fill = (name, draw) => {
        context.fillStyle = ui.colour(name);
        states.forEach((s, n) => draw(s, Math.round(((n % columns) + 0.5) * wide - side / 2), Math.floor(n / columns) * high + 3));
      };
      const pixels = (wanted) => (s, x, y) => {
        for (let i = 0; i < 12; i++) if (genlibTiny.pixel(s, i) === wanted) context.fillRect(x + (i % 3) * cell, y + Math.floor(i / 3) * cell, cell - 1, cell - 1);
      };
      const reach = (value) => Math.min(1, value / scale) * BARS, chance = (s) => Math.exp(logP[s]);
      fill("line", pixels(0));
      fill("ink", pixels(1));
      fill("line", (s, x, y) => context.fillRect(x, y + foot, side - 1, 1));
      fill("model", (s, x, y) => context.fillRect(x + side / 4, y + foot - reach(chance(s)), side / 2, reach(chance(s))));
      fill("data", (s, x, y) => context.fillRect(x, y + foot - reach(p[s]) - 1, side - 1, 2));
      fill("ink", (s, x, y) => context.fillText((100 * chance(s)).toFixed(1), x + side / 2, y + foot + 13));
    }
    const pick = (event) => {
      const box = canvas.getBoundingClientRect(), column = Math.floor((event.clientX - box.left) / wide), row = Math.floor((event.clientY - box.top) / high);
      const state = shown[row * columns + column];
      if (column < columns && state !== undefined) onPick(state);
    };
    ui.listen(canvas, "pointerdown", pick);
    ui.listen(canvas, "pointermove", pick);
    return { canvas, paint, element: ui.node("div", { className: "genlib-tiny-row" }, canvas), describe(words) { canvas.ariaLabel = words; } };
  },

  // One picture of twelve buttons, and what the data and the model say of it.
  picker(ui, onPick) {
    let state = 0;
    const pixels = Array.from({ length: 12 }, (_, i) => {
      const button = ui.button("", () => onPick(state ^ (1 << (11 - i))));
      button.className = "genlib-tiny-pixel";
      button.ariaLabel = `Pixel in row ${Math.floor(i / 3) + 1}, column ${(i % 3) + 1}`;
      return button;
    });
    const words = ui.node("p", { className: "genlib-tiny-asked" });
    return {
      element: ui.node("div", { className: "genlib-tiny-picker" }, ui.node("div", { className: "genlib-tiny-picture" }, ...pixels), words),
      show(next, logP, p) {
        state = next;
        pixels.forEach((button, i) => { button.ariaPressed = String(genlibTiny.pixel(state, i) === 1); });
        const { number } = genlibTinyView, cost = (value) => (value === Infinity ? "\u221e" : value.toFixed(2));
        words.replaceChildren(...[["data", "data", p[state], -Math.log(p[state])], ["model", "model", Math.exp(logP[state]), -logP[state]]].map(([name, word, chance, nats]) =>
          ui.node("span", {}, ui.node("span", { className: `genlib-key genlib-${name}`, textContent: word }), `${number(chance)}, or ${cost(nats)} nats`)));
      },
    };
  },

  // The control of a setting as a family wishes it: a choice, a whole number, or a number on a scale of powers of ten.
  control(ui, { trait, label, options, min, max, powers }, value, onChange) {
    let current = value;
    const take = (to) => { current = to; onChange(to); };
    const made = options
      ? ui.select({ label, options, value, onChange: (key) => take(options.find(([option]) => String(option) === key)[0]) })
      : powers
        ? ui.range({ label, min: Math.log10(min), max: Math.log10(max), value: Math.log10(value), format: (power) => String(+(10 ** power).toPrecision(2)), onInput: (power) => take(10 ** power) })
        : ui.range({ label, min, max, step: 1, value, onInput: take });
    const { element, input } = made;
    return { element, input, trait, get value() { return current; }, set value(to) { current = to; made.value = powers ? Math.log10(to) : to; } };
  },

  // Figures by name, each beside its words; `beside` is a second figure that the first is to be compared with.
  figures(ui, rows) {
    const cells = {}, cell = (name) => (cells[name] = ui.node("span", { textContent: "\u2013" }));
    const line = ([words, name, beside]) => ui.node("div", {}, ui.node("dt", { textContent: words }),
      ui.node("dd", {}, cell(name), ...(beside ? [ui.node("small", {}, `${beside[0]} `, cell(beside[1]))] : [])));
    return { element: ui.node("dl", { className: "genlib-tiny-figures" }, ...rows.map(line)), cells };
  },
};
