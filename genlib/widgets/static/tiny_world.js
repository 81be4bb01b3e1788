// TinyWorld: a model is trained in the page on a world so small that everything about it can be known.

const genlibTinyFamilies = { rbm: genlibTinyRBM };
const genlibTinyText = `<strong>Try:</strong> press Play: the model's map turns into the data's, and its curve climbs towards
  the dashed line, which no model can pass. Press New run, choose CD-k with k = 1 and play on: the curve stays below the other.
  Chains that start at the data and stop after one sweep hardly ever pass from one picture to another, so nothing sets their
  shares right: some take several times their due and others starve, and what is no data is believed more. Raise k. Then choose
  PCD-k at the same rate: chains that never start anew could see all that, but the model runs away from them; at the rate
  0.003 they keep up. <strong>See:</strong> all figures are exact sums over 4096 states, except that of annealed importance
  sampling, which stands beside the truth. Train on and give it a single temperature: it is far off, and its error bar does
  not say so.`;

export default {
  render({ model, el }) {
    const ui = genlib.ui(el, { title: "A world of 4096 pictures: the data's law and a model's", text: genlibTinyText, model });
    const family = genlibTinyFamilies[model.get("family")], view = genlibTinyView, KEPT = 4, names = family.controls.map(({ trait }) => trait);
    const floats = (bytes) => Float64Array.from({ length: bytes.byteLength / 8 }, (_, i) => bytes.getFloat64(8 * i, true));
    const world = genlibTiny.world(floats(model.get("law")), model.get("pictures")), { p, pictures } = world;
    const logData = p.map(Math.log), due = pictures.reduce((sum, s) => sum + p[s], 0), scale = 2 * Math.max(...p);
    const wishes = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));
    let given = wishes(), machine, run, runs = [], queue = 0, job, annealed, found, told, asked = pictures.at(-1);

    // ---- training
    const settings = () => Object.fromEntries(names.map((name) => [name, controls[name].value]));
    function start(random) {
      const drawn = family.draw(settings(), random), flat = floats(model.get("start"));
      if (flat.length !== drawn.reduce((sum, { length }) => sum + length, 0)) return drawn;
      let at = 0;
      return drawn.map(({ length }) => flat.slice(at, (at += length)));
    }
    function begin() {
      animation.pause();
      if (run?.step) runs = [...runs, run].slice(-KEPT);
      const random = genlib.random(model.get("seed"));
      machine = family.make(world, start(random), random);
      run = { step: 0, stride: 1, points: [], labels: [] };
      [queue, job, annealed, found, told] = [0, null, null, null, -Infinity];
      record();
      again();
    }
    function record() {
      Object.assign(run, genlibTiny.compare(machine.logProbAll(), world));
      if (run.step % run.stride) return;
      run.points.push([run.step, run.likelihood]);
      if (run.points.length <= 600) return;
      run.stride *= 2;
      run.points = run.points.filter(([step]) => step % run.stride === 0);
    }
    function train() {
      const now = settings(), label = family.label(now);
      machine.train(now);
      run.step++;
      if (run.labels.at(-1) !== label) run.labels.push(label);
      record();
    }
    function reset() {
      for (const name of names) controls[name].value = given[name];
      [runs, run] = [[], null];
      ui.send(given);
      arrange();
      begin();
      queue = model.get("first");
    }

    // ---- showing
    const signed = (value, digits) => (Number.isNaN(value) ? "\u2013" : Number.isFinite(value) ? value.toFixed(digits).replace("-", "\u2212") : "\u221e");
    const percent = (value) => `${(100 * value).toFixed(1)} %`, stepped = ({ step }) => `${step} ${step === 1 ? "step" : "steps"}`;
    function paint() {
      const logP = machine.logProbAll(), all = { logP, p, scale }, draws = [...machine.draw(8, genlib.random(1))];
      maps.data.paint(logData);
      maps.model.paint(logP);
      for (const map of Object.values(maps)) map.mark(asked);
      picker.show(asked, logP, p);
      galleries.data.paint({ ...all, states: pictures });
      galleries.spurious.paint({ ...all, states: genlibTiny.spurious(logP, world, 8) });
      galleries.draws.paint({ ...all, states: draws });
      const share = pictures.reduce((sum, s) => sum + Math.exp(logP[s]), 0), { logZ = NaN, error = NaN, truth = NaN } = found ?? {};
      const words = { likelihood: signed(run.likelihood, 3), best: signed(-world.entropy, 3), forward: signed(run.forward, 3), backward: signed(run.backward, 3),
        share: percent(share), due: percent(due), logZ: signed(machine.logZ ?? NaN, 3), ais: signed(logZ, 3), error: signed(error, 3), gone: signed(logZ - truth, 3) };
      for (const name in words) figures.cells[name].textContent = words[name];
      count.textContent = stepped(run);
    }
    const dashes = [[8, 4], [2, 3], [10, 3, 2, 3], [4, 2]];
    const swatch = ({ dash, colour }) =>
      `<svg width="34" height="8" aria-hidden="true"><path d="M0 4h34" stroke="var(--genlib-${colour})" stroke-width="2.5" stroke-dasharray="${dash}"/></svg>`;
    function report() {
      told = performance.now();
      const all = [...runs.map((old, i) => ({ ...old, dash: dashes[i], colour: "muted" })), { ...run, dash: [], colour: "model" }];
      const end = Math.max(50, ...all.map(({ step }) => step)), bound = { points: [[0, -world.entropy], [2 * end, -world.entropy]], colour: "data", dash: [5, 4], weight: 1.5 };
      const lines = all.map(({ points, step, likelihood, dash, colour }) => ({ points: [...points, [step, likelihood]], dash, colour }));
      const least = Math.min(...lines.flatMap(({ points }) => points.map(([, value]) => value)));
      chart.draw({ x: [0, end], y: [Math.max(-12, least) - 0.2, 0.25 - world.entropy], lines: [bound, ...lines] });
      const name = ({ labels }) => (labels.length > 1 ? `${labels[0]}; then ${labels.at(-1)}` : labels[0] ?? family.label(settings()));
      legend.replaceChildren(...all.reverse().map((one) =>
        ui.node("li", { innerHTML: swatch(one) }, ui.node("span", { textContent: `${name(one)}: ${signed(one.likelihood, 3)} after ${stepped(one)}` }))));
      clear.hidden = !runs.length;
      const { likelihood, best, share } = Object.fromEntries(Object.entries(figures.cells).map(([key, cell]) => [key, cell.textContent]));
      const words = `${stepped(run)}: log-likelihood ${likelihood}, at best ${best} nats a picture`, logP = machine.logProbAll();
      chart.describe(`Log-likelihood over the steps, ${all.length} ${all.length === 1 ? "run" : "runs"}. After ${words}.`);
      maps.data.describe(`The probability of each of 4096 states in the data; ${pictures.length} pictures have ${percent(due)} of it.`);
      maps.model.describe(`The probability of each of 4096 states in the model after ${words}.`);
      galleries.data.describe(`The ${pictures.length} pictures of the data. The model gives them ${share} in all, the data ${percent(due)}.`);
      const spoken = (s) => `${s.toString(2).padStart(12, "0")} with ${percent(Math.exp(logP[s]))}`;
      galleries.spurious.describe(`What the model believes most of what is no data: ${genlibTiny.spurious(logP, world, 3).map(spoken).join(", ")}.`);
      ui.say(words);
      ui.send({ step_count: run.step, log_likelihood: run.likelihood, kl_data_model: run.forward, kl_model_data: Number.isFinite(run.backward) ? run.backward : null,
        trained: new DataView(Float64Array.from(machine.parameters.flatMap((values) => [...values])).buffer) });
      if (machine.anneal) ui.send({ log_z: machine.logZ, ...(found && { ais_log_z: found.logZ, ais_error: found.error }) });
    }
    const asking = () => `${run.step} ${chains.value} ${temperatures.value}`, answered = () => !machine.anneal || (!job && annealed === asking());
    const idle = () => !queue && answered();
    function frame() {
      const begun = performance.now(), spent = () => performance.now() - begun, budget = animation.playing ? 3 : 5;
      if (animation.playing && !queue) queue = 1;
      while (queue && spent() < budget) {
        train();
        if (!--queue && animation.playing && pace.value === "fast") queue = 1;
      }
      if (!job && !answered()) [job, annealed] = [machine.anneal({ chains: +chains.value, temperatures: +temperatures.value }, genlib.random(2)), asking()];
      do {
        const next = job?.next();
        if (next?.done) [found, job] = [next.value, null];
      } while (job && spent() < budget + 1);
      if (animation.allowed || idle()) paint();
      if (idle() || begun - told > 200) report();
      maps.model.canvas.ariaBusy = !idle();
      if (!animation.playing && !idle()) again();
    }
    const again = ui.soon(frame), animation = ui.loop(frame);
    let played = false;

    // ---- controls
    function arrange() { for (const { trait, used } of family.controls) controls[trait].input.disabled = Boolean(used && !used(settings())); }
    const control = (wish) => view.control(ui, wish, model.get(wish.trait), (value) => {
      ui.send({ [wish.trait]: value });
      arrange();
      if (wish.anew) begin();
    });
    const controls = Object.fromEntries(family.controls.map((wish) => [wish.trait, control(wish)]));
    const choice = (label, value, options, onChange) => ui.select({ label, value, onChange, options: options.map((one) => (Array.isArray(one) ? one : [one, String(one)])) });
    const paces = [["10", "10 steps a second"], ["60", "a step a frame"], ["fast", "as fast as it can"]];
    const pace = choice("Pace", "fast", paces, (to) => { animation.rate = to === "10" ? 10 : 60; }), many = choice("Steps per press", 100, [1, 10, 100, 1000]);
    const chains = choice("Chains", 100, [10, 100, 1000], () => again()), temperatures = choice("Temperatures", 100, [1, 10, 100, 1000], () => again());
    const step = ui.button("Step", () => { animation.pause(); queue += +many.value; again(); });
    const clear = ui.button("Clear old runs", () => { runs = []; told = -Infinity; again(); });
    const count = ui.node("span", { className: "genlib-count" }), legend = ui.node("ul", { className: "genlib-tiny-runs" });
    const div = (name, ...nodes) => ui.node("div", { className: `genlib-tiny-${name}` }, ...nodes);
    const pick = (state) => { asked = state; again(); }, map = (name, words) => view.map(ui, name, words, pick);
    const maps = { data: map("data", "Data, p(x) of every state"), model: map("model", "Model, p(x) of every state") };
    const picker = view.picker(ui, pick), galleries = Object.fromEntries(["data", "spurious", "draws"].map((name) => [name, view.gallery(ui, name, pick)]));
    const chart = ui.chart({ label: "Log-likelihood over the steps", x: "steps", y: "nats a picture", height: 200 });
    const figures = view.figures(ui, [["Log-likelihood", "likelihood", ["at best", "best"]], ["KL(data \u2016 model)", "forward"], ["KL(model \u2016 data)", "backward"],
      [`On the ${pictures.length} pictures`, "share", ["data:", "due"]], ["log Z, summed", "logZ"], ["log Z, annealed", "ais", ["\u00b1", "error"]], ["its true error", "gone"]]);
    const note = "A cell is a picture: its row is the upper half, its column the lower half. Shades are logarithms. Move over a map, or switch pixels on and off.";
    const annealing = div("anneal", chains.element, temperatures.element);
    ui.add(ui.row(ui.play(animation), step, many.element, ui.button("New run", () => begin()), ui.button("Reset", reset), pace.element, count),
      div("settings", ...names.map((name) => controls[name].element)),
      div("stage", div("maps", maps.data.element, maps.model.element, ui.node("p", { className: "genlib-tiny-note", textContent: note })),
        div("facts", ui.node("p", { className: "genlib-caption", textContent: "Exact, in nats a picture" }), figures.element, annealing, picker.element)),
      div("chart", chart.element, div("legend", legend, clear)),
      ui.panel(`The ${pictures.length} pictures of the data; the model's share of each in per cent, the data's as a blue line`, galleries.data.element),
      div("pair", ui.panel("No data, but believed most", galleries.spurious.element), ui.panel("Eight draws from the model", galleries.draws.element)));

    // ---- from Python, from the theme, from the window
    for (const { trait, anew } of family.controls) ui.watch(trait, () => {
      if (controls[trait].value === model.get(trait)) return;
      controls[trait].value = model.get(trait);
      arrange();
      if (anew) begin(); else again();
    });
    ui.watch("start", () => { given = wishes(); begin(); });
    arrange();
    reset();
    // A frame of the loop leaves the rest to the next one: after the last there must be one more.
    animation.onChange(() => {
      if (played === animation.playing) return;
      [played, queue] = [animation.playing, 0];
      again();
    });
    ui.onTheme(again);
    const sizes = new ResizeObserver(again);
    sizes.observe(galleries.data.element);
    ui.onClose(() => sizes.disconnect());
    return ui.close;
  },
};
