r"""A deep belief network that dreams: a Markov chain in the top two layers, and the picture that it sends down."""

from __future__ import annotations

__all__ = ["Dream"]

import traitlets
from torch import Tensor

from genlib._guard import tensor
from genlib.energy import DBN, ClassRBM
from genlib.widgets.base import Widget, check_image, tensor_trait
from genlib.widgets.exact import check_exact
from genlib.widgets.machines import PLAIN
from genlib.widgets.packing import Spec, check_bits, pack_bits, pack_tensors

EXAMPLES = 100


class Dream(Widget):
    r"""Runs the top RBM of a belief network in the page, draws every sweep down to a picture, and lights each layer.

    Args:
        dbn: The network; its weights are rounded as `pack_tensors` says. Where its top knows labels, one can be held.
        x: Picture whose code the chain starts from, `(D,)` or `(1, D)`; by default it starts from noise in the top.
        label: Label that is held from the start; `None` leaves it free.
        examples: Data of zeros and ones, `(N, ...)`, to start from; the first 100 are used.
        shape: Rows and columns of a picture, by default a square.
        k: Sweeps of the top per frame, 1 to 50.
        seed: Seed of the chain.

    Raises:
        ValueError: If a size does not fit, a value is not 0 or 1, or the page cannot run the network.

    Source: Hinton, Osindero and Teh, A Fast Learning Algorithm for Deep Belief Nets (2006).

    Example:
        >>> from genlib.energy import RBM
        >>> Dream(DBN(RBM(64, 48), RBM(48, 32))).shape
        [8, 8]
    """

    weights = traitlets.Bytes(help="Weights of all layers.").tag(sync=True)
    spec = traitlets.Dict(help="Where the weights of each layer lie among them.").tag(sync=True)
    shape = traitlets.List(traitlets.Int(), help="Rows and columns.").tag(sync=True)
    classes = traitlets.Int(help="Number of labels, 0 where the top knows none.").tag(sync=True)
    examples = traitlets.Bytes(help="Data, one bit a pixel.").tag(sync=True)
    start = traitlets.List(traitlets.Int(), help="Picture that `restart` started from.").tag(sync=True)
    seed = traitlets.Int(help="Seed of the chain.").tag(sync=True)

    k = traitlets.Int(1, help="Sweeps per frame.").tag(sync=True)
    label = traitlets.Int(-1, help="Label that is held; -1 leaves it free.").tag(sync=True)

    x = tensor_trait("Picture now, (1, D).")
    h = tensor_trait("Layer below the top one now, (1, H).")
    y = traitlets.Int(-1, help="Label now; -1 where there are none.").tag(sync=True)
    prob_y = traitlets.List(traitlets.Float(), help="p(y|h) of the top RBM.").tag(sync=True)
    sweep = traitlets.Int(help="Sweeps since the start.").tag(sync=True)

    def __init__(
        self,
        dbn: DBN,
        x: Tensor | None = None,
        *,
        label: int | None = None,
        examples: Tensor | None = None,
        shape: tuple[int, int] | None = None,
        k: int = 1,
        seed: int = 0,
    ) -> None:
        weights, spec = packed(dbn)
        pixels, classes = dbn.layers[0].features, classes_of(dbn)
        if label is not None and not (isinstance(label, int) and 0 <= label < classes):
            raise ValueError(f"label is {label!r}, expected None or one of the {classes} that this network knows")
        super().__init__(
            weights=weights,
            spec=spec,
            shape=list(check_image(shape, pixels)),
            classes=classes,
            k=k,
            seed=seed,
            label=-1 if label is None else label,
        )
        if examples is not None:
            self.examples = pack_bits(tensor(examples, "examples")[:EXAMPLES], pixels, "examples")
        if x is not None:
            self.restart(x)

    def restart(self, x: Tensor) -> None:
        """Starts again from the code of a picture `x`, `(D,)` or `(1, D)`."""
        begin = check_bits(tensor(x, "x").reshape(1, -1), self.shape[0] * self.shape[1], "x")[0].astype(int).tolist()
        self.start = []  # The same picture again is news to the page too.
        self.start = begin

    def update(self, dbn: DBN) -> None:
        """Goes on with the weights of `dbn`, which has trained on; the chain keeps its place."""
        weights, spec = packed(dbn)
        if spec != self.spec:
            raise ValueError(f"dbn has layers {list(dbn.layers)}, expected the sizes that this widget shows")
        self.weights = weights

    @traitlets.validate("k")
    def _in_range(self, proposal: traitlets.Bunch) -> int:
        if not 1 <= proposal.value <= 50:
            raise ValueError(f"k is {proposal.value}, expected 1 to 50 sweeps per frame")
        return proposal.value

    @traitlets.validate("label")
    def _known_label(self, proposal: traitlets.Bunch) -> int:
        if not -1 <= proposal.value < self.classes:
            raise ValueError(f"label is {proposal.value}, expected -1 or one of the {self.classes} that are known")
        return proposal.value


def classes_of(dbn: DBN) -> int:
    """Returns the number of labels, 0 where the top RBM knows none."""
    return dbn.top.classes if isinstance(dbn.top, ClassRBM) else 0


def packed(dbn: DBN) -> tuple[bytes, Spec]:
    """Packs `W0`, `b0`, `c0`, `W1`, ..., and of a top that knows labels their couplings `U` and biases `d`.

    Raises:
        ValueError: If there is no layer below the top one, or the page cannot run a layer.
    """
    check_exact(dbn, [DBN], "this network")
    layers = list(dbn.layers)
    if len(layers) < 2:
        raise ValueError("this network has 1 layer, expected at least 2; show a single RBM with GibbsChain")
    for i, rbm in enumerate(layers):
        known = PLAIN if i < len(layers) - 1 else (*PLAIN, ClassRBM)
        if type(rbm) not in known:
            names = ", ".join(kind.__name__ for kind in known)
            raise ValueError(f"the page cannot run layer {i}, a {type(rbm).__name__}, expected one of {names}")
    tensors: dict[str, Tensor] = {}
    for i, rbm in enumerate(layers):
        units = rbm.pixels if isinstance(rbm, ClassRBM) else rbm.features
        tensors |= {f"W{i}": rbm.W[:, :units], f"b{i}": rbm.b, f"c{i}": rbm.c[:units]}
        if units < rbm.features:
            tensors |= {"U": rbm.W[:, units:], "d": rbm.c[units:]}
    return pack_tensors(tensors)
