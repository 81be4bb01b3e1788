// GibbsChain: x and h of a restricted Boltzmann machine, taking turns, and what a learning rule would make of them.

Object.assign(genlibGibbs, {
  text: `<strong>Try:</strong> press Play from noise, from a data image, from a blank one. Keep half of an image and let the
    machine complete it: blue pixels are kept, vermilion ones sampled. Draw part of a digit, choose <em>what I paint</em>,
    and paint over the part that is to stay. Point at a hidden unit to see which pixels it likes. Then let each frame
    restart at the data and compare k = 1 with k = 50. <strong>See:</strong> from noise, samples look more like data
    from sweep to sweep, but only until the chain has reached the machine's own law. From then on it goes wherever the
    machine has its mass, to a blank page or to a shape that nobody would write: more sweeps don't help, and a free energy
    that settles outside the blue band is a sign of it. After one sweep x\u0303 is still near x(t). So CD-1 seldom visits
    such shapes and doesn't unlearn them; a chain that goes on does. Blue is data and what it raises, vermilion is what the
    model makes and lowers, green is hidden.`,
  sources: [["noise", "noise"], ["example", "a data image"], ["drawing", "my drawing"], ["blank", "a blank image"]],
  keeps: [["none", "nothing"], ["left", "the left half"], ["right", "the right half"], ["top", "the top half"],
    ["bottom", "the bottom half"], ["painted", "what I paint"]],
  modes: [["on", "the chain goes on (PCD)"], ["back", "it restarts at the data (CD-k)"]],
});

