// GibbsChain: x and h of a restricted Boltzmann machine, taking turns.

// Keeps a run within `room` entries by dropping every second one and recording half as often from then on.
const genlibHistory = (room) => {
  let kept = [], stride = 1;
  return {
    add(sweep, entry) {
      if (sweep % stride) return false;
      kept.push([sweep, entry]);
      if (kept.length > room) {
        stride *= 2;
        kept = kept.filter(([at]) => at % stride === 0);
      }
      return true;
    },
    clear() { [kept, stride] = [[], 1]; },
    get entries() { return kept; },
    get stride() { return stride; },
  };
};

const genlibGibbs = {
  text: `<strong>Try:</strong> press Play and watch the free energy; start again from noise, from an image, from your own
    drawing; raise the sweeps per frame. <strong>See:</strong> from noise the free energy falls within a few sweeps into
    the band where most of the data lie, and stays there. The chain then wanders among shapes it believes in: it
    changes details quickly, and one digit into another only now and then. That slowness is what training
    with few sweeps has to live with. Colours: blue is data, vermilion is what the model makes, green is hidden.`,

  // Data arrive as one bit per pixel, the first pixel in the highest bit.
  unpackBits(view, count, size) {
    return Array.from({ length: count }, (_, n) =>
      Float32Array.from({ length: size }, (_, i) => (view.getUint8((n * size + i) >> 3) >> (7 - ((n * size + i) & 7))) & 1));
  },

  chain(model) {
    const read = () => genlib.rbm(genlib.unpack(model.get("spec"), model.get("weights")));
    let machine = read(), random = genlib.random(model.get("seed"));
    const state = { x: new Float32Array(machine.visible), meanX: new Float32Array(machine.visible),
      h: new Float32Array(machine.hidden), meanH: new Float32Array(machine.hidden), sweep: 0 };
    const energies = genlibHistory(400), film = genlibHistory(12);
    function record() {
      energies.add(state.sweep, machine.freeEnergy(state.x));
      film.add(state.sweep, Float32Array.from(state.meanX));
    }
    return {
      state, energies, film,
      get machine() { return machine; },
      get random() { return random; },
      reload() { machine = read(); },
      reseed() { random = genlib.random(model.get("seed")); },
      start(x) {
        state.x.set(x);
        state.meanX.set(x);
        random.bernoulli(machine.probH(state.x, state.meanH), state.h);
        state.sweep = 0;
        energies.clear();
        film.clear();
        record();
      },
      run(count) {
        for (let i = 0; i < count; i++) {
          machine.sweep(state, random);
          state.sweep++;
          record();
        }
      },
    };
  },

  // The range that holds the middle 80 of 100 examples.
  middle(values) {
    const sorted = Float64Array.from(values).sort(), at = (share) => sorted[Math.round(share * (sorted.length - 1))];
    return { from: at(0.1), to: at(0.9) };
  },
};

