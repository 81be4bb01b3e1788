r"""Checks of the lab on Boltzmann machines: sums over pairs and states, written out one at a time."""

from __future__ import annotations

__all__ = [
    "boltzmann_distribution",
    "chain_gradient",
    "close",
    "conditional_probability",
    "if_written",
    "likelihood_gradient",
    "pair_energy",
    "unit_sweep",
]

import math
from collections.abc import Callable
from itertools import combinations, product

import torch
from torch import Tensor

from genlib.checks._shared import (
    argument_names,
    check,
    close,
    demand,
    fresh,
    gentle,
    if_written,
    only_bits,
    several,
    stream,
    values,
)
from genlib.data import binary_states

N = 4
OTHER = 1000  # what answers draw must not repeat what the checks drew
PLACES = torch.tensor([8.0, 4.0, 2.0, 1.0], dtype=torch.float64)
Sweep = Callable[[Tensor, Tensor, Tensor], Tensor]


def _machine(seed: int) -> tuple[Tensor, Tensor]:
    """Returns biases `(N,)` and couplings `(N, N)`, symmetric and without diagonal."""
    generator = stream(seed)
    upper = torch.randn(N, N, generator=generator).triu(1)
    return torch.randn(N, generator=generator), upper + upper.T


def _energies(a: Tensor, J: Tensor) -> Tensor:
    """Returns the energy of every state, `(2**N,)`: a term for each unit and one for each pair."""
    v = binary_states(N).to(a)
    units = [a[i] * v[:, i] for i in range(N)]
    pairs = [J[i, j] * v[:, i] * v[:, j] for i, j in combinations(range(N), 2)]
    return -torch.stack(units + pairs).sum(0)


@check
def pair_energy(energy: Callable[[Tensor, Tensor, Tensor], Tensor], seed: int = 0) -> None:
    r"""Checks $E(v) = -\sum_i a_i v_i - \sum_{i<j} J_{ij} v_i v_j$ on every state of four units.

    Args:
        energy: Function of states `(B, n)`, biases `(n,)` and couplings `(n, n)`, to energies `(B,)`.
        seed: Fixes what is drawn.

    Source: Ackley, Hinton and Sejnowski, A Learning Algorithm for Boltzmann Machines (1985).

    Example:
        >>> pair_energy(lambda v, a, J: -v @ a - ((v @ J) * v).sum(1) / 2)
        ✓ 16 states of 4 units: every unit and every pair counted once
    """
    a, J = _machine(seed)
    close(f"energies of the {2**N} states of {N} units", gentle(energy)(binary_states(N), a, J), _energies(a, J))
    print(f"✓ {2**N} states of {N} units: every unit and every pair counted once")


@check
def boltzmann_distribution(distribution: Callable[[Tensor, float], tuple[Tensor, Tensor]], seed: int = 0) -> None:
    r"""Checks $p = e^{-E / T} / Z$ and $\log Z$, also where single terms are beyond what a number can hold.

    Args:
        distribution: Function of the energies of all states `(S,)` and a temperature, 1 unless given, to their
            probabilities `(S,)` and $\log Z$ `()`.
        seed: Fixes what is drawn.

    Example:
        >>> boltzmann_distribution(lambda e, t=1.0: ((-e / t).softmax(0), (-e / t).logsumexp(0)))
        ✓ probabilities and log Z at three temperatures, and with energies in the hundreds
    """
    energies = 2 * torch.randn(8, generator=stream(seed))
    for temperature, scale in ((1.0, 1.0), (0.5, 1.0), (3.0, 1.0), (1.0, 300.0)):
        e = (scale * energies).tolist()
        top = max(-value / temperature for value in e)
        terms = [math.exp(-value / temperature - top) for value in e]
        size = "energies in the hundreds" if scale > 1 else f"8 energies at temperature {temperature}"
        given = () if temperature == 1 else (temperature,)
        p, log_z = several("the distribution", gentle(distribution)(scale * energies, *given), "probabilities, log Z")
        close(f"probabilities of {size}", p, [term / math.fsum(terms) for term in terms])
        close(f"log Z of {size}", log_z, top + math.log(math.fsum(terms)))
    print("✓ probabilities and log Z at three temperatures, and with energies in the hundreds")


