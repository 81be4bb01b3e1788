// A deep belief network: restricted Boltzmann machines from the picture upwards. The top two layers are a Markov
// chain, which may know labels; below them arrows only point down.
//
//   genlibBelief.net(tensors, Type)   tensors: W0, b0, c0, W1, ..., and U (H, labels), d of a top that knows labels
//     .units, .means                  states and probabilities of every layer, the picture first
//     .up(x, random)                  the code of a picture, layer by layer; the top layer is drawn from it
//     .sweep(random, held)            one Gibbs sweep of the top; a label `held` >= 0 is kept
//     .down(random)                   from the layer below the top one to the picture
//     .y, .probY(out)                 the label now, and the exact p(y | h) with the top layer summed out
const genlibBelief = {
  net(tensors, Type = Float32Array) {
    const count = Object.keys(tensors).filter((name) => name[0] === "W").length, { U, d } = tensors, labels = d?.length ?? 0;
    const layers = Array.from({ length: count }, (_, i) => genlib.rbm({ W: tensors[`W${i}`], b: tensors[`b${i}`], c: tensors[`c${i}`] }));
    const top = layers.at(-1), bias = tensors[`b${count - 1}`], own = Type.from(bias), softmax = new Type(labels);
    const widths = [...layers.map((rbm) => rbm.visible), top.hidden], arrays = () => widths.map((width) => new Type(width));
    const units = arrays(), means = arrays();

    // Given its label the top is an RBM whose hidden bias is b + U_y.
    function know(y) {
      for (let j = 0; j < bias.length; j++) bias[j] = own[j] + (y < 0 ? 0 : U[j * labels + y]);
    }
    function normalised(logits) {
      const most = Math.max(...logits);
      let sum = 0;
      for (let y = 0; y < labels; y++) sum += logits[y] = Math.exp(logits[y] - most);
      for (let y = 0; y < labels; y++) logits[y] /= sum;
      return logits;
    }
    // p(y | v), v being the top layer: a softmax.
    function labelGiven(v, out) {
      out.set(d);
      for (let j = 0; j < v.length; j++) if (v[j]) for (let y = 0; y < labels; y++) out[y] += v[j] * U[j * labels + y];
      return normalised(out);
    }
    function choice(p, random) {
      let left = random.uniform(), y = 0;
      while (y < labels - 1 && (left -= p[y]) >= 0) y++;
      return y;
    }
    function drawTop(random) {
      know(made.y);
      random.bernoulli(top.probH(units[count - 1], means[count]), units[count]);
    }
    const made = {
      units, means, labels, y: -1, labelGiven,
      probY(out) {
        for (let y = 0; y < labels; y++) {
          know(y);
          out[y] = d[y] - top.freeEnergy(units[count - 1]);
        }
        return normalised(out);
      },
      up(x, random, held = -1) {
        units[0].set(x);
        for (let i = 0; i < count - 1; i++) random.bernoulli(layers[i].probH(units[i], means[i + 1]), units[i + 1]);
        made.begin(random, held);
      },
      // Noise: coin flips in the layer below the top one.
      noise(random, held = -1) {
        random.bernoulli(means[count - 1].fill(0.5), units[count - 1]);
        made.begin(random, held);
      },
      begin(random, held) {
        made.y = held >= 0 || !labels ? held : choice(made.probY(softmax), random);
        drawTop(random);
      },
      sweep(random, held = -1) {
        if (labels && held >= 0) made.y = held;
        drawTop(random);
        random.bernoulli(top.probX(units[count], means[count - 1]), units[count - 1]);
        if (labels && held < 0) made.y = choice(labelGiven(units[count], softmax), random);
      },
      down(random) {
        for (let i = count - 2; i >= 0; i--) random.bernoulli(layers[i].probX(units[i + 1], means[i]), units[i]);
      },
    };
    return made;
  },

  // Columns of a wide strip of n units: about eight times as many as rows, with no gap at the end where that can be.
  columns(n) {
    const wanted = Math.sqrt(8 * n);
    let best = Math.ceil(wanted), off = Math.log(2) / 2;
    for (let c = 1; c <= n; c++) if (n % c === 0 && Math.abs(Math.log(c / wanted)) < off) [best, off] = [c, Math.abs(Math.log(c / wanted))];
    return best;
  },

  // Moments of a run, at most `room`: when they are too many every second one goes.
  film(room) {
    let kept = [], stride = 1;
    return {
      get entries() { return kept; },
      clear() { [kept, stride] = [[], 1]; },
      add(sweep, make) {
        if (sweep % stride) return false;
        kept.push({ sweep, ...make() });
        if (kept.length > room) {
          stride *= 2;
          kept = kept.filter((moment) => moment.sweep % stride === 0);
        }
        return true;
      },
    };
  },

  // Data arrive as one bit per pixel, the first pixel in the highest bit.
  pictures(view, size) {
    return Array.from({ length: Math.floor((8 * view.byteLength) / size) }, (_, n) =>
      Float32Array.from({ length: size }, (_, i) => (view.getUint8((n * size + i) >> 3) >> (7 - ((n * size + i) & 7))) & 1));
  },
};
