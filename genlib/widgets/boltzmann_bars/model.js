// A Boltzmann machine so small that all its states can be listed: its exact distribution, and a chain that draws unit by
// unit.
//
// E(v) = -sum a_i v_i - sum J_ij v_i v_j over units and pairs, and the temperature divides it: p ~ exp(-E / T). A state is
// an integer whose highest bit is the first unit, so that states count upwards.

import { sigmoid } from "../js/functions.js";
import { createRandom } from "../js/random.js";

/** @import { Random } from "../js/random.js" */

/** @typedef {{ biases: number[], couplings: number[][] }} Machine the couplings are symmetric */
/** @typedef {(number | null)[]} Held null for a unit that is free, 0 or 1 for one that is held there */
/** @typedef {Machine & { features: number, clamp: Held, temperature: number }} Setting all of them traits */
/** @typedef {Machine & { features: number } & Partial<Setting>} Given a setting, or a machine alone */
/** @typedef {ReturnType<typeof distributionOf>} Distribution */
/** @typedef {ReturnType<typeof createChain>} Chain */
/** @typedef {ReturnType<typeof createStudy>} Study */
/** @typedef {ReturnType<typeof columnsOf>} Columns */
/** @typedef {{ i: number, sum: number, p: number, drawn: number }} Seen a unit, what it saw, and what was drawn */
/**
 * @typedef {object} Item what can be set: the bias of unit i, or the coupling of units i and j
 * @property {number} i
 * @property {number} [j]
 * @property {string} unit
 * @property {string} letter
 * @property {"Bias" | "Coupling"} kind
 * @property {string} name
 */

/** The last sweeps that are remembered. */
export const MEMORY = 300;
/** Sweeps that a chain has behind it when it is first seen. */
const WARM = 200;

/**
 * The value of unit i in a state.
 * @param {Machine} machine
 * @param {number} state
 * @param {number} i
 */
export function bit({ biases }, state, i) {
  return (state >> (biases.length - 1 - i)) & 1;
}

/**
 * @param {Machine} machine
 * @param {number} state
 * @param {number} i
 * @param {number} value
 */
function put({ biases }, state, i, value) {
  const place = biases.length - 1 - i;
  return (state & ~(1 << place)) | (value << place);
}

/**
 * The state with the units that are held where they are held.
 * @param {Machine} machine
 * @param {number} state
 * @param {Held} held
 */
function holding(machine, state, held) {
  return held.reduce(
    (/** @type {number} */ to, value, i) => value === null ? to : put(machine, to, i, value),
    state,
  );
}

/** @param {Machine} machine */
function energies(machine) {
  const { biases, couplings } = machine, out = new Float64Array(2 ** biases.length);
  for (let state = 0; state < out.length; state++) {
    for (let i = 0; i < biases.length; i++) {
      if (!bit(machine, state, i)) continue;
      out[state] -= biases[i];
      for (let j = 0; j < i; j++) if (bit(machine, state, j)) out[state] -= couplings[i][j];
    }
  }
  return out;
}

/**
 * The distribution of the free units given the held ones; states that disagree with those are impossible.
 * @param {Machine} machine
 * @param {number} temperature
 * @param {Held} held
 */
export function distributionOf(machine, temperature, held) {
  const energy = energies(machine);
  const possible = Array.from(energy, (_, state) => holding(machine, state, held) === state);
  const least = Math.min(...energy.filter((_, state) => possible[state]));
  const p = energy.map((e, state) => possible[state] ? Math.exp((least - e) / temperature) : 0);
  const sum = p.reduce((a, b) => a + b, 0), logZ = Math.log(sum) - least / temperature;
  const marginals = machine.biases.map(() => 0);
  let mean = 0;
  p.forEach((weight, state) => {
    p[state] = weight / sum;
    mean += p[state] * energy[state];
    marginals.forEach((_, i) => {
      if (bit(machine, state, i)) marginals[i] += p[state];
    });
  });
  const entropy = logZ + mean / temperature;
  return { p, energy, possible, least, logZ, mean, entropy, marginals };
}

