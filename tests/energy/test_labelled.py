"""Laws of the machine that knows labels, against the plain RBM of the same energy restricted to one-hot labels."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from exact import assert_law, drawn, draws, joint, states
from mutants import breaks
from torch import Tensor
from torch.testing import assert_close

from genlib.energy import ClassRBM

D, C = 3, 3


def labelled(hidden: int = 4, *, seed: int = 0) -> ClassRBM:
    return drawn(lambda: ClassRBM(D, C, hidden), seed)


def allowed() -> Tensor:
    """Returns which of the states of D pixels and C label units have one label."""
    return states(D + C)[:, D:].sum(1) == 1


def weights(rbm: ClassRBM) -> Tensor:
    """Returns -E(x, y, h) of all hidden states and all states of pixels and units, `(2**H, 2**(D + C))`."""
    return torch.where(allowed(), joint(rbm), -torch.inf)


def law(rbm: ClassRBM) -> Tensor:
    return weights(rbm).detach().logsumexp(0).softmax(0)


@breaks(
    "labels summed like pixels",
    "energy.ClassRBM.visible_log_partition",
    "label.logsumexp(-1)",
    "F.softplus(label).sum(-1)",
)
def test_log_partition_sums_over_states_with_one_label() -> None:
    for hidden in (2, 7):
        assert_close(labelled(hidden).log_partition(), weights(labelled(hidden)).logsumexp((0, 1)))


@breaks("no label bias", "energy.ClassRBM.label_free_energy", " - self.c[self.pixels :]", "")
def test_labels_are_summed_out_of_pictures_alone() -> None:
    rbm = labelled()
    per_state = weights(rbm).logsumexp(0).reshape(2**D, 2**C)
    assert_close(rbm.free_energy(states(D)), -per_state.logsumexp(1))
    assert_close(rbm.free_energy(states(D + C)[allowed()]), -per_state.flatten()[allowed()])
    assert rbm.log_prob(states(D)).exp().sum().item() == pytest.approx(1, abs=1e-12)


@breaks("the unlikeliest label", "energy.ClassRBM.prob_y", "(-self.label", "(self.label")
def test_a_label_has_the_joint_laws_posterior() -> None:
    rbm = labelled()
    one_hot = law(rbm).reshape(2**D, 2**C)[:, [4, 2, 1]]  # the states 100, 010, 001
    assert_close(rbm.prob_y(states(D)), one_hot / one_hot.sum(1, keepdim=True))
    x, y = states(D)[[1, 5]], torch.tensor([2, 0])
    assert_close(rbm.label_free_energy(x)[range(2), y], rbm.free_energy(rbm.with_label(x, y)))


@breaks("labels one by one", "energy.ClassRBM.prob_x", "label.softmax(-1)", "torch.sigmoid(label)")
def test_visible_units_given_h_come_from_the_joint() -> None:
    rbm, h = labelled(), states(4)
    assert_close(rbm.prob_x(h), weights(rbm).softmax(1) @ states(D + C))


@breaks(
    "the likeliest label always",
    "energy.ClassRBM.draw_x",
    "torch.multinomial(label.softmax(-1), 1).squeeze(-1)",
    "label.argmax(-1)",
)
def test_gibbs_leaves_the_exact_law_unchanged() -> None:
    rbm = labelled(seed=1)
    assert_law(rbm.gibbs(draws(law(rbm), 400_000)), law(rbm))


@pytest.mark.slow
@breaks("labels let go", "energy.ClassRBM.sample", "clamp=clamp", "clamp=None")
def test_sample_keeps_the_labels_it_is_given() -> None:
    rbm, n = labelled(seed=2), 100_000
    assert_law(rbm.sample(n, steps=50), law(rbm))
    x = rbm.sample(n, steps=50, y=torch.ones(n, dtype=torch.long))
    p = law(rbm).reshape(2**D, 2**C)[:, 2]
    assert torch.equal(x[:, D:], torch.tensor([0.0, 1.0, 0.0]).expand(n, C))
    assert_law(x[:, :D], p / p.sum())


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda: ClassRBM(4, 1, 3), "classes=1", "at least 2"),
        (lambda: ClassRBM(4, 3, 3).prob_y(torch.zeros(2, 7)), "7 pixels", "has 4"),
        (lambda: ClassRBM(4, 3, 3).free_energy(torch.zeros(2, 5)), "5 units", "4 pixels and 3 classes side by side, 7"),
        (lambda: ClassRBM(4, 3, 21).log_partition(), "21 units", "at most 20"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()
