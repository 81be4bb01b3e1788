// The numerics that every widget of the page shares: one object, `genlib`, and nothing else at top level.
//
// A widget's module is this file, ui.js and the widget's own file, one after the other, loaded from a string;
// so there is no import and no export here. Numbers live in arrays of the type the caller names: Float32Array in
// a page, Float64Array in the tests that compare with torch. Matrices are flat and row-major; a batch (B, D) is
// an array of B * D numbers. Functions that fill an array take it as `out` and return it; they allocate nothing.
//
//   genlib.unpack(spec, view, Type)      {name: array} from a DataView; `spec` is what Python's pack_tensors made
//   genlib.network(spec, view, Type)     an MLP: sizes, parameters, gradients, forward(x, batch),
//                                        zeroGradients(), backward(gradient, batch) -> gradient at the input
//   genlib.adam(parameters, options)     torch.optim.Adam: {lr, step(gradients), reset()}
//   genlib.meanSoftplus(a, sign, count)  loss and gradient of mean softplus(sign * a), the terms of a GAN's losses
//   genlib.rbm({W, b, c})                probH, probX, freeEnergy, energy, sweep
//   genlib.random(seed)                  uniform(), normal(), integer(n), bernoulli(p, out), normals(out), state
//   genlib.centred(ink, side, kind)      a drawing as a data set would hold it: "mnist" 28x28 or "digits" 8x8
//   genlib.sigmoid, softplus, half, median
const genlib = (() => {
  const sigmoid = (a) => { const e = Math.exp(-Math.abs(a)); return (a >= 0 ? 1 : e) / (1 + e); };
  const softplus = (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));

  // Half precision by hand: Float16Array is too new to count on.
  function half(bits) {
    const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction);
  }

  const readers = {
    float32: (view, at, i) => view.getFloat32(at + 4 * i, true),
    float16: (view, at, i) => half(view.getUint16(at + 2 * i, true)),
  };

  function tensor({ shape, dtype, offset }, view, Type) {
    const size = shape.reduce((a, b) => a * b, 1), out = new Type(size);
    if (dtype === "int8") {
      const rows = shape[0], columns = size / rows, values = offset + 4 * rows;
      for (let r = 0; r < rows; r++) {
        const scale = view.getFloat32(offset + 4 * r, true);
        for (let i = r * columns; i < (r + 1) * columns; i++) out[i] = scale * view.getInt8(values + i);
      }
      return out;
    }
    const read = readers[dtype];
    if (!read) throw new Error(`weights are stored as ${dtype}; this page reads int8, float16 and float32`);
    for (let i = 0; i < size; i++) out[i] = read(view, offset, i);
    return out;
  }

  function unpack(spec, view, Type = Float32Array) {
    return Object.fromEntries(Object.entries(spec).map(([name, part]) => [name, tensor(part, view, Type)]));
  }

  // Four sums at once: a single running sum would wait for each addition to finish.
  function dot(a, i, b, j, n) {
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0, k = 0;
    for (; k + 3 < n; k += 4) {
      s0 += a[i + k] * b[j + k];
      s1 += a[i + k + 1] * b[j + k + 1];
      s2 += a[i + k + 2] * b[j + k + 2];
      s3 += a[i + k + 3] * b[j + k + 3];
    }
    for (; k < n; k++) s0 += a[i + k] * b[j + k];
    return s0 + s1 + s2 + s3;
  }

  function addScaled(out, i, scale, a, j, n) {
    for (let k = 0; k < n; k++) out[i + k] += scale * a[j + k];
  }

  // Adds four rows of `a`, `step` apart, each with its own factor.
  function addFour(out, i, d0, d1, d2, d3, a, j, step, n) {
    const j1 = j + step, j2 = j1 + step, j3 = j2 + step;
    for (let k = 0; k < n; k++) out[i + k] += d0 * a[j + k] + d1 * a[j1 + k] + d2 * a[j2 + k] + d3 * a[j3 + k];
  }

  // Each activation: its value at a, and its slope at a where the value was y.
  const activations = {
    elu: ({ alpha }) => [(a) => (a > 0 ? a : alpha * Math.expm1(a)), (a, y) => (a > 0 ? 1 : y + alpha)],
    relu: () => [(a) => (a > 0 ? a : 0), (a) => (a > 0 ? 1 : 0)],
    leaky_relu: ({ slope }) => [(a) => (a > 0 ? a : slope * a), (a) => (a > 0 ? 1 : slope)],
    tanh: () => [Math.tanh, (a, y) => 1 - y * y],
    sigmoid: () => [sigmoid, (a, y) => y * (1 - y)],
    softplus: () => [softplus, sigmoid],
    silu: () => [(a) => a * sigmoid(a), (a, y) => y + sigmoid(a) * (1 - y)],
  };

  function buffers(Type) {
    const kept = {};
    return (name, size) => (kept[name]?.length >= size ? kept[name] : (kept[name] = new Type(size)));
  }

  function linear(part, view, Type) {
    const [outputs, inputs] = part.weight.shape, buffer = buffers(Type), weight = tensor(part.weight, view, Type);
    const bias = part.bias ? tensor(part.bias, view, Type) : new Type(outputs), dW = new Type(weight.length), db = new Type(outputs);
    let input;
    function fourRows(y, n, x) {
      const i0 = n * inputs, i1 = i0 + inputs, i2 = i1 + inputs, i3 = i2 + inputs;
      for (let o = 0, at = n * outputs; o < outputs; o++, at++) {
        let s0 = bias[o], s1 = s0, s2 = s0, s3 = s0;
        for (let k = 0, j = o * inputs; k < inputs; k++, j++) {
          const w = weight[j];
          s0 += w * x[i0 + k];
          s1 += w * x[i1 + k];
          s2 += w * x[i2 + k];
          s3 += w * x[i3 + k];
        }
        y[at] = s0;
        y[at + outputs] = s1;
        y[at + 2 * outputs] = s2;
        y[at + 3 * outputs] = s3;
      }
    }
    function addOuter(dy, batch) {
      const fours = batch - (batch % 4);
      for (let n = 0; n < fours; n += 4)
        for (let o = 0, at = n * outputs; o < outputs; o++, at++)
          addFour(dW, o * inputs, dy[at], dy[at + outputs], dy[at + 2 * outputs], dy[at + 3 * outputs], input, n * inputs, inputs, inputs);
      for (let n = 0; n < batch; n++)
        for (let o = 0; o < outputs; o++) {
          const d = dy[n * outputs + o];
          db[o] += d;
          if (n >= fours) addScaled(dW, o * inputs, d, input, n * inputs, inputs);
        }
    }
    return {
      inputs, outputs, parameters: part.bias ? [weight, bias] : [weight], gradients: part.bias ? [dW, db] : [dW],
      forward(x, batch) {
        const y = buffer("y", batch * outputs);
        input = x;
        let n = 0;
        for (; n + 3 < batch; n += 4) fourRows(y, n, x);
        for (; n < batch; n++)
          for (let o = 0; o < outputs; o++) y[n * outputs + o] = bias[o] + dot(weight, o * inputs, x, n * inputs, inputs);
        return y;
      },
      backward(dy, batch) {
        const dx = buffer("dx", batch * inputs).fill(0);
        addOuter(dy, batch);
        for (let n = 0; n < batch; n++) {
          const at = n * outputs;
          let o = 0;
          for (; o + 3 < outputs; o += 4)
            addFour(dx, n * inputs, dy[at + o], dy[at + o + 1], dy[at + o + 2], dy[at + o + 3], weight, o * inputs, inputs, inputs);
          for (; o < outputs; o++) addScaled(dx, n * inputs, dy[at + o], weight, o * inputs, inputs);
        }
        return dx;
      },
    };
  }

  function activation(part, Type) {
    if (!activations[part.kind]) throw new Error(`layer ${part.kind} is not one of ${Object.keys(activations).join(", ")}`);
    const [value, slope] = activations[part.kind](part), buffer = buffers(Type);
    let input, output;
    return {
      parameters: [], gradients: [],
      forward(x, batch, width) {
        const n = batch * width, y = buffer("y", n);
        for (let i = 0; i < n; i++) y[i] = value(x[i]);
        [input, output] = [x, y];
        return y;
      },
      backward(dy, batch, width) {
        const n = batch * width, dx = buffer("dx", n);
        for (let i = 0; i < n; i++) dx[i] = dy[i] * slope(input[i], output[i]);
        return dx;
      },
    };
  }

  // `forward` returns an array that the next `forward` overwrites; it may be longer than batch * outputs.
  function network(spec, view, Type = Float32Array) {
    const layers = spec.layers.map((part) => (part.kind === "linear" ? linear(part, view, Type) : activation(part, Type)));
    const linears = layers.filter((layer) => layer.outputs), gradients = layers.flatMap((layer) => layer.gradients);
    let width = linears[0].inputs;
    const widths = layers.map((layer) => (width = layer.outputs ?? width));
    return {
      inputs: linears[0].inputs, outputs: width, parameters: layers.flatMap((layer) => layer.parameters), gradients,
      forward: (x, batch = 1) => layers.reduce((a, layer, i) => layer.forward(a, batch, widths[i]), x),
      backward: (dy, batch = 1) => layers.reduceRight((d, layer, i) => layer.backward(d, batch, widths[i]), dy),
      zeroGradients: () => gradients.forEach((gradient) => gradient.fill(0)),
    };
  }

  function adam(parameters, { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8 } = {}) {
    const zeros = () => parameters.map((p) => new p.constructor(p.length));
    let m = zeros(), v = zeros(), t = 0;
    return {
      lr,
      reset() { [m, v, t] = [zeros(), zeros(), 0]; },
      step(gradients) {
        t++;
        const rate = this.lr / (1 - betas[0] ** t), root = Math.sqrt(1 - betas[1] ** t);
        parameters.forEach((p, j) => {
          const mean = m[j], square = v[j], gradient = gradients[j];
          for (let i = 0; i < p.length; i++) {
            const g = gradient[i];
            mean[i] += (1 - betas[0]) * (g - mean[i]);
            square[i] = betas[1] * square[i] + (1 - betas[1]) * g * g;
            p[i] -= (rate * mean[i]) / (Math.sqrt(square[i]) / root + eps);
          }
        });
      },
    };
  }

  // -log D is softplus(-a), -log(1 - D) is softplus(a): both stable at any logit a.
  function meanSoftplus(a, sign, count = a.length, gradient = new a.constructor(count)) {
    let loss = 0;
    for (let i = 0; i < count; i++) {
      loss += softplus(sign * a[i]) / count;
      gradient[i] = (sign * sigmoid(sign * a[i])) / count;
    }
    return { loss, gradient };
  }

  // out = bias + sum_k units[k] * row k. Most units are off and cost nothing; the rows of those that are on are added
  // four at a time, because every visit to `out` costs as much as the addition itself.
  function field(units, count, rows, bias, out, on) {
    const width = bias.length;
    let used = 0;
    for (let k = 0; k < count; k++) if (units[k]) on[used++] = k;
    out.set(bias);
    let n = 0;
    for (; n + 3 < used; n += 4) {
      const u0 = units[on[n]], u1 = units[on[n + 1]], u2 = units[on[n + 2]], u3 = units[on[n + 3]];
      const r0 = on[n] * width, r1 = on[n + 1] * width, r2 = on[n + 2] * width, r3 = on[n + 3] * width;
      for (let i = 0; i < width; i++) out[i] += u0 * rows[r0 + i] + u1 * rows[r1 + i] + (u2 * rows[r2 + i] + u3 * rows[r3 + i]);
    }
    for (; n < used; n++) addScaled(out, 0, units[on[n]], rows, on[n] * width, width);
    return out;
  }

  function transposed(a, rows, columns) {
    const out = new a.constructor(a.length);
    for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = a[r * columns + c];
    return out;
  }

  function rbm({ W, b, c }) {
    const hidden = b.length, visible = c.length, Wt = transposed(W, hidden, visible), work = new W.constructor(hidden);
    const on = new Int32Array(Math.max(hidden, visible)), fromX = (x, out) => field(x, visible, Wt, b, out, on);
    const toProbability = (out, count) => { for (let i = 0; i < count; i++) out[i] = sigmoid(out[i]); return out; };
    const machine = {
      hidden, visible,
      probH: (x, out) => toProbability(fromX(x, out), hidden),
      probX: (h, out) => toProbability(field(h, hidden, W, c, out, on), visible),
      freeEnergy(x) {
        let sum = dot(c, 0, x, 0, visible);
        fromX(x, work);
        for (let j = 0; j < hidden; j++) sum += softplus(work[j]);
        return -sum;
      },
      energy: (x, h) => -dot(c, 0, x, 0, visible) - dot(fromX(x, work), 0, h, 0, hidden),
      // One Gibbs sweep in place: h from p(h|x), then x from p(x|h). `state` is {x, h, meanX, meanH} and, where some
      // visible units keep their value, `clamp`, an array that is 1 at these: a sure coin tosses them.
      sweep({ x, h, meanX, meanH, clamp }, random) {
        random.bernoulli(machine.probH(x, meanH), h);
        machine.probX(h, meanX);
        if (clamp) for (let i = 0; i < visible; i++) if (clamp[i]) meanX[i] = x[i];
        random.bernoulli(meanX, x);
      },
    };
    return machine;
  }

  // sfc32 (Chris Doty-Humphrey), seeded from one integer; `state` can be read and put back.
  function random(seed = 0) {
    let state = new Uint32Array([0x9e3779b9 ^ seed, seed, 0x243f6a88, 1]), spare = null;
    function bits() {
      const sum = (state[0] + state[1] + state[3]++) >>> 0;
      state[0] = state[1] ^ (state[1] >>> 9);
      state[1] = state[2] + (state[2] << 3);
      state[2] = ((state[2] << 21) | (state[2] >>> 11)) + sum;
      return sum;
    }
    for (let i = 0; i < 16; i++) bits();
    const uniform = () => (bits() + 0.5) / 4294967296;
    function normal() {
      if (spare !== null) { const value = spare; spare = null; return value; }
      const radius = Math.sqrt(-2 * Math.log(uniform())), angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    }
    return {
      uniform, normal,
      integer: (n) => Math.floor(n * uniform()),
      bernoulli(p, out) { for (let i = 0; i < out.length; i++) out[i] = uniform() < p[i] ? 1 : 0; return out; },
      normals(out, count = out.length) { for (let i = 0; i < count; i++) out[i] = normal(); return out; },
      get state() { return { words: [...state], spare }; },
      set state(saved) { state = new Uint32Array(saved.words); spare = saved.spare; },
    };
  }

  function box(ink, side) {
    let left = side, right = -1, top = side, bottom = -1;
    for (let i = 0; i < ink.length; i++) {
      if (ink[i] < 0.1) continue;
      const row = Math.floor(i / side), column = i % side;
      left = Math.min(left, column); right = Math.max(right, column + 1);
      top = Math.min(top, row); bottom = Math.max(bottom, row + 1);
    }
    return right < 0 ? null : { left, top, width: right - left, height: bottom - top };
  }

  // Mean ink inside a rectangle given in pixels of the drawing, edges weighted by the part that is inside.
  function area(ink, side, x0, y0, x1, y1) {
    let sum = 0;
    for (let row = Math.max(0, Math.floor(y0)); row < Math.min(side, y1); row++)
      for (let column = Math.max(0, Math.floor(x0)); column < Math.min(side, x1); column++)
        sum += ink[row * side + column] * (Math.min(x1, column + 1) - Math.max(x0, column)) * (Math.min(y1, row + 1) - Math.max(y0, row));
    return sum / ((x1 - x0) * (y1 - y0));
  }

  function resample(ink, side, size, scale, x, y) {
    return Float64Array.from({ length: size * size }, (_, i) => {
      const column = (i % size) / scale + x, row = Math.floor(i / size) / scale + y;
      return area(ink, side, column, row, column + 1 / scale, row + 1 / scale);
    });
  }

  function centreOfMass(image, size) {
    let mass = 0, x = 0, y = 0;
    image.forEach((value, i) => { mass += value; x += value * ((i % size) + 0.5); y += value * (Math.floor(i / size) + 0.5); });
    return [x / mass, y / mass];
  }

  // MNIST: the longer side becomes 20 pixels, the centre of mass the middle of 28 x 28. The 8 x 8 digits: the height
  // becomes 32 pixels of black or white, of which each 4 x 4 block is counted.
  function centred(ink, side, kind = "mnist") {
    const size = kind === "mnist" ? 28 : 32, found = box(ink, side);
    if (!found) return new Float64Array(kind === "mnist" ? 784 : 64);
    const scale = kind === "mnist" ? 20 / Math.max(found.width, found.height) : 32 / Math.max(found.height, found.width);
    const middle = [found.left + found.width / 2, found.top + found.height / 2], reach = size / 2 / scale;
    const image = resample(ink, side, size, scale, middle[0] - reach, middle[1] - reach);
    if (kind === "mnist") {
      const [x, y] = centreOfMass(image, size).map((at) => Math.round(at - 14) / scale);
      return resample(ink, side, size, scale, middle[0] - reach + x, middle[1] - reach + y);
    }
    const blocks = new Float64Array(64);
    image.forEach((value, i) => { if (value >= 0.5) blocks[8 * Math.floor(i / 128) + Math.floor((i % 32) / 4)] += 1 / 16; });
    return blocks;
  }

  function median(values) {
    const sorted = [...values].sort((a, b) => a - b), half = sorted.length >> 1;
    return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  return { unpack, network, adam, meanSoftplus, rbm, random, centred, sigmoid, softplus, half, median };
})();
