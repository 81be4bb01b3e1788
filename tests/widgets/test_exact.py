"""What a page would compute wrongly is refused in Python, by exact type and in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from mutants import breaks
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune, spectral_norm, weight_norm

from genlib.nn import Residual, conv_decoder, conv_encoder, mlp
from genlib.widgets.layers import KINDS
from genlib.widgets.packing import pack, rounded


class Doubled(nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        return 2 * super().forward(x)


class Backwards(nn.Sequential):
    def forward(self, x: Tensor) -> Tensor:
        return -super().forward(x)


class Steep(nn.ReLU):
    def forward(self, x: Tensor) -> Tensor:
        return 3 * super().forward(x)


def middle(change: Callable[[nn.Linear], object]) -> nn.Sequential:
    """Returns a network whose middle layer was changed, or replaced by what `change` returns."""
    net = mlp(4, 4, 4, 4)
    changed = change(net[2])
    if isinstance(changed, nn.Module):
        net[2] = changed
    return net


def patched(layer: nn.Linear) -> None:
    layer.forward = lambda x: 2 * nn.Linear.forward(layer, x)  # type: ignore[method-assign]


def plain(layer: nn.Linear) -> None:
    weight = layer.weight.detach()
    del layer.weight
    layer.weight = weight


def complexes(layer: nn.Linear) -> None:
    layer.weight = nn.Parameter(torch.ones(4, 4, dtype=torch.complex64))


def refuses(net: nn.Module, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        pack(net)
    with pytest.raises(ValueError, match=words):
        rounded(net)


CLASSES = {
    "layer": (
        lambda: middle(lambda _: Doubled(4, 4)),
        "compute layer 2, Doubled.*something else than Linear; it knows",
    ),
    "activation": (lambda: nn.Sequential(nn.Linear(2, 2), Steep()), "layer 1, Steep.*something else than ReLU"),
    "network": (lambda: Backwards(nn.Linear(2, 2)), "compute the network, Backwards.*something else than Sequential"),
    "part": (lambda: nn.Sequential(nn.Linear(2, 2), Backwards(nn.ReLU())), "layer 1, Backwards"),
    "bilinear": (
        lambda: nn.Bilinear(2, 2, 2),
        "compute the network, Bilinear.*; it knows Linear, .*ELU, .*Sequential$",
    ),
    "inside a skip": (lambda: nn.Sequential(Residual(nn.Sequential(Doubled(2, 2)))), r"layer 0\.net\.0, Doubled"),
    "inside": (lambda: nn.Sequential(mlp(2, 2), nn.Sequential(Doubled(2, 2))), r"layer 1\.0, Doubled"),
}


@breaks("subclasses pass", "widgets.exact.check_exact", "type(module) not in kinds",
        "not isinstance(module, tuple(kinds))", by=KeyError)  # fmt: skip
@breaks("parts are not looked at", "widgets.layers._grow", '_grow(nodes, inner, f"{start}{key}", value)',
        "len(nodes.append(Node(Kind('relu'), inner, (value,))) or nodes)", given={"case": "inside"})  # fmt: skip
@pytest.mark.parametrize("case", CLASSES)
def test_another_class_is_refused(case: str) -> None:
    make, words = CLASSES[case]
    refuses(make(), words)


PARAMETRIZED = {
    "spectral_norm": (parametrizations.spectral_norm, r"weight of layer 2 .*parametrization \(SpectralNorm\)"),
    "weight_norm": (parametrizations.weight_norm, r"weight of layer 2 .*parametrization \(WeightNorm\).*of now"),
}


@breaks(
    "parametrizations take their class's words",
    "widgets.exact.check_exact",
    "_refuse_parametrizations(module, name)",
    "pass",
)
@pytest.mark.parametrize("case", PARAMETRIZED)
def test_a_parametrization_in_a_middle_layer_is_refused(case: str) -> None:
    change, words = PARAMETRIZED[case]
    net = middle(change)
    refuses(net, words)
    torch.nn.utils.parametrize.remove_parametrizations(net[2], "weight")
    assert len(pack(net, "float32")[0]) == 4 * 60


HOOKS = {
    "forward": lambda layer: layer.register_forward_hook(lambda layer, x, y: 2 * y) and None,
    "forward-pre": lambda layer: layer.register_forward_pre_hook(lambda layer, x: (2 * x[0],)) and None,
    "backward": lambda layer: layer.register_full_backward_hook(lambda layer, dx, dy: None) and None,
    "backward-pre": lambda layer: layer.register_full_backward_pre_hook(lambda layer, dy: None) and None,
}


@breaks("no look at hooks", "widgets.exact.check_exact", "_refuse_hooks(module, name)", "pass")
@pytest.mark.parametrize("kind", HOOKS)
def test_a_hook_is_refused_wherever_it_hangs(kind: str) -> None:
    refuses(middle(HOOKS[kind]), rf"layer 2 has a {kind} hook \(<lambda>\)")
    net = mlp(2, 2)
    HOOKS[kind](net)
    refuses(net, f"the network has a {kind} hook")
    net = nn.Sequential(nn.Linear(2, 2), nn.Identity())
    HOOKS[kind](net[1])
    refuses(net, f"layer 1 has a {kind} hook")


OLD = {
    "weight_norm": (weight_norm, "WeightNorm"),
    "spectral_norm": (spectral_norm, "SpectralNorm"),
    "pruned": (lambda layer: prune.l1_unstructured(layer, "weight", 0.5), "L1Unstructured"),
}


@breaks("no look at forward-pre hooks", "widgets.exact._refuse_hooks", "HOOKS.items()", "list(HOOKS.items())[1:]")
@pytest.mark.filterwarnings("ignore:.*weight_norm")
@pytest.mark.parametrize("case", OLD)
def test_norms_and_masks_by_hooks_are_refused(case: str) -> None:
    change, hook = OLD[case]
    refuses(middle(change), rf"layer 2 has a forward-pre hook \({hook}\).*remove")


ON_GRADIENTS = {
    "hook": lambda layer: layer.weight.register_hook(lambda g: 2 * g),
    "after": lambda layer: layer.weight.register_post_accumulate_grad_hook(lambda p: None),
}


@breaks("no look at hooks of weights", "widgets.exact._refuse_hooks", "if parameter._backward_hooks or", "if False and")
@pytest.mark.parametrize("case", ON_GRADIENTS)
def test_a_hook_on_a_weights_gradient_is_refused(case: str) -> None:
    refuses(middle(ON_GRADIENTS[case]), "weight of layer 2 has a hook on its gradient")


WRAPPED = {
    "compiled": (torch.compile, r"the network is wrapped by torch\.compile; pass what is inside, its \._orig_mod"),
    "parallel": (nn.DataParallel, r"the network is wrapped by DataParallel; pass what is inside, its \.module"),
    "compiled layer": (lambda net: middle(torch.compile), r"layer 2 is wrapped by torch\.compile"),
}


@breaks("wrappers go by their class", "widgets.exact.check_exact", "type(module).__name__ in WRAPPERS", "False")
@pytest.mark.parametrize("case", WRAPPED)
def test_a_wrapped_network_is_refused(case: str) -> None:
    wrap, words = WRAPPED[case]
    refuses(wrap(mlp(3, 3)), words)


OWN = {
    "forward": (patched, "layer 2 has a forward of its own, the page computes that of Linear"),
    "plain weight": (plain, "weight of layer 2 is no Parameter"),
    "complex": (complexes, r"weight of layer 2 is a Parameter of torch\.complex64, expected a Parameter of real"),
}


@breaks("methods of its own", "widgets.exact.check_exact", "if changed:", "if False:", given={"case": "forward"})
@breaks("weights that are no parameters", "widgets.exact.check_exact", "getattr(module, key, None) is not", "None and",
        given={"case": "plain weight"}, by=KeyError)  # fmt: skip
@breaks("any numbers", "widgets.exact.check_exact", " or not parameter.is_floating_point()", "",
        given={"case": "complex"}, by=UserWarning)  # fmt: skip
@pytest.mark.parametrize("case", OWN)
def test_a_layer_with_a_forward_or_weights_of_its_own_is_refused(case: str) -> None:
    change, words = OWN[case]
    refuses(middle(change), words)


OPTIONS = {
    "beta": nn.Softplus(beta=2),
    "threshold": nn.Softplus(threshold=3),
    "groups": nn.Conv2d(4, 4, 3, groups=2),
    "dilation": nn.Conv2d(4, 4, 3, dilation=2),
    "transposed groups": nn.ConvTranspose2d(4, 4, 3, groups=2),
    "transposed dilation": nn.ConvTranspose2d(4, 4, 3, dilation=(1, 2)),
    "reflection": nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
    "same": nn.Conv2d(4, 4, 3, padding="same"),
    "flatten rows": nn.Flatten(2),
    "flatten with the batch": nn.Flatten(0),
    "unflatten another axis": nn.Unflatten(2, (2, 2)),
    "unflatten by what is left": nn.Unflatten(1, (-1, 2)),
}


@breaks("any beta", "widgets.layers._Softplus.knows", "(layer.beta, layer.threshold) ==", "(1, 20) ==")
@breaks("any groups", "widgets.layers._Convolution.knows", "layer.groups, ", "1, ", given={"option": "groups"})
@breaks("dilated", "widgets.layers._Convolution.knows", "layer.dilation, ", "(1, 1), ", given={"option": "dilation"})
@breaks(
    "any edge", "widgets.layers._Convolution.knows", "layer.padding_mode)", '"zeros")', given={"option": "reflection"}
)
@breaks("words for padding", "widgets.layers._Convolution.knows", "and not isinstance(layer.padding, str)", "",
        given={"option": "same"})  # fmt: skip
@breaks("any axes", "widgets.layers._Flatten.knows", "(layer.start_dim, layer.end_dim) ==", "(1, -1) ==",
        given={"option": "flatten rows"})  # fmt: skip
@breaks(
    "any axis", "widgets.layers._Unflatten.knows", "layer.dim == 1 and", "", given={"option": "unflatten another axis"}
)
@pytest.mark.parametrize("option", OPTIONS)
def test_options_that_the_page_does_not_know_are_refused(option: str) -> None:
    layer, name = OPTIONS[option], type(OPTIONS[option]).__name__
    refuses(nn.Sequential(nn.Linear(2, 2), layer), f"compute layer 1, {name}.*; it knows {name} with")


MISFITS = {
    "linear": (mlp(4, 3), None, nn.Linear(4, 2)),
    "picture into linear": (nn.Conv2d(1, 2, 1), (1, 2, 4), nn.Linear(4, 2)),
    "channels": (nn.Conv2d(1, 2, 3), (1, 8, 8), nn.Conv2d(3, 1, 3)),
    "vector into convolution": (mlp(4, 9), None, nn.ConvTranspose2d(9, 1, 3)),
    "too small": (nn.Conv2d(1, 2, 3), (1, 4, 4), nn.Conv2d(2, 1, 3)),
    "unflatten": (mlp(4, 9), None, nn.Unflatten(1, (1, 2, 4))),
    "skip": (mlp(4, 9), None, Residual(mlp(9, 8))),
    "skip that turns": (nn.Conv2d(1, 2, 1), (1, 2, 4), Residual(nn.Flatten())),
}


@breaks("nothing has to fit", "widgets.layers.shapes_of", "if after is None:", "if False:", by=TypeError)
@breaks("any sum", "widgets.layers._Add.after", "if len(set(shapes)) == 1 else None", "", given={"case": "skip"})
@breaks("pictures of no size", "widgets.layers._Convolution.after", "if min(rows, columns) > 0 else None", "",
        given={"case": "too small"})  # fmt: skip
@pytest.mark.parametrize("case", MISFITS)
def test_layers_that_do_not_fit_each_other_are_refused(case: str) -> None:
    first, shape, layer = MISFITS[case]
    with pytest.raises(ValueError, match=rf"an example has shape \(.*\) where {type(layer).__name__}.*not take it"):
        pack(nn.Sequential(first, layer), shape=shape)


def test_a_network_of_pictures_says_their_shape() -> None:
    net = conv_encoder((1, 9, 7), 4, latent=3)
    refuses(net, r"begins with Conv2d.*; pass shape=, that of one example, such as \(1, 28, 28\)")
    assert pack(net, shape=(1, 9, 7))[1]["output"] == [3]
    assert pack(conv_decoder((1, 9, 7), 4, latent=3))[1]["output"] == [1, 9, 7]


@breaks("one scale for all", "widgets.packing._write", "value.reshape(len(value), -1)", "value.reshape(1, -1)",
        by=ValueError)  # fmt: skip
@pytest.mark.parametrize("kind", [nn.Conv2d, nn.ConvTranspose2d])
def test_each_channel_of_the_first_axis_has_its_scale(kind: type[nn.Conv2d]) -> None:
    """For a transposed convolution these are the channels that go in; the error of what comes out stays small."""
    torch.manual_seed(0)
    net, x = kind(16, 8, 4, stride=2, padding=1), torch.randn(50, 16, 8, 8)
    found = rounded(net, "int8", (16, 8, 8))
    step = net.weight.abs().flatten(1).amax(1) / 127
    assert ((found.weight - net.weight).abs() <= 0.5001 * step[:, None, None, None]).all()
    error = (found(x) - net(x)).pow(2).mean().sqrt() / net(x).std()
    assert 1e-3 < error < 8e-3


@breaks("shared weights", "widgets.layers._refuse_shared", "seen.add(id(parameter))", "pass")
def test_a_weight_that_stands_twice_is_refused_and_an_activation_may() -> None:
    layer, activation = nn.Linear(3, 3), nn.Tanh()
    refuses(nn.Sequential(layer, activation, layer), "the weight of Linear.* stands in the network twice")
    other = nn.Linear(3, 3)
    other.bias = layer.bias
    refuses(nn.Sequential(layer, activation, other), "the bias of Linear")
    net = nn.Sequential(layer, activation, nn.Linear(3, 3), activation)
    assert [part["kind"] for part in pack(net)[1]["layers"]] == ["linear", "tanh", "linear", "tanh"]


def test_the_page_has_a_layer_for_each_kind_and_for_no_other() -> None:
    text = (Path(__file__).parents[2] / "genlib/widgets/js/network.js").read_text("utf-8")
    names = re.search(r"const MAKERS = \{(.*?)\};", text, re.DOTALL)
    assert names
    there = {line.split(":")[0].strip() for line in names[1].split(",") if line.strip()}
    assert there == {kind.name for kind in KINDS.values()} | {"add"}


@breaks("a skip that is none", "widgets.layers._grow", "Node(ADD, part, (value, end))", "Node(ADD, part, (end, end))")
@breaks("the value before is always named", "widgets.packing._described", "if node.sources != (i,):", "if True:")
def test_a_skip_says_where_it_comes_from_and_other_layers_take_what_is_before_them() -> None:
    net = nn.Sequential(nn.Linear(3, 4), Residual(nn.Sequential(nn.Tanh(), nn.Linear(4, 4))), nn.ReLU())
    layers = pack(net)[1]["layers"]
    assert [(layer["kind"], layer.get("from")) for layer in layers] == [
        ("linear", None), ("tanh", None), ("linear", None), ("add", [1, 3]), ("relu", None)
    ]  # fmt: skip
