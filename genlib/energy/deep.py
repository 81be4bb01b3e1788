r"""Deep Boltzmann machines: every layer is coupled to both of its neighbours, and the whole is again an RBM.

It lies between the middle layer and the two outer ones; only learning and bounds have to know that data fill one of
these and leave the other open.
"""

from __future__ import annotations

__all__ = ["DBM"]

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib._guard import at_least, binary, finite, grey, rows, same_number
from genlib.energy.rbm import RBM, CentredRBM


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
            raise ValueError(f"DBM got features={features}, lower={lower}, upper={upper}, expected at least 1 of each")
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
        r"""Returns $E(x, h^1, h^2)$, `(B,)`, for `x` `(B, D)`, `h1` `(B, H1)` and `h2` `(B, H2)`.

        Entries between 0 and 1 are read as the means of independent units: the result is then their mean energy.
        """
        x, h1 = grey(rows(x, self, self.features)), rows(h1, self, self.lower, "h1", "units")
        h2 = grey(rows(h2, self, self.upper, "h2", "units"), "h2")
        even = torch.cat([x, same_number(h2, x, "h2")], 1)
        return self.machine.energy(even, same_number(grey(h1, "h1"), x, "h1"))

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
        even = self._completed(self._data(x), steps)
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
                `energy.ais`, the result bounds nothing: it is an estimate of a bound.

        Returns:
            One value for each example, `(B,)`, in nats.
        """
        even = self._completed(binary(self._data(x)), steps)
        entropy = _entropy(even[:, self.features :])
        energy = self.machine._free_energy(even, F.linear(even, self.machine.W, self.machine.b))
        return entropy - energy - (self.log_partition() if log_z is None else log_z)

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
        return self.machine.gibbs(self._even(even, "even"), steps, clamp=clamp)

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
            even = self._completed(self._data(x), mean_field)
        return self.machine.loss(even, steps=steps, chains=self._even(chains, "chains"))

    def _completed(self, x: Tensor, steps: int) -> Tensor:
        """Returns x with the mean-field values of h2 beside it, `(B, D + H2)`."""
        at_least(1, steps=steps)
        finite(self)
        below = F.linear(x, self.W1, self.machine.b)
        b2 = self.machine.c[self.features :]
        mu2 = torch.sigmoid(b2).expand(len(x), -1)
        for _ in range(steps):
            mu2 = torch.sigmoid(F.linear(torch.sigmoid(below + mu2 @ self.W2), self.W2, b2))
        return torch.cat([x, mu2], -1)

    def _data(self, x: Tensor) -> Tensor:
        return grey(rows(x, self, self.features))

    def _even(self, even: Tensor, name: str) -> Tensor:
        return grey(rows(even, self, self.features + self.upper, name, "units"), name)


def _entropy(p: Tensor) -> Tensor:
    """Returns the entropy, `(B,)`, of independent units that are one with probabilities `p`."""
    return -(torch.xlogy(p, p) + torch.xlogy(1 - p, 1 - p)).sum(-1)
