r"""Markov chains that leave a density unchanged, and what their correlated draws are worth.

Every sampler is a generator of states: `for x in metropolis(log_prob, x, random_walk(0.5), steps=1000)`. A state is a
batch `(B, ...)`, a chain in each row, and `log_prob` `(B,)` needs to be known up to a constant only. Chains start where
they are told to, what is yielded is theirs to keep, and noise comes from the global seed.

- `metropolis` proposes and accepts, `gibbs` draws one part after the other, `langevin` follows the gradient,
  `tempering` lets hot chains cross where cold ones do not.
- `autocorrelation` and `effective_size` tell how many independent draws a chain amounts to; of importance weights,
  `evaluate.effective_sample_size` does.
"""

from __future__ import annotations

__all__ = [
    "autocorrelation",
    "effective_size",
    "flip_one",
    "gibbs",
    "langevin",
    "metropolis",
    "random_walk",
    "tempering",
]

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from genlib._guard import at_least, tensor

LogProb = Callable[[Tensor], Tensor]
Move = Callable[[Tensor], Tensor]

# Proposals


def random_walk(scale: float) -> Move:
    r"""Returns a proposal that adds $\mathcal{N}(0, \text{scale}^2)$ to every coordinate.

    Example:
        >>> random_walk(0.5)(torch.zeros(3, 2)).shape
        torch.Size([3, 2])
    """
    _positive(scale=scale)
    return lambda x: x + scale * torch.randn_like(x)


def flip_one(x: Tensor) -> Tensor:
    r"""Proposes binary states `(B, D)` in which one entry, drawn at random for each row, is the other way round.

    Example:
        >>> flip_one(torch.zeros(3, 4)).sum(1).tolist()
        [1.0, 1.0, 1.0]
    """
    place = torch.randint(x.shape[1], (len(x), 1), device=x.device)
    return x.scatter(1, place, 1 - x.gather(1, place))


# Samplers


def metropolis(log_prob: LogProb, x: Tensor, propose: Move, steps: int) -> Iterator[Tensor]:
    r"""Proposes a move and makes it with probability $\min(1, p(x') / p(x))$, or stays.

    Args:
        log_prob: Log-density up to a constant, from states `(B, ...)` to `(B,)`.
        x: Where the chains start, `(B, ...)`.
        propose: Draws a proposal for each state; a move and its reverse must be equally likely, as those of
            `random_walk` and `flip_one` are.
        steps: Number of states to draw.

    Yields:
        The states after each step, `(B, ...)`.

    Source: Metropolis, Rosenbluth, Rosenbluth, Teller and Teller, Equation of State Calculations by Fast Computing
    Machines (1953).

    Example:
        >>> chain = metropolis(lambda x: -x.square().sum(1) / 2, torch.zeros(3, 2), random_walk(1.0), steps=100)
        >>> torch.stack(list(chain)).shape
        torch.Size([100, 3, 2])
    """
    start = _start(log_prob, x, steps)
    return _metropolis(log_prob, x, start, propose, steps)


@torch.no_grad()
def _metropolis(log_prob: LogProb, x: Tensor, log_p: Tensor, propose: Move, steps: int) -> Iterator[Tensor]:
    for _ in range(steps):
        proposal = propose(x)
        there = _score(log_prob, proposal)
        accept = _accepted(there - log_p)
        x, log_p = _where(accept, proposal, x), _where(accept, there, log_p)
        yield x


def gibbs(parts: Sequence[Move], x: Tensor, steps: int) -> Iterator[Tensor]:
    r"""Draws one part of the state after the other from its distribution given the rest.

    Args:
        parts: For each part a function that returns states in which it has been drawn anew, `(B, ...)`.
        x: Where the chains start, `(B, ...)`.
        steps: Number of sweeps over all parts.

    Yields:
        The states after each sweep, `(B, ...)`.

    Source: Geman and Geman, Stochastic Relaxation, Gibbs Distributions, and the Bayesian Restoration of Images (1984).

    Example:
        >>> def redraw(i):
        ...     return lambda x: x.index_copy(1, torch.tensor([i]), torch.randn(len(x), 1))
        >>> len(list(gibbs([redraw(0), redraw(1)], torch.zeros(3, 2), steps=5)))
        5
    """
    _states(x, steps)
    if not (parts := list(parts)):
        raise ValueError("parts is empty, expected a function for each part of the state")
    return _gibbs(parts, x, steps)


@torch.no_grad()
def _gibbs(parts: list[Move], x: Tensor, steps: int) -> Iterator[Tensor]:
    for _ in range(steps):
        for redraw in parts:
            x = redraw(x)
        yield x