@check
def conditional_probability(conditional: Callable[..., Tensor], seed: int = 0) -> None:
    r"""Checks $p(v_i = 1 | \text{given})$ as a ratio of two sums over states.

    Args:
        conditional: Function of states `(S, n)`, probabilities `(S,)`, a unit, and values of others as a dictionary, to
            a probability.
        seed: Fixes what is drawn.

    Example:
        >>> def conditional(states, p, unit, given):
        ...     fits = torch.stack([states[:, i] == value for i, value in given.items()] + [p >= 0]).all(0)
        ...     return p[fits & (states[:, unit] == 1)].sum() / p[fits].sum()
        >>> conditional_probability(conditional)
        ✓ every unit given nothing, one unit and two units
    """
    p = torch.randn(2**N, generator=stream(seed)).softmax(0)
    states, rows = binary_states(N), list(product([0, 1], repeat=N))
    for unit, given in product(range(N), ({}, {1: 0}, {0: 1}, {0: 0, 3: 1}, {1: 1, 2: 0})):
        if unit in given:
            continue
        got = gentle(conditional)(states, p, unit, dict(given))  # before what is right: an answer can read its callers
        fits = [k for k, row in enumerate(rows) if all(row[i] == value for i, value in given.items())]
        expected = math.fsum(p[k].item() for k in fits if rows[k][unit]) / math.fsum(p[k].item() for k in fits)
        words = " and ".join(f"v{i} = {value}" for i, value in given.items()) or "nothing"
        what = f"the probability that v{unit} = 1, given {words}"
        close(what, got, expected)
    print("✓ every unit given nothing, one unit and two units")


@check
def unit_sweep(sweep: Callable[..., Tensor], seed: int = 0) -> None:
    r"""Checks one sweep over the units, first to last, against the product of their transition matrices.

    20,000 chains start at one state; where they stand after a sweep must follow that row of the product, up
    to four times what chance does.

    Args:
        sweep: Function of states `(B, n)`, biases `(n,)`, couplings `(n, n)` and a temperature, to new states.
        seed: Fixes what is drawn.

    Source: Geman and Geman (1984).

    Example:
        >>> def sweep(v, a, J, temperature=1.0):
        ...     v = v.clone()
        ...     for i in range(v.shape[1]):
        ...         v[:, i] = (torch.rand(len(v)) < torch.sigmoid((a[i] + v @ J[i]) / temperature)).float()
        ...     return v
        >>> unit_sweep(sweep)
        ✓ a sweep from three states, at temperatures 1 and 2.5, over 20,000 chains each
    """
    (a, J), chains = _machine(seed), 20_000
    states, energies = binary_states(N), _energies(a, J)
    for temperature, start in product((1.0, 2.5), (0, 6, 2**N - 1)):
        v = states[start].expand(chains, N).clone()
        given = () if temperature == 1 else (temperature,)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed + OTHER)
            end = gentle(sweep)(v, a, J, *given)
        where = f"after a sweep at temperature {temperature} from {_digits(states[start])}"
        end = only_bits(f"units {where}", end)
        demand(end.shape == v.shape, f"a sweep: got shape {tuple(end.shape)}, expected {tuple(v.shape)}")
        got = torch.bincount((end @ PLACES).long(), minlength=2**N) / chains
        expected = _swept(energies / temperature)[start]
        typical = (expected * (1 - expected) / chains).sqrt()
        worst = ((got - expected).abs() - 5 * typical).argmax()
        holds = bool((got - expected).abs()[worst] <= 5 * typical[worst] + 1e-4)
        share = f"got {got[worst]:.3f}, expected {expected[worst]:.3f}"
        demand(holds, f"share of chains in state {_digits(states[worst])} {where}: {share}")
    with torch.random.fork_rng(devices=[]):
        fresh("a sweep of 50 chains", lambda: sweep(torch.zeros(50, N), 0 * a, 0 * J))
    print("✓ a sweep from three states, at temperatures 1 and 2.5, over 20,000 chains each")


def _swept(energies: Tensor) -> Tensor:
    """Returns the probability of each state after a sweep from each, `(2**N, 2**N)`."""
    states, result = binary_states(N), torch.eye(2**N)
    for i in range(N):
        others = torch.arange(N) != i
        same = (states[:, None, others] == states[None, :, others]).all(-1)
        result = result @ torch.where(same, -energies, -torch.inf).softmax(1)
    return result


