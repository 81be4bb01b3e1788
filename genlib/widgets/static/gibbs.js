// A Gibbs chain of a restricted Boltzmann machine as numbers, without a page: what runs, what is remembered of it, which
// pixels it may not change, and what the two phases of contrastive divergence say of a pair of pictures.
//
//   genlibGibbs.chain(model, Type)     {machine, weights, state, random, energies, film, start(x, colour), run(k), ...}
//   genlibGibbs.history(room, make)    a run told in at most `room` entries
//   genlibGibbs.phase(machine, x, h)   {x, h: p(h|x), free: F(x)}
//   genlibGibbs.rows(positive, negative, j, out)   row j of what W is told: {raised, lowered, difference}
//   genlibGibbs.masks(rows, columns)   the masks that have a name, 1 where a pixel keeps its value
//   genlibGibbs.inked(values, held, colour, out)   one picture in two colours: data above zero, the model's below
const genlibGibbs = {
  // When it is full, every second entry goes, and from then on one in twice as many sweeps is added. `make` makes an
  // entry; the last one is always the present.
  history(room, make) {
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
  },

  // Data arrive as one bit per pixel, the first pixel in the highest bit.
  unpackBits(view, count, size) {
    return Array.from({ length: count }, (_, n) =>
      Float32Array.from({ length: size }, (_, i) => (view.getUint8((n * size + i) >> 3) >> (7 - ((n * size + i) & 7))) & 1));
  },

  chain(model, Type = Float32Array) {
    const unpack = () => genlib.unpack(model.get("spec"), model.get("weights"), Type);
    let weights = unpack(), machine = genlib.rbm(weights), random = genlib.random(model.get("seed"));
    const { visible, hidden } = machine, [x, meanX, h, meanH] = [visible, visible, hidden, hidden].map((size) => new Type(size));
    const state = { x, meanX, h, meanH, clamp: null, sweep: 0, colour: "model" };
    const energies = genlibGibbs.history(400, () => machine.freeEnergy(state.x));
    const film = genlibGibbs.history(48, () => ({ values: Type.from(state.meanX), colour: state.colour }));
    function record() {
      energies.add(state.sweep);
      film.add(state.sweep);
    }
    return {
      state, energies, film,
      get machine() { return machine; },
      get weights() { return weights; },
      get random() { return random; },
      reload() {
        weights = unpack();
        machine = genlib.rbm(weights);
      },
      reseed() { random = genlib.random(model.get("seed")); },
      start(from, colour) {
        state.x.set(from);
        state.meanX.set(from);
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

  phase: (machine, x, h = new x.constructor(machine.hidden)) => ({ x, h: machine.probH(x, h), free: machine.freeEnergy(x) }),

  // The outer product h x' has a row for each hidden unit: the picture x, as strong as that unit is on.
  rows(positive, negative, j, { raised, lowered, difference }) {
    for (let i = 0; i < difference.length; i++) {
      raised[i] = positive.h[j] * positive.x[i];
      lowered[i] = negative.h[j] * negative.x[i];
      difference[i] = raised[i] - lowered[i];
    }
  },
  differing: (a, b) => a.reduce((count, value, i) => count + (value !== b[i]), 0),

  masks(rows, columns) {
    const made = (inside) => Uint8Array.from({ length: rows * columns }, (_, i) => +inside(Math.floor(i / columns), i % columns));
    return {
      none: made(() => false),
      left: made((row, column) => column < columns / 2),
      right: made((row, column) => column >= columns / 2),
      top: made((row) => row < rows / 2),
      bottom: made((row) => row >= rows / 2),
    };
  },
  inked(values, held, colour, out) {
    for (let i = 0; i < out.length; i++) out[i] = held[i] || colour === "data" ? values[i] : -values[i];
    return out;
  },

  // Noise starts so high that the rest would be a flat line: the axis is made for what comes after `from` sweeps.
  settled(points, from, others) {
    const values = [...points.filter(([sweep]) => sweep >= from).map(([, energy]) => energy), ...others];
    if (values.length < 3) return null;
    const low = Math.min(...values), high = Math.max(...values), room = 0.1 * (high - low) || 1;
    return [low - room, high + room];
  },

  // The range that holds the middle 80 of 100 examples.
  middle(values) {
    const sorted = Float64Array.from(values).sort(), at = (share) => sorted[Math.round(share * (sorted.length - 1))];
    return { from: at(0.1), to: at(0.9) };
  },
};
