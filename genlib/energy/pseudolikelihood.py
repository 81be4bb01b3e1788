r"""The pseudo-likelihood: every unit predicted from all others, a score for which no partition function is needed."""

from __future__ import annotations

__all__ = ["pseudo_log_prob"]

import torch
import torch.nn.functional as F
from torch import Tensor

from genlib._guard import bare, binary, rows
from genlib.energy.boltzmann import BoltzmannMachine
from genlib.energy.labelled import ClassRBM
from genlib.energy.rbm import RBM


def pseudo_log_prob(model: RBM | BoltzmannMachine, x: Tensor) -> Tensor:
    r"""Returns the log pseudo-likelihood $\sum_i \log p(x_i | x_{-i})$, `(B,)`, in nats: no Z is needed.

    With $x^{(i)}$ for x with unit i flipped, $p(x_i | x_{-i}) = \operatorname{sigm}(F(x^{(i)}) - F(x))$. It compares
    each x with its D neighbours and with nothing else, so that wells far apart may have any depths.

    Args:
        model: The machine.
        x: Zeros and ones, `(B, D)`; for a `ClassRBM` pictures without labels, which are summed out.

    Source: Besag, Statistical Analysis of Non-Lattice Data (1975).

    Example:
        >>> pseudo_log_prob(RBM(features=6, hidden=4), torch.zeros(5, 6)).shape
        torch.Size([5])
    """
    machine = bare(model)
    if not isinstance(machine, RBM | BoltzmannMachine):
        raise ValueError(f"model is a {type(machine).__name__}, expected an RBM or a BoltzmannMachine")
    features = machine.pixels if isinstance(machine, ClassRBM) else machine.features
    x = binary(rows(x, machine, features, unit="pixels" if isinstance(machine, ClassRBM) else "features"))
    flips = torch.eye(features).to(x)
    others = torch.stack([machine.free_energy((x - flip).abs()) for flip in flips], -1)
    return F.logsigmoid(others - machine.free_energy(x)[:, None]).sum(-1)
