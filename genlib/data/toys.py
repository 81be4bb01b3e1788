r"""Data with a known law: densities in the plane, and sets of pictures that can be listed.

On these a model can be compared with the truth itself rather than with a finite sample. The densities are
`torch.distributions`: `sample((n,))` draws from the global random numbers, `log_prob(x)` is exact, in nats, on the
device and in the dtype of `x`. All of them live in the square from -4 to 4.
"""

from __future__ import annotations

__all__ = [
    "BlurredCurve",
    "Checkerboard",
    "bars_and_stripes",
    "checkerboard",
    "densities",
    "density",
    "eight_gaussians",
    "tiny_world",
    "two_moons",
]

import math
from collections import Counter
from collections.abc import Callable
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Distribution, constraints

from genlib._guard import tensor
from genlib.data.states import binary_states

Curve = Callable[[Tensor], Tensor]
ROWS = 2048
LETTERS = (
    "111 100 100 111", "111 100 110 100", "101 101 111 101", "111 010 010 111", "100 100 100 111",
    "111 101 101 111", "111 101 111 100", "111 010 010 010", "101 101 101 111", "101 101 010 010",
)  # fmt: skip


class _Plane(Distribution):
    """A density in the plane: points `(..., 2)`."""

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {}
    support = constraints.real_vector

    def __init__(self) -> None:
        super().__init__(event_shape=torch.Size([2]))

    def sample(self, sample_shape: list[int] | tuple[int, ...] = ()) -> Tensor:
        """Draws points, `(*sample_shape, 2)`, in the default dtype."""
        with torch.no_grad():
            return self._draw(math.prod(sample_shape)).view(*sample_shape, 2)

    def log_prob(self, value: Tensor) -> Tensor:
        """Returns the log-density in nats, `(...)`, at points `(..., 2)`."""
        if value.ndim < 1 or value.shape[-1] != 2:
            raise ValueError(f"value has shape {tuple(value.shape)}, expected (..., 2): points in the plane")
        parts = [self._log_prob(rows) for rows in value.reshape(-1, 2).split(ROWS)]
        return torch.cat(parts).view(value.shape[:-1])

    def _draw(self, n: int) -> Tensor:
        raise NotImplementedError

    def _log_prob(self, x: Tensor) -> Tensor:
        raise NotImplementedError


class BlurredCurve(_Plane):
    r"""A curve $m(u)$, with $u$ uniform on [0, 1), blurred by Gaussian noise.

    $$p(x) = \int_0^1 \mathcal{N}(x;\, m(u), \sigma^2 I)\,\mathrm{d}u
    = \sum_k w_k\, \mathcal{N}(x;\, m(u_k), \sigma^2 I)$$

    The nodes $u_k$ and weights $w_k$ are those of a quadrature rule fine enough for $\sigma$.

    Args:
        curve: The function $m$, from `(n,)` to `(n, 2)`.
        sigma: Standard deviation of the noise.
        nodes: Where the rule evaluates the curve, `(K,)`.
        weights: Weights of the nodes, `(K,)`, which sum to 1.

    Example:
        >>> middle = torch.tensor([0.5])
        >>> point = BlurredCurve(lambda u: torch.stack([0 * u, 0 * u], -1), 1.0, middle, torch.ones(1))
        >>> round(point.log_prob(torch.zeros(1, 2)).item(), 4)
        -1.8379
    """

    def __init__(self, curve: Curve, sigma: float, nodes: Tensor, weights: Tensor) -> None:
        super().__init__()
        self.curve, self.sigma = curve, sigma
        self.points, self.log_weights = curve(nodes), weights.log()

    def _draw(self, n: int) -> Tensor:
        return self.curve(torch.rand(n)) + self.sigma * torch.randn(n, 2)

    def _log_prob(self, x: Tensor) -> Tensor:
        # the faster |x|^2 - 2 x.m + |m|^2 cancels: in float32 it would cost two more digits
        distance = torch.cdist(x, self.points.to(x), compute_mode="donot_use_mm_for_euclid_dist")
        log_terms = self.log_weights.to(x) - distance.square() / (2 * self.sigma**2)
        return log_terms.logsumexp(-1) - math.log(2 * math.pi * self.sigma**2)


