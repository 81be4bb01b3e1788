"""Laws of the samplers: chains over listed states by powers of their tables, estimators by many repetitions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import islice

import pytest
import torch
from exact import assert_law, assert_mean, draws, index, states
from mutants import breaks, holds_no_mutant
from torch import Tensor
from torch.testing import assert_close

from genlib.sampling import (
    autocorrelation,
    effective_size,
    flip_one,
    gibbs,
    langevin,
    metropolis,
    random_walk,
    tempering,
)

UNITS = 3
LOG_P = torch.randn(2**UNITS, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


def log_prob(x: Tensor) -> Tensor:
    """The logarithm, up to a constant, of a distribution over the states of three units."""
    return 1.5 * LOG_P[index(x)]


def bell(x: Tensor) -> Tensor:
    """A Gaussian in the plane: standard deviations 1 and 2, correlation .6, mean (1, -1)."""
    precision = torch.linalg.inv(COVARIANCE).to(x)
    d = x - MEAN.to(x)
    return -((d @ precision) * d).sum(1) / 2


MEAN = torch.tensor([1.0, -1.0], dtype=torch.float64)
COVARIANCE = torch.tensor([[1.0, 1.2], [1.2, 4.0]], dtype=torch.float64)


def redraw(i: int) -> Callable[[Tensor], Tensor]:
    """Draws one unit given the others, by comparing the two states that it can make."""

    def part(x: Tensor) -> Tensor:
        on, off = x.clone(), x.clone()
        on[:, i], off[:, i] = 1, 0
        on[:, i] = (torch.rand(len(x)) < torch.sigmoid(log_prob(on) - log_prob(off))).double()
        return on

    return part


CHAINS: dict[str, Callable[[Tensor, int], Iterator[Tensor]]] = {
    "metropolis": lambda x, steps: metropolis(log_prob, x, flip_one, steps),
    "gibbs": lambda x, steps: gibbs([redraw(i) for i in range(UNITS)], x, steps),
    "tempering": lambda x, steps: tempering(log_prob, x, flip_one, steps, temperatures=[1, 2, 4]),
}


def table(name: str, n: int = 40_000) -> Tensor:
    """Returns the shares in which one step leads from each state to each."""
    x = states(UNITS).repeat_interleave(n, 0)
    (after,) = CHAINS[name](x, 1)
    moved = index(x) * 2**UNITS + index(after)
    return torch.bincount(moved, minlength=4**UNITS).view(2**UNITS, -1) / n


def exact_table(name: str) -> Tensor:
    """Returns one step's table, `(8, 8)`, from the rule alone."""
    p, x = (1.5 * LOG_P).softmax(0), states(UNITS)
    if name == "metropolis":
        away = (x[:, None] - x[None]).abs().sum(-1) == 1
        T = away / UNITS * (p[None] / p[:, None]).clamp_max(1)
        return T + torch.diag(1 - T.sum(1))
    T = torch.eye(2**UNITS)
    for i in range(UNITS):
        rest = [j for j in range(UNITS) if j != i]
        same = (x[:, None, rest] == x[None, :, rest]).all(-1)
        T = T @ (same * p / (same * p).sum(1, keepdim=True))
    return T


@breaks(
    "proposals that are always taken",
    "sampling._accepted",
    "< log_ratio",
    "< log_ratio + 50",
    given={"name": "metropolis"},
)
@breaks(
    "accepted by one coin for all",
    "sampling._accepted",
    "torch.rand_like(log_ratio)",
    "torch.rand_like(log_ratio[:1])",
    given={"name": "metropolis"},
)
@breaks("a score that stays behind", "sampling._metropolis", "there - log_p", "there", given={"name": "metropolis"})
@breaks("parts that all see the start", "sampling._gibbs", "x = redraw(x)", "y = redraw(x)", given={"name": "gibbs"})
@pytest.mark.parametrize("name", ["metropolis", "gibbs"])
def test_one_step_is_that_of_the_exact_table(name: str) -> None:
    """Whose powers lead to p from everywhere: each sampler's rule, and what it leaves unchanged, at once."""
    p, exact = (1.5 * LOG_P).softmax(0), exact_table(name)
    assert_close(p @ exact, p)
    assert_close(torch.linalg.matrix_power(exact, 2000), p.expand(2**UNITS, -1))
    n = 40_000
    error = (exact * (1 - exact) / n).sqrt()
    off = (table(name, n) - exact).abs()
    assert (off <= 5 * error + 1e-12).all()


