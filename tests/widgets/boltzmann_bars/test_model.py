"""BoltzmannBars' `model.js` against torch: the laws of its script, with their faults."""

from __future__ import annotations

from deno_tests import holds
from mutants import breaks


@breaks("couplings counted twice", "boltzmann_bars/model.js", "for (let j = 0; j < i; j++)",
        "for (let j = 0; j < biases.length; j++)")  # fmt: skip
@breaks("log Z of other energies", "boltzmann_bars/model.js", "Math.log(sum) - least / temperature",
        "Math.log(sum) - least")  # fmt: skip
@breaks("entropy at another temperature", "boltzmann_bars/model.js", "logZ + mean / temperature", "logZ + mean")
@breaks("the lowest bit first", "boltzmann_bars/model.js", "(state >> (biases.length - 1 - i)) & 1", "(state >> i) & 1")
def test_the_distribution() -> None:
    holds("boltzmann_bars", "the distribution is the library's")


@breaks("temperature forgotten", "boltzmann_bars/model.js", "state, i) / temperature)", "state, i))")
@breaks("bias forgotten", "boltzmann_bars/model.js", "let sum = biases[i];", "let sum = 0;")
@breaks("each coupling felt from one side", "boltzmann_bars/model.js", "let j = 0; j <= last", "let j = i; j <= last")
@breaks("a unit that feels itself", "boltzmann_bars/model.js", "others = state & ~(1 << (last - i))", "others = state")
def test_conditionals() -> None:
    holds("boltzmann_bars", "a unit is drawn with its conditional probability")


@breaks("held units drawn too", "boltzmann_bars/model.js", "if (held[i] !== null) continue;", "")
@breaks(
    "one unit at another temperature",
    "boltzmann_bars/model.js",
    "draw(setting, chain.state, i, temperature, random)",
    "draw(setting, chain.state, i, 1, random)",
)
@breaks("all units drawn at once", "boltzmann_bars/model.js", "p = chance(machine, next,", "p = chance(machine, state,")
@breaks("a coin too often tails", "boltzmann_bars/model.js", "random.uniform() < p", "random.uniform() < 0.97 * p")
@breaks("one unit's coin too often tails", "boltzmann_bars/model.js", "random.uniform() < chance(",
        "random.uniform() < 0.97 * chance(")  # fmt: skip
def test_the_chain() -> None:
    holds("boltzmann_bars", "the chain leaves the exact distribution unchanged")


@breaks("Stirling's formula alone", "boltzmann_bars/model.js", "stirling + 1 / (12 * n)", "stirling + 0 * (12 * n)")
@breaks("a mode of its own", "boltzmann_bars/model.js", "Math.floor(n * p) + 1", "Math.floor(n * p)")
def test_draws() -> None:
    holds("boltzmann_bars", "independent draws leave the mean of what they leave")


@breaks("total variation without its half", "boltzmann_bars/model.js", "counts[i] / n) / 2", "counts[i] / n)")
def test_total_variation() -> None:
    holds("boltzmann_bars", "total variation, and sums over units that are not looked at")


@breaks("letters of W turned around", "boltzmann_bars/model.js", "`W${low(j)}${low(i)}`", "`W${low(i)}${low(j)}`")
def test_letters() -> None:
    holds("boltzmann_bars", "every parameter has the letter that it has in the library")


@breaks("old counts kept", "boltzmann_bars/model.js", "counts = new Float64Array(distribution.p.length);", "")
@breaks("a sweep counts at its first unit", "boltzmann_bars/model.js", "i === free[free.length - 1]", "i === free[0]")
def test_what_has_run() -> None:
    holds("boltzmann_bars", "a chain that is looked at has run, and unit by unit makes a sweep")


@breaks("sums over the first units", "boltzmann_bars/model.js", "values[(state << units) | rest]",
        "values[(rest << units) | state]")  # fmt: skip
def test_hidden_units_summed_out() -> None:
    holds("boltzmann_bars", "with hidden units summed out, bars are those of x and energies are free")


@breaks("one half of a coupling", "boltzmann_bars/model.js", " || (r === j && c === i)", "")
def test_a_hand() -> None:
    holds("boltzmann_bars", "a hand sets tenths within reach, and writes to nothing that was sent")


@breaks("a mean over all states", "boltzmann_bars/model.js", "sum + count * energy[state], 0) / chain.sweeps",
        "sum + energy[state], 0) / counts.length")  # fmt: skip
@breaks("a memory read from its first place", "boltzmann_bars/model.js", "(sweeps - length + i) % MEMORY", "i")
@breaks("a memory one short", "boltzmann_bars/model.js", "Math.min(sweeps, MEMORY)", "Math.min(sweeps, MEMORY - 1)")
def test_what_a_chain_remembers() -> None:
    holds("boltzmann_bars", "a chain remembers its mean energy, and its last states in order")