class Checkerboard(_Plane):
    r"""Uniform on the eight dark squares of a board of four by four, $p(x) = 1/32$ there and 0 elsewhere.

    Each square is 2 wide and contains its lower and left edges.

    Example:
        >>> Checkerboard().log_prob(torch.tensor([[1.0, 1.0], [1.0, -1.0]])).exp().tolist()
        [0.03125, 0.0]
    """

    def _draw(self, n: int) -> Tensor:
        x = 8 * torch.rand(n, 2) - 4
        # a point on a light square moves up by one square, from the top row to the bottom row
        shift = torch.where(x[:, 1] < 2, 2, -6)
        x[:, 1] += torch.where(_dark(x), 0, shift)
        return x

    def _log_prob(self, x: Tensor) -> Tensor:
        inside = ((x >= -4) & (x < 4)).all(-1)
        return x.new_full((len(x),), -math.log(32)).where(inside & _dark(x), -math.inf)


def _dark(x: Tensor) -> Tensor:
    return (x / 2).floor().sum(-1) % 2 == 0


def eight_gaussians(radius: float = 3.0, sigma: float = 0.2) -> BlurredCurve:
    r"""Eight equal Gaussians $\mathcal{N}(m_k, \sigma^2 I)$ on a circle: the classic test for forgotten modes.

    Args:
        radius: Radius of the circle.
        sigma: Standard deviation of each Gaussian.

    Raises:
        ValueError: If a length is not positive.

    Example:
        >>> eight_gaussians().sample((5,)).shape, round(eight_gaussians().log_prob(torch.tensor([3.0, 0.0])).item(), 4)
        (torch.Size([5, 2]), -0.6984)
    """
    if radius <= 0 or sigma <= 0:
        raise ValueError(f"eight_gaussians got radius={radius}, sigma={sigma}, expected positive lengths")

    def curve(u: Tensor) -> Tensor:
        angle = (8 * u).floor() * (math.pi / 4)
        return radius * torch.stack([angle.cos(), angle.sin()], -1)

    nodes = (torch.arange(8, dtype=torch.float64) + 0.5) / 8
    return BlurredCurve(curve, sigma, nodes, torch.full((8,), 1 / 8, dtype=torch.float64))


def two_moons(radius: float = 2.0, sigma: float = 0.2) -> BlurredCurve:
    r"""Two interlocking half circles, blurred by Gaussian noise; each is centred on an end of the other, half as high.

    The centres are $(\mp r/2, \mp r/4)$, the upper moon's on the left. The integral over each half circle is taken
    by Gauss and Legendre's rule with $13\, r / \sigma$ nodes, which leaves less than 1e-10 nats of error within three
    times the radius.

    Args:
        radius: Radius $r$ of the half circles.
        sigma: Standard deviation of the noise.

    Raises:
        ValueError: If a length is not positive.

    Example:
        >>> two_moons().sample((5,)).shape
        torch.Size([5, 2])
    """
    if radius <= 0 or sigma <= 0:
        raise ValueError(f"two_moons got radius={radius}, sigma={sigma}, expected positive lengths")

    def curve(u: Tensor) -> Tensor:
        side = torch.where(u < 0.5, 1.0, -1.0).to(u)
        angle = 2 * math.pi * u
        return radius * torch.stack([angle.cos() - side / 2, angle.sin() - side / 4], -1)

    x, w = (torch.from_numpy(a) / 4 for a in np.polynomial.legendre.leggauss(math.ceil(13 * radius / sigma)))
    nodes = torch.cat([x + 0.25, x + 0.75])
    return BlurredCurve(curve, sigma, nodes, torch.cat([w, w]))


def checkerboard() -> Checkerboard:
    """Returns the `Checkerboard`: sharp edges, which no smooth model gets right."""
    return Checkerboard()


DENSITIES: dict[str, Callable[[], Distribution]] = {
    make.__name__: make for make in (eight_gaussians, two_moons, checkerboard)
}


def densities() -> list[str]:
    """Returns the names that `density` knows."""
    return list(DENSITIES)


