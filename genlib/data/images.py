r"""Images that come in a fixed split: the same training, validation and test examples every time."""

from __future__ import annotations

__all__ = ["load", "names"]

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

Split = tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor], tuple[Tensor, Tensor]]


def load(name: str) -> Split:
    r"""Loads images and labels, split into a training, a validation and a test set.

    - `digits`: 1797 handwritten digits of 8 by 8 pixels and 17 grey levels, which scikit-learn carries along, so that
      they load without a network. A fixed shuffle deals out 1237, 200 and 360 of them.

    Choices are made on the validation set; the test set is for the last figure.

    Args:
        name: One of `names()`.

    Returns:
        Three pairs `(x, y)`: images `x` `(N, C, H, W)`, float32 in [0, 1], and labels `y` `(N,)`, int64.

    Raises:
        ValueError: If there is no data set of this name.

    Source: digits: Alpaydin and Kaynak (1998).

    Example:
        >>> [tuple(x.shape) for x, y in load("digits")]
        [(1237, 1, 8, 8), (200, 1, 8, 8), (360, 1, 8, 8)]
    """
    if name not in READERS:
        raise ValueError(f"load got {name!r}, expected one of {', '.join(READERS)}")
    return READERS[name]()


def names() -> list[str]:
    """Returns the names that `load` knows."""
    return list(READERS)


def _digits() -> Split:
    from sklearn.datasets import load_digits

    source = load_digits()
    order = np.random.RandomState(0).permutation(len(source.target))
    x = torch.from_numpy(source.images[order] / 16).float().unsqueeze(1)
    y = torch.from_numpy(source.target[order]).long()
    train, validation, test = zip(x.split([1237, 200, 360]), y.split([1237, 200, 360]), strict=True)
    return train, validation, test


READERS: dict[str, Callable[[], Split]] = {"digits": _digits}
