r"""Importance weighting: what a variational autoencoder gives an example, estimated with many codes for each."""

from __future__ import annotations

__all__ = ["importance_log_prob"]

import math

import torch
from torch import Tensor

from genlib._guard import at_least, bare, batch, same_number, tensor
from genlib._progress import track
from genlib.vae.vae import VAE


@torch.no_grad()
def importance_log_prob(
    vae: VAE, x: Tensor, samples: int = 1000, *, y: Tensor | None = None, progress: bool = False
) -> Tensor:
    r"""Estimates $\log p(x)$ by importance sampling from the encoder, in pieces that fit into memory.

    $$\log p(x) \approx \log \frac{1}{K} \sum_{k=1}^K \frac{p(x|z_k)\,p(z_k)}{q(z_k|x)}, \qquad z_k \sim q(z|x)$$

    In expectation this is a lower bound: more samples raise it, and never lower it.

    Args:
        vae: The model.
        x: Data, `(B, ...)`.
        samples: Number K of codes for each example.
        y: Condition of each example, if the networks take one.
        progress: Whether a progress line is shown.

    Returns:
        One estimate for each example, `(B,)`, in nats.

    Source: Burda, Grosse and Salakhutdinov (2016).

    Example:
        >>> from genlib.nn import Bernoulli, Gaussian, mlp
        >>> vae = VAE(Gaussian(mlp(8, 2 * 2)), Bernoulli(mlp(2, 8)), latent=2)
        >>> importance_log_prob(vae, torch.zeros(5, 8), samples=50).shape
        torch.Size([5])
    """
    model = bare(vae)
    if not isinstance(model, VAE):
        raise ValueError(f"vae is a {type(model).__name__}, expected a VAE")
    at_least(1, samples=samples)
    batch(x, model)
    if y is not None:
        same_number(tensor(y, "y"), x, "y")
    size = max(1, 20_000 // samples)
    parts = zip(x.split(size), [None] * len(x) if y is None else y.split(size), strict=False)
    estimates = [
        torch.stack([model.importance_bound(part, k, y=c) + math.log(k) for k in _pieces(samples, 20_000)]).logsumexp(0)
        for part, c in track(parts, math.ceil(len(x) / size), progress)
    ]
    return torch.cat(estimates) - math.log(samples)


def _pieces(total: int, largest: int) -> list[int]:
    return [min(largest, total - start) for start in range(0, total, largest)]
