// What GANLab computes and draws, without its controls: the game of two networks on points in the plane.

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

  // The plane: the discriminator's belief as a tint, the generator's map of a grid of noise, points, and arrows.
  plane(ui, limit, field) {
    const canvas = ui.node("canvas", { className: "genlib-gan-plane", width: 400, height: 400 });
    const small = ui.node("canvas", { width: field, height: field }), tint = small.getContext("2d");
    const context = canvas.getContext("2d"), pixels = tint.createImageData(field, field);
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
    function dots(points, count, name, radius = 2.2) {
      context.fillStyle = ui.colour(name);
      context.globalAlpha = 0.85;
      context.beginPath();
      for (let i = 0; i < 2 * count; i += 2) {
        context.moveTo(px(points[i]) + radius, py(points[i + 1]));
        context.arc(px(points[i]), py(points[i + 1]), radius, 0, 7);
      }
      context.fill();
    }
    // A cell is the greener the more noise it holds for its area; `share` is the noise in cell i.
    function mesh(points, columns, rows, share) {
      const go = (i, pen) => context[pen](px(points[2 * i]), py(points[2 * i + 1]));
      context.strokeStyle = context.fillStyle = ui.colour("latent");
      context.lineWidth = rows > 1 ? 0.6 : 2;
      context.globalAlpha = 0.6;
      context.beginPath();
      for (let i = 0; i < columns * rows; i++) go(i, i % columns ? "lineTo" : "moveTo");
      for (let i = 0; rows > 1 && i < columns * rows; i++)
        go((i % rows) * columns + Math.floor(i / rows), i % rows ? "lineTo" : "moveTo");
      context.stroke();
      for (let i = 0; i < columns * (rows - 1); i++) {
        if (i % columns === columns - 1) continue;
        const corners = [i, i + 1, i + columns + 1, i + columns];
        const area = corners.reduce((sum, a, k) => {
          const b = corners[(k + 1) % 4];
          return sum + 0.5 * (points[2 * a] * points[2 * b + 1] - points[2 * a + 1] * points[2 * b]);
        }, 1e-6);
        context.globalAlpha = Math.min(0.5, (2 * share(i)) / Math.abs(area));
        if (context.globalAlpha < 0.02) continue;
        context.beginPath();
        corners.forEach((corner, k) => go(corner, k ? "lineTo" : "moveTo"));
        context.fill();
      }
    }
    function arrows(points, moves, count) {
      context.strokeStyle = ui.colour("ink");
      context.globalAlpha = 0.9;
      context.lineWidth = 1.2;
      context.beginPath();
      for (let i = 0; i < 2 * count; i += 2) {
        const length = Math.hypot(moves[i], moves[i + 1]), reach = (Math.min(0.5 * length, 0.9) * size) / (2 * limit);
        if (!(reach > 1.5)) continue;
        const x = px(points[i]), y = py(points[i + 1]), angle = Math.atan2(-moves[i + 1], moves[i]);
        const head = Math.min(5, reach / 2);
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
