r"""Figures that any model can be given: means with their errors, bits per dimension, distances between samples.

Figures are in nats unless they say bits, one value per example, so that a mean comes with its standard error and two
models can be compared pair by pair. What needs a family's own structure stands with the family: annealing in
`energy`, importance weighting in `vae`.
"""

from __future__ import annotations

__all__ = ["bits_per_dim", "effective_sample_size", "grid_jsd", "mean_and_error"]

import math

import torch
from torch import Tensor

from genlib._guard import at_least


def effective_sample_size(log_weights: Tensor) -> float:
    r"""Returns how many equal weights would say as much as those of logarithms `(N,)`: $(\sum w)^2 / \sum w^2$.

    It knows only the weights that were drawn: where the heavy ones were all missed, it may be as large as N.

    Example:
        >>> round(effective_sample_size(torch.tensor([7.0, 7.0, -50.0])), 4)
        2.0
    """
    _numbers(log_weights, "log_weights")
    if (log_weights == math.inf).any() or (log_weights == -math.inf).all():
        raise ValueError("log_weights holds no weight above zero, or an infinite one, expected finite weights")
    return (2 * log_weights.logsumexp(0) - (2 * log_weights).logsumexp(0)).exp().item()


def bits_per_dim(log_prob: Tensor, dims: int) -> Tensor:
    r"""Converts nats per example to bits per dimension, $-\log p(x) / (D \log 2)$.

    Args:
        log_prob: Log-probabilities in nats, any shape.
        dims: Number of dimensions D of an example.

    Example:
        >>> bits_per_dim(torch.tensor(-64 * math.log(2)), 64).item()
        1.0
    """
    at_least(1, dims=dims)
    return -log_prob / (dims * math.log(2))


def mean_and_error(values: Tensor) -> tuple[float, float]:
    r"""Returns the mean of `values` `(N,)` and its standard error, $s / \sqrt{N}$.

    For two models on the same examples, pass their differences: the examples' own spread then cancels.

    Example:
        >>> mean, error = mean_and_error(torch.tensor([1.0, 3.0]))
        >>> round(mean, 6), round(error, 6)
        (2.0, 1.0)
    """
    if len(_numbers(values, "values")) < 2:
        raise ValueError(f"values has shape {tuple(values.shape)}, expected (N,) with N >= 2")
    return values.mean().item(), values.std().item() / math.sqrt(len(values))


def grid_jsd(p: Tensor, q: Tensor, *, cells: int = 40, limit: float = 4.0) -> float:
    r"""Returns the Jensen-Shannon divergence of two sets of points in the plane, on a grid, in nats.

    $$\operatorname{JSD} = \tfrac12 \operatorname{KL}(p \,\|\, m) + \tfrac12 \operatorname{KL}(q \,\|\, m), \qquad
    m = \tfrac12 (p + q)$$

    It is 0 for equal histograms and $\log 2$ for disjoint ones. Two finite samples of the same law are not at zero:
    compare with the value that true samples reach against true samples.

    Args:
        p: Points `(N, 2)`.
        q: Points `(M, 2)`.
        cells: Number of cells along each axis.
        limit: The grid covers `[-limit, limit]` on both axes; points outside count in the cell nearest to them.

    Example:
        >>> x = torch.zeros(10, 2)
        >>> grid_jsd(x, x), round(grid_jsd(x, x + 1), 4)
        (0.0, 0.6931)
    """
    p, q = (_histogram(points, cells, limit) for points in (p, q))
    m = (p + q) / 2
    return float((torch.xlogy(p, p / m) + torch.xlogy(q, q / m)).nansum() / 2)


def _numbers(values: Tensor, name: str) -> Tensor:
    """Returns `values` if it is one axis of floating-point numbers, at least one, and none of them NaN."""
    if not isinstance(values, Tensor) or not values.is_floating_point():
        got = f"dtype {values.dtype}" if isinstance(values, Tensor) else f"type {type(values).__name__}"
        raise ValueError(f"{name} has {got}, expected a tensor of floating-point numbers: torch.as_tensor({name})")
    if values.ndim != 1 or not len(values):
        raise ValueError(f"{name} has shape {tuple(values.shape)}, expected (N,) with N >= 1")
    if missing := int(values.isnan().sum()):
        raise ValueError(f"{name} has {missing} values that are NaN, expected numbers")
    return values


def _histogram(points: Tensor, cells: int, limit: float) -> Tensor:
    at_least(1, cells=cells)
    if not limit > 0:
        raise ValueError(f"limit is {limit}, expected more than 0")
    if not isinstance(points, Tensor) or points.ndim != 2 or points.shape[1] != 2 or not len(points):
        got = f"shape {tuple(points.shape)}" if isinstance(points, Tensor) else f"type {type(points).__name__}"
        raise ValueError(f"points have {got}, expected a tensor (N, 2) with N >= 1")
    if missing := int((~points.isfinite()).sum()):
        raise ValueError(f"points have {missing} coordinates that are NaN or infinite, expected finite ones")
    column, row = ((points + limit) * cells / (2 * limit)).long().clamp(0, cells - 1).unbind(-1)
    return torch.bincount(row * cells + column, minlength=cells**2).double() / len(points)