export default {
  render({ model, el }) {
    const ui = genlib.ui(el, { title: "Gibbs chain of a restricted Boltzmann machine", text: genlibGibbs.text, model });
    const chain = genlibGibbs.chain(model), { state } = chain, [rows, columns] = model.get("shape");
    const { visible, hidden } = chain.machine, side = Math.ceil(Math.sqrt(hidden));
    const examples = genlibGibbs.unpackBits(model.get("examples"), model.get("example_count"), visible);
    const kind = rows === 28 && columns === 28 ? "mnist" : rows === 8 && columns === 8 ? "digits" : null;
    let example = -1, band = null;

    const picture = { width: columns, height: rows, colour: "model" };
    const x = ui.image({ ...picture, label: "Visible units x", caption: "x, a sample" });
    const mean = ui.image({ ...picture, label: "Probabilities of x given h", caption: "p(x | h), its mean" });
    const h = ui.image({ label: "Hidden units h", caption: `h, ${hidden} hidden units`, width: side, height: Math.ceil(hidden / side), colour: "latent" });
    const film = Array.from({ length: 12 }, () => ui.image({ ...picture, label: "Not reached yet", caption: "\u2013" }));
    const chart = ui.chart({ label: "Free energy over time", x: "sweep", y: "free energy F(x)" });
    const count = ui.node("output", { className: "genlib-gibbs-count" });
    const pad = kind && ui.pad({ label: "Draw a digit to start from", kind, onDraw: () => begin("drawing") });
    const cells = new Float32Array(side * Math.ceil(hidden / side));

    function show() {
      x.paint(state.x, state.sweep || source.value === "noise" ? "model" : "data");
      mean.paint(state.meanX);
      cells.set(state.h);
      h.paint(cells);
      film.forEach((image, i) => {
        const [sweep, values] = chain.film.entries[i] ?? [null, new Float32Array(visible)];
        image.paint(values);
        image.caption(sweep === null ? "\u2013" : String(sweep));
      });
      const energy = chain.machine.freeEnergy(state.x);
      chart.draw({ lines: [{ points: chain.energies.entries, colour: "model" }], bands: band ? [band] : [] });
      count.textContent = `${state.sweep} sweeps, F(x) = ${energy.toFixed(1).replace("-", "\u2212")}`;
      ui.send({ x: [[...state.x]], h: [[...state.h]], free_energy: energy, sweep: state.sweep });
    }
    function advance() {
      chain.run(sweeps.value);
      show();
    }
    function compare() {
      band = examples.length ? { ...genlibGibbs.middle(examples.map((e) => chain.machine.freeEnergy(e))), colour: "data" } : null;
    }
    function begin(from) {
      source.value = from;
      const half = new Float32Array(visible).fill(0.5);
      const starts = {
        noise: () => chain.random.bernoulli(half, half),
        example: () => examples[(example = (example + 1) % examples.length)],
        drawing: () => pad.image.map((ink) => (ink >= 0.5 ? 1 : 0)),
        given: () => model.get("start"),
      };
      chain.start(starts[from]());
      show();
    }
    // The first view is a chain that has already found its way.
    function reset() {
      loop.pause();
      chain.reseed();
      example = -1;
      sweeps.value = model.get("k");
      speed.value = loop.rate = 20;
      begin(model.get("start").length ? "given" : "noise");
      chain.run(110);
      show();
    }

    const loop = ui.loop(advance);
    const options = [["noise", "noise"], examples.length && ["example", "an image of the data"], kind && ["drawing", "my drawing"],
      ["given", "the notebook's x"]].filter(Boolean).filter(([name]) => name !== "given" || model.get("start").length);
    const source = ui.select({ label: "Start from", options, onChange: begin });
    const sweeps = ui.range({ label: "Sweeps per frame, k", min: 1, max: 50, step: 1, value: model.get("k"), onInput: (k) => ui.send({ k }) });
    const speed = ui.range({ label: "Frames per second", min: 1, max: 60, step: 1, value: 20, onInput: (rate) => { loop.rate = rate; } });
    const row = ui.row(ui.play(loop), ui.button("Step", loop.step), ui.button("Start again", () => begin(source.value)), ui.button("Reset", reset), count);
    const stage = ui.row(x.element, mean.element, h.element, ...(pad ? [pad.element] : []));
    stage.classList.add("genlib-top");
    const strip = ui.row(...film.map((image) => image.element));
    strip.classList.add("genlib-strip");
    ui.add(row, ui.row(source.element, sweeps.element, speed.element), stage, chart.element, ui.panel("p(x | h) along the way, by sweep", strip));

    ui.watch("weights", () => { chain.reload(); compare(); show(); });
    ui.watch("start", () => model.get("start").length && begin("given"));
    ui.watch("k", () => { sweeps.value = model.get("k"); });
    compare();
    reset();
    return ui.close;
  },
};
