"""Laws of the networks: what an mlp computes, and which distribution a network's output stands for."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from genlib.nn import Bernoulli, Gaussian, mlp


class Echo(torch.nn.Module):
    """A network that returns its input, so that the input is the distribution's parameter."""

    def forward(self, x: Tensor) -> Tensor:
        return x


def test_mlp_is_linear_layers_with_activations_between() -> None:
    net, x = mlp(3, 5, 4, 2), torch.randn(7, 3)
    W1, b1, W2, b2, W3, b3 = net.parameters()
    f = lambda a: torch.where(a > 0, a, a.exp() - 1)  # noqa: E731
    assert_close(net(x), f(f(x @ W1.T + b1) @ W2.T + b2) @ W3.T + b3)


def test_mlp_takes_any_activation_and_may_have_no_hidden_layer() -> None:
    net = mlp(3, 5, 2, activation=torch.nn.Tanh)
    assert [type(layer) for layer in net] == [torch.nn.Linear, torch.nn.Tanh, torch.nn.Linear]
    assert [type(layer) for layer in mlp(3, 2)] == [torch.nn.Linear]


def test_gaussian_reads_mean_and_log_of_sigma() -> None:
    mu, log_sigma = torch.randn(6, 3), torch.rand(6, 3) + 0.2
    x = torch.randn(6, 3)
    q = Gaussian(Echo())(torch.cat([mu, log_sigma], 1))
    assert_close(q.mean, mu)
    assert_close(q.stddev, log_sigma.exp())
    sigma = log_sigma.exp()
    terms = -((x - mu) ** 2) / (2 * sigma**2) - log_sigma - math.log(2 * math.pi) / 2
    assert_close(q.log_prob(x), terms.sum(1))


def test_gaussian_reads_its_halves_along_the_last_axis() -> None:
    mu, log_sigma = torch.randn(4, 6, 3), torch.rand(4, 6, 3)
    q = Gaussian(Echo())(torch.cat([mu, log_sigma], -1))
    assert_close(q.mean, mu)
    assert_close(q.stddev, log_sigma.exp())


def test_gaussian_with_given_sigma_reads_the_mean_alone() -> None:
    mu, x = torch.randn(6, 3), torch.randn(6, 3)
    q = Gaussian(Echo(), sigma=0.3)(mu)
    terms = -((x - mu) ** 2) / 0.18 - math.log(0.3) - math.log(2 * math.pi) / 2
    assert_close(q.log_prob(x), terms.sum(1))


def test_bernoulli_reads_log_odds() -> None:
    a = torch.randn(6, 3)
    p = Bernoulli(Echo())(a)
    on = 1 / (1 + (-a).exp())
    assert_close(p.mean, on)
    x = torch.tensor([[0.0, 1, 1]]).expand(6, 3)
    assert_close(p.log_prob(x).exp(), (1 - on[:, 0]) * on[:, 1] * on[:, 2])


def test_bernoulli_scores_grey_values_by_cross_entropy() -> None:
    a, x = torch.randn(6, 3), torch.rand(6, 3)
    on = torch.sigmoid(a)
    assert_close(Bernoulli(Echo())(a).log_prob(x), (x * on.log() + (1 - x) * (1 - on).log()).sum(1))


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda: mlp(3), r"\(3,\)", "at least an input and an output"),
        (lambda: Gaussian(Echo(), sigma=0.0), "sigma is 0.0", "positive"),
        (lambda: Gaussian(Echo(), sigma=-1.0), "sigma is -1.0", "positive"),
        (lambda: Gaussian(Echo(), sigma=math.nan), "sigma is nan", "positive"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()
