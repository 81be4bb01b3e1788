r"""From a set of examples to what a training loop eats: endless batches, binary pixels."""

from __future__ import annotations

__all__ = ["batches", "binarize"]

from collections.abc import Iterator

import torch
from torch import Tensor


def batches(x: Tensor, size: int, seed: int = 0) -> Iterator[Tensor]:
    r"""Yields shuffled batches without end, each epoch in a new order.

    Within an epoch no example comes twice; what is left over at its end, fewer than `size` examples, is dropped, and
    others are left over the next time. `itertools.cycle` over one shuffled epoch would not do: it stores the first
    epoch and repeats it, so that the same examples meet in the same batches for ever.

    Args:
        x: Examples, `(N, ...)`, on any device; the batches stay there.
        size: Number of examples in a batch, B.
        seed: Fixes the order. The global random numbers are neither read nor advanced.

    Yields:
        Batches `(B, ...)`.

    Raises:
        ValueError: If `size` is not between 1 and N.

    Example:
        >>> endless = batches(torch.arange(5), size=2)
        >>> sorted(torch.cat([next(endless), next(endless)]).tolist())
        [0, 1, 3, 4]
    """
    if not 1 <= size <= len(x):
        raise ValueError(f"size is {size}, expected 1 to {len(x)}: a batch holds no example twice")
    return _epochs(x, size, torch.Generator(x.device).manual_seed(seed))


def _epochs(x: Tensor, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    while True:
        order = torch.randperm(len(x), generator=generator, device=x.device)
        for start in range(0, len(x) - size + 1, size):
            yield x[order[start : start + size]]


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