@holds_no_mutant("it is about the rules, whose tables are written out here")
def test_metropolis_is_in_balance_in_detail_and_a_sweep_of_gibbs_is_not() -> None:
    p = (1.5 * LOG_P).softmax(0)
    flows = {name: p[:, None] * exact_table(name) for name in ("metropolis", "gibbs")}
    assert_close(flows["metropolis"], flows["metropolis"].T)
    assert (flows["gibbs"] - flows["gibbs"].T).abs().max() > 1e-3


@breaks(
    "hot states that are taken as they come",
    "sampling._tempering",
    "swap = _accepted(",
    "swap = _accepted(50 + ",
    given={"name": "tempering"},
)
@breaks(
    "an exchange of the wrong sign",
    "sampling._tempering",
    "(log_p[i + 1] - log_p[i])",
    "(log_p[i] - log_p[i + 1])",
    given={"name": "tempering"},
)
@breaks(
    "scores that are not exchanged", "sampling._tempering", "in (x, log_p):", "in (x,):", given={"name": "tempering"}
)
@breaks(
    "all at the temperature of one", "sampling._tempering", "beta * (there", "0.5 * (there", given={"name": "tempering"}
)
@breaks(
    "a scale of a flip",
    "sampling.flip_one",
    "1 - x.gather(1, place)",
    "0 * x.gather(1, place)",
    given={"name": "metropolis"},
)
@pytest.mark.parametrize("name", CHAINS)
def test_chains_stay_at_the_exact_distribution_and_reach_it(name: str) -> None:
    p = (1.5 * LOG_P).softmax(0)
    *_, there = CHAINS[name](states(UNITS)[:1].repeat(30_000, 1), 70)
    assert_law(there, p)
    if name != "tempering":  # whose hot chains start where the cold ones do, and pass that on
        *_, later = CHAINS[name](draws(p, 30_000), 7)
        assert_law(later, p)


def moments(x: Tensor) -> Tensor:
    """Returns x, y, x^2, xy and y^2 of states `(n, 2)`."""
    a, b = x.unbind(1)
    return torch.stack([a, b, a * a, a * b, b * b], 1)


def expected_moments() -> Tensor:
    second = COVARIANCE + torch.outer(MEAN, MEAN)
    return torch.stack([*MEAN, second[0, 0], second[0, 1], second[1, 1]])


@breaks("half of the way back", "sampling._langevin", "(4 * step)", "(8 * step)")
@breaks("a score of where it was", "sampling._langevin", "step * new_score", "step * score")
@breaks("noise of another size", "sampling._langevin", "math.sqrt(2 * step)", "math.sqrt(step)")
def test_adjusted_langevin_leaves_a_gaussian_unchanged() -> None:
    x = torch.distributions.MultivariateNormal(MEAN, COVARIANCE).sample((100_000,))
    *_, later = langevin(bell, x, step=0.5, steps=6, adjust=True)
    assert_mean(moments(later), expected_moments())
    assert (later != x).any(1).double().mean() > 0.9


@breaks("a proposal with a drift", "sampling.random_walk", "torch.randn_like(x)", "(torch.randn_like(x) + 0.3)")
def test_random_walk_metropolis_leaves_a_gaussian_unchanged() -> None:
    x = torch.distributions.MultivariateNormal(MEAN, COVARIANCE).sample((100_000,))
    *_, later = metropolis(bell, x, random_walk(1.5), steps=10)
    assert_mean(moments(later), expected_moments())


@breaks("noise that is too small", "sampling._langevin", "math.sqrt(2 * step)", "math.sqrt(1.9 * step)")
@breaks("a drift too strong", "sampling._langevin", "drift = step * score", "drift = 1.1 * step * score")
def test_langevin_is_wider_than_the_gaussian_by_what_theory_says() -> None:
    """Of N(0, 1), x' = (1 - e) x + sqrt(2 e) xi keeps the variance 2 e / (1 - (1 - e)^2) = 1 / (1 - e / 2)."""
    step = 0.4
    kept = 1 / (1 - step / 2)
    x = math.sqrt(kept) * torch.randn(200_000, 1)
    *_, later = langevin(lambda x: -x.square().sum(1) / 2, x, step, steps=5)
    assert_mean(torch.cat([later, later.square()], 1), torch.tensor([0.0, kept]))