def _digits(state: Tensor) -> str:
    return "".join(str(int(value)) for value in state)


@check
def likelihood_gradient(gradient: Callable[..., tuple[Tensor, Tensor]], seed: int = 0) -> None:
    r"""Checks the exact gradient of the mean log-likelihood against automatic differentiation.

    Args:
        gradient: Function of data `(B, n)`, biases `(n,)` and couplings `(n, n)`, to the gradients for both: that of
            the couplings is symmetric, without diagonal, and counts each pair once.
        seed: Fixes what is drawn.

    Source: Ackley, Hinton and Sejnowski (1985).

    Example:
        >>> def gradient(x, a, J):
        ...     v = binary_states(len(a))
        ...     p = (v @ a + ((v @ J) * v).sum(1) / 2).softmax(0)
        ...     both = x.T @ x / len(x) - v.T @ (p[:, None] * v)
        ...     return x.mean(0) - p @ v, both - both.diag().diag()
        >>> likelihood_gradient(gradient)
        ✓ biases and couplings: equal to the derivative of the exact log-likelihood
    """
    a, J = _machine(seed)
    x = (torch.rand(7, N, generator=stream(seed + 1)) < 0.6).to(torch.get_default_dtype())
    a_leaf, upper = a.clone().requires_grad_(), J.triu(1).requires_grad_()
    energies = _energies(a_leaf, upper)
    places = (x.double() @ PLACES).long()
    likelihood = -energies[places].mean() - (-energies).logsumexp(0)
    slope_a, slope_upper = torch.autograd.grad(likelihood, [a_leaf, upper])
    got = several("the gradient", gentle(gradient)(x, a, J), "for biases, for couplings")
    close("the derivative in a bias", got[0], slope_a)
    close("the derivative in a coupling", got[1], slope_upper + slope_upper.T)
    print("✓ biases and couplings: equal to the derivative of the exact log-likelihood")


@check
def chain_gradient(step: Callable[..., tuple[Tensor, Tensor, Tensor]], seed: int = 0) -> None:
    r"""Checks the sampled gradient with a sweep that only writes down what it is given.

    Args:
        step: Function of data `(B, n)`, chains `(m, n)`, biases, couplings and a sweep, to both gradients and to where
            the chains stand afterwards.
        seed: Fixes what is drawn.

    Source: Tieleman (2008), who called it persistent contrastive divergence.

    Example:
        >>> def step(x, chains, a, J, sweep):
        ...     chains = sweep(chains, a, J)
        ...     both = x.T @ x / len(x) - chains.T @ chains / len(chains)
        ...     return x.mean(0) - chains.mean(0), both - both.diag().diag(), chains
        >>> chain_gradient(step)
        ✓ the sweep moves the chains, once; both gradients from where they stand afterwards
    """
    generator = stream(seed)
    x, chains, moved = ((torch.rand(n, N, generator=generator) < 0.5).to(torch.get_default_dtype()) for n in (6, 9, 9))
    (a, J), seen, used = _machine(seed), list[Tensor](), list[tuple[Tensor, Tensor]]()

    def sweep(v: Tensor, a: Tensor, J: Tensor) -> Tensor:
        seen.append(values("the chains", v).clone())
        used.append((a, J))
        return moved.clone()

    step = gentle(step, may_change=tuple(argument_names(step, 2)[1:]))
    got = several("the step", step(x, chains.clone(), a, J, sweep), "gradient of a, gradient of J, the chains")
    demand(len(seen) == 1, f"calls of sweep: got {len(seen)}, expected 1")
    close("the chains that were handed to sweep", seen[0], chains)
    for name, mine, right in zip(("a", "J"), used[0], (a, J), strict=True):
        close(f"the `{name}` that was handed to sweep", mine, right)
    pairs = torch.zeros(N, N)
    for i, j in product(range(N), repeat=2):
        if i != j:
            pairs[i, j] = (x[:, i] * x[:, j]).sum() / len(x) - (moved[:, i] * moved[:, j]).sum() / len(moved)
    close("the gradient in a bias", got[0], x.sum(0) / len(x) - moved.sum(0) / len(moved))
    close("the gradient in a coupling", got[1], pairs)
    close("where the chains stand afterwards", got[2], moved)
    print("✓ the sweep moves the chains, once; both gradients from where they stand afterwards")
