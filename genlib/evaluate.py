r"""Figures that any model can be given: means with their errors, bits per dimension, distances between samples.

Likelihoods are in nats unless they say bits, one value per example, so that a mean comes with its standard error and
two models can be compared pair by pair. What needs a family's own structure stands with the family: annealing in
`energy`, importance weighting in `vae`.

Where a model has no likelihood, its samples are held against real ones: `frechet_distance`, `kernel_distance` and
`precision_recall` compare two sets of features, such as those that `zoo.load("digit-features")` computes of images,
and `nearest` finds copies. Real images are not at distance zero of other real images either: `floor` says how far
apart they are, and no figure of samples means anything without the floor for the same number of samples.
"""

from __future__ import annotations

__all__ = [
    "bits_per_dim",
    "effective_sample_size",
    "floor",
    "frechet_distance",
    "grid_jsd",
    "intersection_over_union",
    "kernel_distance",
    "mean_and_error",
    "nearest",
    "precision_recall",
]

import math
from collections.abc import Callable

import torch
from torch import Tensor

from genlib._guard import at_least

ROWS = 1024  # rows of a table of pairs that are in memory at a time


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


def intersection_over_union(found: Tensor, true: Tensor, classes: int) -> Tensor:
    r"""Returns for each class how well the places where it was found are those where it is, $|F \cap T| / |F \cup T|$.

    It is 1 where a class was found in its places and nowhere else, and 0 where all was missed; a share of pixels named
    rightly would be near 1 wherever most of a picture is empty.

    Args:
        found: The class that each pixel was taken for, whole numbers from 0, of any shape.
        true: The class that each pixel has, of that shape.
        classes: Number of classes, C.

    Returns:
        One value for each class, `(C,)`, in float64; NaN for a class that is nowhere and was not found.

    Source: Everingham et al., The Pascal Visual Object Classes Challenge (2010), for the use.

    Example:
        >>> intersection_over_union(torch.tensor([0, 1, 1, 1]), torch.tensor([0, 0, 1, 1]), classes=2).tolist()
        [0.5, 0.666...]
    """
    at_least(1, classes=classes)
    for name, x in {"found": found, "true": true}.items():
        if not isinstance(x, Tensor) or x.is_floating_point() or not x.numel() or x.min() < 0 or x.max() >= classes:
            raise ValueError(
                f"{name} holds something else than classes, expected whole numbers from 0 to {classes - 1}"
            )
    if found.shape != true.shape:
        raise ValueError(f"found has shape {tuple(found.shape)}, true {tuple(true.shape)}, expected the same")
    pairs = torch.bincount((true.long() * classes + found.long()).flatten(), minlength=classes**2)
    table = pairs.view(classes, classes).double()
    both = table.diag()
    return both / (table.sum(0) + table.sum(1) - both)


def frechet_distance(x: Tensor, y: Tensor) -> float:
    r"""Returns the Fréchet distance of two sets of features, each taken for a Gaussian.

    $$d^2 = \lVert \mu_x - \mu_y \rVert^2 + \operatorname{tr}\bigl(\Sigma_x + \Sigma_y
    - 2 (\Sigma_x \Sigma_y)^{1/2}\bigr)$$

    It is the squared 2-Wasserstein distance of the two Gaussians. With $\Sigma = R^\top R$ the trace of the root is the
    sum of the singular values of $R_x R_y^\top$, which needs no root of a matrix. The value is biased upwards, the more
    the fewer the samples: compare at equal numbers only, and with the `floor`.

    Args:
        x: Features `(N, K)`, N >= 2.
        y: Features `(M, K)`, M >= 2.

    Source: Heusel et al., GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium (2017).

    Example:
        >>> x = torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 1.0]])
        >>> round(frechet_distance(x, x + 3), 4)
        18.0
    """
    x, y = _features(x, y)
    (mu_x, root_x), (mu_y, root_y) = _moments(x), _moments(y)
    spread = root_x.square().sum() + root_y.square().sum() - 2 * torch.linalg.matrix_norm(root_x @ root_y.T, "nuc")
    return max(0.0, ((mu_x - mu_y).square().sum() + spread).item())


def kernel_distance(x: Tensor, y: Tensor) -> float:
    r"""Returns an unbiased estimate of the squared maximum mean discrepancy of two sets of features.

    $$\begin{aligned}
    &\frac{1}{N (N - 1)} \sum_{i \neq j} k(x_i, x_j) + \frac{1}{M (M - 1)} \sum_{i \neq j} k(y_i, y_j) \\
    &- \frac{2}{N M} \sum_{i, j} k(x_i, y_j), \qquad k(x, y) = \bigl(x^\top y / K + 1\bigr)^3
    \end{aligned}$$

    For two draws of one distribution its mean is zero at every number of samples, so that it may well be negative.

    Args:
        x: Features `(N, K)`, N >= 2.
        y: Features `(M, K)`, M >= 2.

    Source: Bińkowski et al., Demystifying MMD GANs (2018).

    Example:
        >>> x = torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 1.0]])
        >>> kernel_distance(x, x) < 0 < kernel_distance(x, x + 3)
        True
    """
    x, y = _features(x, y)
    n, m = len(x), len(y)
    within = [(_kernel_sum(v, v) - _kernel(v.square().sum(1) / v.shape[1]).sum()) for v in (x, y)]
    pairs = within[0] / (n * (n - 1)) + within[1] / (m * (m - 1)) - 2 * _kernel_sum(x, y) / (n * m)
    return pairs.item()


