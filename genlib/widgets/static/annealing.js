// Annealing: chains on their way from a base machine to a trained one, and what their weights say of log Z.

const genlibAnnealingText = `<strong>Try:</strong> press Run and watch the fan open while noise turns into pictures; then set
  the temperatures to 3 and press Ten more runs, then to 10, 100 and 1000. Change the base. Run down from the machine's own samples.
  <strong>See:</strong> the fan narrows as the temperatures grow. While it is wide, one or two chains hold the whole sum,
  the estimate is too low, and the dashed truth lies above every chain: the error bar cannot know. Runs
  up err low, runs down err high, and they meet. Vermilion is the way up, green the way down, blue the exact value;
  under each picture stands its chain's share of the mean.`;

export default {
  render({ model, el }) {
    const ui = genlib.ui(el, { title: "Annealing: how large is the partition function?", text: genlibAnnealingText, model });
    const plot = genlibAnnealingPlot(ui), [rows, columns] = model.get("shape"), SHOWN = 100, PICTURES = 12, BUDGET = 5e7;
    const first = { temperatures: model.get("temperatures"), chains: model.get("chains"), base: model.get("base_kind"), direction: model.get("direction") };
    let parts, given, starts, random, run, history, due, hurry, runs, kept;

    // ---- the machine, and where its chains start
    function load() {
      const { base, ...rest } = genlib.unpack(model.get("spec"), model.get("weights"), Float64Array);
      [parts, given] = [rest, base ?? null];
      const size = parts.c.length, view = model.get("samples"), count = model.get("sample_count");
      const bit = (i) => (view.getUint8(i >> 3) >> (7 - (i & 7))) & 1;
      starts = Array.from({ length: count }, (_, n) => Float64Array.from({ length: size }, (_, i) => bit(n * size + i)));
    }
    const baseOf = (kind) => ({ given, own: parts.c, coins: new Float64Array(parts.c.length) })[kind] ?? parts.c;
    const withBase = (kind) => ({ ...parts, base: baseOf(kind) });
    function begun(temperatures, up, kind) {
      const at = up ? 0 : random.integer(starts.length), some = up ? null : Array.from({ length: chains.value }, (_, i) => starts[(at + i) % starts.length]);
      return genlibAnneal.run(withBase(kind), genlibAnneal.ladder(temperatures, up), chains.value, random, some);
    }
    const isUp = () => direction.value === "up";
    const sign = () => (isUp() ? 1 : -1);
    function begin() {
      run = begun(steps(), isUp(), base.value);
      history = genlibAnneal.history(60, SHOWN);
      history.add(run, sign());
      [due, kept] = [0, null];
    }
    function finished({ steps: temperatures, logW }, up, kind) {
      const { logMean, error, size } = genlibAnneal.summary(logW), log_z = genlibAnneal.logZ0(withBase(kind)) + (up ? logMean : -logMean);
      runs.push({ temperatures, direction: up ? "up" : "down", base: kind, log_z, standard_error: error, size });
      if (runs.length > 400) runs.shift();
    }

    // ---- time: a run takes as long whatever its number of temperatures, unless somebody is in a hurry
    const start = () => performance.now();
    function advance(temperatures, until) {
      while (temperatures > 0 && !run.done && start() < until) {
        if (!run.advance()) continue;
        temperatures--;
        history.add(run, sign());
        if (run.done) finished(run, isUp(), base.value);
      }
      return temperatures;
    }
    function frame() {
      const until = start() + 4;
      if (hurry) {
        if (run.done) begin();
        advance(Infinity, until);
        if (run.done) hurry--;
        if (hurry) soon();
      } else if (animation.playing) {
        if (run.done) begin();
        due = Math.min(run.steps, due + run.steps / (60 * pace.value));
        due = advance(Math.floor(due), until) + (due % 1);
        if (run.done) animation.pause();
      } else {
        if (run.done) begin();
        advance(1, start() + 50);
      }
      show();
    }
    const soon = ui.soon(frame), animation = ui.loop(frame);

    // ---- showing
    const signed = (value, digits = 2) => value.toFixed(digits).replace("-", "\u2212");
    function show() {
      const now = genlibAnneal.summary(run.logW), up = isUp(), logZ0 = genlibAnneal.logZ0(withBase(base.value)), exact = model.get("log_z");
      const estimate = logZ0 + sign() * now.logMean, off = Array.from(run.logW, (value) => sign() * (value - now.logMean));
      plot.drawFan({ entries: history.entries, colour: up ? "model" : "latent", off, truth: exact === null || !run.done ? null : exact - estimate });
      plot.drawRuns(runs, exact);
      const order = [...now.shares.keys()];
      if (run.done) order.sort((a, b) => now.shares[b] - now.shares[a]);
      pictures.forEach((picture, i) => {
        const chain = order[run.done ? Math.round((i * (run.count - 1)) / (PICTURES - 1)) : i % run.count], share = 100 * now.shares[chain];
        picture.paint(run.x[chain], up ? "model" : "latent");
        picture.caption(`${share < 0.05 ? "0" : share.toFixed(share < 9.95 ? 1 : 0)} %`);
      });
      caption.textContent = run.done
        ? `Of the ${run.count} chains the heaviest, \u2026, the lightest, each with its share of the mean`
        : `Twelve of the ${run.count} chains, each with its share of the mean so far`;
      count.textContent = `\u03b2 = ${run.beta.toFixed(2)}, step ${run.step} of ${run.steps}`;
      const chainsSay = `spread of log w ${signed(now.sigma)} nats, ${now.size.toFixed(1)} of ${run.count} chains count`;
      const error = estimate - (exact ?? 0), truth = exact === null ? "" : `, exactly ${signed(exact)}: off by ${signed(error)}, ${signed(Math.abs(error) / now.error, 1)} error bars`;
      words.textContent = run.done ? `log Z = ${signed(estimate)} \u00b1 ${signed(now.error)}${truth}; ${chainsSay}` : chainsSay;
      plot.fan.ariaLabel = `Weights of ${run.count} chains at beta ${run.beta.toFixed(2)}: ${chainsSay}`;
      plot.ledger.ariaLabel = `Estimates of ${runs.length} finished runs. ${run.done ? words.textContent : ""}`;
      ui.say(words.textContent);
      ui.send({ beta: run.beta, size: now.size });
      if (!run.done || kept === run) return;
      kept = run;
      ui.send({ log_weights: Array.from(run.logW, (value) => logZ0 + sign() * value), estimate, standard_error: now.error, runs: runs.map((each) => ({ ...each })) });
    }

    // The first view is a finished run among a few others, as far as they cost next to nothing.
    function reset() {
      animation.pause();
      [hurry, runs, random] = [0, [], genlib.random(model.get("seed"))];
      load();
      for (const option of base.input.options) option.hidden = option.disabled = option.value === "given" && !given;
      for (const option of direction.input.options) option.disabled = option.value === "down" && !starts.length;
      temperatures.value = Math.log10(first.temperatures);
      chains.value = first.chains;
      base.value = first.base;
      direction.value = first.direction;
      const cost = parts.W.length * chains.value, quick = (n, up) => {
        const made = begun(n, up, base.value);
        while (!made.done) made.advance();
        finished(made, up, base.value);
      };
      if ((first.temperatures + 250) * cost < BUDGET) {
        for (let i = 0; i < 10; i++) for (const n of [3, 10]) quick(n, i % 2 === 0 || !starts.length);
        quick(100, true);
      }
      begin();
      if (first.temperatures * cost < BUDGET) advance(Infinity, Infinity);
      changed();
      show();
    }

    // ---- controls
    const steps = () => Math.round(10 ** temperatures.value);
    const changed = () => ui.send({ temperatures: steps(), chains: chains.value, base_kind: base.value, direction: direction.value });
    function again() {
      hurry = 0;
      animation.pause();
      begin();
      changed();
      show();
    }
    const temperatures = ui.range({ label: "Temperatures", min: 0, max: 3, value: 1, format: (power) => String(Math.round(10 ** power)), onInput: again });
    const chains = ui.range({ label: "Chains", min: 2, max: 400, step: 1, value: 100, onInput: again });
    const bases = [["given", "the base given"], ["own", "the machine\u2019s own bias"], ["coins", "fair coins"]];
    const base = ui.select({ label: "Base", options: bases, onChange: again });
    const ways = [["up", "up, from the base"], ["down", "down, from samples"]];
    const direction = ui.select({ label: "Way", options: ways, onChange: again });
    const pace = ui.range({ label: "Seconds a run", min: 1, max: 20, step: 1, value: 5 });
    const more = (times) => () => { animation.pause(); hurry = times; soon(); };
    const finish = () => { animation.pause(); hurry = 1; soon(); };
    const count = ui.node("span", { className: "genlib-count" }), words = ui.node("p", { className: "genlib-annealing-words" });
    const pictures = Array.from({ length: PICTURES }, () => ui.image({ label: "A chain", width: columns, height: rows, caption: "" }));
    const strip = ui.row(...pictures.map(({ element }) => element)), panel = ui.panel("", strip), caption = panel.firstChild;
    strip.className = "genlib-strip genlib-annealing-strip";
    const buttons = [ui.play(animation, ["Run", "Pause"]), ui.button("Step", animation.step), ui.button("To the end", finish),
      ui.button("Ten more runs", more(10)), ui.button("Reset", reset), count];
    const div = (name, ...nodes) => ui.node("div", { className: `genlib-annealing-${name}` }, ...nodes);
    ui.add(ui.row(...buttons), div("settings", ...[temperatures, chains, base, direction, pace].map(({ element }) => element)), panel,
      div("plots", ui.panel("How far apart the chains are", plot.fan), ui.panel("Every finished run", plot.ledger)), words);

    // ---- from Python, from the theme, from the window
    ui.watch("weights", () => reset());
    const follow = (trait, control, read = (value) => value, same = () => control.value === read(model.get(trait))) => ui.watch(trait, () => {
      if (same()) return;
      control.value = read(model.get(trait));
      again();
    });
    follow("temperatures", temperatures, Math.log10, () => steps() === model.get("temperatures"));
    follow("chains", chains);
    follow("base_kind", base);
    follow("direction", direction);
    reset();
    ui.onTheme(show);
    const sizes = new ResizeObserver(() => show());
    sizes.observe(plot.fan);
    ui.onClose(() => sizes.disconnect());
    return ui.close;
  },
};
