// The code z of a latent-variable model by hand: as a point of the plane, or one slider for each of its numbers.
//
//   const plane = genlib.codePlane(ui, { side, limit, onMove });   pictures of side x side, from -limit to limit
//   plane.place(z)                  moves the marker; onMove([z1, z2]) tells where a hand has put it
//   plane.fill(decode)              paints the pictures, decode(codes, batch) -> pixels, some in every frame
//   plane.draw({ codes, labels, q, ends })
//                                   dots coloured by label, with a legend that singles one out; q = {mu, sigma} as the
//                                   ellipse of two deviations; a line from ends[0], A, to ends[1], B
//   const sliders = genlib.codeSliders(ui, count, limit, onInput);   onInput(i, value)
//   sliders.place(z)
//   sliders.arrange(kl)             says how much each latent is used, in nats, and puts the most used first
//   sliders.believe(q)              shows q(z|x) under each slider; null for none
genlib.twoDigits = (value) => value.toFixed(2).replace("-", "\u2212");

genlib.codePlane = (ui, { side, limit, onMove }) => {
  // Okabe and Ito's colours, and three more that differ from them in lightness.
  const palette = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8c6d00", "#7b4fa3", "#858585", "#b8ae00"];
  const [tiles, pitch] = side < 16 ? [12, side + 2] : [16, side], wide = tiles * pitch, sheet = new Float32Array(wide * wide);
  const size = 800, share = (v) => (v + limit) / (2 * limit);
  const behind = ui.image({ label: "Decoded pictures over the plane of codes", width: wide, colour: "model", caption: "" });
  const over = ui.node("canvas", { width: size, height: size, tabIndex: 0, className: "genlib-latent-over" }), context = over.getContext("2d");
  const marker = ui.node("span", { className: "genlib-latent-marker" });
  const frame = ui.node("div", { className: "genlib-latent-plane" }, behind.canvas, over, marker);
  const ends = [-limit, limit].map((v) => String(v).replace("-", "\u2212"));
  const axis = (name) => ui.node("p", { className: `genlib-latent-${name}`, ariaHidden: "true" },
    ...[ends[0], name, ends[1]].map((textContent) => ui.node("span", { textContent })));
  const legend = ui.node("div", { className: "genlib-latent-classes" });
  const element = ui.node("div", { className: "genlib-latent-axes" }, axis("z2"), frame, axis("z1"), legend);
  let shown = { codes: [], labels: [], ends: [] }, only, painting = 0, at = [0, 0];
  over.setAttribute("role", "application");
  over.ariaLabel = "Plane of codes z1 and z2: arrow keys move z, with Shift faster";

  const to = (x, y) => onMove([x, y].map((v) => Math.min(limit, Math.max(-limit, v))));
  function point({ clientX, clientY }) {
    const { left, top, width, height } = over.getBoundingClientRect();
    to(limit * ((2 * (clientX - left)) / width - 1), limit * (1 - (2 * (clientY - top)) / height));
  }
  ui.listen(over, "pointerdown", (event) => {
    over.setPointerCapture(event.pointerId);
    point(event);
  });
  ui.listen(over, "pointermove", (event) => { if (over.hasPointerCapture(event.pointerId)) point(event); });
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  ui.listen(over, "keydown", (event) => {
    if (!arrows[event.key]) return;
    event.preventDefault();
    const step = event.shiftKey ? 0.5 : 0.05, [x, y] = arrows[event.key];
    to(at[0] + step * x, at[1] + step * y);
  });

  const px = ([x, y]) => [size * share(x), size * (1 - share(y))];
  function ring(centre, [rx, ry], colour, width) {
    context.beginPath();
    context.ellipse(...px(centre), rx, ry, 0, 0, 7);
    [context.strokeStyle, context.lineWidth] = [colour, width];
    context.stroke();
  }
  function dot(code, label) {
    context.globalAlpha = only === undefined || only === label ? 1 : 0.07;
    context.fillStyle = label === undefined ? ui.colour("data") : palette[label % palette.length];
    ring(code, [6, 6], ui.colour("paper"), 2);
    context.fill();
  }
  function explain() {
    const all = [...new Set(shown.labels)].sort((a, b) => a - b);
    legend.replaceChildren(...all.map((label) => {
      const made = ui.button(String(label), () => {
        only = only === label ? undefined : label;
        [...legend.children].forEach((other, i) => { other.ariaPressed = String(all[i] === only); });
        draw();
      });
      made.prepend(ui.node("i"));
      made.firstChild.style.background = palette[label % palette.length];
      made.ariaPressed = String(label === only);
      made.ariaLabel = `Only codes of class ${label}`;
      return made;
    }));
  }
  function line() {
    context.beginPath();
    shown.ends.forEach((end) => context.lineTo(...px(end)));
    context.setLineDash([10, 8]);
    [context.strokeStyle, context.lineWidth, context.font] = [ui.colour("ink"), 3, "600 34px system-ui, sans-serif"];
    context.stroke();
    context.setLineDash([]);
    [context.strokeStyle, context.lineWidth, context.fillStyle] = [ui.colour("paper"), 8, ui.colour("ink")];
    shown.ends.map(px).forEach(([x, y], i) => {
      context.strokeText("AB"[i], x + 10, y - 10);
      context.fillText("AB"[i], x + 10, y - 10);
    });
  }
  function draw() {
    context.clearRect(0, 0, size, size);
    shown.codes.forEach((code, n) => dot(code, shown.labels[n]));
    context.globalAlpha = 1;
    line();
    if (!shown.q) return;
    const reach = Array.from(shown.q.sigma, (sigma) => Math.max(3, (sigma * size) / limit));
    ring(shown.q.mu, reach, ui.colour("paper"), 9);
    ring(shown.q.mu, reach, ui.colour("latent"), 5);
  }
  ui.onTheme(draw);
  ui.onClose(() => cancelAnimationFrame(painting));
  return {
    element,
    draw(next) {
      shown = { ...shown, ...next };
      if (next.labels) explain();
      frame.toggleAttribute("data-dots", shown.codes.length > 0);
      draw();
    },
    place(z) {
      at = z;
      marker.style.left = `${100 * share(z[0])}%`;
      marker.style.top = `${100 - 100 * share(z[1])}%`;
    },
    fill(decode) {
      const line = Array.from({ length: tiles }, (_, i) => limit * ((2 * i + 1) / tiles - 1)), pixels = side * side, half = tiles / 2;
      const next = ui.timed((step) => {
        const row = step >> 1, first = step % 2 ? half : 0;
        decode(line.slice(first, first + half).flatMap((x) => [x, -line[row]]), half).forEach((value, i) => {
          const x = (first + Math.floor(i / pixels)) * pitch + (i % side), y = row * pitch + Math.floor((i % pixels) / side);
          sheet[y * wide + x] = value;
        });
        if (step % 4 === 3) behind.paint(sheet);
        painting = step + 1 < 2 * tiles ? requestAnimationFrame(() => next(step + 1)) : 0;
      });
      cancelAnimationFrame(painting);
      painting = requestAnimationFrame(() => next(0));
    },
  };
};

