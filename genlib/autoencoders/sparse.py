r"""Autoencoders most of whose hidden units are off most of the time."""

from __future__ import annotations

__all__ = ["SparseAutoencoder", "sparsity_penalty"]

import torch
from torch import Tensor, nn

from genlib._guard import batch, finite, grey, sound
from genlib.autoencoders.reconstruction import Autoencoder


class SparseAutoencoder(nn.Module):
    r"""An autoencoder whose hidden units are asked to be on at a rate of $\rho$.

    $$\frac1B \sum_n \text{error}(x_n) + \beta \sum_j \mathrm{KL}(\rho \,\|\, \hat\rho_j),
    \qquad \hat\rho_j = \frac1B \sum_n h_{nj}.$$

    The penalty is a function of the whole batch and is there once. By the input $a_{nj}$ of a sigmoid unit the loss has
    the derivative

    $$\delta_{nj} = \frac1B \Bigl[\frac{\partial\, \text{error}(x_n)}{\partial h_{nj}} + \beta \Bigl(
    -\frac{\rho}{\hat\rho_j} + \frac{1 - \rho}{1 - \hat\rho_j}\Bigr)\Bigr]\, h_{nj} (1 - h_{nj}).$$

    Args:
        autoencoder: What encodes, decodes and measures the error; its codes `(B, H)` lie between 0 and 1, as those of
            a `TiedAutoencoder` or of an encoder that ends in `nn.Sigmoid` do.
        rho: The rate $\rho$ that every unit is pulled to, between 0 and 1.
        beta: The strength $\beta$ of the penalty, 0 or more.

    Raises:
        ValueError: If `rho` or `beta` is out of range, or later if a code is.

    Source: Lee, Ekanadham and Ng (2008); Ng, Sparse Autoencoder, lecture notes (2011).

    Example:
        >>> from genlib.autoencoders import TiedAutoencoder
        >>> model = SparseAutoencoder(TiedAutoencoder(features=64, hidden=16), rho=0.05, beta=0.3)
        >>> x = torch.zeros(5, 64)
        >>> model.encode(x).shape, model.error(x).shape, model.penalty(x).shape, model.loss(x).shape
        (torch.Size([5, 16]), torch.Size([5]), torch.Size([]), torch.Size([]))
    """

    def __init__(self, autoencoder: Autoencoder, rho: float = 0.05, beta: float = 1.0) -> None:
        super().__init__()
        _rate(rho)
        if not beta >= 0:
            raise ValueError(f"beta is {beta}, expected 0 or more")
        self.autoencoder, self.rho, self.beta = autoencoder, rho, beta

    def encode(self, x: Tensor) -> Tensor:
        r"""Returns the hidden units `(B, H)` of `x` `(B, ...)`."""
        finite(self)  # a sigmoid makes 0 or 1 of what is infinite, which would then look like any other code
        return self.autoencoder.encode(x)

    def decode(self, z: Tensor) -> Tensor:
        r"""Returns $\hat x$ `(B, ...)` for hidden units `z` `(B, H)`."""
        return self.autoencoder.decode(z)

    def error(self, x: Tensor) -> Tensor:
        r"""Returns how far from `x` `(B, ...)` its reconstruction is, by the autoencoder's own error, `(B,)`."""
        finite(self)
        return self.autoencoder.error(x)

    def penalty(self, x: Tensor) -> Tensor:
        r"""Returns $\sum_j \mathrm{KL}(\rho \,\|\, \hat\rho_j)$, `()`, with the rates of the batch `x` `(B, ...)`."""
        return sound(sparsity_penalty(self.encode(batch(x, self)), self.rho), self, x=x)

    def loss(self, x: Tensor) -> Tensor:
        r"""Returns the mean error of the examples `x` `(B, ...)` and $\beta$ times the penalty of them all, `()`."""
        return self.error(x).mean() + self.beta * self.penalty(x)


def sparsity_penalty(h: Tensor, rho: float) -> Tensor:
    r"""Returns $\sum_j \rho \log \frac{\rho}{\hat\rho_j} + (1 - \rho) \log \frac{1 - \rho}{1 - \hat\rho_j}$, in nats.

    It is the divergence of a coin of rate $\rho$ from one of each unit's mean $\hat\rho_j$, added over the units: 0
    where every mean is $\rho$, infinite where a unit is off, or on, for every example.

    Args:
        h: Hidden units of a batch, between 0 and 1, `(B, H)`.
        rho: The rate $\rho$.

    Returns:
        One number for the batch, `()`.

    Raises:
        ValueError: If `rho` does not lie between 0 and 1, or a unit lies outside.

    Example:
        >>> h = torch.tensor([[0.0, 0.5], [0.5, 0.5]])
        >>> f"{sparsity_penalty(h, 0.25):.4f}"
        '0.1308'
    """
    rate, off = grey(h, "h").mean(0), (1 - h).mean(0)
    q = torch.as_tensor(_rate(rho)).to(rate)
    return (q * (q / rate).log() + (1 - q) * ((1 - q) / off).log()).sum()


def _rate(rho: float) -> float:
    if not 0 < rho < 1:
        raise ValueError(f"rho is {rho}, expected a rate between 0 and 1")
    return rho
