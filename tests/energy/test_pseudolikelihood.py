"""Laws of the pseudo-likelihood: against the table of all states."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from exact import machine, states
from mutants import breaks
from torch import Tensor
from torch.testing import assert_close

from genlib.energy import DBN, RBM, BoltzmannMachine, ClassRBM, pseudo_log_prob


def conditionals(log_p: Tensor) -> Tensor:
    """Returns the sum over units of log p(x_i | x_-i) of every state, from all logarithms of p `(2**D,)`."""
    cube = log_p.reshape((2,) * int(math.log2(len(log_p))))
    return sum((cube - cube.logsumexp(i, keepdim=True) for i in range(cube.ndim)), torch.zeros(())).flatten()


@breaks(
    "odds the wrong way up",
    "energy.pseudo_log_prob",
    "others - machine.free_energy(x)[:, None]",
    "machine.free_energy(x)[:, None] - others",
)
def test_pseudo_log_prob_is_the_sum_of_all_conditionals() -> None:
    """Of machines of two kinds: each unit's conditional from the table of all states, divided by its own sum."""
    rbm, general = machine(3, 4, seed=1), BoltzmannMachine(4, 2)
    with torch.no_grad():
        for p in general.parameters():
            p.normal_()
    for model in (rbm, general):
        log_p = -model.free_energy(states(4)).detach()
        assert_close(pseudo_log_prob(model, states(4)), conditionals(log_p))


@breaks(
    "labels flipped like pixels",
    "energy.pseudo_log_prob",
    "machine.pixels if isinstance(machine, ClassRBM) else machine.features",
    "machine.features",
    by=ValueError,
)
def test_pseudo_log_prob_of_a_labelled_machine_is_that_of_its_pictures() -> None:
    rbm = ClassRBM(3, 2, 4)
    with torch.no_grad():
        for p in rbm.parameters():
            p.normal_()
        both = torch.cat([rbm.with_label(states(3), torch.full((8,), y)) for y in (0, 1)])
        log_p = -rbm.free_energy(both).reshape(2, 8)
    assert_close(pseudo_log_prob(rbm, states(3)), conditionals(log_p.logsumexp(0)))


@breaks("units put on, not flipped", "energy.pseudo_log_prob", "(x - flip).abs()", "torch.maximum(x, flip)")
def test_pseudo_log_prob_is_exact_where_units_are_independent_and_learns() -> None:
    """Without couplings it is the likelihood; its gradient is that of a second computation, by differences."""
    rbm = machine(3, 4, seed=1)
    x = states(4)[[3, 9, 14]]
    rbm.W.data.zero_()
    assert_close(pseudo_log_prob(rbm, x), rbm.log_prob(x))
    rbm.W.data.normal_()
    (slope,) = torch.autograd.grad(pseudo_log_prob(rbm, x).sum(), rbm.c)
    step = torch.tensor([0.0, 1e-6, 0.0, 0.0])
    with torch.no_grad():
        rbm.c.add_(step)
        above = pseudo_log_prob(rbm, x).sum()
        rbm.c.sub_(2 * step)
        below = pseudo_log_prob(rbm, x).sum()
    assert slope[1].item() == pytest.approx((above - below).item() / 2e-6, rel=1e-5)


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda: pseudo_log_prob(DBN(RBM(3, 2)), torch.zeros(2, 3)), "a DBN", "an RBM or a BoltzmannMachine"),
        (lambda: pseudo_log_prob(RBM(3, 2), torch.zeros(2, 4)), "4 features", "has 3"),
        (lambda: pseudo_log_prob(ClassRBM(3, 2, 2), torch.zeros(2, 5)), "5 pixels", "ClassRBM has 3"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()