/**
 * What the others add up to at unit i.
 * @param {Machine} machine
 * @param {number} state
 * @param {number} i
 */
function field({ biases, couplings }, state, i) {
  const row = couplings[i], last = biases.length - 1, others = state & ~(1 << (last - i));
  let sum = biases[i];
  for (let j = 0; j <= last; j++) if ((others >> (last - j)) & 1) sum += row[j];
  return sum;
}

/**
 * The probability that unit i is 1 given all others.
 * @param {Machine} machine
 * @param {number} state
 * @param {number} i
 * @param {number} temperature
 */
export function chance(machine, state, i, temperature) {
  return sigmoid(field(machine, state, i) / temperature);
}

/**
 * The state with unit i drawn given all others.
 * @param {Machine} machine
 * @param {number} state
 * @param {number} i
 * @param {number} temperature
 * @param {Random} random
 */
function draw(machine, state, i, temperature, random) {
  const value = random.uniform() < chance(machine, state, i, temperature) ? 1 : 0;
  return put(machine, state, i, value);
}

/**
 * The next state: each free unit is drawn given all others, one after the other. The same as `draw` for each of them,
 * written out, because a chain makes thousands of sweeps a frame.
 * @param {Machine} machine
 * @param {number} state
 * @param {number} temperature
 * @param {Held} held
 * @param {Random} random
 */
function sweep(machine, state, temperature, held, random) {
  const units = held.length;
  let next = state;
  for (let i = 0; i < units; i++) {
    if (held[i] !== null) continue;
    const place = 1 << (units - 1 - i), p = chance(machine, next, i, temperature);
    next = random.uniform() < p ? next | place : next & ~place;
  }
  return next;
}

/**
 * Sums over the last `units` units: what is left when they are not looked at.
 * @param {ArrayLike<number>} values
 * @param {number} units
 */
export function summedOut(values, units) {
  return Float64Array.from({ length: values.length >> units }, (_, state) => {
    let sum = 0;
    for (let rest = 0; rest < 1 << units; rest++) sum += values[(state << units) | rest];
    return sum;
  });
}

/**
 * Total variation between a distribution and the shares that `counts` have.
 * @param {ArrayLike<number>} p
 * @param {ArrayLike<number>} counts
 * @param {number} n
 */
export function distance(p, counts, n) {
  return Array.from(p).reduce((sum, value, i) => sum + Math.abs(value - counts[i] / n) / 2, 0);
}

/** @param {number} n */
function logFactorial(n) {
  if (n > 20) {
    const stirling = (n + 0.5) * Math.log(n) - n + Math.log(2 * Math.PI) / 2;
    return stirling + 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5);
  }
  let sum = 0;
  for (let k = 2; k <= n; k++) sum += Math.log(k);
  return sum;
}

/**
 * E|K - np| / n over binomial K, which De Moivre knew in closed form.
 * @param {number} p
 * @param {number} n
 */
function deviation(p, n) {
  if (p <= 0 || p >= 1) return 0;
  const k = Math.floor(n * p) + 1;
  const choices = logFactorial(n) - logFactorial(k) - logFactorial(n - k);
  return ((2 * k) / n) * Math.exp(choices + k * Math.log(p) + (n - k + 1) * Math.log1p(-p));
}

/**
 * The total variation that n independent draws leave on average.
 * @param {ArrayLike<number>} p
 * @param {number} n
 */
export function independent(p, n) {
  return Array.from(p).reduce((sum, value) => sum + deviation(value, n) / 2, 0);
}

/**
 * What can be set, units first and then pairs, and what each is called in the library.
 * @param {number} features
 * @param {number} units
 * @returns {Item[]}
 */
