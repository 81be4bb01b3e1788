"""Laws of the figures that any model can be given: each against a value that can be had exactly."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
import torch
from exact import assert_mean
from mutants import breaks
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist, jensenshannon
from torch.testing import assert_close

from genlib.evaluate import (
    bits_per_dim,
    effective_sample_size,
    floor,
    frechet_distance,
    grid_jsd,
    intersection_over_union,
    kernel_distance,
    mean_and_error,
    nearest,
    precision_recall,
)


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


@breaks(
    "the smaller of the two for the union",
    "evaluate.intersection_over_union",
    "table.sum(0) + table.sum(1) - both",
    "torch.minimum(table.sum(0), table.sum(1))",
)
@breaks("all that was found for the union", "evaluate.intersection_over_union", " + table.sum(1) - both", "")
def test_intersection_over_union_counts_sets_of_pixels() -> None:
    found, true = torch.randint(4, (2, 3, 5, 6))
    pixels = list(product(range(3), range(5), range(6)))
    for c, value in enumerate(intersection_over_union(found, true, 4).tolist()):
        one, other = ({p for p in pixels if x[p] == c} for x in (found, true))
        assert value == pytest.approx(len(one & other) / len(one | other), rel=1e-12)
    assert intersection_over_union(true, true, 5).isnan().tolist() == [False] * 4 + [True]
    for wrong in (found - 1, found.double(), found[:2], found + 4):
        with pytest.raises(ValueError, match="expected"):
            intersection_over_union(wrong, true, 4)


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


DISTANCES = kernel_distance, frechet_distance


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
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()
