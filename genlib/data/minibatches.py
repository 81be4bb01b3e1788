r"""From a set of examples to what a training loop eats: endless batches, binary pixels."""

from __future__ import annotations

__all__ = ["batches", "binarize"]

from collections.abc import Iterator
from typing import Any, overload

import torch
from torch import Tensor

Tensors = tuple[Tensor, ...]


@overload
def batches(x: Tensor, size: int, seed: int = 0) -> Iterator[Tensor]: ...


@overload
def batches(x: Tensors, size: int, seed: int = 0) -> Iterator[Tensors]: ...


def batches(x: Tensor | Tensors, size: int, seed: int = 0) -> Iterator[Tensor] | Iterator[Tensors]:
    r"""Yields shuffled batches without end, each epoch in a new order.

    Within an epoch no example comes twice; what is left over at its end, fewer than `size` examples, is dropped, and
    others are left over the next time. `itertools.cycle` over one shuffled epoch would not do: it stores the first
    epoch and repeats it, so that the same examples meet in the same batches for ever.

    Args:
        x: Examples, `(N, ...)`, on any device; the batches stay there. Or a tuple, such as examples and their labels.
        size: Number of examples in a batch, B.
        seed: Fixes the order. The global random numbers are neither read nor advanced.

    Yields:
        Batches `(B, ...)`; of a tuple, tuples whose parts hold the same examples in the same order.

    Raises:
        ValueError: If `size` is not between 1 and N, or `x` holds no tensors or parts of different lengths or devices.

    Example:
        >>> endless = batches(torch.arange(5), size=2)
        >>> sorted(torch.cat([next(endless), next(endless)]).tolist())
        [0, 1, 3, 4]
    """
    parts = x if isinstance(x, tuple) else (x,)
    for part in parts:
        _tensor(part)
    if not parts or len({(len(part), part.device) for part in parts}) > 1:
        found = ", ".join(f"{len(part)} on {part.device}" for part in parts) or "none"
        raise ValueError(f"the parts hold {found} examples, expected as many in each, on one device")
    if not 1 <= size <= len(parts[0]):
        raise ValueError(f"size is {size}, expected 1 to {len(parts[0])}: a batch holds no example twice")
    rows = _epochs(len(parts[0]), size, torch.Generator(parts[0].device).manual_seed(seed))
    return (_parts(x, i) for i in rows) if isinstance(x, tuple) else (x.index_select(0, i) for i in rows)


def _epochs(n: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Yields the numbers of the examples of each batch, `(size,)`."""
    while True:
        order = torch.randperm(n, generator=generator, device=generator.device)
        for start in range(0, n - size + 1, size):
            yield order[start : start + size]


def _parts(x: Tensors, i: Tensor) -> Tensors:
    return tuple(part.index_select(0, i) for part in x)


def _tensor(x: Any) -> Tensor:
    """Returns `x` if it is a tensor of examples."""
    if not isinstance(x, Tensor) or not x.ndim:
        got = "a single number" if isinstance(x, Tensor) else f"a {type(x).__name__}"
        raise ValueError(f"x is {got}, expected a tensor of examples (N, ...): torch.as_tensor(x)")
    return x


def binarize(x: Tensor, threshold: float | None = 0.5, seed: int | None = None) -> Tensor:
    r"""Turns grey levels into zeros and ones: 1 where $x \geq$ `threshold`, or 1 with probability $x$.

    The two are different data, and a log-likelihood on one does not compare with one on the other: say which it was.

    Args:
        x: Grey levels in [0, 1], any shape.
        threshold: Where ones begin; `None` draws each pixel with its grey level as the probability of a one.
        seed: Fixes that draw, on every device alike; `None` reads the global random numbers.

    Returns:
        Zeros and ones, in the shape and dtype of `x`.

    Raises:
        ValueError: If `x` does not hold floating-point numbers in [0, 1].

    Source: Salakhutdinov and Murray, On the Quantitative Analysis of Deep Belief Networks (2008), for the draw.

    Example:
        >>> x = torch.tensor([0.0, 0.25, 0.5, 1.0])
        >>> binarize(x).tolist(), binarize(x, threshold=None, seed=0).tolist()
        ([0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0])
    """
    if not isinstance(x, Tensor):
        raise ValueError(f"x is a {type(x).__name__}, expected a tensor: torch.as_tensor(x)")
    if threshold is not None and not 0 <= threshold <= 1:
        raise ValueError(f"threshold is {threshold}, expected a grey level between 0 and 1")
    if not x.is_floating_point():
        raise ValueError(f"x has dtype {x.dtype}, expected floats in [0, 1]: divide grey levels by the largest one")
    if not ((x >= 0) & (x <= 1)).all():
        raise ValueError(f"x has values from {x.min():g} to {x.max():g}, expected [0, 1]: rescale the grey levels")
    if threshold is not None:
        return (x >= threshold).to(x.dtype)
    if seed is None:
        return (torch.rand_like(x) < x).to(x.dtype)
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(x.shape, generator=generator, dtype=torch.float32, device="cpu")
    return (noise.to(x) < x).to(x.dtype)
