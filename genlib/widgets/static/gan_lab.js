// GANLab: a generator and a discriminator train each other in the page, on points in the plane.

const genlibGan = {
  text: `<strong>Try:</strong> press Step D with 50 steps: the tint gathers where it believes in true points, and the samples
    stand still. Then Step G: they walk where the arrows point. Set the generator's loss to minimax and press Step D again
    and again: the arrows shrink to nothing, because against a sure discriminator that loss is flat; the non-saturating
    loss brings them back. Raise the generator's rate and play: the samples crowd together and are chased around. Draw two
    blobs of your own. <strong>See:</strong> V says who is ahead, not how good the samples are; that is what the
    divergence is for. Its floor is what true points reach against other true points.`,

  // Both players with their optimisers. Data x (n, 2) and noise z (n, L) are the caller's.
  game({ generator, discriminator, betas }) {
    const adam = { d: genlib.adam(discriminator.parameters, { betas }), g: genlib.adam(generator.parameters, { betas }) };
    return {
      adam,
      // Returns V(D, G) on these examples, before the step.
      stepD(x, z, n) {
        discriminator.zeroGradients();
        const real = genlib.meanSoftplus(discriminator.forward(x, n), -1, n);
        discriminator.backward(real.gradient, n);
        const fake = genlib.meanSoftplus(discriminator.forward(generator.forward(z, n), n), 1, n);
        discriminator.backward(fake.gradient, n);
        adam.d.step(discriminator.gradients);
        return -real.loss - fake.loss;
      },
      stepG(z, n, kind) {
        generator.zeroGradients();
        const { loss, slope } = genlibGan.lossG(discriminator.forward(generator.forward(z, n), n), n, kind);
        generator.backward(discriminator.backward(slope, n), n);
        adam.g.step(generator.gradients);
        return loss;
      },
    };
  },

  // The generator's loss and its slope in each logit: mean log(1 - D) for minimax, mean -log D otherwise.
  lossG(logits, n, kind) {
    const side = kind === "minimax" ? 1 : -1, { loss, gradient } = genlib.meanSoftplus(logits, side, n);
    return { loss: -side * loss, slope: gradient.map((value) => -side * value) };
  },

  // New weights as torch's Linear draws them: uniform within 1 / sqrt(inputs).
  renew(network, { layers }, random) {
    const inputs = layers.filter(({ weight }) => weight).flatMap(({ weight, bias }) => Array(bias ? 2 : 1).fill(weight.shape[1]));
    network.parameters.forEach((values, j) => values.forEach((_, i) => { values[i] = (2 * random.uniform() - 1) / Math.sqrt(inputs[j]); }));
  },

  // The share of the points in each cell of a grid; those outside count in the nearest cell.
  histogram(points, cells, limit) {
    const share = new Float64Array(cells * cells), count = points.length / 2;
    const cell = (a) => Math.min(cells - 1, Math.max(0, Math.trunc(((a + limit) * cells) / (2 * limit))));
    for (let i = 0; i < points.length; i += 2) share[cell(points[i + 1]) * cells + cell(points[i])] += 1 / count;
    return share;
  },
  jsd(p, q) {
    const term = (a, b) => (a > 0 ? 0.5 * a * Math.log((2 * a) / (a + b)) : 0);
    return p.reduce((sum, a, i) => sum + term(a, q[i]) + term(q[i], a), 0);
  },

  // Ink as a density: a cell is drawn in proportion to its ink, and a point lies anywhere in its cell.
  scatter(ink, side, limit, count, random) {
    const total = Float64Array.from(ink), points = new Float32Array(2 * count);
    for (let i = 1; i < total.length; i++) total[i] += total[i - 1];
    for (let n = 0; n < count; n++) {
      const mark = random.uniform() * total.at(-1);
      let low = 0, high = total.length - 1;
      while (low < high) { const middle = (low + high) >> 1; if (total[middle] > mark) high = middle; else low = middle + 1; }
      points[2 * n] = limit * ((2 * ((low % side) + random.uniform())) / side - 1);
      points[2 * n + 1] = limit * (1 - (2 * (Math.floor(low / side) + random.uniform())) / side);
    }
    return points;
  },

  // The plane: the discriminator's belief as a tint, the generator's map of a grid of noise, points, and arrows.
  plane(ui, limit, field) {
    const canvas = ui.node("canvas", { className: "genlib-gan-plane", width: 400, height: 400 }), context = canvas.getContext("2d");
    const small = ui.node("canvas", { width: field, height: field }), tint = small.getContext("2d"), pixels = tint.createImageData(field, field);
    canvas.setAttribute("role", "img");
    let size = 400;
    const px = (x) => ((x + limit) / (2 * limit)) * size, py = (y) => size - px(y);
    function clear() {
      const scale = devicePixelRatio || 1, wanted = Math.round((canvas.clientWidth || 400) * scale);
      if (canvas.width !== wanted) canvas.width = canvas.height = wanted;
      size = wanted / scale;
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.globalAlpha = 1;
      context.fillStyle = ui.colour("paper");
      context.fillRect(0, 0, size, size);
    }
    function belief(values) {
      const paper = ui.rgb("paper"), sides = [ui.rgb("model"), ui.rgb("data")];
      values.forEach((d, i) => {
        const side = sides[d > 0.5 ? 1 : 0], strength = 0.42 * Math.abs(2 * d - 1);
        for (let k = 0; k < 3; k++) pixels.data[4 * i + k] = paper[k] + strength * (side[k] - paper[k]);
        pixels.data[4 * i + 3] = 255;
      });
      tint.putImageData(pixels, 0, 0);
      context.drawImage(small, 0, 0, size, size);
    }
    function dots(points, count, name, radius) {
      context.fillStyle = ui.colour(name);
      context.globalAlpha = 0.75;
      context.beginPath();
      for (let i = 0; i < 2 * count; i += 2) {
        context.moveTo(px(points[i]) + radius, py(points[i + 1]));
        context.arc(px(points[i]), py(points[i + 1]), radius, 0, 7);
      }
      context.fill();
    }
    const through = (points, ...order) => order.forEach((i, at) => context[at ? "lineTo" : "moveTo"](px(points[2 * i]), py(points[2 * i + 1])));
    // A cell is the greener the more noise it holds for its area; `share` is that of its noise.
    function mesh(points, columns, rows, share) {
      context.fillStyle = context.strokeStyle = ui.colour("latent");
      context.lineWidth = rows > 1 ? 0.6 : 2;
      for (let i = 0; i < columns * rows; i++) {
        if (i % columns === columns - 1) continue;
        const corners = rows > 1 && i < columns * (rows - 1) ? [i, i + 1, i + columns + 1, i + columns, i] : [i, i + 1];
        context.beginPath();
        through(points, ...corners);
        context.globalAlpha = 0.55;
        context.stroke();
        if (corners.length === 2) continue;
        let area = 1e-6;
        for (let k = 0; k < 4; k++) {
          const [a, b] = [2 * corners[k], 2 * corners[k + 1]];
          area += 0.5 * (points[a] * points[b + 1] - points[b] * points[a + 1]);
        }
        context.globalAlpha = Math.min(0.5, (0.9 * share(i)) / Math.abs(area));
        context.fill();
      }
    }
    function arrows(points, moves, count) {
      context.strokeStyle = ui.colour("ink");
      context.globalAlpha = 0.9;
      context.lineWidth = 1.2;
      context.beginPath();
      for (let i = 0; i < 2 * count; i += 2) {
        const length = Math.hypot(moves[i], moves[i + 1]), scale = Math.min(0.5, 0.9 / length), reach = (length * scale * size) / (2 * limit);
        if (!(reach > 1.5)) continue;
        const x = px(points[i]), y = py(points[i + 1]), angle = Math.atan2(-moves[i + 1], moves[i]), head = Math.min(5, reach / 2);
        const tip = [x + reach * Math.cos(angle), y + reach * Math.sin(angle)];
        context.moveTo(x, y);
        context.lineTo(...tip);
        for (const turn of [2.6, -2.6]) {
          context.moveTo(...tip);
          context.lineTo(tip[0] + head * Math.cos(angle + turn), tip[1] + head * Math.sin(angle + turn));
        }
      }
      context.stroke();
    }
    return { canvas, clear, belief, dots, mesh, arrows };
  },
};

