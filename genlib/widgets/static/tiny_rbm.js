// The restricted Boltzmann machine as a family of TinyWorld.
//
// A family is {controls, label(settings), draw(settings, random), make(world, parameters, random)}: `controls` are the
// settings that it wants, `draw` makes parameters to start from, and a model is {parameters, train(settings),
// logProbAll(), draw(n, random)}. A model whose law has a partition function may add {logZ, anneal(settings, random)}.
// TinyWorld knows nothing else of a family.
const genlibTinyRBM = {
  controls: [
    { trait: "method", label: "Gradient", options: [["exact", "exact"], ["cd", "CD-k"], ["pcd", "PCD-k"]] },
    { trait: "k", label: "Sweeps k", min: 1, max: 20, used: ({ method }) => method !== "exact" },
    { trait: "rate", label: "Rate", min: 0.001, max: 0.3, powers: true },
    { trait: "hidden", label: "Hidden units", min: 2, max: 16, anew: true },
    { trait: "batch", label: "Data in a step", options: [[0, "the whole law"], [16, "16 draws"], [64, "64 draws"], [256, "256 draws"]] },
  ],
  label({ method, k, rate, hidden, batch }) {
    const names = { exact: "exact gradient", cd: `CD-${k}`, pcd: `PCD-${k}` };
    return `${names[method]}, rate ${+rate.toPrecision(2)}, ${hidden} hidden units${batch ? `, ${batch} draws a step` : ""}`;
  },
  draw({ hidden }, random) {
    const W = random.normals(new Float64Array(hidden * genlibTiny.PIXELS)).map((value) => 0.1 * value);
    return [W, new Float64Array(hidden), new Float64Array(genlibTiny.PIXELS)];
  },
  CHAINS: 256,

  make(world, parameters, random) {
    const { STATES, PIXELS, pixel } = genlibTiny, [W, b, c] = parameters, H = b.length, array = (n) => new Float64Array(n);
    const inputs = array(STATES * H), probH = array(STATES * H), logP = array(STATES), work = array(STATES * H), share = array(STATES);
    const gradients = [array(H * PIXELS), array(H), array(PIXELS)], adam = genlib.adam(parameters);
    let logZ = 0, chains = null;

    // out(x) = bias + sum over lit pixels of their weights: each half of the states is the other half plus one weight.
    function spread(out, width, bias, weight) {
      for (let j = 0; j < width; j++) out[j] = bias(j);
      for (let half = 1, i = PIXELS - 1; i >= 0; half *= 2, i--)
        for (let s = 0, at = half * width; s < half * width; s += width)
          for (let j = 0; j < width; j++) out[at++] = out[s + j] + weight(j, i);
    }
    // The way back: sums over the states in which a pixel is lit, and over all states, which end up in the first row.
    function fold(values, width, lit) {
      const sums = array(width);
      for (let half = STATES / 2, i = 0; half >= 1; half /= 2, i++) {
        sums.fill(0);
        for (let s = 0, at = half * width; s < half * width; s += width)
          for (let j = 0; j < width; j++, at++) {
            sums[j] += values[at];
            values[s + j] += values[at];
          }
        sums.forEach((sum, j) => lit(j, i, sum));
      }
    }
    // The softplus of all inputs of a state share one logarithm, of the product of their 1 + exp(-|a|) <= 2.
    function refresh() {
      spread(inputs, H, (j) => b[j], (j, i) => W[j * PIXELS + i]);
      spread(logP, 1, () => 0, (_, i) => c[i]);
      let most = -Infinity, sum = 0;
      for (let s = 0, at = 0; s < STATES; s++) {
        let shared = 1, score = logP[s];
        for (let j = 0; j < H; j++, at++) {
          const a = inputs[at], e = Math.exp(-Math.abs(a));
          probH[at] = (a >= 0 ? 1 : e) / (1 + e);
          if (a > 0) score += a;
          shared *= 1 + e;
        }
        logP[s] = score + Math.log(shared);
        if (logP[s] > most) most = logP[s];
      }
      for (let s = 0; s < STATES; s++) sum += Math.exp(logP[s] - most);
      logZ = most + Math.log(sum);
      for (let s = 0; s < STATES; s++) logP[s] -= logZ;
    }
    // One step of Adam. The gradient is that of the mean free energy over `positive`, less that over `negative`: weights
    // of all states, which sum to 1 each.
    function step(positive, negative, rate) {
      for (let s = 0, at = 0; s < STATES; s++) {
        const weight = (share[s] = negative[s] - positive[s]);
        for (let j = 0; j < H; j++, at++) work[at] = weight * probH[at];
      }
      fold(work, H, (j, i, sum) => { gradients[0][j * PIXELS + i] = sum; });
      gradients[1].set(work.subarray(0, H));
      fold(share, 1, (_, i, sum) => { gradients[2][i] = sum; });
      adam.lr = rate;
      adam.step(gradients);
      refresh();
    }
    function sweep(states) {
      const field = array(PIXELS);
      for (let n = 0; n < states.length; n++) {
        field.set(c);
        for (let j = 0, at = states[n] * H; j < H; j++, at++)
          if (random.uniform() < probH[at]) for (let i = 0; i < PIXELS; i++) field[i] += W[j * PIXELS + i];
        let state = 0;
        for (let i = 0; i < PIXELS; i++) state = 2 * state + (random.uniform() < genlib.sigmoid(field[i]) ? 1 : 0);
        states[n] = state;
      }
    }
    // Where the two averages of a step are taken: over data, and over what the model believes, or says it believes.
    function phases({ method, k, batch }) {
      const drawn = batch ? world.draw(batch, random) : null, n = batch || genlibTinyRBM.CHAINS;
      const positive = drawn ? genlibTiny.share(drawn) : world.p;
      if (method !== "pcd") chains = null;
      if (method === "exact") return { positive, negative: logP.map(Math.exp) };
      if (method === "pcd" && chains?.length !== n) chains = Int32Array.from({ length: n }, () => random.integer(STATES));
      const states = chains ?? drawn ?? world.even(n, random);
      for (let i = 0; i < k; i++) sweep(states);
      return { positive, negative: genlibTiny.share(states) };
    }

    // Annealed importance sampling from a machine without couplings, as energy.ais does it: a piece between two yields.
    function* anneal({ chains: count, temperatures }, dice) {
      const table = Float64Array.from(inputs), weights = Float64Array.from(W), bias = Float64Array.from(c), truth = logZ;
      const states = new Int32Array(count), log = array(count), field = array(PIXELS);
      for (let t = 0; t < temperatures; t++) {
        const old = t / temperatures, next = (t + 1) / temperatures;
        for (let n = 0; n < count; n++) {
          field.set(bias);
          for (let j = 0, at = states[n] * H; t && j < H; j++, at++)
            if (dice.uniform() < genlib.sigmoid(old * table[at])) for (let i = 0; i < PIXELS; i++) field[i] += old * weights[j * PIXELS + i];
          let state = 0, ratio = 1;
          for (let i = 0; i < PIXELS; i++) state = 2 * state + (dice.uniform() < genlib.sigmoid(field[i]) ? 1 : 0);
          states[n] = state;
          for (let j = 0, at = state * H; j < H; j++, at++) {
            const a = table[at], size = Math.abs(a);
            if (a > 0) log[n] += (next - old) * a;
            ratio *= (1 + Math.exp(-next * size)) / (1 + Math.exp(-old * size));
          }
          log[n] += Math.log(ratio);
          if (n % 50 === 49) yield;
        }
        yield;
      }
      const base = H * Math.LN2 + bias.reduce((sum, value) => sum + genlib.softplus(value), 0), most = Math.max(...log);
      const mean = log.reduce((sum, value) => sum + Math.exp(value - most), 0) / count;
      const squares = log.reduce((sum, value) => sum + (Math.exp(value - most) / mean - 1) ** 2, 0) / (count - 1);
      return { logZ: base + most + Math.log(mean), error: Math.sqrt(squares / count), truth };
    }

    refresh();
    return {
      parameters, gradients, phases, step, anneal,
      get logZ() { return logZ; },
      train(settings) {
        const { positive, negative } = phases(settings);
        step(positive, negative, settings.rate);
      },
      logProbAll: () => logP,
      draw: (n, dice) => genlibTiny.drawer(logP.map(Math.exp)).draw(n, dice),
    };
  },
};
