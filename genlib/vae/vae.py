r"""The variational autoencoder: two networks that return distributions, and the bounds that they give."""

from __future__ import annotations

__all__ = ["VAE"]

import math

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal, kl_divergence

from genlib._guard import at_least, batch, finite, rows, sound
from genlib.nn import applied


class VAE(nn.Module):
    r"""Variational autoencoder with a standard normal prior, of vectors or of images.

    Where the networks are conditional, such as `nn.Conditional`, every method takes the condition as `y`: the model is
    then $p(x|y) = \int p(x|z, y)\,p(z)\,dz$, and its encoder $q(z|x, y)$.

    Args:
        encoder: Module from `x` `(B, ...)` to the distribution $q(z|x)$ over codes `(B, L)`.
        decoder: Module from `z` `(B, L)` to the distribution $p(x|z)$ over data `(B, ...)`.
        latent: Size of the code, L.

    Source: Kingma and Welling (2014); Rezende, Mohamed and Wierstra (2014); with a condition: Sohn, Lee and Yan (2015).

    Example:
        >>> from genlib.nn import Bernoulli, Gaussian, conv_decoder, conv_encoder, mlp
        >>> vae = VAE(Gaussian(mlp(64, 32, 2 * 2)), Bernoulli(mlp(2, 32, 64)), latent=2)
        >>> vae.elbo(torch.zeros(5, 64)).shape, vae.sample(3).shape
        (torch.Size([5]), torch.Size([3, 64]))
        >>> shape = 1, 8, 8
        >>> encoder, decoder = conv_encoder(shape, 16, latent=2 * 4), conv_decoder(shape, 16, latent=4)
        >>> VAE(Gaussian(encoder), Bernoulli(decoder), latent=4).sample(3).shape
        torch.Size([3, 1, 8, 8])
    """

    origin: Tensor

    def __init__(self, encoder: nn.Module, decoder: nn.Module, latent: int) -> None:
        super().__init__()
        at_least(1, latent=latent)
        self.encoder, self.decoder, self.latent = encoder, decoder, latent
        self.register_buffer("origin", torch.zeros(latent), persistent=False)

    def prior(self) -> Distribution:
        r"""Returns $p(z) = \mathcal{N}(0, I)$, over codes `(L,)`."""
        return Independent(Normal(self.origin, torch.ones_like(self.origin), validate_args=False), 1)

    def encode(self, x: Tensor, y: Tensor | None = None) -> Distribution:
        r"""Returns $q(z|x)$, a distribution over codes `(B, L)`, for `x` `(B, ...)` and, if any, conditions `y`."""
        q = applied(self.encoder, batch(x, self), y, "encoder")
        if (q.batch_shape, q.event_shape) != ((len(x),), (self.latent,)):
            raise ValueError(
                f"the encoder's codes have shape {tuple(q.event_shape)}, this VAE has latent={self.latent}, for "
                f"{tuple(q.batch_shape)} of {len(x)} examples; nn.Gaussian(net) halves the net's output into mean and "
                "log of sigma"
            )
        return q

    def decode(self, z: Tensor, y: Tensor | None = None) -> Distribution:
        r"""Returns $p(x|z)$, a distribution over data `(B, ...)`, for `z` `(B, L)`; pictures show its mean."""
        return applied(self.decoder, rows(z, self, self.latent, "z", "numbers"), y, "decoder")

    def elbo(self, x: Tensor, samples: int = 1, *, y: Tensor | None = None) -> Tensor:
        r"""Returns the evidence lower bound $\mathbb{E}_q[\log p(x|z)] - \operatorname{KL}(q(z|x)\,\|\,p(z))$ in nats.

        The expectation is an average over samples $z = \mu + \sigma \odot \epsilon$; the divergence is exact.

        Args:
            x: Data, `(B, ...)`.
            samples: Codes drawn for each example.
            y: Condition of each example, if the networks take one.

        Returns:
            An unbiased estimate of the bound, `(B,)`.
        """
        q, z = self._codes(x, samples, y)
        bound = self._log_likelihood(x, z, y).mean(0) - kl_divergence(q, self.prior())
        return sound(bound, self, x=x)

    def importance_bound(self, x: Tensor, samples: int, *, y: Tensor | None = None) -> Tensor:
        r"""Returns $\log \frac{1}{K} \sum_k p(x|z_k)\,p(z_k) / q(z_k|x)$ with $z_k \sim q(z|x)$, in nats.

        Its expectation is a lower bound on $\log p(x)$ that grows with K and tends to it.

        Args:
            x: Data, `(B, ...)`.
            samples: Codes drawn for each example, K; `importance_log_prob` takes many without the memory.
            y: Condition of each example, if the networks take one.

        Returns:
            One draw of the bound, `(B,)`.

        Source: Burda, Grosse and Salakhutdinov, Importance Weighted Autoencoders (2016).
        """
        q, z = self._codes(x, samples, y)
        log_weight = self._log_likelihood(x, z, y) + self.prior().log_prob(z) - q.log_prob(z)
        return sound(log_weight.logsumexp(0) - math.log(samples), self, x=x)

    def _codes(self, x: Tensor, samples: int, y: Tensor | None) -> tuple[Distribution, Tensor]:
        r"""Returns $q(z|x)$ and codes drawn from it, `(samples, B, L)`, through which gradients pass."""
        at_least(1, samples=samples)
        q = self.encode(x, y)
        return q, q.rsample((samples,))

    def _log_likelihood(self, x: Tensor, z: Tensor, y: Tensor | None) -> Tensor:
        r"""Returns $\log p(x|z)$, `(K, B)`, for codes `(K, B, L)`; the decoder sees them as one batch."""
        x = x.expand(len(z), *x.shape).flatten(0, 1)
        y = y if y is None else y.expand(len(z), *y.shape).flatten(0, 1)
        p = self.decode(z.flatten(0, 1), y)
        if (p.batch_shape, p.event_shape) != (x.shape[:1], x.shape[1:]):
            raise ValueError(
                f"x has examples of shape {tuple(x.shape[1:])}, the decoder gives {tuple(p.event_shape)}, for "
                f"{tuple(p.batch_shape)} of {len(x)} codes"
            )
        return p.log_prob(x).unflatten(0, z.shape[:2])

    def loss(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        r"""Returns $-\overline{\mathcal{L}(x)}$, the mean negative bound with one code an example, `()`."""
        return -self.elbo(x, y=y).mean()

    @torch.no_grad()
    def sample(self, n: int, y: Tensor | None = None) -> Tensor:
        r"""Draws $z \sim p(z)$, then $x \sim p(x|z)$: `(n, ...)`; `y` holds a condition for each."""
        at_least(1, n=n)
        finite(self)
        return self.decode(self.prior().sample((n,)), y).sample()
