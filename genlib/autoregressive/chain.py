r"""What autoregressive models of binary vectors share: the chain rule, sampling, completion, and averages of models."""

from __future__ import annotations

__all__ = ["Autoregressive", "Ensemble"]

import math
from collections.abc import Iterable, Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib._guard import at_least, binary, finite, grey, rows, same_number, sound


class Autoregressive(nn.Module):
    r"""Model of binary vectors by the chain rule; a kind of it says how the conditionals are computed.

    $$\log p(x) = \sum_d x_d\, a_d - \log(1 + e^{a_d}), \qquad a_d = \operatorname{logit} p(x_d = 1 \,|\, x_{<d}),$$

    where $x_{<d}$ are the entries that come before d in the order. A kind overrides `log_odds`, of which column d must
    depend on $x_{<d}$ alone: nothing would say so if it did not, and the sum over all x would no longer be one.

    Args:
        features: Number of entries of an example, D.
        order: The entries in the order in which they are drawn, each of 0 to D - 1 once; `None` for 0, 1, 2, …, which
            for an image is row by row from the top left.

    Source: Frey, Hinton and Dayan, Does the Wake-Sleep Algorithm Produce Good Density Estimators? (1996).
    """

    earlier: Tensor

    def __init__(self, features: int, order: Sequence[int] | Tensor | None = None) -> None:
        super().__init__()
        at_least(1, features=features)
        self.features, self.order = features, _permutation(order, features)
        place = self._places()
        self.register_buffer("earlier", (place[:, None] > place).to(torch.get_default_dtype()), persistent=False)

    def extra_repr(self) -> str:
        """Returns the sizes, for `print(model)`."""
        hidden = f", hidden={self.hidden}" if hasattr(self, "hidden") else ""
        return f"features={self.features}{hidden}"

    def _places(self) -> Tensor:
        """Returns for each entry at which step it is drawn, `(D,)`, from 0: the inverse of `order`."""
        return torch.tensor(self.order).argsort()

    def log_odds(self, x: Tensor) -> Tensor:
        r"""Computes $a$ `(B, D)` for `x` `(B, D)`; what a kind of model consists of."""
        raise NotImplementedError(f"{type(self).__name__} does not say how its conditionals are computed: log_odds(x)")

    def logit(self, x: Tensor) -> Tensor:
        r"""Returns $a_d = \operatorname{logit} p(x_d = 1 | x_{<d})$, `(B, D)`, for binary `x` `(B, D)`."""
        finite(self)  # a unit that saturates at an infinite weight would hide it
        return sound(self.log_odds(binary(rows(x, self, self.features))), self, x=x)

    def log_prob(self, x: Tensor) -> Tensor:
        r"""Returns $\log p(x)$ of binary `x` `(B, D)`, exactly, `(B,)`, in nats: all conditionals in one pass."""
        a = self.logit(x)
        return (x * a - F.softplus(a)).sum(1)

    def loss(self, x: Tensor) -> Tensor:
        r"""Returns $-\overline{\log p(x)}$, the mean over the examples `x` `(B, D)`, `()`: maximum likelihood."""
        return -self.log_prob(x).mean()

    def sample(self, n: int, *, u: Tensor | None = None) -> Tensor:
        r"""Draws `x` `(n, D)`, one entry after the other: $x_d = 1$ where $u_d < p(x_d = 1 | x_{<d})$.

        Args:
            n: Number of examples.
            u: The uniform numbers, `(n, D)`, in [0, 1]; `None` draws them. The same give the same examples.
        """
        at_least(1, n=n)
        return self.complete(self.earlier.new_zeros(n, self.features), given=0, u=u)

    @torch.no_grad()
    def complete(self, x: Tensor, given: int, *, u: Tensor | None = None) -> Tensor:
        r"""Keeps the first entries of each example and draws the others, from the exact conditional distribution.

        Args:
            x: Binary examples, `(B, D)`; what is not kept is not looked at.
            given: How many entries are kept, those that come first in the order.
            u: The uniform numbers, `(B, D)`, in [0, 1]; `None` draws them.

        Returns:
            The completed examples, `(B, D)`.
        """
        x, u = self._checked(x, given, u)
        return self._drawn(x.clone(), u, given)

    def _checked(self, x: Tensor, given: int, u: Tensor | None) -> tuple[Tensor, Tensor]:
        """Returns examples `x` `(B, D)` and uniform numbers `(B, D)`, drawn if there are none, if all is as it must."""
        at_least(0, given=given)
        if given > self.features:
            raise ValueError(f"given is {given}, expected at most the {self.features} features there are")
        finite(self)
        x = binary(rows(x, self, self.features))
        if u is None:
            return x, torch.rand_like(x)
        return x, grey(same_number(rows(u, self, self.features, "u"), x, "u"), "u")

    def _drawn(self, x: Tensor, u: Tensor, given: int) -> Tensor:
        """Fills in `x` `(B, D)` from step `given` on: one whole pass for each entry, unless a kind knows better."""
        x[:, self.order[given:]] = 0
        for d in self.order[given:]:
            x[:, d] = (u[:, d] < self.log_odds(x)[:, d].sigmoid()).to(x.dtype)
        return x


