"""ChainOnALandscape's `model.js` against torch: the laws of its script, with their faults."""

from __future__ import annotations

from deno_tests import holds
from mutants import breaks


@breaks(
    "hills of one height",
    "chain_on_a_landscape/model.js",
    "Math.log(hill.weight / (2 * Math.PI * hill.width ** 2)) -",
    "0 -",
)
@breaks("a density that is not normalised", "chain_on_a_landscape/model.js", "all - Math.log(totalWeight(hills))",
        "all")  # fmt: skip
@breaks("a slope of narrow hills", "chain_on_a_landscape/model.js", "(hill.y - place.y)) / hill.width ** 2",
        "(hill.y - place.y)) / hill.width")  # fmt: skip
@breaks("a margin of weights alone", "chain_on_a_landscape/model.js", "(hill.weight / hill.width) * Math.exp",
        "hill.weight * Math.exp")  # fmt: skip
@breaks("a conditional by the wrong width", "chain_on_a_landscape/model.js", "Math.log(hill.weight / hill.width) - ",
        "Math.log(hill.weight) - ")  # fmt: skip
def test_the_landscape() -> None:
    holds("chain_on_a_landscape", "density, slope, margins and conditionals are torch's")


@breaks("deviations from zero", "chain_on_a_landscape/model.js", "value - average)", "value)")
@breaks("pairs that may grow", "chain_on_a_landscape/model.js", "least = Math.min(least, pair)", "least = pair")
@breaks("half of the correlations", "chain_on_a_landscape/model.js", "tau += 2 * least", "tau += least")
def test_what_a_chain_is_worth() -> None:
    holds("chain_on_a_landscape", "a chain is worth what the library says")


@breaks("every proposal taken", "chain_on_a_landscape/model.js", "if (Math.log(random.uniform()) < ratio) this",
        "if (ratio < 99) this")  # fmt: skip
def test_metropolis() -> None:
    holds("chain_on_a_landscape", "metropolis keeps to the landscape")


@breaks("both coordinates given the start", "chain_on_a_landscape/model.js", 'redrawn(hills, random, "y", x)',
        'redrawn(hills, random, "y", y)')  # fmt: skip
def test_gibbs() -> None:
    holds("chain_on_a_landscape", "gibbs keeps to the landscape")


@breaks("a step twice as long", "chain_on_a_landscape/model.js", "step = scale ** 2 / 2", "step = scale ** 2")
def test_langevin() -> None:
    holds("chain_on_a_landscape", "langevin keeps to the landscape")


@breaks("an exchange of the wrong sign", "chain_on_a_landscape/model.js", "ratio = (1 / LADDER[i] - 1",
        "ratio = -(1 / LADDER[i] - 1")  # fmt: skip
def test_tempering() -> None:
    holds("chain_on_a_landscape", "tempered keeps to the landscape")


@breaks("hot as cold", "chain_on_a_landscape/model.js", "logDensity(hills, place)) / heat", "logDensity(hills, place))")
def test_hot_chains() -> None:
    holds("chain_on_a_landscape", "the hot chains are hotter")


@breaks("what lies outside left out", "chain_on_a_landscape/model.js", "1 / (values.length * width)",
        "1 / (counts.length * width)")  # fmt: skip
def test_a_histogram() -> None:
    holds("chain_on_a_landscape", "a histogram is a density, and counts what lies outside")


@breaks("a start that is counted", "chain_on_a_landscape/model.js", "Math.floor(this.steps / 10)",
        "Math.floor(this.steps / 1e9)")  # fmt: skip
def test_what_is_measured() -> None:
    holds("chain_on_a_landscape", "what is measured are the latest steps, without the first tenth")


@breaks("every proposal taken", "chain_on_a_landscape/model.js", "if (Math.log(random.uniform()) < ratio) this",
        "if (ratio < 99) this")  # fmt: skip
def test_three_sizes() -> None:
    holds("chain_on_a_landscape", "what the Try says: steps of three sizes")


@breaks("an exchange of the wrong sign", "chain_on_a_landscape/model.js", "ratio = (1 / LADDER[i] - 1",
        "ratio = -(1 / LADDER[i] - 1")  # fmt: skip
def test_two_far_apart() -> None:
    holds("chain_on_a_landscape", "what the Try says: two far apart, and heat")


@breaks("a slope downhill", "chain_on_a_landscape/model.js", "(hill.x - place.x)", "(place.x - hill.x)")
def test_a_ridge() -> None:
    holds("chain_on_a_landscape", "what the Try says: Gibbs creeps on the ridge, Langevin flies off")
