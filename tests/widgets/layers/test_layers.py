"""Layers of networks in the page against torch: the laws of its script, with their faults."""

from __future__ import annotations

from deno_tests import holds
from mutants import breaks


@breaks("kernel turned over", "js/layers/conv.js", "runs.push(u * width + v,",
        "runs.push((height - 1 - u) * width + v,")  # fmt: skip
@breaks("padding of the other axis", "js/layers/conv.js", "(i * down - padding[0] + u)", "(i * down - padding[1] + u)")
@breaks("stride of the other axis", "js/layers/conv.js", "step: along,", "step: down,")
@breaks("output padding forgotten", "js/layers/conv.js", "- 2 * p + k + extra[axis]", "- 2 * p + k")
@breaks("one pixel too far", "js/layers/conv.js", "Math.floor((fine - 1 + padding", "Math.floor((fine + padding")
@breaks("one pixel too late", "js/layers/conv.js", "Math.ceil((padding - k)", "Math.floor(1 + (padding - k)")
@breaks("bias by pixel", "js/layers/conv.js", "bias[c % bias.length]", "bias[0]")
@breaks("gradient of biases", "js/layers/conv.js", "db[c % db.length] += sum", "db[c % db.length] = sum")
@breaks("gradient of weights", "js/layers/conv.js", "gradient[w + runs[r]] += sum", "gradient[w + runs[r]] = sum")
@breaks("gradient at the input", "js/layers/conv.js", "scatter(meeting, dy, dx, weight, batch)",
        "scatter(meeting, dy, dx, dW, batch)")  # fmt: skip
@breaks("a sum of one", "js/layers/add.js", "a[i] + b[i]", "b[i] + b[i]")
@breaks("a skip without its gradient", "js/layers/add.js", "=> [dy, dy]", "=> [dy.map(() => 0), dy]")
@breaks("the value before in place of the skip", "js/network.js", "part.from ?? [i]", "part.from?.map(() => i) ?? [i]")
@breaks("the last gradient alone", "js/network.js", "sum[i] = before[i] + slope[i]", "sum[i] = slope[i]")
@breaks("sums of the last pass", "js/network.js", "taken.clear();", "")
@breaks("picture of another shape", "js/layers/shapes.js", "/** @type {number[]} */ (part.shape)",
        "part.shape.toReversed()")  # fmt: skip
def test_pictures_forward_and_back() -> None:
    holds("layers", "pictures forward and back equal torch's")


@breaks("padding of the other axis", "js/layers/conv.js", "(i * down - padding[0] + u)", "(i * down - padding[1] + u)")
def test_single_precision() -> None:
    holds("layers", "in single precision the error is small")
