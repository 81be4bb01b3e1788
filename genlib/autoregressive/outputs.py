r"""What a pixel that is not a bit may be: distributions over its levels, as a network's outputs say them."""

from __future__ import annotations

__all__ = ["LevelOutput", "Logistics", "Softmax", "draw_level"]

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib._guard import at_least


class LevelOutput(nn.Module):
    r"""A distribution over the levels 0, 1, …, M - 1 of a pixel, given `size` numbers that a network put out for it.

    One of your own says $\log p(k)$ in `log_prob`; the rest follows from it.

    Args:
        levels: Number of levels, M.
        size: How many numbers describe one distribution.

    Example:
        >>> class Uniform(LevelOutput):
        ...     def log_prob(self, a, level):
        ...         return torch.full_like(a[..., 0] + level, -math.log(self.levels))
        >>> Uniform(levels=4, size=1).log_probs(torch.zeros(5, 1)).shape
        torch.Size([5, 4])
    """

    def __init__(self, levels: int, size: int) -> None:
        super().__init__()
        at_least(2, levels=levels)
        self.levels, self.size = levels, size

    def log_prob(self, a: Tensor, level: Tensor) -> Tensor:
        r"""Returns $\log p(k)$ `(...)` of levels `(...)`, whole numbers, from outputs `a` `(..., size)`."""
        raise NotImplementedError(f"{type(self).__name__} does not say its distribution: log_prob(a, level)")

    def log_probs(self, a: Tensor) -> Tensor:
        r"""Returns $\log p(k)$ of every level k, `(..., M)`, from outputs `a` `(..., size)`."""
        every = torch.arange(self.levels, device=a.device)
        return self.log_prob(a[..., None, :], every.expand(*a.shape[:-1], self.levels))


class Softmax(LevelOutput):
    r"""Any distribution over the levels: $p(k) \propto e^{a_k}$, which knows nothing of which levels are neighbours.

    Args:
        levels: Number of levels, M; as many numbers describe a distribution.

    Source: van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks (2016), with 256 levels.

    Example:
        >>> Softmax(4).log_probs(torch.zeros(4)).exp().tolist()
        [0.25, 0.25, 0.25, 0.25]
    """

    def __init__(self, levels: int) -> None:
        super().__init__(levels, levels)

    def extra_repr(self) -> str:
        """Returns the sizes, for `print(model)`."""
        return f"levels={self.levels}"

    def log_prob(self, a: Tensor, level: Tensor) -> Tensor:
        r"""Returns $\log p(k)$ `(...)` of levels `(...)`, whole numbers, from outputs `a` `(..., M)`."""
        logs = a.log_softmax(-1)
        return logs.expand(*level.shape, -1).gather(-1, level[..., None])[..., 0]


class Logistics(LevelOutput):
    r"""Mixture of logistic distributions of a continuous brightness, of which each level gets its interval's share.

    $$\begin{aligned}
    p(k) &= \sum_{j=1}^{J} \pi_j \Big[ \operatorname{sigm}\Big(\frac{z_k + \delta - \mu_j}{s_j}\Big) -
    \operatorname{sigm}\Big(\frac{z_k - \delta - \mu_j}{s_j}\Big) \Big], \\
    z_k &= \frac{2k}{M - 1} - 1, \quad \delta = \frac{1}{M - 1}
    \end{aligned}$$

    The lowest level gets all that lies below it too, the highest all above. Neighbours get similar probabilities from
    few numbers, where a softmax has to learn each level by itself.

    Args:
        levels: Number of levels, M.
        components: Number of logistic distributions, J; 3 J numbers describe a mixture: logits of the weights,
            means, and logarithms of the scales.

    Source: Salimans, Karpathy, Chen and Kingma, PixelCNN++ (2017).

    Example:
        >>> Logistics(levels=4, components=1).log_probs(torch.zeros(3)).exp().sum().item()
        1.0
    """

    def __init__(self, levels: int, components: int = 3) -> None:
        at_least(1, components=components)
        super().__init__(levels, 3 * components)
        self.components = components
        # A network's outputs begin near 0: the components begin side by side, and as wide as their distance.
        start = torch.linspace(-1, 1, components + 2)[1:-1]
        self.register_buffer("start", start, persistent=False)

    def extra_repr(self) -> str:
        """Returns the sizes, for `print(model)`."""
        return f"levels={self.levels}, components={self.components}"

    def log_prob(self, a: Tensor, level: Tensor) -> Tensor:
        r"""Returns $\log p(k)$ `(...)` of levels `(...)`, whole numbers, from outputs `a` `(..., 3 J)`."""
        weight, mean, log_scale = a.chunk(3, -1)
        half = 1 / (self.levels - 1)
        # Sharper than a quarter of an interval there is nothing to gain, and much to overflow.
        scale = (log_scale - 1).clamp(min=math.log(half / 4)).exp()
        z = (2 * half * level - 1).to(a.dtype)[..., None] - mean - self.get_buffer("start")
        upper, lower = (z + half) / scale, (z - half) / scale
        # sigm(u) - sigm(l) = sigm(u) sigm(-l) (1 - e^(l - u)): a difference of numbers near 1 would lose all digits
        inside = F.logsigmoid(upper) + F.logsigmoid(-lower) + torch.log(-torch.expm1(lower - upper))
        share = torch.where(level[..., None] == 0, F.logsigmoid(upper), inside)
        share = torch.where(level[..., None] == self.levels - 1, F.logsigmoid(-lower), share)
        return (share + weight.log_softmax(-1)).logsumexp(-1)


def draw_level(log_probs: Tensor, u: Tensor) -> Tensor:
    """Returns the level `(...)` at which the cumulated probabilities of `log_probs` `(..., M)` pass `u` `(...)`."""
    return (u[..., None] >= log_probs.exp().cumsum(-1)[..., :-1]).sum(-1)
