r"""A Markov chain to watch: Gibbs sampling of a restricted Boltzmann machine."""

from __future__ import annotations

__all__ = ["GibbsChain"]

import traitlets
from torch import Tensor

from genlib.energy import RBM
from genlib.widgets._base import Widget, check_bits, check_image, tensor_trait
from genlib.widgets._gibbs import bits_of, checked, mask_trait, packed


class GibbsChain(Widget):
    r"""Runs $h \sim p(h|x)$, $x \sim p(x|h)$ in the page and shows both layers and the free energy over time.

    Beside the chain stand both phases of contrastive divergence, for `data` $x(t)$ and for the chain's `x`, and the
    filter of the hidden unit `unit`. The reader may also draw, and let the machine complete what `clamp` keeps.

    Args:
        rbm: The machine; its weights are rounded as `pack_tensors` says.
        x: Where the chain starts, `(D,)` or `(1, D)`; by default from noise, or at data where something needs data.
        examples: Data of zeros and ones, `(N, ...)`, to start from and to compare with; the first 100 are used.
        clamp: Which pixels keep their value, `(D,)` of booleans; the chain has the law of the others given these.
        shape: Rows and columns of a picture, by default a square.
        k: Sweeps per frame, 1 to 50.
        persistent: Whether the chain goes on from frame to frame, as in PCD, or restarts at the data, as in CD-k.
        seed: Seed of the chain.

    Raises:
        ValueError: If a size does not fit, a value is not 0 or 1, or the weights cannot be sent to a page.

    Source: Geman and Geman (1984); Hinton (2002); persistent chains: Tieleman (2008).

    Example:
        >>> GibbsChain(RBM(features=64, hidden=16)).shape
        [8, 8]
    """

    parts = ("gibbs.js", "gibbs_views.js", "gibbs_phases.js")

    x, h = tensor_trait("Visible units now, (1, D)."), tensor_trait("Hidden units now, (1, H).")
    data, clamp = tensor_trait("Data x(t) of the positive phase, (1, D)."), mask_trait("Pixels that are kept, (D,).")
    free_energy = traitlets.Float(help="Free energy of x.").tag(sync=True)
    sweep = traitlets.Int(help="Sweeps since the start.").tag(sync=True)
    k, unit = traitlets.Int(1, help="Sweeps per frame.").tag(sync=True), traitlets.Int(help="Row of W.").tag(sync=True)
    persistent, seed = traitlets.Bool(True).tag(sync=True), traitlets.Int().tag(sync=True)
    shape = traitlets.List(traitlets.Int(), help="Rows and columns.").tag(sync=True)
    start = traitlets.List(traitlets.Int(), help="Where `restart` put the chain.").tag(sync=True)
    examples, example_count = traitlets.Bytes(help="One bit a pixel.").tag(sync=True), traitlets.Int().tag(sync=True)

    def __init__(
        self, rbm: RBM, x: Tensor | None = None, *, examples: Tensor | None = None, clamp: Tensor | None = None,
        shape: tuple[int, int] | None = None, k: int = 1, persistent: bool = True, seed: int = 0,
    ) -> None:  # fmt: skip
        if x is None and examples is None and not (clamp is None and persistent):
            raise ValueError("clamp and persistent=False need data, expected x or examples")
        size, (weights, spec) = list(check_image(shape, rbm.features)), packed(rbm)
        settings = {"k": k, "persistent": persistent, "clamp": clamp, "seed": seed} | bits_of(examples, rbm.features)
        super().__init__(weights=weights, spec=spec, shape=size, **settings)
        if x is not None:
            self.restart(x)

    def restart(self, x: Tensor) -> None:
        """Starts the chain again from `x`, `(D,)` or `(1, D)`."""
        begin = check_bits(x.reshape(1, -1), self.spec["c"]["shape"][0], "x")[0].astype(int).tolist()
        self.start = []
        self.start = begin

    def update(self, rbm: RBM) -> None:
        """Goes on with the weights of `rbm`, which has trained on; the chain keeps its place."""
        weights, spec = packed(rbm)
        if spec != self.spec:
            raise ValueError(f"rbm has W {tuple(rbm.W.shape)}, this widget shows {tuple(self.spec['W']['shape'])}")
        self.weights = weights

    @traitlets.validate("k", "unit", "clamp")
    def _checked(self, proposal: traitlets.Bunch) -> int | Tensor | None:
        return checked(proposal.trait.name, proposal.value, self.spec)
