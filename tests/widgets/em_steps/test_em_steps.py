"""What EMSteps sends to a page and reads back, and words for what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from page_models import coins
from torch.testing import assert_close

from genlib import data
from genlib.mixture import BernoulliMixture
from genlib.widgets import EMSteps


def mixture(features: int = 12, components: int = 3) -> BernoulliMixture:
    model = BernoulliMixture(features, components)
    with torch.no_grad():
        model.log_weights.normal_()
        model.logits.normal_()
    return model


def test_the_first_digits_are_shown_where_nothing_is_given() -> None:
    widget = EMSteps()
    bits = np.unpackbits(np.frombuffer(widget.pictures, np.uint8))
    digits = data.binarize(data.load("digits")[0][0][:200]).flatten(1)
    assert np.array_equal(bits.reshape(200, 64), digits.numpy())
    assert (widget.shape, widget.start, widget.components) == ([8, 8], "random", 6)


def test_a_mixture_goes_to_the_page_and_comes_back() -> None:
    given, x = mixture(), coins(20, 12)
    widget = EMSteps(x, given, shape=(3, 4))
    assert (widget.start, widget.components) == ("given", 3)
    assert_close(widget.model().log_prob(x), given.log_prob(x))
    later = mixture(components=5)
    widget.update(later)
    assert_close(widget.model().log_prob(x), later.log_prob(x))
    reached = mixture(components=2)
    values = torch.cat([reached.log_weights, reached.logits.flatten()]).detach()
    widget.parameters = values.numpy().tobytes()
    assert_close(widget.model().log_prob(x), reached.log_prob(x))


def test_float32_is_sent_as_it_is() -> None:
    given, x = mixture().float(), coins(20, 12).float()
    assert_close(EMSteps(x, given, shape=(3, 4)).model().log_prob(x.double()).float(), given.log_prob(x))


def unfinite() -> BernoulliMixture:
    model = mixture()
    model.logits.data[0, 0] = math.nan
    return model


class Other(BernoulliMixture):
    """Might compute something else."""


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: EMSteps(x), "12 pixels do not fill"),
        (lambda x: EMSteps(x / 2, shape=(3, 4)), "other than 0 and 1"),
        (lambda x: EMSteps(x[:0], shape=(3, 4)), "0 pictures, expected 1 to 500"),
        (lambda x: EMSteps(coins(501, 12), shape=(3, 4)), "501 pictures, expected 1 to 500"),
        (lambda x: EMSteps(x, start="given", shape=(3, 4)), "no mixture is, expected one"),
        (lambda x: EMSteps(x, mixture(11), shape=(3, 4)), "11 features, expected 12"),
        (lambda x: EMSteps(x, mixture(12, 13), shape=(3, 4)), "13 components, expected at most 12"),
        (lambda x: EMSteps(x, unfinite(), shape=(3, 4)), "not finite"),
        (lambda x: EMSteps(x, Other(12, 3), shape=(3, 4)), "Other"),
        (lambda x: EMSteps(x, shape=(3, 4)).update(mixture(11)), "11 features, expected 12"),
    ],
)
def test_what_the_page_cannot_run_is_refused_in_words(call: Callable[..., object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call(coins(20, 12))
