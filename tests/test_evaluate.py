"""Laws of the estimators: each against a value that can be had exactly, on random and on trained models."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import torch
from exact import LinearGaussian, assert_mean, draws, joint, law, machine, states
from mutants import breaks
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist, jensenshannon
from torch import Tensor
from torch.testing import assert_close

from genlib import data
from genlib.energy import DBM, DBN, RBM, BoltzmannMachine, ClassRBM, ais, bernoulli, pseudo_log_prob, reverse_ais
from genlib.evaluate import (
    bits_per_dim,
    effective_sample_size,
    floor,
    frechet_distance,
    grid_jsd,
    kernel_distance,
    mean_and_error,
    nearest,
    precision_recall,
)
from genlib.nn import Bernoulli, Gaussian, mlp
from genlib.train import fit
from genlib.vae import VAE, importance_log_prob

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


# The partition function


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
    "weights not squared",
    "evaluate.effective_sample_size",
    "(2 * log_weights).logsumexp(0)",
    "log_weights.logsumexp(0)",
)
def test_effective_sample_size_is_its_formula() -> None:
    """All for equal weights, one where one outweighs the rest, and the same whatever is added to the logarithms."""
    w = torch.rand(50).square()
    expected = (w.sum() ** 2 / (w**2).sum()).item()
    for shift in (0, 800, -3000):
        assert effective_sample_size(w.log() + shift) == pytest.approx(expected)
        assert effective_sample_size(torch.zeros(50) + shift) == pytest.approx(50)
    assert effective_sample_size(torch.tensor([0.0, 0.0, 90.0])) == pytest.approx(1)


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


# Pseudo-likelihood


def conditionals(log_p: Tensor) -> Tensor:
    """Returns the sum over units of log p(x_i | x_-i) of every state, from all logarithms of p `(2**D,)`."""
    cube = log_p.reshape((2,) * int(math.log2(len(log_p))))
    return sum((cube - cube.logsumexp(i, keepdim=True) for i in range(cube.ndim)), torch.zeros(())).flatten()


@breaks(
    "odds the wrong way up",
    "energy.pseudo_log_prob",
    "others - model.free_energy(x)[:, None]",
    "model.free_energy(x)[:, None] - others",
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
    "model.pixels if isinstance(model, ClassRBM) else model.features",
    "model.features",
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


# The likelihood of a VAE


@breaks("pieces weighted alike", "vae.importance_log_prob", " + math.log(k)", "", given={"rows": 2, "samples": 45_001})
@breaks(
    "the last piece dropped",
    "vae.importance._pieces",
    "range(0, total, largest)",
    "range(0, max(1, total - largest), largest)",
    given={"rows": 2, "samples": 45_001},
)
@pytest.mark.parametrize(("rows", "samples"), [(10, 5000), (2, 45_001), (3, 1)])
def test_importance_log_prob_is_exact_at_the_posterior(rows: int, samples: int) -> None:
    """All weights are equal there, however rows and samples are cut into pieces."""
    truth = LinearGaussian()
    x = truth.marginal.sample((rows,))
    estimate = importance_log_prob(truth.vae(), x, samples=samples)
    assert_close(estimate, truth.marginal.log_prob(x))
    assert not estimate.requires_grad


@breaks("the best piece for all", "vae.importance_log_prob", ".logsumexp(0)", ".amax(0)")
def test_importance_log_prob_nears_the_likelihood_beside_the_posterior() -> None:
    truth = LinearGaussian()
    x = truth.marginal.sample((8,))
    estimate = importance_log_prob(truth.vae(noise=0.1), x, samples=50_000)
    assert_close(estimate, truth.marginal.log_prob(x), rtol=0, atol=0.05)


# Figures


@breaks("decimal digits for bits", "evaluate.bits_per_dim", "(dims * math.log(2))", "(dims * math.log(10))")
def test_bits_per_dim_of_even_bytes_is_eight() -> None:
    log_prob = torch.full((3,), -100 * math.log(256))
    assert_close(bits_per_dim(log_prob, 100), torch.full((3,), 8.0))


@breaks("variance for spread", "evaluate.mean_and_error", "values.std()", "values.var()")
def test_mean_and_error_cover_the_truth_as_often_as_they_should() -> None:
    """The true mean lies within one standard error in 68 % of cases."""
    inside = [abs(m - 5) < e for m, e in (mean_and_error(5 + 3 * torch.randn(50)) for _ in range(2000))]
    assert sum(inside) / 2000 == pytest.approx(0.68, abs=0.04)
    assert mean_and_error(torch.tensor([1.0, 2.0, 6.0])) == pytest.approx((3, math.sqrt(7 / 3)))


@breaks("divergence of one side", "evaluate.grid_jsd", " + torch.xlogy(q, q / m)", "")
@breaks(
    "points beyond the grid in the wrong cells", "evaluate._histogram", "clamp(0, cells - 1)", "clamp(1, cells - 1)"
)
@breaks("a grid of half the width", "evaluate._histogram", "(2 * limit)", "limit")
def test_grid_jsd_agrees_with_scipy() -> None:
    """Points beyond the grid count in its outermost cells."""
    p, q = torch.randn(3000, 2), torch.randn(2000, 2) * 0.7 + 0.5
    edges = np.linspace(-2, 2, 13)
    shares = [np.histogram2d(*s.clamp(-2, 2).numpy().T, bins=[edges, edges])[0].ravel() for s in (p, q)]
    expected = jensenshannon(*shares) ** 2
    assert grid_jsd(p, q, cells=12, limit=2) == pytest.approx(expected, abs=1e-12)
    assert grid_jsd(q, p, cells=12, limit=2) == pytest.approx(expected, abs=1e-12)


@breaks("divergence from one another", "evaluate.grid_jsd", "m = (p + q) / 2", "m = q")
def test_grid_jsd_spans_from_zero_to_log_two() -> None:
    p = torch.rand(500, 2)
    assert grid_jsd(p, p) == 0
    assert grid_jsd(p, p.flip(0).repeat(3, 1)) == pytest.approx(0, abs=1e-12)
    assert grid_jsd(p, -p) == pytest.approx(math.log(2), abs=1e-12)
    assert grid_jsd(p + 100, p + 200) == 0


# Samples against data


@breaks("means alone", "evaluate.frechet_distance", ".sum() + spread)", ".sum())")
@breaks("covariances that need not be alike", "evaluate.frechet_distance", '@ root_y.T, "nuc"', '@ root_y.T, "fro"')
@breaks("a root for its transpose", "evaluate.frechet_distance", "@ root_y.T", "@ root_y")
@breaks("N for N - 1", "evaluate._moments", "len(x) - 1", "len(x)")
def test_frechet_distance_is_that_of_scipy() -> None:
    for n, m, width in [(40, 60, 5), (200, 9, 8), (500, 500, 16)]:
        x, y = torch.randn(n, width) @ torch.randn(width, width), 2 * torch.randn(m, width) + 1
        a, b = np.cov(x.numpy().T), np.cov(y.numpy().T)
        root = sqrtm(a @ b).real
        expected = ((x.mean(0) - y.mean(0)) ** 2).sum().item() + np.trace(a + b - 2 * root)
        assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-6)
        assert frechet_distance(y, x) == pytest.approx(expected, rel=1e-6)


@breaks("a plain distance of the means", "evaluate.frechet_distance", "(mu_x - mu_y).square()", "(mu_x - mu_y).abs()")
def test_frechet_distance_of_moved_and_stretched_points() -> None:
    """Moved by v it is |v|^2; stretched by s along one axis it is (s - 1)^2 of the variance there; else 0."""
    x = torch.randn(300, 4)
    v, stretch = torch.tensor([1.0, -2.0, 0.0, 3.0]), torch.tensor([1.0, 1.0, 1.0, 1.5])
    assert frechet_distance(x, x[torch.randperm(300)]) == pytest.approx(0, abs=1e-12)
    assert frechet_distance(x, x + v) == pytest.approx(14, rel=1e-12)
    centred = torch.linalg.qr(x - x.mean(0)).Q * math.sqrt(299)  # covariance 1
    assert frechet_distance(centred, centred * stretch) == pytest.approx(0.25, rel=1e-9)


@breaks("pairs of a point with itself", "evaluate.kernel_distance", "- _kernel(v.square()", "- 0 * _kernel(v.square()")
@breaks("every pair once", "evaluate.kernel_distance", "(n * (n - 1))", "(n * n)")
@breaks("a kernel of degree two", "evaluate._kernel", "** 3", "** 2")
@breaks("a product that grows with the width", "evaluate._kernel_sum", " / x.shape[1]", "")
@breaks("the last rows left out", "evaluate._kernel_sum", "for rows in x.split(ROWS)", "for rows in x.split(ROWS)[:1]")
def test_kernel_distance_is_its_double_sum() -> None:
    for n, m, width in [(7, 5, 3), (1500, 40, 6)]:
        x, y = torch.randn(n, width), torch.randn(m, width) * 1.5 + 0.3
        k = lambda a, b: ((a @ b.T).numpy() / width + 1) ** 3  # noqa: E731, B023
        off = lambda v: k(v, v)[~np.eye(len(v), dtype=bool)].mean()  # noqa: E731, B023
        assert kernel_distance(x, y) == pytest.approx(off(x) + off(y) - 2 * k(x, y).mean(), rel=1e-9)


@breaks("a biased mean", "evaluate.kernel_distance", "(m * (m - 1))", "(m * m)")
def test_kernel_distance_is_unbiased_at_any_number_and_frechet_is_not() -> None:
    """Between two draws of one distribution the first is zero in the mean; the second falls as one over the number."""
    kernel, frechet = ([d(torch.randn(6, 3), torch.randn(9, 3)) for _ in range(4000)] for d in DISTANCES)
    assert_mean(torch.tensor(kernel), torch.tensor(0.0))
    assert min(frechet) > 0.1


DISTANCES = kernel_distance, frechet_distance


def brute_precision(real: np.ndarray, fake: np.ndarray, k: int) -> float:
    radius = [sorted(np.delete(row, i))[k - 1] for i, row in enumerate(cdist(real, real))]
    return float(np.mean([any(d <= r for d, r in zip(row, radius, strict=True)) for row in cdist(fake, real)]))


@breaks("a ball that counts its own centre", "evaluate._covered", "kthvalue(k + 1)", "kthvalue(k)")
@breaks("balls about the points", "evaluate._covered", "(_distances(rows, centres) <= radius)", "(radius >= 0)[None]")
@breaks("precision for recall", "evaluate.precision_recall", "_covered(real, fake, k)", "_covered(fake, real, k)")
@breaks("the first rows alone", "evaluate._covered", "points.split(ROWS)", "points.split(ROWS)[:1]")
def test_precision_and_recall_count_points_in_balls() -> None:
    for n, m, k in [(30, 20, 1), (40, 60, 3), (12, 1100, 2)]:
        real, fake = torch.randn(n, 2), 0.7 * torch.randn(m, 2) + 0.8
        precision, recall = (
            brute_precision(real.numpy(), fake.numpy(), k),
            brute_precision(fake.numpy(), real.numpy(), k),
        )
        assert precision_recall(real, fake, k) == pytest.approx((precision, recall), abs=1e-12)
        assert abs(precision - recall) > 0.05, "a slip that swaps the two would pass"


@breaks("the farthest", "evaluate.nearest", "largest=False", "largest=True")
@breaks("neighbours among the first rows", "evaluate.nearest", "x.split(ROWS)", "x[:ROWS].split(ROWS)")
def test_nearest_are_those_of_a_full_table() -> None:
    x, others = torch.randn(1100, 3), torch.randn(50, 3)
    distance, index = nearest(x, others, k=2)
    table = torch.from_numpy(cdist(x.numpy(), others.numpy()))
    assert_close(distance, table.sort(1).values[:, :2])
    assert torch.equal(index, table.argsort(1)[:, :2])


@breaks("draws that overlap", "evaluate.floor", "order[size : 2 * size]", "order[size // 2 : size + size // 2]")
@breaks("half the samples", "evaluate.floor", "order[:size]]", "order[: size // 2]]")
def test_floor_is_the_distance_of_two_disjoint_draws() -> None:
    """And for two draws of one 32-dimensional Gaussian what is published of it: 6.0 at 100 samples, .62 at 1,000."""
    x, seen = torch.arange(20.0)[:, None], []
    floor(lambda a, b: float(seen.append((a, b)) is None), x, 10, repeats=3)
    for a, b in seen:
        assert (len(a), len(b)) == (10, 10)
        assert sorted(torch.cat([a, b]).flatten().tolist()) == x.flatten().tolist()
    assert not torch.equal(seen[0][0], seen[1][0])
    x = torch.randn(20_000, 32)
    for size, expected in [(100, 6.0), (1000, 0.62), (5000, 0.11)]:
        values = floor(frechet_distance, x, size, repeats=5)
        assert values.mean().item() == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda: frechet_distance(torch.zeros(1, 3), torch.zeros(4, 3)), r"\(1, 3\)", "N >= 2"),
        (lambda: frechet_distance(torch.zeros(4, 1, 2, 2), torch.zeros(4, 3)), r"\(4, 1, 2, 2\)", r"x.flatten\(1\)"),
        (lambda: kernel_distance(torch.zeros(4, 3), torch.zeros(4, 2)), r"\(4, 3\).*\(4, 2\)", "as many columns"),
        (lambda: kernel_distance(torch.zeros(4, 3), torch.full((2, 3), math.nan)), "6 values", "finite"),
        (lambda: precision_recall(torch.zeros(3, 2), torch.zeros(4, 2)), r"\(3, 2\)", "N >= 4"),
        (lambda: nearest(torch.zeros(3, 2), torch.zeros(4, 2), k=5), "k is 5", "at most 4"),
        (lambda: floor(frechet_distance, torch.zeros(9, 2), 5), "size is 5", "at most 4"),
        (lambda: ais(RBM(3, 2), chains=1), "chains is 1", "at least 2"),
        (lambda: ais(RBM(3, 2), temperatures=0), "temperatures is 0", "at least 1"),
        (lambda: ais(RBM(3, 2), base=torch.zeros(4)), r"\(4,\)", r"\(3,\)"),
        (lambda: pseudo_log_prob(RBM(3, 2), torch.zeros(2, 4)), "4 features", "has 3"),
        (lambda: pseudo_log_prob(ClassRBM(3, 2, 2), torch.zeros(2, 5)), "5 pixels", "ClassRBM has 3"),
        (lambda: mean_and_error(torch.zeros(1)), r"\(1,\)", "N >= 2"),
        (lambda: mean_and_error(torch.zeros(3, 2)), r"\(3, 2\)", r"\(N,\)"),
        (lambda: mean_and_error(torch.tensor([1.0, math.nan])), "values has 1 values that are NaN", "numbers"),
        (lambda: mean_and_error(torch.tensor([1, 2])), "dtype torch.int64", "floating-point"),
        (lambda: mean_and_error([1.0, 2.0]), "type list", "torch.as_tensor"),
        (lambda: effective_sample_size(torch.zeros(0)), r"\(0,\)", "N >= 1"),
        (lambda: effective_sample_size(torch.full((3,), -math.inf)), "no weight above zero", "finite"),
        (lambda: bits_per_dim(torch.zeros(3), 0), "dims is 0", "at least 1"),
        (lambda: grid_jsd(torch.zeros(0, 2), torch.zeros(3, 2)), r"\(0, 2\)", "N >= 1"),
        (lambda: grid_jsd(torch.zeros(3, 2), torch.full((3, 2), math.nan)), "6 coordinates", "finite"),
        (lambda: grid_jsd(torch.zeros(3, 2), torch.zeros(3, 2), cells=0), "cells is 0", "at least 1"),
        (lambda: grid_jsd(torch.zeros(3, 2), torch.zeros(3, 2), limit=-1.0), "limit is -1.0", "more than 0"),
        (lambda: grid_jsd(torch.zeros(3, 2), torch.zeros(3, 3)), r"\(3, 3\)", r"\(N, 2\)"),
        (lambda: importance_log_prob(small(), torch.zeros(2, 4), samples=0), "samples is 0", "at least 1"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()


def small() -> VAE:
    return VAE(Gaussian(mlp(4, 6)), Bernoulli(mlp(3, 4)), 3)
