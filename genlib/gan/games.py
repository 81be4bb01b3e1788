r"""The games that a generator and a discriminator can play: one class for each pair of losses."""

from __future__ import annotations

__all__ = ["GAN", "NonSaturatingGAN"]

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib._guard import at_least, batch, finite, rows, same_number, sound
from genlib.nn import applied


class GAN(nn.Module):
    r"""Generative adversarial network as a zero-sum game: the generator minimises $V(D, G)$.

    Where the networks are conditional, such as `nn.Conditional`, every method takes the condition as `y`, one for each
    example and each fake: fakes of a condition are then judged beside examples of the same.

    Args:
        generator: Network from noise `(B, L)` to data `(B, ...)`.
        discriminator: Network from data `(B, ...)` to the log-odds of being real, `(B, 1)`.
        latent: Size of the noise, L.

    Source: Goodfellow et al., Generative Adversarial Nets (2014); with a condition: Mirza and Osindero (2014).

    Example:
        >>> from genlib.nn import mlp
        >>> gan = GAN(mlp(2, 16, 2), mlp(2, 16, 1), latent=2)
        >>> gan.loss_d(torch.zeros(5, 2), gan.noise(7)).shape, gan.sample(3).shape
        (torch.Size([]), torch.Size([3, 2]))
    """

    def __init__(self, generator: nn.Module, discriminator: nn.Module, latent: int) -> None:
        super().__init__()
        at_least(1, latent=latent)
        self.generator, self.discriminator, self.latent = generator, discriminator, latent

    def noise(self, n: int) -> Tensor:
        r"""Draws $z \sim \mathcal{N}(0, I)$ on the generator's device and in its dtype: `(n, L)`."""
        at_least(1, n=n)
        weight = next(self.generator.parameters())
        return torch.randn(n, self.latent, dtype=weight.dtype, device=weight.device)

    def generate(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        r"""Returns $G(z)$, `(B, ...)`, for noise `z` `(B, L)` and, if any, conditions `y`."""
        x = applied(self.generator, rows(z, self, self.latent, "z", "numbers"), y, "generator")
        return sound(same_number(x, z, "what the generator gives", "z"), self, z=z)

    def logit(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        r"""Returns the log-odds $a(x)$ that `x` `(B, ...)` is real, `(B,)`; $D(x) = \operatorname{sigm}(a(x))$."""
        a = applied(self.discriminator, batch(x, self), y, "discriminator")
        if a.shape != (len(x), 1):
            raise ValueError(f"the discriminator gave shape {tuple(a.shape)}, expected ({len(x)}, 1): one logit each")
        return sound(a[:, 0], self, x=x)

    def value(self, x: Tensor, z: Tensor, y: Tensor | None = None) -> Tensor:
        r"""Returns $V(D, G)$, estimated on data `x` `(B, ...)` and noise `z` `(n, L)`, `()`; G's best is $-2\log 2$."""
        return F.logsigmoid(self.logit(x, y)).mean() + F.logsigmoid(-self.logit(self.generate(z, y), y)).mean()

    def loss_d(self, x: Tensor, z: Tensor, y: Tensor | None = None) -> Tensor:
        r"""Returns the discriminator's loss $-V(D, G)$, `()`; no gradient reaches the generator.

        Args:
            x: Data, `(B, ...)`.
            z: Noise, `(n, L)`, such as `noise(n)`.
            y: Condition of each example, and of each fake, of which there are then as many.
        """
        fake = self.generate(z, y).detach()
        return -F.logsigmoid(self.logit(x, y)).mean() - F.logsigmoid(-self.logit(fake, y)).mean()

    def loss_g(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        r"""Returns the generator's loss $\mathbb{E}_z[\log(1 - D(G(z)))]$, `()`, for noise `z` `(n, L)`.

        Where the discriminator is sure, $D(G(z)) \approx 0$, this is flat and the generator learns nothing.
        """
        return F.logsigmoid(-self.logit(self.generate(z, y), y)).mean()

    @torch.no_grad()
    def sample(self, n: int, y: Tensor | None = None) -> Tensor:
        r"""Draws noise and generates from it: `(n, ...)`; `y` holds a condition for each."""
        at_least(1, n=n)
        finite(self.generator)
        return self.generate(self.noise(n), y)


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

    def loss_g(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        r"""Returns the generator's loss $-\mathbb{E}_z[\log D(G(z))]$, `()`, for noise `z` `(n, L)`."""
        return -F.logsigmoid(self.logit(self.generate(z, y), y)).mean()
