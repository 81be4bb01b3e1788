r"""A stack of restricted Boltzmann machines, unrolled into a deep autoencoder: how deep ones were first trained."""

from __future__ import annotations

__all__ = ["CodeRBM", "unrolled"]

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib._guard import at_least, binary, grey, rows, same_number, sound
from genlib.autoencoders.reconstruction import BinaryAutoencoder
from genlib.data.states import EXACT_UNITS, enumerate_states
from genlib.energy.boltzmann import bernoulli
from genlib.energy.rbm import RBM


class CodeRBM(nn.Module):
    r"""RBM whose hidden units are real numbers, for the code on top of a stack,

    $$E(x, h) = \tfrac12 \|h\|^2 - h^\top W x - b^\top h - c^\top x.$$

    Given `x` they are Gaussian of variance one around $b + W x$, so that a code of few of them can say more than as
    many coins; given `h` the visible units are what they are in an `RBM`. The free energy is

    $$F(x) = -c^\top x - \tfrac12 \|b + W x\|^2 - \tfrac{H}{2} \log 2 \pi .$$

    Args:
        features: Number of visible units, D.
        hidden: Number of hidden units, H; they are the code.

    Source: Hinton and Salakhutdinov, Reducing the Dimensionality of Data with Neural Networks (2006); Welling,
    Rosen-Zvi and Hinton, Exponential Family Harmoniums (2004).

    Example:
        >>> rbm = CodeRBM(features=64, hidden=2)
        >>> rbm.mean_h(torch.zeros(5, 64)).shape, rbm.prob_x(torch.zeros(5, 2)).shape
        (torch.Size([5, 2]), torch.Size([5, 64]))
    """

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        at_least(1, features=features, hidden=hidden)
        self.features, self.hidden = features, hidden
        self.W = nn.Parameter(0.01 * torch.randn(hidden, features))
        self.b = nn.Parameter(torch.zeros(hidden))
        self.c = nn.Parameter(torch.zeros(features))

    def extra_repr(self) -> str:
        """Returns the sizes, for `print(rbm)`."""
        return f"features={self.features}, hidden={self.hidden}"

    def energy(self, x: Tensor, h: Tensor) -> Tensor:
        r"""Returns $E(x, h)$, `(B,)`, for states `x` `(B, D)` and any `h` `(B, H)`."""
        x = binary(rows(x, self, self.features))
        h = same_number(rows(h, self, self.hidden, "h", "hidden units"), x, "h")
        return sound(((h / 2 - F.linear(x, self.W, self.b)) * h).sum(1) - x @ self.c, self, h=h)

    def free_energy(self, x: Tensor) -> Tensor:
        r"""Returns $F(x) = -\log \int e^{-E(x, h)}\, dh$, `(B,)`, for states `x` `(B, D)`."""
        return sound(self._free_energy(binary(rows(x, self, self.features))), self)

    def log_partition(self) -> Tensor:
        r"""Returns $\log Z$, exactly, by summing over the visible states: `()`.

        Raises:
            ValueError: If there are more than 20 visible units.
        """
        if self.features > EXACT_UNITS:
            raise ValueError(f"log_partition sums over {self.features} visible units, expected at most {EXACT_UNITS}")
        states = enumerate_states(self.features, 2**14, self.W.dtype, self.W.device)
        return sound(torch.cat([-self._free_energy(x) for x in states]).logsumexp(0), self)

    def log_prob(self, x: Tensor) -> Tensor:
        r"""Returns $\log p(x) = -F(x) - \log Z$ in nats, `(B,)`, where $\log Z$ can be summed exactly."""
        return -self.free_energy(x) - self.log_partition()

    def mean_h(self, x: Tensor) -> Tensor:
        r"""Returns $\mathbb{E}[h|x] = b + W x$, `(B, H)`; entries of `x` between 0 and 1 are read as means."""
        return sound(F.linear(grey(rows(x, self, self.features)), self.W, self.b), self)

    def prob_x(self, h: Tensor) -> Tensor:
        r"""Returns $p(x_k = 1 | h) = \operatorname{sigm}(c_k + h^\top W_{\cdot k})$, `(B, D)`, for `h` `(B, H)`."""
        h = rows(h, self, self.hidden, "h", "hidden units")
        return torch.sigmoid(sound(F.linear(h, self.W.T, self.c), self, h=h))

    def loss(self, x: Tensor) -> Tensor:
        r"""Returns a scalar whose gradient is that of CD-1; its value measures nothing.

        $$\nabla_W = \overline{h(\tilde x)\,\tilde x^\top} - \overline{h(x)\,x^\top}, \quad
        \nabla_b = \overline{h(\tilde x)} - \overline{h(x)}, \quad \nabla_c = \overline{\tilde x} - \overline{x},$$

        with $h(x) = b + W x$. Real codes have no sigmoid to hold them: keep the rate small, a tenth of an RBM's.

        Args:
            x: Data, `(B, D)`; entries between 0 and 1 are read as means.
        """
        with torch.no_grad():
            h = self.mean_h(x)
            negative = bernoulli(self.prob_x(h + torch.randn_like(h)))
            back = self.mean_h(negative)
        data, model = (torch.cat([code, code.new_ones(len(code), 1)], 1).T @ v / len(v) for code, v in
                       ((h, x), (back, negative)))  # fmt: skip
        correlations = ((model - data)[:-1] * self.W).sum() + ((model - data)[-1] * self.c).sum()
        return correlations + ((back.mean(0) - h.mean(0)) * self.b).sum()

    def _free_energy(self, x: Tensor) -> Tensor:
        constant = self.hidden / 2 * math.log(2 * math.pi)
        return -(x @ self.c) - F.linear(x, self.W, self.b).square().sum(1) / 2 - constant


