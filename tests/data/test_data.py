"""Laws of the data: fixed splits, exact densities, fair batches; each is broken on purpose at the end."""

from __future__ import annotations

import hashlib
import itertools
import math
import subprocess
import sys
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from mutants import breaks, edited
from scipy.integrate import quad
from torch import Tensor
from torch.distributions import Categorical, Distribution, Independent, MixtureSameFamily, Normal
from torch.testing import assert_close

from genlib import data
from genlib.data import toys

LIMIT = 6.0


def grid(cells: int) -> tuple[Tensor, float]:
    """Returns the middles of `cells` by `cells` squares, from -6 to 6, and the area of one."""
    width = 2 * LIMIT / cells
    middle = -LIMIT + width * (torch.arange(cells) + 0.5)
    return torch.cartesian_prod(middle, middle), width**2


# Images


def test_digits_are_the_same_split_every_time() -> None:
    sums = []
    for x, y in data.load("digits"):
        assert x.dtype == torch.float32
        assert y.dtype == torch.int64
        levels = (16 * x).to(torch.uint8)
        assert torch.equal(levels / 16, x)
        sums.append(hashlib.sha256(levels.numpy().tobytes() + y.numpy().astype("<i8").tobytes()).hexdigest()[:16])
    assert sums == ["ac8ec1ed99c14b67", "e523b102d2e66ab4", "595855c27ec2f814"]


def test_digits_are_each_in_one_part() -> None:
    from sklearn.datasets import load_digits

    source = load_digits()
    known = {row.tobytes(): label for row, label in zip(source.data.astype("u1"), source.target, strict=True)}
    assert len(known) == 1797
    found = {}
    for x, y in data.load("digits"):
        rows = (16 * x).flatten(1).to(torch.uint8).numpy()
        part = {row.tobytes(): label for row, label in zip(rows, y.tolist(), strict=True)}
        assert len(part) == len(x)
        assert not found.keys() & part.keys()
        found |= part
    assert found == known


def test_load_names_what_it_knows() -> None:
    assert data.names() == ["digits", "mnist", "fashion-mnist"]
    with pytest.raises(ValueError, match=r"'cifar', expected one of digits, mnist, fashion-mnist"):
        data.load("cifar")


def test_importing_data_imports_nothing_heavy() -> None:
    code = "import sys, genlib.data; print(*{'sklearn', 'scipy', 'pooch', 'requests', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_digits_are_read_without_importing_scikit_learn() -> None:
    code = "import sys, genlib.data; genlib.data.load('digits'); print({'sklearn', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_digits_are_the_same_where_scikit_learn_keeps_them_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = data.load("digits")
    monkeypatch.setattr("genlib.data.images.find_spec", lambda name: None)
    for (x, y), (other, labels) in zip(plain, data.load("digits"), strict=True):
        assert torch.equal(x, other)
        assert torch.equal(y, labels)


# Batches


