r"""All states of a few binary units, listed: what exact sums run over."""

from __future__ import annotations

__all__ = ["binary_states"]

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

EXACT_UNITS = 20


def binary_states(units: int) -> Tensor:
    r"""Lists all $2^n$ states of $n$ binary units, counting upwards with the first unit as the highest bit.

    Args:
        units: Number of units $n$, at most 20.

    Returns:
        The states, `(2**n, n)`, zeros and ones.

    Raises:
        ValueError: If there are more than 20 units.

    Example:
        >>> binary_states(2).tolist()
        [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    """
    if not 0 <= units <= EXACT_UNITS:
        raise ValueError(f"binary_states got {units} units, expected 0 to {EXACT_UNITS}: there are 2**units states")
    return torch.cat(list(enumerate_states(units, 2**units, torch.get_default_dtype())))


def enumerate_states(units: int, chunk: int, dtype: torch.dtype, device: Any = None) -> Iterator[Tensor]:
    """Yields all states of `units` binary units in order, `chunk` of them at a time."""
    places = torch.arange(units - 1, -1, -1, device=device)
    for start in range(0, 2**units, chunk):
        numbers = torch.arange(start, min(start + chunk, 2**units), device=device)
        yield (numbers[:, None] >> places & 1).to(dtype)
