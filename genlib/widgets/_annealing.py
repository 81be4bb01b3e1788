r"""What `Annealing` sends to the page: a machine, where chains start at either end, and the truth where it is known."""

from __future__ import annotations

__all__ = ["packed", "truth"]

import numpy as np
import torch
from torch import Tensor

from genlib.data.states import EXACT_UNITS, enumerate_states
from genlib.energy import RBM, ClassRBM, bernoulli
from genlib.widgets._base import Spec, check_bits, pack_tensors, unpack_tensors

SAMPLES = 400


def packed(rbm: RBM, base: Tensor | None) -> tuple[bytes, Spec]:
    """Packs `W`, `b`, `c` and, where there is one, `base`, the visible bias that the chains start from.

    Raises:
        ValueError: If the machine has units that the page does not know, or `base` another size.
    """
    if isinstance(rbm, ClassRBM):
        raise ValueError("the page anneals machines of binary units, this ClassRBM has labels")
    tensors: dict[str, Tensor] = {"W": rbm.W, "b": rbm.b, "c": rbm.c}
    if base is not None:
        if base.shape != (rbm.features,):
            raise ValueError(f"base has shape {tuple(base.shape)}, expected ({rbm.features},): a bias for each feature")
        tensors["base"] = base
    return pack_tensors(tensors)


@torch.no_grad()
def truth(weights: bytes, spec: Spec, samples: Tensor | None, seed: int) -> tuple[float | None, bytes, int]:
    r"""Returns the exact $\log Z$ of the rounded machine, `None` where it is too large, samples as bits, their number.

    Where the smaller layer can be listed, samples are drawn exactly, the global random numbers left as they are;
    otherwise they are those that are given, or none.
    """
    read = {name: value for name, value in unpack_tensors(weights, spec).items() if name != "base"}
    features, hidden = len(read["c"]), len(read["b"])
    small = min(hidden, features) <= EXACT_UNITS
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        rbm = RBM(features, hidden).double()
        rbm.load_state_dict(read)
        if samples is not None:
            bits = check_bits(samples[:SAMPLES], features, "samples")
        else:
            bits = _draws(rbm).bool().numpy() if small else np.zeros((0, features), dtype=bool)
    return rbm.log_partition().item() if small else None, np.packbits(bits).tobytes(), len(bits)


def _draws(rbm: RBM) -> Tensor:
    """Draws from the machine without a chain: the smaller layer by its exact law, the larger one given it."""
    over_h = rbm.hidden <= rbm.features
    units = rbm.hidden if over_h else rbm.features
    log_p = torch.cat(
        [
            s @ rbm.b + rbm.visible_log_partition(s @ rbm.W + rbm.c) if over_h else -rbm.free_energy(s)
            for s in enumerate_states(units, 2**14, torch.float64)
        ]
    )
    numbers = torch.multinomial(log_p.softmax(0), SAMPLES, replacement=True)
    states = (numbers[:, None] >> torch.arange(units - 1, -1, -1) & 1).double()
    return bernoulli(rbm.prob_x(states)) if over_h else states
