"""A deep belief network as a page has it: the tensors of each RBM by layer, labels apart."""

from __future__ import annotations

__all__ = ["packed", "sizes"]

from torch import Tensor

from genlib.energy import DBN, ClassRBM
from genlib.widgets._base import Spec, pack_tensors


def sizes(dbn: DBN) -> tuple[int, int]:
    """Returns the number of pixels and the number of labels, 0 where the top RBM knows none.

    Raises:
        ValueError: If there is no layer below the top one, whose chain is a `GibbsChain` to show.
    """
    if len(dbn.layers) < 2:
        raise ValueError("this network has 1 layer, expected at least 2; show a single RBM with GibbsChain")
    return dbn.layers[0].features, dbn.top.classes if isinstance(dbn.top, ClassRBM) else 0


def packed(dbn: DBN) -> tuple[bytes, Spec]:
    """Packs `W0`, `b0`, `c0`, `W1`, ..., and of a top that knows labels their couplings `U` and biases `d`."""
    tensors: dict[str, Tensor] = {}
    for i, rbm in enumerate(dbn.layers):
        tensors |= {f"W{i}": rbm.W, f"b{i}": rbm.b, f"c{i}": rbm.c}
        if isinstance(rbm, ClassRBM):
            units = rbm.pixels
            tensors |= {f"W{i}": rbm.W[:, :units], f"c{i}": rbm.c[:units], "U": rbm.W[:, units:], "d": rbm.c[units:]}
    return pack_tensors(tensors)
