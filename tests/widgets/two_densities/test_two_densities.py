"""What TwoDensities sends to a page, and words for what it cannot show."""

from __future__ import annotations

import pytest
from ipywidgets.embed import embed_data

from genlib.widgets import TwoDensities


def test_what_is_set_is_what_the_page_gets() -> None:
    widget = TwoDensities("qp", means=(-1, 2), sigmas=(0.3, 1.5), share=0.25, start=(3, 0.5))
    state = embed_data([widget])["manager_state"]["state"][widget.model_id]["state"]
    assert {name: state[name] for name in ("kl", "means", "sigmas", "share", "start")} == {
        "kl": "qp", "means": [-1, 2], "sigmas": [0.3, 1.5], "share": 0.25, "start": [3, 0.5],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kl": "js"}, "kl is 'js', expected 'pq' or 'qp'"),
        ({"means": (0, 5)}, r"means is \[0.*, 5.*\], expected two numbers from -4 to 4"),
        ({"means": (0,)}, "expected two numbers from -4 to 4"),
        ({"sigmas": (0.1, 1)}, r"sigmas is \[0.1, 1.*\], expected two numbers from 0.2 to 2"),
        ({"share": 1}, "share is 1.*, expected more than 0 and less than 1"),
        ({"start": (0, 3)}, r"start is \[0.*, 3.*\], expected a mean from -4 to 4 and a standard deviation"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(options: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        TwoDensities(**options)  # type: ignore[arg-type]


def test_python_may_move_what_the_reader_moves() -> None:
    widget = TwoDensities()
    widget.means = [0.5, 0.5]
    with pytest.raises(ValueError, match="means is"):
        widget.means = [9.0, 0.0]
    assert widget.means == [0.5, 0.5]