def unrolled(*layers: RBM | CodeRBM) -> BinaryAutoencoder:
    r"""Returns the autoencoder that a stack of RBMs is, unrolled: up by the means of each, and down again.

    $$\begin{aligned}
    z &= m_L(\ldots m_1(x)), & m_l(v) &= \operatorname{sigm}(b_l + W_l v), \\
    \hat x &= n_1(\ldots n_L(z)), & n_l(h) &= \operatorname{sigm}(c_l + W_l^\top h).
    \end{aligned}$$

    A `CodeRBM` on top makes linear codes, $m_L(v) = b_L + W_L v$. Weights are copied, one copy for each way, so that
    fine-tuning, which changes all of them, lets them differ; the machines stay as they are.

    Args:
        layers: RBMs from the picture upwards, such as `*dbn.layers`, each trained on the means of the one below, which
            are `unrolled(below).encode(x)`.

    Raises:
        ValueError: If there are none, a `CodeRBM` stands below another layer, or sizes do not follow each other.

    Source: Hinton and Salakhutdinov, Reducing the Dimensionality of Data with Neural Networks (2006).

    Example:
        >>> model = unrolled(RBM(64, 32), CodeRBM(32, 2))
        >>> print(model.encoder)
        Sequential(
          (0): Linear(in_features=64, out_features=32, bias=True)
          (1): Sigmoid()
          (2): Linear(in_features=32, out_features=2, bias=True)
        )
    """
    if not layers:
        raise ValueError("unrolled got no layers, expected at least one RBM")
    for number, (below, above) in enumerate(pairwise(layers), start=2):
        if isinstance(below, CodeRBM):
            raise ValueError(f"layer {number - 1} is a CodeRBM, expected RBMs below the top: its codes are no means")
        if above.features != below.hidden:
            raise ValueError(
                f"layer {number} has {above.features} visible units, expected {below.hidden}: as many as the layer "
                "below has hidden ones"
            )
    up: list[nn.Module] = []
    down: list[nn.Module] = []
    for layer in layers:
        up += [_linear(layer.W, layer.b), nn.Sigmoid()]
        down = [_linear(layer.W.T, layer.c), nn.Sigmoid(), *down]
    if isinstance(layers[-1], CodeRBM):
        up.pop()
    return BinaryAutoencoder(nn.Sequential(*up), nn.Sequential(*down[:-1]))


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    """Returns a layer with copies of a matrix `(out, in)` and a vector `(out,)`."""
    layer = nn.Linear(weight.shape[1], weight.shape[0], device=weight.device, dtype=weight.dtype)
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
    return layer
