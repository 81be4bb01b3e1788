"""How the zoo's autoencoders are made: norms folded away, eight bits, neighbours counted, machines unrolled."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from mutants import breaks
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.testing import assert_close

from genlib import data
from genlib.autoencoders import plane_of, principal_axes
from genlib.autoregressive import MADE
from genlib.data import binary_states
from genlib.nn import mlp
from genlib.zoo import autoencoders, files
from genlib.zoo.autoencoders import (
    build_deep,
    first_of_each,
    folded,
    measure_plane,
    neighbour_agrees,
    normed,
    pretrained,
    record_depth,
    train_deep,
)


@breaks("norms left out", "zoo.autoencoders.folded", "fuse_linear_bn_eval(below, layer)", "below")
def test_folded_layers_compute_what_normed_ones_did() -> None:
    net = normed(mlp(6, 5, 4, 2))
    for layer in net:
        if isinstance(layer, nn.BatchNorm1d):
            for value in (layer.weight, layer.bias, layer.running_mean, layer.running_var):
                assert value is not None
                nn.init.uniform_(value, 0.5, 2)
    net.eval()
    plain, x = folded(net), torch.randn(9, 6)
    assert [type(layer) for layer in plain] == [type(layer) for layer in mlp(6, 5, 4, 2)]
    assert_close(plain(x), net(x))


@breaks("norms after the last layer, too", "zoo.autoencoders.normed", "and layer is not last", "")
def test_codes_and_outputs_are_not_normed() -> None:
    net = normed(nn.Sequential(*mlp(4, 3, 2), nn.Sigmoid()))
    assert [type(layer).__name__ for layer in net] == ["Linear", "BatchNorm1d", "ELU", "Linear", "Sigmoid"]


@breaks("a column's scale", "zoo.files.stored", ".abs().amax(1)", ".abs().amax(0)", by=RuntimeError)
@breaks("levels cut instead of rounded", "zoo.files.stored", "steps.round()", "steps.trunc()")
@breaks("scales lost", "zoo.files.restored", "value.float() * kept[key + SCALE]", "value.float() + kept[key + SCALE]")
def test_eight_bits_are_within_half_a_level() -> None:
    state = {"W": torch.randn(7, 300), "b": torch.randn(7), "K": torch.randn(3, 2, 4, 4), "zero": torch.zeros(2, 3)}
    back = files.restored(files.stored(state, "int8"))
    assert set(back) == set(state)
    for name, value in state.items():
        level = value.flatten(1).abs().amax(1) / 127 if value.ndim > 1 else torch.full((len(value),), 1e-7)
        off = (back[name].to(value) - value).reshape(len(value), -1).abs().amax(1)
        assert (off <= 0.5001 * level + 1e-6).all(), name


@breaks(
    "what a mask hides sets a row's scale",
    "zoo.files.stored",
    "value = value * masks[key]",
    "pass",
    given={"kind": "int8"},
)
@breaks(
    "columns for rows",
    "zoo.files.restored",
    "masked_scatter(masks[key], value)",
    "T.masked_scatter(masks[key].T, value).T",
    given={"kind": "float16"},
)
@pytest.mark.parametrize("kind", ["float16", "int8"])
def test_masked_weights_are_packed_and_say_the_same(kind: str, tmp_path: Path) -> None:
    """Nothing of what the masks hide is in the file, whose model has the densities of the one that was stored."""
    model = MADE(6, 9, order=[3, 1, 5, 0, 2, 4], layers=2).requires_grad_(False)
    for name, mask in model.masks.items():
        model.get_parameter(name).normal_().masked_fill_(mask == 0, 1000.0)
    masks = files.masks_of(model)
    files.write(files.stored(model.state_dict(), kind, masks), tmp_path, "toy")
    kept, found = load_file(tmp_path / "toy.safetensors"), files.read(tmp_path, "toy", masks)
    assert {name: kept[name].shape for name in masks} == {name: (mask.sum(),) for name, mask in masks.items()}
    x = binary_states(6)
    before = model.log_prob(x)
    for name, mask in masks.items():
        whole, level = model.get_parameter(name).float(), 4 / 127 if kind == "int8" else 4e-3
        assert ((found[name] - whole) * mask).abs().max() < level
        assert not found[name][~mask].any()
    model.load_state_dict(found)
    assert_close(model.log_prob(x), before, rtol=0, atol=0.3)
    assert_close(model.log_prob(x).exp().sum(), torch.tensor(1.0).to(x), rtol=0, atol=1e-6)


def test_a_model_in_two_files_is_whole(tmp_path: Path) -> None:
    model = build_deep(6, 4, 2)
    kept = files.stored(model.state_dict(), "int8")
    files.write(kept, tmp_path, "toy", ("encoder", "decoder"))
    assert len(files.files_of(tmp_path, "toy")) == 2
    found = files.read(tmp_path, "toy")
    assert set(found) == set(model.state_dict())
    for key, value in files.restored(kept).items():
        assert torch.equal(found[key], value)


@breaks("every point its own neighbour", "zoo.autoencoders.neighbour_agrees", "= torch.inf", "= 0")
def test_neighbours_are_others() -> None:
    z, y = torch.randn(700, 2), torch.randint(3, (700,))
    expected = []
    for n in range(700):
        far = (z - z[n]).square().sum(1)
        far[n] = torch.inf
        expected.append(float(y[far.argmin()] == y[n]))
    assert torch.equal(neighbour_agrees(z, y), torch.tensor(expected, dtype=torch.float32))


def test_the_first_of_each_class_come_class_by_class() -> None:
    assert first_of_each(torch.tensor([1, 0, 1, 0, 0, 2]), 2).tolist() == [1, 3, 0, 2, 5]


@breaks("axes from the least", "autoencoders.principal_axes", ".T.flip(0)", ".T")
def test_principal_axes_are_those_of_the_singular_value_decomposition() -> None:
    x = torch.randn(50, 6) @ torch.randn(6, 6) + 3
    mean, axes = principal_axes(x, 3)
    assert_close(mean, x.mean(0))
    right = torch.linalg.svd(x - x.mean(0), full_matrices=False)[2][:3]
    assert_close((axes * right).sum(1).abs(), torch.ones(3))


def test_a_plane_holds_codes_components_and_first_images() -> None:
    model, x, y = build_deep(16, 8, 2), torch.rand(20, 16), torch.arange(20) % 4
    plane = plane_of(model, x, y, images=2)
    assert_close(plane.codes, model.encode(x).detach())
    assert_close(plane.components.var(0), torch.linalg.eigvalsh(torch.cov(x.T)).flip(0)[:2])
    assert_close(plane.images, x[[0, 4, 1, 5, 2, 6, 3, 7]])
    with pytest.raises(ValueError, match="codes have shape"):
        plane_of(build_deep(16, 8, 3), x, y)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Tensor:
    """The 8 by 8 digits in the place of MNIST, and small networks."""
    digits = data.load("digits")
    split = tuple((x.flatten(1).to(torch.get_default_dtype())[:300], y[:300]) for x, y in digits)
    monkeypatch.setattr(autoencoders.data, "load", lambda name: split)
    monkeypatch.setattr(autoencoders, "SIZES", (64, 20, 10, 3))
    return split[0][0]


def test_training_leaves_a_plain_model_that_rebuilds(small: Tensor) -> None:
    model = build_deep(64, 20, 2)
    before, keys = model.loss(small).item(), set(model.state_dict())
    untrained = copy.deepcopy(model.state_dict())
    assert list(train_deep(model, small, small, epochs=40, batch=50)) == [240]
    assert set(model.state_dict()) == keys
    assert any((untrained[key] != value).any() for key, value in model.state_dict().items())
    assert model.loss(small) < 0.4 * before
    figures = measure_plane(model, small, small[:200], torch.arange(200) % 3)
    assert figures["test_squared_error"] == pytest.approx(2 * model.loss(small[:200]).item(), abs=1e-3)
    assert 0 <= figures["test_nearest"] <= 1


def test_a_stack_is_trained_on_the_means_below(small: Tensor) -> None:
    layers = pretrained(small, (64, 20, 3), epochs=2, batch=50)
    assert [(layer.features, layer.hidden) for layer in layers] == [(64, 20), (20, 3)]
    assert all(layer.W.isfinite().all() for layer in layers)


def test_the_recorded_run_has_a_row_for_each_way_and_budget(small: Tensor) -> None:
    run = record_depth(((1, 0), (2, 0)))
    assert len(run.rows) == 1 + 2 * 5
    assert run.row(model="sigmoid, RBMs unrolled", epochs=0)["test_squared_error"][0] > 0
    assert run.results["pca"][0] > 0
