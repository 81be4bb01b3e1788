r"""Scenes: small pictures dropped into a larger empty one, and for every pixel what it belongs to."""

from __future__ import annotations

__all__ = ["scenes"]

import torch
from torch import Tensor

from genlib._guard import at_least, same_number, tensor

TRIES = 50  # places that are tried for a picture before it is left out


def scenes(
    x: Tensor, y: Tensor, n: int, *, side: int = 32, pictures: int = 4, ink: float = 0.25, seed: int = 0
) -> tuple[Tensor, Tensor]:
    r"""Drops pictures into empty scenes, so that their squares do not overlap, and says of every pixel whose it is.

    Pictures and places are drawn with a seed of their own: the same arguments give the same scenes, and the global
    random numbers are left as they were. Where no free place is found in 50 tries, a picture is left out.

    Args:
        x: Pictures to choose from, `(N, C, H, W)`, such as the digits of `load("digits")`.
        y: Their labels, whole numbers from 0, `(N,)`.
        n: Number of scenes.
        side: Height and width of a scene, at least those of a picture.
        pictures: Number of pictures in a scene.
        ink: A pixel belongs to a picture where one of its channels there is more than this.
        seed: Seed of all that is drawn.

    Returns:
        Scenes `(n, C, side, side)`, and the class of each pixel `(n, side, side)`, int64: 0 where there is nothing, and
        1 + y on the ink of a picture with label y.

    Raises:
        ValueError: If there is not one label for each picture, or a scene has no room for one.

    Example:
        >>> from genlib import data
        >>> (x, y), _, _ = data.load("digits")
        >>> scene, label = scenes(x, y, 5)
        >>> scene.shape, label.shape
        (torch.Size([5, 1, 32, 32]), torch.Size([5, 32, 32]))
    """
    at_least(1, n=n, side=side)
    at_least(0, pictures=pictures)
    if tensor(x, "x").ndim != 4 or not len(x) or max(x.shape[2:]) > side:
        raise ValueError(f"x has shape {tuple(x.shape)}, expected pictures (N, C, H, W) no larger than {side}")
    if same_number(tensor(y, "y"), x, "y").ndim != 1 or y.is_floating_point() or y.dtype == torch.bool or y.min() < 0:
        raise ValueError(f"y is {y.dtype} of shape {tuple(y.shape)}, expected whole numbers from 0, ({len(x)},)")
    draws = torch.Generator().manual_seed(seed)
    height, width = x.shape[2:]
    owner = torch.where((x > ink).any(1), 1 + y[:, None, None].long(), 0)
    scene, label = x.new_zeros(n, x.shape[1], side, side), owner.new_zeros(n, side, side)
    for picture, mask in zip(scene, label, strict=True):
        chosen = torch.randint(len(x), (pictures,), generator=draws).tolist()
        for i, (row, column) in zip(chosen, _places(pictures, side, height, width, draws), strict=False):
            here = slice(row, row + height), slice(column, column + width)
            picture[:, *here], mask[here] = x[i], owner[i]
    return scene, label


def _places(count: int, side: int, height: int, width: int, draws: torch.Generator) -> list[tuple[int, int]]:
    """Returns the upper left corners of up to `count` rectangles in a square that do not overlap."""
    found: list[tuple[int, int]] = []
    for _ in range(count):
        rows = torch.randint(side - height + 1, (TRIES,), generator=draws).tolist()
        columns = torch.randint(side - width + 1, (TRIES,), generator=draws).tolist()
        for row, column in zip(rows, columns, strict=True):
            if all(abs(row - r) >= height or abs(column - c) >= width for r, c in found):
                found.append((row, column))
                break
    return found