def precision_recall(real: Tensor, fake: Tensor, k: int = 3) -> tuple[float, float]:
    r"""Returns how much of the samples lies among the data, and how much of the data among the samples.

    A set is stood for by balls about its points, each reaching as far as the point's k-th neighbour in the set.
    Precision is the share of `fake` within a ball of `real`, recall the share of `real` within a ball of `fake`: bad
    pictures lower the first, forgotten modes the second. Two draws of one distribution do not reach 1: see `floor`.

    Args:
        real: Features of data `(N, K)`, N > k.
        fake: Features of samples `(M, K)`, M > k.
        k: Which neighbour a ball reaches to.

    Source: Kynkäänniemi et al., Improved Precision and Recall Metric for Assessing Generative Models (2019).

    Example:
        >>> real, few = torch.arange(10.0)[:, None], torch.arange(4.0)[:, None]
        >>> precision_recall(real, few, k=1)
        (1.0, 0.5)
    """
    real, fake = _features(real, fake, least=k + 1)
    at_least(1, k=k)
    return _covered(fake, real, k), _covered(real, fake, k)


def nearest(x: Tensor, others: Tensor, k: int = 1) -> tuple[Tensor, Tensor]:
    r"""Returns the distances `(N, k)` from each of `x` to its k nearest `others`, and which these are, `(N, k)`.

    Beside a sample, the nearest training image tells whether the sample was made or remembered.

    Args:
        x: Features or flat images `(N, K)`.
        others: As many features each, `(M, K)`, M >= k.
        k: Number of neighbours; the nearest comes first.

    Example:
        >>> distance, index = nearest(torch.tensor([[0.2], [5.0]]), torch.tensor([[0.0], [1.0], [4.0]]))
        >>> index.flatten().tolist()
        [0, 2]
    """
    at_least(1, k=k)
    x, others = _features(x, others, least=1)
    if k > len(others):
        raise ValueError(f"k is {k}, expected at most {len(others)}: the number of others")
    parts = [_distances(rows, others).topk(k, largest=False) for rows in x.split(ROWS)]
    return torch.cat([part.values for part in parts]), torch.cat([part.indices for part in parts])


def floor(
    distance: Callable[[Tensor, Tensor], float], x: Tensor, size: int, *, repeats: int = 10, seed: int = 0
) -> Tensor:
    r"""Returns what a distance says of data against data: `repeats` times two disjoint draws of `size` rows of `x`.

    A model whose samples are at this distance of the data, at this number of samples, cannot be told from the data.

    Args:
        distance: A function of two sets of features, such as `frechet_distance`.
        x: Features of data that neither model nor judge was trained on, `(N, K)`, N >= 2 * `size`.
        size: Number of rows in each of the two draws.
        repeats: How often to draw anew; the draws overlap from one time to the next, where `x` is not large.
        seed: Fixes the draws; the global random numbers are neither read nor advanced.

    Returns:
        The distances, `(repeats,)`, in float64.

    Example:
        >>> x = torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
        >>> few, many = (floor(frechet_distance, x, size).mean() for size in (20, 200))
        >>> bool(few > 5 * many)
        True
    """
    at_least(1, size=size, repeats=repeats)
    if 2 * size > len(x):
        raise ValueError(f"size is {size}, expected at most {len(x) // 2}: two draws without a row in common")
    generator = torch.Generator().manual_seed(seed)
    orders = [torch.randperm(len(x), generator=generator).to(x.device) for _ in range(repeats)]
    values = [distance(x[order[:size]], x[order[size : 2 * size]]) for order in orders]
    return torch.tensor(values, dtype=torch.float64)


def _features(x: Tensor, y: Tensor, least: int = 2) -> tuple[Tensor, Tensor]:
    """Returns two sets of features in float64, if they are finite, of one width and at least so many each."""
    for values in (x, y):
        if not isinstance(values, Tensor) or values.ndim != 2 or len(values) < least or not values.shape[1]:
            got = f"shape {tuple(values.shape)}" if isinstance(values, Tensor) else f"type {type(values).__name__}"
            raise ValueError(f"features have {got}, expected a tensor (N, K) with N >= {least}: x.flatten(1) of images")
        if bad := int((~values.isfinite()).sum()):
            raise ValueError(f"features have {bad} values that are NaN or infinite, expected finite ones")
    if x.shape[1] != y.shape[1] or x.device != y.device:
        raise ValueError(
            f"features have shapes {tuple(x.shape)} on {x.device} and {tuple(y.shape)} on {y.device}, expected as many "
            "columns, on one device"
        )
    return x.detach().double(), y.detach().double()


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the mean `(K,)` and a root R of the covariance, R^T R with N - 1 in the denominator."""
    mean = x.mean(0)
    return mean, torch.linalg.qr((x - mean) / math.sqrt(len(x) - 1), mode="r").R


def _kernel(product: Tensor) -> Tensor:
    return (product + 1) ** 3


def _kernel_sum(x: Tensor, y: Tensor) -> Tensor:
    return torch.stack([_kernel(rows @ y.T / x.shape[1]).sum() for rows in x.split(ROWS)]).sum()


def _distances(x: Tensor, y: Tensor) -> Tensor:
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def _covered(points: Tensor, centres: Tensor, k: int) -> float:
    """Returns the share of points within a ball about a centre, up to the centre's k-th neighbour besides itself."""
    radius = torch.cat([_distances(rows, centres).kthvalue(k + 1).values for rows in centres.split(ROWS)])
    inside = [(_distances(rows, centres) <= radius).any(1) for rows in points.split(ROWS)]
    return torch.cat(inside).double().mean().item()


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
