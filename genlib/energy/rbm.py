r"""The restricted Boltzmann machine: two layers, coupled across and not within, and its relatives.

What one layer does given the other factorises, and so does the sum over a layer; everything here rests on that.
"""

from __future__ import annotations

__all__ = ["RBM", "CentredRBM"]

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib._guard import at_least, binary, finite, grey, mask, rows, same_number, sound
from genlib.data.states import EXACT_UNITS, enumerate_states
from genlib.energy.boltzmann import bernoulli


class RBM(nn.Module):
    r"""Restricted Boltzmann machine: binary units in two layers, coupled across and not within,

    $$E(x, h) = -h^\top W x - b^\top h - c^\top x.$$

    Given one layer the units of the other are independent, so that a Gibbs sweep takes two matrix products; summing
    over `h` leaves the free energy $F(x)$ with $p(x) = e^{-F(x)} / Z$.

    Args:
        features: Number of visible units, D.
        hidden: Number of hidden units, H.

    Source: Smolensky (1986); Hinton, Training Products of Experts by Minimizing Contrastive Divergence (2002).

    Example:
        >>> rbm = RBM(features=64, hidden=16)
        >>> rbm.free_energy(torch.zeros(5, 64)).shape, rbm.sample(3, steps=10).shape
        (torch.Size([5]), torch.Size([3, 64]))
    """

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        if features < 1 or hidden < 1:
            raise ValueError(f"RBM got features={features}, hidden={hidden}, expected at least 1 of each")
        self.features, self.hidden = features, hidden
        self.W = nn.Parameter(0.01 * torch.randn(hidden, features))
        self.b = nn.Parameter(torch.zeros(hidden))
        self.c = nn.Parameter(torch.zeros(features))

    def extra_repr(self) -> str:
        """Returns the sizes, for `print(rbm)`."""
        return f"features={self.features}, hidden={self.hidden}"

    # Scores

    def energy(self, x: Tensor, h: Tensor) -> Tensor:
        r"""Returns $E(x, h) = -h^\top W x - b^\top h - c^\top x$, `(B,)`, for `x` `(B, D)` and `h` `(B, H)`.

        Entries between 0 and 1 are read as the means of independent units: the result is then their mean energy.
        """
        x, h = self._means(x), same_number(self._hidden_means(h), x, "h")
        return sound(-(F.linear(x, self.W, self.b) * h).sum(-1) - x @ self.c, self)

    def free_energy(self, x: Tensor) -> Tensor:
        r"""Returns $F(x) = -c^\top x - \sum_j \operatorname{softplus}(b_j + W_{j\cdot} x)$, `(B,)`; `x` is `(B, D)`."""
        x = self._states(x)
        return sound(self._free_energy(x, F.linear(x, self.W, self.b)), self)

    def log_partition(self) -> Tensor:
        r"""Returns $\log Z$, exactly, by summing over the smaller layer: `()`.

        Raises:
            ValueError: If both layers have more than 20 units; `energy.ais` estimates it then.
        """
        if min(self.hidden, self.features) > EXACT_UNITS:
            raise ValueError(
                f"log_partition sums over the smaller layer, which has {min(self.hidden, self.features)} units, "
                f"expected at most {EXACT_UNITS}; estimate it with energy.ais(rbm)"
            )
        if self.hidden <= self.features:
            return self._sum_over_h()
        states = enumerate_states(self.features, 2**14, self.W.dtype, self.W.device)
        parts = [-self._free_energy(x, F.linear(x, self.W, self.b)) for x in states]
        return sound(torch.cat(parts).logsumexp(0), self)

    def _sum_over_h(self) -> Tensor:
        states = enumerate_states(self.hidden, 2**14, self.W.dtype, self.W.device)
        parts = [h @ self.b + self.visible_log_partition(F.linear(h, self.W.T, self.c)) for h in states]
        return sound(torch.cat(parts).logsumexp(0), self)

    def log_prob(self, x: Tensor) -> Tensor:
        r"""Returns $\log p(x) = -F(x) - \log Z$ in nats, `(B,)`, where $\log Z$ can be summed exactly."""
        return -self.free_energy(x) - self.log_partition()

    # Conditionals and chains

    def prob_h(self, x: Tensor) -> Tensor:
        r"""Returns $p(h_j = 1 | x) = \operatorname{sigm}(b_j + W_{j\cdot} x)$, `(B, H)`, for `x` `(B, D)`.

        Entries of `x` between 0 and 1 are read as means, as in mean-field inference.
        """
        return torch.sigmoid(sound(F.linear(self._means(x), self.W, self.b), self))

    def prob_x(self, h: Tensor) -> Tensor:
        r"""Returns $p(x_k = 1 | h) = \operatorname{sigm}(c_k + h^\top W_{\cdot k})$, `(B, D)`, for `h` `(B, H)`."""
        return torch.sigmoid(sound(F.linear(self._hidden_means(h), self.W.T, self.c), self))

    @torch.no_grad()
    def gibbs(self, x: Tensor, steps: int = 1, *, clamp: Tensor | None = None) -> Tensor:
        r"""Draws $h \sim p(h|x)$, then $x \sim p(x|h)$, `steps` times over; leaves $p(x)$ unchanged.

        Args:
            x: Where each chain starts, `(B, D)`; it is not altered.
            steps: Number of sweeps.
            clamp: Which visible units keep their value, `(D,)` or `(B, D)`, of booleans; the chain then has the law of
                the others given these.

        Returns:
            Where each chain stands after them, `(B, D)`, zeros and ones.
        """
        at_least(0, steps=steps)
        finite(self)
        return self._walk(self._states(x), steps, None if clamp is None else mask(clamp, x))

    def _walk(self, x: Tensor, steps: int, clamp: Tensor | None = None) -> Tensor:
        start = x
        for _ in range(steps):
            h = bernoulli(torch.sigmoid(F.linear(x, self.W, self.b)))
            x = self.draw_x(F.linear(h, self.W.T, self.c))
            if clamp is not None:
                x = torch.where(clamp, start, x)
        return x

    # What is said of the visible units alone; a machine with other visible units says it anew

    def draw_x(self, inputs: Tensor) -> Tensor:
        r"""Draws visible units from their inputs $c + W^\top h$, `(B, D)`."""
        return bernoulli(torch.sigmoid(inputs))

    def visible_log_partition(self, inputs: Tensor) -> Tensor:
        r"""Returns $\log \sum_x e^{a^\top x}$ over all states of the visible units, `(B,)`, for inputs a `(B, D)`."""
        return F.softplus(inputs).sum(-1)

    def sample(self, n: int, steps: int = 1000) -> Tensor:
        r"""Runs `n` chains from coin flips for `steps` sweeps and returns where they stand, `(n, D)`.

        The law of the result tends to $p(x)$ as `steps` grows; how fast depends on the machine, and no number of
        steps is safe for all.
        """
        at_least(1, n=n)
        return self.gibbs(bernoulli(self.c.new_full((n, self.features), 0.5)), steps)

    # Learning

    def loss(self, x: Tensor, *, steps: int = 1, chains: Tensor | None = None) -> Tensor:
        r"""Returns a scalar whose gradient is that of contrastive divergence; its value measures nothing.

        The value is $\overline{F(x)} - \overline{F(\tilde x)}$. It may rise while the model improves, for the negative
        samples $\tilde x$ change with the model.

        Args:
            x: Data, `(B, D)`; entries between 0 and 1 are read as means.
            steps: Number k of Gibbs sweeps of the negative phase.
            chains: Where the negative phase starts, `(n, D)`; advanced in place, so that the next call goes on from
                there (persistent contrastive divergence). `None` starts at the data (CD-k).

        Returns:
            A scalar `()`; `backward()` gives the parameters exactly `gradient(x, ...)`.
        """
        with torch.no_grad():
            v, inputs, n = self._phases(x, steps, chains)
            negative, positive = (part.mean() for part in self._free_energy(v, inputs).tensor_split([n]))
            gradient = self._rule(v, torch.sigmoid(inputs), n)
        return _Surrogate.apply(positive - negative, gradient, self.W, self.b, self.c)

    @torch.no_grad()
    def gradient(self, x: Tensor, *, steps: int = 1, chains: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        r"""Returns the learning rule itself: the estimated gradient of the mean negative log-likelihood.

        $$\nabla_W = \overline{h(\tilde x)\,\tilde x^\top} - \overline{h(x)\,x^\top}, \quad
        \nabla_b = \overline{h(\tilde x)} - \overline{h(x)}, \quad \nabla_c = \overline{\tilde x} - \overline{x},$$

        with $h(x) = p(h = 1 | x)$ in both phases and $\tilde x$ from `steps` sweeps of Gibbs sampling.

        Args:
            x: Data, `(B, D)`; entries between 0 and 1 are read as means.
            steps: Number k of Gibbs sweeps.
            chains: As in `loss`.

        Returns:
            Gradients for `W` `(H, D)`, `b` `(H,)` and `c` `(D,)`; descend them.

        Source: Hinton (2002); persistent chains: Tieleman (2008).
        """
        v, inputs, n = self._phases(x, steps, chains)
        return self._rule(v, torch.sigmoid(inputs), n)

    def _phases(self, x: Tensor, steps: int, chains: Tensor | None) -> tuple[Tensor, Tensor, int]:
        """Returns the visible units of both phases, n negative samples above the data, what they send up, and n."""
        at_least(1, steps=steps)
        x, W, b, c = self._means(x), self.W, self.b, sound(self.c, self)
        if chains is None:
            start = inputs = sound(F.linear(x, W, b), self, x=x)
        else:
            v = torch.cat([self._sized(chains, "chains"), x])
            start, inputs = sound(F.linear(v, W, b), self, chains=chains).split([len(chains), len(x)])
        h = bernoulli(torch.sigmoid(start))
        negative = self._walk(self.draw_x(F.linear(h, W.T, c)), steps - 1)
        if chains is not None:
            chains.copy_(negative)
        inputs = torch.cat([F.linear(negative, W, b), inputs])
        return torch.cat([negative, x]), inputs, len(negative)

    def _rule(self, v: Tensor, h: Tensor, n: int) -> tuple[Tensor, Tensor, Tensor]:
        """Returns the mean of h v^T, of h and of v over the first n rows, minus that over the others.

        With weights of 1/n for the negative samples and of -1/B for the data, one product over all rows makes the
        difference of the two means.
        """
        rest = len(v) - n
        weights = torch.cat([v.new_full((n, 1), 1 / n), v.new_full((rest, 1), -1 / rest)])
        weighted = h * weights
        return weighted.T @ v, weighted.sum(0), weights[:, 0] @ v

    def _free_energy(self, x: Tensor, inputs: Tensor) -> Tensor:
        return -(x @ self.c) - F.softplus(inputs).sum(-1)

    # What is taken; a machine with other visible units says it anew

    def _sized(self, x: Tensor, name: str = "x") -> Tensor:
        """Returns `x` if it has a value for each visible unit, `(B, D)`."""
        return rows(x, self, self.features, name)

    def _means(self, x: Tensor) -> Tensor:
        """Returns `x` `(B, D)` if its entries can be the means of visible units."""
        return grey(self._sized(x))

    def _states(self, x: Tensor) -> Tensor:
        """Returns `x` `(B, D)` if its entries are states of visible units."""
        return binary(self._sized(x))

    def _hidden_means(self, h: Tensor) -> Tensor:
        return grey(rows(h, self, self.hidden, "h", "hidden units"), "h")


class CentredRBM(RBM):
    r"""The same machine, trained on the gradient of its centred form,

    $$E(x, h) = -(h - \lambda)^\top W (x - \mu) - b'^\top h - c'^\top x.$$

    Every such energy is an RBM's energy with $b = b' - W \mu$ and $c = c' - W^\top \lambda$, so nothing else changes;
    but the gradient of W no longer points mostly at the means, which the biases can learn alone. The offsets follow the
    means of `x` and of $h(x)$ slowly, a little with each call of `loss` or `gradient`: the mean of the very batch would
    bias the covariance that W learns from. Start c at the log-odds of the data's mean, or hidden units may saturate
    before $\mu$ has found it.

    Args:
        features: Number of visible units, D.
        hidden: Number of hidden units, H.
        rate: Share of each batch's mean in the running means $\mu$ and $\lambda$.

    Source: Montavon and Müller, Deep Boltzmann Machines and the Centering Trick (2012).

    Example:
        >>> [tuple(g.shape) for g in CentredRBM(64, 16).gradient(torch.zeros(5, 64))]
        [(16, 64), (16,), (64,)]
    """

    mu: Tensor
    lam: Tensor

    def __init__(self, features: int, hidden: int, *, rate: float = 0.01) -> None:
        super().__init__(features, hidden)
        self.rate = rate
        self.register_buffer("mu", torch.full((features,), 0.5))
        self.register_buffer("lam", torch.full((hidden,), 0.5))

    def _rule(self, v: Tensor, h: Tensor, n: int) -> tuple[Tensor, Tensor, Tensor]:
        self.mu.lerp_(v[n:].mean(0), self.rate)
        self.lam.lerp_(h[n:].mean(0), self.rate)
        d_w, d_b, d_c = super()._rule(v, h, n)
        d_w = d_w - torch.outer(self.lam, d_c) - torch.outer(d_b, self.mu)
        return d_w, d_b - d_w @ self.mu, d_c - self.lam @ d_w


class _Surrogate(torch.autograd.Function):
    """A scalar with a given value and a given gradient."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, gradient: tuple[Tensor, ...], *parameters: Tensor) -> Tensor:
        ctx.gradient = gradient
        return value.clone()

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor | None, ...]:
        return (None, None, *(outputs[0] * g for g in ctx.gradient))
