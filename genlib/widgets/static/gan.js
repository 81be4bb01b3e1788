// What GANLab computes: the game of two networks on points in the plane, and how it stands.

const genlibGan = {
  // Both players with their optimisers. Data x (n, 2) and noise z (n, L) are the caller's.
  game({ generator, discriminator, betas }) {
    const optimiser = ({ parameters }) => genlib.adam(parameters, { betas });
    const adam = { d: optimiser(discriminator), g: optimiser(generator) };
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

  // A batch of n points, each drawn from all of them.
  draw(points, n, random) {
    const x = new points.constructor(2 * n);
    for (let i = 0; i < n; i++) {
      const from = 2 * random.integer(points.length / 2);
      x[2 * i] = points[from];
      x[2 * i + 1] = points[from + 1];
    }
    return x;
  },

  // New weights as torch's Linear draws them: uniform within 1 / sqrt(inputs).
  renew(network, { layers }, random) {
    const linears = layers.filter(({ weight }) => weight);
    const inputs = linears.flatMap(({ weight, bias }) => Array(bias ? 2 : 1).fill(weight.shape[1]));
    network.parameters.forEach((values, j) => {
      for (let i = 0; i < values.length; i++) values[i] = (2 * random.uniform() - 1) / Math.sqrt(inputs[j]);
    });
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

  // True points, and what the divergence of others from them is measured with: the first half of them, on a grid. Its
  // floor is the divergence of the second half.
  truth(points, limit) {
    const { SLICE } = genlibGan, count = Math.min(2048, SLICE * Math.floor(points.length / 4 / SLICE));
    const half = (from) => genlibGan.histogram(points.subarray(from, from + 2 * count), 40, limit);
    const share = half(0);
    return { points, count, limit, share, floor: genlibGan.jsd(share, half(2 * count)) };
  },
  // Estimates V(D, G) and the divergence, a few examples between two yields.
  *measure({ generator, discriminator }, { points, count, limit, share, floor }, noise) {
    const { SLICE } = genlibGan, made = new points.constructor(2 * count), latent = generator.inputs;
    let value = 0;
    for (let i = 0; i < count; i += SLICE) {
      made.set(generator.forward(noise.subarray(i * latent), SLICE).subarray(0, 2 * SLICE), 2 * i);
      for (const [sample, side] of [[points, -1], [made, 1]]) {
        yield;
        const logits = discriminator.forward(sample.subarray(2 * i), SLICE);
        value -= (genlib.meanSoftplus(logits, side, SLICE).loss * SLICE) / count;
      }
    }
    return { value, jsd: genlibGan.jsd(share, genlibGan.histogram(made, 40, limit)), floor };
  },
  SLICE: 128,

  // Ink as a density: a cell is drawn in proportion to its ink, and a point lies anywhere in its cell.
  scatter(ink, limit, count, random) {
    const total = Float64Array.from(ink), points = new Float32Array(2 * count), side = Math.sqrt(ink.length);
    for (let i = 1; i < total.length; i++) total[i] += total[i - 1];
    for (let n = 0; n < count; n++) {
      const mark = random.uniform() * total.at(-1);
      let low = 0, high = total.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (total[middle] > mark) high = middle; else low = middle + 1;
      }
      points[2 * n] = limit * ((2 * ((low % side) + random.uniform())) / side - 1);
      points[2 * n + 1] = limit * (1 - (2 * (Math.floor(low / side) + random.uniform())) / side);
    }
    return points;
  },

  // Lines through the noise, equally far apart, of which the first two latents take part; `share(i)` is the noise
  // between lines that cross at point i and the next ones.
  mesh(lines, reach, latent) {
    const line = (i) => reach * ((2 * i) / (lines - 1) - 1), step = (2 * reach) / (lines - 1);
    const points = new Float32Array(lines * lines * latent), at = (i) => [line(i % lines), line(Math.floor(i / lines))];
    for (let i = 0; i < lines * lines; i++) points.set(at(i).slice(0, latent), i * latent);
    const bump = (z) => Math.exp(-((z + step / 2) ** 2) / 2);
    return { points, share: (i) => ((step * step) / (2 * Math.PI)) * bump(at(i)[0]) * bump(at(i)[1]) };
  },
};
