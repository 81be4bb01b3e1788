// A Boltzmann machine so small that all its states can be listed: its exact law, and a chain that draws unit by unit.
//
// A machine is {biases: [...], couplings: [[...], ...]}, the couplings symmetric, E(v) = -sum a_i v_i - sum J_ij v_i v_j
// over units and pairs. A state is an integer whose highest bit is the first unit, so that states count upwards. `held`
// has null for a unit that is free, 0 or 1 for one that is held there. The temperature divides energies: p ~ exp(-E / T).
//
//   genlibBoltzmann.items(features, units)       what can be set, units first and then pairs, and what each is called
//   genlibBoltzmann.law(machine, T, held)        {p, energy, possible, least, logZ, mean, entropy, marginals}
//   genlibBoltzmann.sweep(machine, state, T, held, random)    the next state, each free unit drawn given all others
//   genlibBoltzmann.chain(random)                a chain with its memory: counts, sweeps, the last states
const genlibBoltzmann = (() => {
  const place = (machine, i) => machine.biases.length - 1 - i;
  const bit = (machine, state, i) => (state >> place(machine, i)) & 1;
  const put = (machine, state, i, value) => (state & ~(1 << place(machine, i))) | (value << place(machine, i));
  const holding = (machine, state, held) => held.reduce((to, value, i) => (value === null ? to : put(machine, to, i, value)), state);

  function energies(machine) {
    const { biases, couplings } = machine, out = new Float64Array(2 ** biases.length);
    for (let state = 0; state < out.length; state++)
      for (let i = 0; i < biases.length; i++) {
        if (!bit(machine, state, i)) continue;
        out[state] -= biases[i];
        for (let j = 0; j < i; j++) if (bit(machine, state, j)) out[state] -= couplings[i][j];
      }
    return out;
  }

  // The law of the free units given the held ones; states that disagree with those are impossible.
  function law(machine, temperature, held) {
    const energy = energies(machine), possible = Array.from(energy, (_, state) => holding(machine, state, held) === state);
    const least = energy.reduce((low, e, state) => (possible[state] ? Math.min(low, e) : low), Infinity);
    const p = energy.map((e, state) => (possible[state] ? Math.exp((least - e) / temperature) : 0));
    const sum = p.reduce((a, b) => a + b, 0), logZ = Math.log(sum) - least / temperature;
    const marginals = machine.biases.map(() => 0);
    let mean = 0;
    p.forEach((weight, state) => {
      p[state] = weight / sum;
      mean += p[state] * energy[state];
      marginals.forEach((_, i) => { if (bit(machine, state, i)) marginals[i] += p[state]; });
    });
    return { p, energy, possible, least, logZ, mean, entropy: logZ + mean / temperature, marginals };
  }

  // What the others add up to at unit i, and with it the probability that it is 1, given them.
  function field(machine, state, i) {
    let sum = machine.biases[i];
    machine.couplings[i].forEach((coupling, j) => { if (j !== i && bit(machine, state, j)) sum += coupling; });
    return sum;
  }
  const chance = (machine, state, i, temperature) => genlib.sigmoid(field(machine, state, i) / temperature);
  const draw = (machine, state, i, temperature, random) => put(machine, state, i, random.uniform() < chance(machine, state, i, temperature) ? 1 : 0);
  function sweep(machine, state, temperature, held, random) {
    for (let i = 0; i < held.length; i++) if (held[i] === null) state = draw(machine, state, i, temperature, random);
    return state;
  }

  // Sums over the last `units` units: what is left when they are not looked at.
  const without = (values, units) => Float64Array.from({ length: values.length >> units }, (_, state) => {
    let sum = 0;
    for (let rest = 0; rest < 1 << units; rest++) sum += values[(state << units) | rest];
    return sum;
  });

  // Total variation between a law and the shares that `counts` have, and what as many independent draws would leave
  // on average: half the sum of E|K - np| / n over binomial K, which De Moivre knew in closed form.
  const distance = (p, counts, n) => p.reduce((sum, value, state) => sum + Math.abs(value - counts[state] / n) / 2, 0);
  function logFactorial(n) {
    if (n > 20) return (n + 0.5) * Math.log(n) - n + Math.log(2 * Math.PI) / 2 + 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5);
    let sum = 0;
    for (let k = 2; k <= n; k++) sum += Math.log(k);
    return sum;
  }
  function deviation(p, n) {
    if (p <= 0 || p >= 1) return 0;
    const k = Math.floor(n * p) + 1, choices = logFactorial(n) - logFactorial(k) - logFactorial(n - k);
    return ((2 * k) / n) * Math.exp(choices + k * Math.log(p) + (n - k + 1) * Math.log1p(-p));
  }
  const independent = (p, n) => p.reduce((sum, value) => sum + deviation(value, n) / 2, 0);

  function items(features, units) {
    const low = (i) => String.fromCharCode(0x2081 + (i < features ? i : i - features)), visible = (i) => i < features;
    const unit = (i) => (visible(i) ? "x" : "h") + low(i), all = [...Array(units).keys()];
    const letter = (i, j) => (visible(i) && !visible(j) ? `W${low(j)}${low(i)}` : `${visible(j) ? "R" : "S"}${low(i)}${low(j)}`);
    const bias = (i) => ({ i, unit: unit(i), letter: (visible(i) ? "c" : "b") + low(i) });
    const coupling = (i, j) => ({ i, j, unit: `${unit(i)}, ${unit(j)}`, letter: letter(i, j) });
    const pairs = all.flatMap((i) => all.slice(i + 1).map((j) => coupling(i, j)));
    return [...all.map(bias), ...pairs].map((item) => ({ ...item, kind: item.j ? "Coupling" : "Bias", name: `${item.letter} of ${item.unit}` }));
  }

  function chain(random) {
    const MEMORY = 300, own = { state: 0, random };
    function count() {
      own.counts[own.state]++;
      own.sweeps++;
      own.energy += own.law.energy[own.state];
      own.states.push(own.state);
      if (own.states.length > 2 * MEMORY) own.states = own.states.slice(-MEMORY);
    }
    return Object.assign(own, {
      MEMORY,
      // What was counted under another law says nothing about this one; the chain goes on from where it stands.
      follow(machine, law, temperature, held) {
        const state = holding(machine, own.state % law.p.length, held);
        Object.assign(own, { machine, law, temperature, held, state, counts: law.energy.map(() => 0), sweeps: 0, energy: 0, states: [], turn: null });
      },
      run(sweeps) {
        own.turn = null;
        for (let n = 0; n < sweeps; n++) {
          own.state = sweep(own.machine, own.state, own.temperature, own.held, own.random);
          count();
        }
      },
      // One unit; after the last free one the sweep is complete and counts. Returns what the unit saw, and drew.
      one() {
        const { machine, held, temperature } = own, free = [...held.keys()].filter((i) => held[i] === null);
        if (!free.length) return null;
        const i = free.find((unit) => own.turn === null || unit > own.turn) ?? free[0], sum = field(machine, own.state, i);
        own.state = draw(machine, own.state, i, temperature, own.random);
        own.turn = i;
        if (i === free.at(-1)) count();
        return { i, sum, p: genlib.sigmoid(sum / temperature), drawn: bit(machine, own.state, i) };
      },
    });
  }

  return { bit, put, holding, energies, law, field, chance, draw, sweep, without, distance, independent, items, chain };
})();
