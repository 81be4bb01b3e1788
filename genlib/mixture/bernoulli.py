r"""Mixture of products of Bernoulli distributions: the mixture model of binary pictures."""

from __future__ import annotations

__all__ = ["BernoulliMixture"]

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib._guard import at_least, binary, finite, rows, same_number, sound
from genlib._progress import track

# The log-odds of a pixel that is never, or always, on: a probability of one in a million, or all but that.
MOST = math.log(1e6 - 1)


class BernoulliMixture(nn.Module):
    r"""Mixture of Bernoullis: one of K components is chosen, and each entry of x is then a coin of its own,

    $$p(x) = \sum_k \pi_k \prod_i \mu_{ki}^{x_i} (1 - \mu_{ki})^{1 - x_i}.$$

    What is stored are logarithms, so that any real parameters are a mixture: `log_weights`, whose softmax is $\pi$, and
    `logits`, whose sigmoid is $\mu$.

    Args:
        features: Number of entries of an example, D.
        components: Number of components, K; they begin equally likely, each with random means between 1/4 and 3/4.

    Source: McLachlan and Peel, Finite Mixture Models (2000), for the family; Bishop, Pattern Recognition and Machine
    Learning (2006), section 9.3.3.

    Example:
        >>> mixture = BernoulliMixture(features=6, components=3)
        >>> mixture.responsibilities(torch.ones(2, 6)).shape, mixture.sample(4).shape
        (torch.Size([2, 3]), torch.Size([4, 6]))
    """

    def __init__(self, features: int, components: int) -> None:
        super().__init__()
        at_least(1, features=features, components=components)
        self.features, self.components = features, components
        self.log_weights = nn.Parameter(torch.full((components,), -math.log(components)))
        self.logits = nn.Parameter((0.25 + 0.5 * torch.rand(components, features)).logit())

    def extra_repr(self) -> str:
        """Returns the sizes, for `print(mixture)`."""
        return f"features={self.features}, components={self.components}"

    @property
    def pi(self) -> Tensor:
        r"""The probability $\pi_k$ of each component, `(K,)`."""
        return self.log_weights.softmax(0)

    @property
    def mu(self) -> Tensor:
        r"""The mean $\mu_{ki}$ of each entry under each component, `(K, D)`."""
        return self.logits.sigmoid()

    # Scores

    def log_joint(self, x: Tensor) -> Tensor:
        r"""Returns $\log p(x, k) = \log \pi_k + \log p(x \mid k)$ in nats, `(B, K)`."""
        return sound(self._log_joint(binary(rows(x, self, self.features))), self, x=x)

    def log_prob(self, x: Tensor) -> Tensor:
        r"""Returns $\log p(x)$ in nats, `(B,)`, exactly."""
        return self.log_joint(x).logsumexp(1)

    def responsibilities(self, x: Tensor) -> Tensor:
        r"""Returns the posterior $p(k \mid x)$, `(B, K)`: the share of each component in having made `x`."""
        return self.log_joint(x).softmax(1)

    def bound(self, x: Tensor, q: Tensor) -> Tensor:
        r"""Returns a lower bound of $\log p(x)$ in nats, `(B,)`, for any distribution q over the components,

        $$\sum_k q_k \big(\log p(x, k) - \log q_k\big) = \log p(x) - \mathrm{KL}\big(q \,\|\, p(k \mid x)\big).$$

        Args:
            x: Data, `(B, D)`.
            q: Probabilities of the components, for each example its own, `(B, K)`.
        """
        joint, q = self.log_joint(x), same_number(rows(q, self, self.components, "q", "components"), x, "q")
        with torch.no_grad():
            if not ((q >= 0).all() and torch.allclose(q.sum(1), torch.ones_like(q[:, 0]), atol=1e-4)):
                raise ValueError("q has rows that are no probabilities, expected numbers >= 0 with the sum 1")
        return (q * joint - torch.xlogy(q, q)).sum(1)

    def loss(self, x: Tensor) -> Tensor:
        r"""Returns the mean negative log-likelihood of `x` `(B, D)`, `()`, for descent by its gradient."""
        return -self.log_prob(x).mean()

    # Learning and sampling

    def fit_em(self, x: Tensor, *, steps: int = 100, smoothing: float = 0.0, progress: bool = False) -> Iterator[float]:
        r"""Maximises the likelihood of `x` `(N, D)` by expectation maximisation (EM).

        The E step computes the responsibilities $r_{nk} = p(k \mid x_n)$; the M step counts with them,

        $$\mu_{ki} = \frac{\alpha + \sum_n r_{nk} x_{ni}}{2\alpha + \sum_n r_{nk}}, \qquad
        \pi_k \propto \alpha + \sum_n r_{nk}.$$

        Without smoothing the likelihood never falls. With it, what never falls is the likelihood times
        $\prod_k \pi_k^\alpha \prod_i \mu_{ki}^\alpha (1 - \mu_{ki})^\alpha$, as if each component had seen each entry
        $\alpha$ times on and $\alpha$ times off. Means stay a millionth away from 0 and 1.

        Being a generator, it does nothing until it is read: write `for nats in mixture.fit_em(x)`.

        Args:
            x: All of the data, zeros and ones.
            steps: Number of E and M steps.
            smoothing: The pseudo-count $\alpha$.
            progress: Whether a progress line is shown.

        Yields:
            The mean log-likelihood of `x` in nats, before the step.

        Source: Dempster, Laird and Rubin, Maximum Likelihood from Incomplete Data via the EM Algorithm (1977).

        Example:
            >>> x = torch.eye(4).repeat(5, 1)
            >>> first, *_, last = BernoulliMixture(4, 2).fit_em(x, steps=50)
            >>> first < last
            True
        """
        at_least(1, steps=steps)
        if not (isinstance(smoothing, int | float) and 0 <= smoothing < math.inf):
            raise ValueError(f"smoothing is {smoothing!r}, expected a number, at least 0")
        finite(self)
        x = binary(rows(x, self, self.features))
        return self._em(x, steps, float(smoothing), progress)

    @torch.no_grad()
    def maximise(self, x: Tensor, r: Tensor, smoothing: float = 0.0) -> None:
        r"""Makes the M step alone: the parameters that are best for `x` `(N, D)` if it belongs to components by `r`.

        Args:
            x: Data, zeros and ones.
            r: The share of each component in each example, `(N, K)`, such as `responsibilities(x)`.
            smoothing: The pseudo-count $\alpha$ of `fit_em`.
        """
        x = binary(rows(x, self, self.features))
        r = same_number(rows(r, self, self.components, "r", "components"), x, "r")
        if not (r >= 0).all():
            raise ValueError("r has values below 0, or NaN, expected shares of components, at least 0")
        self._maximise(x, r, smoothing)

    def _em(self, x: Tensor, steps: int, smoothing: float, progress: bool) -> Iterator[float]:
        for _ in track(range(steps), steps, progress):
            with torch.no_grad():
                joint = self._log_joint(x)
                log_prob = joint.logsumexp(1, keepdim=True)
                self._maximise(x, joint.sub_(log_prob).exp_(), smoothing)
            yield log_prob.mean().item()

    def _maximise(self, x: Tensor, r: Tensor, smoothing: float) -> None:
        """Sets the parameters from counts; where both counts are nothing, a mean is one half."""
        least = torch.finfo(x.dtype).tiny
        total, on = r.sum(0), r.T @ x
        off = (total[:, None] - on).clamp_min(0)
        odds = (on + smoothing).clamp_min(least).log() - (off + smoothing).clamp_min(least).log()
        self.logits.copy_(odds.clamp(-MOST, MOST))
        self.log_weights.copy_((total + smoothing).clamp_min(least).log().log_softmax(0))

    def _log_joint(self, x: Tensor) -> Tensor:
        constant = self.log_weights.log_softmax(0) - F.softplus(self.logits).sum(1)
        return torch.addmm(constant, x, self.logits.T)

    @torch.no_grad()
    def sample(self, n: int) -> Tensor:
        r"""Draws a component, and from it an example: `(n, D)`."""
        at_least(1, n=n)
        finite(self)
        k = torch.multinomial(self.pi, n, replacement=True)
        means = self.mu[k]
        return torch.rand_like(means).lt_(means)
