r"""Deep energy models, made by stacking restricted Boltzmann machines.

In a deep belief network only the top two layers are a Boltzmann machine; below them arrows point down to the picture.
In a deep Boltzmann machine every layer is coupled to both of its neighbours, and the whole is again an RBM: between its
middle layer and the two outer ones.
"""

from __future__ import annotations

__all__ = ["DBM", "DBN"]

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib.energy.boltzmann import bernoulli, checked
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
        for layer in self.layers[: len(self.layers) - 1 if layers is None else layers]:
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
        below = self.layers[: len(self.layers) - 1 if layers is None else layers]
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
                of `evaluate.ais`, the result bounds nothing: it is an estimate of a bound.

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
        if samples < 1:
            raise ValueError(f"samples is {samples}, expected at least 1")
        lower = checked(x, self.layers[0].features, "x", "features", "DBN").expand(samples, *x.shape).flatten(0, 1)
        total = lower.new_zeros(len(lower))
        for layer in self.layers[:-1]:
            up = F.linear(lower, layer.W, layer.b)
            h = bernoulli(torch.sigmoid(up))
            total = total - _cross_entropy(F.linear(h, layer.W.T, layer.c), lower) + _cross_entropy(up, h)
            lower = h
        total = total - self.top.free_energy(lower) - (self.top.log_partition() if log_z is None else log_z)
        return total.reshape(samples, len(x))

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


