// GANLab: a generator and a discriminator train each other in the page, on points in the plane.

const genlibGan = {
  text: `<strong>Try:</strong> press Step D many times and watch its tint gather on the true points while the samples stand
    still; then Step G, and the samples walk where the arrows point. Set the generator's loss to minimax and press Step D
    with 50 steps: the arrows shrink away, because a sure discriminator leaves that loss flat; the non-saturating loss brings them
    back. Raise the generator's rate and play: samples crowd on one mode and chase it around. Draw two blobs of your
    own. <strong>See:</strong> the value V says who is ahead, not how good the samples are: that is what the
    divergence is for. It cannot fall below the dotted floor, which true samples reach against other true samples.`,

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
      // Returns the generator's loss, before the step: mean log(1 - D) for minimax, mean -log D otherwise.
      stepG(z, n, kind) {
        generator.zeroGradients();
        const { loss, slope } = genlibGan.lossG(discriminator.forward(generator.forward(z, n), n), n, kind);
        generator.backward(discriminator.backward(slope, n), n);
        adam.g.step(generator.gradients);
        return loss;
      },
    };
  },

  lossG(logits, n, kind) {
    const side = kind === "minimax" ? 1 : -1, { loss, gradient } = genlib.meanSoftplus(logits, side, n);
    return { loss: -side * loss, slope: gradient.map((value) => -side * value) };
  },

  // How often points fall into each cell of a grid; those outside count in the nearest cell.
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

  // Points from ink: a dark cell is drawn in proportion to its ink, and the point lies anywhere in the cell.
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

  // New weights as torch's Linear draws them, uniform within 1 / sqrt(inputs).
  renew(network, { layers }, random) {
    const inputs = layers.filter(({ weight }) => weight).flatMap(({ weight, bias }) => Array(bias ? 2 : 1).fill(weight.shape[1]));
    network.parameters.forEach((values, j) => values.forEach((_, i) => { values[i] = (2 * random.uniform() - 1) / Math.sqrt(inputs[j]); }));
  },

  // Quantiles of the standard normal by bisection: lines of the noise grid enclose equal shares of the noise.
  quantile(share) {
    const below = (z) => { let sum = 0; for (let t = -6; t < z; t += 0.01) sum += Math.exp(-t * t / 2); return sum * 0.01 / Math.sqrt(2 * Math.PI); };
    let low = -6, high = 6;
    while (high - low > 1e-3) { const middle = (low + high) / 2; if (below(middle) < share) low = middle; else high = middle; }
    return (low + high) / 2;
  },
};
