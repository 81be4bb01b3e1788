r"""A recurrent network over pixels: a state of fixed size carries what came before."""

from __future__ import annotations

__all__ = ["PixelGRU"]

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genlib._guard import at_least
from genlib.autoregressive.chain import Autoregressive


class PixelGRU(Autoregressive):
    r"""Gated recurrent network that reads the entries one by one and says the odds of the next.

    $$h_t = \operatorname{GRU}\big(h_{t-1}, [x_{o_{t-1}}, e_{o_t}]\big), \qquad a_{o_t} = c_{o_t} + V_{o_t} h_t$$

    The state $h_t$ is all it knows of the entries before; $e_d$ tells it where it is. Its parameters do not grow with
    the distance that they bridge, and unlike a masked network's its steps cannot be taken side by side.

    Args:
        features: Number of entries of an example, D.
        hidden: Size of the state, H.
        order: The entries in the order in which they are drawn; `None` for 0, 1, 2, …
        place: Size of the vectors e that stand for places.

    Source: Larochelle and Murray (2011) for the task; Cho et al., Learning Phrase Representations using RNN
    Encoder-Decoder (2014), for the cell; Theis and Bethge (2015) and van den Oord et al. (2016) for images.

    Example:
        >>> model = PixelGRU(features=64, hidden=16)
        >>> model.log_prob(torch.zeros(5, 64)).shape, model.sample(3).shape
        (torch.Size([5]), torch.Size([3, 64]))
    """

    def __init__(
        self, features: int, hidden: int, order: Sequence[int] | Tensor | None = None, *, place: int = 16
    ) -> None:
        super().__init__(features, order)
        at_least(1, hidden=hidden, place=place)
        self.hidden, self.place = hidden, place
        self.e = nn.Parameter(0.1 * torch.randn(features, place))
        self.gru = nn.GRU(1 + place, hidden, batch_first=True)
        self.V = nn.Parameter(0.05 * torch.randn(features, hidden))
        self.c = nn.Parameter(torch.zeros(features))

    def extra_repr(self) -> str:
        """Returns the sizes, for `print(model)`."""
        return f"{super().extra_repr()}, place={self.place}"

    def log_odds(self, x: Tensor) -> Tensor:
        r"""Computes all $a_d$ `(B, D)`; the network reads the entries shifted by one step, the first reads a zero."""
        order = list(self.order)
        shifted = torch.cat([torch.zeros_like(x[:, :1]), x[:, order[:-1]]], 1)
        h, _ = self.gru(torch.cat([shifted[:, :, None], self.e[order].expand(len(x), -1, -1)], 2))
        return self.c + (h * self.V[order]).sum(2)[:, self._places()]

    def _drawn(self, x: Tensor, u: Tensor, given: int) -> Tensor:
        """Fills in `x` `(B, D)` from step `given` on, carrying the state along: as many steps as one `log_prob`."""
        state, last = None, torch.zeros_like(x[:, :1])
        for t, d in enumerate(self.order):
            h, state = self.gru(torch.cat([last, self.e[d].expand(len(x), -1)], 1)[:, None], state)
            if t >= given:
                x[:, d] = (u[:, d] < (self.c[d] + h[:, 0] @ self.V[d]).sigmoid()).to(x.dtype)
            last = x[:, d, None]
        return x
