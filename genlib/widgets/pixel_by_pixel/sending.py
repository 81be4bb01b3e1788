"""What the page needs of an autoregressive model: its weights, what they belong to, and in which order it draws."""

from __future__ import annotations

__all__ = ["Model", "packed", "tensors_of"]

from typing import Any

from torch import Tensor, nn

from genlib.autoregressive import MADE
from genlib.autoregressive.gated import GatedLayer, GatedPixelCNN, TwoStacks
from genlib.autoregressive.pixelcnn import MaskedConv2d, PixelCNN
from genlib.widgets.exact import check_exact
from genlib.widgets.packing import Spec, pack_tensors

Model = MADE | PixelCNN | GatedPixelCNN
KNOWN: dict[type[nn.Module], tuple[type[nn.Module], ...]] = {
    MADE: (nn.ModuleList, nn.Linear),
    PixelCNN: (nn.ModuleList, nn.Sequential, nn.Conv2d, MaskedConv2d, nn.ReLU),
    GatedPixelCNN: (TwoStacks, nn.ModuleList, GatedLayer, nn.Sequential, nn.Conv2d, nn.ReLU),
}
LARGEST = 1024


def packed(model: Model, shape: tuple[int, int], dtype: str | None = None) -> tuple[bytes, Spec]:
    """Packs a model whose pictures have so many rows and columns.

    Raises:
        ValueError: If the page cannot run it, or its pictures have another shape.

    Example:
        >>> weights, spec = packed(MADE(9, 8), (3, 3))
        >>> spec["kind"], spec["order"][:3], spec["layers"][0]["weight"]["shape"]
        ('made', [0, 1, 2], [8, 9])
    """
    _check(model, shape)
    weights, parts = pack_tensors(tensors_of(model), dtype)
    kind, rest = _described(model, parts)
    return weights, {"kind": kind, "order": list(model.order), **rest}


def tensors_of(model: Model) -> dict[str, Tensor]:
    """Returns what is sent, by its name in the model: weights that a mask cuts off are zeros."""
    masks: dict[str, Tensor] = {"R": model.earlier} if isinstance(model, MADE) else {}
    for name, part in model.named_modules():
        if isinstance(part, MaskedConv2d):
            masks[f"{name}.weight"] = part.mask
    for i in range(model.layers + 1 if isinstance(model, MADE) else 0):
        masks[f"linear.{i}.weight"] = model.get_buffer(f"mask{i}")
    return {name: value * masks[name] if name in masks else value for name, value in model.named_parameters()}


def _check(model: Model, shape: tuple[int, int]) -> None:
    check_exact(model, list(KNOWN), "this model")
    for name, part in model.named_modules():
        if name:
            check_exact(part, KNOWN[type(model)], f"its {name}")
    if isinstance(model, GatedPixelCNN) and model.classes:
        raise ValueError(f"this model is told one of {model.classes} labels, expected one without: classes=0")
    own = getattr(model, "shape", shape)
    if tuple(own) != tuple(shape) or model.features != shape[0] * shape[1]:
        raise ValueError(f"this model's pictures have {own[0]} x {own[1]} pixels, expected {shape[0]} x {shape[1]}")
    if model.features > LARGEST:
        raise ValueError(f"this model's pictures have {model.features} pixels, expected at most {LARGEST}")


def _described(model: Model, parts: Spec) -> tuple[str, dict[str, Any]]:
    """Returns what kind of network it is, and where its tensors lie, as the page looks for them."""

    def layer(name: str) -> Spec:
        return {key: parts[f"{name}.{key}"] for key in ("weight", "bias")}

    def head() -> list[Spec]:
        return [layer("head.1"), layer("head.3")]

    if isinstance(model, MADE):
        return "made", {"layers": [layer(f"linear.{i}") for i in range(model.layers + 1)], "R": parts["R"]}
    if isinstance(model, PixelCNN):
        blocks = [[layer(f"blocks.{i}.{j}") for j in (1, 3, 5)] for i in range(model.layers)]
        rest = {"shape": list(model.shape), "conv": layer("conv"), "place": parts["place"], "blocks": blocks}
        return "pixelcnn", {**rest, "head": head()}
    names = ("vertical", "horizontal", "link", "out")
    dilations = [model.dilations[i % len(model.dilations)] if i else 1 for i in range(model.layers)]
    stack = [
        {**{name: layer(f"net.stack.{i}.{name}") for name in names}, "dilation": dilation}
        for i, dilation in enumerate(dilations)
    ]
    return "gated", {"shape": list(model.shape), "place": parts["net.place"], "stack": stack, "head": head()}
