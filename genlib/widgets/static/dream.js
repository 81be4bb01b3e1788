// Dream: the top of a deep belief network wanders, and every frame sends one picture down.
const genlibDream = {
  text: `<strong>Try:</strong> press Play; hold a label, then another one; set it free again; start from an image or from
    your own drawing; raise the sweeps per frame. <strong>See:</strong> the top two layers push each other, both ways,
    and that is where the dreaming is done; the picture only follows, by arrows that point down and never back. From
    noise the first pictures are nothing, for a top that has not run long enough sends down codes that no picture has.
    Hold a label and the bars say when the top believes it. Colours: blue is data, vermilion is what the model makes,
    green is hidden.`,

  // The label's row of radio buttons, each below the bar of its probability; without labels, nothing.
  labels(ui, count, name, onChange) {
    const radio = (value, words, bar) => {
      const input = ui.node("input", { type: "radio", name, value });
      ui.listen(input, "change", () => onChange(value));
      return ui.node("label", { className: "genlib-dream-label" }, ...(bar ? [bar] : []), input, ui.node("span", { textContent: words }));
    };
    const bars = Array.from({ length: count }, () => ui.node("i"));
    const tracks = bars.map((bar) => ui.node("b", { ariaHidden: "true" }, bar));
    const words = "Label y to hold, and p(y | h) in bars", row = ui.node("div", { className: "genlib-dream-labels", role: "radiogroup", ariaLabel: words },
      radio(-1, "free"), ...tracks.map((track, y) => radio(y, String(y), track)));
    const element = ui.panel(words, row);
    return {
      element,
      set value(y) { element.querySelector(`[value="${y}"]`).checked = true; },
      paint(p, now) {
        bars.forEach((bar, y) => {
          bar.style.height = `${100 * p[y]}%`;
          bar.toggleAttribute("data-now", y === now);
        });
        element.title = `the label now is ${now}`;
      },
    };
  },
};

