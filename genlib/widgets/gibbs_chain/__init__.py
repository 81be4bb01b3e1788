r"""A Markov chain to watch: Gibbs sampling of a restricted Boltzmann machine."""

from __future__ import annotations

__all__ = ["GibbsChain"]

import torch
import traitlets
from torch import Tensor

from genlib._guard import tensor
from genlib.energy import RBM
from genlib.widgets.base import Widget, check_image, tensor_trait
from genlib.widgets.machines import pack_rbm
from genlib.widgets.packing import check_bits, pack_bits

EXAMPLES = 100


class GibbsChain(Widget):
    r"""Runs $h \sim p(h|x)$, $x \sim p(x|h)$ in the page and shows both layers and the free energy over time.

    Beside the chain stand both phases of contrastive divergence, for `data` $x(t)$ and for the chain's `x`, and the
    filter of the hidden unit `unit`. The reader may also draw, and let the machine complete what `clamp` keeps.

    Args:
        rbm: The machine; its weights are rounded as `pack_tensors` says.
        x: Where the chain starts, `(D,)` or `(1, D)`; by default from noise, or at data where something needs data.
        examples: Data of zeros and ones, `(N, ...)`, to start from and to compare with; the first 100 are used.
        clamp: Which pixels keep their value, `(D,)` of booleans; the chain draws the others given these.
        shape: Rows and columns of a picture, by default a square.
        k: Sweeps per frame, 1 to 50.
        persistent: Whether the chain goes on from frame to frame, as in PCD, or restarts at the data, as in CD-k.
        seed: Seed of the chain.

    Raises:
        ValueError: If a size does not fit, a value is not 0 or 1, or the page cannot run the machine.

    Source: Geman and Geman (1984); Hinton (2002); persistent chains: Tieleman (2008).

    Example:
        >>> GibbsChain(RBM(features=64, hidden=16)).shape
        [8, 8]
    """

    weights = traitlets.Bytes(help="Weights of the machine.").tag(sync=True)
    spec = traitlets.Dict(help="Where W, b and c lie among them.").tag(sync=True)
    shape = traitlets.List(traitlets.Int(), help="Rows and columns.").tag(sync=True)
    examples = traitlets.Bytes(help="Data, one bit a pixel.").tag(sync=True)
    example_count = traitlets.Int(help="Number of images in examples.").tag(sync=True)
    start = traitlets.List(traitlets.Int(), help="Where `restart` put the chain.").tag(sync=True)
    seed = traitlets.Int(help="Seed of the chain.").tag(sync=True)

    k = traitlets.Int(1, help="Sweeps per frame.").tag(sync=True)
    unit = traitlets.Int(help="Hidden unit that is looked at: a row of W.").tag(sync=True)
    persistent = traitlets.Bool(True, help="Whether the chain goes on from frame to frame.").tag(sync=True)
    clamp = traitlets.Instance(Tensor, allow_none=True, help="Pixels that are kept, (D,).").tag(
        sync=True,
        to_json=lambda value, widget: None if value is None else value.tolist(),
        from_json=lambda value, widget: None if value is None else torch.tensor(value, dtype=torch.bool),
    )

    x = tensor_trait("Visible units now, (1, D).")
    h = tensor_trait("Hidden units now, (1, H).")
    data = tensor_trait("Data x(t) of the positive phase, (1, D).")
    free_energy = traitlets.Float(help="Free energy of x.").tag(sync=True)
    sweep = traitlets.Int(help="Sweeps since the start.").tag(sync=True)

    def __init__(
        self,
        rbm: RBM,
        x: Tensor | None = None,
        *,
        examples: Tensor | None = None,
        clamp: Tensor | None = None,
        shape: tuple[int, int] | None = None,
        k: int = 1,
        persistent: bool = True,
        seed: int = 0,
    ) -> None:
        if x is None and examples is None and not (clamp is None and persistent):
            raise ValueError("clamp and persistent=False need data, expected x or examples")
        weights, spec = pack_rbm(rbm)
        super().__init__(
            weights=weights,
            spec=spec,
            shape=list(check_image(shape, rbm.features)),
            k=k,
            persistent=persistent,
            clamp=clamp,
            seed=seed,
        )
        if examples is not None:
            shown = tensor(examples, "examples")[:EXAMPLES]
            self.examples, self.example_count = pack_bits(shown, rbm.features, "examples"), len(shown)
        if x is not None:
            self.restart(x)

    def restart(self, x: Tensor) -> None:
        """Starts the chain again from `x`, `(D,)` or `(1, D)`."""
        begin = check_bits(tensor(x, "x").reshape(1, -1), self.spec["c"]["shape"][0], "x")[0].astype(int).tolist()
        self.start = []  # The same place again is news to the page too.
        self.start = begin

    def update(self, rbm: RBM) -> None:
        """Goes on with the weights of `rbm`, which has trained on; the chain keeps its place."""
        weights, spec = pack_rbm(rbm)
        if spec != self.spec:
            raise ValueError(f"rbm has W {tuple(rbm.W.shape)}, this widget shows {tuple(self.spec['W']['shape'])}")
        self.weights = weights

    @traitlets.validate("k", "unit")
    def _in_range(self, proposal: traitlets.Bunch) -> int:
        name, value = proposal.trait.name, proposal.value
        low, high = {"k": (1, 50), "unit": (0, self.spec["W"]["shape"][0] - 1)}[name]
        if not low <= value <= high:
            raise ValueError(f"{name} is {value}, expected {low} to {high}")
        return value

    @traitlets.validate("clamp")
    def _a_mask(self, proposal: traitlets.Bunch) -> Tensor | None:
        value, features = proposal.value, self.spec["c"]["shape"][0]
        if value is not None and (value.shape != (features,) or value.dtype != torch.bool):
            got = f"{tuple(value.shape)} of {value.dtype}"
            raise ValueError(f"clamp is {got}, expected ({features},) of torch.bool: which pixels keep their value")
        return value
