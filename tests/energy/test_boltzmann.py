"""Laws of the general Boltzmann machine, against sums over its states that are written out unit by unit."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest
import torch
from exact import assert_law, drawn, draws, states
from mutants import breaks
from torch import Tensor
from torch.testing import assert_close

from genlib.energy import RBM, BoltzmannMachine


def general(features: int, hidden: int, *, seed: int = 0) -> BoltzmannMachine:
    """Returns a machine of standard normal parameters, also below the diagonals, where they have no effect."""
    return drawn(lambda: BoltzmannMachine(features, hidden), seed)


def weights(machine: BoltzmannMachine) -> Tensor:
    """Returns -E of every state of all units, visible first, `(2**(D + H),)`: one term for a unit, one for a pair."""
    D, H = machine.features, machine.hidden
    v = states(D + H).reshape(-1, D + H)
    total = torch.zeros(len(v))
    for i in range(D + H):
        total = total + (machine.c[i] if i < D else machine.b[i - D]) * v[:, i]
    for i, j in combinations(range(D + H), 2):
        coupling = machine.R[i, j] if j < D else machine.W[j - D, i] if i < D else machine.S[i - D, j - D]
        total = total + coupling * v[:, i] * v[:, j]
    return total


def visible_law(machine: BoltzmannMachine) -> Tensor:
    return weights(machine).softmax(0).reshape(2**machine.features, -1).sum(1)


@breaks(
    "pairs counted twice",
    "energy.BoltzmannMachine._energy",
    ".sum(-1) / 2",
    ".sum(-1)",
    given={"features": 3, "hidden": 2},
)
@breaks(
    "units coupled to themselves",
    "energy.BoltzmannMachine.couplings",
    "self.S.triu(1)",
    "self.S.triu(0)",
    given={"features": 3, "hidden": 2},
)
@pytest.mark.parametrize(("features", "hidden"), [(5, 0), (3, 2), (1, 4)])
def test_energy_counts_each_unit_and_each_pair_once(features: int, hidden: int) -> None:
    machine, v = general(features, hidden), states(features + hidden)
    assert_close(machine.energy(v[:, :features], v[:, features:]), -weights(machine))


@breaks("free energy of the first hidden state", "energy.BoltzmannMachine.free_energy", "logsumexp(1)", "select(1, 0)")
def test_scores_are_sums_over_states() -> None:
    machine, x = general(3, 3), states(3)
    assert_close(machine.free_energy(x), -weights(machine).reshape(8, 8).logsumexp(1))
    assert_close(machine.log_partition(), weights(machine).logsumexp(0))
    assert_close(machine.log_prob(x).exp(), visible_law(machine))


@breaks("the lecture's sign", "energy.BoltzmannMachine._energy", "/ 2 -", "/ 2 +")
def test_five_units_of_the_lecture() -> None:
    r"""E = x1 + x2 + 2 x3 - x1 x2 - x2 x3 - x3 x4 - x4 x5, worked out by hand on three of its states."""
    machine = BoltzmannMachine(5)
    with torch.no_grad():
        machine.c.copy_(torch.tensor([-1.0, -1, -2, 0, 0]))
        machine.R[range(4), range(1, 5)] = 1.0
    x = torch.tensor([[0.0, 0, 0, 1, 1], [1, 0, 1, 0, 0], [1, 1, 1, 1, 1]])
    assert machine.energy(x).tolist() == [-1.0, 3.0, 0.0]
    assert (machine.energy(states(5)) + 1).long().bincount().tolist() == [1, 9, 13, 7, 2]
    assert machine.log_partition().item() == pytest.approx(2.8649, abs=5e-5)


@breaks("the general machine with W transposed", "energy.BoltzmannMachine.couplings", "self.W.T", "self.W.T.flip(0)")
def test_a_machine_without_lateral_couplings_is_restricted() -> None:
    machine, rbm, x = general(4, 3), RBM(4, 3), states(4)
    with torch.no_grad():
        machine.R.zero_(), machine.S.zero_()
        for name in ("W", "b", "c"):
            getattr(rbm, name).copy_(getattr(machine, name))
    assert_close(machine.free_energy(x), rbm.free_energy(x))
    assert_close(machine.log_prob(x), rbm.log_prob(x))


@breaks("no negative phase", "energy.BoltzmannMachine.log_prob", "- self.log_partition()", "")
def test_gradient_is_the_difference_of_two_correlations() -> None:
    """Data against machine, for a pair of units of each kind: Ackley, Hinton and Sejnowski's rule."""
    machine, data = general(3, 2), states(3)[[1, 2, 2, 7]]
    machine.loss(data).backward()
    p = weights(machine).softmax(0)
    given = p.reshape(8, 4) / p.reshape(8, 4).sum(1, keepdim=True)
    shares = torch.bincount((data @ torch.tensor([4.0, 2, 1])).long(), minlength=8) / len(data)
    positive, v = (shares[:, None] * given).flatten(), states(5)
    difference = torch.einsum("n,ni,nj->ij", positive - p, v, v)
    assert_close(machine.R.grad, -difference[:3, :3].triu(1))
    assert_close(machine.W.grad, -difference[3:, :3])
    assert_close(machine.S.grad, -difference[3:, 3:].triu(1))
    assert_close(machine.c.grad, -difference.diagonal()[:3])
    assert_close(machine.b.grad, -difference.diagonal()[3:])


