r"""A model's weights, and pictures, packed for the page.

A weight is sent as int8 with one scale per row, $w_{ij} \approx s_i\, q_{ij}$ with $s_i = \max_j |w_{ij}| / 127$, as
float16, or as float32. `rounded` gives the network that the page computes, so that its figures can be measured. In the
page, `js/packing.js` and `js/network.js` read what is made here.
"""

from __future__ import annotations

__all__ = ["LIMIT", "check_bits", "pack", "pack_bits", "pack_tensors", "rounded", "unpack_tensors"]

import copy
import math
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from genlib.widgets.exact import check_exact

LIMIT = 420_000
Spec = dict[str, Any]
Net = TypeVar("Net", bound=nn.Module)

KINDS: dict[type[nn.Module], str] = {
    nn.ELU: "elu",
    nn.LeakyReLU: "leaky_relu",
    nn.ReLU: "relu",
    nn.SiLU: "silu",
    nn.Sigmoid: "sigmoid",
    nn.Softplus: "softplus",
    nn.Tanh: "tanh",
}
CONVOLUTIONS: dict[type[nn.Module], str] = {nn.Conv2d: "conv2d", nn.ConvTranspose2d: "conv_transpose2d"}
LAYERS: tuple[type[nn.Module], ...] = (
    nn.Linear,
    *CONVOLUTIONS,
    *KINDS,
    nn.Flatten,
    nn.Unflatten,
    nn.Identity,
    nn.Sequential,
)


def pack(net: nn.Module, dtype: str | None = None, shape: tuple[int, ...] | None = None) -> tuple[bytes, Spec]:
    r"""Packs a network of layers one after the other, such as `mlp` and `conv_decoder` make, for the page.

    Args:
        net: `Linear` layers, convolutions, activations and shapes of the kinds in `LAYERS`, nested `Sequential`s
            allowed; all of exactly these classes, without hooks, parametrizations or wrappers.
        dtype: "int8", "float16" or "float32" for the matrices (vectors are always float32); by default float16 where
            the network then stays within `LIMIT` bytes, int8 otherwise.

        shape: Of one example that goes in, such as (1, 28, 28); a network that begins with `Linear` says it itself.

    Returns:
        The bytes, and what `createNetwork` in the page reads them by: the shapes of one example that goes in and of
        what comes out, and the layers.

    Raises:
        ValueError: If a layer is unknown to the page or may compute something else than its class does, layers do not
            fit each other or share a weight, a weight is not finite, or the network is too large.

    Example:
        >>> weights, spec = pack(nn.Sequential(nn.Linear(64, 3), nn.ELU()))
        >>> len(weights), [layer["kind"] for layer in spec["layers"]]
        (396, ['linear', 'elu'])
        >>> pack(nn.Sequential(nn.Conv2d(1, 8, 3, stride=2), nn.Flatten()), shape=(1, 9, 9))[1]["output"]
        [128]
    """
    layers = _flatten(net)
    _refuse_shared(layers)
    start = shape or _first_shape(net, layers)
    tensors = {f"{i}.{name}": p for i, layer in enumerate(layers) for name, p in layer.named_parameters()}
    weights, parts = pack_tensors(tensors, dtype)
    described = [_describe(layer, i, parts) for i, layer in enumerate(layers)]
    end = start
    for layer in layers:
        end = _shape_after(layer, end)
    return weights, {"shape": list(start), "output": list(end), "layers": described}


def rounded(net: Net, dtype: str | None = None, shape: tuple[int, ...] | None = None) -> Net:
    r"""Returns a copy of `net` with the weights that the page has, $\hat w_{ij} = s_i\, q_{ij}$.

    Args:
        net: As for `pack`.
        dtype: As for `pack`.
        shape: As for `pack`.

    Returns:
        A network of the same layers, dtype and device.

    Raises:
        ValueError: As for `pack`.

    Example:
        >>> net = nn.Sequential(nn.Linear(2, 1, bias=False))
        >>> net[0].weight.data = torch.tensor([[127.0, 0.6]])
        >>> rounded(net, "int8")[0].weight.tolist()
        [[127.0, 1.0]]
    """
    weights, spec = pack(net, dtype, shape)
    result = copy.deepcopy(net)
    for layer, part in zip(_flatten(result), spec["layers"], strict=True):
        for name, tensor in layer.named_parameters(recurse=False):
            tensor.data.copy_(unpack_tensors(weights, {name: part[name]})[name])
    return result