export function itemsOf(features, units) {
  const visible = (/** @type {number} */ i) => i < features;
  const low = (/** @type {number} */ i) =>
    String.fromCharCode(0x2081 + (visible(i) ? i : i - features));
  const unit = (/** @type {number} */ i) => (visible(i) ? "x" : "h") + low(i);
  const letter = (/** @type {number} */ i, /** @type {number} */ j) =>
    visible(i) && !visible(j)
      ? `W${low(j)}${low(i)}`
      : `${visible(j) ? "R" : "S"}${low(i)}${low(j)}`;
  /** @type {(item: Omit<Item, "name">) => Item} */
  const named = (item) => ({ ...item, name: `${item.letter} of ${item.unit}` });
  const all = [...Array(units).keys()];
  const biases = all.map((i) =>
    named({ i, unit: unit(i), letter: (visible(i) ? "c" : "b") + low(i), kind: "Bias" })
  );
  const couplings = all.flatMap((i) =>
    all.slice(i + 1).map((j) =>
      named({ i, j, unit: `${unit(i)}, ${unit(j)}`, letter: letter(i, j), kind: "Coupling" })
    )
  );
  return [...biases, ...couplings];
}

/**
 * A chain with its memory: where it stands, what it has counted, its last states. It has no machine before `follow`.
 * @param {Random} random
 */
export function createChain(random) {
  /** @type {Setting} */
  let setting = { features: 0, biases: [], couplings: [], clamp: [], temperature: 1 };
  let distribution = distributionOf(setting, 1, []), counts = new Float64Array(1);
  const states = new Int32Array(MEMORY);
  const chain = {
    state: 0,
    sweeps: 0,
    /** @type {number | null} the unit drawn last, in a sweep that goes unit by unit */
    turn: null,
    get distribution() {
      return distribution;
    },
    get counts() {
      return counts;
    },
    /** The mean energy of the sweeps, NaN where there are none. */
    get mean() {
      const { energy } = distribution;
      return counts.reduce((sum, count, state) => sum + count * energy[state], 0) / chain.sweeps;
    },
    /**
     * The value of unit i now.
     * @param {number} i
     */
    bit: (i) => bit(setting, chain.state, i),
    /** The last states, the newest at the end. */
    get last() {
      const { sweeps } = chain, length = Math.min(sweeps, MEMORY);
      const last = new Array(length);
      for (let i = 0; i < length; i++) last[i] = states[(sweeps - length + i) % MEMORY];
      return last;
    },
    /**
     * Goes on with another machine, from where the chain stands: what was counted before says nothing about this one.
     * @param {Setting} next
     */
    follow(next) {
      setting = next;
      distribution = distributionOf(next, next.temperature, next.clamp);
      counts = new Float64Array(distribution.p.length);
      const state = holding(next, chain.state % counts.length, next.clamp);
      Object.assign(chain, { state, sweeps: 0, turn: null });
    },
    /** @param {number} sweeps */
    run(sweeps) {
      chain.turn = null;
      for (let n = 0; n < sweeps; n++) {
        count(sweep(setting, chain.state, setting.temperature, setting.clamp, random));
      }
    },
    /**
     * Draws one unit; after the last free one the sweep is complete and counts.
     * @returns {Seen | null}
     */
    one() {
      const { clamp, temperature } = setting, { turn } = chain;
      const free = [...clamp.keys()].filter((i) => clamp[i] === null);
      if (!free.length) return null;
      const i = free.find((unit) => turn === null || unit > turn) ?? free[0];
      const sum = field(setting, chain.state, i), p = sigmoid(sum / temperature);
      chain.state = draw(setting, chain.state, i, temperature, random);
      chain.turn = i;
      if (i === free[free.length - 1]) count(chain.state);
      return { i, sum, p, drawn: bit(setting, chain.state, i) };
    },
    /**
     * The share of the sweeps that left unit i at 1.
     * @param {number} i
     */
    lit(i) {
      if (!chain.sweeps) return 0;
      const seen = counts.filter((_, state) => bit(setting, state, i) === 1);
      return seen.reduce((a, b) => a + b, 0) / chain.sweeps;
    },
  };
  /** @param {number} state where a sweep has led */
  function count(state) {
    chain.state = state;
    states[chain.sweeps++ % MEMORY] = state;
    counts[state]++;
  }
  return chain;
}

/**
 * The biases, or the couplings, with another parameter.
 * @param {Machine} machine
 * @param {Item} item
 * @param {number} to
 * @returns {Partial<Machine>}
 */
