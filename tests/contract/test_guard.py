"""The checks at the door of every public method: what they say, and that they let through what is right."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genlib._guard import at_least, batch, binary, finite, grey, mask, rows, same_number, sound

NET = nn.Linear(3, 2).float()


def broken(value: float) -> nn.Linear:
    net = nn.Linear(3, 2)
    net.bias.data[1] = value
    return net


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: batch(np.zeros((2, 3)), NET), r"x is a numpy.ndarray.*torch.as_tensor\(x\)"),
        (lambda: batch([[0.0]], NET), "x is a list, expected a torch.Tensor"),
        (
            lambda: batch(torch.zeros(2, 3).double(), NET),
            r"float64, this Linear has torch.float32: x.to\(torch.float32",
        ),
        (lambda: batch(torch.zeros(2, 3, dtype=torch.uint8), NET), "uint8, this Linear has torch.float32"),
        (lambda: batch(torch.zeros(2, 3).float().to("meta"), NET), 'on device meta, this Linear is on cpu: x.to."cpu"'),
        (lambda: batch(torch.zeros(3).float(), NET, "z"), r"z has shape \(3,\), expected a batch.*z\[None\]"),
        (lambda: batch(torch.zeros(0, 3).float(), NET), r"x is empty, of shape \(0, 3\), expected at least one"),
        (lambda: rows(torch.zeros(2, 1, 3).float(), NET, 3), r"\(2, 1, 3\), expected vectors \(B, 3\): x.flatten\(1\)"),
        (
            lambda: rows(torch.zeros(2, 4).float(), NET, 3, "h", "hidden units"),
            "h has 4 hidden units, this Linear has 3",
        ),
        (
            lambda: same_number(torch.zeros(1, 2), torch.zeros(3, 2), "h"),
            r"h has shape \(1, 2\), x has \(3, 2\), expected as many examples",
        ),
        (lambda: grey(torch.tensor([0.0, 255.0])), "x has values from 0 to 255, expected 0 to 1"),
        (lambda: grey(torch.tensor([-1.0, 1.0]), "h"), "h has values from -1 to 1"),
        (lambda: grey(torch.tensor([0.0, math.nan])), "x has values from nan to nan"),
        (
            lambda: binary(torch.tensor([0.0, 0.5])),
            r"between 0 and 1, expected zeros and ones alone: data.binarize\(x\)",
        ),
        (lambda: binary(torch.tensor([0.0, math.inf])), "from 0 to inf"),
        (lambda: mask(torch.tensor([0, 1]), torch.zeros(3, 2)), "clamp has dtype torch.int64, expected.*clamp == 1"),
        (lambda: mask([True, False], torch.zeros(3, 2)), "clamp is a list, expected a torch.Tensor"),
        (lambda: mask(torch.tensor([True]), torch.zeros(3, 2)), r"shape \(1,\), expected \(2,\) or \(3, 2\)"),
        (lambda: at_least(1, steps=0), "steps is 0, expected a whole number, at least 1"),
        (lambda: at_least(1, samples=2.0), "samples is 2.0, expected a whole number"),
        (lambda: at_least(0, n=True), "n is True"),
        (lambda: finite(broken(math.nan)), "bias of this Linear has 1 values that are NaN or infinite"),
        (lambda: finite(broken(-math.inf)), "bias of this Linear has 1 values"),
        (lambda: sound(torch.tensor([math.nan]), broken(math.nan)), "bias of this Linear"),
        (lambda: sound(torch.tensor([math.nan]), NET, x=torch.tensor([math.nan])), "x has 1 values that are NaN"),
    ],
)
def test_words(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_what_is_right_passes_unchanged() -> None:
    x, empty = torch.tensor([[0.0, 1.0, 1.0]]).float(), nn.ELU()
    chosen = x > 0
    assert all(check is x for check in (batch(x, NET), rows(x, NET, 3), same_number(x, x, "h"), grey(x), binary(x)))
    assert batch(x.double(), empty).dtype == torch.float64, "a model without parameters has no dtype of its own"
    assert mask(chosen, x) is chosen
    assert mask(chosen[0], x).shape == (3,)
    assert grey(x / 2).max() == 0.5
    at_least(0, n=0, steps=np.int64(3))


def test_large_numbers_are_finite_though_their_sum_is_not() -> None:
    net = nn.Linear(3, 2).float()
    net.weight.data.fill_(3e38)
    finite(net)


def test_a_result_that_overflows_is_passed_on() -> None:
    """Parameters and data are sound: what to say of it is known to the caller, such as `fit`."""
    result = torch.tensor([math.inf])
    assert sound(result, NET, x=torch.zeros(1)) is result


def test_checks_build_no_graph() -> None:
    x: Tensor = torch.tensor([[0.0, 1.0, 1.0]], requires_grad=True).float()
    assert binary(x) is x
    assert sound(x, NET) is x
