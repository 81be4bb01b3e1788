r"""A deep belief network that dreams: a Markov chain in the top two layers, and the picture that it sends down."""

from __future__ import annotations

__all__ = ["Dream"]

import numpy as np
import traitlets
from torch import Tensor

from genlib.energy import DBN
from genlib.widgets._base import Widget, check_bits, check_image, tensor_trait
from genlib.widgets._belief import packed, sizes


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
        ValueError: If a size does not fit, a value is not 0 or 1, or the weights cannot be sent to a page.

    Source: Hinton, Osindero and Teh, A Fast Learning Algorithm for Deep Belief Nets (2006).

    Example:
        >>> from genlib.energy import RBM
        >>> Dream(DBN(RBM(64, 48), RBM(48, 32))).shape
        [8, 8]
    """

    parts = ("belief.js",)

    x, h = tensor_trait("Picture now, (1, D)."), tensor_trait("Layer below the top one now, (1, H).")
    label = traitlets.Int(-1, help="Label that is held; -1 leaves it free.").tag(sync=True)
    y = traitlets.Int(-1, help="Label now; -1 where there are none.").tag(sync=True)
    prob_y = traitlets.List(traitlets.Float(), help="p(y|h) of the top RBM.").tag(sync=True)
    classes = traitlets.Int(help="Number of labels, 0 where the top knows none.").tag(sync=True)
    sweep = traitlets.Int(help="Sweeps since the start.").tag(sync=True)
    k = traitlets.Int(1, help="Sweeps per frame.").tag(sync=True)
    seed = traitlets.Int().tag(sync=True)
    shape = traitlets.List(traitlets.Int(), help="Rows and columns.").tag(sync=True)
    start = traitlets.List(traitlets.Int(), help="Picture that the chain starts from.").tag(sync=True)
    examples = traitlets.Bytes(help="Data, one bit per pixel.").tag(sync=True)

    def __init__(
        self, dbn: DBN, x: Tensor | None = None, *, label: int | None = None, examples: Tensor | None = None,
        shape: tuple[int, int] | None = None, k: int = 1, seed: int = 0,
    ) -> None:  # fmt: skip
        (pixels, classes), (weights, spec) = sizes(dbn), packed(dbn)
        if label is not None and not 0 <= label < classes:
            raise ValueError(f"label is {label}, expected None or one of the {classes} that this network knows")
        if not 1 <= k <= 50:
            raise ValueError(f"k is {k}, expected 1 to 50 sweeps per frame")
        super().__init__(weights=weights, spec=spec, shape=list(check_image(shape, pixels)), classes=classes)
        self.k, self.seed, self.label = k, seed, -1 if label is None else label
        if examples is not None:
            self.examples = np.packbits(check_bits(examples[:100], pixels, "examples")).tobytes()
        if x is not None:
            self.restart(x)

    def restart(self, x: Tensor) -> None:
        """Starts again from the code of a picture `x`, `(D,)` or `(1, D)`."""
        begin = check_bits(x.reshape(1, -1), self.shape[0] * self.shape[1], "x")[0].astype(int).tolist()
        self.start = []
        self.start = begin

    def update(self, dbn: DBN) -> None:
        """Goes on with the weights of `dbn`, which has trained on; the chain keeps its place."""
        weights, spec = packed(dbn)
        if spec != self.spec:
            raise ValueError(f"dbn has layers {list(dbn.layers)}, expected the sizes that this widget shows")
        self.weights = weights