function withParameter({ biases, couplings }, { i, j }, to) {
  if (j === undefined) return { biases: biases.map((bias, at) => at === i ? to : bias) };
  const isPair = (/** @type {number} */ r, /** @type {number} */ c) =>
    (r === i && c === j) || (r === j && c === i);
  return {
    couplings: couplings.map((row, r) => row.map((value, c) => isPair(r, c) ? to : value)),
  };
}

/**
 * The states as the bars show them: all, or those of the first units, over which the last `apart` are summed.
 * @param {Setting} setting
 * @param {Chain} chain
 * @param {number} apart
 */
function columnsOf({ biases, temperature }, { distribution, counts, sweeps, state }, apart) {
  const p = summedOut(distribution.p, apart), seen = summedOut(counts, apart);
  const rows = biases.length - apart;
  return {
    apart,
    rows,
    p,
    counts: seen,
    share: seen.map((count) => count / (sweeps || 1)),
    now: state >> apart,
    /** Of a state, or its free energy. */
    energy: (/** @type {number} */ at) =>
      apart ? -temperature * (Math.log(p[at]) + distribution.logZ) : distribution.energy[at],
    /** @param {number} at */
    bits: (at) => at.toString(2).padStart(rows, "0"),
  };
}

/**
 * A machine that a hand can change, and the chain that follows it. What is sent to Python, or came from there, is never
 * written to.
 * @param {number} seed of every chain
 */
export function createStudy(seed) {
  /** @type {Setting} */
  let setting = { features: 0, biases: [], couplings: [], clamp: [], temperature: 1 };
  /** @type {Item[]} */
  let items = [];
  let chain = createChain(createRandom(seed)), reach = 8;
  /** @param {Partial<Setting>} next */
  function change(next) {
    setting = { ...setting, ...next };
    chain.follow(setting);
  }
  const study = {
    get setting() {
      return setting;
    },
    get items() {
      return items;
    },
    get chain() {
      return chain;
    },
    get units() {
      return setting.biases.length;
    },
    get hidden() {
      return setting.biases.length - setting.features;
    },
    /** How far from zero a parameter may be set. */
    get reach() {
      return reach;
    },
    /** @param {Item} item */
    value({ i, j }) {
      return j === undefined ? setting.biases[i] : setting.couplings[i][j];
    },
    /**
     * Takes another machine, and returns whether it has other units. They are free where `next` says nothing of them.
     * @param {Given} next
     */
    take({ features, biases, couplings, clamp, temperature = 1 }) {
      const other = biases.length !== study.units || features !== setting.features;
      const held = clamp?.length === biases.length ? clamp : biases.map(() => null);
      if (other) items = itemsOf(features, biases.length);
      change({ features, biases, couplings, clamp: held, temperature });
      const sizes = items.map((item) => Math.abs(study.value(item)));
      reach = Math.max(8, Math.ceil(Math.max(...sizes)));
      return other;
    },
    /**
     * As `take`, with a new chain that has already run for a while.
     * @param {Given} next
     */
    begin(next) {
      const random = createRandom(seed);
      chain = createChain(random);
      chain.state = random.integer(64);
      const other = study.take(next);
      chain.run(WARM);
      return other;
    },
    /**
     * Sets a parameter, in tenths, and returns the trait that has changed, if one has.
     * @param {Item} item
     * @param {number} to
     */
    set(item, to) {
      const near = Math.round(10 * Math.min(reach, Math.max(-reach, to))) / 10 || 0;
      if (near === study.value(item)) return null;
      change(withParameter(setting, item, near));
      return item.j === undefined ? "biases" : "couplings";
    },
    /**
     * @param {number} i
     * @param {number | null} to
     */
    hold(i, to) {
      change({ clamp: setting.clamp.map((value, at) => at === i ? to : value) });
    },
    /** @param {number} temperature */
    heat(temperature) {
      change({ temperature });
    },
    /** @param {number} state */
    startAt(state) {
      chain.state = state;
      chain.follow(setting);
    },
    /** @param {number} apart how many units, the last ones, are summed out */
    columns: (apart) => columnsOf(setting, chain, apart),
  };
  return study;
}