genlib.codeSliders = (ui, count, limit, onInput) => {
  const rows = Array.from({ length: count }, (_, i) => {
    const slider = ui.range({ label: `z${i + 1}`, min: -limit, max: limit, step: 0.01, value: 0,
      format: genlib.twoDigits, onInput: (v) => onInput(i, v) });
    const use = ui.node("span", { title: "mean KL(q(z | x) || p(z)) over the data" }), bar = ui.node("i"), words = ui.node("span");
    const under = ui.node("div", { className: "genlib-latent-q" }, use, ui.node("span", { className: "genlib-latent-track" }, bar), words);
    return { slider, use, bar, words, element: ui.node("div", { className: "genlib-latent-row" }, slider.element, under) };
  });
  const [used, rest] = [0, 1].map(() => ui.node("div", { className: "genlib-latent-rows" }));
  const summary = ui.node("summary"), unused = ui.node("details", {}, summary, rest);
  const hint = ui.node("p", { className: "genlib-latent-note" }, ui.node("span", { className: "genlib-key genlib-latent",
    textContent: "q(z | x), mean \u00b1 deviation; the bar reaches two deviations to either side" }));
  return {
    element: ui.node("div", {}, used, unused, hint),
    place: (z) => rows.forEach(({ slider }, i) => { slider.value = z[i]; }),
    arrange(kl) {
      const needed = (i) => count < 3 || !kl.length || kl[i] >= 0.05;
      const order = rows.map((_, i) => i).sort((i, j) => (count > 2 && kl[j] - kl[i]) || i - j);
      rows.forEach(({ use }, i) => { use.textContent = kl.length ? `${kl[i].toFixed(1)} nats` : ""; });
      used.replaceChildren(...order.filter(needed).map((i) => rows[i].element));
      rest.replaceChildren(...order.filter((i) => !needed(i)).map((i) => rows[i].element));
      summary.textContent = `${rest.children.length} unused: mean KL below 0.05 nats`;
      unused.hidden = !rest.children.length;
    },
    believe(q) {
      hint.hidden = !q;
      rows.forEach(({ bar, words }, i) => {
        bar.hidden = !q;
        const [low, high] = q ? [-2, 2].map((k) => Math.min(1, Math.max(0, ((q.mu[i] + k * q.sigma[i]) / limit + 1) / 2))) : [0, 0];
        Object.assign(bar.style, { left: `${100 * low}%`, width: `${100 * (high - low)}%` });
        words.textContent = q ? `${genlib.twoDigits(q.mu[i])} \u00b1 ${q.sigma[i].toFixed(2)}` : "";
      });
    },
  };
};
