r"""Networks, and the layer that turns a network's output into a distribution.

A probabilistic model asks its networks for distributions, not for numbers: an encoder returns $q(z|x)$, a decoder
returns $p(x|z)$, and the objective is then written down as the formula it is. `Gaussian` and `Bernoulli` wrap any
network that maps `(B, in)` to `(B, out)`; the network itself stays readable as `.net`. `mlp` makes networks of
vectors, `conv_encoder` and `conv_decoder` networks from and to images.
"""

from __future__ import annotations

__all__ = ["Bernoulli", "Gaussian", "conv_decoder", "conv_encoder", "mlp"]

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


Shape = tuple[int, int, int]


def conv_encoder(shape: Shape, *channels: int, latent: int, activation: type[nn.Module] = nn.ELU) -> nn.Sequential:
    r"""Creates a network from images to codes: convolutions that halve the image, then one linear layer.

    Each convolution has stride 2 and maps n pixels to $\lceil n / 2 \rceil$ along each axis. Its kernel is 4 wide where
    n is even and 3 where n is odd, so that the transposed convolution with the same numbers leads back to n.

    Args:
        shape: Shape of an image, `(C, H, W)`.
        channels: Channels after each convolution.
        latent: Size of the code, L.
        activation: The non-linearity after each convolution; none follows the linear layer.

    Returns:
        A network from `(B, C, H, W)` to `(B, L)`.

    Raises:
        ValueError: If no channels are given.

    Example:
        >>> conv_encoder((1, 28, 28), 8, 16, latent=4)(torch.zeros(5, 1, 28, 28)).shape
        torch.Size([5, 4])
    """
    steps, (C, H, W) = _halvings(shape, channels)
    layers: list[nn.Module] = []
    for size_in, size_out, kernel in steps:
        layers += [nn.Conv2d(size_in, size_out, kernel, stride=2, padding=1), activation()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(C * H * W, latent))


def conv_decoder(shape: Shape, *channels: int, latent: int, activation: type[nn.Module] = nn.ELU) -> nn.Sequential:
    r"""Creates the mirror image of `conv_encoder` of the same arguments, by transposed convolutions.

    The transposed convolution of kernel $w$ is the linear map whose matrix is the transpose of the convolution's.

    Args:
        shape: Shape of an image, `(C, H, W)`.
        channels: Channels after each of the encoder's convolutions, from the image inwards.
        latent: Size of the code, L.
        activation: The non-linearity before each transposed convolution; none follows the last one.

    Returns:
        A network from `(B, L)` to `(B, C, H, W)`.

    Raises:
        ValueError: If no channels are given.

    Source: Zeiler et al., Deconvolutional Networks (2010); Dumoulin and Visin (2016).

    Example:
        >>> conv_decoder((1, 28, 28), 8, 16, latent=4)(torch.zeros(5, 4)).shape
        torch.Size([5, 1, 28, 28])
    """
    steps, (C, H, W) = _halvings(shape, channels)
    layers: list[nn.Module] = [nn.Linear(latent, C * H * W), nn.Unflatten(1, (C, H, W))]
    for size_in, size_out, kernel in reversed(steps):
        layers += [activation(), nn.ConvTranspose2d(size_out, size_in, kernel, stride=2, padding=1)]
    return nn.Sequential(*layers)


def _halvings(shape: Shape, channels: tuple[int, ...]) -> tuple[list[tuple[int, int, tuple[int, int]]], Shape]:
    """Returns channels in, channels out and kernel of each convolution, and the shape that is left after all."""
    if not channels:
        raise ValueError("got no channels, expected the number after each convolution, such as 16, 32")
    C, H, W = shape
    steps = []
    for wider in channels:
        steps.append((C, wider, (4 - H % 2, 4 - W % 2)))
        C, H, W = wider, (H + 1) // 2, (W + 1) // 2
    return steps, (C, H, W)


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
            return Independent(Normal(out, torch.full_like(out, self.sigma), validate_args=False), 1)
        mu, log_sigma = out.chunk(2, dim=-1)
        return Independent(Normal(mu, log_sigma.exp(), validate_args=False), 1)


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