def law_batches_are_fair(batches: Callable[..., Iterator[Tensor]]) -> None:
    """Every epoch holds no example twice, meets examples anew, and leaves each out equally often."""
    n, size, epochs = 11, 4, 6000
    endless = batches(torch.arange(n), size)
    drawn = torch.stack([torch.cat(list(itertools.islice(endless, n // size))) for _ in range(epochs)])
    assert drawn.shape == (epochs, 8)
    assert all(len(set(epoch)) == 8 for epoch in drawn.tolist())
    counts = torch.zeros(8, n).scatter_add_(1, drawn.T, torch.ones(8, epochs))
    error = math.sqrt(epochs / n * (1 - 1 / n))
    assert (counts - epochs / n).abs().max() <= 4.5 * error
    pairs = (drawn[1:] == drawn[:-1]).double().mean()
    assert abs(pairs - 1 / n) <= 5 * math.sqrt(1 / n / pairs.new_tensor(8 * epochs))


def test_batches_are_fair() -> None:
    law_batches_are_fair(data.batches)


@breaks("the last full batch dropped", "data.minibatches._epochs", "n - size + 1", "n - size")
@breaks("an example seen twice", "data.minibatches._epochs", "order[start : start + size]", "order[:size]")
@pytest.mark.parametrize("size", [1, 3, 4, 12])
def test_every_example_is_seen_once_an_epoch(size: int) -> None:
    """Where batches share out the examples evenly, none is left over."""
    endless = data.batches(torch.arange(12), size)
    for _ in range(3):
        epoch = torch.cat([next(endless) for _ in range(12 // size)])
        assert sorted(epoch.tolist()) == list(range(12))


@breaks("labels of other examples", "data.minibatches._parts", "part.index_select(0, i)",
        "part.index_select(0, i.roll(int(part.ndim > 1)))")
def test_parts_keep_together() -> None:
    x = torch.arange(20)
    pairs, alone = data.batches((x, x[:, None] + 100), 6), data.batches(x, 6)
    for _ in range(7):
        first, second = next(pairs)
        assert torch.equal(first, next(alone))
        assert torch.equal(second, first[:, None] + 100)


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda: data.batches([[1.0], [2.0]], 1), "x is a list", "torch.as_tensor"),
        (lambda: data.batches(torch.zeros(3).numpy(), 1), "x is a ndarray", "torch.as_tensor"),
        (lambda: data.batches(torch.tensor(3.0), 1), "a single number", "tensor of examples"),
        (lambda: data.batches(torch.zeros(0, 3), 1), "size is 1", "1 to 0"),
        (lambda: data.batches((torch.zeros(4, 3), torch.zeros(5)), 2), "4 on cpu, 5 on cpu", "as many in each"),
        (lambda: data.batches((), 2), "none", "as many in each"),
        (lambda: data.binarize([0.5]), "x is a list", "a tensor"),
        (lambda: data.binarize(torch.zeros(3), threshold=8.0), "threshold is 8.0", "between 0 and 1"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()


def test_batches_are_fixed_by_their_seed_alone() -> None:
    x = torch.arange(30).reshape(10, 3)
    state = torch.random.get_rng_state()
    first = list(itertools.islice(data.batches(x, 4, seed=1), 9))
    torch.rand(5)
    again = list(itertools.islice(data.batches(x, 4, seed=1), 9))
    other = list(itertools.islice(data.batches(x, 4, seed=2), 9))
    assert torch.equal(torch.stack(first), torch.stack(again))
    assert not torch.equal(torch.stack(first), torch.stack(other))
    assert first[0].shape == (4, 3)
    torch.random.set_rng_state(state)
    next(data.batches(x, 4))
    assert torch.equal(torch.random.get_rng_state(), state)


def test_batches_never_repeat_an_epoch_as_cycle_does() -> None:
    x = torch.arange(100)
    epoch = list(itertools.islice(data.batches(x, 10), 10))
    cycled = torch.stack(list(itertools.islice(itertools.cycle(epoch), 20)))
    fresh = torch.stack(list(itertools.islice(data.batches(x, 10), 20)))
    assert torch.equal(cycled[:10], cycled[10:])
    assert torch.equal(fresh[:10], cycled[:10])
    together = {frozenset(batch.tolist()) for batch in fresh}
    assert len(together) == 20


@pytest.mark.parametrize("size", [0, -1, 6])
def test_batches_refuse_sizes_at_once(size: int) -> None:
    with pytest.raises(ValueError, match=rf"size is {size}, expected 1 to 5"):
        data.batches(torch.zeros(5, 2), size)


# Binary pixels


def law_draw_has_grey_levels_as_means(binarize: Callable[..., Tensor]) -> None:
    n = 40_000
    x = torch.tensor([0.0, 0.1, 0.5, 0.9, 1.0]).repeat(n, 1)
    drawn = binarize(x, threshold=None, seed=3)
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    error = (x[0] * (1 - x[0]) / n).sqrt()
    assert ((drawn.mean(0) - x[0]).abs() <= 4 * error).all()


def test_draw_has_grey_levels_as_means() -> None:
    law_draw_has_grey_levels_as_means(data.binarize)


def test_threshold_is_where_ones_begin() -> None:
    x = torch.tensor([[0.0, 7 / 16], [8 / 16, 1.0]], dtype=torch.float32)
    binary = data.binarize(x)
    assert binary.tolist() == [[0.0, 0.0], [1.0, 1.0]]
    assert binary.dtype == torch.float32
    assert data.binarize(x, threshold=0.6).tolist() == [[0.0, 0.0], [0.0, 1.0]]


def test_seeded_draw_depends_on_nothing_else() -> None:
    x = torch.rand(50, 64)
    state = torch.random.get_rng_state()
    first = data.binarize(x, threshold=None, seed=1)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(first, data.binarize(x, threshold=None, seed=1))
    assert not torch.equal(first, data.binarize(x, threshold=None, seed=2))
    grey = (x * 16).round() / 16
    assert torch.equal(
        data.binarize(grey, threshold=None, seed=1), data.binarize(grey.float(), threshold=None, seed=1).double()
    )


def test_draw_without_seed_reads_the_global_numbers() -> None:
    x = torch.rand(50, 64)
    torch.manual_seed(5)
    first, second = (data.binarize(x, threshold=None) for _ in range(2))
    torch.manual_seed(5)
    assert torch.equal(first, data.binarize(x, threshold=None))
    assert not torch.equal(first, second)


@pytest.mark.parametrize("wrong", [-0.01, 1.01, math.nan, math.inf])
@pytest.mark.parametrize("threshold", [0.5, None])
def test_binarize_refuses_what_is_no_grey_level(wrong: float, threshold: float | None) -> None:
    with pytest.raises(ValueError, match=r"x has values from .* expected \[0, 1\]"):
        data.binarize(torch.tensor([0.5, wrong]), threshold=threshold)


def test_binarize_refuses_bytes() -> None:
    with pytest.raises(ValueError, match=r"dtype torch.uint8, expected floats"):
        data.binarize(torch.tensor([0, 255], dtype=torch.uint8))


# Densities in the plane


def law_density_integrates_to_one(p: Distribution) -> None:
    x, area = grid(300)
    assert_close((p.log_prob(x).exp() * area).sum(), torch.tensor(1.0), rtol=0, atol=1e-10)


def law_samples_follow_the_density(p: Distribution) -> None:
    """Chi-squared test of 200,000 points in 60 by 60 cells, at four standard deviations."""
    n, fine = 200_000, 300
    x, area = grid(fine)
    expected = (p.log_prob(x).exp() * area).view(60, 5, 60, 5).sum((1, 3)).flatten() * n
    points = p.sample((n,))
    assert (points.abs() < LIMIT).all()
    column, row = ((points + LIMIT) * 60 / (2 * LIMIT)).long().unbind(-1)
    counts = torch.bincount(column * 60 + row, minlength=3600).double()
    common = expected >= 5
    rest, rest_expected = counts[~common].sum(), expected[~common].sum()
    assert (rest - rest_expected).abs() <= 4 * rest_expected.sqrt() + 1e-6
    chi = ((counts - expected).square() / expected)[common].sum()
    df = common.sum() - 1
    assert (chi - df).abs() <= 4 * (2 * df).sqrt(), f"chi-squared {chi:.0f} with {df} degrees of freedom"


def moon_integral(x: Tensor, side: int, radius: float, sigma: float) -> tuple[float, float]:
    """Integrates one blurred half circle at `x` by adaptive quadrature.

    Returns the integral times exp(shift), and shift, so that it neither vanishes nor hides from the rule far away.
    """
    angles = torch.linspace(0, math.pi, 2001)
    curve = side * radius * torch.stack([angles.cos() - 0.5, angles.sin() - 0.25], -1)
    square = (curve - x).square().sum(-1)
    shift = square.min().item() / (2 * sigma**2)

    def term(angle: float) -> float:
        u, v = side * radius * (math.cos(angle) - 0.5), side * radius * (math.sin(angle) - 0.25)
        return math.exp(shift - ((x[0] - u) ** 2 + (x[1] - v) ** 2) / (2 * sigma**2))

    peak = angles[square.argmin()].item()
    return quad(term, 0, math.pi, points=[peak], epsrel=1e-13, limit=400)[0], shift


def law_moons_are_the_integral(p: Distribution, radius: float = 2.0, sigma: float = 0.2) -> None:
    """The density by adaptive quadrature along each half circle, near the moons and far away."""
    for x in torch.tensor([[0, 0], [-1, 1.5], [1, -1.5], [3.1, 0.4], [-3, -0.5], [2, 2], [-4, 4], [4, -6]]):
        parts = [moon_integral(x, side, radius, sigma) for side in (1, -1)]
        log_sum = torch.tensor([math.log(value) - shift for value, shift in parts]).logsumexp(0)
        exact = log_sum - math.log(2 * math.pi) - math.log(2 * math.pi * sigma**2)
        assert_close(p.log_prob(x), exact, rtol=0, atol=1e-10)


def law_eight_are_a_mixture(p: Distribution) -> None:
    angle = torch.arange(8) * math.pi / 4
    means = 3 * torch.stack([angle.cos(), angle.sin()], -1)
    mixture = MixtureSameFamily(Categorical(torch.ones(8)), Independent(Normal(means, 0.2), 1))
    x = grid(24)[0]
    assert_close(p.log_prob(x), mixture.log_prob(x), rtol=1e-12, atol=1e-12)


def law_board_is_a_board(p: Distribution) -> None:
    """Eight squares, the one right above the middle among them, none with a side in common."""
    middle = torch.arange(-5.0, 6.0, 2)
    dark = p.log_prob(torch.cartesian_prod(middle, middle)).exp().view(6, 6) * 32
    assert dark[1:5, 1:5].sum() == dark.sum() == 8
    assert dark[3, 3] == 1
    assert (dark[2:5, 1:5] + dark[1:4, 1:5] == 1).all()
    assert (dark[1:5, 2:5] + dark[1:5, 1:4] == 1).all()


@pytest.mark.parametrize("name", data.densities())
def test_density_integrates_to_one(name: str) -> None:
    law_density_integrates_to_one(data.density(name))


@pytest.mark.parametrize("name", data.densities())
def test_samples_follow_the_density(name: str) -> None:
    law_samples_follow_the_density(data.density(name))


@pytest.mark.parametrize("name", data.densities())
def test_density_keeps_shapes_and_dtypes(name: str) -> None:
    p = data.density(name)
    assert isinstance(p, Distribution)
    assert p.event_shape == (2,)
    assert p.sample().shape == (2,)
    assert p.sample((0,)).shape == (0, 2)
    points = p.sample((3, 4))
    assert points.shape == (3, 4, 2)
    assert points.abs().max() < 4
    assert p.log_prob(points).shape == (3, 4)
    assert p.log_prob(points[:0]).shape == (0, 4)
    assert p.log_prob(points.float()).dtype == torch.float32
    torch.set_default_dtype(torch.float32)
    assert p.sample((2,)).dtype == torch.float32


@pytest.mark.parametrize("name", data.densities())
def test_density_in_pieces_is_the_whole(name: str) -> None:
    p = data.density(name)
    points = p.sample((toys.ROWS + 3,))
    whole = p.log_prob(points)
    assert_close(whole[-5:], torch.stack([p.log_prob(x) for x in points[-5:]]), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", data.densities())
def test_float32_points_are_where_the_density_is(name: str) -> None:
    torch.set_default_dtype(torch.float32)
    p = data.density(name)
    points = p.sample((1_000_000 if name == "checkerboard" else 20_000,))
    assert points.abs().max() <= 4
    log_prob = p.log_prob(points)
    assert log_prob.isfinite().all()
    assert_close(log_prob.double(), p.log_prob(points.double()), rtol=0, atol=1e-4)


def test_draws_are_fixed_by_the_global_seed() -> None:
    for name in data.densities():
        torch.manual_seed(1)
        first, second = (data.density(name).sample((10,)) for _ in range(2))
        torch.manual_seed(1)
        assert torch.equal(first, data.density(name).sample((10,)))
        assert not torch.equal(first, second)


def test_moons_are_the_integral() -> None:
    law_moons_are_the_integral(data.two_moons())


def test_moons_are_the_integral_for_other_lengths() -> None:
    law_moons_are_the_integral(data.two_moons(2.5, 0.05), 2.5, 0.05)
    law_moons_are_the_integral(data.two_moons(3.0, 2.0), 3.0, 2.0)


@pytest.mark.parametrize("make", [data.two_moons, data.eight_gaussians])
def test_densities_refuse_lengths(make: Callable[[float, float], Distribution]) -> None:
    for radius, sigma in [(0, 0.1), (2, 0), (2, -0.1)]:
        with pytest.raises(ValueError, match=rf"radius={radius}, sigma={sigma}, expected positive"):
            make(radius, sigma)


def test_eight_are_a_mixture() -> None:
    law_eight_are_a_mixture(data.eight_gaussians())


def test_board_is_a_board() -> None:
    law_board_is_a_board(data.checkerboard())


@pytest.mark.parametrize("name", ["eight_gaussians", "two_moons"])
def test_score_is_the_gradient(name: str) -> None:
    x = data.density(name).sample((5,)).requires_grad_()
    assert torch.autograd.gradcheck(data.density(name).log_prob, x)


def test_densities_are_found_by_name() -> None:
    assert data.densities() == ["eight_gaussians", "two_moons", "checkerboard"]
    with pytest.raises(ValueError, match=r"'rings', expected one of eight_gaussians, two_moons, checkerboard"):
        data.density("rings")
    with pytest.raises(ValueError, match=r"shape \(4, 3\), expected \(..., 2\)"):
        data.two_moons().log_prob(torch.zeros(4, 3))


# Bars and stripes


def law_bars_and_stripes_are_all_there(bars_and_stripes: Callable[[int, int], Tensor]) -> None:
    for rows, columns in [(1, 1), (1, 3), (3, 1), (2, 2), (2, 3), (3, 3), (4, 3)]:
        every = torch.tensor(list(itertools.product([0.0, 1.0], repeat=rows * columns))).view(-1, rows, columns)
        rows_equal = (every == every[:, :1]).all((1, 2))
        columns_equal = (every == every[:, :, :1]).all((1, 2))
        expected = every[rows_equal | columns_equal].flatten(1)
        found = bars_and_stripes(rows, columns)
        assert sorted(found.tolist()) == sorted(expected.tolist())
        assert len(found) == 2**rows + 2**columns - 2


def test_bars_and_stripes_are_all_there() -> None:
    law_bars_and_stripes_are_all_there(data.bars_and_stripes)


@pytest.mark.parametrize(("rows", "columns"), [(0, 3), (3, 0), (21, 2), (2, 21)])
def test_bars_and_stripes_refuse_sizes(rows: int, columns: int) -> None:
    with pytest.raises(ValueError, match=rf"got {rows} rows and {columns} columns, expected 1 to 20"):
        data.bars_and_stripes(rows, columns)


# A world of 4096 states


def law_tiny_world_is_its_noise(tiny_world: Callable[..., tuple[Tensor, Tensor]]) -> None:
    """Each pixel turns on its own: a walk through the twelve of them, whose law is a product of matrices, not a sum."""
    own = torch.tensor([[0.0] * 12, [1, 0, 0] * 4, [1, 0, 0] * 4, [0, 1] * 6])
    for given, flip in itertools.product((None, own), (0.0, 0.01, 0.3)):
        pictures, p = tiny_world(given, flip=flip)
        rows = pictures if given is None else given
        law = torch.zeros((2,) * 12, dtype=torch.float64)
        for row in rows.int().tolist():
            law[tuple(row)] += 1 / len(rows)
        turn = torch.tensor([[1 - flip, flip], [flip, 1 - flip]], dtype=torch.float64)
        for pixel in range(12):
            law = torch.tensordot(law, turn, ([pixel], [0])).movedim(-1, pixel)
        assert p.dtype == torch.float64
        assert (p - law.flatten()).abs().max() < 1e-12
        assert p.sum().item() == pytest.approx(1, abs=1e-12)
        assert len({tuple(row) for row in pictures.tolist()}) == len(pictures) == (32 if given is None else 3)


def law_tiny_world_holds_bars_stripes_and_ten_letters(tiny_world: Callable[..., tuple[Tensor, Tensor]]) -> None:
    pictures, p = tiny_world(flip=0.0)
    every = {tuple(row) for row in pictures.tolist()}
    bars = {tuple(row) for row in data.bars_and_stripes(4, 3).tolist()}
    assert bars < every
    assert len(every - bars) == 10
    assert (1, 1, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0) in every  # T
    assert p[0b111100100111].item() == pytest.approx(1 / 32, abs=1e-15)  # C
    assert p.count_nonzero() == 32


def test_tiny_world_is_its_noise() -> None:
    law_tiny_world_is_its_noise(data.tiny_world)


def test_tiny_world_holds_bars_stripes_and_ten_letters() -> None:
    law_tiny_world_holds_bars_stripes_and_ten_letters(data.tiny_world)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"flip": 0.5}, r"flip is 0\.5, expected at least 0 and less than 0\.5"),
        ({"flip": -0.1}, r"flip is -0\.1"),
        ({"x": torch.zeros(3, 9)}, r"shape \(3, 9\), expected \(N, 12\)"),
        ({"x": torch.zeros(0, 12)}, r"shape \(0, 12\), expected \(N, 12\) with N >= 1"),
        ({"x": torch.full((2, 12), 0.5)}, "zeros and ones"),
    ],
)
def test_tiny_world_refuses_what_it_cannot_hold(options: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        data.tiny_world(**options)


# Mutants: each law fails where the code is wrong


def cycled(x: Tensor, size: int) -> Iterator[Tensor]:
    return itertools.cycle(list(itertools.islice(data.batches(x, size), len(x) // size)))


def with_replacement(x: Tensor, size: int) -> Iterator[Tensor]:
    while True:
        yield x[torch.randint(len(x), (size,))]


def shuffled_once(x: Tensor, size: int) -> Iterator[Tensor]:
    order = torch.randperm(len(x))
    while True:
        yield from x[order][: len(x) // size * size].split(size)


def last_ones_dropped(x: Tensor, size: int) -> Iterator[Tensor]:
    while True:
        yield from x[torch.randperm(len(x) // size * size)].split(size)


def ragged(x: Tensor, size: int) -> Iterator[Tensor]:
    while True:
        yield from x[torch.randperm(len(x))].split(size)


@pytest.mark.parametrize("mutant", [cycled, with_replacement, shuffled_once, last_ones_dropped, ragged])
def test_unfair_batches_are_noticed(mutant: Callable[..., Iterator[Tensor]]) -> None:
    with pytest.raises((AssertionError, RuntimeError)):
        law_batches_are_fair(mutant)


def test_wrong_draws_are_noticed() -> None:
    for mutant in (
        lambda x, **options: data.binarize(x),
        lambda x, **options: data.binarize(1 - x, **options),
        lambda x, **options: data.binarize(x.square(), **options),
        lambda x, **options: x,
    ):
        with pytest.raises(AssertionError):
            law_draw_has_grey_levels_as_means(mutant)


class Mutant(Distribution):
    """A density that samples from one law and scores with another."""

    def __init__(self, drawn: Distribution, scored: Distribution, factor: float = 1.0) -> None:
        super().__init__(event_shape=torch.Size([2]), validate_args=False)
        self.drawn, self.scored, self.offset = drawn, scored, math.log(factor)

    def sample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        return self.drawn.sample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        return self.scored.log_prob(value) + self.offset


class UpsideDown(toys.Checkerboard):
    def _log_prob(self, x: Tensor) -> Tensor:
        return super()._log_prob(x * x.new_tensor([1, -1]))


class Unwrapped(toys.Checkerboard):
    def _draw(self, n: int) -> Tensor:
        x = super()._draw(n)
        return x[(x[:, 1] > -2) | (x[:, 0] > 0)].repeat(2, 1)[:n]


def coarse_moons(nodes: int) -> toys.BlurredCurve:
    x, w = (torch.from_numpy(a) / 4 for a in np.polynomial.legendre.leggauss(nodes))
    return toys.BlurredCurve(data.two_moons().curve, 0.2, torch.cat([x + 0.25, x + 0.75]), torch.cat([w, w]))


def half_moon() -> toys.BlurredCurve:
    p = data.two_moons()
    return toys.BlurredCurve(lambda u: p.curve(u / 2), 0.2, torch.linspace(0, 1, 500), torch.full((500,), 1 / 500))


MUTANTS: dict[str, tuple[Callable[[], Distribution], Callable[[Distribution], None]]] = {
    "noise 3 % too wide": (
        lambda: Mutant(data.two_moons(sigma=0.206), data.two_moons()),
        law_samples_follow_the_density,
    ),
    "a mode forgotten": (
        lambda: Mutant(
            toys.BlurredCurve(lambda u: data.eight_gaussians().curve(7 / 8 * u), 0.2, torch.ones(1) / 2, torch.ones(1)),
            data.eight_gaussians(),
        ),
        law_samples_follow_the_density,
    ),
    "one moon only": (lambda: Mutant(half_moon(), data.two_moons()), law_samples_follow_the_density),
    "board upside down": (UpsideDown, law_board_is_a_board),
    "board scored upside down": (UpsideDown, law_samples_follow_the_density),
    "board not wrapped": (Unwrapped, law_samples_follow_the_density),
    "normaliser of one dimension": (
        lambda: Mutant(data.two_moons(), data.two_moons(), math.sqrt(2 * math.pi * 0.2**2)),
        law_density_integrates_to_one,
    ),
    "sum instead of mean over modes": (
        lambda: Mutant(data.eight_gaussians(), data.eight_gaussians(), 8),
        law_density_integrates_to_one,
    ),
    "modes of unequal weight": (
        lambda: toys.BlurredCurve(
            data.eight_gaussians().curve, 0.2, torch.arange(8) / 8 + 1 / 16, torch.arange(1.0, 9) / 36
        ),
        law_eight_are_a_mixture,
    ),
    "eight modes on a smaller circle": (lambda: data.eight_gaussians(2.9), law_eight_are_a_mixture),
    "a quadrature too coarse": (lambda: coarse_moons(32), law_moons_are_the_integral),
    "a density off by a millionth": (
        lambda: Mutant(data.two_moons(), data.two_moons(), 1.000001),
        law_moons_are_the_integral,
    ),
    "the upper moon alone": (half_moon, law_moons_are_the_integral),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_wrong_density_is_noticed(name: str) -> None:
    make, law = MUTANTS[name]
    with pytest.raises(AssertionError):
        law(make())


def test_missing_bars_are_noticed() -> None:
    for mutant in (
        lambda r, c: data.bars_and_stripes(r, c)[1:],
        lambda r, c: torch.cat([data.bars_and_stripes(r, c), torch.zeros(1, r * c)]),
        lambda r, c: data.bars_and_stripes(c, r),
    ):
        with pytest.raises(AssertionError):
            law_bars_and_stripes_are_all_there(mutant)


WORLD = [law_tiny_world_is_its_noise, law_tiny_world_holds_bars_stripes_and_ten_letters]
WORLD_MUTANTS = {
    "a pixel stays where it should turn": ("toys.tiny_world", "flip**wrong", "flip ** (12 - wrong)", WORLD[0]),
    "a lone error of any size": ("toys.tiny_world", "** (12 - wrong)", "** 12", WORLD[0]),
    "twice counts once": ("toys.tiny_world", "list(counts.values())", "[1] * len(counts)", WORLD[0]),
    "the first pixel as the lowest bit": ("toys.tiny_world", "torch.arange(11, -1, -1,", "torch.arange(12,", WORLD[0]),
    "a letter too few": ("toys.tiny_world", "in LETTERS]", "in LETTERS[1:]]", WORLD[1]),
    "columns for rows": ("toys.tiny_world", "bars_and_stripes(4, 3)", "bars_and_stripes(3, 4)", WORLD[1]),
}


@pytest.mark.parametrize("name", WORLD_MUTANTS)
def test_a_wrong_world_is_noticed(name: str) -> None:
    where, old, new, law = WORLD_MUTANTS[name]
    with edited(f"data.{where}", old, new), pytest.raises(AssertionError):
        law(data.tiny_world)


# On a GPU


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_data_on_a_gpu_stay_there() -> None:
    x = torch.rand(1000, 7)
    drawn = data.binarize(x.cuda(), threshold=None, seed=1)
    assert drawn.is_cuda
    assert torch.equal(drawn.cpu(), data.binarize(x, threshold=None, seed=1))
    epoch = list(itertools.islice(data.batches(torch.arange(10).cuda(), 5), 2))
    assert sorted(torch.cat(epoch).tolist()) == list(range(10))
    assert epoch[0].is_cuda
    for name in data.densities():
        p = data.density(name)
        points = 3 * torch.randn(5000, 2)
        assert_close(p.log_prob(points.cuda()).cpu(), p.log_prob(points), rtol=1e-10, atol=1e-10)