export default {
  render({ model, el }) {
    const ui = genlib.ui(el, { title: "A deep belief network, dreaming", text: genlibDream.text, model });
    const read = () => genlibBelief.net(genlib.unpack(model.get("spec"), model.get("weights")));
    let net = read(), random = genlib.random(model.get("seed")), sweep = 0, example = -1, held = model.get("label"), shade = "model";
    const [rows, columns] = model.get("shape"), classes = model.get("classes"), depth = net.units.length - 1;
    const examples = genlibBelief.pictures(model.get("examples"), rows * columns), p = new Float32Array(classes);
    const kind = rows === 28 && columns === 28 ? "mnist" : rows === 8 && columns === 8 ? "digits" : null;
    const first = { k: model.get("k"), rate: 20, held }, film = genlibBelief.film(48);

    const picture = { width: columns, height: rows, colour: "model" };
    const mean = ui.image({ ...picture, label: "Probabilities of the picture", caption: "p(x | h\u00b9)" });
    const x = ui.image({ ...picture, label: "Picture x", caption: "x, drawn from it" });
    const frames = Array.from({ length: 12 }, () => ui.image({ ...picture, label: "A moment of the dream", caption: "" }));
    const strips = net.units.slice(1).map((units, i) => {
      const width = genlibBelief.columns(units.length), height = Math.ceil(units.length / width), name = `h${"\u00b9\u00b2\u00b3\u2074"[i]}`;
      const image = ui.image({ label: `Hidden layer ${i + 1}`, caption: `${name}, ${units.length} units`, width, height, colour: "latent" });
      Object.assign(image.canvas.style, { aspectRatio: "auto", height: `${0.7 * height}rem` });
      return { image, cells: new Float32Array(width * height) };
    });
    const count = ui.node("span", { className: "genlib-count" });
    const pad = kind && ui.pad({ label: "Drawing pad", kind, caption: "your digit", onDraw: () => begin("drawing") });
    const labels = classes ? genlibDream.labels(ui, classes, `genlib-${Math.random().toString(36).slice(2)}`, hold) : null;

    function moment() {
      return { values: Float32Array.from(shade === "data" ? net.units[0] : net.means[0]), shade, y: net.y };
    }
    function show() {
      mean.paint(net.means[0]);
      x.paint(net.units[0], shade);
      strips.forEach(({ image, cells }, i) => { cells.set(net.units[i + 1]); image.paint(cells); });
      const { entries } = film, past = entries.at(-1)?.sweep === sweep ? entries : [...entries, { sweep, ...moment() }];
      frames.forEach((image, i) => {
        const at = past.length <= frames.length ? i : Math.round((i * (past.length - 1)) / (frames.length - 1)), then = past[at];
        image.element.style.visibility = then ? "visible" : "hidden";
        if (!then) return;
        image.paint(then.values, then.shade);
        image.caption(then.y < 0 ? String(then.sweep) : `${then.sweep} \u00b7 ${then.y}`);
      });
      if (labels) labels.paint(net.probY(p), net.y);
      count.textContent = `${sweep} sweeps${labels ? `, label ${net.y}` : ""}`;
      ui.say(count.textContent);
      ui.send({ x: [[...net.units[0]]], h: [[...net.units[depth - 1]]], y: net.y, prob_y: [...p], label: held, sweep });
    }
    function run(sweeps) {
      let sent = false;
      shade = "model";
      for (let i = 0; i < sweeps; i++) {
        net.sweep(random, held);
        sent = film.add(++sweep, () => { net.down(random); return moment(); });
      }
      if (!sent) net.down(random);
    }
    function hold(y) {
      held = y;
      show();
    }
    function started(from) {
      sweep = 0;
      shade = from;
      film.clear();
      film.add(0, moment);
    }
    function code(picture, from) {
      net.up(picture, random, held);
      net.down(random);
      net.units[0].set(picture);
      started(from);
    }
    function begin(from) {
      if (from === "given" && !source.input.querySelector("[value=given]")) source.input.add(new Option("the notebook's x", from));
      source.value = from;
      const starts = {
        noise() { net.noise(random, held); net.down(random); started("model"); },
        example: () => code(examples[(example = (example + 1) % examples.length)], "data"),
        drawing: () => code(pad.image.map((ink) => (ink >= 0.5 ? 1 : 0)), "data"),
        given: () => code(model.get("start"), "data"),
      };
      starts[from]();
      show();
    }
    // The first view is a dream that has already run.
    function reset() {
      loop.pause();
      random = genlib.random(model.get("seed"));
      example = -1;
      held = first.held;
      if (labels) labels.value = held;
      sweeps.value = first.k;
      speed.value = loop.rate = first.rate;
      ui.send({ k: first.k });
      if (model.get("start").length) return begin("given");
      begin("noise");
      run(110);
      show();
    }

    const loop = ui.loop(() => { run(sweeps.value); show(); });
    const options = [["noise", "noise"], examples.length && ["example", "a data image"], kind && ["drawing", "my drawing"]];
    const source = ui.select({ label: "Start from", options: options.filter(Boolean), onChange: begin });
    const sweeps = ui.range({ label: "Sweeps per frame, k", min: 1, max: 50, step: 1, value: first.k, onInput: (k) => ui.send({ k }) });
    const speed = ui.range({ label: "Frames per second", min: 1, max: 60, step: 1, value: first.rate, onInput: (rate) => { loop.rate = rate; } });
    const arrow = (sign, words) => ui.node("p", { className: "genlib-dream-arrow" }, ui.node("span", { textContent: sign, ariaHidden: "true" }), words);
    const both = arrow("\u21c5", `both ways${classes ? ", with the label" : ""}: k sweeps a frame`), once = () => arrow("\u2193", "down, once a frame");
    const tower = strips.flatMap(({ image }, i) => [i === depth - 1 ? both : once(), image.element]).reverse();
    const below = ui.node("div", { className: "genlib-dream-pictures" }, mean.element, x.element, ...(pad ? [pad.element] : []));
    const strip = ui.row(...frames.map((image) => image.element));
    strip.className = "genlib-strip";
    ui.add(ui.row(ui.play(loop), ui.button("Step", loop.step), ui.button("Start again", () => begin(source.value)), ui.button("Reset", reset), count),
      ui.row(source.element, sweeps.element, speed.element), ...(labels ? [labels.element] : []),
      ui.node("div", { className: "genlib-dream-tower" }, ...tower, below), ui.panel(`p(x | h\u00b9) from the start until now: sweep${classes ? " \u00b7 label" : ""}`, strip));

    ui.watch("weights", () => {
      const { units, means, y } = net;
      net = read();
      units.forEach((layer, i) => { net.units[i].set(layer); net.means[i].set(means[i]); });
      net.y = y;
      show();
    });
    ui.watch("start", () => model.get("start").length && begin("given"));
    ui.watch("k", () => { sweeps.value = model.get("k"); });
    ui.watch("label", () => { if (model.get("label") !== held) { labels.value = model.get("label"); hold(model.get("label")); } });
    reset();
    return ui.close;
  },
};
