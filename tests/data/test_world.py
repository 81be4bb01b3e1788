"""Laws of the labelled plane: every density against an integral or a count, and Bayes' rule between them."""

from __future__ import annotations

import math

import pytest
import torch
from exact import assert_mean
from mutants import breaks
from scipy.stats import multivariate_normal
from torch import Tensor
from torch.testing import assert_close

from genlib.data import LabelledPlane, TiltedGaussian, three_kinds


def grid(cells: int = 400, limit: float = 6.0) -> tuple[Tensor, float]:
    """Returns the middles of the cells of a square, `(cells**2, 2)`, and the area of one."""
    middles = (torch.arange(cells) + 0.5) * (2 * limit / cells) - limit
    return torch.cartesian_prod(middles, middles), (2 * limit / cells) ** 2


@breaks("kinds all equally common", "data.LabelledPlane.log_joint", " + self.prior.log().to(x)", "")
@breaks("the likeliest kind alone", "data.LabelledPlane._log_prob", ".logsumexp(-1)", ".amax(-1)")
def test_everything_integrates_to_what_it_should() -> None:
    """p(x) to one, p(x, y) over x to p(y), and over y to p(x)."""
    world, (x, area) = three_kinds(), grid()
    joint = world.log_joint(x).exp()
    assert_close(joint.sum(0) * area, world.prior, rtol=1e-6, atol=0)
    assert_close(joint.sum(1), world.log_prob(x).exp())
    assert world.log_prob(x).exp().sum().item() * area == pytest.approx(1, rel=1e-6)
    for kind in world.kinds:
        assert kind.log_prob(x).exp().sum().item() * area == pytest.approx(1, rel=1e-6)


@breaks("densities taken for probabilities", "data.LabelledPlane.log_prob_y", ".log_softmax(-1)", "")
@breaks("the prior forgotten", "data.LabelledPlane.log_joint", " + self.prior.log().to(x)", "")
def test_labels_follow_from_bayes_rule() -> None:
    """p(y|x) p(x) = p(x|y) p(y); and among draws near a point, the labels come as often as p(y|x) says."""
    world = three_kinds()
    x, y = world.pairs(200_000)
    chosen = x[:50]
    left = world.log_prob_y(chosen) + world.log_prob(chosen)[:, None]
    right = torch.stack([k.log_prob(chosen) for k in world.kinds], -1) + world.prior.log()
    assert_close(left, right)
    near = (x - torch.tensor([0.2, -0.2])).norm(dim=1) < 0.6
    assert near.sum() > 3000
    for label in range(3):
        assert_mean((y[near] == label).double() - world.log_prob_y(x[near]).exp()[:, label], torch.tensor(0.0))


@breaks("labels drawn evenly", "data.LabelledPlane.pairs", "multinomial(self.prior,", "multinomial(self.prior ** 0,")
@breaks(
    "points of the next kind", "data.LabelledPlane.points", "x[y == label]", "x[(y + 1) % 3 == label]", by=RuntimeError
)
@breaks("an angle turned the other way", "data.TiltedGaussian._draw", "self.axes.T", "self.axes")
def test_draws_have_the_moments_of_their_densities() -> None:
    world, (x, area) = three_kinds(), grid()
    points, y = world.pairs(100_000)
    assert_mean((y[:, None] == torch.arange(3)).double(), world.prior)
    for label, kind in enumerate(world.kinds):
        weights = kind.log_prob(x).exp() * area
        mean = weights @ x
        product = ((x - mean)[:, :, None] * (x - mean)[:, None] * weights[:, None, None]).sum(0)
        own = points[y == label] - mean
        assert_mean(own, torch.zeros(2))
        assert_mean((own[:, :, None] * own[:, None]).flatten(1), product.flatten())
    assert (world.sample((3, 4)).shape, world.log_prob(world.sample((3, 4))).shape) == ((3, 4, 2), (3, 4))


@breaks("an area forgotten", "data.TiltedGaussian._log_prob", " - self.sigmas.log().sum().to(x)", "")
@breaks("axes taken for their transpose", "data.TiltedGaussian._log_prob", "self.axes.to(x)", "self.axes.T.to(x)")
def test_tilted_gaussian_is_that_of_scipy() -> None:
    kind, tilt = TiltedGaussian((1, -2), (0.7, 0.3), 25), math.radians(25)
    along = torch.tensor([[math.cos(tilt)], [math.sin(tilt)]])
    across = torch.tensor([[-math.sin(tilt)], [math.cos(tilt)]])
    covariance = 0.49 * along @ along.T + 0.09 * across @ across.T
    x = torch.randn(20, 2)
    expected = multivariate_normal([1, -2], covariance.numpy()).logpdf(x.numpy())
    assert_close(kind.log_prob(x), torch.from_numpy(expected))


def test_float32_points_have_float32_densities() -> None:
    world = three_kinds()
    x = world.sample((9,))
    for value in (world.log_prob, world.log_joint, world.log_prob_y):
        assert value(x.float()).dtype == torch.float32
        assert_close(value(x.float()).double(), value(x), rtol=0, atol=1e-4)


@pytest.mark.parametrize("prior", [(0.5, 0.5), (0.5, 0.3, 0.3), (1.0, 0.0, 0.0)])
def test_what_is_no_distribution_is_refused(prior: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"3 kinds and the prior \(.*\), expected a positive probability"):
        LabelledPlane(prior, three_kinds().kinds)
