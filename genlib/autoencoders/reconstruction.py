r"""Autoencoders that rebuild what they are given: under the squared error or the cross-entropy, with tied weights."""

from __future__ import annotations

__all__ = ["Autoencoder", "BinaryAutoencoder", "TiedAutoencoder"]

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib._guard import at_least, batch, grey, rows, sound
from genlib.nn import applied


class Autoencoder(nn.Module):
    r"""Encoder and decoder under the squared error.

    Args:
        encoder: Network from `x` `(B, ...)` to codes, such as `(B, L)`.
        decoder: Network from codes to data `(B, ...)`, of the shape of `x`.

    Source: Rumelhart, Hinton and Williams (1986); Bourlard and Kamp (1988); Hinton and Salakhutdinov (2006).

    Example:
        >>> from genlib.nn import mlp
        >>> model = Autoencoder(mlp(64, 32, 2), mlp(2, 32, 64))
        >>> x = torch.zeros(5, 64)
        >>> model.encode(x).shape, model.error(x).shape, model.loss(x).shape
        (torch.Size([5, 2]), torch.Size([5]), torch.Size([]))
    """

    encoder: nn.Module
    decoder: nn.Module

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def encode(self, x: Tensor) -> Tensor:
        r"""Returns the codes $z = e(x)$ of `x` `(B, ...)`."""
        return sound(applied(self.encoder, batch(x, self), name="encoder"), self, x=x)

    def decode(self, z: Tensor) -> Tensor:
        r"""Returns $\hat x = d(z)$ `(B, ...)` for codes `z`."""
        return sound(applied(self.decoder, batch(z, self, "z"), name="decoder"), self, z=z)

    def error(self, x: Tensor, given: Tensor | None = None) -> Tensor:
        r"""Returns $\frac12 \sum_k (\hat x_k - x_k)^2$, whose derivative by $\hat x$ is $\hat x - x$.

        Args:
            x: What should come back, `(B, ...)`.
            given: What the encoder sees, such as a corrupted `x`; `None` for `x` itself.

        Returns:
            One error for each example, `(B,)`.

        Raises:
            ValueError: If the decoder's output does not have the shape of `x`.
        """
        x_hat = like(batch(x, self), self.decode(self.encode(x if given is None else given)))
        return sound((x_hat - x).square().flatten(1).sum(1) / 2, self, x=x)

    def loss(self, x: Tensor) -> Tensor:
        r"""Returns the mean error of the examples `x` `(B, ...)`, `()`."""
        return self.error(x).mean()


class BinaryAutoencoder(Autoencoder):
    r"""Autoencoder of entries between 0 and 1 under the cross-entropy; its decoder gives the log-odds $a$.

    The error is $-\sum_k x_k \log \hat x_k + (1 - x_k) \log(1 - \hat x_k)$ with $\hat x = \operatorname{sigm}(a)$. Its
    derivative by $a$ is $\hat x - x$ again, which the squared error of a sigmoid does not have. At grey values its
    least value is their entropy, not 0.

    Args:
        encoder: Network from `x` `(B, ...)` to codes, such as `(B, L)`.
        decoder: Network from codes to log-odds `(B, ...)`, of the shape of `x`.

    Source: Vincent et al., Extracting and Composing Robust Features with Denoising Autoencoders (2008).

    Example:
        >>> from genlib.nn import mlp
        >>> model = BinaryAutoencoder(mlp(64, 32, 2), mlp(2, 32, 64))
        >>> x_hat = model.decode(torch.zeros(5, 2))
        >>> x_hat.shape, bool((x_hat > 0).all() and (x_hat < 1).all())
        (torch.Size([5, 64]), True)
    """

    def logit(self, z: Tensor) -> Tensor:
        r"""Returns the log-odds $a(z)$ `(B, ...)` for codes `z`."""
        return sound(applied(self.decoder, batch(z, self, "z"), name="decoder"), self, z=z)

    def decode(self, z: Tensor) -> Tensor:
        r"""Returns probabilities $\hat x = \operatorname{sigm}(a(z))$ `(B, ...)` for codes `z`."""
        return torch.sigmoid(self.logit(z))

    def error(self, x: Tensor, given: Tensor | None = None) -> Tensor:
        r"""Returns the cross-entropy in nats, from the log-odds and therefore finite.

        Args:
            x: What should come back, entries in [0, 1], `(B, ...)`.
            given: What the encoder sees, such as a corrupted `x`; `None` for `x` itself.

        Returns:
            One error for each example, `(B,)`.

        Raises:
            ValueError: If the decoder's output does not have the shape of `x`, or `x` has entries outside [0, 1].
        """
        a = like(batch(x, self), self.logit(self.encode(x if given is None else given)))
        return (F.softplus(a) - grey(x) * a).flatten(1).sum(1)


class TiedAutoencoder(BinaryAutoencoder):
    r"""One sigmoid layer whose weights serve both ways.

    $$h = \operatorname{sigm}(b + W x), \qquad \hat x = \operatorname{sigm}(c + W^\top h).$$

    The gradient by $W$ has a part from each use. With the parameters of an `energy.RBM` it maps `x` to
    $p(h = 1 | x)$ and back, which is how a trained machine is unrolled.

    Args:
        features: Number of entries of an example, D.
        hidden: Number of hidden units, H; they are the code.

    Source: Vincent et al. (2008); the start is that of Glorot and Bengio (2010).

    Example:
        >>> model = TiedAutoencoder(features=64, hidden=16)
        >>> model.encode(torch.zeros(5, 64)).shape, [tuple(p.shape) for p in model.parameters()]
        (torch.Size([5, 16]), [(16, 64), (16,), (64,)])
    """

    def __init__(self, features: int, hidden: int) -> None:
        nn.Module.__init__(self)
        at_least(1, features=features, hidden=hidden)
        self.features, self.hidden = features, hidden
        self.W = nn.Parameter(nn.init.xavier_uniform_(torch.empty(hidden, features)))
        self.b = nn.Parameter(torch.zeros(hidden))
        self.c = nn.Parameter(torch.zeros(features))

    def extra_repr(self) -> str:
        """Returns the sizes, for `print(model)`."""
        return f"features={self.features}, hidden={self.hidden}"

    def encode(self, x: Tensor) -> Tensor:
        r"""Returns $h = \operatorname{sigm}(b + W x)$, `(B, H)`, for `x` `(B, D)`."""
        return torch.sigmoid(sound(F.linear(rows(x, self, self.features), self.W, self.b), self, x=x))

    def logit(self, z: Tensor) -> Tensor:
        r"""Returns the log-odds $c + W^\top h$, `(B, D)`, for hidden units `z` `(B, H)`."""
        return sound(F.linear(rows(z, self, self.hidden, "z", "hidden units"), self.W.T, self.c), self, z=z)


def like(x: Tensor, other: Tensor) -> Tensor:
    """Returns `other` if it has the shape of `x`: broadcasting would compare every example with every other."""
    if other.shape != x.shape:
        raise ValueError(f"got shape {tuple(other.shape)} beside x, expected {tuple(x.shape)}, that of x")
    return other