def langevin(log_prob: LogProb, x: Tensor, step: float, steps: int, *, adjust: bool = False) -> Iterator[Tensor]:
    r"""Follows the score and adds noise, $x' = x + \epsilon \nabla \log p(x) + \sqrt{2\epsilon}\,\xi$.

    As it stands this is exact only in the limit of small steps: what it leaves unchanged is somewhat wider than p. With
    `adjust` a step is a proposal that Metropolis' rule, in the form of Hastings, accepts or turns down, and p is left
    exactly unchanged (MALA).

    Args:
        log_prob: Log-density up to a constant, from states `(B, ...)` to `(B,)`, that autograd can follow.
        x: Where the chains start, `(B, ...)`.
        step: The step $\epsilon$.
        steps: Number of states to draw.
        adjust: Whether steps are accepted or turned down.

    Yields:
        The states after each step, `(B, ...)`.

    Source: Parisi, Correlation Functions and Computer Simulations (1981); adjusted: Roberts and Tweedie, Exponential
    Convergence of Langevin Distributions and Their Discrete Approximations (1996).

    Example:
        >>> *_, last = langevin(lambda x: -x.square().sum(1) / 2, torch.zeros(3, 2), step=0.1, steps=100)
        >>> last.shape
        torch.Size([3, 2])
    """
    _positive(step=step)
    _start(log_prob, x, steps)
    return _langevin(log_prob, x, step, steps, adjust)


def _langevin(log_prob: LogProb, x: Tensor, step: float, steps: int, adjust: bool) -> Iterator[Tensor]:
    log_p, score = _slope(log_prob, x)
    for _ in range(steps):
        drift = step * score
        noise = math.sqrt(2 * step) * torch.randn_like(x)
        proposal = x + drift + noise
        there, new_score = _slope(log_prob, proposal)
        if adjust:
            back = noise + drift + step * new_score
            log_ratio = there - log_p + (noise.square() - back.square()).flatten(1).sum(1) / (4 * step)
            accept = _accepted(log_ratio)
            proposal, there = _where(accept, proposal, x), _where(accept, there, log_p)
            new_score = _where(accept, new_score, score)
        x, log_p, score = proposal, there, new_score
        yield x


def tempering(
    log_prob: LogProb, x: Tensor, propose: Move, steps: int, *, temperatures: Sequence[float]
) -> Iterator[Tensor]:
    r"""Runs a chain of $p(x)^{1/T}$ at each temperature, and lets neighbours exchange their states.

    Hot chains see a flatter landscape and cross it; an exchange between $T_i$ and $T_j$ is made with probability
    $\min\big(1, (p(x_j) / p(x_i))^{1/T_i - 1/T_j}\big)$, which leaves all of them together unchanged. Every step is one
    of `metropolis` for all, then an exchange between all neighbours of one parity.

    Args:
        log_prob: Log-density up to a constant, from states `(B, ...)` to `(B,)`.
        x: Where the chains start, at every temperature alike, `(B, ...)`.
        propose: As for `metropolis`; it is given the states of all temperatures at once, `(T B, ...)`.
        steps: Number of states to draw.
        temperatures: The temperatures, growing, the first of them 1.

    Yields:
        The states at temperature 1 after each step, `(B, ...)`.

    Source: Swendsen and Wang, Replica Monte Carlo Simulation of Spin Glasses (1986); Geyer (1991).

    Example:
        >>> wells = lambda x: -8 * (x[:, 0].square() - 1).square()
        >>> chain = tempering(wells, -torch.ones(5, 1), random_walk(0.5), 2000, temperatures=[1, 3, 9])
        >>> abs(torch.stack(list(chain)).mean().item()) < 0.5
        True
    """
    ladder = list(temperatures)
    if len(ladder) < 2 or ladder[0] != 1 or any(b <= a for a, b in pairwise(ladder)):
        raise ValueError(f"temperatures are {ladder}, expected at least two that grow from 1")
    start = _start(log_prob, x, steps)
    return _tempering(log_prob, x, start, propose, steps, ladder)


@torch.no_grad()
def _tempering(
    log_prob: LogProb, x: Tensor, log_p: Tensor, propose: Move, steps: int, temperatures: list[float]
) -> Iterator[Tensor]:
    beta = 1 / torch.tensor(temperatures, dtype=log_p.dtype, device=log_p.device)[:, None]
    x, log_p = (values.repeat(len(beta), *[1] * values.ndim) for values in (x, log_p))
    for step in range(steps):
        proposal = propose(x.flatten(0, 1)).view_as(x)
        there = _score(log_prob, proposal.flatten(0, 1)).view_as(log_p)
        accept = _accepted(beta * (there - log_p))
        x, log_p = _where(accept, proposal, x), _where(accept, there, log_p)
        for i in range(step % 2, len(beta) - 1, 2):
            swap = _accepted((beta[i] - beta[i + 1]) * (log_p[i + 1] - log_p[i]))
            for values in (x, log_p):
                cold, hot = values[i].clone(), values[i + 1].clone()
                values[i], values[i + 1] = _where(swap, hot, cold), _where(swap, cold, hot)
        yield x[0]


# What correlated draws are worth


