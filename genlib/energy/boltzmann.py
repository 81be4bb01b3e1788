r"""The general Boltzmann machine: any pair of units may be coupled, hidden ones included.

Nothing factorises here, so that learning and inference are exact on small machines, by listing all states, and a chain
has to visit one unit after the other.
"""

from __future__ import annotations

__all__ = ["BoltzmannMachine", "bernoulli"]

import torch
from torch import Tensor, nn

from genlib._guard import at_least, binary, finite, grey, mask, rows, same_number, sound
from genlib.data.states import EXACT_UNITS, enumerate_states


def bernoulli(p: Tensor) -> Tensor:
    """Draws ones with probabilities `p`, in the dtype of `p` (three times faster on a CPU than `torch.bernoulli`)."""
    return torch.rand_like(p).lt_(p)


class BoltzmannMachine(nn.Module):
    r"""Boltzmann machine: binary units, any two of which may be coupled,

    $$E(x, h) = -x^\top R\,x - h^\top W x - h^\top S\,h - c^\top x - b^\top h,$$

    where R and S hold each pair of units once, above the diagonal; entries on and below it are never read. Seen from
    one unit, all others act through the symmetric matrix `couplings()`.

    Args:
        features: Number of visible units, D.
        hidden: Number of hidden units, H; 0 for a machine that sees everything.

    Source: Ackley, Hinton and Sejnowski, A Learning Algorithm for Boltzmann Machines (1985).

    Example:
        >>> machine = BoltzmannMachine(features=5)
        >>> machine.log_prob(torch.zeros(2, 5)).exp()
        tensor([0.0312, 0.0312], grad_fn=<ExpBackward0>)
    """

    def __init__(self, features: int, hidden: int = 0) -> None:
        super().__init__()
        if features < 1 or hidden < 0:
            raise ValueError(
                f"BoltzmannMachine got features={features}, hidden={hidden}, expected at least 1 visible unit and 0 "
                "hidden ones"
            )
        self.features, self.hidden = features, hidden
        self.R = nn.Parameter(torch.zeros(features, features))
        self.S = nn.Parameter(torch.zeros(hidden, hidden))
        self.W = nn.Parameter(0.01 * torch.randn(hidden, features))
        self.b = nn.Parameter(torch.zeros(hidden))
        self.c = nn.Parameter(torch.zeros(features))

    def extra_repr(self) -> str:
        """Returns the sizes, for `print(machine)`."""
        return f"features={self.features}, hidden={self.hidden}"

    def couplings(self) -> Tensor:
        r"""Returns the couplings of all units, visible before hidden, `(D + H, D + H)`: symmetric, no diagonal."""
        upper = torch.cat([torch.cat([self.R.triu(1), self.W.T], 1), torch.cat([0 * self.W, self.S.triu(1)], 1)])
        return upper + upper.T

    def biases(self) -> Tensor:
        r"""Returns the biases of all units, visible before hidden, `(D + H,)`."""
        return torch.cat([self.c, self.b])

    # Scores

    def energy(self, x: Tensor, h: Tensor | None = None) -> Tensor:
        r"""Returns $E(x, h)$, `(B,)`, for `x` `(B, D)` and, where there are hidden units, `h` `(B, H)`.

        Entries between 0 and 1 are read as the means of independent units: the result is then their mean energy.
        """
        x = grey(rows(x, self, self.features))
        h = x.new_zeros(len(x), 0) if h is None else h
        h = same_number(rows(h, self, self.hidden, "h", "hidden units"), x, "h")
        return sound(self._energy(grey(torch.cat([x, h], 1), "h")), self)

    def free_energy(self, x: Tensor) -> Tensor:
        r"""Returns $F(x) = -\log \sum_h e^{-E(x, h)}$, `(B,)`, summed over every state of the hidden units.

        Raises:
            ValueError: If more than 20 units are hidden.
        """
        x = binary(rows(x, self, self.features))
        h = self._states(self.hidden, "free_energy sums over the hidden units").to(x)
        pairs = torch.cat([x.repeat_interleave(len(h), 0), h.repeat(len(x), 1)], 1)
        return sound(-(-self._energy(pairs)).reshape(len(x), len(h)).logsumexp(1), self)

    def log_partition(self) -> Tensor:
        r"""Returns $\log Z$, exactly, by summing over all states of all units: `()`.

        Raises:
            ValueError: If there are more than 20 units.
        """
        states = self._states(self.features + self.hidden, "log_partition sums over all units")
        return sound((-self._energy(states)).logsumexp(0), self)

    def log_prob(self, x: Tensor) -> Tensor:
        r"""Returns $\log p(x) = -F(x) - \log Z$ in nats, `(B,)`, where all states can be listed."""
        return -self.free_energy(x) - self.log_partition()

    def loss(self, x: Tensor) -> Tensor:
        r"""Returns the mean negative log-likelihood of `x` `(B, D)`, exactly: `()`; its gradient is exact, too.

        Raises:
            ValueError: If there are more than 20 units.
        """
        return -self.log_prob(x).mean()

    # Chains

    @torch.no_grad()
    def gibbs(self, v: Tensor, steps: int = 1, *, clamp: Tensor | None = None) -> Tensor:
        r"""Draws each unit in turn given all others, $p(v_i = 1 | v_{\setminus i}) = \operatorname{sigm}(a_i + J_i v)$.

        Here J are the `couplings()` and a the `biases()`. With nothing clamped a sweep leaves $p(x, h)$ unchanged; with
        some units clamped, the law of the others given them.

        Args:
            v: Where each chain starts, visible units before hidden ones, `(B, D + H)`; it is not altered.
            steps: Number of sweeps over the units.
            clamp: Which units keep their value, `(D + H,)`, of booleans.

        Returns:
            Where each chain stands after them, `(B, D + H)`.

        Source: Geman and Geman (1984).
        """
        at_least(0, steps=steps)
        finite(self)
        v = binary(rows(v, self, self.features + self.hidden, "v", "units"), "v").clone()
        couplings, biases = self.couplings(), self.biases()
        free = range(v.shape[1]) if clamp is None else (~mask(clamp, v, each=False)).nonzero().flatten().tolist()
        for _ in range(steps):
            for i in free:
                v[:, i] = bernoulli(torch.sigmoid(biases[i] + v @ couplings[i]))
        return v

    def sample(self, n: int, steps: int = 1000) -> Tensor:
        """Runs `n` chains from coin flips for `steps` sweeps and returns their visible units, `(n, D)`."""
        at_least(1, n=n)
        start = bernoulli(self.c.new_full((n, self.features + self.hidden), 0.5))
        return self.gibbs(start, steps)[:, : self.features]

    def _energy(self, v: Tensor) -> Tensor:
        return -((v @ self.couplings()) * v).sum(-1) / 2 - v @ self.biases()

    def _states(self, units: int, what: str) -> Tensor:
        if units > EXACT_UNITS:
            raise ValueError(
                f"{what}, of which there are {units}, expected at most {EXACT_UNITS}; use an RBM, whose sums factorise"
            )
        return torch.cat(list(enumerate_states(units, 2**14, self.c.dtype, self.c.device)))
