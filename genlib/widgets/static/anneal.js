// Annealed importance sampling, a chain at a time, so that a frame may stop anywhere in it.
const genlibAnneal = {
  // The machine at an inverse temperature: couplings and hidden biases fade in, the visible bias goes from base to c.
  at({ W, b, c, base }, beta) {
    const scaled = (values) => values.map((value) => beta * value);
    return genlib.rbm({ W: scaled(W), b: scaled(b), c: c.map((value, k) => (1 - beta) * base[k] + beta * value) });
  },

  logZ0({ b, base }) {
    let sum = b.length * Math.LN2;
    for (const value of base) sum += genlib.softplus(value);
    return sum;
  },

  // Chains on their way through `betas`. They start as draws of the base, or at `samples`. After each step of a chain
  // its weight has gained e^(F_old - F_new) at the place where it stands; the first step finds it where it started.
  run(parts, betas, count, random, samples = null) {
    const Type = parts.W.constructor, visible = parts.c.length, coins = Type.from(parts.base, genlib.sigmoid);
    const x = Array.from({ length: count }, (_, i) => (samples ? Type.from(samples[i]) : random.bernoulli(coins, new Type(visible))));
    const logW = new Type(count), h = new Type(parts.b.length), means = { meanX: new Type(visible), meanH: new Type(h.length) };
    let step = 0, chain = 0, old = genlibAnneal.at(parts, betas[0]), next = null;
    return {
      x, logW, count,
      steps: betas.length - 1,
      get step() { return step; },
      get beta() { return betas[step]; },
      get done() { return step === betas.length - 1; },
      // One step of one chain; true when with it all chains have reached the next temperature.
      advance() {
        next ??= genlibAnneal.at(parts, betas[step + 1]);
        if (step) old.sweep({ x: x[chain], h, ...means }, random);
        logW[chain] += old.freeEnergy(x[chain]) - next.freeEnergy(x[chain]);
        if (++chain < count) return false;
        [old, next, chain] = [next, null, 0];
        step++;
        return true;
      },
    };
  },

  ladder: (steps, up) => Float64Array.from({ length: steps + 1 }, (_, i) => (up ? i : steps - i) / steps),

  // The log of the mean weight, its standard error to first order, the effective sample size, the spread of the logs.
  summary(logW) {
    const n = logW.length, top = logW.reduce((a, b) => Math.max(a, b), -Infinity), w = Float64Array.from(logW, (value) => Math.exp(value - top));
    const sum = w.reduce((a, b) => a + b, 0), squares = w.reduce((a, b) => a + b * b, 0), mean = sum / n;
    const middle = logW.reduce((a, b) => a + b, 0) / n, variance = logW.reduce((a, b) => a + (b - middle) ** 2, 0) / (n - 1);
    const spread = w.reduce((a, b) => a + (b - mean) ** 2, 0) / (n - 1);
    return { logMean: top + Math.log(mean), error: Math.sqrt(spread / n) / mean, size: (sum * sum) / squares,
      sigma: Math.sqrt(variance), shares: w.map((value) => value / sum) };
  },

  // The moments of a run, thinned to `room`: how far each chain's estimate is from that of all.
  history(room, shown) {
    let kept = [], stride = 1;
    return {
      add(run, sign) {
        if (run.step % stride && !run.done) return;
        const { logMean } = genlibAnneal.summary(run.logW);
        kept.push({ step: run.step, beta: run.beta, off: Float32Array.from(run.logW.subarray(0, shown), (value) => sign * (value - logMean)) });
        if (kept.length <= room) return;
        stride *= 2;
        kept = kept.filter(({ step }) => step % stride === 0 || step === run.step);
      },
      get entries() { return kept; },
    };
  },
};
