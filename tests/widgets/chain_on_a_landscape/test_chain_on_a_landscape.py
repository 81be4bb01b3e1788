"""What ChainOnALandscape sends to a page, and words for what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import traitlets

from genlib.widgets import ChainOnALandscape


def test_hills_go_to_the_page() -> None:
    widget = ChainOnALandscape([(0, 1, 0.5), (2, -1, 0.3, 4)])
    assert widget.hills == [
        {"x": 0, "y": 1, "width": 0.5, "weight": 1},
        {"x": 2, "y": -1, "width": 0.3, "weight": 4},
    ]
    assert widget.landscape == "drawn by hand"
    widget.update([(1, 1, 1)])
    assert widget.hills == [{"x": 1, "y": 1, "width": 1, "weight": 1}]
    assert ChainOnALandscape().landscape == "three hills"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ChainOnALandscape([(0, 1)]), r"a hill is \(0, 1\), expected"),
        (lambda: ChainOnALandscape([(0, 1, 0)]), r"a hill is \(0, 1, 0\), expected"),
        (lambda: ChainOnALandscape([(0, math.nan, 1)]), "a hill is"),
        (lambda: ChainOnALandscape([(0, 1, 1, -1)]), "sizes above 0"),
        (lambda: ChainOnALandscape([(0, 0, 1)] * 61), "hills are 61, expected at most 60"),
        (lambda: ChainOnALandscape(landscape="drawn by hand"), "there are no hills, expected some"),
        (lambda: ChainOnALandscape().update([(0, 1)]), "a hill is"),
    ],
)
def test_what_is_no_hill_is_refused_in_words(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("options", [{"scale": 11}, {"walker": "hmc"}, {"landscape": "alps"}, {"first": 5000}])
def test_options_out_of_range_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(traitlets.TraitError):
        ChainOnALandscape(**options)