class Ensemble(nn.Module):
    r"""The average of several models' probabilities, $p(x) = \frac{1}{K} \sum_k p_k(x)$, which is a density again.

    Probabilities of whole examples are averaged. An average of the models' conditionals, or of their log-odds, belongs
    to no distribution where their orders differ: its "log-likelihood" is too good, and nothing can be drawn from it.

    Args:
        models: The models, with any orders, of as many features.

    Source: Uria, Murray and Larochelle, A Deep and Tractable Density Estimator (2014).

    Example:
        >>> from genlib.autoregressive import MADE
        >>> model = Ensemble([MADE(6, 8), MADE(6, 8, order=range(5, -1, -1))])
        >>> model.log_prob(torch.zeros(5, 6)).shape, model.sample(3).shape
        (torch.Size([5]), torch.Size([3, 6]))
    """

    def __init__(self, models: Iterable[Autoregressive]) -> None:
        super().__init__()
        members = list(models)
        sizes = sorted({model.features for model in members})
        if len(sizes) != 1:
            raise ValueError(f"got {len(members)} models of {sizes} features, expected one or more, of as many")
        self.features, self.models = sizes[0], nn.ModuleList(members)

    @property
    def arguments(self) -> dict[str, list[Autoregressive]]:
        """What `genlib.save` writes down to build the model again."""
        return {"models": [cast(Autoregressive, model) for model in self.models]}

    def log_prob(self, x: Tensor) -> Tensor:
        r"""Returns $\log \frac{1}{K} \sum_k p_k(x)$ of binary `x` `(B, D)`, exactly, `(B,)`, in nats."""
        each: list[Tensor] = [model.log_prob(x) for model in self.arguments["models"]]
        return torch.stack(each).logsumexp(0) - math.log(len(each))

    def loss(self, x: Tensor) -> Tensor:
        r"""Returns $-\overline{\log p(x)}$, the mean over the examples `x` `(B, D)`, `()`."""
        return -self.log_prob(x).mean()

    @torch.no_grad()
    def sample(self, n: int) -> Tensor:
        """Draws examples `(n, D)`, each from a model that is itself drawn, all equally likely."""
        at_least(1, n=n)
        numbers = torch.randint(len(self.models), (n,)).bincount(minlength=len(self.models)).tolist()
        members = self.arguments["models"]
        parts = [model.sample(number) for model, number in zip(members, numbers, strict=True) if number]
        return torch.cat(parts)[torch.randperm(n)]


def _permutation(order: Sequence[int] | Tensor | None, features: int) -> tuple[int, ...]:
    """Returns the order as whole numbers, of which each of 0 to `features` - 1 must be there once."""
    listed = tuple(range(features)) if order is None else tuple(order.tolist() if isinstance(order, Tensor) else order)
    if sorted(listed) != list(range(features)):
        raise ValueError(
            f"order has {len(listed)} entries that begin {listed[:9]}, expected each of 0 to {features - 1} once, as "
            f"torch.randperm({features}) has them"
        )
    return tuple(map(int, listed))
