"""EMSteps' `model.js` against torch: the laws of its script, with their faults."""

from __future__ import annotations

from deno_tests import holds
from mutants import breaks


@breaks("weights left as they are", "em_steps/model.js", "return normalised(logWeights).map(", "return logWeights.map(")
@breaks("no probability of a zero", "em_steps/model.js", "return log - zeros;", "return log;")
@breaks("the lower half", "em_steps/model.js", "k * size, k * size + half)", "k * size + half, k * size + 2 * half)")
@breaks("the least likely", "em_steps/model.js", "if (joint[i] > joint[best])", "if (joint[i] < joint[best])")
@breaks("smoothed on one side", "em_steps/model.js", "log(count) - log(off)", "log(count) - log(off - smoothing)")
@breaks("weights without smoothing", "em_steps/model.js", "normalised(total.map(log))",
        "normalised(total.map(Math.log))")  # fmt: skip
@breaks("a line of the logits alone", "em_steps/model.js", "value + s * (to.logWeights[k] - value)", "value")
@breaks("coins without a limit", "em_steps/model.js", "Math.max(-MOST, Math.min(MOST, log(count) - log(off)))",
        "log(count) - log(off)")  # fmt: skip
def test_a_round() -> None:
    holds("em_steps", "a round is torch's")


@breaks("counts of every pixel", "em_steps/model.js", "if (x[i]) on[k * size + i] += share",
        "on[k * size + i] += share")  # fmt: skip
def test_five_rounds() -> None:
    holds("em_steps", "five rounds are the library's fit_em")


@breaks("an entropy of the wrong sign", "em_steps/model.js", "entropy -= ", "entropy += ")
def test_both_steps() -> None:
    holds("em_steps", "E closes the gap, M raises both, and the likelihood never falls")


@breaks("a line of the weights alone", "em_steps/model.js", "value + s * apart[i]),", "value),")
def test_the_line() -> None:
    holds("em_steps", "the step along the line ends where the bound is greatest")


@breaks("the M step of old guesses", "em_steps/model.js", 'this.expect();\n    this.here = this', "this.here = this")
@breaks("an E step that is made twice", "em_steps/model.js", "if (this.fresh) return;", "")
def test_one_e_step() -> None:
    holds("em_steps", "an E step is made once, and an M step waits for it")


@breaks("a change that is not felt", "em_steps/model.js", "Object.assign(this.setting, to);", "")
def test_half_blind() -> None:
    holds("em_steps", "what the Try says: q that is half blind leaves a gap, and the likelihood falls")


@breaks("twins that differ", "em_steps/model.js", "logits[i] = logits[i % size]", "logits[i] = logits[i]")
def test_twins() -> None:
    holds("em_steps", "what the Try says: twins stay alike")


@breaks("a swallowed picture upside down", "em_steps/model.js", "pictures[0][i] ? MOST : -MOST",
        "pictures[0][i] ? -MOST : MOST")  # fmt: skip
def test_a_kept_picture() -> None:
    holds("em_steps", "what the Try says: a picture is kept, until a pseudo-count of a half takes it")


@breaks("shares in the order of the file", "em_steps/model.js", "b.share - a.share || a.n - b.n", "a.n - b.n")
def test_own_pictures() -> None:
    holds("em_steps", "a component's own pictures come by their share")


@breaks("all is remembered", "em_steps/model.js", "if (last >= MEMORY)", "if (false)")
def test_what_is_remembered() -> None:
    holds("em_steps", "what is remembered stays within bounds, and ends with the present")
