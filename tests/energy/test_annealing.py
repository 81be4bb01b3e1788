"""Laws of annealed importance sampling: unbiased, and near log Z on random and trained machines, from both sides."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import pytest
import torch
from exact import assert_mean, draws, joint, law, machine, states
from mutants import breaks
from torch import Tensor

from genlib import data
from genlib.energy import DBM, DBN, RBM, BoltzmannMachine, ClassRBM, ais, bernoulli, reverse_ais
from genlib.evaluate import effective_sample_size
from genlib.train import fit

RANDOM_SHAPES = [(1, 30), (2, 9), (5, 5), (8, 40), (9, 16), (12, 64), (20, 10), (25, 6), (14, 20), (18, 50)]
TRAINED_SIZES = [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]


def random_machine(hidden: int, features: int) -> RBM:
    rbm = machine(hidden, features, seed=hidden)
    with torch.no_grad():
        rbm.W.mul_(0.6)
    return rbm


@cache
def trained_machine(hidden: int) -> RBM:
    """Returns a machine that has learned binary digits by persistent contrastive divergence."""
    (images, _), *_ = data.load("digits")
    x = data.binarize(images.flatten(1)).double()
    torch.manual_seed(hidden)
    rbm = RBM(64, hidden)
    chains = bernoulli(torch.full((100, 64), 0.5))
    batches = data.batches(x, 100, seed=hidden)
    for _ in fit(lambda v: rbm.loss(v, chains=chains), rbm.parameters(), batches, steps=800, lr=0.02, progress=False):
        pass
    return rbm


@breaks(
    "weights without the softplus terms",
    "energy.annealing._anneal",
    "(F.softplus(new * inputs) - F.softplus(old * inputs)).sum(-1)",
    "0",
    given={"base": None},
)
@breaks(
    "weights at the wrong temperature",
    "energy.annealing._anneal",
    "F.softplus(new * inputs)",
    "F.softplus(inputs)",
    given={"base": None},
)
@breaks(
    "sweeps of h at the wrong temperature",
    "energy.annealing._anneal",
    "torch.sigmoid(old * inputs)",
    "torch.sigmoid(new * inputs)",
    given={"base": None},
)
@breaks(
    "sweeps of x at the wrong temperature",
    "energy.annealing._anneal",
    "draw_x(old * (h",
    "draw_x(1 * (h",
    given={"base": None},
)
@breaks(
    "visible bias cooled twice", "energy.annealing._anneal", "(c_0 + old * slope)", "old * rbm.c", given={"base": None}
)
@breaks(
    "weights without the change of base",
    "energy.annealing._anneal",
    "(new - old) * (x @ slope)",
    "0",
    given={"base": torch.tensor([1.0, -0.5, 0.0, 2.0])},
)
@breaks(
    "hidden units forgotten at the start",
    "energy.annealing._log_z_0",
    "rbm.hidden * math.log(2) + ",
    "",
    given={"base": None},
)
@breaks(
    "mean of logs for the log of the mean",
    "energy.annealing._ais",
    "log_w.logsumexp(0).item() - math.log(n)",
    "log_w.mean().item()",
    given={"base": None},
)
@pytest.mark.parametrize("base", [None, torch.tensor([1.0, -0.5, 0.0, 2.0])])
def test_ais_is_unbiased_at_any_number_of_temperatures(base: Tensor | None) -> None:
    """The mean weight is Z, even with one temperature or three: any slip in a weight or in a sweep shows."""
    rbm = machine(3, 4, seed=1)
    log_z = joint(rbm).logsumexp((0, 1)).item()
    for temperatures in (1, 3):
        result = ais(rbm, chains=200_000, temperatures=temperatures, base=base)
        assert result.log_weights.shape == (200_000,)
        assert_mean((result.log_weights - log_z).exp(), torch.tensor(1.0))
        assert result.log_z == pytest.approx(result.log_weights.exp().mean().log().item(), abs=1e-9)


@breaks("a temperature too few", "energy.ais", "temperatures + 1", "temperatures")
@breaks("a temperature too few on the way back", "energy.reverse_ais", "temperatures + 1", "temperatures")
def test_annealing_sweeps_once_between_two_temperatures() -> None:
    rbm, draws = machine(3, 4), []
    draw = rbm.draw_x
    rbm.draw_x = lambda inputs: draws.append(len(inputs)) or draw(inputs)
    ais(rbm, chains=7, temperatures=5)
    assert draws == [7] * 5, "a start, and a sweep at each of the four temperatures in between"
    reverse_ais(rbm, states(4), temperatures=5)
    assert draws[5:] == [16] * 4


@breaks("spread told for standard error", "energy.annealing._ais", " / math.sqrt(n)", "")
def test_ais_standard_error_is_the_spread_of_its_estimates() -> None:
    rbm = machine(3, 4, seed=1)
    results = [ais(rbm, chains=100, temperatures=10) for _ in range(500)]
    spread = torch.tensor([r.log_z for r in results]).std().item()
    told = sum(r.standard_error for r in results) / len(results)
    assert told == pytest.approx(spread, rel=0.12)


@breaks(
    "sums of some chains",
    "energy.annealing._ais",
    "log_w.logsumexp(0)",
    "log_w[::2].logsumexp(0)",
    given={"hidden": 5, "features": 5},
)
@pytest.mark.parametrize(("hidden", "features"), RANDOM_SHAPES)
def test_ais_finds_log_z_of_random_machines(hidden: int, features: int) -> None:
    rbm = random_machine(hidden, features)
    result = ais(rbm, chains=100, temperatures=2000)
    assert result.standard_error <= 0.05
    assert abs(result.log_z - rbm.log_partition().item()) <= 3 * result.standard_error


@breaks("half the way", "energy.ais", "torch.linspace(0, 1,", "torch.linspace(0, 0.5,", given={"hidden": 4})
@breaks("chains that never move", "energy.annealing._anneal", "if i:", "if False:", given={"hidden": 4})
@pytest.mark.parametrize("hidden", TRAINED_SIZES)
@pytest.mark.slow
def test_ais_finds_log_z_of_trained_machines(hidden: int) -> None:
    rbm = trained_machine(hidden)
    result = ais(rbm, chains=100, temperatures=2000)
    assert result.standard_error <= 0.05
    assert abs(result.log_z - rbm.log_partition().item()) <= 3 * result.standard_error


@breaks("haste that does not show", "energy.ais", "temperatures + 1", "min(temperatures, 4) + 1")
def test_ais_in_haste_flatters_a_trained_machine() -> None:
    """With few temperatures log Z comes out too low, by far more than the standard error admits."""
    rbm = trained_machine(16)
    exact, errors = rbm.log_partition().item(), []
    for temperatures in (1, 4, 1000):
        results = [ais(rbm, chains=20, temperatures=temperatures) for _ in range(10)]
        errors.append(sum(r.log_z for r in results) / 10 - exact)
    assert errors[0] < errors[1] - 1 < errors[2] - 2
    assert errors[1] < -0.5
    assert abs(errors[2]) < 0.1


@breaks(
    "the way back with the way there's sweeps",
    "energy.reverse_ais",
    "torch.linspace(1, 0",
    "torch.linspace(0, 1",
    given={"base": None},
)
@breaks(
    "the start counted twice on the way back",
    "energy.reverse_ais",
    "log_w - _log_z_0",
    "log_w + _log_z_0",
    given={"base": None},
)
@pytest.mark.parametrize("base", [None, torch.tensor([1.0, -0.5, 0.0, 2.0])])
def test_reverse_ais_is_unbiased_from_exact_samples(base: Tensor | None) -> None:
    """The mean of Z_0 / Z is what it averages to; from samples of another machine it is not."""
    rbm = machine(3, 4, seed=1)
    log_z, p = joint(rbm).logsumexp((0, 1)).item(), law(rbm)
    for temperatures in (1, 3):
        result = reverse_ais(rbm, draws(p, 200_000), temperatures=temperatures, base=base)
        assert_mean((log_z - result.log_weights).exp(), torch.tensor(1.0))
        assert result.log_z == pytest.approx(-(-result.log_weights).exp().mean().log().item(), abs=1e-9)


@breaks("the way back from anywhere", "energy.reverse_ais", "rbm, c_0, x,", "rbm, c_0, torch.zeros_like(x),")
def test_forward_and_reverse_close_in_on_log_z() -> None:
    """From below and from above, and with more temperatures from nearer."""
    rbm = trained_machine(12)
    exact, gaps = rbm.log_partition().item(), []
    x = rbm.gibbs(draws_of(rbm, 2000), steps=5)
    for temperatures in (10, 300):
        below = torch.tensor([ais(rbm, chains=20, temperatures=temperatures).log_z for _ in range(20)])
        above = torch.tensor([reverse_ais(rbm, part, temperatures=temperatures).log_z for part in x[:400].split(20)])
        gaps.append((exact - below.mean().item(), above.mean().item() - exact))
    assert min(gaps[0]) > 0.3
    assert max(map(abs, gaps[1])) < 0.2


def draws_of(rbm: RBM, n: int) -> Tensor:
    """Draws exactly from a machine with few hidden units: h by its law, x given h."""
    h = states(rbm.hidden)
    log_p = h @ rbm.b + torch.nn.functional.softplus(h @ rbm.W + rbm.c).sum(1)
    return bernoulli(rbm.prob_x(h[torch.multinomial(log_p.softmax(0), n, replacement=True)])).detach()


@breaks(
    "chains that start with any labels",
    "energy.ClassRBM.visible_log_partition",
    "label.logsumexp(-1)",
    "F.softplus(label).sum(-1)",
)
def test_deep_and_labelled_machines_are_annealed_as_they_are() -> None:
    """Unbiased with three temperatures, where any slip shows: all layers of a DBM, a DBN's top, one label a picture."""
    torch.manual_seed(2)
    base, n = torch.tensor([1.0, -0.5, 0.3]), 100_000
    for model, start in ((DBM(3, 2, 2), base), (DBN(RBM(5, 3), RBM(3, 2)), base), (ClassRBM(2, 3, 2), None)):
        with torch.no_grad():
            for p in model.parameters():
                p.normal_()
        log_z = (model.top if isinstance(model, DBN) else model).log_partition().item()
        result = ais(model, chains=n, temperatures=3, base=start)
        assert_mean((result.log_weights - log_z).exp(), torch.tensor(1.0))


@breaks(
    "weights half squared",
    "evaluate.effective_sample_size",
    "(2 * log_weights).logsumexp(0)",
    "2 * (log_weights - math.log(2) / 2).logsumexp(0)",
)
def test_standard_error_follows_from_the_effective_sample_size() -> None:
    """With n weights of mean w and variance v the size is n / (1 + v / w^2), and the error the root of v / (n w^2)."""
    result = ais(machine(3, 4, seed=1), chains=5000, temperatures=5)
    n, size = 5000, effective_sample_size(result.log_weights)
    assert result.standard_error == pytest.approx(math.sqrt((n / size - 1) / (n - 1)), rel=1e-9)


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda: ais(BoltzmannMachine(3)), "a BoltzmannMachine", "an RBM, a DBN or a DBM"),
        (lambda: ais(RBM(3, 2), chains=1), "chains is 1", "at least 2"),
        (lambda: ais(RBM(3, 2), temperatures=0), "temperatures is 0", "at least 1"),
        (lambda: ais(RBM(3, 2), base=torch.zeros(4)), r"\(4,\)", r"\(3,\)"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()
