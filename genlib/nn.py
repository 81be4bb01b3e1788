r"""Networks, and the layer that turns a network's output into a distribution.

A probabilistic model asks its networks for distributions, not for numbers: an encoder returns $q(z|x)$, a decoder
returns $p(x|z)$, and the objective is then written down as the formula it is. `Gaussian` and `Bernoulli` wrap any
network that maps `(B, in)` to `(B, out)`; the network itself stays readable as `.net`.
"""

from __future__ import annotations

__all__ = ["Bernoulli", "Gaussian", "mlp"]

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli as BernoulliDistribution
from torch.distributions import Independent, Normal


def mlp(*sizes: int, activation: type[nn.Module] = nn.ELU) -> nn.Sequential:
    r"""Creates a multi-layer perceptron, $x \mapsto W_L\, f(\ldots f(W_1 x + b_1) \ldots) + b_L$.

    Args:
        sizes: Number of units in each layer, input and output included; at least two numbers.
        activation: The non-linearity $f$ between two linear layers; none follows the last one.

    Returns:
        A network from `(B, sizes[0])` to `(B, sizes[-1])`.

    Raises:
        ValueError: If fewer than two sizes are given.

    Example:
        >>> mlp(64, 32, 4)(torch.zeros(5, 64)).shape
        torch.Size([5, 4])
    """
    if len(sizes) < 2:
        raise ValueError(f"mlp got sizes {sizes}, expected at least an input and an output size")
    layers: list[nn.Module] = []
    for size_in, size_out in pairwise(sizes):
        layers += [nn.Linear(size_in, size_out), activation()]
    return nn.Sequential(*layers[:-1])


class Gaussian(nn.Module):
    r"""Turns a network's output into a diagonal Gaussian, $\mathcal{N}(\mu(x), \operatorname{diag}\sigma^2(x))$.

    Args:
        net: Network whose output is $(\mu, \log\sigma)$, `(B, 2 L)`, or $\mu$ alone, `(B, L)`, where `sigma` is given.
        sigma: Standard deviation shared by all outputs; `None` lets the network choose one for each.

    Raises:
        ValueError: If `sigma` is not positive.

    Example:
        >>> Gaussian(mlp(64, 32, 2 * 4))(torch.zeros(5, 64)).mean.shape
        torch.Size([5, 4])
    """

    def __init__(self, net: nn.Module, sigma: float | None = None) -> None:
        super().__init__()
        if sigma is not None and not sigma > 0:
            raise ValueError(f"sigma is {sigma}, expected a positive number or None")
        self.net, self.sigma = net, sigma

    def forward(self, x: Tensor) -> Independent:
        r"""Returns the distribution at inputs `x` `(B, in)`; its samples are `(B, L)`."""
        out = self.net(x)
        if self.sigma is not None:
            return Independent(Normal(out, torch.full_like(out, self.sigma)), 1)
        mu, log_sigma = out.chunk(2, dim=-1)
        return Independent(Normal(mu, log_sigma.exp()), 1)


class Bernoulli(nn.Module):
    r"""Turns a network's output into independent binary variables, $p(x_k = 1 | z) = \operatorname{sigm}(a_k(z))$.

    Args:
        net: Network whose output is the log-odds $a$, `(B, D)`.

    Example:
        >>> Bernoulli(mlp(4, 32, 64))(torch.zeros(5, 4)).mean.shape
        torch.Size([5, 64])
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, z: Tensor) -> Independent:
        r"""Returns the distribution at inputs `z` `(B, in)`; its samples are `(B, D)`.

        Grey values in [0, 1] are accepted where a sample is scored: the result is then the cross-entropy, not a
        log-probability.
        """
        return Independent(BernoulliDistribution(logits=self.net(z), validate_args=False), 1)
