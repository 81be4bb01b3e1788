// LatentExplorer: an encoder, a code that can be moved by hand, and a decoder, side by side.

const genlibLatent = {
  text: `<strong>Try:</strong> draw a digit and see where the encoder puts it; then move z away and watch the digit turn into
    its neighbours. Keep one drawing as A, another as B, and play the way between them. Look for a latent that slants
    the digit and one that thickens it. <strong>See:</strong> nearby codes give similar pictures, and between two digits
    lie shapes that are neither. The picture is the mean of p(x | z), not a sample: it is soft where the decoder is unsure.
    Tick <em>sample the pixels</em> to draw from p(x | z) itself. Colours: blue is data, green is latent, vermilion is
    what the model makes.`,
  // Okabe and Ito's colours, and three more that differ from them in lightness.
  classes: ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8c6d00", "#7b4fa3", "#858585", "#b8ae00"],
  words: (value) => value.toFixed(2).replace("-", "\u2212"),
  mix: (a, b, t) => Array.from(a, (value, i) => (1 - t) * value + t * b[i]),

  // The two networks: x to mean and deviation of q(z|x), and codes (batch, L) to the means of p(x|z).
  vae(model, Type = Float32Array) {
    const q = model.get("encoder_spec"), p = model.get("spec"), latent = q.mean, features = p.mean;
    const encoder = genlib.network(q, model.get("encoder_weights"), Type), decoder = genlib.network(p, model.get("weights"), Type);
    const value = p.bernoulli ? genlib.sigmoid : (a) => a, width = decoder.outputs, sigma = new Type(features).fill(p.sigma ?? 1);
    return {
      latent, features,
      encode(x) {
        const out = encoder.forward(Type.from(x));
        return { mu: out.slice(0, latent), sigma: Type.from({ length: latent }, (_, i) => q.sigma ?? Math.exp(out[latent + i])) };
      },
      decode(z, batch = 1, out = new Type(batch * features)) {
        const rows = decoder.forward(Type.from(z), batch);
        for (let n = 0; n < batch; n++)
          for (let i = 0; i < features; i++) out[n * features + i] = value(rows[n * width + i]);
        if (width > features) for (let i = 0; i < features; i++) sigma[i] = Math.exp(rows[features + i]);
        return out;
      },
      // A draw from p(x|z) around a mean that `decode` has just returned.
      sample: (mean, random) => mean.map((m, i) => (p.bernoulli ? +(random.uniform() < m) : m + sigma[i] * random.normal())),
    };
  },

  // The plane of a code of two numbers: decoded pictures behind, codes of data above, a marker to drag.
  plane(ui, side, onMove) {
    const tiles = 16, size = 800, limit = 3, sheet = new Float32Array((tiles * side) ** 2), share = (v) => (v + limit) / (2 * limit);
    const behind = ui.image({ label: "Decoded pictures over the plane of codes", width: tiles * side, colour: "model", caption: "" });
    const over = ui.node("canvas", { width: size, height: size, tabIndex: 0, className: "genlib-latent-over" }), context = over.getContext("2d");
    const marker = ui.node("span", { className: "genlib-latent-marker" });
    const element = ui.node("div", { className: "genlib-latent-plane" }, behind.canvas, over, marker);
    let shown = { codes: [], labels: [], ends: [] }, painting = 0, at = [0, 0];
    over.setAttribute("role", "application");
    over.ariaLabel = "Plane of codes z1 and z2: arrow keys move z, with Shift faster";
    const to = (x, y) => onMove([x, y].map((v) => Math.min(limit, Math.max(-limit, v))));
    const point = ({ clientX, clientY }, { left, top, width, height } = over.getBoundingClientRect()) =>
      to(limit * ((2 * (clientX - left)) / width - 1), limit * (1 - (2 * (clientY - top)) / height));
    ui.listen(over, "pointerdown", (event) => { over.setPointerCapture(event.pointerId); point(event); });
    ui.listen(over, "pointermove", (event) => over.hasPointerCapture(event.pointerId) && point(event));
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
    function draw() {
      context.clearRect(0, 0, size, size);
      shown.codes.forEach((code, n) => {
        const label = shown.labels[n];
        context.globalAlpha = shown.only === undefined || shown.only === label ? 1 : 0.07;
        context.fillStyle = label === undefined ? ui.colour("data") : genlibLatent.classes[label];
        ring(code, [6.5, 6.5], ui.colour("paper"), 2);
        context.fill();
      });
      context.globalAlpha = 1;
      if (shown.q) for (const [colour, width] of [["paper", 9], ["latent", 5]])
        ring(shown.q.mu, Array.from(shown.q.sigma, (s) => Math.max(3, (s * size) / limit)), ui.colour(colour), width);
      context.beginPath();
      shown.ends.forEach((end) => context.lineTo(...px(end)));
      context.setLineDash([10, 8]);
      [context.strokeStyle, context.lineWidth, context.font] = [ui.colour("ink"), 3, "600 34px system-ui, sans-serif"];
      context.stroke();
      context.setLineDash([]);
      shown.ends.forEach((end, i) => {
        const [x, y] = px(end);
        [context.strokeStyle, context.lineWidth, context.fillStyle] = [ui.colour("paper"), 8, ui.colour("ink")];
        context.strokeText("AB"[i], x + 8, y - 8);
        context.fillText("AB"[i], x + 8, y - 8);
      });
    }
    ui.onTheme(draw);
    ui.onClose(() => cancelAnimationFrame(painting));
    return {
      element,
      draw(next) { shown = { ...shown, ...next }; draw(); },
      place(z) {
        at = z;
        marker.style.left = `${100 * share(z[0])}%`;
        marker.style.top = `${100 - 100 * share(z[1])}%`;
      },
      // A row of pictures a frame, so that nothing waits for the whole plane.
      fill(decode) {
        const line = Array.from({ length: tiles }, (_, i) => limit * ((2 * i + 1) / tiles - 1)), features = side * side;
        const next = ui.timed((row) => {
          const pictures = decode(line.flatMap((x) => [x, -line[row]]), tiles);
          for (let i = 0; i < tiles * features; i++)
            sheet[(row * side + Math.floor((i % features) / side)) * tiles * side + Math.floor(i / features) * side + (i % side)] = pictures[i];
          behind.paint(sheet);
          painting = row + 1 < tiles ? requestAnimationFrame(() => next(row + 1)) : 0;
        });
        cancelAnimationFrame(painting);
        painting = requestAnimationFrame(() => next(0));
      },
    };
  },

  // A slider for each latent, and under it q(z|x) of the image that was encoded.
  sliders(ui, count, onInput) {
    const rows = Array.from({ length: count }, (_, i) => {
      const slider = ui.range({ label: `z${i + 1}`, min: -3, max: 3, step: 0.01, value: 0, format: genlibLatent.words, onInput: (v) => onInput(i, v) });
      const use = ui.node("span"), bar = ui.node("i"), words = ui.node("span");
      const under = ui.node("div", { className: "genlib-latent-q" }, use, ui.node("span", { className: "genlib-latent-track" }, bar), words);
      return { slider, use, bar, words, element: ui.node("div", { className: "genlib-latent-row" }, slider.element, under) };
    });
    const used = ui.node("div", { className: "genlib-latent-rows" }), rest = ui.node("div", { className: "genlib-latent-rows" });
    const summary = ui.node("summary"), unused = ui.node("details", {}, summary, rest);
    return {
      element: ui.node("div", {}, used, unused),
      place: (z) => rows.forEach(({ slider }, i) => { slider.value = z[i]; }),
      arrange(kl) {
        const order = rows.map((_, i) => i).sort((i, j) => (kl[j] - kl[i]) || i - j), needed = (i) => !kl.length || kl[i] >= 0.05;
        rows.forEach(({ use }, i) => { use.textContent = kl.length ? `${kl[i].toFixed(1)} nats` : ""; });
        used.replaceChildren(...order.filter(needed).map((i) => rows[i].element));
        rest.replaceChildren(...order.filter((i) => !needed(i)).map((i) => rows[i].element));
        summary.textContent = `${rest.children.length} unused (mean KL below 0.05 nats): they change nothing`;
        unused.hidden = !rest.children.length;
      },
      believe(q) {
        rows.forEach(({ bar, words }, i) => {
          const [low, high] = q ? [-2, 2].map((k) => Math.min(1, Math.max(0, (q.mu[i] + k * q.sigma[i] + 3) / 6))) : [0, 0];
          Object.assign(bar.style, { left: `${100 * low}%`, width: `${100 * (high - low)}%` });
          words.textContent = q ? `${genlibLatent.words(q.mu[i])} \u00b1 ${q.sigma[i].toFixed(2)}` : "";
        });
      },
    };
  },
};

