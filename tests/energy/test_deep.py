"""Laws of belief networks and deep Boltzmann machines, against sums over every state of every layer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from exact import assert_law, assert_mean, drawn, draws, flat, law, machine, states
from torch import Tensor
from torch.testing import assert_close

from genlib.energy import DBM, DBN, RBM, CentredRBM, ClassRBM

# Belief networks


def network(seed: int = 0) -> DBN:
    """Returns a network of 4, 3, 3 and 2 units: one layer more than two tells a stack from a pair."""
    return DBN(*(machine(h, d, seed=seed + i) for i, (h, d) in enumerate([(3, 4), (3, 3), (2, 3)])))


def conditional(layer: RBM, *, up: bool) -> Tensor:
    """Returns p(h|x), `(2**D, 2**H)`, or p(x|h), `(2**H, 2**D)`, unit by unit."""
    W, bias = (layer.W, layer.b) if up else (layer.W.T, layer.c)
    given, drawn = states(W.shape[1]), states(W.shape[0])
    p = 1 / (1 + (-(given @ W.T + bias)).exp())
    return torch.stack([torch.where(row == 1, p, 1 - p).prod(1) for row in drawn], 1).detach()


def network_law(dbn: DBN) -> Tensor:
    p = law(dbn.top)
    for layer in reversed(dbn.layers[:-1]):
        p = p @ conditional(layer, up=False)
    return p


def test_up_draws_layer_after_layer() -> None:
    dbn, p = network(), torch.ones(16) / 16
    x, n = states(4), 200_000
    assert torch.equal(dbn.up(x, 0), x)
    for layers, expected in ((1, p @ conditional(dbn.layers[0], up=True)),
                             (None, p @ conditional(dbn.layers[0], up=True) @ conditional(dbn.layers[1], up=True))):
        assert_law(dbn.up(draws(p, n), layers), expected)  # fmt: skip


def test_down_ends_with_probabilities() -> None:
    dbn = network()
    h = states(3)[[6]].expand(200_000, -1)
    expected = conditional(dbn.layers[1], up=False)[6] @ dbn.layers[0].prob_x(states(3)).detach()
    assert_mean(dbn.down(h).detach(), expected)
    assert_close(dbn.down(states(3), 1), dbn.layers[0].prob_x(states(3)))
    assert torch.equal(dbn.down(states(4), 0), states(4))


def test_sample_runs_the_top_and_draws_downwards() -> None:
    dbn = network()
    assert_law(dbn.sample(100_000, steps=60), network_law(dbn))
    single = DBN(machine(3, 4))
    assert_law(single.sample(100_000, steps=60), law(single.top))


def test_sample_keeps_labels_on_top() -> None:
    dbn = DBN(machine(3, 4), ClassRBM(3, 3, 2))
    with torch.no_grad():
        dbn.top.W.normal_()
        dbn.top.W[:, 3:].mul_(3)
    y = torch.tensor([0, 2]).repeat(50_000)
    x = dbn.sample(len(y), steps=60, y=y)
    for label in (0, 2):
        h = dbn.top.with_label(states(3), torch.full((8,), label))
        p = (-dbn.top.free_energy(h)).softmax(0).detach() @ conditional(dbn.layers[0], up=False)
        assert_law(x[y == label], p)


def test_weights_average_to_the_exact_probability() -> None:
    """The mean weight is p(x), the mean log weight a bound, and more draws lie between the two."""
    dbn, x = network(seed=3), states(4)
    exact = network_law(dbn).log()
    estimate = dbn.importance_bound(x, 100_000).detach()
    assert_close(estimate, exact, rtol=0, atol=0.05)
    bound = torch.stack([dbn.bound(x) for _ in range(3000)]).detach()
    few = torch.stack([dbn.importance_bound(x, 5) for _ in range(3000)]).detach()
    error = bound.std(0).max() / 3000**0.5
    assert (bound.mean(0) < few.mean(0) - 4 * error).all()
    assert (few.mean(0) < exact - 4 * error).all()


def test_bound_takes_another_log_z_as_it_is() -> None:
    dbn, x = DBN(machine(3, 4)), states(4)
    assert_close(dbn.bound(x), law(dbn.top).log())
    assert_close(dbn.bound(x, log_z=2.5), -dbn.top.free_energy(x) - 2.5)
    assert_close(dbn.bound(x, samples=7), dbn.bound(x))


def test_a_layer_grown_upside_down_changes_nothing() -> None:
    """Hinton, Osindero and Teh's start W2 = W1': the law is the same, and the bound is no bound but equal."""
    first = machine(3, 4)
    dbn = DBN(first)
    grown = dbn.grow()
    assert (grown.features, grown.hidden) == (3, 4)
    assert_close(network_law(dbn), law(first))
    for _ in range(5):
        assert_close(dbn.bound(states(4)), law(first).log())
    assert dbn.grow(hidden=6) is dbn.top
    assert dbn.top.W.shape == (6, 4)


# Deep Boltzmann machines


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


def test_dbm_energy_is_its_formula() -> None:
    dbm = deep(3, 2, 4)
    x, h1, h2 = torch.tensor([1.0, 0, 1]), torch.tensor([0.0, 1]), torch.tensor([1.0, 1, 0, 0])
    by_hand = -(h1 @ dbm.W1 @ x) - (h2 @ dbm.W2 @ h1) - dbm.machine.c @ torch.cat([x, h2]) - dbm.machine.b @ h1
    assert_close(dbm.energy(x[None], h1[None], h2[None])[0], by_hand)
    i, j, k = 5, 1, 12
    assert_close(-by_hand, weights(dbm)[i, j, k])
    assert dbm.W1.shape == (2, 3)
    assert dbm.W2.shape == (4, 2)


@pytest.mark.parametrize("sizes", [(3, 2, 3), (2, 6, 1)])
def test_dbm_log_partition_sums_every_state(sizes: tuple[int, int, int]) -> None:
    dbm = deep(*sizes)
    assert_close(dbm.log_partition(), weights(dbm).logsumexp((0, 1, 2)))


def test_dbm_gibbs_leaves_the_exact_law_unchanged() -> None:
    dbm = deep(seed=1)
    p = weights(dbm).detach().logsumexp(1).flatten().softmax(0)
    assert_law(dbm.gibbs(draws(p, 400_000)), p)
    assert_law(dbm.sample(100_000, steps=60), picture_law(dbm))


def test_mean_field_solves_its_equations() -> None:
    dbm, x = deep(4, 3, 2, seed=2), states(4)
    mu1, mu2 = dbm.mean_field(x, 500)
    b1, b2 = dbm.machine.b, dbm.machine.c[4:]
    assert_close(mu1, torch.sigmoid(b1 + x @ dbm.W1.T + mu2 @ dbm.W2))
    assert_close(mu2, torch.sigmoid(b2 + mu1 @ dbm.W2.T), rtol=0, atol=1e-9)


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


def test_no_update_of_the_mean_field_lowers_the_bound() -> None:
    dbm, x = deep(4, 3, 3, seed=4), states(4)
    with torch.no_grad():
        dbm.machine.W.mul_(2)
        bounds = torch.stack([dbm.bound(x, steps=n) for n in range(1, 30)])
    assert (bounds.diff(dim=0) > -1e-12).all()
    assert (bounds[-1] > bounds[0] + 0.01).any()


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
        (DBN, "no layers", "at least one"),
        (lambda: DBN(RBM(4, 3), RBM(4, 2)), "layer 2 has 4 visible", "expected 3"),
        (lambda: DBN(RBM(4, 3), ClassRBM(4, 2, 5)), "layer 2 has 4 visible", "expected 3"),
        (lambda: DBN(RBM(4, 3)).bound(torch.zeros(2, 5)), "5 features", "has 4"),
        (lambda: DBN(RBM(4, 3)).bound(torch.zeros(2, 4), samples=0), "samples is 0", "at least 1"),
        (lambda: DBN(RBM(4, 3)).sample(2, y=torch.zeros(2)), "got labels", "ClassRBM"),
        (lambda: DBM(4, 0, 3), "lower=0", "at least 1"),
        (lambda: DBM(4, 2, 3).mean_field(torch.zeros(2, 5)), "5 features", "has 4"),
        (lambda: DBM(4, 2, 3).mean_field(torch.zeros(2, 4), 0), "0 steps", "at least 1"),
        (lambda: DBM.stack(RBM(5, 4), RBM(4, 2)), "5-4 and 4-2", "2D-H1 and H1-2H2"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()
