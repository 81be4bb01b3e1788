"""ConvolutionStepper's `model.js` against torch: the laws of its script, with their faults."""

from __future__ import annotations

from deno_tests import holds
from mutants import breaks

MODEL, NAME = "convolution_stepper/model.js", "convolution_stepper"


@breaks("a kernel of its diagonal", MODEL, "column = stride * j + b - padding", "column = stride * j + a - padding")
@breaks("a margin on the other side", MODEL, "stride * i + a - padding", "stride * i + a + padding")
@breaks("a place too many", MODEL, "(side + 2 * padding - kernel) / stride", "(side + 2 * padding) / stride")
@breaks("products of absolute values", MODEL, "sum + weight * this", "sum + Math.abs(weight) * this")
def test_a_convolution() -> None:
    holds(NAME, "convolution: matrix and map are torch's")


@breaks("a crop of one side", MODEL, "kernel - 2 * padding", "kernel - padding")
@breaks("stamps of equal strength", MODEL, "map[pixel] += z[i] * weight", "map[pixel] += weight")
def test_a_transposed_convolution() -> None:
    holds(NAME, "transposed: matrix and map are torch's")


@breaks(
    "the middle of an even kernel", MODEL, "before = Math.floor((kernel - 1) / 2)", "before = Math.floor(kernel / 2)"
)
@breaks("copies of one direction", MODEL, "Math.floor(from / stride) * small", "Math.floor(left / stride) * small")
def test_resizing() -> None:
    holds(NAME, "resized: matrix and map are torch's")


@breaks("the smallest picked", MODEL, "x[at] > x[most]", "x[at] < x[most]")
@breaks("the corner picked", MODEL, "(x[at] > x[most]) most = at", "(x[at] > x[most]) most = most")
def test_pooling() -> None:
    holds(NAME, "pooling picks the largest, and unpooling puts it back")


@breaks("phases along one axis", MODEL, "(a % stride) * stride + (b % stride)", "(a % stride) * stride + (a % stride)")
@breaks("the mean's share", MODEL, "1 - (mean * mean) / square", "(mean * mean) / square")
def test_phases() -> None:
    holds(NAME, "phases of a plain answer are torch's")


@breaks("what comes is known", MODEL, "if (i >= this.place) return 0", "if (i >= this.places) return 0")
@breaks("no way back", MODEL, "Math.max(0, this.place - 1)", "Math.max(0, this.place)")
def test_places() -> None:
    holds(NAME, "places are done one by one, and undone")


@breaks("all stamps at once", MODEL, "i < this.place; i++", "i < this.places; i++")
def test_stamps() -> None:
    holds(NAME, "stamps add up place by place")


@breaks("a stroke that is upright", MODEL, "side - 1 - Math.floor((row + 1) / 2)", "side - 1")
@breaks("a slope too steep", MODEL, "Math.ceil((width + 1) / 2)", "Math.ceil(width + 1)")
@breaks("noise of one seed", MODEL, "createRandom(seed), middle", "createRandom(0), middle")
def test_pictures_and_kernels() -> None:
    holds(NAME, "pictures and kernels are what they are called")


@breaks("what does not fit is done", MODEL, "small >= 1 && large >= 1", "true")
def test_what_does_not_fit() -> None:
    holds(NAME, "a kernel that does not fit is said to")


@breaks("a stride of one", MODEL, "const row = stride * i + a - padding, column = stride * j",
        "const row = i + a - padding, column = j")  # fmt: skip
def test_overlaps() -> None:
    holds(NAME, "overlaps inside")