# Chains


@breaks("a kernel that forgets its biases", "energy.BoltzmannMachine.gibbs", "biases[i] + ", "")
@breaks(
    "a kernel that feeds back probabilities",
    "energy.BoltzmannMachine.gibbs",
    "bernoulli(torch.sigmoid(",
    "(torch.sigmoid(",
    by=RuntimeError,
)
def test_gibbs_leaves_the_exact_law_unchanged() -> None:
    machine = general(3, 2, seed=1)
    p = weights(machine).softmax(0).detach()
    assert_law(machine.gibbs(draws(p, 400_000)), p)


@breaks("all units at once", "energy.BoltzmannMachine.gibbs", "v @ couplings[i]", "old @ couplings[i]", by=NameError)
@breaks("units from last to first", "energy.BoltzmannMachine.gibbs", "range(v.shape[1])", "range(v.shape[1])[::-1]")
def test_gibbs_visits_units_in_turn_as_often_as_told() -> None:
    """From a known state, against the product of the units' own transition matrices."""
    machine = general(2, 2, seed=2)
    v, w = states(4), weights(machine).detach()
    sweep = torch.eye(16)
    for i in range(4):
        same = (v[:, None] == v[None])[:, :, [j for j in range(4) if j != i]].all(-1)
        sweep = sweep @ torch.where(same, w, -torch.inf).softmax(1)
    start = torch.zeros(16).index_fill(0, torch.tensor([6]), 1.0)
    for steps in (1, 2):
        reached = start @ torch.linalg.matrix_power(sweep, steps)
        assert_law(machine.gibbs(draws(start, 100_000), steps), reached)


@breaks("the free units clamped", "energy.BoltzmannMachine.gibbs", "(~mask(", "(mask(")
def test_clamped_units_stay_and_the_others_follow_their_law() -> None:
    machine = general(3, 2, seed=3)
    p = weights(machine).softmax(0).detach()
    clamp = torch.tensor([True, False, True, False, False])
    kept = (states(5)[:, clamp] == torch.tensor([1.0, 0.0])).all(1)
    given = torch.where(kept, p, 0) / p[kept].sum()
    start = draws(given, 200_000)
    end = machine.gibbs(start, clamp=clamp)
    assert torch.equal(end[:, clamp], start[:, clamp])
    assert_law(end, given)


@breaks("a sweep and no more", "energy.BoltzmannMachine.sample", "(start, steps)", "(start, 1)")
def test_sample_runs_to_the_law_of_the_visible_units() -> None:
    machine = general(3, 2, seed=4)
    assert_law(machine.sample(100_000, steps=50), visible_law(machine).detach())


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda: BoltzmannMachine(0), "features=0", "at least 1"),
        (lambda: BoltzmannMachine(3, -1), "hidden=-1", "0 hidden"),
        (lambda: BoltzmannMachine(4).energy(torch.zeros(2, 5)), "5 features", "has 4"),
        (lambda: BoltzmannMachine(4, 2).energy(torch.zeros(2, 4)), "0 hidden", "has 2"),
        (lambda: BoltzmannMachine(4, 2).gibbs(torch.zeros(2, 4)), "4 units", "has 6"),
        (lambda: BoltzmannMachine(15, 6).log_partition(), "21", "at most 20"),
        (lambda: BoltzmannMachine(2, 21).free_energy(torch.zeros(1, 2)), "21", "at most 20"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()
