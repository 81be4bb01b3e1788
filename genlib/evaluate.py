r"""What a model is worth: log-likelihoods, exact, estimated or bounded, and distances between samples.

Figures are in nats unless they say bits, one value per example, so that a mean comes with its standard error and two
models can be compared pair by pair. An estimate of $\log Z$ that is too low makes a model look better than it is: look
at it for several numbers of temperatures before believing it.
"""

from __future__ import annotations

__all__ = [
    "AIS", "ais", "bits_per_dim", "effective_sample_size", "grid_jsd", "importance_log_prob", "mean_and_error",
    "pseudo_log_prob", "reverse_ais",
]  # fmt: skip

import math
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from genlib._progress import track
from genlib.energy import DBM, DBN, RBM, BoltzmannMachine, bernoulli
from genlib.vae import VAE


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
    if chains < 2 or temperatures < 1:
        raise ValueError(f"ais got chains={chains}, temperatures={temperatures}, expected at least 2 and 1")
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
    if len(x) < 2 or temperatures < 1:
        raise ValueError(f"reverse_ais got {len(x)} samples, temperatures={temperatures}, expected at least 2 and 1")
    rbm, c_0 = _machine(model, base)
    log_w = _anneal(rbm, c_0, x, torch.linspace(1, 0, temperatures + 1, dtype=torch.float64), progress)
    back = _ais(log_w - _log_z_0(rbm, c_0))
    return AIS(-back.log_z, back.standard_error, -back.log_weights)


def _machine(model: RBM | DBN | DBM, base: Tensor | None) -> tuple[RBM, Tensor]:
    """Returns the RBM that is annealed, and the visible bias that it starts from."""
    rbm = model.top if isinstance(model, DBN) else model.machine if isinstance(model, DBM) else model
    own = rbm.c.detach()
    if base is None:
        return rbm, own
    features = model.features if isinstance(model, DBM) else rbm.features
    if base.shape != (features,):
        raise ValueError(f"base has shape {tuple(base.shape)}, expected ({features},): a bias for each feature")
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


def effective_sample_size(log_weights: Tensor) -> float:
    r"""Returns how many equal weights would say as much as those of logarithms `(N,)`: $(\sum w)^2 / \sum w^2$.

    It knows only the weights that were drawn: where the heavy ones were all missed, it may be as large as N.

    Example:
        >>> round(effective_sample_size(torch.tensor([7.0, 7.0, -50.0])), 4)
        2.0
    """
    return (2 * log_weights.logsumexp(0) - (2 * log_weights).logsumexp(0)).exp().item()


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
    if x.shape[-1] != (features := getattr(model, "pixels", model.features)):
        raise ValueError(f"x has {x.shape[-1]} features, pseudo_log_prob flips the {features} pixels of this model")
    flips = torch.eye(features).to(x)
    others = torch.stack([model.free_energy((x - flip).abs()) for flip in flips], -1)
    return F.logsigmoid(others - model.free_energy(x)[:, None]).sum(-1)


@torch.no_grad()
def importance_log_prob(vae: VAE, x: Tensor, samples: int = 1000, *, progress: bool = False) -> Tensor:
    r"""Estimates $\log p(x)$ by importance sampling from the encoder, in pieces that fit into memory.

    $$\log p(x) \approx \log \frac{1}{K} \sum_{k=1}^K \frac{p(x|z_k)\,p(z_k)}{q(z_k|x)}, \qquad z_k \sim q(z|x)$$

    In expectation this is a lower bound: more samples raise it, and never lower it.

    Args:
        vae: The model.
        x: Data, `(B, D)`.
        samples: Number K of codes for each example.
        progress: Whether a progress line is shown.

    Returns:
        One estimate for each example, `(B,)`, in nats.

    Source: Burda, Grosse and Salakhutdinov (2016).

    Example:
        >>> from genlib.nn import Bernoulli, Gaussian, mlp
        >>> vae = VAE(Gaussian(mlp(8, 2 * 2)), Bernoulli(mlp(2, 8)), latent=2)
        >>> importance_log_prob(vae, torch.zeros(5, 8), samples=50).shape
        torch.Size([5])
    """
    if samples < 1:
        raise ValueError(f"samples is {samples}, expected at least 1")
    rows = max(1, 20_000 // samples)
    pieces = [
        torch.stack([vae.importance_bound(part, k) + math.log(k) for k in _pieces(samples, 20_000)]).logsumexp(0)
        for part in track(x.split(rows), math.ceil(len(x) / rows), progress)
    ]
    return torch.cat(pieces) - math.log(samples)


def _pieces(total: int, largest: int) -> list[int]:
    return [min(largest, total - start) for start in range(0, total, largest)]


def bits_per_dim(log_prob: Tensor, dims: int) -> Tensor:
    r"""Converts nats per example to bits per dimension, $-\log p(x) / (D \log 2)$.

    Args:
        log_prob: Log-probabilities in nats, any shape.
        dims: Number of dimensions D of an example.

    Example:
        >>> bits_per_dim(torch.tensor(-64 * math.log(2)), 64).item()
        1.0
    """
    return -log_prob / (dims * math.log(2))


def mean_and_error(values: Tensor) -> tuple[float, float]:
    r"""Returns the mean of `values` `(N,)` and its standard error, $s / \sqrt{N}$.

    For two models on the same examples, pass their differences: the examples' own spread then cancels.

    Example:
        >>> mean, error = mean_and_error(torch.tensor([1.0, 3.0]))
        >>> round(mean, 6), round(error, 6)
        (2.0, 1.0)
    """
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"values has shape {tuple(values.shape)}, expected (N,) with N >= 2")
    return values.mean().item(), values.std().item() / math.sqrt(len(values))


def grid_jsd(p: Tensor, q: Tensor, *, cells: int = 40, limit: float = 4.0) -> float:
    r"""Returns the Jensen-Shannon divergence of two sets of points in the plane, on a grid, in nats.

    $$\operatorname{JSD} = \tfrac12 \operatorname{KL}(p \,\|\, m) + \tfrac12 \operatorname{KL}(q \,\|\, m), \qquad
    m = \tfrac12 (p + q)$$

    It is 0 for equal histograms and $\log 2$ for disjoint ones. Two finite samples of the same law are not at zero:
    compare with the value that true samples reach against true samples.

    Args:
        p: Points `(N, 2)`.
        q: Points `(M, 2)`.
        cells: Number of cells along each axis.
        limit: The grid covers `[-limit, limit]` on both axes; points outside count in the cell nearest to them.

    Example:
        >>> x = torch.zeros(10, 2)
        >>> grid_jsd(x, x), round(grid_jsd(x, x + 1), 4)
        (0.0, 0.6931)
    """
    p, q = (_histogram(points, cells, limit) for points in (p, q))
    m = (p + q) / 2
    return float((torch.xlogy(p, p / m) + torch.xlogy(q, q / m)).nansum() / 2)


def _histogram(points: Tensor, cells: int, limit: float) -> Tensor:
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"points have shape {tuple(points.shape)}, expected (N, 2)")
    column, row = ((points + limit) * cells / (2 * limit)).long().clamp(0, cells - 1).unbind(-1)
    return torch.bincount(row * cells + column, minlength=cells**2).double() / len(points)
