"""What Python sends to a page: weights packed within known error, and words for what cannot be shown."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from ipywidgets.embed import embed_data
from mutants import breaks
from torch import nn

import genlib.widgets
from genlib.energy import RBM
from genlib.nn import mlp
from genlib.widgets import GibbsChain
from genlib.widgets import __all__ as names
from genlib.widgets.base import ROOT, Widget, check_image
from genlib.widgets.modules import _read, join, modules_of
from genlib.widgets.packing import LIMIT, pack, pack_tensors, rounded, unpack_tensors

# Packing


@pytest.mark.parametrize(("dtype", "relative"), [("float32", 2**-24), ("float16", 2**-11)])
def test_floats_are_rounded_to_the_nearest(dtype: str, relative: float) -> None:
    w = torch.randn(50, 30)
    weights, spec = pack_tensors({"W": w}, dtype)
    read = unpack_tensors(weights, spec)["W"]
    assert ((read - w).abs() <= relative * w.abs() + 2**-25).all()


def test_int8_errs_by_half_a_step_of_its_row_at_most() -> None:
    w = torch.randn(50, 30) * torch.logspace(-4, 4, 50)[:, None]
    w[7] = 0
    weights, spec = pack_tensors({"W": w}, "int8")
    read = unpack_tensors(weights, spec)["W"]
    step = w.abs().amax(1, keepdim=True) / 127
    assert ((read - w).abs() <= 0.5001 * step).all()
    assert ((read - w).abs() > 0.4 * step).any()
    assert not read[7].any()


def test_vectors_keep_float32_and_offsets_follow_each_other() -> None:
    weights, spec = pack_tensors({"W": torch.randn(3, 5), "b": torch.randn(3)}, "int8")
    assert (spec["W"]["offset"], spec["b"]["offset"], len(weights)) == (0, 3 * 4 + 15, 3 * 4 + 15 + 12)
    assert spec["b"]["dtype"] == "float32"


def test_rounded_is_what_was_packed_and_leaves_the_model_alone() -> None:
    net = nn.Sequential(mlp(6, 5, 4), nn.Identity(), nn.Softplus(), nn.Linear(4, 3, bias=False))
    before = [p.clone() for p in net.parameters()]
    copy = rounded(net, "int8")
    weights, spec = pack(net, "int8")
    linears = [part for part in spec["layers"] if part["kind"] == "linear"]
    packed = [
        unpack_tensors(weights, {"w": part[name]})["w"]
        for part in linears
        for name in ("weight", "bias")
        if name in part
    ]
    assert len(packed) == 5
    assert all(torch.equal(a, b) for a, b in zip(copy.parameters(), packed, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), before, strict=True))
    assert not torch.equal(next(copy.parameters()), before[0])
    again = rounded(copy, "int8")
    assert all(torch.allclose(a, b, rtol=1e-6) for a, b in zip(again.parameters(), copy.parameters(), strict=True))


def test_larger_networks_fall_back_to_int8() -> None:
    small, large = mlp(16, 200, 200, 784), mlp(16, 256, 256, 784)
    kinds = [pack(net)[1]["layers"][0]["weight"]["dtype"] for net in (small, large)]
    assert kinds == ["float16", "int8"]
    assert len(pack(small)[0]) <= LIMIT
    assert len(pack(large)[0]) < 300_000


def test_values_beyond_half_precision_fall_back_to_int8() -> None:
    weights, spec = pack_tensors({"W": torch.tensor([[1e5, -1.0]])})
    assert spec["W"]["dtype"] == "int8"
    assert unpack_tensors(weights, spec)["W"][0, 0].item() == pytest.approx(1e5, rel=1e-6)


def test_the_largest_machine_of_the_book_fits_as_float16() -> None:
    chain = GibbsChain(RBM(784, 256))
    assert chain.spec["W"]["dtype"] == "float16"
    assert len(chain.weights) <= LIMIT


# What cannot be shown is refused with words


@pytest.mark.parametrize(
    ("net", "words"),
    [
        (
            nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)),
            r"cannot compute layer 1, BatchNorm1d.*knows Linear, ",
        ),
        (nn.Sequential(nn.Linear(2, 2), nn.Softplus(beta=2)), "cannot compute layer 1, Softplus"),
        (nn.Conv1d(1, 1, 3), "cannot compute the network, Conv1d"),
        (nn.Sequential(nn.Tanh()), "no Linear layer"),
        (mlp(1000, 1000), r"1,001,000 weights do not fit: as float16 or int8 .* 420,000 bytes"),
    ],
)
def test_networks_that_a_page_cannot_run_are_refused(net: nn.Sequential, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        pack(net)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(bad: float) -> None:
    net, rbm = mlp(3, 2), RBM(4, 2)
    net[0].weight.data[1, 1] = rbm.W.data[0, 0] = bad
    with pytest.raises(ValueError, match=r"0\.weight has 1 values that are not finite"):
        pack(net)
    with pytest.raises(ValueError, match="W has 1 values that are not finite"):
        GibbsChain(rbm)


def test_wrong_formats_and_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="dtype is 'int4', expected"):
        pack_tensors({}, "int4")
    with pytest.raises(ValueError, match="10 pixels do not fill a 3 x 3 picture; pass shape"):
        check_image(None, 10)
    with pytest.raises(ValueError, match="10 pixels do not fill a 3 x 4 picture; expected rows"):
        GibbsChain(RBM(10, 2), shape=(3, 4))


# Sources


def room_of(name: str) -> Path:
    return Path(str(sys.modules[getattr(genlib.widgets, name).__module__].__file__)).parent


@pytest.mark.parametrize("name", names)
def test_a_widget_carries_what_its_room_holds(name: str) -> None:
    widget, room = getattr(genlib.widgets, name), room_of(name)
    assert issubclass(widget, Widget)
    code, style = widget.sources()
    assert code == join(room / "index.js", ROOT)
    for file in ("model.js", "view.js", "index.js"):
        assert f"// ---- {room.name}/{file}\n" in code
    own = (room / "style.css").read_text("utf-8")
    assert style.endswith(f"{own}}}\n")
    assert not re.search(r"@(?:keyframes|font-face|import|layer)", own), "no rule can hold one"
    assert not re.search(r"\brequire\(|https?://|\beval\(|new Function", code)


@pytest.fixture
def unread() -> Iterator[None]:
    """Modules are read anew in this test, and what it has read is forgotten."""
    _read.cache_clear()
    yield
    _read.cache_clear()


@pytest.mark.usefixtures("unread")
@breaks(
    "comments travel", "widgets.modules._without_comments", "if begins and", "if False and", given={"name": "GANLab"}
)
@pytest.mark.parametrize("name", names)
def test_what_travels_is_little_more_than_the_code(name: str) -> None:
    entry = room_of(name) / "index.js"
    files = [path.read_text("utf-8").splitlines() for path in modules_of(entry, ROOT)]
    code = sum(len(line) + 1 for lines in files for line in lines if not line.strip().startswith(("//", "/*", "*")))
    blank = sum(1 for lines in files for line in lines if line.strip().startswith(("//", "/*", "*")))
    assert len(join(entry, ROOT)) < code + blank + 150 * len(files)


def test_sources_are_joined_for_the_first_widget_of_a_class_and_not_on_import() -> None:
    ask = (
        "import sys, genlib.widgets as w, genlib.widgets.modules as m;"
        "assert not m._read.cache_info().currsize;"
        "from genlib.gan import GAN; from genlib.nn import mlp;"
        "Mine = type('Mine', (w.GANLab,), {});"
        "labs = [kind(GAN(mlp(2, 2), mlp(2, 1), 2)) for kind in (w.GANLab, w.GANLab, Mine)];"
        "assert len({lab._esm for lab in labs}) == 1 and labs[0]._esm == w.GANLab.sources()[0];"
        "assert labs[0]._css == w.GANLab.sources()[1];"
        "assert labs[0]._esm in [lab.get_state()['_esm'] for lab in labs]"
    )
    subprocess.run([sys.executable, "-c", ask], check=True, timeout=120)


@pytest.mark.parametrize("name", names)
def test_every_trait_says_what_it_is(name: str) -> None:
    own = getattr(genlib.widgets, name).class_own_traits(sync=True)
    assert not [trait for trait, made in own.items() if not made.help and not trait.startswith("_")]


def test_state_is_embedded_with_everything_a_page_needs() -> None:
    chain = GibbsChain(RBM(9, 2), examples=torch.ones(2, 9))
    state = embed_data([chain], drop_defaults=False)["manager_state"]["state"][chain.model_id]
    json.dumps(state)
    assert state["state"]["_esm"].startswith("// ---- js/dom.js\n")
    assert ".genlib {" in state["state"]["_css"]
    assert {tuple(buffer["path"]) for buffer in state["buffers"]} == {("weights",), ("examples",)}
    assert len(json.dumps(state)) < 120_000
