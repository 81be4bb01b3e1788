r"""One Gaussian that is fitted to two humps, by either of the two Kullback-Leibler divergences."""

from __future__ import annotations

__all__ = ["TwoDensities"]

import traitlets

from genlib.widgets.base import Widget

LIMIT, WIDTHS = 4.0, (0.2, 2.0)


class TwoDensities(Widget):
    r"""Fits $q = \mathcal{N}(\mu, \sigma^2)$ to a mixture p of two Gaussians in the page, step by step.

    Under $\operatorname{KL}(p \,\|\, q)$ it covers all of p; under $\operatorname{KL}(q \,\|\, p)$ it seeks the hump
    that it starts near. The steps are those of natural gradient descent, a tenth of the way each, the divergences sums
    on a fine grid.

    The reader drags the humps and q, and sets the traits `kl`, `means`, `sigmas`, `share`; what is reached comes back
    as `mu`, `sigma`, `step_count`, and the divergences as `kl_pq` and `kl_qp`.

    Args:
        kl: What is lowered: `"pq"` for $\operatorname{KL}(p \,\|\, q)$, `"qp"` for the other.
        means: Where the humps of p are, -4 to 4.
        sigmas: Their standard deviations, 0.2 to 2.
        share: Share of the first hump, between 0 and 1.
        start: Where q begins, as (mean, standard deviation).

    Raises:
        ValueError: If a number is out of range.

    Source: Minka, Divergence Measures and Message Passing (2005).

    Example:
        >>> TwoDensities("qp").means
        [-1.8, 1.8]
    """

    kl = traitlets.Enum(["pq", "qp"], "pq", help="Which divergence is lowered.").tag(sync=True)
    means = traitlets.List(traitlets.Float(), help="Means of the humps.").tag(sync=True)
    sigmas = traitlets.List(traitlets.Float(), help="Their standard deviations.").tag(sync=True)
    share = traitlets.Float(0.5, help="Share of the first hump.").tag(sync=True)
    start = traitlets.List(traitlets.Float(), help="Mean and standard deviation of q at first.").tag(sync=True)

    mu = traitlets.Float(help="Mean of q now.").tag(sync=True)
    sigma = traitlets.Float(1.0, help="Standard deviation of q now.").tag(sync=True)
    step_count = traitlets.Int(help="Steps since q was last put somewhere.").tag(sync=True)
    kl_pq = traitlets.Float(help="KL(p || q) now, in nats.").tag(sync=True)
    kl_qp = traitlets.Float(help="KL(q || p) now, in nats.").tag(sync=True)

    def __init__(
        self,
        kl: str = "pq",
        *,
        means: tuple[float, float] = (-1.8, 1.8),
        sigmas: tuple[float, float] = (0.6, 0.6),
        share: float = 0.5,
        start: tuple[float, float] = (1.0, 1.0),
    ) -> None:
        if kl not in ("pq", "qp"):
            raise ValueError(f"kl is {kl!r}, expected 'pq' or 'qp'")
        super().__init__(kl=kl, means=list(means), sigmas=list(sigmas), share=share, start=list(start))

    @traitlets.validate("means")
    def _within(self, proposal: traitlets.Bunch) -> list[float]:
        means = proposal.value
        if len(means) != 2 or not all(-LIMIT <= mean <= LIMIT for mean in means):
            raise ValueError(f"means is {means}, expected two numbers from {-LIMIT:g} to {LIMIT:g}")
        return means

    @traitlets.validate("sigmas")
    def _wide(self, proposal: traitlets.Bunch) -> list[float]:
        sigmas = proposal.value
        if len(sigmas) != 2 or not all(WIDTHS[0] <= sigma <= WIDTHS[1] for sigma in sigmas):
            raise ValueError(f"sigmas is {sigmas}, expected two numbers from {WIDTHS[0]:g} to {WIDTHS[1]:g}")
        return sigmas

    @traitlets.validate("share")
    def _part(self, proposal: traitlets.Bunch) -> float:
        if not 0 < proposal.value < 1:
            raise ValueError(f"share is {proposal.value}, expected more than 0 and less than 1")
        return proposal.value

    @traitlets.validate("start")
    def _begun(self, proposal: traitlets.Bunch) -> list[float]:
        start = proposal.value
        if len(start) != 2 or not -LIMIT <= start[0] <= LIMIT or not WIDTHS[0] <= start[1] <= WIDTHS[1]:
            raise ValueError(f"start is {start}, expected a mean from -4 to 4 and a standard deviation from 0.2 to 2")
        return start
