r"""MADE: an autoencoder whose weights are masked until each output depends only on the inputs before it."""

from __future__ import annotations

__all__ = ["MADE"]

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib._guard import at_least
from genlib.autoregressive.chain import Autoregressive


class MADE(Autoregressive):
    r"""Masked autoencoder for distribution estimation: one network that computes all conditionals.

    Each unit has a degree m: an input the step at which it is drawn, from 1, a hidden unit a number from 1 to D - 1. A
    weight is kept where what it reads knows no more than what reads it may,

    $$M^{\text{in}}_{kd} = [m_k \geq m_d], \qquad M^{\text{hidden}}_{lk} = [m_l \geq m_k], \qquad
    M^{\text{out}}_{dk} = [m_d > m_k],$$

    and the output's inequality is strict: with $\geq$ an entry would see itself. Inputs lead to outputs directly too.

    Args:
        features: Number of entries of an example, D.
        hidden: Number of hidden units in each layer, H; their degrees are spread evenly.
        order: The entries in the order in which they are drawn; `None` for 0, 1, 2, …
        layers: Number of hidden layers.
        dropout: Share of hidden units that is left out while training.

    Raises:
        ValueError: If a size is below 1, `order` is no order, or `dropout` is not in [0, 1).

    Source: Germain, Gregor, Murray and Larochelle, MADE: Masked Autoencoder for Distribution Estimation (2015).

    Example:
        >>> model = MADE(features=64, hidden=200)
        >>> model.log_prob(torch.zeros(5, 64)).shape, model.sample(3).shape
        (torch.Size([5]), torch.Size([3, 64]))
    """

    def __init__(
        self, features: int, hidden: int, order: Sequence[int] | Tensor | None = None, *, layers: int = 1,
        dropout: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(features, order)
        at_least(1, hidden=hidden, layers=layers)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout is {dropout}, expected a share of at least 0 and less than 1")
        self.hidden, self.layers, self.dropout = hidden, layers, dropout
        sizes = [features, *[hidden] * layers, features]
        self.linear = nn.ModuleList(nn.Linear(i, o) for i, o in pairwise(sizes))
        self.R = nn.Parameter(torch.zeros(features, features))
        for i, mask in enumerate(self._masks()):
            self.register_buffer(f"mask{i}", mask.to(torch.get_default_dtype()), persistent=False)

    def _masks(self) -> list[Tensor]:
        """Returns the mask of each layer's weights, as booleans of their shape."""
        visible, most = 1 + self._places(), max(1, self.features - 1)
        units = torch.arange(self.hidden)
        spread = 1 + (units * most // self.hidden if self.hidden < most else units % most)
        degrees = [visible, *[spread] * self.layers]
        inner = [to[:, None] >= of for of, to in pairwise(degrees)]
        return [*inner, visible[:, None] > spread]

    @property
    def masks(self) -> dict[str, Tensor]:
        """The masks of all weights, by their names in `state_dict`: what stands where one is zero is never used."""
        layers = {f"linear.{i}.weight": self.get_buffer(f"mask{i}") for i in range(self.layers + 1)}
        return {**layers, "R": self.earlier}

    def log_odds(self, x: Tensor) -> Tensor:
        r"""Computes all $a_d$ `(B, D)` in one pass through the masked network."""
        h = x
        for i in range(self.layers + 1):
            if i:
                h = F.dropout(h.relu(), self.dropout, self.training)
            layer = cast(nn.Linear, self.linear[i])
            h = F.linear(h, layer.weight * self.get_buffer(f"mask{i}"), layer.bias)
        return h + F.linear(x, self.R * self.earlier)

    def _drawn(self, x: Tensor, u: Tensor, given: int) -> Tensor:
        """Fills in `x` `(B, D)` from step `given` on; with one hidden layer by a running sum, as NADE does."""
        if self.layers > 1:
            return super()._drawn(x, u, given)
        inner, outer = (cast(nn.Linear, layer) for layer in self.linear)
        into = (inner.weight * self.get_buffer("mask0")).T.contiguous()
        out, past = outer.weight * self.get_buffer("mask1"), self.R * self.earlier
        x[:, self.order[given:]] = 0
        total = x @ into + inner.bias
        for d in self.order[given:]:
            h = F.dropout(total.relu(), self.dropout, self.training)
            a = h @ out[d] + outer.bias[d] + x @ past[d]
            x[:, d] = (u[:, d] < a.sigmoid()).to(x.dtype)
            total = total + x[:, d, None] * into[d]
        return x
