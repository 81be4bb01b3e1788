"""Restricted Boltzmann machines as a page can run them: units that are plain bits, weights packed."""

from __future__ import annotations

__all__ = ["PLAIN", "check_rbm", "pack_rbm"]

from typing import Any

from torch import Tensor

from genlib.energy import RBM, CentredRBM
from genlib.widgets.packing import Spec, pack_tensors

PLAIN = (RBM, CentredRBM)


def check_rbm(rbm: Any) -> None:
    """Refuses a machine of another class than the page can run."""
    if type(rbm) not in PLAIN:
        known = " or a ".join(kind.__name__ for kind in PLAIN)
        raise ValueError(f"the page cannot run a {type(rbm).__name__}, expected an {known}, whose units are plain bits")


def pack_rbm(rbm: Any, **more: Tensor) -> tuple[bytes, Spec]:
    """Packs `W`, `b` and `c` of a machine, and further tensors by name.

    Raises:
        ValueError: If the machine is of another class than the page can run, or a weight cannot be sent.

    Example:
        >>> sorted(pack_rbm(RBM(4, 2))[1])
        ['W', 'b', 'c']
    """
    check_rbm(rbm)
    return pack_tensors({"W": rbm.W, "b": rbm.b, "c": rbm.c, **more})
