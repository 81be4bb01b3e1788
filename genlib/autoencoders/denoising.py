r"""Autoencoders that rebuild a clean example from a corrupted one, and ways to corrupt it."""

from __future__ import annotations

__all__ = ["DenoisingAutoencoder", "gaussian_noise", "masking", "salt_and_pepper", "score"]

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn

from genlib._guard import bare, batch, sound
from genlib.autoencoders.reconstruction import Autoencoder, like


class DenoisingAutoencoder(nn.Module):
    r"""An autoencoder that is given $x'$ and must rebuild `x`.

    Args:
        autoencoder: What encodes, decodes and measures the error: an `Autoencoder` of any kind.
        corruption: Function that draws $x'$ for `x`, of the same shape, such as `gaussian_noise`,
            `masking` or `salt_and_pepper`.

    Source: Vincent et al. (2008); Alain and Bengio, What Regularized Auto-Encoders Learn (2014).

    Example:
        >>> from genlib.nn import mlp
        >>> plain = Autoencoder(mlp(64, 32), mlp(32, 64))
        >>> model = DenoisingAutoencoder(plain, lambda x: masking(x, rate=0.5))
        >>> model.loss(torch.ones(5, 64)).shape
        torch.Size([])
    """

    def __init__(self, autoencoder: Autoencoder, corruption: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.autoencoder, self.corruption = autoencoder, corruption

    def encode(self, x: Tensor) -> Tensor:
        r"""Returns the codes of `x` `(B, ...)` as it is; nothing is corrupted here."""
        return self.autoencoder.encode(x)

    def decode(self, z: Tensor) -> Tensor:
        r"""Returns $\hat x$ `(B, ...)` for codes `z`."""
        return self.autoencoder.decode(z)

    def error(self, x: Tensor, given: Tensor | None = None) -> Tensor:
        r"""Returns how far from `x` the rebuilt $x'$ is, by the autoencoder's own error.

        Args:
            x: Clean examples, `(B, ...)`.
            given: The corrupted examples; `None` draws them.

        Returns:
            One error for each example, `(B,)`; noisy where `given` is drawn.
        """
        x = batch(x, self)
        given = self.corruption(x) if given is None else batch(given, self, "given")
        return self.autoencoder.error(x, given=like(x, given))

    def loss(self, x: Tensor) -> Tensor:
        r"""Returns the mean error of the examples `x` `(B, ...)` under corruption drawn anew, `()`."""
        return self.error(x).mean()


def score(model: DenoisingAutoencoder, given: Tensor, sigma: float) -> Tensor:
    r"""Returns $(r(x') - x') / \sigma^2$, what a denoiser knows of the gradient of the noised density's logarithm.

    Of all functions $r$, $\mathbb{E}[x|x'] = x' + \sigma^2 \nabla \log p_\sigma(x')$ has the least mean squared error,
    where $p_\sigma$ is the data's density blurred by noise of variance $\sigma^2$. So a model that comes near this
    error gives $\nabla \log p_\sigma$, its *score*, near where data under noise are common.

    Args:
        model: A model trained to take `gaussian_noise` of this spread away, under the squared error.
        given: Where the score is asked for, $x'$ `(B, ...)`.
        sigma: Standard deviation $\sigma$ of the noise that it was trained on.

    Returns:
        The score, of the shape of `given`.

    Raises:
        ValueError: If `sigma` is not positive.

    Source: Robbins (1956), by Tweedie's formula; Vincent, A Connection Between Score Matching and Denoising
    Autoencoders (2011); Alain and Bengio (2014).

    Example:
        >>> from genlib.nn import mlp
        >>> plain = Autoencoder(mlp(2, 32), mlp(32, 2))
        >>> model = DenoisingAutoencoder(plain, lambda x: gaussian_noise(x, sigma=0.5))
        >>> score(model, torch.zeros(5, 2), sigma=0.5).shape
        torch.Size([5, 2])
    """
    if not sigma > 0:
        raise ValueError(f"sigma is {sigma}, expected a positive standard deviation")
    model = cast(DenoisingAutoencoder, bare(model))
    x_hat = like(batch(given, model, "given"), model.decode(model.encode(given)))
    return sound((x_hat - given) / sigma**2, model, given=given)


def gaussian_noise(x: Tensor, sigma: float) -> Tensor:
    r"""Returns $x' = x + \sigma \epsilon$ with standard normal $\epsilon$, of the shape of `x`.

    Args:
        x: Clean examples, `(B, ...)`.
        sigma: Standard deviation of the noise.

    Raises:
        ValueError: If `sigma` is negative.

    Example:
        >>> gaussian_noise(torch.ones(2, 3), sigma=0.0)
        tensor([[1., 1., 1.],
                [1., 1., 1.]])
    """
    if not sigma >= 0:
        raise ValueError(f"sigma is {sigma}, expected 0 or more")
    return x + sigma * torch.randn_like(x)


def masking(x: Tensor, rate: float) -> Tensor:
    r"""Returns `x` with each entry set to 0 with probability `rate`, independently.

    Vincent et al. (2008) blank a fixed share of the entries; here that share is the mean.

    Args:
        x: Clean examples, `(B, ...)`.
        rate: Probability of blanking an entry.

    Raises:
        ValueError: If `rate` is no probability.

    Example:
        >>> masking(torch.ones(2, 3), rate=1.0)
        tensor([[0., 0., 0.],
                [0., 0., 0.]])
    """
    return x.masked_fill(_chosen(x, rate), 0)


def salt_and_pepper(x: Tensor, rate: float) -> Tensor:
    r"""Returns `x` with each entry replaced, with probability `rate`, by 0 or 1 at even odds.

    Args:
        x: Clean examples, `(B, ...)`.
        rate: Probability of replacing an entry.

    Raises:
        ValueError: If `rate` is no probability.

    Example:
        >>> salt_and_pepper(torch.full((2, 3), 0.5), rate=0.0)
        tensor([[0.5000, 0.5000, 0.5000],
                [0.5000, 0.5000, 0.5000]])
    """
    return torch.where(_chosen(x, rate), torch.rand_like(x).lt(0.5).to(x.dtype), x)


def _chosen(x: Tensor, rate: float) -> Tensor:
    """Chooses each entry of `x` with probability `rate`: booleans of its shape."""
    if not 0 <= rate <= 1:
        raise ValueError(f"rate is {rate}, expected a probability between 0 and 1")
    return torch.rand_like(x) < rate
