r"""The variational autoencoder: two networks that return distributions, and the bounds that they give."""

from __future__ import annotations

__all__ = ["VAE"]

import math

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal, kl_divergence


class VAE(nn.Module):
    r"""Variational autoencoder with a standard normal prior.

    Args:
        encoder: Module from `x` `(B, D)` to the distribution $q(z|x)$ over codes `(B, L)`.
        decoder: Module from `z` `(..., L)` to the distribution $p(x|z)$ over data `(..., D)`.
        latent: Size of the code, L.

    Source: Kingma and Welling (2014); Rezende, Mohamed and Wierstra (2014).

    Example:
        >>> from genlib.nn import Bernoulli, Gaussian, mlp
        >>> vae = VAE(Gaussian(mlp(64, 32, 2 * 2)), Bernoulli(mlp(2, 32, 64)), latent=2)
        >>> vae.elbo(torch.zeros(5, 64)).shape, vae.sample(3).shape
        (torch.Size([5]), torch.Size([3, 64]))
    """

    origin: Tensor

    def __init__(self, encoder: nn.Module, decoder: nn.Module, latent: int) -> None:
        super().__init__()
        if latent < 1:
            raise ValueError(f"latent is {latent}, expected at least 1")
        self.encoder, self.decoder, self.latent = encoder, decoder, latent
        self.register_buffer("origin", torch.zeros(latent), persistent=False)

    def prior(self) -> Distribution:
        r"""Returns $p(z) = \mathcal{N}(0, I)$, over codes `(L,)`."""
        return Independent(Normal(self.origin, torch.ones_like(self.origin), validate_args=False), 1)

    def encode(self, x: Tensor) -> Distribution:
        r"""Returns $q(z|x)$, a distribution over codes `(B, L)`, for `x` `(B, D)`."""
        q = self.encoder(x)
        if q.event_shape != (self.latent,):
            raise ValueError(
                f"the encoder's codes have shape {tuple(q.event_shape)}, this VAE has latent={self.latent}; "
                "nn.Gaussian(net) halves the net's output into mean and log of sigma"
            )
        return q

    def decode(self, z: Tensor) -> Distribution:
        r"""Returns $p(x|z)$, a distribution over data `(B, D)`, for `z` `(B, L)`; pictures show its mean."""
        if z.shape[-1] != self.latent:
            raise ValueError(f"z has {z.shape[-1]} numbers, this VAE has latent={self.latent}")
        return self.decoder(z)

    def elbo(self, x: Tensor, samples: int = 1) -> Tensor:
        r"""Returns the evidence lower bound $\mathbb{E}_q[\log p(x|z)] - \operatorname{KL}(q(z|x)\,\|\,p(z))$ in nats.

        The expectation is an average over samples $z = \mu + \sigma \odot \epsilon$; the divergence is exact.

        Args:
            x: Data, `(B, D)`.
            samples: Codes drawn for each example.

        Returns:
            An unbiased estimate of the bound, `(B,)`.
        """
        q, z = self._codes(x, samples)
        return self.decode(z).log_prob(x).mean(0) - kl_divergence(q, self.prior())

    def importance_bound(self, x: Tensor, samples: int) -> Tensor:
        r"""Returns $\log \frac{1}{K} \sum_k p(x|z_k)\,p(z_k) / q(z_k|x)$ with $z_k \sim q(z|x)$, in nats.

        Its expectation is a lower bound on $\log p(x)$ that grows with K and tends to it.

        Args:
            x: Data, `(B, D)`.
            samples: Codes drawn for each example, K; `importance_log_prob` takes many without the memory.

        Returns:
            One draw of the bound, `(B,)`.

        Source: Burda, Grosse and Salakhutdinov, Importance Weighted Autoencoders (2016).
        """
        q, z = self._codes(x, samples)
        weight = self.decode(z).log_prob(x) + self.prior().log_prob(z) - q.log_prob(z)
        return weight.logsumexp(0) - math.log(samples)

    def _codes(self, x: Tensor, samples: int) -> tuple[Distribution, Tensor]:
        """Returns $q(z|x)$ and codes drawn from it, `(samples, B, L)`, through which gradients pass."""
        if samples < 1:
            raise ValueError(f"samples is {samples}, expected at least 1")
        q = self.encode(x)
        return q, q.rsample((samples,))

    def loss(self, x: Tensor) -> Tensor:
        r"""Returns $-\overline{\mathcal{L}(x)}$, the mean negative bound with one code an example, `()`."""
        return -self.elbo(x).mean()

    @torch.no_grad()
    def sample(self, n: int) -> Tensor:
        r"""Draws $z \sim p(z)$, then $x \sim p(x|z)$: `(n, D)`."""
        return self.decode(self.prior().sample((n,))).sample()