def pack_tensors(tensors: Mapping[str, Tensor], dtype: str | None = None) -> tuple[bytes, Spec]:
    r"""Packs named tensors one after the other: matrices as `dtype`, vectors as float32.

    Args:
        tensors: Matrices and vectors by name.
        dtype: "int8", "float16" or "float32"; by default float16 within `LIMIT` bytes, int8 otherwise.

    Returns:
        The bytes, and for each name `{"shape", "dtype", "offset"}`.

    Raises:
        ValueError: If a value is not finite, `dtype` is unknown, or the result is larger than `LIMIT`.

    Example:
        >>> weights, spec = pack_tensors({"W": torch.ones(2, 3)}, "int8")
        >>> len(weights), spec["W"]
        (14, {'shape': [2, 3], 'dtype': 'int8', 'offset': 0})
    """
    if dtype not in (None, "int8", "float16", "float32"):
        raise ValueError(f'dtype is {dtype!r}, expected "int8", "float16", "float32" or None')
    for name, value in tensors.items():
        bad = int((~torch.isfinite(value)).sum())
        if bad:
            raise ValueError(f"{name} has {bad} values that are not finite (NaN or infinite); train the model again")
    tried = ["float16", "int8"] if dtype is None else [dtype]
    for choice in tried:
        result = _pack_as(tensors, choice)
        if result is not None and len(result[0]) <= LIMIT:
            return result
    count = sum(value.numel() for value in tensors.values())
    raise ValueError(
        f"these {count:,} weights do not fit: as {' or '.join(tried)} they take more than the {LIMIT:,} bytes that a "
        "page may carry for a network; use narrower layers"
    )


def unpack_tensors(weights: bytes, spec: Spec) -> dict[str, Tensor]:
    """Reads back what `pack_tensors` wrote, as float64 tensors: the exact numbers that the page computes with."""
    return {name: _read(weights, **part) for name, part in spec.items()}


def pack_bits(x: Tensor, features: int, name: str) -> bytes:
    """Packs zeros and ones `(N, ...)`, one bit each, the first in the highest bit of its byte.

    Raises:
        ValueError: If `x` has another size than `features`, or holds anything but 0 and 1.

    Example:
        >>> pack_bits(torch.tensor([[0.0, 1.0, 0.0, 0.0]]), 4, "x")
        b'@'
    """
    return np.packbits(check_bits(x, features, name)).tobytes()


def check_bits(x: Tensor, features: int, name: str) -> np.ndarray:
    """Returns `x` `(N, ...)` as booleans `(N, features)`.

    Raises:
        ValueError: If `x` has another size, or holds anything but 0 and 1.

    Example:
        >>> check_bits(torch.tensor([[0.0, 1.0]]), 2, "x")
        array([[False,  True]])
    """
    x = x.detach().cpu().flatten(1)
    if x.shape[1] != features:
        raise ValueError(f"{name} has {x.shape[1]} features, this model has {features}")
    if not ((x == 0) | (x == 1)).all():
        raise ValueError(f"{name} has values other than 0 and 1; make them binary first with data.binarize")
    return x.bool().numpy()


def _pack_as(tensors: Mapping[str, Tensor], dtype: str) -> tuple[bytes, Spec] | None:
    parts, spec, offset = [], {}, 0
    for name, value in tensors.items():
        kind = dtype if value.ndim > 1 else "float32"
        data = _write(value.detach().double().cpu().numpy(), kind)
        if data is None:
            return None
        parts.append(data)
        spec[name] = {"shape": list(value.shape), "dtype": kind, "offset": offset}
        offset += len(data)
    return b"".join(parts), spec


def _write(value: np.ndarray, dtype: str) -> bytes | None:
    """Returns the bytes of an array, little-endian; `None` where a value is beyond what `dtype` can hold."""
    if dtype == "int8":
        rows = value.reshape(len(value), -1)
        scale = (np.abs(rows).max(axis=1) / 127).astype("<f4")
        steps = np.rint(rows / np.where(scale > 0, scale, 1)[:, None])
        return scale.tobytes() + np.clip(steps, -127, 127).astype("i1").tobytes()
    with np.errstate(over="ignore", under="ignore"):
        small = value.astype({"float16": "<f2", "float32": "<f4"}[dtype])
    return small.tobytes() if np.isfinite(small).all() else None


def _read(weights: bytes, shape: list[int], dtype: str, offset: int) -> Tensor:
    size = int(np.prod(shape))
    if dtype == "int8":
        scale = np.frombuffer(weights, "<f4", shape[0], offset).astype("f8")
        steps = np.frombuffer(weights, "i1", size, offset + 4 * shape[0]).astype("f8")
        return torch.from_numpy(scale[:, None] * steps.reshape(shape[0], -1)).reshape(shape)
    kind = {"float16": "<f2", "float32": "<f4"}[dtype]
    return torch.from_numpy(np.frombuffer(weights, kind, size, offset).astype("f8")).reshape(shape)


