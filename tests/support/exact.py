"""Second computations that the laws compare the library with: enumeration, closed forms, error bars.

Nothing here calls genlib for a result: what it knows of a model are its parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

from genlib.energy import RBM
from genlib.nn import Gaussian
from genlib.vae import VAE

M = TypeVar("M", bound=nn.Module)


def flat(tensors: tuple[Tensor, ...] | list[Tensor]) -> Tensor:
    return torch.cat([t.detach().flatten() for t in tensors])


def assert_mean(draws: Tensor, expected: Tensor, errors: float = 4) -> None:
    """Asserts that `draws` `(n, ...)` average to `expected`, within so many standard errors."""
    error = draws.std(0) / math.sqrt(len(draws))
    off = (draws.mean(0) - expected).abs() / error
    assert off.max() <= errors, f"{off.max():.1f} standard errors off"


# Binary machines


def drawn(build: Callable[[], M], seed: int = 0) -> M:
    """Returns what `build` makes, with all parameters standard normal."""
    torch.manual_seed(seed)
    model = build()
    with torch.no_grad():
        for p in model.parameters():
            p.normal_()
    return model


def machine(hidden: int, features: int, *, seed: int = 0, kind: type[RBM] = RBM) -> RBM:
    """Returns a machine whose weights and biases are all standard normal."""
    return drawn(lambda: kind(features, hidden), seed)


def states(units: int) -> Tensor:
    return torch.tensor(list(product([0.0, 1.0], repeat=units)))


def joint(rbm: RBM) -> Tensor:
    """Returns -E(x, h) of every pair of states, `(2**H, 2**D)`, with a graph to the parameters."""
    h, x = states(rbm.hidden), states(rbm.features)
    coupling = torch.einsum("ij,jk,lk->il", h, rbm.W, x)
    return coupling + (h * rbm.b).sum(1)[:, None] + (x * rbm.c).sum(1)[None]


def law(rbm: RBM) -> Tensor:
    """Returns p(x) of every state, `(2**D,)`."""
    return joint(rbm).detach().logsumexp(0).softmax(0)


def transition(rbm: RBM) -> Tensor:
    """Returns the probability of each state after one Gibbs sweep from each, `(2**D, 2**D)`."""
    weights = joint(rbm).detach()
    return weights.softmax(0).T @ weights.softmax(1)


def statistics(rbm: RBM) -> Tensor:
    """Returns p(h = 1 | x) x^T, p(h = 1 | x) and x of every state, flat, `(2**D, H D + H + D)`."""
    x = states(rbm.features)
    h = joint(rbm).detach().softmax(0).T @ states(rbm.hidden)
    return torch.cat([torch.einsum("nj,nk->njk", h, x).flatten(1), h, x], 1)


def draws(p: Tensor, n: int) -> Tensor:
    """Draws `n` of the states that `p` `(2**D,)` lists the probabilities of."""
    return states(int(math.log2(len(p))))[torch.multinomial(p, n, replacement=True)]


def index(x: Tensor) -> Tensor:
    """Returns the place of each state `(n, D)` in `states(D)`."""
    return (x @ 2.0 ** torch.arange(x.shape[1] - 1, -1, -1)).long()


def assert_law(x: Tensor, p: Tensor) -> None:
    """Asserts that states `x` `(n, D)` follow `p`: total variation within four times its typical size."""
    shares = torch.bincount(index(x), minlength=len(p)) / len(x)
    distance = (shares - p).abs().sum() / 2
    typical = (p * (1 - p) / len(x)).sqrt().sum() / 2
    assert distance <= 4 * typical, f"total variation {distance / typical:.1f} times its typical size"


# Linear Gaussian models


class LinearGaussian:
    """x = A z + a + sigma e, with columns of A at right angles so that the posterior is a diagonal Gaussian."""

    def __init__(self, features: int = 5, latent: int = 2, sigma: float = 0.5, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.sigma, self.latent = sigma, latent
        self.A = torch.linalg.qr(torch.randn(features, latent))[0] * torch.linspace(1, 2, latent)
        self.a = torch.randn(features)
        self.marginal = MultivariateNormal(self.a, self.A @ self.A.T + sigma**2 * torch.eye(features))
        self.covariance = torch.linalg.inv(torch.eye(latent) + self.A.T @ self.A / sigma**2)

    def posterior(self, x: Tensor) -> MultivariateNormal:
        mean = (x - self.a) @ self.A @ self.covariance / self.sigma**2
        return MultivariateNormal(mean, self.covariance)

    def vae(self, noise: float = 0.0) -> VAE:
        """Returns the model as a VAE whose encoder is the posterior, or that much beside it."""
        features = len(self.a)
        encoder = torch.nn.Linear(features, 2 * self.latent)
        decoder = torch.nn.Linear(self.latent, features)
        gain = (self.A @ self.covariance / self.sigma**2).T
        with torch.no_grad():
            encoder.weight.copy_(torch.cat([gain, torch.zeros_like(gain)]))
            encoder.bias.copy_(torch.cat([-gain @ self.a, self.covariance.diagonal().log() / 2]))
            encoder.weight.add_(noise * torch.randn_like(encoder.weight))
            encoder.bias.add_(noise * torch.randn_like(encoder.bias))
            decoder.weight.copy_(self.A)
            decoder.bias.copy_(self.a)
        return VAE(Gaussian(encoder), Gaussian(decoder, self.sigma), self.latent)
