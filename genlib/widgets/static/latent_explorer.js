// LatentExplorer: an encoder, a code that can be moved by hand, and a decoder, side by side.

const genlibLatent = {
  text: `<strong>Try:</strong> draw a digit and see where the encoder puts it; then move z away and watch the digit turn into
    its neighbours. Keep one drawing as A, another as B, and play the way between them. Look for a latent that slants
    the digit and one that thickens it. <strong>See:</strong> nearby codes give similar pictures, and between two digits
    lie shapes that are neither. The picture is the mean of p(x | z), not a sample: it is soft where the decoder is unsure.
    Tick <em>sample the pixels</em> to draw from p(x | z) itself. Colours: blue is data, green is latent, vermilion is
    what the model makes.`,
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

  codes(view, latent) {
    const code = (n) => Array.from({ length: latent }, (_, i) => view.getFloat32(4 * (n * latent + i), true));
    return Array.from({ length: view.byteLength / 4 / latent }, (_, n) => code(n));
  },
  // How far sliders and plane reach: 3, or as far as nearly all codes do.
  limit(values) {
    const far = Float64Array.from(values, Math.abs).sort().at(Math.ceil(0.99 * values.length) - 1) ?? 3;
    return Math.min(5, Math.max(3, Math.ceil(2 * far) / 2));
  },
};

export default {
  render({ model, el }) {
    const ui = genlib.ui(el, { title: "Latent space of a variational autoencoder", text: genlibLatent.text, model });
    const { latent, features } = genlibLatent.vae(model), side = Math.sqrt(features), kind = { 28: "mnist", 8: "digits" }[side];
    const names = model.get("names"), pixels = model.get("examples"), begin = [...model.get("z")];
    const examples = names.map((_, n) => Float32Array.from({ length: features }, (_, i) => pixels.getUint8(n * features + i) / 255));
    const mean = new Float32Array(features), picture = { width: side, colour: "model" };
    let vae, random, sent, z = begin, x = null, q = null, drawn = false, ends = [];

    const input = ui.image({ ...picture, label: "x, the image that is encoded", colour: "data", caption: "" });
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
    const codes = () => genlibLatent.codes(model.get("codes"), latent), limit = genlibLatent.limit(codes().flat());
    const sliders = genlib.codeSliders(ui, latent, limit, (i, value) => move(z.map((old, j) => (j === i ? value : old))));
    const plane = latent === 2 ? genlib.codePlane(ui, { side, limit, onMove: (to) => move(to) }) : null;
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
      if (plane) {
        plane.place(z);
        ui.say(`z is ${z.map(genlib.twoDigits).join(", ")}`);
      }
      if (z !== sent) ui.send({ z });
      ui.send({ x_mean: [[...mean]] });
      sent = z;
    }
    const show = ui.soon(paint);
    function move(to) {
      if (loop.playing) loop.pause();
      z = Array.from(to);
      show();
    }
    function encode(image) {
      [x, q] = [image, image && vae.encode(image)];
      input.caption(x ? "x, what is encoded" : "x, to be drawn");
      input.paint(x ?? new Float32Array(features));
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
      way.value = t;
      move(genlibLatent.mix(ends[0].z, ends[1].z, t));
    }
    // The way between A and B; an end that is the code of an image shows that image.
    function strip() {
      ends.forEach((end, i) => stops[i].paint(end.x ?? vae.decode(end.z), end.x ? "data" : "model"));
      film.forEach((image, i) => image.paint(vae.decode(genlibLatent.mix(ends[0].z, ends[1].z, i / 10))));
      plane?.draw({ ends: ends.map((end) => end.z) });
    }
    function keep(i) {
      ends[i] = { z: [...z], x: q && z.every((value, j) => Math.abs(value - q.mu[j]) < 1e-3) ? x : null };
      strip();
    }
    function load() {
      vae = genlibLatent.vae(model);
      if (x) encode(x);
      sliders.arrange(model.get("kl"));
      plane?.draw({ codes: codes(), labels: model.get("labels") });
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
        return { x: image, z: image ? Array.from(vae.encode(image).mu) : prior() };
      });
      strip();
      move(begin);
    }

    const prior = () => Array.from(random.normals(new Float64Array(latent)));
    const area = (name, ...nodes) => ui.node("div", { className: `genlib-latent-${name}` }, ...nodes.filter(Boolean));
    const tools = area("tools", sampled.element, ui.button("Random z", () => move(prior())), ui.button("z = 0", () => move(z.map(() => 0))),
      ui.button("Reset", reset));
    const stage = area("stage", area("x", input.element), area("out", output.element), area("pad", picks.length && area("picks", ...picks), pad?.element),
      area("z", plane?.element, sliders.element), tools);
    const controls = area("way", stops[0].element, ui.button("Keep z as A", () => keep(0)), way.element, ui.play(loop), ui.button("Step", loop.step),
      ui.button("Keep z as B", () => keep(1)), stops[1].element);
    ui.add(stage, ui.panel("In a straight line from A to B: z = (1 \u2212 t) a + t b", controls, area("film", ...film.map(({ element }) => element))));

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
