"""What widgets share against torch: the laws of its script, with their faults."""

from __future__ import annotations

from deno_tests import holds
from mutants import breaks


@breaks("a drawing off the middle", "js/drawing.js", "Math.round(at - 14)", "Math.round(at - 12)")
@breaks("a drawing too small", "js/drawing.js", '(kind === "mnist" ? 20 : 32)', '(kind === "mnist" ? 16 : 32)')
def test_a_drawing_is_made_as_mnist() -> None:
    holds("js", "a drawing becomes an image as MNIST made them")


@breaks("a drawing where it was made", "js/drawing.js", "box.left + box.width / 2 - reach", "56 - reach")
def test_where_it_was_drawn() -> None:
    holds("js", "where it was drawn does not matter, nor how large")


@breaks("a blank sheet has a box", "js/drawing.js", "right < 0 ? null : {", "{")
def test_blank_drawings() -> None:
    holds("js", "blank drawings stay blank")


@breaks("half a block is ink", "js/drawing.js", "(value >= 0.5)", "(value >= 0.1)")
def test_blocks() -> None:
    holds("js", "blocks count sixteenths, as many as there is ink")


@breaks("blocks of another row", "js/drawing.js", "8 * Math.floor(i / 128)", "8 * Math.floor(i / 256)")
def test_digits_drawn_again() -> None:
    holds("js", "small digits that are drawn again are themselves")


@breaks("pictures that are not square", "js/drawing.js", "if (rows !== columns) return null;", "")
def test_kinds_of_images() -> None:
    holds("js", "a drawing is made into an image where data have that size")


@breaks("every entry is kept", "js/history.js", "kept = kept.filter((_, i) => i % 2 === 0);", "")
def test_a_history() -> None:
    holds("js", "a history keeps its room, its beginning and the present")


@breaks("twice at one place", "js/history.js", "if (at === now) {", "if (at < now) {")
def test_the_same_place_again() -> None:
    holds("js", "the same place again takes the place of what was there")


@breaks("a zero with a minus", "js/words.js", r'.replace(/^-(0\.?0*)$/, "$1")', "")
def test_numbers_for_people() -> None:
    holds("js", "numbers are written for people")


@breaks("ELU without alpha", "js/layers/activations.js", "make({ alpha, slope: leak })",
        "make({ alpha: 1, slope: leak })")  # fmt: skip
def test_forward() -> None:
    holds("js", "forward equals torch")


@breaks("slope of ELU", "js/layers/activations.js", "a > 0 ? 1 : y + alpha", "a > 0 ? 1 : y")
@breaks("slope of SiLU", "js/layers/activations.js", "y + sigmoid(a) * (1 - y)", "sigmoid(a) * (1 - y)")
@breaks("bias gradient", "js/layers/linear.js", "db[o] += d;", "db[o] = d;")
@breaks("Adam's epsilon inside the root", "js/adam.js", "(Math.sqrt(square[i]) / root + eps)",
        "Math.sqrt(square[i] / root ** 2 + eps)")  # fmt: skip
@breaks("Adam without correction", "js/adam.js", "const rate = this.lr / (1 - betas[0] ** t)", "const rate = this.lr")
def test_fifty_steps_of_adam() -> None:
    holds("js", "fifty steps of Adam equal torch's")


@breaks("a sum that begins with the last one", "js/layers/linear.js", "y[at] = s0;", "y[at] += s0;")
def test_a_smaller_batch() -> None:
    holds("js", "a smaller batch after a larger one is not contaminated")


@breaks("a softplus that overflows", "js/functions.js", "Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)))",
        "Math.log1p(Math.exp(a))")  # fmt: skip
def test_softplus_losses() -> None:
    holds("js", "softplus losses are stable and exact")


@breaks("any layer", "js/network.js", "if (!MAKERS[kind]) {", "if (!kind) {")
def test_unknown_layers() -> None:
    holds("js", "an unknown layer is refused in words")


@breaks("half without its hidden bit", "js/packing.js", "(1 + fraction / 1024)", "(fraction / 1024)")
def test_half_precision() -> None:
    holds("js", "half precision is read exactly")


@breaks("one scale for all rows", "js/packing.js", "view.getFloat32(offset + 4 * r, true)",
        "view.getFloat32(offset, true)")  # fmt: skip
def test_packed_numbers() -> None:
    holds("js", "the page reads the very numbers that Python reads")


@breaks("the start of the buffer", "js/packing.js", "view.getFloat32(at + 4 * i, true)",
        "new DataView(view.buffer).getFloat32(at + 4 * i, true)")  # fmt: skip
def test_a_view() -> None:
    holds("js", "a view into a larger buffer is read from its own start")


@breaks("any format", "js/packing.js", "if (!read) {", "if (!dtype) {")
def test_unknown_formats() -> None:
    holds("js", "an unknown format is refused in words")


@breaks("bits from the wrong end", "js/packing.js", "(7 - (i & 7))", "(i & 7)")
def test_bits() -> None:
    holds("js", "bits come back as the pictures they were")


@breaks("coins that are too often tails", "js/random.js", "uniform() < p[i] ? 1 : 0", "uniform() < 0.97 * p[i] ? 1 : 0")
def test_random_numbers() -> None:
    holds("js", "random numbers have the moments of the distributions that they claim")


@breaks("half of a pair forgotten", "js/random.js", "spare = saved.spare;", "")
def test_seeds() -> None:
    holds("js", "seeds repeat and differ, and the state can be put back")


@breaks("no bias of x", "js/rbm.js", "field(h, hidden, W, c, out, on)",
        "field(h, hidden, W, like(c, visible), out, on)")  # fmt: skip
@breaks("four rows at a time, one of them twice", "js/rbm.js", "u1 * rows[r1 + i]", "u1 * rows[r0 + i]")
def test_machines() -> None:
    holds("js", "conditionals and energies equal torch's")


@breaks("mean of h in place of a sample", "js/rbm.js", "random.bernoulli(probH(x, meanH), h);",
        "h.set(probH(x, meanH));")  # fmt: skip
@breaks("x from the mean of h", "js/rbm.js", "probX(h, meanX);", "probX(meanH, meanX);")
@breaks("kept units are drawn too", "js/rbm.js", "if (clamp[i]) meanX[i] = x[i]", "if (false) meanX[i] = x[i]")
@breaks("kept units are off", "js/rbm.js", "if (clamp[i]) meanX[i] = x[i]", "if (clamp[i]) meanX[i] = 0")
@breaks("the other units are kept", "js/rbm.js", "if (clamp[i]) meanX[i] = x[i]", "if (!clamp[i]) meanX[i] = x[i]")
def test_sweeps() -> None:
    holds("js", "sweeps leave the exact distribution unchanged")
