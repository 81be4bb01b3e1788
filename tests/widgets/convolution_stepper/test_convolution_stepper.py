"""What ConvolutionStepper sends to a page, and words for what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import traitlets
from torch import nn

from genlib.widgets import ConvolutionStepper


def test_a_kernel_of_ones_own_goes_to_the_page() -> None:
    layer = nn.Conv2d(3, 2, 4)
    widget = ConvolutionStepper("transposed", w=layer.weight[1, 2])
    assert (widget.kernel, widget.weights) == (4, "own")
    assert widget.own == layer.weight[1, 2].tolist()
    widget.update(torch.eye(2))
    assert (widget.kernel, widget.own) == (2, [[1, 0], [0, 1]])
    assert ConvolutionStepper().weights == "edge"
    assert ConvolutionStepper(w=torch.eye(3), weights="ones").weights == "ones"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ConvolutionStepper(w=torch.zeros(3, 4)), r"w is of shape \(3, 4\), expected a tensor \(k, k\)"),
        (lambda: ConvolutionStepper(w=torch.zeros(6, 6)), "k from 2 to 5"),
        (lambda: ConvolutionStepper(w=torch.zeros(1, 1, 3, 3)), r"conv.weight\[0, 0\]"),
        (lambda: ConvolutionStepper(w=[[1.0]]), "w is a list, expected a tensor"),
        (lambda: ConvolutionStepper(w=torch.full((3, 3), math.nan)), "expected finite ones"),
        (lambda: ConvolutionStepper(w=torch.ones(3, 3, dtype=torch.long)), "expected finite ones"),
        (lambda: ConvolutionStepper(weights="own"), "there is no w, expected a kernel"),
        (lambda: ConvolutionStepper(w=torch.eye(3), kernel=4), "kernel is 4 and w is 3 wide, expected the same"),
        (lambda: ConvolutionStepper().update(torch.zeros(3)), "expected a tensor"),
    ],
)
def test_what_is_no_kernel_is_refused_in_words(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(
    "options", [{"kernel": 6}, {"kernel": 1}, {"stride": 0}, {"padding": 3}, {"side": 9}, {"picture": "cat"}]
)
def test_options_out_of_range_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(traitlets.TraitError):
        ConvolutionStepper(**options)
