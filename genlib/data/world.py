r"""A world in the plane in which everything can be known: how common each kind of thing is, and what it looks like."""

from __future__ import annotations

__all__ = ["LabelledPlane", "TiltedGaussian", "three_kinds"]

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Distribution

from genlib.data.toys import BlurredCurve, _Plane


class LabelledPlane(_Plane):
    r"""Points in the plane that carry labels: $p(x, y) = p(y)\, p(x|y)$, each factor known.

    As a density it is that of the points alone, $p(x) = \sum_y p(y)\, p(x|y)$.

    Args:
        prior: Probabilities $p(y)$ of the labels, which sum to 1.
        kinds: Densities $p(x|y)$ in the plane, one for each label.

    Raises:
        ValueError: If there is not one density for each probability, or these are no distribution.

    Example:
        >>> world = three_kinds()
        >>> x, y = world.pairs(5)
        >>> x.shape, y.shape, world.log_prob(x).shape, world.log_joint(x).shape, world.log_prob_y(x).shape
        (torch.Size([5, 2]), torch.Size([5]), torch.Size([5]), torch.Size([5, 3]), torch.Size([5, 3]))
    """

    def __init__(self, prior: Sequence[float], kinds: Sequence[Distribution]) -> None:
        super().__init__()
        if len(prior) != len(kinds) or min(prior, default=0) <= 0 or not math.isclose(sum(prior), 1):
            raise ValueError(
                f"got {len(kinds)} kinds and the prior {tuple(prior)}, expected a positive probability for each kind, "
                "which sum to 1"
            )
        self.prior, self.kinds = torch.tensor(prior, dtype=torch.float64), tuple(kinds)

    def pairs(self, n: int) -> tuple[Tensor, Tensor]:
        """Draws `n` points `(n, 2)` with their labels `(n,)`: first each label, then a point of its kind."""
        y = torch.multinomial(self.prior, n, replacement=True)
        return self.points(y), y

    def points(self, y: Tensor) -> Tensor:
        """Draws a point of each kind in `y` `(n,)`, `(n, 2)`, in the default dtype."""
        x = torch.empty(len(y), 2)
        for label, kind in enumerate(self.kinds):
            x[y == label] = kind.sample((int((y == label).sum()),)).to(x)
        return x

    def log_joint(self, x: Tensor) -> Tensor:
        r"""Returns $\log p(x, y)$ of points `x` `(..., 2)` with every label, `(..., C)`."""
        each = torch.stack([kind.log_prob(x) for kind in self.kinds], -1)
        return each + self.prior.log().to(x)

    def log_prob_y(self, x: Tensor) -> Tensor:
        r"""Returns $\log p(y|x)$ of every label, `(..., C)`, at points `x` `(..., 2)`: the best classifier there is."""
        return self.log_joint(x).log_softmax(-1)

    def _draw(self, n: int) -> Tensor:
        return self.pairs(n)[0]

    def _log_prob(self, x: Tensor) -> Tensor:
        return self.log_joint(x).logsumexp(-1)


class TiltedGaussian(_Plane):
    r"""A Gaussian in the plane, with standard deviations along two directions at a right angle.

    Args:
        mean: Its centre.
        sigmas: Standard deviations along its first and second direction.
        degrees: Angle from the first axis of the plane to its first direction.

    Example:
        >>> TiltedGaussian((0, 0), (2, 0.5), 90).log_prob(torch.tensor([[0.0, 2.0], [2.0, 0.0]])).tolist()
        [-2.3378..., -9.8378...]
    """

    def __init__(self, mean: tuple[float, float], sigmas: tuple[float, float], degrees: float = 0) -> None:
        super().__init__()
        angle = math.radians(degrees)
        self.mu, self.sigmas = torch.tensor([mean, sigmas], dtype=torch.float64)
        self.axes = torch.tensor(
            [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]], dtype=torch.float64
        )

    def _draw(self, n: int) -> Tensor:
        z = torch.randn(n, 2)
        return self.mu.to(z) + (z * self.sigmas.to(z)) @ self.axes.T.to(z)

    def _log_prob(self, x: Tensor) -> Tensor:
        z = (x - self.mu.to(x)) @ self.axes.to(x) / self.sigmas.to(x)
        return -z.square().sum(-1) / 2 - math.log(2 * math.pi) - self.sigmas.log().sum().to(x)


def three_kinds() -> LabelledPlane:
    r"""Returns a world of three kinds: half of it a wide cloud, three tenths a narrow tilted one, the rest a bow.

    The cloud is $\mathcal{N}\bigl((-1.5, -0.5), 0.8^2 I\bigr)$, the narrow kind a Gaussian about $(1.2, -0.6)$ with
    standard deviations 0.8 and 0.25 along the directions of 50 and 140 degrees, and the bow an arc of radius 1.8 about
    $(0, 0.6)$ from 15 to 165 degrees, blurred by 0.2.

    Example:
        >>> three_kinds().prior.tolist()
        [0.5, 0.3, 0.2]
    """
    cloud, narrow = TiltedGaussian((-1.5, -0.5), (0.8, 0.8)), TiltedGaussian((1.2, -0.6), (0.8, 0.25), 50)
    return LabelledPlane([0.5, 0.3, 0.2], [cloud, narrow, _bow(1.8, 0.2)])


def _bow(radius: float, sigma: float) -> BlurredCurve:
    low, high = math.radians(15), math.radians(165)

    def curve(u: Tensor) -> Tensor:
        angle = low + (high - low) * u
        return torch.stack([radius * angle.cos(), radius * angle.sin() + 0.6], -1)

    x, w = (torch.from_numpy(a) / 2 for a in np.polynomial.legendre.leggauss(math.ceil(13 * radius / sigma)))
    return BlurredCurve(curve, sigma, x + 0.5, w)
