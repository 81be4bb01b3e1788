"""GANLab's `model.js` against torch: the laws of its script, with their faults."""

from __future__ import annotations

from deno_tests import holds
from mutants import breaks


@breaks("gradients of D not zeroed", "gan_lab/model.js", "discriminator.zeroGradients();", "")
@breaks("gradients of G not zeroed", "gan_lab/model.js", "generator.zeroGradients();", "")
@breaks("real taken for made", "gan_lab/model.js", "discriminator.forward(x, n), -1, n)",
        "discriminator.forward(x, n), 1, n)")  # fmt: skip
@breaks("G steps uphill", "gan_lab/model.js", "(value) => -side * value", "(value) => side * value")
@breaks("losses exchanged", "gan_lab/model.js", 'kind === "minimax" ? 1 : -1', 'kind === "minimax" ? -1 : 1')
@breaks("D trained on real points alone", "gan_lab/model.js", "discriminator.backward(fake.gradient, n);", "")
@breaks("torch's default betas", "gan_lab/model.js", "createAdam(generator.parameters, { betas })",
        "createAdam(generator.parameters)")  # fmt: skip
def test_fifty_steps() -> None:
    holds("gan_lab", "fifty steps of each player equal torch's")


@breaks("cells twice as wide", "gan_lab/model.js", "* cells) / (2 * limit)", "* cells) / (4 * limit)")
def test_the_divergence() -> None:
    holds("gan_lab", "the divergence is that of the library")


@breaks("floor of half the points", "gan_lab/model.js", "jsd(share, half(2 * count))", "jsd(share, half(count))")
def test_the_floor() -> None:
    holds("gan_lab", "the floor is the divergence of one half of the true points from the other")


@breaks("ink upside down", "gan_lab/model.js", "limit * (1 - (2 * (Math", "limit * (-1 + (2 * (Math")
def test_ink() -> None:
    holds("gan_lab", "ink becomes points in proportion")


@breaks("new weights too wide", "gan_lab/model.js", "/ Math.sqrt(inputs[j])", "/ inputs[j]")
def test_new_weights() -> None:
    holds("gan_lab", "new weights are uniform within one over the root of the inputs, as torch's")


@breaks("every step is D's", "gan_lab/model.js", "counts[player]++", "counts.d++")
def test_a_run() -> None:
    holds("gan_lab", "a run says what it did, and the same seed repeats it")


@breaks("the sweep begins anew with each step", "gan_lab/model.js", "due = FIELD;\n    }", "row = due = FIELD;\n    }")
@breaks("tint upside down", "gan_lab/model.js", "limit * (1 - (2 * row", "-limit * (1 - (2 * row")
def test_the_tint() -> None:
    holds("gan_lab", "each row of the tint has its turn while D goes on learning")