@breaks("hot chains that never come back", "sampling._tempering", "swap = _accepted(", "swap = _accepted(-99 + ")
def test_tempering_crosses_where_metropolis_does_not() -> None:
    wells = lambda x: -12 * (x[:, 0].square() - 1).square()  # noqa: E731
    start = -torch.ones(200, 1)
    *_, stuck = metropolis(wells, start, random_walk(0.2), steps=600)
    *_, free = tempering(wells, start, random_walk(0.2), 600, temperatures=[1, 2, 4, 8, 16])
    assert (stuck > 0).double().mean() < 0.1
    share = (free > 0).double().mean().item()
    assert abs(share - 0.5) < 5 * math.sqrt(0.25 / 200)


def autoregression(n: int, chains: int, a: float) -> Tensor:
    """Returns AR(1) chains, x_t = a x_(t - 1) + noise, from their stationary distribution: `(n, chains)`."""
    x = [torch.randn(chains)]
    for _ in range(n - 1):
        x.append(a * x[-1] + math.sqrt(1 - a * a) * torch.randn(chains))
    return torch.stack(x)


@breaks("a period for a line", "sampling.autocorrelation", "fft.rfft(centred, 2 * n", "fft.rfft(centred, n")
@breaks("deviations from nothing", "sampling.autocorrelation", "values - values.mean()", "values")
def test_autocorrelation_is_the_sum_over_pairs() -> None:
    x = autoregression(50, 3, 0.7) + 2
    d = x - x.mean()
    expected = torch.stack([(d[t:] * d[: len(d) - t]).sum() for t in range(50)]) / d.square().sum()
    assert_close(autocorrelation(x), expected)
    assert_close(autocorrelation(x[:, 0]), autocorrelation(x[:, :1]))


@breaks("half of the correlations", "sampling.effective_size", "2 * pairs", "pairs", given={"a": 0.9})
@breaks(
    "no end to the sum",
    "sampling.effective_size",
    "if len(negative) else pairs",
    "if not 1 else pairs",
    given={"a": 0.9},
)
@breaks("negative correlations ignored", "sampling.effective_size", "- 1 if", "if", given={"a": -0.6})
@pytest.mark.parametrize("a", [-0.6, 0.0, 0.5, 0.9, 0.98])
def test_effective_size_of_an_autoregression(a: float) -> None:
    """N (1 - a) / (1 + a): as known, and as the means of many chains scatter."""
    n, chains = 4000, 200
    x = autoregression(n, chains, a)
    known = n * (1 - a) / (1 + a)
    sizes = torch.tensor([effective_size(chain) for chain in x.T[:50]])
    assert sizes.mean().item() == pytest.approx(known, rel=0.1 if known > 100 else 0.4)
    assert effective_size(x) == pytest.approx(chains * known, rel=0.06)
    scatter = (1 / x.mean(0).square().mean()).item()
    assert scatter == pytest.approx(known, rel=0.5)


@breaks("each chain by its own mean", "sampling.autocorrelation", "values.mean()", "values.mean(0)")
def test_chains_that_disagree_are_worth_little() -> None:
    """Two chains, each at its own end: a single draw each."""
    x = autoregression(2000, 2, 0.5) + torch.tensor([-5.0, 5.0])
    assert effective_size(x) < 10
    assert effective_size(x[:, 0]) > 400


@breaks("pairs that may grow", "sampling.effective_size", "pairs.cummin(0).values", "pairs.cummax(0).values")
def test_a_long_chain_that_forgets_is_worth_what_it_is() -> None:
    assert effective_size(torch.randn(20_000)) == pytest.approx(20_000, rel=0.1)


