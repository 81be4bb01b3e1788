r"""A model's weights, and pictures, packed for the page.

A weight is sent as int8 with one scale per row, $w_{ij} \approx s_i\, q_{ij}$ with $s_i = \max_j |w_{ij}| / 127$, as
float16, or as float32. `rounded` gives the network that the page computes, so that its figures can be measured. In the
page, `js/packing.js` and `js/network.js` read what is made here.
"""

from __future__ import annotations

__all__ = ["LIMIT", "check_bits", "pack", "pack_bits", "pack_tensors", "rounded", "unpack_tensors"]

import copy
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from genlib._guard import tensor
from genlib.widgets.layers import Node, graph_of, shapes_of

LIMIT = 420_000
Spec = dict[str, Any]
Net = TypeVar("Net", bound=nn.Module)


def pack(net: nn.Module, dtype: str | None = None, shape: tuple[int, ...] | None = None) -> tuple[bytes, Spec]:
    r"""Packs a network, such as `mlp` and `conv_decoder` make, for the page.

    Args:
        net: Layers of the kinds in `layers.KINDS`, in nested `Sequential`s and `Residual`s; all of exactly these
            classes, without hooks, parametrizations or wrappers.
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
    nodes = graph_of(net)
    shapes = shapes_of(nodes, shape)
    tensors = {f"{i}.{name}": p for i, node in enumerate(nodes) for name, p in _weights(node)}
    weights, parts = pack_tensors(tensors, dtype)
    layers = [_described(node, i, parts) for i, node in enumerate(nodes)]
    return weights, {"shape": list(shapes[0]), "output": list(shapes[-1]), "layers": layers}


def _weights(node: Node) -> list[tuple[str, nn.Parameter]]:
    return list(node.layer.named_parameters(recurse=False))


def _described(node: Node, i: int, parts: Spec) -> Spec:
    """Returns what the page is told of node i: `from` is left out where it takes the value before it."""
    told: Spec = {"kind": node.kind.name, **{name: parts[f"{i}.{name}"] for name, _ in _weights(node)}}
    if node.sources != (i,):
        told["from"] = list(node.sources)
    return told | node.kind.described(node.layer)


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
    for node, part in zip(graph_of(result), spec["layers"], strict=True):
        for name, weight in _weights(node):
            weight.data.copy_(unpack_tensors(weights, {name: part[name]})[name])
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
    x = tensor(x, name).detach().cpu().flatten(1)
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