export default {
  render({ model, el }) {
    const ui = genlib.ui(el, { title: "Latent space of a variational autoencoder", text: genlibLatent.text, model });
    const { latent, features } = genlibLatent.vae(model), side = Math.sqrt(features), kind = { 28: "mnist", 8: "digits" }[side];
    const names = model.get("names"), pixels = model.get("examples"), labels = model.get("labels"), begin = [...model.get("z")];
    const examples = names.map((_, n) => Float32Array.from({ length: features }, (_, i) => pixels.getUint8(n * features + i) / 255));
    const mean = new Float32Array(features), blank = new Float32Array(features), picture = { width: side, colour: "model" };
    let vae, random, sent, z = begin, x = null, q = null, drawn = false, ends = [];

    const input = ui.image({ ...picture, label: "x, the image that is encoded", colour: "data", caption: "x, what is encoded" });
    const output = ui.image({ ...picture, label: "Mean of p(x | z)", caption: "" });
    const picks = examples.map((image, n) => {
      const { canvas, paint } = ui.image({ ...picture, label: `Encode ${names[n]}`, colour: "data" }), made = ui.button("", () => take(image));
      paint(image);
      made.replaceChildren(canvas);
      return made;
    });
    const pad = kind && ui.pad({ label: "Drawing pad", kind, caption: "draw a digit here",
      onDraw: (image) => (pad.blank ? drawn && encode(null) : take(model.get("binary") ? image.map((ink) => +(ink >= 0.5)) : image, true)) });
    const sampled = ui.checkbox({ label: "sample the pixels", onChange: () => show() });
    const sliders = genlibLatent.sliders(ui, latent, (i, value) => move(z.map((old, j) => (j === i ? value : old))));
    const plane = latent === 2 ? genlibLatent.plane(ui, side, (to) => move(to)) : null;
    const classes = [...new Set(labels)].sort((a, b) => a - b).map((label) => {
      const made = ui.button(String(label), () => only(made.ariaPressed === "true" ? undefined : label));
      made.prepend(ui.node("i", {}));
      made.firstChild.style.background = genlibLatent.classes[label];
      return made;
    });
    const film = Array.from({ length: 11 }, (_, i) => ui.image({ ...picture, label: `Decoded at t = ${i / 10}`, caption: String(i / 10) }));
    const stops = ["A", "B"].map((name) => ui.image({ ...picture, label: `Picture ${name}`, caption: "" }));
    const way = ui.range({ label: "t", min: 0, max: 1, step: 0.01, value: 0, format: (t) => t.toFixed(2), onInput: (t) => go(t) });
    let forth = 1;
    const loop = ui.loop(() => {
      forth = way.value >= 1 ? -1 : way.value <= 0 ? 1 : forth;
      way.value = way.value + 0.01 * forth;
      z = genlibLatent.mix(ends[0].z, ends[1].z, way.value);
      paint();
    });
    loop.rate = 30;

    function paint() {
      vae.decode(z, 1, mean);
      output.paint(sampled.value ? vae.sample(mean, random) : mean);
      output.caption(sampled.value ? "a sample from p(x | z)" : "the mean of p(x | z)");
      sliders.place(z);
      plane?.place(z);
      ui.say(`z is ${z.map(genlibLatent.words).join(", ")}`);
      if (z !== sent) ui.send({ z });
      ui.send({ x_mean: [[...mean]] });
      sent = z;
    }
    const show = ui.soon(paint);
    function move(to) {
      z = Array.from(to);
      show();
    }
    function encode(image) {
      [x, q] = [image, image && vae.encode(image)];
      input.paint(x ?? blank);
      picks.forEach((pick, n) => { pick.ariaPressed = String(examples[n] === x); });
      sliders.believe(q);
      plane?.draw({ q });
      ui.send({ image: x && [[...x]] });
    }
    function take(image, byHand = false) {
      drawn = byHand;
      encode(image);
      move(q.mu);
    }
    function go(t) {
      loop.pause();
      way.value = t;
      move(genlibLatent.mix(ends[0].z, ends[1].z, t));
    }
    function only(label) {
      classes.forEach((made) => { made.ariaPressed = String(made.textContent === String(label)); });
      plane.draw({ only: label });
    }
    // The way between A and B; an end that is the code of an image shows that image.
    function strip() {
      ends.forEach((end, i) => stops[i].paint(end.x ?? vae.decode(end.z), end.x ? "data" : "model"));
      film.forEach((image, i) => image.paint(vae.decode(genlibLatent.mix(ends[0].z, ends[1].z, i / 10))));
      plane?.draw({ ends: ends.map((end) => end.z) });
    }
    function keep(i) {
      ends[i] = { z: [...z], x: q && z.every((value, j) => value === q.mu[j]) ? x : null };
      strip();
    }
    function load() {
      vae = genlibLatent.vae(model);
      const codes = model.get("codes"), count = codes.byteLength / 4 / latent;
      const code = (n) => Array.from({ length: latent }, (_, i) => codes.getFloat32(4 * (n * latent + i), true));
      if (x) encode(x);
      sliders.arrange(model.get("kl"));
      plane?.draw({ codes: Array.from({ length: count }, (_, n) => code(n)), labels });
      plane?.fill(vae.decode);
      if (ends.length) strip();
      show();
    }
    function reset() {
      loop.pause();
      random = genlib.random(model.get("seed"));
      [way.value, sampled.value, drawn] = [0, false, false];
      pad?.clear();
      encode(examples[0] ?? null);
      ends = [0, 1].map((i) => {
        const image = examples[i] ?? null;
        return { x: image, z: Array.from(image ? vae.encode(image).mu : random.normals(new Float64Array(latent))) };
      });
      strip();
      move(begin);
    }

    const draw = () => move(random.normals(new Float64Array(latent)));
    const tools = ui.node("div", { className: "genlib-latent-tools" }, sampled.element,
      ui.button("Random z", draw), ui.button("z = 0", () => move(z.map(() => 0))), ui.button("Reset", reset));
    const area = (name, ...nodes) => ui.node("div", { className: `genlib-latent-${name}` }, ...nodes);
    const choices = ui.node("div", { className: "genlib-latent-picks" }, ...picks);
    const legend = ui.node("div", { className: "genlib-latent-classes" }, ...classes);
    const stage = ui.node("div", { className: "genlib-latent-stage" }, area("x", input.element), area("out", output.element),
      area("pad", choices, ...(pad ? [pad.element] : [])), area("z", ...(plane ? [plane.element, legend] : []), sliders.element), tools);
    const controls = ui.row(stops[0].element, ui.button("Keep z as A", () => keep(0)), way.element, ui.play(loop), ui.button("Step", loop.step),
      ui.button("Keep z as B", () => keep(1)), stops[1].element);
    controls.classList.add("genlib-latent-way");
    const strips = ui.node("div", { className: "genlib-latent-film" }, ...film.map((image) => image.element));
    ui.add(stage, ui.panel("In a straight line from A to B: z = (1 \u2212 t) a + t b", controls, strips));

    load();
    reset();
    const reload = ui.soon(load);
    ui.watch("weights", reload);
    ui.watch("encoder_weights", reload);
    ui.watch("z", () => {
      if (model.get("z") === sent) return;
      sent = z = model.get("z");
      show();
    });
    return ui.close;
  },
};
