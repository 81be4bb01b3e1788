"""Annealing's `model.js` against torch: the laws of its script, with their faults."""

from __future__ import annotations

from deno_tests import holds
from mutants import breaks


@breaks("sweeps of the next machine", "annealing/model.js", "if (step) old.sweep", "if (step) next.sweep")
@breaks("a sweep before the first weight", "annealing/model.js", "if (step) old.sweep", "old.sweep")
@breaks(
    "the weight upside down",
    "annealing/model.js",
    "logW[chain] += old.freeEnergy(x[chain]) - next.freeEnergy(x[chain])",
    "logW[chain] -= old.freeEnergy(x[chain]) - next.freeEnergy(x[chain])",
)
@breaks("a base that stays", "annealing/model.js", "(1 - beta) * base[k] + beta * value", "base[k] + beta * value")
@breaks("hidden biases not cooled", "annealing/model.js", "b: scaled(b)", "b")
@breaks("the base without its hidden units", "annealing/model.js", "b.length * Math.LN2", "0")
def test_log_weights() -> None:
    holds("annealing", "log-weights are torch's, for the same random numbers")


@breaks("mean of the logs", "annealing/model.js", "top + Math.log(mean)", "total(logW) / n")
@breaks("error of a weight for that of the mean", "annealing/model.js", "Math.sqrt(variance(w, mean) / n)",
        "Math.sqrt(variance(w, mean))")  # fmt: skip
@breaks("spread of the weights for that of their logs", "annealing/model.js", "variance(logW, total(logW) / n)",
        "variance(w, mean)")  # fmt: skip
def test_the_summary() -> None:
    holds("annealing", "the summary is the library's")


@breaks("a ladder of one step less", "annealing/model.js", "{ length: steps + 1 }", "{ length: steps }")
def test_a_ladder() -> None:
    holds("annealing", "a ladder goes from one end to the other")


@breaks(
    "nothing before the first run",
    "annealing/model.js",
    "if ((first.temperatures + 250) * cost < BUDGET) {",
    "if (false) {",
)
def test_the_first_run() -> None:
    holds("annealing", "the first run stands among a few quick ones")


@breaks("the way down taken for one up", "annealing/model.js", 'direction === "up" ? 1 : -1);', "1);")
def test_exact_log_z() -> None:
    holds("annealing", "up and down and from every base, the exact log Z is within its errors")


@breaks("coins whatever the base", "annealing/model.js", "?? c };", "&& bases.coins };")
def test_a_named_base() -> None:
    holds("annealing", "a base is the one that is named")


@breaks("no look at the time", "annealing/model.js", "&& inTime()", "")
def test_a_run_in_time() -> None:
    holds("annealing", "a run stops in time, goes on, and ends once")


@breaks("another seed, the same numbers", "annealing/model.js", "const random = createRandom(seed)",
        "const random = createRandom(1)")  # fmt: skip
def test_the_same_seed() -> None:
    holds("annealing", "the same seed repeats everything")


@breaks("the lightest first", "annealing/model.js", "shares[b] - shares[a]", "shares[a] - shares[b]")
def test_the_heaviest_first() -> None:
    holds("annealing", "pictures show the heaviest chains first, once a run has ended")
