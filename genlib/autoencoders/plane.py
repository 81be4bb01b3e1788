r"""Codes of two numbers as points of a plane, beside the first two principal components of the same images."""

from __future__ import annotations

__all__ = ["Plane", "plane_of", "principal_axes"]

from typing import NamedTuple

import torch
from torch import Tensor

from genlib._guard import at_least, same_number, tensor
from genlib.autoencoders.reconstruction import Autoencoder


class Plane(NamedTuple):
    r"""Where images lie in two planes: that of an autoencoder's codes, and that of the first principal components.

    Attributes:
        codes: Codes of the images, `(N, 2)`.
        components: Their first two principal components, `(N, 2)`.
        labels: Their classes, `(N,)`.
        mean: Mean of the images that the axes were made from, `(D,)`.
        axes: Principal axes, `(k, D)`, at least two.
        images: A few images, `(M, D)`, in [0, 1].
        image_labels: Their classes, `(M,)`.
    """

    codes: Tensor
    components: Tensor
    labels: Tensor
    mean: Tensor
    axes: Tensor
    images: Tensor
    image_labels: Tensor


def principal_axes(x: Tensor, size: int) -> tuple[Tensor, Tensor]:
    r"""Returns the mean `(D,)` of examples and their first principal axes `(size, D)`, the largest variance first.

    Args:
        x: Examples, `(N, D)`.
        size: Number of axes, at most D.

    Raises:
        ValueError: If `x` is no matrix, or has fewer entries than there are to be axes.

    Example:
        >>> mean, axes = principal_axes(torch.tensor([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0]]), 1)
        >>> mean.tolist(), axes.abs().tolist()
        ([2.0, 1.0], [[1.0, 0.0]])
    """
    at_least(1, size=size)
    if tensor(x, "x").ndim != 2 or len(x) < 2 or x.shape[1] < size:
        raise ValueError(f"x has shape {tuple(x.shape)}, expected at least two examples of at least {size} entries")
    axes = torch.linalg.eigh(torch.cov(x.T.double()))[1].T.flip(0)
    return x.mean(0), axes[:size].to(x)


@torch.no_grad()
def plane_of(model: Autoencoder, x: Tensor, y: Tensor, *, images: int = 1) -> Plane:
    r"""Places images in the plane of a model's codes and in that of their own first two principal components.

    Args:
        model: Autoencoder whose codes are two numbers.
        x: Images, `(N, D)`.
        y: Their classes, `(N,)`.
        images: How many images of each class are kept as they are, the first ones.

    Raises:
        ValueError: If codes are no pairs of numbers, or there are not as many classes as images.
    """
    at_least(1, images=images)
    labels, z = same_number(tensor(y, "y"), tensor(x, "x"), "y"), model.encode(x)
    if z.shape[1:] != (2,):
        raise ValueError(f"codes have shape {tuple(z.shape)}, expected (N, 2): a plane has two axes")
    mean, axes = principal_axes(x, 2)
    kept = torch.cat([(labels == label).nonzero()[:images, 0] for label in labels.unique()])
    return Plane(z, (x - mean) @ axes.T, labels, mean, axes, x[kept], labels[kept])
