r"""A Markov chain to watch: Gibbs sampling of a restricted Boltzmann machine."""

from __future__ import annotations

__all__ = ["GibbsChain"]

import numpy as np
import traitlets
from torch import Tensor

from genlib.energy import RBM
from genlib.widgets._base import Spec, Widget, check_bits, check_image, pack_tensors, tensor_trait


class GibbsChain(Widget):
    r"""Runs $h \sim p(h|x)$, $x \sim p(x|h)$ in the page and shows both layers and the free energy over time.

    Args:
        rbm: The machine; its weights are rounded as `pack_tensors` says.
        x: Where the chain starts, `(D,)` or `(1, D)`; by default it starts from noise.
        examples: Data of zeros and ones, `(N, ...)`, to start from and to compare with; the first 100 are used.
        shape: Rows and columns of a picture, by default a square.
        k: Sweeps per frame, 1 to 50.
        seed: Seed of the chain.

    Raises:
        ValueError: If a size does not fit, a value is not 0 or 1, or the weights cannot be sent to a page.

    Source: Geman and Geman, Stochastic Relaxation, Gibbs Distributions, and the Bayesian Restoration of Images (1984).

    Example:
        >>> GibbsChain(RBM(features=64, hidden=16)).shape
        [8, 8]
    """

    x, h = tensor_trait("Visible units now, (1, D)."), tensor_trait("Hidden units now, (1, H).")
    free_energy = traitlets.Float(help="Free energy of x.").tag(sync=True)
    sweep = traitlets.Int(help="Sweeps since the start.").tag(sync=True)
    k = traitlets.Int(1, min=1, max=50, help="Sweeps per frame.").tag(sync=True)
    seed = traitlets.Int().tag(sync=True)
    shape = traitlets.List(traitlets.Int(), help="Rows and columns.").tag(sync=True)
    start = traitlets.List(traitlets.Int(), help="Where `restart` put the chain.").tag(sync=True)
    examples = traitlets.Bytes(help="Data, one bit per pixel.").tag(sync=True)
    example_count = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        rbm: RBM,
        x: Tensor | None = None,
        *,
        examples: Tensor | None = None,
        shape: tuple[int, int] | None = None,
        k: int = 1,
        seed: int = 0,
    ) -> None:
        size, (weights, spec) = list(check_image(shape, rbm.features)), _packed(rbm)
        super().__init__(weights=weights, spec=spec, shape=size, k=k, seed=seed)
        if examples is not None:
            bits = check_bits(examples[:100], rbm.features, "examples")
            self.examples, self.example_count = np.packbits(bits).tobytes(), len(bits)
        if x is not None:
            self.restart(x)

    def restart(self, x: Tensor) -> None:
        """Starts the chain again from `x`, `(D,)` or `(1, D)`."""
        begin = check_bits(x.reshape(1, -1), self.spec["c"]["shape"][0], "x")[0].astype(int).tolist()
        self.start = []
        self.start = begin

    def update(self, rbm: RBM) -> None:
        """Goes on with the weights of `rbm`, which has trained on; the chain keeps its place."""
        weights, spec = _packed(rbm)
        if spec != self.spec:
            raise ValueError(f"rbm has W {tuple(rbm.W.shape)}, this widget shows {tuple(self.spec['W']['shape'])}")
        self.weights = weights


def _packed(rbm: RBM) -> tuple[bytes, Spec]:
    return pack_tensors({"W": rbm.W, "b": rbm.b, "c": rbm.c})
