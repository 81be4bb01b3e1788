// GibbsChain: x and h of a restricted Boltzmann machine, taking turns.

// A run told in at most `room` entries: when it is full, every second one goes, and from then on one in twice as
// many sweeps is added. `make` makes an entry; the last one is always the present.
const genlibHistory = (room, make) => {
  let kept = [], stride = 1, now = 0;
  return {
    add(sweep) {
      now = sweep;
      if (sweep % stride) return;
      kept.push([sweep, make()]);
      if (kept.length <= room) return;
      stride *= 2;
      kept = kept.filter(([at]) => at % stride === 0);
    },
    clear() { [kept, stride] = [[], 1]; },
    get entries() { return kept.at(-1)?.[0] === now ? kept : [...kept, [now, make()]]; },
    some(count) {
      const all = this.entries;
      if (all.length <= count) return all;
      return Array.from({ length: count }, (_, i) => all[Math.round((i * (all.length - 1)) / (count - 1))]);
    },
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
      h: new Float32Array(machine.hidden), meanH: new Float32Array(machine.hidden), sweep: 0, colour: "model" };
    const energies = genlibHistory(400, () => machine.freeEnergy(state.x));
    const film = genlibHistory(48, () => ({ values: Float32Array.from(state.meanX), colour: state.colour }));
    function record() {
      energies.add(state.sweep);
      film.add(state.sweep);
    }
    return {
      state, energies, film,
      get machine() { return machine; },
      get random() { return random; },
      reload() { machine = read(); },
      reseed() { random = genlib.random(model.get("seed")); },
      start(x, colour) {
        state.x.set(x);
        state.meanX.set(x);
        random.bernoulli(machine.probH(state.x, state.meanH), state.h);
        Object.assign(state, { sweep: 0, colour });
        energies.clear();
        film.clear();
        record();
      },
      run(count) {
        for (let i = 0; i < count; i++) {
          machine.sweep(state, random);
          state.sweep++;
          state.colour = "model";
          record();
        }
      },
    };
  },

  // Noise starts so high that the rest would be a flat line: the axis is made for what comes after the first sweep.
  settled(points, band) {
    if (points.length < 4) return null;
    const values = points.slice(1).map(([, energy]) => energy), more = band ? [band.from, band.to] : [];
    const low = Math.min(...values, ...more), high = Math.max(...values, ...more), room = 0.1 * (high - low) || 1;
    return [low - room, high + room];
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
    const first = { k: model.get("k"), rate: 20 };
    let example = -1, band = null;

    const picture = { width: columns, height: rows, colour: "model" };
    const x = ui.image({ ...picture, label: "Visible units x", caption: "x, a sample" });
    const mean = ui.image({ ...picture, label: "Probabilities of x given h", caption: "p(x | h), its mean" });
    const h = ui.image({ label: "Hidden units h", caption: `h, ${hidden} units`, width: side, height: Math.ceil(hidden / side), colour: "latent" });
    const film = Array.from({ length: 12 }, () => ui.image({ ...picture, label: "A moment of the chain", caption: "" }));
    const compared = examples.length ? [["data", `the middle 80 % of ${examples.length} images of the data`]] : [];
    const chart = ui.chart({ label: "Free energy over time", x: "sweep", y: "free energy F(x)", legend: [["model", "this chain"], ...compared] });
    const count = ui.node("span", { className: "genlib-count" }), cells = new Float32Array(side * Math.ceil(hidden / side));
    const pad = kind && ui.pad({ label: "Drawing pad", kind, caption: "your digit", onDraw: () => begin("drawing") });

    function show() {
      x.paint(state.x, state.colour);
      mean.paint(state.meanX, state.colour);
      cells.set(state.h);
      h.paint(cells);
      const moments = chain.film.some(film.length);
      film.forEach((image, i) => {
        image.element.style.visibility = moments[i] ? "visible" : "hidden";
        if (!moments[i]) return;
        const [sweep, { values, colour }] = moments[i];
        image.paint(values, colour);
        image.caption(String(sweep));
      });
      const points = chain.energies.entries;
      chart.draw({ lines: [{ points, colour: "model" }], bands: band ? [band] : [],
        x: [0, Math.max(20, state.sweep)], y: genlibGibbs.settled(points, band) });
        const free = chain.machine.freeEnergy(state.x);
      count.textContent = `${state.sweep} sweeps, F(x) = ${free.toFixed(1).replace("-", "\u2212")}`;
      ui.say(count.textContent);
      ui.send({ x: [[...state.x]], h: [[...state.h]], free_energy: free, sweep: state.sweep });
    }
    function advance() {
      chain.run(sweeps.value);
      show();
    }
    function compare() {
      band = examples.length ? { ...genlibGibbs.middle(examples.map((e) => chain.machine.freeEnergy(e))), colour: "data" } : null;
    }
    function begin(from) {
      if (from === "given" && !source.input.querySelector("[value=given]")) source.input.add(new Option("the notebook's x", from));
      source.value = from;
      const half = new Float32Array(visible).fill(0.5);
      const starts = {
        noise: () => chain.random.bernoulli(half, half),
        example: () => examples[(example = (example + 1) % examples.length)],
        drawing: () => pad.image.map((ink) => (ink >= 0.5 ? 1 : 0)),
        given: () => model.get("start"),
      };
      chain.start(starts[from](), from === "noise" || from === "given" ? "model" : "data");
      show();
    }
    // The first view is a chain that has already found its way.
    function reset() {
      loop.pause();
      chain.reseed();
      example = -1;
      sweeps.value = first.k;
      speed.value = loop.rate = first.rate;
      ui.send({ k: first.k });
      if (model.get("start").length) return begin("given");
      begin("noise");
      chain.run(110);
      show();
    }

    const loop = ui.loop(advance);
    const options = [["noise", "noise"], examples.length && ["example", "a data image"], kind && ["drawing", "my drawing"]];
    const source = ui.select({ label: "Start from", options: options.filter(Boolean), onChange: begin });
    const sweeps = ui.range({ label: "Sweeps per frame, k", min: 1, max: 50, step: 1, value: first.k, onInput: (k) => ui.send({ k }) });
    const speed = ui.range({ label: "Frames per second", min: 1, max: 60, step: 1, value: first.rate, onInput: (rate) => { loop.rate = rate; } });
    const again = ui.button("Start again", () => begin(source.value));
    const row = ui.row(ui.play(loop), ui.button("Step", loop.step), again, ui.button("Reset", reset), count);
    const stage = ui.row(x.element, mean.element, h.element, ...(pad ? [pad.element] : []));
    stage.className = "genlib-stage";
    const strip = ui.row(...film.map((image) => image.element));
    strip.className = "genlib-strip";
    ui.add(row, ui.row(source.element, sweeps.element, speed.element), stage, chart.element,
      ui.panel("p(x | h) from the start until now, by sweep", strip));

    ui.watch("weights", () => { chain.reload(); compare(); show(); });
    ui.watch("start", () => model.get("start").length && begin("given"));
    ui.watch("k", () => { sweeps.value = model.get("k"); });
    compare();
    reset();
    return ui.close;
  },
};
