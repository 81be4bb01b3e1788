// GANLab: a generator and a discriminator train each other in the page, on points in the plane.

const genlibGanText = `<strong>Try:</strong> press Step D with 50 steps: the tint gathers where D believes in true
  points, and the samples stand still. Then Step G: they walk where the arrows point. Set the generator's loss to minimax
  and press Step D again and again: the arrows shrink to nothing, because against a sure discriminator that loss is flat;
  the non-saturating loss brings them back. Press Reset, turn the rates around (0.001 for D, 0.01 for G) and play: the
  samples crowd on one mode, are found out, and run to the next. Draw two blobs of your own. <strong>See:</strong> V says
  who is ahead, not how good the samples are; that is what the divergence is for. Its floor is what true points reach
  against other true points.`;

export default {
  render({ model, el }) {
    const ui = genlib.ui(el, { title: "GAN lab: two networks train each other", text: genlibGanText, model });
    const SHOWN = 400, FIELD = 28, MESH = 19, ARROWS = 80, DRAWN = -2 * Math.log(2), floats = (n) => new Float32Array(n);
    const limit = model.get("limit"), plane = genlibGanPlane(ui, limit, FIELD);
    const pools = genlib.unpack(model.get("points_spec"), model.get("points"));
    const belief = floats(FIELD * FIELD), fieldRow = floats(2 * FIELD), samples = floats(2 * SHOWN);
    let latent, game, players, copies, random, renewals, queue, counts, history, truth, noise, mesh, job, rows, measured, told;
    const network = (name) => genlib.network(model.get(`${name}_spec`), model.get(`${name}_weights`));
    const pair = () => ({ generator: network("generator"), discriminator: network("discriminator") });
    const total = () => counts.d + counts.g, idle = () => !queue.length && !rows && !job && measured === total();
    const round = () => [...Array(dSteps.value).fill("d"), "g"];

    // ---- training
    function begin(renewal = 0) {
      animation.pause();
      renewals = renewal;
      random = genlib.random(model.get("seed") + 7919 * renewal);
      [players, copies] = [pair(), pair()];
      if (renewal) for (const name in players) genlibGan.renew(players[name], model.get(`${name}_spec`), random);
      latent = players.generator.inputs;
      game = genlibGan.game({ ...players, betas: model.get("betas") });
      [queue, counts, history] = [[], { d: 0, g: 0 }, []];
      noise = genlib.random(1).normals(floats(2048 * latent));
      mesh = genlibGan.mesh(MESH, 2.4, latent);
      status.textContent = "";
      changeRates();
      changeData();
    }
    function changeRates() {
      game.adam.d.lr = 10 ** rateD.value;
      game.adam.g.lr = 10 ** rateG.value;
    }
    function changeData() {
      drawing.hidden = data.value !== "drawn";
      if (data.value === "drawn" && !pad.blank) pools.drawn = genlibGan.scatter(pad.ink, limit, 4096, genlib.random(2));
      truth = genlibGan.truth(pools[data.value] ?? truth?.points ?? Object.values(pools)[0], limit);
      [job, rows, measured, told] = [null, FIELD, -1, -Infinity];
      again();
    }
    function train(player) {
      const n = batch.value, z = random.normals(floats(n * latent));
      const x = player === "d" ? genlibGan.draw(truth.points, n, random) : null;
      const result = x ? game.stepD(x, z, n) : game.stepG(z, n, loss.value);
      counts[player]++;
      rows = FIELD;
      if (Number.isFinite(result)) return;
      animation.pause();
      queue = [];
      status.textContent = "Training broke down: a loss is no longer finite. Choose lower rates and press Reset.";
    }

    // ---- measuring, on a copy of both players and a few examples at a time, so that no frame waits for it
    function* measure() {
      for (const name in copies) copies[name].parameters.forEach((copy, i) => copy.set(players[name].parameters[i]));
      const step = (measured = total()), found = yield* genlibGan.measure(copies, truth, noise);
      if (!Number.isFinite(found.value)) return;
      if (history.at(-1)?.step === step) history.pop();
      history.push({ step, ...found });
      if (history.length > 400) history = history.filter((_, i) => i % 2 === 0);
    }
    function believe() {
      const y = limit * (1 - (2 * --rows + 1) / FIELD);
      for (let i = 0; i < FIELD; i++) fieldRow.set([limit * ((2 * i + 1) / FIELD - 1), y], 2 * i);
      const logits = players.discriminator.forward(fieldRow, FIELD);
      for (let i = 0; i < FIELD; i++) belief[rows * FIELD + i] = genlib.sigmoid(logits[i]);
    }

    // ---- showing
    function paint() {
      const { generator, discriminator } = players, lines = latent > 1 ? MESH : 1;
      samples.set(generator.forward(noise, SHOWN).subarray(0, 2 * SHOWN));
      plane.clear();
      if (show.belief.value) plane.belief(belief);
      if (show.mesh.value) plane.mesh(generator.forward(mesh.points, MESH * lines), MESH, lines, mesh.share);
      if (show.points.value) plane.dots(truth.points, SHOWN, "data");
      if (show.samples.value) plane.dots(samples, SHOWN, "model");
      if (!show.arrows.value) return;
      const { slope } = genlibGan.lossG(discriminator.forward(samples, ARROWS), ARROWS, loss.value);
      plane.arrows(samples, discriminator.backward(slope, ARROWS).map((g) => -ARROWS * g), ARROWS);
    }
    function report() {
      told = performance.now();
      const last = history.at(-1) ?? {}, end = Math.max(1, last.step ?? 1), mark = (y) => [[0, y], [2 * end, y]];
      const curve = (name) => history.map((entry) => [entry.step, entry[name]]), thin = { dash: [5, 4], weight: 1.5 };
      const draw = (chart, ...lines) => chart.draw({ x: [0, end], lines });
      draw(valueChart, { points: mark(DRAWN), colour: "muted", ...thin }, { points: curve("value"), colour: "ink" });
      draw(jsdChart, { points: mark(truth.floor), colour: "data", ...thin }, { points: curve("jsd"), colour: "model" });
      steps.textContent = `D ${counts.d} steps, G ${counts.g} steps`;
      valueWords.textContent = `Value V(D, G) = ${signed(last.value)}; dashed: \u22122 log 2 = ${signed(DRAWN)}`;
      jsdWords.textContent = `Divergence JSD = ${signed(last.jsd)}; dashed: its floor, ${signed(truth.floor)}`;
      plane.canvas.ariaLabel = `The plane after ${steps.textContent}. ${valueWords.textContent}. ${jsdWords.textContent}.`;
      const point = (_, i) => [+samples[2 * i].toFixed(4), +samples[2 * i + 1].toFixed(4)];
      ui.send({ step_count: total(), d_count: counts.d, g_count: counts.g, samples: Array.from({ length: SHOWN }, point) });
      if (history.length) ui.send({ value: last.value, jsd: last.jsd, floor: last.floor });
    }
    const signed = (value) => (value === undefined ? "\u2013" : value.toFixed(3).replace("-", "\u2212"));
    const bytes = ({ parameters }) => new DataView(Float32Array.from(parameters.flatMap((p) => [...p])).buffer);
    function frame() {
      const start = performance.now(), spent = () => performance.now() - start;
      if (animation.playing && !queue.length) queue = round();
      while (queue.length && spent() < (animation.playing ? 3 : 5)) {
        train(queue.shift());
        if (!queue.length && animation.playing && pace.value === "fast") queue = round();
      }
      for (let i = 0; rows && (i < 4 || spent() < 3.5); i++) believe();
      if (!job && measured !== total()) job = measure();
      do { if (job?.next().done) job = null; } while (job && spent() < 4.5);
      if (animation.allowed || idle()) paint();
      if (idle() || start - told > 200) report();
      plane.canvas.ariaBusy = !idle();
      if (animation.playing) return;
      if (!idle()) again();
      else for (const name in players) ui.send({ [`${name}_trained`]: bytes(players[name]) });
    }
    const again = ui.soon(frame), animation = ui.loop(frame);

    // ---- controls
    const rate = (label, trait) => ui.range({ label, min: -5, max: -1, value: Math.log10(model.get(trait)),
      format: (power) => (10 ** power).toPrecision(2), onInput: (power) => { changeRates(); ui.send({ [trait]: 10 ** power }); } });
    const rateD = rate("Rate of D", "rate_d"), rateG = rate("Rate of G", "rate_g");
    const named = (names) => names.map((name) => [name, `${name}`.replaceAll("_", " ")]);
    const choice = (label, trait, options, act = () => {}) =>
      ui.select({ label, options, value: model.get(trait), onChange: (to) => { act(); ui.send({ [trait]: to }); } });
    const data = choice("Data", "data_kind", [...named(Object.keys(pools)), ["drawn", "my drawing"]], () => changeData());
    const losses = [["non_saturating", "non-saturating"], ["minimax", "minimax"]];
    const loss = choice("Generator's loss", "loss_kind", losses, () => again());
    const whole = (label, trait, min, max) =>
      ui.range({ label, min, max, step: 1, value: model.get(trait), onInput: (to) => ui.send({ [trait]: to }) });
    const dSteps = whole("D steps per G step", "d_steps", 1, 10), batch = whole("Batch", "batch", 8, 512);
    const paces = [["4", "4 rounds a second"], ["60", "a round a frame"], ["fast", "as fast as it can"]];
    const setPace = (to) => { animation.rate = to === "4" ? 4 : 60; };
    const pace = ui.select({ label: "Pace", options: paces, value: "60", onChange: setPace });
    const many = ui.select({ label: "Steps per press", options: named([1, 10, 50, 500]), value: 1 });
    const press = (name, kinds) => ui.button(name, () => {
      animation.pause();
      for (let i = 0; i < +many.value; i++) queue.push(...kinds());
      again();
    });
    const shown = (name, label) => {
      const made = ui.checkbox({ label, value: true, onChange: () => again() });
      made.input.after(ui.node("span", { className: `genlib-gan-swatch genlib-gan-${name}` }));
      return made;
    };
    const show = { points: shown("points", "true points x"), samples: shown("samples", "samples G(z)"),
      mesh: shown("mesh", "G of a grid of noise"), belief: shown("belief", "D(x), made to real"),
      arrows: shown("arrows", "pull of the loss") };
    const pad = ui.pad({ label: "Draw where the data lie", onDraw: () => changeData() }), drawing = ui.row(pad.element);
    const caption = () => ui.node("p", { className: "genlib-caption" });
    const steps = ui.node("span", { className: "genlib-count" }), valueWords = caption(), jsdWords = caption();
    const chart = (label, y) => ui.chart({ label, x: "steps of D and of G", y, height: 150 });
    const valueChart = chart("Value V(D, G) over the steps", "V(D, G)");
    const jsdChart = chart("Divergence over the steps", "nats");
    const status = ui.node("p", { className: "genlib-gan-status", role: "status" });
    const div = (name, ...nodes) => ui.node("div", { className: `genlib-gan-${name}` }, ...nodes);
    drawing.classList.add("genlib-gan-drawing");
    const buttons = [ui.play(animation), press("Step D", () => ["d"]), press("Step G", () => ["g"]), press("Step both", round),
      many.element, ui.button("Reset", () => begin()), ui.button("New weights", () => begin(renewals + 1))];
    ui.add(ui.row(...buttons, steps), status,
      div("stage", div("left", plane.canvas, div("legend", ...Object.values(show).map(({ element }) => element))),
        div("right", valueWords, valueChart.element, jsdWords, jsdChart.element, drawing)),
      div("settings", ...[data, loss, pace, rateD, rateG, dSteps, batch].map(({ element }) => element)));

    // ---- from Python, from the theme, from the window
    for (const name of ["generator", "discriminator"]) ui.watch(`${name}_weights`, () => begin());
    const follow = (trait, control, act, read = (value) => value) => ui.watch(trait, () => {
      if (Math.abs(control.value - read(model.get(trait))) < 1e-9 || control.value === model.get(trait)) return;
      control.value = read(model.get(trait));
      act();
    });
    follow("data_kind", data, changeData);
    follow("loss_kind", loss, again);
    follow("rate_d", rateD, changeRates, Math.log10);
    follow("rate_g", rateG, changeRates, Math.log10);
    follow("d_steps", dSteps, () => {});
    follow("batch", batch, () => {});
    let played = false;
    begin();
    animation.onChange(() => {
      if (played !== animation.playing) queue = [];
      played = animation.playing;
      again();
    });
    ui.onTheme(again);
    const sizes = new ResizeObserver(again);
    sizes.observe(plane.canvas);
    ui.onClose(() => sizes.disconnect());
    return ui.close;
  },
};
