r"""Annealed importance sampling: an estimate of log Z for machines whose states nobody can list, from either side.

An estimate of $\log Z$ that is too low makes a model look better than it is: look at it for several numbers of
temperatures, and from the other side, before believing it.
"""

from __future__ import annotations

__all__ = ["AIS", "ais", "reverse_ais"]

import math
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib._guard import at_least, bare, finite, tensor
from genlib._progress import track
from genlib.energy.belief import DBN
from genlib.energy.boltzmann import bernoulli
from genlib.energy.deep import DBM
from genlib.energy.rbm import RBM


class AIS(NamedTuple):
    """An estimate of the log of a partition function.

    Attributes:
        log_z: The estimate, in nats.
        standard_error: Its standard error, in nats, as far as the chains can tell.
        log_weights: The logarithm of each chain's importance weight, `(chains,)`; their mean weight estimates Z.
    """

    log_z: float
    standard_error: float
    log_weights: Tensor


@torch.no_grad()
def ais(
    model: RBM | DBN | DBM,
    *,
    chains: int = 100,
    temperatures: int = 10_000,
    base: Tensor | None = None,
    progress: bool = False,
) -> AIS:
    r"""Estimates $\log Z$ of an RBM, of a deep Boltzmann machine or of a deep belief network's top, by annealing.

    Chains start at a machine without couplings, $p_0(x) \propto e^{c_0^\top x}$, whose $Z_0$ is known, and are led to
    the RBM through $p_\beta$ with free energy

    $$F_\beta(x) = -((1 - \beta)\,c_0 + \beta c)^\top x - \sum_j \operatorname{softplus}(\beta (b_j + W_{j\cdot} x)),$$

    collecting $\log w = \sum_i F_{\beta_{i-1}}(x_i) - F_{\beta_i}(x_i)$ on the way, each step of a chain by one Gibbs
    sweep of $p_{\beta_i}$. $Z_0\,\mathbb{E}[w] = Z$ holds for any number of temperatures; with few of them nearly all
    of the mean sits in chains that are never drawn, and the estimate, like its own standard error, is too low.

    Args:
        model: The machine; of a DBM all layers are annealed, x and $h^2$ in place of x.
        chains: Number of independent chains.
        temperatures: Number of steps from $\beta = 0$ to $\beta = 1$.
        base: Visible bias $c_0$ of the starting machine, `(D,)`; `None` takes the machine's own c. The log-odds of the
            data's mean are a good choice.
        progress: Whether a progress line is shown.

    Returns:
        The estimate, its standard error and the log-weights.

    Source: Neal (2001); Salakhutdinov and Murray, On the Quantitative Analysis of Deep Belief Networks (2008).

    Example:
        >>> rbm = RBM(features=6, hidden=4)
        >>> ais(rbm, chains=10, temperatures=20).log_weights.shape
        torch.Size([10])
    """
    at_least(2, chains=chains)
    at_least(1, temperatures=temperatures)
    rbm, c_0 = _machine(model, base)
    x = rbm.draw_x(c_0.expand(chains, -1))
    log_w = _anneal(rbm, c_0, x, torch.linspace(0, 1, temperatures + 1, dtype=torch.float64), progress)
    return _ais(log_w + _log_z_0(rbm, c_0))


@torch.no_grad()
def reverse_ais(
    model: RBM | DBN | DBM,
    x: Tensor,
    *,
    temperatures: int = 10_000,
    base: Tensor | None = None,
    progress: bool = False,
) -> AIS:
    r"""Estimates $\log Z$ from the other side: by leading samples of the machine back to the start of `ais`.

    The weights of the way back average to $Z_0 / Z$. So what `ais` tends to say too low this says too high; where the
    two meet, both can be believed, and where they do not, the gap says how far either may be off. That holds for `x`
    from the machine itself; from a chain that has seen one mode only, the estimate is that mode's.

    Args:
        model: As for `ais`.
        x: Samples of the machine, `(n, D)`; of a DBM those of x and $h^2$ side by side, from `dbm.machine.sample`.
        temperatures: Number of steps from $\beta = 1$ to $\beta = 0$.
        base: As for `ais`.
        progress: Whether a progress line is shown.

    Returns:
        The estimate, its standard error and the log-weights, each an estimate of $\log Z$.

    Source: Neal (2001); Burda, Grosse and Salakhutdinov, Accurate and Conservative Estimates of MRF Log-Likelihood
    using Reverse Annealing (2015).

    Example:
        >>> rbm = RBM(features=6, hidden=4)
        >>> reverse_ais(rbm, rbm.sample(10, steps=50), temperatures=20).log_weights.shape
        torch.Size([10])
    """
    at_least(1, temperatures=temperatures)
    rbm, c_0 = _machine(model, base)
    if len(rbm._states(x)) < 2:
        raise ValueError(f"x has {len(x)} samples, expected at least 2: from one there is no standard error")
    log_w = _anneal(rbm, c_0, x, torch.linspace(1, 0, temperatures + 1, dtype=torch.float64), progress)
    back = _ais(log_w - _log_z_0(rbm, c_0))
    return AIS(-back.log_z, back.standard_error, -back.log_weights)


def _machine(model: nn.Module, base: Tensor | None) -> tuple[RBM, Tensor]:
    """Returns the RBM that is annealed, and the visible bias that it starts from."""
    machine = bare(model)
    rbm = machine.top if isinstance(machine, DBN) else machine.machine if isinstance(machine, DBM) else machine
    if not isinstance(rbm, RBM):
        raise ValueError(f"model is a {type(rbm).__name__}, expected an RBM, a DBN or a DBM")
    finite(rbm)
    own = rbm.c.detach()
    if base is None:
        return rbm, own
    features = machine.features if isinstance(machine, DBM) else rbm.features
    if tensor(base, "base").shape != (features,):
        raise ValueError(f"base has shape {tuple(base.shape)}, expected ({features},): a bias for each feature")
    if endless := int((~base.isfinite()).sum()):
        raise ValueError(
            f"base has {endless} biases that are NaN or infinite, expected log-odds of probabilities strictly between "
            "0 and 1: x.mean(0).clamp(0.01, 0.99).logit()"
        )
    return rbm, torch.cat([base.to(own), own[features:]])


def _log_z_0(rbm: RBM, c_0: Tensor) -> float:
    return rbm.hidden * math.log(2) + rbm.visible_log_partition(c_0.double()).item()


def _anneal(rbm: RBM, c_0: Tensor, x: Tensor, betas: Tensor, progress: bool) -> Tensor:
    """Leads chains `x` `(n, D)` through the inverse temperatures, up or down, and returns their log-weights, `(n,)`."""
    slope = rbm.c - c_0
    log_w = x.new_zeros(len(x))
    steps = list(pairwise(betas.tolist()))
    inputs = F.linear(x, rbm.W, rbm.b)
    for i, (old, new) in track(enumerate(steps), len(steps), progress):
        if i:
            h = bernoulli(torch.sigmoid(old * inputs))
            x = rbm.draw_x(old * (h @ rbm.W) + (c_0 + old * slope))
            inputs = F.linear(x, rbm.W, rbm.b)
        log_w += (F.softplus(new * inputs) - F.softplus(old * inputs)).sum(-1) + (new - old) * (x @ slope)
    return log_w.double()


def _ais(log_w: Tensor) -> AIS:
    """Returns the log of the mean weight, with its standard error to first order."""
    n = len(log_w)
    log_z = log_w.logsumexp(0).item() - math.log(n)
    error = (log_w - log_z).exp().std().item() / math.sqrt(n)
    return AIS(log_z, error, log_w)