export default {
  render({ model, el }) {
    const ui = genlib.ui(el, { title: "GAN lab: two networks train each other", text: genlibGan.text, model }), limit = model.get("limit");
    const SHOWN = 400, SLICE = 128, CELLS = 40, FIELD = 28, MESH = 19, ARROWS = 80, floats = (n) => new Float32Array(n);
    const pools = genlib.unpack(model.get("points_spec"), model.get("points")), plane = genlibGan.plane(ui, limit, FIELD);
    const belief = floats(FIELD * FIELD), row = floats(2 * FIELD), fake = floats(2 * SHOWN);
    const signed = (value, digits = 3) => (Number.isFinite(value) ? value.toFixed(digits).replace("-", "\u2212") : "\u2013");
    let latent, game, players, copies, random, renewals, queue, counts, history, truth, noise, grid, job, rows, measured, chartsAt;

    const network = (name) => genlib.network(model.get(`${name}_spec`), model.get(`${name}_weights`));
    const pair = () => ({ generator: network("generator"), discriminator: network("discriminator") });
    const total = () => counts.d + counts.g, idle = () => !queue.length && !rows && !job && measured === total();
    const round = () => [...Array(dSteps.value).fill("d"), "g"];

    // ---- training
    function begin(renewal = 0) {
      animation.pause();
      random = genlib.random(model.get("seed") + 7919 * (renewals = renewal));
      [players, copies] = [pair(), pair()];
      if (renewal) for (const name in players) genlibGan.renew(players[name], model.get(`${name}_spec`), random);
      latent = players.generator.inputs;
      game = genlibGan.game({ ...players, betas: model.get("betas") });
      [queue, counts, history] = [[], { d: 0, g: 0 }, []];
      noise = genlib.random(1).normals(floats(2048 * latent));
      grid = floats(MESH * MESH * latent);
      for (let i = 0; i < MESH * MESH; i++) for (let k = 0; k < Math.min(2, latent); k++) grid[i * latent + k] = at(k ? Math.floor(i / MESH) : i % MESH);
      status.textContent = "";
      changeRates();
      changeData();
    }
    const at = (i) => 2.4 * ((2 * i) / (MESH - 1) - 1);
    // The noise of a cell between lines i and i + 1 of the grid, in both directions.
    const share = (i) => { const half = 2.4 / (MESH - 1), u = at(i % MESH) + half, v = at(Math.floor(i / MESH)) + half; return (Math.exp(-(u * u + v * v) / 2) / (2 * Math.PI)) * 4 * half * half; };
    function changeRates() { [game.adam.d.lr, game.adam.g.lr] = [10 ** rateD.value, 10 ** rateG.value]; }
    function changeData() {
      drawing.hidden = data.value !== "drawn";
      if (data.value === "drawn" && !pad.blank) pools.drawn = genlibGan.scatter(pad.ink, 112, limit, 4096, genlib.random(2));
      const points = pools[data.value] ?? truth.points, count = Math.min(2048, SLICE * Math.floor(points.length / 4 / SLICE));
      const [first, second] = [0, 1].map((half) => genlibGan.histogram(points.subarray(2 * half * count, 2 * (half + 1) * count), CELLS, limit));
      truth = { points, count, first, floor: genlibGan.jsd(first, second) };
      changed();
    }
    function changed() { [job, rows, measured, chartsAt] = [null, FIELD, -1, -Infinity]; again(); }
    function train(player) {
      const n = +batch.value, z = random.normals(floats(n * latent)), x = floats(2 * n);
      for (let i = 0; player === "d" && i < n; i++) {
        const from = 2 * random.integer(truth.points.length / 2);
        x.set(truth.points.subarray(from, from + 2), 2 * i);
      }
      const result = player === "d" ? game.stepD(x, z, n) : game.stepG(z, n, loss.value);
      counts[player]++;
      rows = FIELD;
      if (Number.isFinite(result)) return;
      animation.pause();
      queue = [];
      status.textContent = "Training broke down: a loss is no longer finite. Choose lower rates and press Reset.";
    }

    // ---- measuring: a copy of both players, a few examples at a time, so that no frame waits for it
    function* measure() {
      const { points, count, first, floor } = truth, made = floats(2 * count), step = total();
      for (const name in players) copies[name].parameters.forEach((values, i) => values.set(players[name].parameters[i]));
      let value = 0;
      for (let i = 0; i < count; i += SLICE) {
        made.set(copies.generator.forward(noise.subarray(i * latent), SLICE).subarray(0, 2 * SLICE), 2 * i);
        for (const [sample, side] of [[points, -1], [made, 1]]) {
          yield;
          value -= (genlib.meanSoftplus(copies.discriminator.forward(sample.subarray(2 * i), SLICE), side, SLICE).loss * SLICE) / count;
        }
      }
      const jsd = genlibGan.jsd(first, genlibGan.histogram(made, CELLS, limit));
      if (history.at(-1)?.step === step) history.pop();
      history.push({ step, value, jsd });
      if (history.length > 400) history = history.filter((_, i) => i % 2 === 0);
      measured = step;
      ui.send({ value, jsd, floor });
    }
    function believe() {
      rows--;
      for (let i = 0; i < FIELD; i++) row.set([limit * ((2 * i + 1) / FIELD - 1), limit * (1 - (2 * rows + 1) / FIELD)], 2 * i);
      players.discriminator.forward(row, FIELD).subarray(0, FIELD).forEach((a, i) => { belief[rows * FIELD + i] = genlib.sigmoid(a); });
    }

    // ---- showing
    function paint() {
      fake.set(players.generator.forward(noise, SHOWN).subarray(0, 2 * SHOWN));
      plane.clear();
      if (show.belief.value) plane.belief(belief);
      if (show.mesh.value) {
        const lines = latent > 1 ? MESH : 1;
        plane.mesh(players.generator.forward(grid, MESH * lines), MESH, lines, share);
      }
      if (show.points.value) plane.dots(truth.points, SHOWN, "data", 2.2);
      if (show.samples.value) plane.dots(fake, SHOWN, "model", 2.2);
      if (!show.arrows.value) return;
      const { slope } = genlibGan.lossG(players.discriminator.forward(fake, ARROWS), ARROWS, loss.value);
      plane.arrows(fake, players.discriminator.backward(slope, ARROWS).subarray(0, 2 * ARROWS).map((g) => -ARROWS * g), ARROWS);
    }
    function report() {
      chartsAt = performance.now();
      const last = history.at(-1) ?? {}, ends = [0, Math.max(1, last.step ?? 1)], line = (y) => ends.map((x) => [x, y]);
      const curve = (name) => history.map((entry) => [entry.step, entry[name]]);
      valueChart.draw({ lines: [{ points: line(-2 * Math.log(2)), colour: "muted", dash: [5, 4] }, { points: curve("value"), colour: "ink" }] });
      jsdChart.draw({ lines: [{ points: line(truth.floor), colour: "data", dash: [5, 4] }, { points: curve("jsd"), colour: "model" }], y: [0, 0.7] });
      words.textContent = `D ${counts.d} steps, G ${counts.g} steps`;
      valueWords.textContent = `Value V(D, G) = ${signed(last.value)}; dashed: \u22122 log 2 = \u22121.386`;
      jsdWords.textContent = `Divergence JSD = ${signed(last.jsd)}; dashed: its floor, ${signed(truth.floor)}`;
      plane.canvas.ariaLabel = `The plane after ${words.textContent}: ${valueWords.textContent}; ${jsdWords.textContent}`;
      const samples = Array.from({ length: SHOWN }, (_, i) => [fake[2 * i], fake[2 * i + 1]].map((v) => Math.round(v * 1e4) / 1e4));
      ui.send({ step_count: total(), d_count: counts.d, g_count: counts.g, samples });
    }
    const trained = ({ parameters }) => new DataView(Float32Array.from(parameters.flatMap((values) => [...values])).buffer);
    function frame() {
      const start = performance.now(), spent = () => performance.now() - start, fast = pace.value === "fast";
      if (animation.playing && !queue.length) queue = round();
      while (queue.length && spent() < 3.5) {
        train(queue.shift());
        if (!queue.length && animation.playing && fast) queue = round();
      }
      do { if (rows) believe(); } while (rows && spent() < 4.5);
      if (!job && measured !== total()) job = measure();
      do { if (job?.next().done) job = null; } while (job && spent() < 5.5);
      paint();
      if (idle() || start - chartsAt > 200) report();
      if (animation.playing) return;
      if (idle()) ui.send({ generator_trained: trained(players.generator), discriminator_trained: trained(players.discriminator) });
      else again();
    }
    const again = ui.soon(frame), animation = ui.loop(frame);

    // ---- controls
    const press = (kinds) => ui.button(`Step ${kinds}`, () => {
      animation.pause();
      for (let i = 0; i < +many.value; i++) queue.push(...(kinds === "both" ? round() : [kinds.toLowerCase()]));
      again();
    });
    const rate = (player) => ui.range({ label: `Rate of ${player}`, min: -4.5, max: -1, step: 0.05, value: Math.log10(model.get(`rate_${player.toLowerCase()}`)),
      format: (v) => (10 ** v).toPrecision(2), onInput: (v) => { changeRates(); ui.send({ [`rate_${player.toLowerCase()}`]: 10 ** v }); } });
    const names = (words) => words.map((name) => [name, String(name).replaceAll("_", " ")]);
    const choice = (label, trait, options, act) => ui.select({ label, options, value: model.get(trait), onChange: (to) => { act(); ui.send({ [trait]: Number.isInteger(model.get(trait)) ? +to : to }); } });
    const data = choice("Data", "data_kind", [...names(Object.keys(pools)), ["drawn", "my drawing"]], changeData);
    const loss = choice("Generator's loss", "loss_kind", [["non_saturating", "non-saturating"], ["minimax", "minimax"]], () => again());
    const batch = choice("Batch", "batch", names([...new Set([16, 32, 64, 128, 256, model.get("batch")])].sort((a, b) => a - b)), () => {});
    const dSteps = ui.range({ label: "D steps per G step", min: 1, max: 10, step: 1, value: model.get("d_steps"), onInput: (d_steps) => ui.send({ d_steps }) });
    const rateD = rate("D"), rateG = rate("G"), many = ui.select({ label: "Steps per press", options: names([1, 10, 50, 500]), value: 1 });
    const pace = ui.select({ label: "Pace", options: [["4", "4 rounds a second"], ["60", "a round a frame"], ["fast", "as fast as it can"]], value: "60",
      onChange: (to) => { animation.rate = to === "4" ? 4 : 60; } });
    const shown = (name, label) => {
      const made = ui.checkbox({ label, value: true, onChange: () => again() });
      made.input.after(ui.node("span", { className: `genlib-gan-swatch genlib-gan-${name}`, ariaHidden: "true" }));
      return made;
    };
    const show = { points: shown("points", "true points"), samples: shown("samples", "samples G(z)"), mesh: shown("mesh", "G of a grid of noise"),
      belief: shown("belief", "D(x), from made to real"), arrows: shown("arrows", "pull of the loss on samples") };
    const pad = ui.pad({ label: "Draw where the data lie", onDraw: changeData }), drawing = ui.row(pad.element);
    const caption = () => ui.node("p", { className: "genlib-caption" }), words = ui.node("output"), valueWords = caption(), jsdWords = caption();
    const valueChart = ui.chart({ label: "Value V(D, G) over the steps", x: "steps of D and of G", y: "V(D, G)", height: 150 });
    const jsdChart = ui.chart({ label: "Jensen-Shannon divergence over the steps", x: "steps of D and of G", y: "nats", height: 150 });
    const status = ui.node("p", { className: "genlib-gan-status", role: "status" });
    const div = (name, ...nodes) => ui.node("div", { className: `genlib-gan-${name}` }, ...nodes);
    drawing.classList.add("genlib-gan-drawing");
    ui.add(ui.row(ui.play(animation), press("D"), press("G"), press("both"), many.element, ui.button("Reset", () => begin()), ui.button("New weights", () => begin(renewals + 1)), words),
      div("stage", div("left", plane.canvas, div("legend", ...Object.values(show).map(({ element }) => element))),
        div("right", valueWords, valueChart.element, jsdWords, jsdChart.element)),
      status, ui.row(data.element, loss.element, rateD.element, rateG.element, dSteps.element, batch.element, pace.element), drawing);

    for (const name of ["generator", "discriminator"]) ui.watch(`${name}_weights`, () => begin());
    for (const [trait, input, act] of [["data_kind", data, changeData], ["loss_kind", loss, () => again()], ["batch", batch, () => {}], ["d_steps", dSteps, () => {}]])
      ui.watch(trait, () => { if (String(input.value) === String(model.get(trait))) return; input.value = model.get(trait); act(); });
    for (const [trait, input] of [["rate_d", rateD], ["rate_g", rateG]]) ui.watch(trait, () => { input.value = Math.log10(model.get(trait)); changeRates(); });
    ui.onTheme(() => again());
    const sizes = new ResizeObserver(() => again());
    sizes.observe(plane.canvas);
    ui.onClose(() => sizes.disconnect());
    begin();
    animation.onChange(() => again());
    return ui.close;
  },
};
