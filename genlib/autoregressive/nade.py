r"""NADE: one hidden layer that grows by one entry at each step, with weights that all steps share."""

from __future__ import annotations

__all__ = ["NADE"]

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib._guard import at_least
from genlib.autoregressive.chain import Autoregressive


class NADE(Autoregressive):
    r"""Neural autoregressive distribution estimator: a hidden layer for each entry, all with the same weights.

    $$h_d = \operatorname{sigm}\Big(b + \sum_{e < d} W_{\cdot e}\, x_e\Big), \qquad a_d = c_d + V_d\, h_d$$

    What goes into $h_d$ is a running sum: from one entry to the next one column of W is added, so that a pass costs
    O(D H), not O(D² H). It came from the RBM: $h_d$ is one step of mean field for $p(x_d | x_{<d})$ there.

    Args:
        features: Number of entries of an example, D.
        hidden: Number of hidden units, H.
        order: The entries in the order in which they are drawn; `None` for 0, 1, 2, …

    Source: Larochelle and Murray, The Neural Autoregressive Distribution Estimator (2011).

    Example:
        >>> model = NADE(features=64, hidden=16)
        >>> model.log_prob(torch.zeros(5, 64)).shape, [tuple(p.shape) for p in model.parameters()]
        (torch.Size([5]), [(16, 64), (64, 16), (16,), (64,)])
    """

    def __init__(self, features: int, hidden: int, order: Sequence[int] | Tensor | None = None) -> None:
        super().__init__(features, order)
        at_least(1, hidden=hidden)
        self.hidden = hidden
        self.W = nn.Parameter(0.05 * torch.randn(hidden, features))
        self.V = nn.Parameter(0.05 * torch.randn(features, hidden))
        self.b = nn.Parameter(torch.zeros(hidden))
        self.c = nn.Parameter(torch.zeros(features))

    def log_odds(self, x: Tensor) -> Tensor:
        r"""Computes all $a_d$ `(B, D)` at once; the running sums of every step are kept, `(B, D, H)`."""
        order = list(self.order)
        terms = x[:, order, None] * self.W.T[order]
        before = F.pad(terms[:, :-1], (0, 0, 1, 0)).cumsum(1)  # a whole sum less its last term would keep its rounding
        a = ((self.b + before).sigmoid() * self.V[order]).sum(2)
        return self.c + a[:, self._places()]

    def _drawn(self, x: Tensor, u: Tensor, given: int) -> Tensor:
        """Fills in `x` `(B, D)` from step `given` on, with one running sum: as much work in all as one `log_prob`."""
        known = list(self.order[:given])
        total = self.b + x[:, known] @ self.W.T[known]
        for d in self.order[given:]:
            a = self.c[d] + total.sigmoid() @ self.V[d]
            x[:, d] = (u[:, d] < a.sigmoid()).to(x.dtype)
            total = total + x[:, d, None] * self.W[:, d]
        return x