def density(name: str) -> Distribution:
    r"""Returns a density in the plane by its name, with its default shape.

    Args:
        name: One of `densities()`.

    Raises:
        ValueError: If there is none of this name.

    Example:
        >>> density("two_moons").log_prob(torch.zeros(3, 2)).shape
        torch.Size([3])
    """
    if name not in DENSITIES:
        raise ValueError(f"density got {name!r}, expected one of {', '.join(DENSITIES)}")
    return DENSITIES[name]()


def bars_and_stripes(rows: int, columns: int) -> Tensor:
    r"""Lists the $2^\text{rows} + 2^\text{columns} - 2$ pictures in which every row, or every column, has one colour.

    Each picture is listed once, the empty and the full one too, though they are both bars and stripes.

    Args:
        rows: Number of rows of a picture.
        columns: Number of columns.

    Returns:
        The pictures, row by row, `(N, rows * columns)`, zeros and ones.

    Raises:
        ValueError: If a side is not between 1 and 20.

    Source: MacKay, Information Theory, Inference, and Learning Algorithms (2003), section 43.2.

    Example:
        >>> bars_and_stripes(2, 2).tolist()[1:4]
        [[0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]]
    """
    if min(rows, columns) < 1 or max(rows, columns) > 20:
        raise ValueError(f"bars_and_stripes got {rows} rows and {columns} columns, expected 1 to 20 of each")
    stripes = binary_states(rows)[:, :, None].expand(-1, -1, columns)
    bars = binary_states(columns)[1:-1, None, :].expand(-1, rows, -1)
    return torch.cat([stripes, bars]).flatten(1)


def tiny_world(x: Tensor | None = None, *, flip: float = 0.01) -> tuple[Tensor, Tensor]:
    r"""Returns pictures of 4 x 3 pixels, and the law of their noisy copies over all 4096 states that there are.

    One of the N pictures is chosen at random, and each of its 12 pixels then changes with probability $\varepsilon$:

    $$p(x) = \frac{1}{N} \sum_{n=1}^N \varepsilon^{d_n} (1 - \varepsilon)^{12 - d_n},$$

    where $d_n$ is the number of pixels in which x and picture n differ. With noise no state is impossible, so that the
    divergence of a model is finite in both directions. The pictures are the 22 bars and stripes and the letters C, F,
    H, I, L, O, P, T, U, Y: $\log 32$, five bits, before the noise.

    Args:
        x: Other pictures, `(N, 12)`, zeros and ones, row by row; one that comes twice counts twice.
        flip: Probability $\varepsilon$ that a pixel changes, at least 0 and less than 0.5.

    Returns:
        The distinct pictures in the order in which they first come, `(N, 12)`, and the probabilities of
        `binary_states(12)`, `(4096,)`, in float64.

    Raises:
        ValueError: If the pictures are not of 12 binary pixels, or the noise is out of range.

    Example:
        >>> pictures, p = tiny_world()
        >>> pictures.shape, p.shape, round(-(p * p.log()).sum().item(), 4)
        (torch.Size([32, 12]), torch.Size([4096]), 4.1104)
    """
    if not isinstance(flip, int | float) or not 0 <= flip < 0.5:
        raise ValueError(f"flip is {flip!r}, expected at least 0 and less than 0.5")
    if x is None:
        letters = torch.tensor([[float(pixel) for pixel in letter.replace(" ", "")] for letter in LETTERS])
        x = torch.cat([bars_and_stripes(4, 3), letters])
    if tensor(x, "x").ndim != 2 or x.shape[1] != 12 or not len(x) or not ((x == 0) | (x == 1)).all():
        raise ValueError(f"x has shape {tuple(x.shape)}, expected (N, 12) with N >= 1, zeros and ones")
    states = binary_states(12)
    counts = Counter((x.cpu().double() @ 2.0 ** torch.arange(11, -1, -1, dtype=torch.float64)).long().tolist())
    pictures, share = states[list(counts)], torch.tensor(list(counts.values()), dtype=torch.float64) / len(x)
    wrong = torch.cdist(states.double(), pictures.double(), p=1)
    return pictures, (flip**wrong * (1 - flip) ** (12 - wrong)) @ share
