r"""The fully visible sigmoid belief net: each conditional is a logistic regression."""

from __future__ import annotations

__all__ = ["FVSBN"]

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib.autoregressive.chain import Autoregressive


class FVSBN(Autoregressive):
    r"""Fully visible sigmoid belief net: a logistic regression for each entry on those before it.

    $$a_d = c_d + \sum_{e < d} R_{de}\, x_e$$

    Args:
        features: Number of entries of an example, D; there are D (D + 1) / 2 parameters that matter.
        order: The entries in the order in which they are drawn; `None` for 0, 1, 2, …

    Source: Neal, Connectionist Learning of Belief Networks (1992); Frey, Hinton and Dayan (1996).

    Example:
        >>> model = FVSBN(features=6)
        >>> model.log_prob(torch.zeros(5, 6)).exp()  # all weights begin at zero: each of 64 vectors is as likely
        tensor([0.0156, 0.0156, 0.0156, 0.0156, 0.0156], grad_fn=<ExpBackward0>)
    """

    def __init__(self, features: int, order: Sequence[int] | Tensor | None = None) -> None:
        super().__init__(features, order)
        self.R = nn.Parameter(torch.zeros(features, features))
        self.c = nn.Parameter(torch.zeros(features))

    def log_odds(self, x: Tensor) -> Tensor:
        r"""Computes $c + R x$ `(B, D)` for `x` `(B, D)`, without those of R that lead back from later entries."""
        return F.linear(x, self.R * self.earlier, self.c)
