// The world of TinyWorld: a law over all 4096 states of 12 pixels, and what a model's law is worth beside it.
//
// State s is row s of `data.binary_states(12)`: the first pixel is the highest bit. A batch is an Int32Array of states.
const genlibTiny = {
  STATES: 4096,
  PIXELS: 12,
  ROWS: 4,
  COLUMNS: 3,
  pixel: (state, i) => (state >> (genlibTiny.PIXELS - 1 - i)) & 1,

  // Draws states by a law's running sums: each by a number of its own, or all by one number and even steps from it.
  drawer(p) {
    const total = Float64Array.from(p);
    for (let s = 1; s < total.length; s++) total[s] += total[s - 1];
    const find = (mark) => {
      let low = 0, high = total.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (total[middle] > mark) high = middle; else low = middle + 1;
      }
      return low;
    };
    const end = total[total.length - 1];
    return {
      draw: (n, random) => Int32Array.from({ length: n }, () => find(end * random.uniform())),
      even(n, random) {
        const first = random.uniform();
        return Int32Array.from({ length: n }, (_, i) => find((end * (i + first)) / n));
      },
    };
  },
  world(p, pictures = []) {
    const entropy = -p.reduce((sum, value) => sum + (value > 0 ? value * Math.log(value) : 0), 0);
    return { p, pictures, known: new Set(pictures), entropy, ...genlibTiny.drawer(p) };
  },

  // The share of a batch in each state.
  share(states) {
    const share = new Float64Array(genlibTiny.STATES);
    for (const s of states) share[s] += 1 / states.length;
    return share;
  },

  // How a model with log-probabilities logP stands to the law: everything exact, in nats.
  compare(logP, { p, entropy }) {
    let likelihood = 0, backward = 0;
    for (let s = 0; s < p.length; s++) {
      const q = Math.exp(logP[s]);
      if (p[s] > 0) likelihood += p[s] * logP[s];
      if (q > 0) backward += p[s] > 0 ? q * (logP[s] - Math.log(p[s])) : Infinity;
    }
    return { likelihood, forward: -entropy - likelihood, backward };
  },

  // Of the states that are no pictures of the data, those to which the model gives most in excess of their due.
  spurious(logP, { p, known }, count) {
    const worst = [];
    for (let s = 0; s < p.length; s++) {
      const over = Math.exp(logP[s]) - p[s];
      if (over <= (worst.length < count ? 0 : worst[count - 1].over) || known.has(s)) continue;
      const at = worst.findIndex((other) => other.over < over);
      worst.splice(at < 0 ? worst.length : at, 0, { state: s, over });
      worst.length = Math.min(worst.length, count);
    }
    return worst.map(({ state }) => state);
  },
};