def autocorrelation(values: Tensor) -> Tensor:
    r"""Returns the correlation $\rho_t$ of a chain with itself t steps later, for t = 0, 1, …, N - 1: `(N,)`.

    Args:
        values: One number a state, `(N,)`, or those of several chains side by side, `(N, M)`. Deviations are taken from
            the mean of all chains: where they disagree, each looks correlated for ever.

    Raises:
        ValueError: If there are fewer than four states, or all are equal.

    Example:
        >>> autocorrelation(torch.tensor([1.0, -1.0, 1.0, -1.0])).tolist()
        [1.0, -0.75, 0.5, -0.25]
    """
    values = _trace(values)
    n = len(values)
    centred = values - values.mean()
    spectrum = torch.fft.rfft(centred, 2 * n, dim=0).abs().square()
    covariance = torch.fft.irfft(spectrum, 2 * n, dim=0)[:n].mean(1)
    return covariance / covariance[0]


def effective_size(values: Tensor) -> float:
    r"""Returns how many independent draws would estimate the mean of `values` as well, $N / \tau$ of them, with

    $$\tau = 1 + 2 \sum_{t \ge 1} \rho_t.$$

    The sum ends where pairs $\rho_{2t} + \rho_{2t+1}$, which for a reversible chain are positive and fall, turn
    negative, and pairs that grow are cut to the one before. It is an estimate, and it knows only where the chains were:
    one that has missed half of the density is worth nothing, whatever this says.

    Args:
        values: One number a state, `(N,)`, or those of several chains side by side, `(N, M)`.

    Source: Geyer, Practical Markov Chain Monte Carlo (1992), for where to end.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> 0.8 < effective_size(torch.randn(10_000)) / 10_000 < 1.2
        True
    """
    rho = autocorrelation(values)
    pairs = rho[: len(rho) // 2 * 2].view(-1, 2).sum(1)
    negative = (pairs <= 0).nonzero()
    pairs = pairs[: negative[0, 0]] if len(negative) else pairs
    tau = 2 * pairs.cummin(0).values.sum().item() - 1 if len(pairs) else 1.0
    return values.numel() / max(tau, 1 / values.numel())


def _accepted(log_ratio: Tensor) -> Tensor:
    """Says yes with probability min(1, ratio), to each."""
    return torch.rand_like(log_ratio).log() < log_ratio


def _where(chosen: Tensor, yes: Tensor, no: Tensor) -> Tensor:
    """Takes whole states from one or the other."""
    return torch.where(chosen.view(*chosen.shape, *[1] * (yes.ndim - chosen.ndim)), yes, no)


def _slope(log_prob: LogProb, x: Tensor) -> tuple[Tensor, Tensor]:
    """Returns log p(x) and its gradient, without a graph."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        log_p = _checked(log_prob(x), x)
        (score,) = torch.autograd.grad(log_p.sum(), x)
    return log_p.detach(), score


def _score(log_prob: LogProb, x: Tensor) -> Tensor:
    return _checked(log_prob(x), x)


def _checked(log_p: Tensor, x: Tensor) -> Tensor:
    """Returns what `log_prob` gave, if it is a number for each state that can be compared."""
    if not isinstance(log_p, Tensor) or log_p.shape != x.shape[:1]:
        got = f"shape {tuple(log_p.shape)}" if isinstance(log_p, Tensor) else f"a {type(log_p).__name__}"
        raise ValueError(f"log_prob gave {got}, expected one number for each of {len(x)} states, ({len(x)},)")
    if not (log_p < math.inf).all():
        raise ValueError("log_prob gave NaN or infinity, expected numbers, or -inf where the density is zero")
    return log_p


def _states(x: Tensor, steps: int) -> None:
    at_least(0, steps=steps)
    if not tensor(x, "x").is_floating_point():
        raise ValueError(f"x has dtype {x.dtype}, expected floating point states: x.to(torch.get_default_dtype())")
    if x.ndim < 2 or not len(x):
        raise ValueError(f"x has shape {tuple(x.shape)}, expected chains (B, ...): x[None] is one chain")


@torch.no_grad()
def _start(log_prob: LogProb, x: Tensor, steps: int) -> Tensor:
    """Returns log p of where chains start, which must be possible."""
    _states(x, steps)
    log_p = _score(log_prob, x)
    if not log_p.isfinite().all():
        raise ValueError("log_prob of where the chains start is infinite, expected states of positive probability")
    return log_p


def _trace(values: Tensor) -> Tensor:
    """Returns the values of one chain or several as `(N, M)`."""
    if tensor(values, "values").ndim not in (1, 2) or len(values) < 4 or not values.is_floating_point():
        raise ValueError(
            f"values have shape {tuple(values.shape)} and dtype {values.dtype}, expected floating point numbers of one "
            "chain (N,) or of several (N, M), N >= 4"
        )
    if not values.isfinite().all():
        raise ValueError("values have NaN or infinite ones among them, expected finite numbers")
    if (values == values.flatten()[0]).all():
        raise ValueError("values are all equal, expected some that differ: a chain that stays tells nothing")
    return values.reshape(len(values), -1)


def _positive(**numbers: float) -> None:
    for name, value in numbers.items():
        if not (isinstance(value, int | float) and 0 < value < math.inf):
            raise ValueError(f"{name} is {value!r}, expected a positive number")