@breaks(
    "a chain that is written on",
    "sampling._metropolis",
    "x, log_p = _where(accept, proposal, x), _where",
    "x, log_p = x.copy_(_where(accept, proposal, x)), _where",
)
def test_what_is_yielded_stays_as_it_was() -> None:
    for name, chain in CHAINS.items():
        start = states(UNITS)
        kept, seen, copies = start.clone(), [], []
        for x in chain(start, 20):
            seen.append(x)
            copies.append(x.clone())
        assert torch.equal(torch.stack(seen), torch.stack(copies)), name
        assert torch.equal(start, kept), name
    x = torch.zeros(5, 2)
    chain = list(langevin(bell, x, 0.1, 5))
    assert not any(a.requires_grad for a in chain)
    assert x.abs().sum() == 0


@breaks("noise in the default dtype", "sampling.random_walk", "torch.randn_like(x)", "torch.randn(x.shape)")
def test_chains_keep_dtype_and_shape_and_follow_the_seed() -> None:
    def picture(x: Tensor) -> Tensor:
        return -x.flatten(1).square().sum(1)

    makers = {
        "metropolis": lambda x: metropolis(picture, x, random_walk(0.2), 3),
        "langevin": lambda x: langevin(picture, x, 0.1, 3),
        "adjusted": lambda x: langevin(picture, x, 0.1, 3, adjust=True),
        "tempering": lambda x: tempering(picture, x, random_walk(0.2), 3, temperatures=[1, 2]),
    }
    for name, make in makers.items():
        x = torch.ones(4, 1, 3, 3, dtype=torch.float32)
        torch.manual_seed(1)
        first = list(make(x))
        torch.manual_seed(1)
        again = list(make(x))
        assert all((a.shape, a.dtype) == (x.shape, x.dtype) for a in first), name
        assert torch.equal(torch.stack(first), torch.stack(again)), name
        assert not torch.equal(first[0], x), name


@breaks("a step too few", "sampling._langevin", "range(steps)", "range(steps - 1)")
def test_as_many_states_as_steps_and_none_before_they_are_read() -> None:
    calls = []

    def counted(x: Tensor) -> Tensor:
        calls.append(len(x))
        return bell(x)

    x = torch.zeros(3, 2)
    chain = metropolis(counted, x, random_walk(1.0), 1000)
    assert len(calls) == 1
    assert len(list(islice(chain, 5))) == 5
    assert len(calls) == 6
    assert len(list(langevin(bell, x, 0.1, 7))) == 7
    assert list(metropolis(bell, x, random_walk(1.0), 0)) == []


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda x: metropolis(bell, x[0], random_walk(1.0), 5), r"shape \(2,\)", "chains"),
        (lambda x: metropolis(bell, x.long(), random_walk(1.0), 5), "int64", "floating point"),
        (lambda x: metropolis(bell, x.numpy(), random_walk(1.0), 5), "numpy", "torch.Tensor"),
        (lambda x: metropolis(bell, x, random_walk(1.0), -1), "steps is -1", "at least 0"),
        (lambda x: metropolis(lambda x: bell(x).sum(), x, random_walk(1.0), 5), r"shape \(\)", r"\(3,\)"),
        (lambda x: metropolis(lambda x: math.nan * bell(x), x, random_walk(1.0), 5), "NaN", "numbers"),
        (lambda x: metropolis(lambda x: -math.inf * x[:, 0].exp(), x, flip_one, 5), "infinite", "positive probability"),
        (lambda x: random_walk(0.0), "scale is 0.0", "positive"),
        (lambda x: langevin(bell, x, -0.1, 5), "step is -0.1", "positive"),
        (lambda x: gibbs([], x, 5), "parts is empty", "a function"),
        (lambda x: gibbs([flip_one], x[:0], 5), r"shape \(0, 2\)", "chains"),
        (lambda x: tempering(bell, x, random_walk(1.0), 5, temperatures=[2, 4]), r"\[2, 4\]", "grow from 1"),
        (lambda x: tempering(bell, x, random_walk(1.0), 5, temperatures=[1, 1]), r"\[1, 1\]", "grow from 1"),
        (lambda x: effective_size(torch.ones(9)), "all equal", "some that differ"),
        (lambda x: effective_size(torch.ones(3)), r"shape \(3,\)", "N >= 4"),
        (lambda x: autocorrelation(torch.arange(9)), "int64", "floating point"),
        (lambda x: autocorrelation(torch.full((9,), math.nan)), "NaN", "finite"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[Tensor], object], got: str, expected: str) -> None:
    """Samplers look when they are called, and not when they are first read."""
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call(torch.zeros(3, 2))
