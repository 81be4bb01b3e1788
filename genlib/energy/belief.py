r"""Deep belief networks: a Boltzmann machine on top, and arrows that point down to the picture."""

from __future__ import annotations

__all__ = ["DBN"]

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib._guard import at_least, binary, finite, rows
from genlib.energy.boltzmann import bernoulli
from genlib.energy.labelled import ClassRBM
from genlib.energy.rbm import RBM, CentredRBM


class DBN(nn.Module):
    r"""Deep belief network: a stack of RBMs, of which the top one keeps its prior and the others only point down,

    $$p(x, h^1, \ldots, h^L) = p(x|h^1) \cdots p(h^{L-2}|h^{L-1})\; p_{\text{top}}(h^{L-1}, h^L).$$

    Each layer is trained as an RBM on what the layer below makes of the data (`up`), one after the other. Upwards the
    same weights guess the hidden layers, $q(h^l | h^{l-1}) = p_l(h^l | h^{l-1})$, exact where there is one layer and an
    approximation above.

    Args:
        layers: RBMs from the picture upwards, each with as many visible units as the one below has hidden ones; the top
            one may be a `ClassRBM`, whose pixels these are.

    Source: Hinton, Osindero and Teh, A Fast Learning Algorithm for Deep Belief Nets (2006).

    Example:
        >>> dbn = DBN(RBM(64, 20), RBM(20, 10))
        >>> dbn.sample(3, steps=10).shape, dbn.bound(torch.zeros(5, 64)).shape
        (torch.Size([3, 64]), torch.Size([5]))
    """

    def __init__(self, *layers: RBM) -> None:
        super().__init__()
        if not layers:
            raise ValueError("DBN got no layers, expected at least one RBM")
        self.layers: list[RBM]
        self.layers = nn.ModuleList()  # type: ignore[assignment]
        for layer in layers:
            self._add(layer)

    @property
    def top(self) -> RBM:
        """The RBM of the top two layers."""
        return self.layers[-1]

    @torch.no_grad()
    def up(self, x: Tensor, layers: int | None = None) -> Tensor:
        r"""Draws $h^l \sim q(h^l | h^{l-1})$ from the data upwards through so many layers.

        Args:
            x: Data, `(B, D)`.
            layers: How many, by default all but the top one: what the top RBM is trained on.

        Returns:
            The hidden layer reached, zeros and ones; `x` itself after no layer.
        """
        x = rows(x, self, self.layers[0].features)
        for layer in self._lowest(layers):
            x = bernoulli(layer.prob_h(x))
        return x

    @torch.no_grad()
    def down(self, h: Tensor, layers: int | None = None) -> Tensor:
        r"""Draws layers downwards from the visible side of the top RBM, and returns the picture's probabilities.

        Args:
            h: States of the layer below the top one, `(B, H)`.
            layers: How many layers lie below `h`, by default all but the top one.

        Returns:
            $p(x = 1 | h^1)$, `(B, D)`; `h` itself where no layer lies below.
        """
        below = self._lowest(layers)
        for i, layer in enumerate(reversed(below)):
            h = layer.prob_x(bernoulli(h) if i else h)
        return h

    def grow(self, hidden: int | None = None) -> RBM:
        r"""Adds an RBM on top and returns it, to be trained next.

        Args:
            hidden: Its number of hidden units. `None` makes it the RBM below upside down, $W^2 = W^{1\top}$, so that
                the model and its bound are at first unchanged; training can then only raise the bound.
        """
        below = self.top
        made = CentredRBM(below.hidden, below.features if hidden is None else hidden).to(below.W)
        with torch.no_grad():
            if hidden is None:
                made.W.copy_(below.W.T)
                made.b.copy_(below.c)
            made.c.copy_(below.b)
        self._add(made)
        return made

    def bound(self, x: Tensor, samples: int = 1, *, log_z: float | Tensor | None = None) -> Tensor:
        r"""Estimates a lower bound of $\log p(x)$, averaged over draws of the hidden layers from q,

        $$\log p(x) \ge \mathbb{E}_q \Big[ \sum_l \log \frac{p(h^{l-1}|h^l)}{q(h^l|h^{l-1})} - F_{\text{top}}(h^{L-1})
        \Big] - \log Z.$$

        Args:
            x: Data, `(B, D)`.
            samples: Number of draws for each example.
            log_z: $\log Z$ of the top RBM; `None` computes it, where that is possible. With an estimate, such as that
                of `energy.ais`, the result bounds nothing: it is an estimate of a bound.

        Returns:
            One value for each example, `(B,)`, in nats.

        Source: Hinton, Osindero and Teh (2006); with AIS: Salakhutdinov and Murray (2008).
        """
        return self._log_weights(x, samples, log_z).mean(0)

    def importance_bound(self, x: Tensor, samples: int, *, log_z: float | Tensor | None = None) -> Tensor:
        r"""Estimates $\log p(x)$ by the log of the mean weight of so many draws from q, `(B,)`.

        In expectation it lies between `bound` and $\log p(x)$, and more draws bring it closer.
        """
        return self._log_weights(x, samples, log_z).logsumexp(0) - math.log(samples)

    def sample(self, n: int, steps: int = 1000, y: Tensor | None = None) -> Tensor:
        """Runs `n` chains of the top RBM, then draws downwards: pictures `(n, D)`, zeros and ones.

        Args:
            n: Number of pictures.
            steps: Number of sweeps of the top RBM.
            y: Labels `(n,)` that the chains keep, where the top RBM knows labels.
        """
        if y is None:
            h = self.top.sample(n, steps)
        elif isinstance(self.top, ClassRBM):
            h = self.top.sample(n, steps, y)
        else:
            raise ValueError("sample got labels, but the top RBM knows none; build the DBN with a ClassRBM on top")
        h = h[:, : self._width(self.top)]
        return bernoulli(self.down(h)) if len(self.layers) > 1 else h

    def _log_weights(self, x: Tensor, samples: int, log_z: float | Tensor | None) -> Tensor:
        at_least(1, samples=samples)
        finite(self)
        x = binary(rows(x, self, self.layers[0].features))
        lower = x.expand(samples, *x.shape).flatten(0, 1)
        total = lower.new_zeros(len(lower))
        for layer in self.layers[:-1]:
            up = F.linear(lower, layer.W, layer.b)
            h = bernoulli(torch.sigmoid(up))
            total = total - _cross_entropy(F.linear(h, layer.W.T, layer.c), lower) + _cross_entropy(up, h)
            lower = h
        total = total - self.top.free_energy(lower) - (self.top.log_partition() if log_z is None else log_z)
        return total.reshape(samples, len(x))

    def _lowest(self, layers: int | None) -> list[RBM]:
        """Returns so many layers from the picture upwards, by default all but the top one."""
        count = len(self.layers) - 1 if layers is None else layers
        if not 0 <= count <= len(self.layers):
            raise ValueError(f"layers is {layers}, expected 0 to {len(self.layers)}: this DBN has no more")
        return list(self.layers[:count])

    def _add(self, layer: RBM) -> None:
        if len(self.layers) and self._width(layer) != self.top.hidden:
            raise ValueError(
                f"layer {len(self.layers) + 1} has {self._width(layer)} visible units, expected {self.top.hidden}: as "
                "many as the layer below has hidden ones"
            )
        self.layers.append(layer)

    @staticmethod
    def _width(layer: RBM) -> int:
        return layer.pixels if isinstance(layer, ClassRBM) else layer.features


def _cross_entropy(logits: Tensor, x: Tensor) -> Tensor:
    """Returns -log p(x), `(B,)`, of binary `x` whose log-odds are `logits`."""
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)
