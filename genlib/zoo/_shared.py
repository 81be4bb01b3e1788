"""What the recipes of all families share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor

from genlib import data

Figures = dict[str, Any]


def binary_batches(x: Tensor, size: int) -> Iterator[Tensor]:
    """Yields shuffled batches `(size, D)` of grey images `x` `(N, D)`, each binarised afresh."""
    for batch in data.batches(x, size):
        yield data.binarize(batch, threshold=None)
