r"""The games that a generator and a discriminator can play: one class for each pair of losses."""

from __future__ import annotations

__all__ = ["GAN", "NonSaturatingGAN"]

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class GAN(nn.Module):
    r"""Generative adversarial network as a zero-sum game: the generator minimises $V(D, G)$.

    Args:
        generator: Network from noise `(B, L)` to data `(B, D)`.
        discriminator: Network from data `(B, D)` to the log-odds of being real, `(B, 1)`.
        latent: Size of the noise, L.

    Source: Goodfellow et al., Generative Adversarial Nets (2014).

    Example:
        >>> from genlib.nn import mlp
        >>> gan = GAN(mlp(2, 16, 2), mlp(2, 16, 1), latent=2)
        >>> gan.loss_d(torch.zeros(5, 2), gan.noise(7)).shape, gan.sample(3).shape
        (torch.Size([]), torch.Size([3, 2]))
    """

    def __init__(self, generator: nn.Module, discriminator: nn.Module, latent: int) -> None:
        super().__init__()
        if latent < 1:
            raise ValueError(f"latent is {latent}, expected at least 1")
        self.generator, self.discriminator, self.latent = generator, discriminator, latent

    def noise(self, n: int) -> Tensor:
        r"""Draws $z \sim \mathcal{N}(0, I)$ on the generator's device and in its dtype: `(n, L)`."""
        weight = next(self.generator.parameters())
        return torch.randn(n, self.latent, dtype=weight.dtype, device=weight.device)

    def generate(self, z: Tensor) -> Tensor:
        r"""Returns $G(z)$, `(B, D)`, for noise `z` `(B, L)`."""
        if z.shape[-1] != self.latent:
            raise ValueError(f"z has {z.shape[-1]} numbers, this GAN has latent={self.latent}")
        return self.generator(z)

    def logit(self, x: Tensor) -> Tensor:
        r"""Returns the log-odds $a(x)$ that `x` `(B, D)` is real, `(B,)`; $D(x) = \operatorname{sigm}(a(x))$."""
        a = self.discriminator(x)
        if a.shape != (len(x), 1):
            raise ValueError(f"the discriminator gave shape {tuple(a.shape)}, expected ({len(x)}, 1): one logit each")
        return a[:, 0]

    def value(self, x: Tensor, z: Tensor) -> Tensor:
        r"""Returns $V(D, G)$ estimated on data `x` `(B, D)` and noise `z` `(n, L)`, `()`; at best $-2\log 2$ for G."""
        return F.logsigmoid(self.logit(x)).mean() + F.logsigmoid(-self.logit(self.generate(z))).mean()

    def loss_d(self, x: Tensor, z: Tensor) -> Tensor:
        r"""Returns the discriminator's loss $-V(D, G)$, `()`; no gradient reaches the generator.

        Args:
            x: Data, `(B, D)`.
            z: Noise, `(n, L)`, such as `noise(n)`.
        """
        fake = self.generate(z).detach()
        return -F.logsigmoid(self.logit(x)).mean() - F.logsigmoid(-self.logit(fake)).mean()

    def loss_g(self, z: Tensor) -> Tensor:
        r"""Returns the generator's loss $\mathbb{E}_z[\log(1 - D(G(z)))]$, `()`, for noise `z` `(n, L)`.

        Where the discriminator is sure, $D(G(z)) \approx 0$, this is flat and the generator learns nothing.
        """
        return F.logsigmoid(-self.logit(self.generate(z))).mean()

    @torch.no_grad()
    def sample(self, n: int) -> Tensor:
        r"""Draws noise and generates from it: `(n, D)`."""
        return self.generate(self.noise(n))


class NonSaturatingGAN(GAN):
    r"""The same discriminator against a generator that maximises $\mathbb{E}_z[\log D(G(z))]$.

    Both generators want the same thing; this one has its largest gradient where the other has none. The game is no
    longer zero-sum.

    Source: Goodfellow et al. (2014), section 3.

    Example:
        >>> from genlib.nn import mlp
        >>> gan = NonSaturatingGAN(mlp(2, 16, 2), mlp(2, 16, 1), latent=2)
        >>> gan.loss_g(gan.noise(7)).shape
        torch.Size([])
    """

    def loss_g(self, z: Tensor) -> Tensor:
        r"""Returns the generator's loss $-\mathbb{E}_z[\log D(G(z))]$, `()`, for noise `z` `(n, L)`."""
        return -F.logsigmoid(self.logit(self.generate(z))).mean()
