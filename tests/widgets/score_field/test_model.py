"""ScoreField's `model.js` against torch: the laws of its script, with their faults."""

from __future__ import annotations

from deno_tests import holds
from mutants import breaks

MODEL = "score_field/model.js"


@breaks("noise that adds its spread", MODEL, "this.spread ** 2 + sigma ** 2", "(this.spread + sigma) ** 2")
@breaks("a density of one dimension", MODEL, "Math.log(2 * Math.PI * variance)", "Math.log(2 * Math.PI * variance) / 2")
@breaks("nodes of one weight", MODEL, "logWeights[k] - square", "logWeights[0] - square")
@breaks("a score of the data without noise", MODEL, "(meanX / sum - x) / variance",
        "(meanX / sum - x) / this.spread ** 2")  # fmt: skip
@breaks("a step as long as the score", MODEL, "x + sigma ** 2 * score[0]", "x + score[0]")
@breaks("terms left out too soon", MODEL, "NOTHING = 40", "NOTHING = 2")
@breaks("the first network at every noise", MODEL, "(one) => one.sigma === sigma", "() => true")
@breaks("weights from the beginning", MODEL, "view.byteOffset + level.offset", "view.byteOffset")
def test_answers() -> None:
    holds("score_field", "density, score and both answers are torch's")


@breaks("whole steps", MODEL, "x + share * (to[0] - x)", "to[0]")
@breaks("one walk for both", MODEL, "this.field.answers(model, sigma)", "this.field.answers(exact, sigma)")
@breaks("a walk that ends with what was computed ahead", MODEL, "?? this.after(this.now)", "?? this.now")
@breaks("steps that are not counted", MODEL, "    this.steps++;", "")
@breaks("a gap along x alone", MODEL, "Math.hypot(exact[0] - model[0], exact[1] - model[1])",
        "Math.abs(exact[0] - model[0])")  # fmt: skip
def test_walks() -> None:
    holds("score_field", "walks are torch's, step by step")


@breaks("downhill", MODEL, "y + sigma ** 2 * score[1]", "y - sigma ** 2 * score[1]")
def test_uphill() -> None:
    holds("score_field", "a step by the exact score never goes down, whatever the share")


@breaks("the first row below", MODEL, "this.limit * (1 - (2 *", "this.limit * (-1 + (2 *")
@breaks("corners of cells", MODEL, "(2 * (i % cells) + 1) / cells", "(2 * (i % cells)) / cells")
@breaks("one noise kept for all", MODEL, "`${sigma} ${cells}`", "`${cells}`")
def test_arrows() -> None:
    holds("score_field", "arrows are those of the answers, from the middles of cells, the first row above")


@breaks("the furthest", MODEL, "least = Math.min(least, Math.hypot(", "least = Math.max(least, Math.hypot(")
@breaks("from the first", MODEL, "this.points[2 * k + 1] - y));", "this.points[1] - y));")
def test_distances() -> None:
    holds("score_field", "distance is that to the nearest of the means")


@breaks("old arrows", MODEL, "    this.kept.clear();", "")
@breaks("old networks", MODEL, "    this.levels = levels;\n    this.kept", "    this.kept")
def test_other_networks() -> None:
    holds("score_field", "other networks answer from then on, and what was kept is forgotten")


@breaks("a memory without end", MODEL, " && this.steps < LONGEST", "")
@breaks("steps that are kept", MODEL, "    this.steps = 0;", "")
@breaks("the shorter of two ways", MODEL, 'Math.max(far("exact"), far("model"))',
        'Math.min(far("exact"), far("model"))')  # fmt: skip
def test_long_walks() -> None:
    holds("score_field", "a change begins anew, and a long walk keeps no more than it should")
