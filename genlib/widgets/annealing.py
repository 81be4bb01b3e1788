r"""Annealed importance sampling to watch: chains led from a base machine to a trained one, and their weights."""

from __future__ import annotations

__all__ = ["Annealing"]

import traitlets
from torch import Tensor

from genlib.energy import RBM
from genlib.widgets._annealing import packed, truth
from genlib.widgets._base import Widget, check_image, unpack_tensors


class Annealing(Widget):
    r"""Anneals chains of a machine in the page, up from a base or back down, and estimates $\log Z$ from their weights.

    Where the smaller layer has at most 20 units, the exact $\log Z$ stands beside the estimate, and the way back starts
    from exact samples; for a larger machine it starts from the `samples` that it is given.

    Args:
        rbm: The machine; its weights are rounded as `pack_tensors` says.
        base: Visible bias of the machine that the chains start from, `(D,)`; by default fair coins.
        samples: Samples of the machine, `(N, ...)` of zeros and ones, for the way back; 400 are used at most.
        shape: Rows and columns of a picture, by default a square.
        temperatures: Steps from one end to the other, 1 to 1000.
        chains: Number of chains, 2 to 400.
        seed: Seed of the chains.

    Raises:
        ValueError: If a size does not fit, a value is not 0 or 1, or the weights cannot be sent to a page.

    Source: Neal, Annealed Importance Sampling (2001).

    Example:
        >>> Annealing(RBM(features=64, hidden=16)).base_kind
        'coins'
    """

    parts = ("anneal.js", "annealing_plot.js")

    log_z = traitlets.Float(None, allow_none=True, help="Exact log Z of the page's machine, if known.").tag(sync=True)
    samples = traitlets.Bytes(help="Where the way back starts, one bit per pixel.").tag(sync=True)
    sample_count = traitlets.Int().tag(sync=True)
    shape = traitlets.List(traitlets.Int(), help="Rows and columns.").tag(sync=True)
    temperatures = traitlets.Int(30, min=1, max=1000, help="Steps from one end to the other.").tag(sync=True)
    chains = traitlets.Int(100, min=2, max=400, help="Number of chains.").tag(sync=True)
    base_kind = traitlets.Enum(["given", "own", "coins"], "coins", help="Where the way up starts.").tag(sync=True)
    direction = traitlets.Enum(["up", "down"], "up", help="From the base, or back to it.").tag(sync=True)
    seed = traitlets.Int().tag(sync=True)
    beta = traitlets.Float(help="Inverse temperature now.").tag(sync=True)
    log_weights = traitlets.List(traitlets.Float(), help="Each chain's own estimate of log Z.").tag(sync=True)
    estimate = traitlets.Float(help="Estimate of log Z from all chains.").tag(sync=True)
    standard_error, size = traitlets.Float().tag(sync=True), traitlets.Float(help="Chains that count.").tag(sync=True)
    runs = traitlets.List(traitlets.Dict(), help="Every finished run, the last one last.").tag(sync=True)

    def __init__(
        self, rbm: RBM, *, base: Tensor | None = None, samples: Tensor | None = None,
        shape: tuple[int, int] | None = None, temperatures: int = 30, chains: int = 100, seed: int = 0,
    ) -> None:  # fmt: skip
        size, (weights, spec) = list(check_image(shape, rbm.features)), packed(rbm, base)
        kind = "coins" if base is None else "given"
        super().__init__(weights=weights, spec=spec, shape=size, seed=seed, base_kind=kind)
        self.temperatures, self.chains = temperatures, chains
        self.log_z, self.samples, self.sample_count = truth(weights, spec, samples, seed)

    def update(self, rbm: RBM, samples: Tensor | None = None) -> None:
        """Starts again with the weights of `rbm`, which has trained on, from the same base; earlier runs are gone."""
        old = unpack_tensors(self.weights, self.spec)
        weights, spec = packed(rbm, old.get("base"))
        if spec != self.spec:
            raise ValueError(f"rbm has W {tuple(rbm.W.shape)}, this widget shows {tuple(old['W'].shape)}")
        with self.hold_sync():
            self.log_z, self.samples, self.sample_count = truth(weights, spec, samples, self.seed)
            self.weights = weights
