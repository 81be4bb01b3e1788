r"""A Markov chain one can watch: Gibbs sampling of a restricted Boltzmann machine."""

from __future__ import annotations

__all__ = ["GibbsChain"]

import numpy as np
import torch
import traitlets
from torch import Tensor

from genlib.energy import RBM
from genlib.widgets._base import Widget, check_image, pack_tensors, tensor_trait


class GibbsChain(Widget):
    r"""Runs $h \sim p(h|x)$, $x \sim p(x|h)$ in the page and shows both layers and the free energy over time.

    The traits `x` `(1, D)`, `h` `(1, H)`, `free_energy` and `sweep` follow the chain a few times a second.

    Args:
        rbm: The machine; its weights are rounded as `pack_tensors` says.
        x: Where the chain starts, `(D,)` or `(1, D)`; by default it starts from noise.
        examples: Data of zeros and ones, `(N, ...)`: possible starts, and the free energies to compare with; the first
            100 are used.
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

    x, h = tensor_trait("Visible units now."), tensor_trait("Hidden units now.")
    free_energy = traitlets.Float(help="Free energy of x.").tag(sync=True)
    sweep = traitlets.Int(help="Sweeps since the start.").tag(sync=True)
    k = traitlets.Int(1, min=1, max=50, help="Sweeps per frame.").tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)
    shape = traitlets.List(traitlets.Int()).tag(sync=True)
    start = traitlets.List(traitlets.Int(), help="Where a chain set by `restart` begins.").tag(sync=True)
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
        weights, spec = pack_tensors({"W": rbm.W, "b": rbm.b, "c": rbm.c})
        self._features = rbm.features
        rows = torch.zeros(0, rbm.features) if examples is None else self._bits(examples[:100], "examples")
        super().__init__(
            weights=weights,
            spec=spec,
            shape=list(check_image(shape, rbm.features)),
            start=[] if x is None else self._bits(x.reshape(1, -1), "x")[0].int().tolist(),
            examples=np.packbits(rows.cpu().numpy().astype(bool)).tobytes(),
            example_count=len(rows),
            k=k,
            seed=seed,
        )

    def update(self, rbm: RBM) -> None:
        """Goes on with the weights of `rbm`, which has trained on; the chain keeps its place."""
        weights, spec = pack_tensors({"W": rbm.W, "b": rbm.b, "c": rbm.c})
        if spec != self.spec:
            raise ValueError(f"rbm has W {tuple(rbm.W.shape)}, this widget shows {tuple(self.spec['W']['shape'])}")
        self.weights = weights

    def restart(self, x: Tensor) -> None:
        """Starts the chain again from `x`, `(D,)` or `(1, D)`."""
        self.start = []
        self.start = self._bits(x.reshape(1, -1), "x")[0].int().tolist()

    def _bits(self, x: Tensor, name: str) -> Tensor:
        x = x.detach().flatten(1)
        if x.shape[1] != self._features:
            raise ValueError(f"{name} has {x.shape[1]} features, this RBM has {self._features}")
        if not ((x == 0) | (x == 1)).all():
            raise ValueError(f"{name} has values other than 0 and 1; make them binary first with data.binarize")
        return x
