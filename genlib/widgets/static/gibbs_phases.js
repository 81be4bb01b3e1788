// The positive and the negative phase of contrastive divergence beside each other, and one hidden unit looked at closely.
//
//   const phases = genlibGibbs.phases(ui, { rows, columns, hidden, onPick });   onPick(j): a hand has chosen unit j
//   phases.show(chain, data, persistent)   cards for x(t) = `data`, or null, and for the chain's x; what the chain is now
//   phases.choose(j)                       shows unit j: row j of W, its bias, its input, and row j of the outer products
//   phases.element, phases.filter          the cards, and the view of the unit
//   phases.free                            {data, chain}: free energies of x(t) and of the chain's x
Object.assign(genlibGibbs, {
  number: (value, digits = 1) => value.toFixed(digits).replace("-", "\u2212"),
  times: (sweeps) => `${sweeps} ${sweeps === 1 ? "sweep" : "sweeps"}`,

  card(ui, { name, title, picture, hidden, captions, onPick }) {
    const x = genlibGibbs.signed(ui, { ...picture, label: `${title}: visible units`, caption: captions[0] });
    const h = genlibGibbs.units(ui, { count: hidden, label: `${title}: hidden units`, caption: captions[1], signed: name === "difference", onPick });
    const row = genlibGibbs.signed(ui, { ...picture, label: `${title}: row j of the outer product`, caption: captions[2] });
    const head = ui.node("p", { className: "genlib-caption", textContent: title }), words = ui.node("p", { className: "genlib-gibbs-words" });
    const pictures = ui.node("div", { className: "genlib-gibbs-three" }, x.element, h.element, row.element);
    return { x, h, row, element: ui.node("div", { className: `genlib-gibbs-card genlib-gibbs-${name}` }, head, pictures, words),
      say(next) { words.textContent = next; } };
  },

  // Its row of W, its bias, and what the present x makes of both.
  filter(ui, { picture, hidden, onPick }) {
    const number = (value) => genlibGibbs.number(value, 2);
    const slider = ui.range({ label: "Hidden unit j", min: 0, max: hidden - 1, step: 1, value: 0, onInput: onPick });
    const image = genlibGibbs.signed(ui, { ...picture, label: "Filter of the hidden unit" });
    const [low, high] = [ui.node("span"), ui.node("span")], words = ui.node("dl", { className: "genlib-gibbs-reading" });
    const scale = ui.node("div", { className: "genlib-gibbs-scale", ariaHidden: "true" }, low, ui.node("i"), high);
    return {
      element: ui.node("div", { className: "genlib-gibbs-filter" }, slider.element, ui.node("div", {}, image.element, scale), words),
      read(j, row, bias, x) {
        const top = row.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6), input = row.reduce((sum, w, i) => sum + w * x[i], bias);
        slider.value = j;
        image.paint(row, top);
        image.describe(`Filter of hidden unit ${j}: weights from ${number(-top)} to ${number(top)}`);
        [low.textContent, high.textContent] = [number(-top), number(top)];
        const lines = { "its filter": `row W[${j}]`, "bias b": number(bias), "input b + Wx": number(input), "p(h = 1 | x)": genlib.sigmoid(input).toFixed(3) };
        words.replaceChildren(...Object.entries(lines).flatMap(([name, value]) =>
          [ui.node("dt", { textContent: name }), ui.node("dd", { textContent: value })]));
      },
    };
  },

  phases(ui, { rows, columns, hidden, onPick }) {
    const { number, times } = genlibGibbs, visible = rows * columns, array = (size = visible) => new Float32Array(size);
    const shared = { picture: { width: columns, height: rows }, hidden, onPick }, work = array(), gap = array(hidden), [hData, hNow] = [array(hidden), array(hidden)];
    const outer = { raised: array(), lowered: array(), difference: array() }, none = new Uint8Array(visible);
    const card = (name, title, ...captions) => genlibGibbs.card(ui, { ...shared, name, title, captions });
    const positive = card("positive", "Positive phase: data", "x(t)", "p(h | x(t))", "row j of h x\u1d40");
    const negative = card("negative", "Negative phase: model", "x\u0303", "p(h | x\u0303)", "row j of h x\u0303\u1d40");
    const difference = card("difference", "Difference: the step", "for c", "for b", "for row j");
    const filter = genlibGibbs.filter(ui, shared), minus = (values) => genlibGibbs.inked(values, none, "model", work);
    const absent = { x: array(), h: array(hidden) };
    let j = 0, now = null, data = absent, sample = absent;

    // Without data the first card and the difference stay empty.
    function unit() {
      if (!now) return;
      const { W, b } = now.weights;
      filter.read(j, W.subarray(j * visible, (j + 1) * visible), b[j], now.state.x);
      genlibGibbs.rows(data, sample, j, outer);
      positive.row.paint(outer.raised);
      negative.row.paint(minus(outer.lowered));
      difference.row.paint(data === absent ? absent.x : outer.difference);
      [positive, negative, difference].forEach(({ h }) => h.place(j));
    }
    function subtract() {
      for (let i = 0; i < visible; i++) work[i] = data === absent ? 0 : data.x[i] - sample.x[i];
      for (let i = 0; i < hidden; i++) gap[i] = data === absent ? 0 : data.h[i] - sample.h[i];
      difference.x.paint(work);
      difference.h.paint(gap);
      difference.say(data === absent ? "" : `x(t) and x\u0303 differ in ${genlibGibbs.differing(data.x, sample.x)} of ${visible} pixels. Blue rises, vermilion falls; where both agree nothing is learnt.`);
    }
    function say(persistent) {
      const { sweep } = now.state, where = persistent ? "PCD: x\u0303 is where the chain stands now" : `CD-${sweep}: x\u0303 is ${times(sweep)} from x(t)`;
      positive.say(data === absent ? "There is no data yet: draw a digit, or pass examples."
        : `x(t) is data. Adds h(x(t)) x(t)\u1d40 to W: pulls its free energy, ${number(data.free)}, down.`);
      negative.say(`${where}. Subtracts h(x\u0303) x\u0303\u1d40 from W: pushes its free energy, ${number(sample.free)}, up.`);
    }
    return {
      element: ui.node("div", { className: "genlib-gibbs-phases" }, positive.element, negative.element, difference.element), filter: filter.element,
      get free() { return { data: data.free, chain: sample.free }; },
      choose(to) { j = to; unit(); },
      show(chain, x, persistent) {
        now = chain;
        data = x ? genlibGibbs.phase(chain.machine, x, hData) : absent;
        sample = genlibGibbs.phase(chain.machine, chain.state.x, hNow);
        positive.x.paint(data.x);
        positive.h.paint(data.h);
        negative.x.paint(minus(sample.x));
        negative.h.paint(sample.h);
        subtract();
        say(persistent);
        unit();
      },
    };
  },
});
