"""Laws of deep Boltzmann machines, against sums over every state of every layer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from exact import assert_law, drawn, draws, flat, states
from mutants import breaks
from torch import Tensor
from torch.testing import assert_close

from genlib.energy import DBM, RBM, CentredRBM


def deep(features: int = 3, lower: int = 2, upper: int = 3, *, seed: int = 0) -> DBM:
    return drawn(lambda: DBM(features, lower, upper), seed)


def weights(dbm: DBM) -> Tensor:
    """Returns -E of every state of x, h1 and h2, `(2**D, 2**H1, 2**H2)`, with a graph."""
    x, h1, h2 = states(dbm.features), states(dbm.lower), states(dbm.upper)
    c, b2 = dbm.machine.c[: dbm.features], dbm.machine.c[dbm.features :]
    below, above = torch.einsum("ij,jk,nk->ni", dbm.W1, torch.eye(dbm.features), x) @ h1.T, (h2 @ dbm.W2) @ h1.T
    alone = (x @ c)[:, None, None] + (h1 @ dbm.machine.b)[:, None] + h2 @ b2
    return alone + below[:, :, None] + above.T[None]


def picture_law(dbm: DBM) -> Tensor:
    return weights(dbm).detach().logsumexp((1, 2)).softmax(0)


@breaks("a layer in the other's place", "energy.DBM.W2.fget", "self.features :", ": self.upper", by=RuntimeError)
def test_energy_is_its_formula() -> None:
    dbm = deep(3, 2, 4)
    x, h1, h2 = torch.tensor([1.0, 0, 1]), torch.tensor([0.0, 1]), torch.tensor([1.0, 1, 0, 0])
    by_hand = -(h1 @ dbm.W1 @ x) - (h2 @ dbm.W2 @ h1) - dbm.machine.c @ torch.cat([x, h2]) - dbm.machine.b @ h1
    assert_close(dbm.energy(x[None], h1[None], h2[None])[0], by_hand)
    i, j, k = 5, 1, 12
    assert_close(-by_hand, weights(dbm)[i, j, k])
    assert dbm.W1.shape == (2, 3)
    assert dbm.W2.shape == (4, 2)


@breaks(
    "the upper layer left out of log Z",
    "energy.DBM.log_partition",
    "self.machine.log_partition()",
    "self.machine.log_partition() - 0.693 * self.upper",
    given={"sizes": (3, 2, 3)},
)
@pytest.mark.parametrize("sizes", [(3, 2, 3), (2, 6, 1)])
def test_log_partition_sums_every_state(sizes: tuple[int, int, int]) -> None:
    dbm = deep(*sizes)
    assert_close(dbm.log_partition(), weights(dbm).logsumexp((0, 1, 2)))


@breaks("chains of the deep machine that rest", "energy.DBM.gibbs", "self._even(even, ", "self._even(1 - even, ")
def test_gibbs_leaves_the_exact_law_unchanged() -> None:
    dbm = deep(seed=1)
    p = weights(dbm).detach().logsumexp(1).flatten().softmax(0)
    assert_law(dbm.gibbs(draws(p, 400_000)), p)
    assert_law(dbm.sample(100_000, steps=60), picture_law(dbm))


@breaks("mean field deaf to the layer above", "energy.DBM._completed", "below + mu2 @ self.W2", "below")
def test_mean_field_solves_its_equations() -> None:
    dbm, x = deep(4, 3, 2, seed=2), states(4)
    mu1, mu2 = dbm.mean_field(x, 500)
    b1, b2 = dbm.machine.b, dbm.machine.c[4:]
    assert_close(mu1, torch.sigmoid(b1 + x @ dbm.W1.T + mu2 @ dbm.W2))
    assert_close(mu2, torch.sigmoid(b2 + mu1 @ dbm.W2.T), rtol=0, atol=1e-9)


@breaks("an update too few", "energy.DBM._completed", "range(steps)", "range(steps - 1)")
def test_mean_field_makes_as_many_updates_as_told() -> None:
    dbm, x = deep(4, 3, 2, seed=2), states(4)
    mu2 = torch.sigmoid(dbm.machine.c[4:]).expand(len(x), -1)
    for steps in range(1, 4):
        mu1 = torch.sigmoid(dbm.machine.b + x @ dbm.W1.T + mu2 @ dbm.W2)
        before, mu2 = mu2, torch.sigmoid(dbm.machine.c[4:] + mu1 @ dbm.W2.T)
        assert (mu2 - before).abs().max() > 1e-5
        assert_close(dbm.mean_field(x, steps)[1], mu2)


@breaks("a bound without entropy", "energy.DBM.bound", "entropy - energy", "-energy")
def test_bound_is_energy_and_entropy_of_the_mean_field() -> None:
    """Written out as a sum over all states of both hidden layers, weighted by q; never above log p(x)."""
    dbm, x = deep(3, 2, 3, seed=3), states(3)
    mu1, mu2 = (m.detach() for m in dbm.mean_field(x, 200))
    q = torch.einsum("ni,nj->nij", *(
        torch.stack([torch.where(row == 1, m, 1 - m).prod(1) for row in states(m.shape[1])], 1) for m in (mu1, mu2)
    ))  # fmt: skip
    expected = (q * (weights(dbm) - q.log())).sum((1, 2)) - weights(dbm).logsumexp((0, 1, 2))
    assert_close(dbm.bound(x, steps=200), expected)
    gap = picture_law(dbm).log() - dbm.bound(x, steps=200)
    assert gap.min() > 1e-4
    assert_close(dbm.bound(x, steps=200, log_z=1.5), dbm.bound(x, steps=200) + dbm.log_partition() - 1.5)


@breaks("mean field backwards", "energy.DBM._completed", "mu2 @ self.W2", "(1 - mu2) @ self.W2")
def test_no_update_of_the_mean_field_lowers_the_bound() -> None:
    dbm, x = deep(4, 3, 3, seed=4), states(4)
    with torch.no_grad():
        dbm.machine.W.mul_(2)
        bounds = torch.stack([dbm.bound(x, steps=n) for n in range(1, 30)])
    assert (bounds.diff(dim=0) > -1e-12).all()
    assert (bounds[-1] > bounds[0] + 0.01).any()


@breaks("a negative phase from the data", "energy.DBM.loss", 'chains=self._even(chains, "chains")', "chains=None")
def test_loss_has_mean_field_on_one_side_and_chains_on_the_other() -> None:
    dbm, x = deep(3, 2, 3, seed=5), states(3)[[1, 2, 4, 7, 7]]
    dbm.machine.rate = 0.0
    dbm.machine.mu.zero_(), dbm.machine.lam.zero_()
    mu1, mu2 = (m.detach() for m in dbm.mean_field(x, 10))
    start = draws(torch.ones(64), 40)
    chains = start.clone()
    dbm.loss(x, chains=chains).backward()
    assert not torch.equal(chains, start)
    h1 = torch.sigmoid(dbm.machine.b + chains[:, :3] @ dbm.W1.T + chains[:, 3:] @ dbm.W2).detach()
    n, m = len(x), len(chains)
    assert_close(dbm.machine.W.grad[:, :3], h1.T @ chains[:, :3] / m - mu1.T @ x / n)
    assert_close(dbm.machine.W.grad[:, 3:].T, chains[:, 3:].T @ h1 / m - mu2.T @ mu1 / n)
    assert_close(dbm.machine.c.grad, chains.mean(0) - torch.cat([x.mean(0), mu2.mean(0)]))
    assert_close(dbm.machine.b.grad, h1.mean(0) - mu1.mean(0))


@breaks("one update for many", "energy.DBM.loss", "mean_field)", "1)")
def test_loss_with_exact_chains_climbs_the_bound() -> None:
    """On average it is the gradient of the bound with q held, as autograd has it of the written-out sum."""
    dbm, x, n = deep(3, 2, 3, seed=6), states(3)[[1, 6]], 400_000
    dbm.machine.rate = 0.0
    dbm.machine.mu.zero_(), dbm.machine.lam.zero_()
    p = weights(dbm).detach().logsumexp(1).flatten().softmax(0)
    dbm.loss(x, chains=draws(p, n), mean_field=300).backward()
    got = flat([q.grad for q in dbm.machine.parameters()])
    dbm.zero_grad()
    (-dbm.bound(x, steps=300).mean()).backward()
    expected = flat([q.grad for q in dbm.machine.parameters()])
    assert (got - expected).abs().max() < 4 / n**0.5


@breaks("halves summed", "energy.DBM.stack.__func__", "(first.b + second.c) / 2", "first.b + second.c")
def test_stacking_averages_what_was_doubled() -> None:
    """Each conditional of the DBM is that of the RBM whose doubled layer repeats one state."""
    torch.manual_seed(7)
    first, second = CentredRBM(6, 4), CentredRBM(4, 10)
    with torch.no_grad():
        for p in [*first.parameters(), *second.parameters()]:
            p.normal_()
    dbm = DBM.stack(first, second)
    assert (dbm.features, dbm.lower, dbm.upper) == (3, 4, 5)
    x, h2 = draws(torch.ones(8), 7), draws(torch.ones(32), 7)
    logit = (first.prob_h(x.repeat(1, 2)).logit() + second.prob_x(h2.repeat(1, 2)).logit()) / 2
    assert_close(dbm.machine.prob_h(torch.cat([x, h2], 1)).logit(), logit)
    h1 = draws(torch.ones(16), 7)
    halves = first.prob_x(h1).logit().reshape(7, 2, 3).mean(1), second.prob_h(h1).logit().reshape(7, 2, 5).mean(1)
    assert_close(dbm.machine.prob_x(h1).logit(), torch.cat(halves, 1))


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda: DBM(4, 0, 3), "lower=0", "at least 1"),
        (lambda: DBM(4, 2, 3).mean_field(torch.zeros(2, 5)), "5 features", "has 4"),
        (lambda: DBM(4, 2, 3).mean_field(torch.zeros(2, 4), 0), "steps is 0", "at least 1"),
        (lambda: DBM.stack(RBM(5, 4), RBM(4, 2)), "5-4 and 4-2", "2D-H1 and H1-2H2"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()
