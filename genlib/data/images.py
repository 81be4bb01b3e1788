r"""Images that come in a fixed split: the same training, validation and test examples every time."""

from __future__ import annotations

__all__ = ["load", "names"]

import gzip
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from genlib.data.mnist import SOURCES, load_mnist

Pair = tuple[Tensor, Tensor]


def load(name: str) -> tuple[Pair, Pair, Pair]:
    r"""Loads images and labels, split into a training, a validation and a test set.

    - `digits`: 1797 handwritten digits of 8 by 8 pixels and 17 grey levels, which scikit-learn carries along, so that
      they load without a network. A fixed shuffle deals out 1237, 200 and 360 of them.
    - `mnist`: 70,000 handwritten digits of 28 by 28 pixels and 256 grey levels; `fashion-mnist`: as many pictures of
      clothes in the same form. As in most publications the last 10,000 of the 60,000 training images, in the order of
      the file, are the validation set. Read from the folder `GENLIB_DATA` if that is set, or else fetched once.

    Choices are made on the validation set; the test set is for the last figure.

    Args:
        name: One of `names()`.

    Returns:
        Three pairs `(x, y)`: images `x` `(N, C, H, W)`, float32 in [0, 1], and labels `y` `(N,)`, int64.

    Raises:
        ValueError: If there is no data set of this name, or a file in `GENLIB_DATA` is not the published one.
        OSError: If a file cannot be had: no network (`ConnectionError`), not in `GENLIB_DATA`, no room in the cache.

    Source: digits: Alpaydin and Kaynak (1998); mnist: LeCun, Cortes and Burges (1998); fashion-mnist: Xiao, Rasul and
    Vollgraf (2017).

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


def _digits() -> tuple[Pair, Pair, Pair]:
    table = _digit_table()
    table = table[np.random.RandomState(0).permutation(len(table))]
    x = torch.from_numpy(table[:, :-1] / 16).to(torch.float32).reshape(-1, 1, 8, 8)
    y = torch.from_numpy(table[:, -1]).long()
    train, validation, test = zip(x.split([1237, 200, 360]), y.split([1237, 200, 360]), strict=True)
    return train, validation, test


def _digit_table() -> np.ndarray:
    """Returns the grey levels and the label of each digit, from scikit-learn's own file.

    Importing scikit-learn for it takes a second, fifty times as long as reading the file.
    """
    package = find_spec("sklearn")
    file = Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz" if package and package.origin else None
    if file is not None and file.is_file():
        with gzip.open(file, "rt") as lines:
            return np.loadtxt(lines, delimiter=",")
    from sklearn.datasets import load_digits

    found = load_digits()
    return np.column_stack([found.data, found.target])


def _mnist(name: str) -> tuple[Pair, Pair, Pair]:
    x, y, x_test, y_test = load_mnist(name)
    n = len(x) - 10_000
    return (x[:n], y[:n]), (x[n:], y[n:]), (x_test, y_test)


READERS: dict[str, Callable[[], tuple[Pair, Pair, Pair]]] = {
    "digits": _digits,
    **{name: partial(_mnist, name) for name in SOURCES},
}
