"""GibbsChain's `model.js` against torch: the laws of its script, with their faults."""

from __future__ import annotations

from deno_tests import holds
from mutants import breaks


@breaks("hidden units of the other phase", "gibbs_chain/model.js", "positive.h[j] * positive.x[i]",
        "negative.h[j] * positive.x[i]")  # fmt: skip
@breaks("pixels of the other phase", "gibbs_chain/model.js", "lowered[i] = negative.h[j] * negative.x[i]",
        "lowered[i] = negative.h[j] * positive.x[i]")  # fmt: skip
@breaks("phases the wrong way round", "gibbs_chain/model.js", "raised[i] - lowered[i]", "lowered[i] - raised[i]")
@breaks("energy upside down", "gibbs_chain/model.js", "free: machine.freeEnergy(x)", "free: -machine.freeEnergy(x)")
@breaks("input without its bias", "gibbs_chain/model.js", "let sum = bias;", "let sum = 0;")
def test_both_phases() -> None:
    holds("gibbs_chain", "both phases equal the learning rule, and so does the input of a unit")


@breaks("half of the data in the band", "gibbs_chain/model.js", "from: at(0.1)", "from: at(0.25)")
def test_the_band() -> None:
    holds("gibbs_chain", "the band holds the middle 80 of 100 images")


@breaks("kept pixels are not put back", "gibbs_chain/model.js", "(mask[i] ? image[i] : coin)", "coin")
@breaks("all of an image is kept", "gibbs_chain/model.js", "(mask[i] ? image[i] : coin)", "image[i]")
def test_kept_pixels() -> None:
    holds("gibbs_chain", "kept pixels come from the image, and the others from noise")


@breaks("a frame that does not restart", "gibbs_chain/model.js", 'chain.start(data, "data");', "")
def test_a_frame() -> None:
    holds("gibbs_chain", "a frame restarts at the data, or goes on")


@breaks("always the first image", "gibbs_chain/model.js", "example = (example + 1) % examples.length", "example = 0")
def test_images_take_turns() -> None:
    holds("gibbs_chain", "images of the data take turns, and made pictures are no data")


@breaks("the seed forgotten at the reset", "gibbs_chain/model.js", "chain.reseed();", "")
def test_the_same_seed() -> None:
    holds("gibbs_chain", "the same seed repeats a run, and reset begins it again")


@breaks("halves that overlap", "gibbs_chain/model.js", "column >= columns / 2", "column >= columns / 2 - 1")
def test_halves() -> None:
    holds("gibbs_chain", "halves are halves, also of an odd number of rows and columns")


@breaks("ink of one colour", "gibbs_chain/model.js", ": -values[i]", ": values[i]")
def test_ink() -> None:
    holds("gibbs_chain", "ink above zero is data's, or kept; below it the model's")


@breaks("an axis made for noise", "gibbs_chain/model.js", "sweep >= from", "sweep >= 0")
def test_the_axis() -> None:
    holds("gibbs_chain", "the axis of energies leaves out where noise began")
