"""Laws of belief networks, against sums over every state of every layer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from exact import assert_law, assert_mean, draws, law, machine, states
from mutants import breaks
from torch import Tensor
from torch.testing import assert_close

from genlib.energy import DBN, RBM, ClassRBM


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


@breaks("probabilities passed up", "energy.DBN.up", "bernoulli(layer.prob_h(x))", "layer.prob_h(x)", by=RuntimeError)
def test_up_draws_layer_after_layer() -> None:
    dbn, p = network(), torch.ones(16) / 16
    x, n = states(4), 200_000
    assert torch.equal(dbn.up(x, 0), x)
    for layers, expected in (
        (1, p @ conditional(dbn.layers[0], up=True)),
        (None, p @ conditional(dbn.layers[0], up=True) @ conditional(dbn.layers[1], up=True)),
    ):
        assert_law(dbn.up(draws(p, n), layers), expected)  # fmt: skip


@breaks("probabilities passed down", "energy.DBN.down", "bernoulli(h) if i else h", "h")
def test_down_ends_with_probabilities() -> None:
    dbn = network()
    h = states(3)[[6]].expand(200_000, -1)
    expected = conditional(dbn.layers[1], up=False)[6] @ dbn.layers[0].prob_x(states(3)).detach()
    assert_mean(dbn.down(h).detach(), expected)
    assert_close(dbn.down(states(3), 1), dbn.layers[0].prob_x(states(3)))
    assert torch.equal(dbn.down(states(4), 0), states(4))


@breaks("layers down in the order of the way up", "energy.DBN.down", "reversed(below)", "below", by=ValueError)
def test_sample_runs_the_top_and_draws_downwards() -> None:
    dbn = network()
    assert_law(dbn.sample(100_000, steps=60), network_law(dbn))
    single = DBN(machine(3, 4))
    assert_law(single.sample(100_000, steps=60), law(single.top))


@breaks("labels unheard", "energy.DBN.sample", "self.top.sample(n, steps, y)", "self.top.sample(n, steps)")
@pytest.mark.slow
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


@breaks("the bound without its entropy", "energy.DBN._log_weights", " + _cross_entropy(up, h)", "")
@breaks("weights summed, not averaged", "energy.DBN.importance_bound", " - math.log(samples)", "")
@pytest.mark.slow
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


@breaks("log Z of one's own", "energy.DBN._log_weights", "if log_z is None else log_z", "")
def test_bound_takes_another_log_z_as_it_is() -> None:
    dbn, x = DBN(machine(3, 4)), states(4)
    assert_close(dbn.bound(x), law(dbn.top).log())
    assert_close(dbn.bound(x, log_z=2.5), -dbn.top.free_energy(x) - 2.5)
    assert_close(dbn.bound(x, samples=7), dbn.bound(x))


@breaks("grown without its biases", "energy.DBN.grow", "made.b.copy_(below.c)", "pass")
@breaks("grown without its visible bias", "energy.DBN.grow", "made.c.copy_(below.b)", "pass")
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


@breaks(
    "a visible bias for tied layers alone",
    "energy.DBN.grow",
    "            made.c.copy_(below.b)",
    "            made.c.copy_(below.b) if hidden is None else None",
)
def test_a_grown_layer_starts_at_the_biases_below_it() -> None:
    """Of any width: its visible units are the hidden ones of the layer below, and as often on."""
    dbn = DBN(machine(3, 4))
    for hidden in (None, 6):
        below = dbn.top
        assert below.b.detach().abs().min() > 0
        assert torch.equal(dbn.grow(hidden).c, below.b)
        with torch.no_grad():
            dbn.top.b.normal_()


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (DBN, "no layers", "at least one"),
        (lambda: DBN(RBM(4, 3), RBM(4, 2)), "layer 2 has 4 visible", "expected 3"),
        (lambda: DBN(RBM(4, 3), ClassRBM(4, 2, 5)), "layer 2 has 4 visible", "expected 3"),
        (lambda: DBN(RBM(4, 3)).bound(torch.zeros(2, 5)), "5 features", "has 4"),
        (lambda: DBN(RBM(4, 3)).bound(torch.zeros(2, 4), samples=0), "samples is 0", "at least 1"),
        (lambda: DBN(RBM(4, 3)).sample(2, y=torch.zeros(2)), "got labels", "ClassRBM"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()