def _flatten(net: nn.Module, path: str = "") -> list[nn.Module]:
    """Returns the layers in order, without identities; refuses what the page cannot compute."""
    check_exact(net, LAYERS, f"layer {path}" if path else "the network")
    if isinstance(net, nn.Sequential):
        start = f"{path}." if path else ""
        parts = [(f"{start}{key}", part) for key, part in net._modules.items() if part is not None]
        return [layer for place, part in parts for layer in _flatten(part, place)]
    if isinstance(net, nn.Identity):
        return []
    _refuse_options(net, path)
    return [net]


def _refuse_options(layer: nn.Module, path: str) -> None:
    """Refuses options that the page does not know."""
    usual = True
    if isinstance(layer, nn.Softplus):
        usual = (layer.beta, layer.threshold) == (1, 20)
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        usual = (layer.groups, layer.dilation, layer.padding_mode) == (1, (1, 1), "zeros")
        usual = usual and not isinstance(layer.padding, str)
    if isinstance(layer, nn.Flatten):
        usual = (layer.start_dim, layer.end_dim) == (1, -1)
    if isinstance(layer, nn.Unflatten):
        usual = layer.dim == 1 and all(isinstance(size, int) and size > 0 for size in layer.unflattened_size)
    if not usual:
        raise ValueError(
            f"the page cannot compute layer {path}, {layer}; it knows Softplus with its default options, convolutions "
            "with groups=1, dilation=1 and zeros as many as padding says, Flatten() and Unflatten(1, sizes)"
        )


def _first_shape(net: nn.Module, layers: list[nn.Module]) -> tuple[int, ...]:
    """Returns the shape that the first layer with weights takes, if only one fits it."""
    first = next((layer for layer in layers if type(layer) not in KINDS), None)
    if isinstance(first, nn.Linear):
        return (first.in_features,)
    if first is None:
        raise ValueError(f"the network {net} has no Linear layer; pass shape=, that of one example")
    raise ValueError(f"the network begins with {first}; pass shape=, that of one example, such as (1, 28, 28)")


def _shape_after(layer: nn.Module, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Returns what a layer makes of the shape of one example, or refuses what does not fit it."""
    after, fits = shape, True
    if isinstance(layer, nn.Linear):
        after, fits = (layer.out_features,), shape == (layer.in_features,)
    elif isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        fits = len(shape) == 3 and shape[0] == layer.in_channels
        after = (layer.out_channels, *(_size_after(layer, axis, n) for axis, n in enumerate(shape[1:3])))
        fits = fits and min(after) > 0
    elif isinstance(layer, nn.Flatten):
        after, fits = (math.prod(shape),), True
    elif isinstance(layer, nn.Unflatten):
        after = tuple(int(size) for size in layer.unflattened_size)
        fits = shape == (math.prod(after),)
    if not fits:
        raise ValueError(f"an example has shape {shape} where {layer} stands, which does not take it")
    return after


def _size_after(layer: nn.Conv2d | nn.ConvTranspose2d, axis: int, n: int) -> int:
    """Returns how many rows (axis 0) or columns (axis 1) a convolution makes of n."""
    k, s, p = layer.kernel_size[axis], layer.stride[axis], int(layer.padding[axis])
    if isinstance(layer, nn.ConvTranspose2d):
        return (n - 1) * s - 2 * p + k + layer.output_padding[axis]
    return (n + 2 * p - k) // s + 1


def _refuse_shared(layers: list[nn.Module]) -> None:
    """Refuses a weight that two layers have: the page would train it apart."""
    seen: set[int] = set()
    for layer in layers:
        for key, parameter in layer.named_parameters(recurse=False):
            if id(parameter) in seen:
                raise ValueError(f"the {key} of {layer} stands in the network twice, the page would train it apart")
            seen.add(id(parameter))


def _describe(layer: nn.Module, index: int, parts: Spec) -> Spec:
    tensors = {name: parts[f"{index}.{name}"] for name, _ in layer.named_parameters()}
    if isinstance(layer, nn.Linear):
        return {"kind": "linear", **tensors}
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        described = {"kind": CONVOLUTIONS[type(layer)], **tensors, "stride": list(layer.stride)}
        described["padding"] = [int(p) for p in layer.padding]
        if isinstance(layer, nn.ConvTranspose2d):
            described["output_padding"] = list(layer.output_padding)
        return described
    if isinstance(layer, nn.Flatten):
        return {"kind": "flatten"}
    if isinstance(layer, nn.Unflatten):
        return {"kind": "unflatten", "shape": [int(size) for size in layer.unflattened_size]}
    described = {"kind": KINDS[type(layer)]}
    if isinstance(layer, nn.ELU):
        described["alpha"] = layer.alpha
    if isinstance(layer, nn.LeakyReLU):
        described["slope"] = layer.negative_slope
    return described
