// BoltzmannBars: a Boltzmann machine of a few units, its law over all states, and a Gibbs chain that has to find it.

const genlibBoltzmannText = `<strong>Try:</strong> tap a unit or a line of the graph and move its slider, or drag it: all
  bars move, and log Z with them. Press One unit a few times: a unit adds up its bias and its lit neighbours, and tosses
  a coin. Press Play: the chain's narrow bars settle on the wide grey ones. Hold a unit at 1: half of the states become
  impossible, and the others share what they had. Then choose two wells and play: the law has two towers of one height,
  and for hundreds of sweeps the chain builds only one. Set the temperature to 2: it crosses. <strong>See:</strong> the chain never needs Z, because it
  only compares states that differ in one unit; what it pays is time. A histogram that has stopped moving is no proof
  that it is right: compare its distance from the law with that of as many independent draws.`;

export default {
  render({ model, el }) {
    const ui = genlib.ui(el, { title: "Boltzmann machine: the law of all states, and a chain", text: genlibBoltzmannText, model });
    const lib = genlibBoltzmann, FIRST = 200, names = ["features", "biases", "couplings", "clamp", "temperature"];
    const copy = (value) => JSON.parse(JSON.stringify(value)), same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
    const given = copy(Object.fromEntries(names.map((name) => [name, model.get(name)]))), presets = model.get("presets"), k = model.get("k");
    const known = Object.keys(presets).find((name) => same(presets[name], { ...presets[name], features: given.features, biases: given.biases, couplings: given.couplings }));
    const signed = (value, digits) => value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1").replace("-", "\u2212");
    const waiting = "One unit: the next one is drawn, given what all others are. A sweep is once through them all.";
    let own, items, picked, law, chain;
    const units = () => own.biases.length, hidden = () => units() - own.features;
    const value = ({ i, j }) => (j ? own.couplings[i][j] : own.biases[i]);
    const bits = (state, count) => state.toString(2).padStart(count, "0");

    // ---- the machine: arrays that were sent, or came, are never written to
    function take(from) {
      const count = from.biases.length, clamp = from.clamp?.length === count ? from.clamp : from.biases.map(() => null);
      const rebuild = !own || count !== units() || from.features !== own.features;
      own = copy({ ...from, clamp, temperature: from.temperature ?? 1 });
      heat.value = Math.log(own.temperature);
      if (rebuild) build();
      const most = Math.max(8, Math.ceil(Math.max(...items.map((item) => Math.abs(value(item))))));
      Object.assign(strength.input, { min: -most, max: most });
      follow();
    }
    function build() {
      items = lib.items(own.features, units());
      picked = items[0];
      parts.input.replaceChildren(...items.map((_, n) => new Option("", n)));
      alone.element.hidden = !hidden();
      alone.value &&= hidden() > 0;
      hiddenKey.hidden = !hidden();
      graph.build(items, own.features);
    }
    function follow() {
      law = lib.law(own, own.temperature, own.clamp);
      chain.follow(own, law, own.temperature, own.clamp);
      note.textContent = waiting;
      again();
    }
    function changed(...changes) {
      follow();
      ui.send(Object.fromEntries(changes.map((name) => [name, copy(own[name])])));
    }
    function set(item, to) {
      const most = +strength.input.max, rounded = Math.round(10 * Math.min(most, Math.max(-most, to))) / 10 || 0;
      if (rounded === value(item)) return;
      if (item.j) own.couplings[item.i][item.j] = own.couplings[item.j][item.i] = rounded;
      else own.biases[item.i] = rounded;
      changed(item.j ? "couplings" : "biases");
    }
    function begin(from) {
      animation.pause();
      chain = lib.chain(genlib.random(model.get("seed")));
      chain.state = chain.random.integer(64);
      take(from);
      changed(...names);
      chain.run(FIRST);
      place.input.max = law.p.length - 1;
      place.value = law.p.indexOf(Math.max(...law.p)) >> (alone.value ? hidden() : 0);
    }
    function reset() {
      sweeps.value = Math.log10(k);
      choice.value = known ?? "given";
      alone.value = false;
      begin(given);
      ui.send({ k });
    }

    // ---- showing
    function paint() {
      const apart = alone.value ? hidden() : 0, rows = units() - apart, of = (values) => (apart ? lib.without(values, apart) : values);
      const p = of(law.p), counts = of(chain.counts), n = chain.sweeps, share = Array.from(counts, (count) => count / (n || 1));
      const lit = (i) => chain.counts.reduce((sum, count, state) => sum + count * lib.bit(own, state, i), 0) / n;
      const look = (item) => ({ value: value(item), text: signed(value(item), 1), on: lib.bit(own, chain.state, item.i), held: own.clamp[item.i],
        marginal: law.marginals[item.i], share: n ? lit(item.i) : 0 });
      const labels = items.slice(0, units()).map(({ unit }) => unit), last = p.length - 1, state = Math.min(place.value, last);
      graph.draw(look, picked, chain.turn);
      plot.drawBars({ names: labels.slice(0, rows), features: own.features, p, share, possible: p.map((chance) => chance > 0), now: chain.state >> apart, picked: state });
      plot.drawFilm({ names: labels, features: own.features, states: chain.states.slice(-chain.MEMORY), room: chain.MEMORY });
      place.input.max = last;
      place.value = state;
      choose();
      tell(p, counts, rows, state, apart);
    }
    function choose() {
      strength.element.firstChild.textContent = `${picked.kind} ${picked.letter}`;
      strength.value = value(picked);
      items.forEach((item, n) => { parts.input.options[n].textContent = `${item.name}: ${signed(value(item), 1)}`; });
      parts.value = items.indexOf(picked);
      hold.input.disabled = Boolean(picked.j);
      hold.element.firstChild.textContent = picked.j ? "Hold" : `Hold ${picked.unit}`;
      hold.value = (picked.j ? null : own.clamp[picked.i]) ?? "free";
    }
    function tell(p, counts, rows, state, apart) {
      const n = chain.sweeps, least = [...law.energy.keys()].filter((s) => law.possible[s] && law.energy[s] < law.least + 1e-9), more = least.length - 1;
      const energy = apart ? -own.temperature * (Math.log(p[state]) + law.logZ) : law.energy[state];
      where.textContent = p[state] ? `${apart ? "free energy" : "energy"} ${signed(energy, 2)}, probability ${p[state].toFixed(4)}, in ${counts[state]} of ${n} sweeps`
        : `energy ${signed(energy, 2)}, impossible while units are held`;
      const words = { logZ: signed(law.logZ, 4), mean: signed(law.mean, 3), chain: n ? signed(chain.energy / n, 3) : "\u2013", entropy: signed(law.entropy, 3),
        least: `${signed(law.least, 2)} at ${bits(least[0], units())}${more ? ` and ${more} more` : ""}`, distance: n ? lib.distance(p, counts, n).toFixed(3) : "\u2013",
        fair: n ? lib.independent(p, n).toFixed(3) : "\u2013" };
      for (const name in words) figures[name].textContent = words[name];
      count.textContent = `${n} ${n === 1 ? "sweep" : "sweeps"}`;
      const set = items.filter((item) => !item.j || value(item)).map((item) => `${item.name} is ${signed(value(item), 1)}`);
      graph.describe(`Graph of the units. ${set.join("; ")}.`);
      plot.bars.ariaLabel = `Probabilities of ${p.length} states, exact and in ${count.textContent} of the chain. Total variation ${words.distance}.`;
      ui.say(`${count.textContent}, log Z ${words.logZ}, total variation ${words.distance}.`);
      ui.send({ counts: [...chain.counts], sweeps: n, log_z: law.logZ, v: [own.biases.map((_, i) => lib.bit(own, chain.state, i))] });
    }
    function one() {
      animation.pause();
      const seen = chain.one();
      if (!seen) return;
      const { unit, letter } = items[seen.i], hot = own.temperature === 1 ? "" : ` / ${own.temperature}`, sum = signed(seen.sum, 1);
      note.textContent = `${unit} given the others: ${letter} and the couplings to lit units add up to ${sum}; sigm(${sum}${hot}) = ${seen.p.toFixed(3)}; drawn: ${seen.drawn}.`;
      again();
    }
    function there() {
      animation.pause();
      chain.state = place.value << (alone.value ? hidden() : 0);
      follow();
    }
    const again = ui.soon(paint);
    const animation = ui.loop(() => { chain.run(Math.round(10 ** sweeps.value)); note.textContent = waiting; paint(); });
    animation.rate = 20;

    // ---- controls
    const graph = genlibBoltzmannGraph(ui, { onPick(item) { picked = item; again(); return value(item); }, onDrag: set });
    const plot = genlibBoltzmannPlot(ui, (state) => { place.value = state; again(); });
    const named = (list) => list.map((name) => [name, name]);
    const choice = ui.select({ label: "Machine", options: [...(known ? [] : [["given", "the notebook's machine"]]), ...named(Object.keys(presets))],
      onChange: (name) => begin(presets[name] ?? given) });
    const parts = ui.select({ label: "Unit or pair", options: [], onChange: (n) => { picked = items[n]; again(); } });
    const strength = ui.range({ label: "Bias", min: -8, max: 8, step: 0.1, value: 0, format: (to) => signed(to, 1), onInput: (to) => set(picked, to) });
    const hold = ui.select({ label: "Hold", options: [["free", "free"], ["0", "at 0"], ["1", "at 1"]],
      onChange: (to) => { own.clamp[picked.i] = to === "free" ? null : +to; changed("clamp"); } });
    const warm = (log) => Math.round(100 * Math.exp(log)) / 100;
    const heat = ui.range({ label: "Temperature", min: Math.log(0.2), max: Math.log(5), value: 0, format: (log) => warm(log).toFixed(2),
      onInput: (log) => { own.temperature = warm(log); changed("temperature"); } });
    const sweeps = ui.range({ label: "Sweeps per frame", min: 0, max: 3, value: Math.log10(k), format: (power) => Math.round(10 ** power),
      onInput: (power) => ui.send({ k: Math.round(10 ** power) }) });
    const rate = ui.range({ label: "Frames per second", min: 1, max: 60, step: 1, value: 20, onInput: (to) => { animation.rate = to; } });
    const alone = ui.checkbox({ label: "bars of x alone, hidden units summed out", onChange: again });
    const place = ui.range({ label: "State", min: 0, max: 1, step: 1, value: 0, format: (state) => (own ? bits(state, units() - (alone.value ? hidden() : 0)) : ""), onInput: again });
    const alike = (tag, name) => ui.node(tag, { className: `genlib-boltzmann-${name}` });
    const [where, note, count] = [alike("span", "where"), alike("p", "note"), ui.node("span", { className: "genlib-count" })];
    const told = { logZ: "log Z", mean: "mean energy, exact", chain: "mean energy, chain", entropy: "entropy, nats", least: "least energy",
      distance: "total variation, chain and exact", fair: "the same for independent draws" };
    const figures = Object.fromEntries(Object.keys(told).map((name) => [name, ui.node("dd")]));
    const list = ui.node("dl", { className: "genlib-boltzmann-figures" }, ...Object.keys(told).map((name) => ui.node("div", {}, ui.node("dt", { textContent: told[name] }), figures[name])));
    const key = (name, words) => ui.node("span", { className: `genlib-key genlib-${name}`, textContent: words });
    const hiddenKey = key("latent", "hidden units");
    const legend = ui.node("p", { className: "genlib-boltzmann-legend" }, key("muted", "exact"), key("model", "the chain"), hiddenKey,
      ui.node("span", { textContent: "Filled: the unit is 1 now. Ring: how often it is. Line: thick is strong, solid attracts, dashed repels." }));
    const div = (name, ...nodes) => { const made = alike("div", name); made.append(...nodes); return made; };
    ui.add(ui.row(ui.play(animation), ui.button("Step", animation.step), ui.button("One unit", one), ui.button("Reset", reset), count), ui.row(sweeps.element, rate.element),
      div("stage", div("left", graph.element, legend, note), div("right", ...[choice, parts, strength, hold, heat].map(({ element }) => element), list)),
      ui.panel("Every state, one column each: its bits below, its probability above", plot.bars), div("state", place.element, where, ui.button("Start the chain here", there), alone.element),
      ui.panel(`The last ${lib.chain(null).MEMORY} sweeps, the newest on the right: lit units are filled`, plot.film));

    // ---- from Python, from another view, from the theme, from the window
    for (const name of names) ui.watch(name, () => {
      const theirs = Object.fromEntries(names.map((trait) => [trait, model.get(trait)]));
      const whole = theirs.couplings.length === theirs.biases.length && theirs.features <= theirs.biases.length;
      if (whole && !same(theirs[name], own[name])) take(theirs);
    });
    ui.watch("k", () => { sweeps.value = Math.log10(model.get("k")); });
    reset();
    ui.onTheme(again);
    const sizes = new ResizeObserver(again);
    sizes.observe(plot.bars);
    ui.onClose(() => sizes.disconnect());
    return ui.close;
  },
};