export default {
  render({ model, el }) {
    const lib = genlibGibbs, ui = genlib.ui(el, { title: "Gibbs chain of a restricted Boltzmann machine", text: lib.text, model });
    const chain = lib.chain(model), { state } = chain, [rows, columns] = model.get("shape"), { visible, hidden } = chain.machine;
    const examples = lib.unpackBits(model.get("examples"), model.get("example_count"), visible);
    const kind = rows === 28 && columns === 28 ? "mnist" : rows === 8 && columns === 8 ? "digits" : null;
    const array = () => new Float32Array(visible), work = array(), masks = lib.masks(rows, columns);
    const first = { k: model.get("k"), persistent: model.get("persistent"), clamp: model.get("clamp"), unit: model.get("unit"), rate: 20 };
    const shown = [];
    let example = -1, band = null, data = null, sentData = null, mask = masks.none, unit = first.unit, traces = [];

    const picture = { width: columns, height: rows }, persistent = () => mode.value === "on";
    const x = lib.held(ui, { ...picture, label: "Visible units x", onPaint: (next) => hold(next) });
    const mean = lib.signed(ui, { ...picture, label: "Probabilities of x given h", caption: "p(x | h), its mean" });
    const h = lib.units(ui, { count: hidden, label: "Hidden units h", caption: `h, ${hidden} units`, onPick: (j) => choose(j) });
    const film = Array.from({ length: 12 }, () => lib.signed(ui, { ...picture, label: "A moment of the chain" }));
    const pad = kind && ui.pad({ label: "Drawing pad", kind, caption: "your digit", onDraw: () => begin("drawing") });
    const phases = lib.phases(ui, { rows, columns, hidden, onPick: (j) => choose(j) });
    const compared = examples.length ? [["data", `the middle 80 % of ${examples.length} images of the data`]] : [];
    const chart = ui.chart({ label: "Free energy over time", x: "sweep", y: "free energy F(x)",
      legend: [["model", "this chain"], ["ink", "dashed: x(t); thin: frames before"], ...compared] });
    const count = ui.node("span", { className: "genlib-count" });

    // ---- showing
    const inked = (values, colour) => lib.inked(values, mask, colour, work);
    function showX() {
      x.paint(inked(state.x, state.colour));
      x.caption(keep.value === "painted" ? "x: paint what to keep" : persistent() ? "x, a sample" : `x\u0303, ${lib.times(state.sweep)} from x(t)`);
      mean.paint(inked(state.meanX, state.colour));
    }
    function show() {
      showX();
      h.paint(state.h);
      const moments = chain.film.some(film.length);
      film.forEach((image, i) => {
        image.element.style.visibility = moments[i] ? "visible" : "hidden";
        if (!moments[i]) return;
        const [sweep, moment] = moments[i];
        if (shown[i]?.moment === moment && shown[i].mask === mask) return;
        shown[i] = { moment, mask };
        image.paint(inked(moment.values, moment.colour));
        image.caption(String(sweep));
      });
      phases.show(chain, data, persistent());
      trace(phases.free.data);
      const free = phases.free.chain;
      count.textContent = `${lib.times(state.sweep)}${persistent() ? "" : " from the data"}, F(x) = ${lib.number(free)}`;
      ui.say(count.textContent);
      ui.send({ x: [[...state.x]], h: [[...state.h]], free_energy: free, sweep: state.sweep });
      if (data !== sentData) ui.send({ data: data && [[...data]] });
      sentData = data;
    }
    // A chain from noise starts far above everything else: its first point is left outside the frame.
    function trace(level) {
      const points = chain.energies.entries, far = Math.max(persistent() ? 20 : 4, state.sweep);
      const others = [...traces.flat().map(([, free]) => free), ...(band ? [band.from, band.to] : []), ...(data ? [level] : [])];
      const dashed = data ? [{ points: [[0, level], [far, level]], colour: "ink", dash: [5, 4], weight: 1 }] : [];
      const past = traces.map((points) => ({ points, colour: "muted", weight: 0.7 }));
      chart.draw({ lines: [...past, ...dashed, { points, colour: "model" }], bands: band ? [band] : [], x: [0, far],
        y: lib.settled(points, state.rough ? 1 : 0, others) });
    }
    function compare() {
      band = examples.length ? { ...lib.middle(examples.map((e) => chain.machine.freeEnergy(e))), colour: "data" } : null;
    }

    // ---- running
    function advance() {
      if (!persistent()) {
        traces = [...traces.slice(-11), chain.energies.entries];
        chain.start(data, "data");
      }
      chain.run(sweeps.value);
      show();
    }
    const half = array().fill(0.5), noise = () => chain.random.bernoulli(half, array());
    const starts = {
      noise, blank: array,
      example: () => examples[example],
      drawing: () => Float32Array.from(pad.image, (ink) => +(ink >= 0.5)),
      given: () => Float32Array.from(model.get("start")),
    };
    const fromData = () => (examples.length ? "example" : pad && !pad.blank ? "drawing" : null), made = (from) => from === "noise" || from === "blank";
    // What is kept comes from the image; the rest has to be found, so it starts from noise.
    function begin(from, next = true) {
      if (from === "example" && (next || example < 0)) example = (example + 1) % examples.length;
      if (from === "given" && !source.input.querySelector("[value=given]")) source.input.add(new Option("the notebook's x", from));
      source.value = from;
      if (made(from) && !persistent()) setMode("on");
      const image = starts[from](), lost = persistent() && ["example", "drawing"].includes(from) && mask.some(Boolean);
      data = made(from) ? (examples[Math.max(0, example)] ?? data) : image;
      traces = [];
      state.rough = from === "noise" || lost;
      chain.start(lost ? noise().map((coin, i) => (mask[i] ? image[i] : coin)) : image, made(from) || lost || from === "given" ? "model" : "data");
      if (!persistent()) chain.run(sweeps.value);
      show();
    }
    function setMode(to) {
      const from = made(source.value) ? fromData() : source.value, back = to === "back" && !!from;
      mode.value = back ? "back" : "on";
      ui.send({ persistent: !back });
      if (back) begin(from, false);
      else if (traces.length) { traces = []; show(); }
    }
    function hold(next, name = "painted") {
      mask = state.clamp = next;
      x.hold(mask);
      x.paintable(name === "painted");
      keep.value = name;
      ui.send({ clamp: mask.some(Boolean) ? Array.from(mask, Boolean) : null });
      showX();
    }
    function keepPart(name) {
      hold(masks[name] ?? mask, name);
      if (name !== "none" && name !== "painted") begin(made(source.value) ? fromData() ?? source.value : source.value, false);
    }
    const nameOf = (clamp) => Object.keys(masks).find((name) => clamp.every((value, i) => +value === masks[name][i])) ?? "painted";
    const showUnit = ui.soon(() => { h.place(unit); phases.choose(unit); });
    function choose(j) {
      if (j === unit) return;
      unit = j;
      ui.send({ unit });
      showUnit();
    }
    // The first view is a chain that has already found its way.
    function reset() {
      loop.pause();
      chain.reseed();
      [example, data, unit] = [-1, null, first.unit];
      sweeps.value = first.k;
      speed.value = loop.rate = first.rate;
      mode.value = first.persistent ? "on" : "back";
      ui.send({ k: first.k, persistent: first.persistent, unit });
      const clamp = Uint8Array.from(first.clamp ?? masks.none, Number), given = model.get("start").length > 0;
      hold(clamp, nameOf(clamp));
      begin(given ? "given" : first.clamp || !first.persistent ? fromData() ?? "noise" : "noise");
      if (first.persistent && !given) chain.run(110);
      h.place(unit);
      phases.choose(unit);
      show();
    }

    // ---- controls
    const loop = ui.loop(advance), there = { example: examples.length, drawing: kind, noise: true, blank: true };
    const source = ui.select({ label: "Start from", options: lib.sources.filter(([name]) => there[name]), onChange: (from) => begin(from) });
    const mode = ui.select({ label: "Each frame", options: lib.modes, onChange: setMode });
    const keep = ui.select({ label: "Keep", options: lib.keeps, onChange: keepPart });
    const sweeps = ui.range({ label: "Sweeps per frame, k", min: 1, max: 50, step: 1, value: first.k, onInput: (k) => ui.send({ k }) });
    const speed = ui.range({ label: "Frames per second", min: 1, max: 60, step: 1, value: first.rate, onInput: (rate) => { loop.rate = rate; } });
    const area = (name, ...nodes) => ui.node("div", { className: `genlib-${name}` }, ...nodes.filter(Boolean));
    ui.add(ui.row(ui.play(loop), ui.button("Step", loop.step), ui.button("Start again", () => begin(source.value)), ui.button("Reset", reset), count),
      area("gibbs-settings", source.element, keep.element, mode.element, sweeps.element, speed.element),
      area("stage", x.element, mean.element, h.element, pad?.element), area("gibbs-beside", chart.element, phases.filter),
      ui.panel("What contrastive divergence learns from this moment", phases.element),
      ui.panel("p(x | h) from the start until now, by sweep", area("strip", ...film.map((image) => image.element))));

    ui.watch("weights", () => { chain.reload(); compare(); show(); });
    ui.watch("start", () => model.get("start").length && begin("given"));
    ui.watch("k", () => { sweeps.value = model.get("k"); });
    ui.watch("unit", () => choose(model.get("unit")));
    ui.watch("persistent", () => model.get("persistent") !== persistent() && setMode(model.get("persistent") ? "on" : "back"));
    ui.watch("clamp", () => {
      const clamp = Uint8Array.from(model.get("clamp") ?? masks.none, Number);
      if (clamp.some((value, i) => value !== mask[i])) hold(clamp, nameOf(clamp));
    });
    compare();
    reset();
    return ui.close;
  },
};