class DBM(nn.Module):
    r"""Deep Boltzmann machine: three layers of units, the middle one coupled to both of the others,

    $$E(x, h^1, h^2) = -h^{1\top} W^1 x - h^{2\top} W^2 h^1 - c^\top x - b^{1\top} h^1 - b^{2\top} h^2.$$

    Given $h^1$ all other units are independent, and the other way round. So the whole is an RBM, `machine`, whose
    hidden layer is $h^1$ and whose visible units are x and $h^2$ side by side: it draws, sums and anneals as any RBM
    does. What differs is that data fill only a part of its visible side; the rest is found by mean field.

    Args:
        features: Number of visible units, D.
        lower: Number of units of $h^1$, H1.
        upper: Number of units of $h^2$, H2.

    Source: Salakhutdinov and Hinton, Deep Boltzmann Machines (2009); centred: Montavon and Müller (2012).

    Example:
        >>> dbm = DBM(64, 20, 10)
        >>> [layer.shape[1] for layer in dbm.mean_field(torch.zeros(5, 64))], dbm.sample(3, steps=10).shape
        ([20, 10], torch.Size([3, 64]))
    """

    def __init__(self, features: int, lower: int, upper: int) -> None:
        super().__init__()
        if min(features, lower, upper) < 1:
            raise ValueError(
                f"DBM got features={features}, lower={lower}, upper={upper}, expected at least 1 of each"
            )
        self.features, self.lower, self.upper = features, lower, upper
        self.machine = CentredRBM(features + upper, lower)

    @classmethod
    def stack(cls, first: RBM, second: RBM) -> DBM:
        r"""Builds a DBM from two RBMs that were trained one after the other.

        In the DBM the layer $h^1$ hears from below and from above; each RBM alone had to do with one of them. So the
        first is trained on every picture twice, side by side, `(B, 2 D)`, and the second has its hidden layer twice,
        2 H2 units. The two halves are averaged here, so that both inputs of $h^1$ come out at their proper size.

        Args:
            first: RBM with 2 D visible and H1 hidden units.
            second: RBM with H1 visible and 2 H2 hidden units.

        Returns:
            A DBM D-H1-H2, to be trained further as a whole.

        Source: Salakhutdinov and Hinton (2009), who double weights to the same effect.
        """
        if first.features % 2 or second.hidden % 2 or second.features != first.hidden:
            raise ValueError(
                f"stack got RBMs of {first.features}-{first.hidden} and {second.features}-{second.hidden} units, "
                "expected 2D-H1 and H1-2H2"
            )
        dbm = cls(first.features // 2, first.hidden, second.hidden // 2).to(first.W)
        with torch.no_grad():
            below = first.W.reshape(first.hidden, 2, -1).mean(1)
            above = second.W.reshape(2, -1, second.features).mean(0)
            dbm.machine.W.copy_(torch.cat([below, above.T], 1))
            dbm.machine.b.copy_((first.b + second.c) / 2)
            dbm.machine.c.copy_(torch.cat([first.c.reshape(2, -1).mean(0), second.b.reshape(2, -1).mean(0)]))
        return dbm

    def extra_repr(self) -> str:
        """Returns the sizes, for `print(dbm)`."""
        return f"features={self.features}, lower={self.lower}, upper={self.upper}"

    @property
    def W1(self) -> Tensor:  # noqa: N802 (the letter of the formula)
        """Couplings of x and h1, `(H1, D)`: a view of `machine.W`."""
        return self.machine.W[:, : self.features]

    @property
    def W2(self) -> Tensor:  # noqa: N802 (the letter of the formula)
        """Couplings of h1 and h2, `(H2, H1)`: a view of `machine.W`."""
        return self.machine.W[:, self.features :].T

    # Scores

    def energy(self, x: Tensor, h1: Tensor, h2: Tensor) -> Tensor:
        r"""Returns $E(x, h^1, h^2)$, `(B,)`, for `x` `(B, D)`, `h1` `(B, H1)` and `h2` `(B, H2)`."""
        return self.machine.energy(torch.cat([self._visible(x), h2], -1), h1)

    def log_partition(self) -> Tensor:
        r"""Returns $\log Z$, exactly, by summing over $h^1$ or over x and $h^2$: `()`; 20 units at most."""
        return self.machine.log_partition()

    def mean_field(self, x: Tensor, steps: int = 30) -> tuple[Tensor, Tensor]:
        r"""Finds the product $q(h|x) = \prod_j q(h^1_j) \prod_k q(h^2_k)$ with the greatest bound.

        $$\mu^1 \leftarrow \operatorname{sigm}\big(b^1 + W^1 x + W^{2\top} \mu^2\big), \qquad
        \mu^2 \leftarrow \operatorname{sigm}\big(b^2 + W^2 \mu^1\big)$$

        The layers take turns, so that no update lowers the bound.

        Args:
            x: Data, `(B, D)`.
            steps: Number of times that each layer is updated.

        Returns:
            The means $\mu^1$ `(B, H1)` and $\mu^2$ `(B, H2)`.
        """
        even = self._completed(x, steps)
        return self.machine.prob_h(even), even[:, self.features :]

    def bound(self, x: Tensor, *, steps: int = 30, log_z: float | Tensor | None = None) -> Tensor:
        r"""Returns the mean-field lower bound of $\log p(x)$,

        $$\log p(x) \ge -\mathbb{E}_q[E(x, h)] + \mathbb{H}[q] - \log Z
        = -F(x, \mu^2) + \mathbb{H}[q(h^2|x)] - \log Z,$$

        where F is the free energy of `machine`: $q(h^1|x)$ at its best is the exact law given x and $\mu^2$.

        Args:
            x: Data, `(B, D)`.
            steps: Number of mean-field updates.
            log_z: $\log Z$; `None` computes it, where that is possible. With an estimate, such as that of
                `evaluate.ais`, the result bounds nothing: it is an estimate of a bound.

        Returns:
            One value for each example, `(B,)`, in nats.
        """
        even = self._completed(x, steps)
        entropy = _entropy(even[:, self.features :])
        return entropy - self.machine.free_energy(even) - (self.log_partition() if log_z is None else log_z)

    # Chains

    def gibbs(self, even: Tensor, steps: int = 1, *, clamp: Tensor | None = None) -> Tensor:
        r"""Draws $h^1$ given x and $h^2$, then x and $h^2$ given $h^1$, `steps` times over.

        Args:
            even: x and $h^2$ side by side, `(B, D + H2)`.
            steps: Number of sweeps.
            clamp: As for `RBM.gibbs`.

        Returns:
            Where each chain stands, `(B, D + H2)`, zeros and ones.
        """
        return self.machine.gibbs(even, steps, clamp=clamp)

    def sample(self, n: int, steps: int = 1000) -> Tensor:
        """Runs `n` chains from coin flips for `steps` sweeps and returns their pictures, `(n, D)`."""
        return self.machine.sample(n, steps)[:, : self.features]

    # Learning

    def loss(self, x: Tensor, *, chains: Tensor, steps: int = 1, mean_field: int = 10) -> Tensor:
        r"""Returns a scalar whose gradient leads uphill on the bound; its value measures nothing.

        $$-\nabla_{W^1} = \overline{\mu^1 x^\top} - \overline{\tilde h^1 \tilde x^\top}, \qquad
        -\nabla_{W^2} = \overline{\mu^2 \mu^{1\top}} - \overline{\tilde h^2 \tilde h^{1\top}}$$

        The first terms come from mean field, the second from chains that never start again.

        Args:
            x: Data, `(B, D)`.
            chains: Where the negative phase starts, x and $h^2$ side by side, `(n, D + H2)`; advanced in place.
            steps: Number of Gibbs sweeps.
            mean_field: Number of mean-field updates.
        """
        with torch.no_grad():
            even = self._completed(x, mean_field)
        return self.machine.loss(even, steps=steps, chains=chains)

    def _completed(self, x: Tensor, steps: int) -> Tensor:
        """Returns x with the mean-field values of h2 beside it, `(B, D + H2)`."""
        if steps < 1:
            raise ValueError(f"mean field got {steps} steps, expected at least 1")
        below = F.linear(self._visible(x), self.W1, self.machine.b)
        b2 = self.machine.c[self.features :]
        mu2 = torch.sigmoid(b2).expand(len(x), -1)
        for _ in range(steps):
            mu2 = torch.sigmoid(F.linear(torch.sigmoid(below + mu2 @ self.W2), self.W2, b2))
        return torch.cat([x, mu2], -1)

    def _visible(self, x: Tensor) -> Tensor:
        return checked(x, self.features, "x", "features", "DBM")


def _cross_entropy(logits: Tensor, x: Tensor) -> Tensor:
    """Returns -log p(x), `(B,)`, of binary `x` whose log-odds are `logits`."""
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)


def _entropy(p: Tensor) -> Tensor:
    """Returns the entropy, `(B,)`, of independent units that are one with probabilities `p`."""
    return -(torch.xlogy(p, p) + torch.xlogy(1 - p, 1 - p)).sum(-1)
