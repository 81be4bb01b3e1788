"""Denoiser's `model.js` against torch: the laws of its script, with their faults."""

from __future__ import annotations

from deno_tests import holds
from mutants import breaks

MODEL = "denoiser/model.js"


@breaks("log-odds for means", MODEL, "subarray(0, x.length), sigmoid)", "subarray(0, x.length))")
@breaks("the picture cleaned again, not the answer", MODEL, "this.look(mean);", "this.look(this.x);")
@breaks("changes that cancel", MODEL, "sum + Math.abs(value - before[i])", "sum + value - before[i]")
@breaks("steps that are not counted", MODEL, "this.steps++;", "")
def test_answers() -> None:
    holds("denoiser", "answers are torch's, and answers to answers")


@breaks("salt alone", MODEL, "(random.uniform() < 0.5 ? 1 : 0)", "1")
@breaks("kept in the place of spoilt", MODEL, "random.uniform() < amount ? (", "random.uniform() > amount ? (")
@breaks("nothing corrupted", MODEL, "this.look(this.spoilt)", "this.look(this.x)")
@breaks("the likeliest in the place of a draw", MODEL,
        "this.random.bernoulli(mean, new Float32Array(mean.length))", "mean.map(Math.round)")  # fmt: skip
@breaks("ink for blanks", MODEL, "random.uniform() < amount ? 0 : value", "random.uniform() < amount ? 1 : value")
def test_a_step_of_the_chain() -> None:
    holds("denoiser", "a step of the chain has the distribution of its definition")


@breaks("variance taken for spread", MODEL, "value + amount * random.normal()",
        "value + Math.sqrt(amount) * random.normal()")  # fmt: skip
def test_gaussian_noise() -> None:
    holds("denoiser", "Gaussian noise has its mean and its spread")


@breaks("the same noise at every step", MODEL, "  spoil() {", "  spoil() {\n    this.random = createRandom(this.seed);")
@breaks("a film without end", MODEL, "this.film.slice(1 - FILM)", "this.film")
def test_a_chain_goes_on() -> None:
    holds("denoiser", "noise spoils what is drawn, each time anew, and the picture that was given is kept")


@breaks("noise that goes on", MODEL, "    this.random = createRandom(this.seed);\n    this.origin", "    this.origin")
@breaks("steps that are kept", MODEL, "[this.steps, this.moved, this.film] = [0, 0, []]", "this.film = []")
def test_seeds() -> None:
    holds("denoiser", "the same seed spoils alike, another one otherwise, and a change begins anew")


@breaks("old answers kept", MODEL, "({ noisy, mean: denoise(noisy) })", "({ noisy, mean: noisy })")
def test_other_networks() -> None:
    holds("denoiser", "other networks answer to what was given before")


@breaks("greys that differ", MODEL, "(value >= 0.5) !== (b[i] >= 0.5)", "value !== b[i]")
def test_pixels_that_differ() -> None:
    holds("denoiser", "pixels differ where one is ink and the other paper")
