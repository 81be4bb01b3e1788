"""What Dream sends to a page and takes back, and words for what it cannot show."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
import torch
from ipywidgets.embed import embed_data
from torch import Tensor

from genlib.energy import DBN, RBM, CentredRBM, ClassRBM
from genlib.widgets import Dream
from genlib.widgets.packing import LIMIT, unpack_tensors


def network(*widths: int, classes: int = 0) -> DBN:
    *below, (d, h) = pairwise(widths)
    top = ClassRBM(d, classes, h) if classes else RBM(d, h)
    return DBN(*(CentredRBM(*pair) for pair in below), top)


def bits(*shape: int) -> Tensor:
    return (torch.rand(shape) < 0.5).float()


def test_labels_are_sent_apart_and_give_the_top_back_when_joined() -> None:
    dbn = network(16, 6, 5, classes=3)
    dream = Dream(dbn)
    read = unpack_tensors(dream.weights, dream.spec)
    assert list(read) == ["W0", "b0", "c0", "W1", "b1", "c1", "U", "d"]
    close = {"rtol": 2**-11, "atol": 1e-7}
    assert torch.allclose(torch.cat([read["W1"], read["U"]], 1), dbn.top.W.double(), **close)
    assert torch.allclose(torch.cat([read["c1"], read["d"]]), dbn.top.c.double(), **close)
    assert torch.allclose(read["W0"], dbn.layers[0].W.double(), **close)
    assert dream.classes == 3
    assert list(unpack_tensors(*_packed(network(16, 6, 5)))) == ["W0", "b0", "c0", "W1", "b1", "c1"]


def _packed(dbn: DBN) -> tuple[bytes, dict]:
    dream = Dream(dbn)
    assert dream.classes == 0
    return dream.weights, dream.spec


def test_the_network_of_the_zoo_fits_into_a_page() -> None:
    dream = Dream(network(784, 300, 500, classes=10), examples=bits(100, 1, 28, 28))
    assert {dream.spec[name]["dtype"] for name in ("W0", "W1", "U")} == {"int8"}
    assert len(dream.weights) <= LIMIT
    state = embed_data([dream], drop_defaults=False)["manager_state"]["state"][dream.model_id]
    assert {tuple(buffer["path"]) for buffer in state["buffers"]} == {("weights",), ("examples",)}
    assert len(json.dumps(state)) < 700_000


def test_examples_travel_as_bits_a_hundred_at_most() -> None:
    x = bits(130, 16)
    dream = Dream(network(16, 6, 5), examples=x)
    read = np.unpackbits(np.frombuffer(dream.examples, np.uint8))[: 100 * 16].reshape(100, 16)
    assert torch.equal(torch.from_numpy(read).float(), x[:100])
    assert Dream(network(16, 6, 5)).examples == b""


def test_start_label_and_weights_can_be_changed_from_python() -> None:
    x, dbn, other = bits(16), network(16, 6, 5, classes=3), network(16, 6, 5, classes=3)
    dream = Dream(dbn, x, label=2, k=7, seed=3)
    assert (dream.start, dream.label, dream.k, dream.seed, dream.y) == (x.int().tolist(), 2, 7, 3, -1)
    heard: list[object] = []
    dream.observe(lambda change: heard.append(change["new"]), "start")
    dream.restart(x)
    assert heard == [[], x.int().tolist()]
    before = dream.weights
    dream.update(other)
    assert dream.weights != before
    dream.update(dbn)
    assert dream.weights == before
    assert Dream(dbn).label == -1


def test_what_the_page_reports_comes_back_as_tensors() -> None:
    dream = Dream(network(16, 6, 5))
    assert dream.x is None
    dream.set_state({"x": [[0, 1] * 8], "h": [[1, 0, 0, 1, 1, 0]], "y": 2, "prob_y": [0.25, 0.25, 0.5], "sweep": 9})
    assert torch.equal(dream.x, torch.tensor([[0.0, 1.0] * 8]))
    assert dream.h.shape == (1, 6)
    assert (dream.y, dream.prob_y, dream.sweep) == (2, [0.25, 0.25, 0.5], 9)


@pytest.mark.parametrize(
    ("options", "got", "expected"),
    [
        ({"label": 3}, "label is 3", "one of the 3"),
        ({"label": -1}, "label is -1", "one of the 3"),
        ({"k": 51}, "k is 51", "1 to 50"),
        ({"k": 0}, "k is 0", "1 to 50"),
        ({"shape": (3, 5)}, "16 pixels do not fill a 3 x 5", "rows"),
        ({"examples": torch.zeros(2, 9)}, "examples has 9 features", "has 16"),
        ({"examples": torch.full((2, 16), 0.5)}, "other than 0 and 1", "binarize"),
        ({"x": torch.zeros(9)}, "x has 9 features", "has 16"),
    ],
)
def test_errors_state_got_and_expected(options: dict, got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        Dream(network(16, 6, 5, classes=3), **options)


def test_what_is_no_stack_or_another_stack_is_refused() -> None:
    with pytest.raises(ValueError, match=r"1 layer, expected at least 2; .* GibbsChain"):
        Dream(network(16, 6))
    with pytest.raises(ValueError, match=r"label is 0, expected None or one of the 0"):
        Dream(network(16, 6, 5), label=0)
    with pytest.raises(ValueError, match="expected the sizes that this widget shows"):
        Dream(network(16, 6, 5)).update(network(16, 6, 4))
    with pytest.raises(ValueError, match=r"cannot run layer 0, a ClassRBM, expected one of RBM, CentredRBM"):
        Dream(DBN(ClassRBM(6, 3, 5), RBM(5, 4)))
    broken = network(16, 6, 5)
    broken.top.W.data[0, 0] = torch.nan
    with pytest.raises(ValueError, match="not finite"):
        Dream(broken)
    with pytest.raises(ValueError, match="do not fit"):
        Dream(network(784, 500, 500))
