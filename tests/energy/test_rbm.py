"""Laws of the restricted Boltzmann machine, each against an enumeration of every state."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest
import torch
from exact import (
    assert_law,
    assert_mean,
    draws,
    flat,
    index,
    joint,
    law,
    machine,
    states,
    statistics,
    transition,
)
from mutants import breaks
from torch import Tensor
from torch.nn.functional import softplus
from torch.testing import assert_close

from genlib.data import binary_states
from genlib.energy import RBM, CentredRBM, bernoulli


def exact_loss(rbm: RBM, x: Tensor) -> Tensor:
    """Returns the mean negative log-likelihood of `x` by enumeration, with a graph."""
    weights = joint(rbm)
    return weights.logsumexp((0, 1)) - weights.logsumexp(0)[index(x)].mean()


def exact_gradient(rbm: RBM, x: Tensor) -> Tensor:
    return flat(torch.autograd.grad(exact_loss(rbm, x), [rbm.W, rbm.b, rbm.c]))


def assert_gradient(gradient: tuple[Tensor, ...], expected: Tensor, rbm: RBM, p: Tensor, n: int) -> None:
    """Asserts a gradient whose `n` negative samples follow `p` within 4 standard errors of `expected`."""
    t = statistics(rbm)
    error = ((p @ t**2 - (p @ t) ** 2) / n).sqrt()
    off = (flat(gradient) - expected).abs() / error
    assert off.max() <= 4, f"{off.max():.1f} standard errors off"


# Scores


@breaks("states count downwards", "energy.boltzmann.enumerate_states", "units - 1, -1, -1", "units", given={"units": 5})
@pytest.mark.parametrize("units", [0, 1, 5])
def test_binary_states_count_upwards(units: int) -> None:
    assert torch.equal(binary_states(units), states(units).reshape(2**units, units))


@breaks("energy without hidden bias", "energy.RBM.energy", "self.W, self.b)", "self.W)")
@breaks("energy with the visible bias upside down", "energy.RBM.energy", "- x @ self.c", "+ x @ self.c")
@breaks("energy with W transposed", "energy.RBM.energy", "self.W, self.b)", "self.W.T, self.b)")
def test_energy_is_its_formula() -> None:
    rbm = machine(3, 3)
    h, x = states(3).repeat_interleave(8, 0), states(3).repeat(8, 1)
    assert_close(rbm.energy(x, h), -joint(rbm).flatten())
    W, b, c = rbm.W.tolist(), rbm.b.tolist(), rbm.c.tolist()
    by_hand = -W[0][1] - W[0][2] - W[2][1] - W[2][2] - b[0] - b[2] - c[1] - c[2]
    ends = torch.tensor([[0.0, 1.0, 1.0]]), torch.tensor([[1.0, 0.0, 1.0]])
    assert rbm.energy(*ends).item() == pytest.approx(by_hand, abs=1e-12)


@breaks("free energy with the visible bias upside down", "energy.RBM._free_energy", "-(x @ self.c)", "x @ self.c")
@breaks("free energy at the best h instead of summed", "energy.RBM._free_energy", "F.softplus", "F.relu")
@breaks("a softplus term missing", "energy.RBM._free_energy", "F.softplus(inputs)", "F.softplus(inputs[..., 1:])")
def test_free_energy_sums_over_h() -> None:
    rbm = machine(3, 4)
    assert_close(rbm.free_energy(states(4)), -joint(rbm).logsumexp(0))


@breaks("softplus written out", "energy.RBM._free_energy", "F.softplus(inputs)", "(1 + inputs.exp()).log()")
def test_free_energy_of_large_inputs_is_finite() -> None:
    rbm = machine(3, 4)
    with torch.no_grad():
        rbm.W.mul_(1e5)
    assert_close(rbm.free_energy(states(4)), -joint(rbm).logsumexp(0))


@breaks("p(h|x) with the wrong sign", "energy.RBM.prob_h", "torch.sigmoid(", "torch.sigmoid(-")
@breaks("p(x|h) with the wrong sign", "energy.RBM.prob_x", "torch.sigmoid(", "torch.sigmoid(-")
@breaks("p(h|x) without its bias", "energy.RBM.prob_h", "self.W, self.b)", "self.W)")
@breaks("p(x|h) with W transposed", "energy.RBM.prob_x", "self.W.T", "self.W")
def test_conditionals_come_from_the_joint() -> None:
    rbm = machine(4, 4)
    weights, h, x = joint(rbm), states(4), states(4)
    assert_close(rbm.prob_h(x), weights.softmax(0).T @ h)
    assert_close(rbm.prob_x(h), weights.softmax(1) @ x)


@breaks("log Z without hidden bias", "energy.RBM._sum_over_h", "h @ self.b + ", "", given={"hidden": 3, "features": 6})
@breaks(
    "log Z over x with the wrong sign",
    "energy.RBM.log_partition",
    "[-self._free",
    "[self._free",
    given={"hidden": 6, "features": 3},
)
@pytest.mark.parametrize(("hidden", "features"), [(3, 6), (6, 3), (4, 4), (1, 1)])
def test_log_partition_sums_every_pair(hidden: int, features: int) -> None:
    rbm = machine(hidden, features)
    assert_close(rbm.log_partition(), joint(rbm).logsumexp((0, 1)))


@breaks(
    "log Z of the first chunk alone",
    "energy.boltzmann.enumerate_states",
    "range(0, 2**units, chunk)",
    "[0]",
    given={"hidden": 15, "features": 16},
)
@breaks(
    "log Z of the first chunk alone, over x",
    "energy.boltzmann.enumerate_states",
    "range(0, 2**units, chunk)",
    "[0]",
    given={"hidden": 16, "features": 15},
)
@pytest.mark.parametrize(("hidden", "features"), [(15, 16), (16, 15)])
def test_log_partition_adds_all_chunks(hidden: int, features: int) -> None:
    """Sums over the larger layer, where the library sums over the smaller, in more than one chunk."""
    rbm = machine(hidden, features)
    if features > hidden:
        x = states(features)
        expected = (x @ rbm.c + torch.log1p((x @ rbm.W.T + rbm.b).exp()).sum(1)).logsumexp(0)
    else:
        h = states(hidden)
        expected = (h @ rbm.b + torch.log1p((h @ rbm.W + rbm.c).exp()).sum(1)).logsumexp(0)
    assert_close(rbm.log_partition(), expected, rtol=0, atol=1e-9)


@breaks(
    "log p(x) plus log Z",
    "energy.RBM.log_prob",
    "- self.log_partition()",
    "+ self.log_partition()",
    given={"hidden": 3, "features": 6},
)
@pytest.mark.parametrize(("hidden", "features"), [(3, 6), (6, 3)])
def test_log_prob_is_normalised(hidden: int, features: int) -> None:
    rbm = machine(hidden, features)
    log_p = rbm.log_prob(states(features))
    assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-12)
    assert_close(log_p.exp(), law(rbm))


@breaks("free energy with the hidden units' sign turned", "energy.RBM._free_energy", "- F.softplus", "+ F.softplus")
def test_scores_agree_with_scikit_learn() -> None:
    from sklearn.neural_network import BernoulliRBM

    rbm, other = machine(5, 7), BernoulliRBM(5)
    other.components_ = rbm.W.detach().numpy()
    other.intercept_hidden_, other.intercept_visible_ = rbm.b.detach().numpy(), rbm.c.detach().numpy()
    x = draws(torch.ones(2**7), 20)
    assert_close(rbm.free_energy(x), torch.tensor(other._free_energy(x.numpy())))
    assert_close(rbm.prob_h(x), torch.tensor(other.transform(x.numpy())))


@breaks("strong couplings at the start", "energy.RBM.__init__", "0.01 * torch.randn", "0.1 * torch.randn")
def test_machines_start_nearly_without_couplings() -> None:
    """Weights are drawn with deviation 0.01 and biases are zero, so that all states are about as likely."""
    rbm = RBM(300, 200)
    assert rbm.W.std().item() == pytest.approx(0.01, rel=0.02)
    assert abs(rbm.W.mean().item()) < 4 * 0.01 / 60_000**0.5
    assert not rbm.b.any()
    assert not rbm.c.any()


# Chains


@breaks("coins turned over", "energy.bernoulli", ".lt_(p)", ".gt_(p)")
def test_bernoulli_draws_ones_with_probability_p() -> None:
    torch.manual_seed(0)
    p = torch.tensor([0.0, 0.1, 0.5, 0.9, 1.0])
    x = bernoulli(p.expand(100_000, -1))
    assert set(x.unique().tolist()) == {0.0, 1.0}
    assert x[:, 0].sum() == 0
    assert x[:, 4].sum() == 100_000
    assert_mean(x[:, 1:4], p[1:4])
    assert bernoulli(p.float()).dtype == torch.float32


@breaks("Gibbs without hidden bias", "energy.RBM._walk", "self.W, self.b)", "self.W)", given={"steps": 1})
@breaks("Gibbs without visible bias", "energy.RBM._walk", "self.W.T, self.c)", "self.W.T)", given={"steps": 1})
@breaks("Gibbs with W transposed", "energy.RBM._walk", "self.W.T", "self.W", given={"steps": 1})
@breaks(
    "Gibbs with probabilities in the place of h",
    "energy.RBM._walk",
    "bernoulli(torch.sigmoid(",
    "(torch.sigmoid(",
    given={"steps": 1},
)
@pytest.mark.parametrize("steps", [1, 3])
def test_gibbs_leaves_the_exact_law_unchanged(steps: int) -> None:
    rbm = machine(4, 4, seed=1)
    p = law(rbm)
    assert_law(rbm.gibbs(draws(p, 400_000), steps), p)


@breaks("the mask upside down", "energy.RBM._walk", "torch.where(clamp, start, x)", "torch.where(clamp, x, start)")
def test_clamped_units_stay_and_the_others_follow_their_law() -> None:
    """One mask for all chains, and one for each."""
    rbm = machine(4, 4, seed=3)
    clamp = torch.tensor([True, False, False, True])
    kept = (states(4)[:, clamp] == torch.tensor([1.0, 0.0])).all(1)
    given = torch.where(kept, law(rbm), 0) / law(rbm)[kept].sum()
    start = draws(given, 200_000)
    for mask in (clamp, clamp.expand(len(start), -1)):
        end = rbm.gibbs(start, steps=2, clamp=mask)
        assert torch.equal(end[:, clamp], start[:, clamp])
        assert_law(end, given)


@breaks("Gibbs with a sweep too many", "energy.RBM._walk", "range(steps)", "range(steps + 1)", given={"steps": 1})
@pytest.mark.parametrize("steps", [1, 2])
def test_gibbs_takes_as_many_steps_as_told(steps: int) -> None:
    rbm = machine(4, 4, seed=2)
    p = torch.zeros(16).index_fill(0, torch.tensor([0]), 1.0)
    reached = p @ torch.linalg.matrix_power(transition(rbm), steps)
    assert_law(rbm.gibbs(draws(p, 100_000), steps), reached)


@breaks(
    "mean field fed back as a sample of x",
    "energy.RBM.draw_x",
    "bernoulli(torch.sigmoid(inputs))",
    "torch.sigmoid(inputs)",
    by=RuntimeError,
)
@breaks("sampling stops after a sweep", "energy.RBM.sample", "0.5)), steps)", "0.5)), min(steps, 1))")
@breaks("sampling starts from nothing", "energy.RBM.sample", "0.5)", "0.0)")
def test_sample_runs_from_coin_flips_to_the_law() -> None:
    rbm = machine(3, 4, seed=8)
    even = torch.full((16,), 1 / 16)
    assert_law(rbm.sample(100_000, steps=0), even)
    assert_law(rbm.sample(100_000, steps=1), even @ transition(rbm))
    assert_law(rbm.sample(100_000, steps=50), law(rbm))


@breaks("chains stay where they were", "energy.RBM._phases", "chains.copy_(negative)", "pass")
@breaks(
    "the data becomes the chains",
    "energy.RBM._phases",
    "if chains is not None:",
    "x.copy_(negative[: len(x)])\n        if chains is not None:",
)
def test_data_is_never_altered_and_chains_advance_in_place() -> None:
    rbm, x = machine(3, 4), draws(torch.ones(16), 50)
    kept, start = x.clone(), draws(torch.ones(16), 60)
    for call in (rbm.gradient, rbm.loss, rbm.gibbs):
        call(x, steps=2)
        assert torch.equal(x, kept)
    for call in (rbm.gradient, rbm.loss):
        chains = start.clone()
        torch.manual_seed(5)
        call(x, steps=3, chains=chains)
        torch.manual_seed(5)
        assert torch.equal(chains, rbm.gibbs(start, 3))
        assert not torch.equal(chains, start)
        assert torch.equal(x, kept)


# Learning


@breaks("phases swapped", "energy.RBM._rule", "weighted = h * weights", "weighted = h * -weights")
@breaks(
    "probabilities fed back by the rule",
    "energy.RBM._phases",
    "bernoulli(torch.sigmoid(start))",
    "torch.sigmoid(start)",
)
@breaks(
    "PCD whose negative phase starts at the data",
    "energy.RBM._phases",
    '[self._sized(chains, "chains"), x]',
    "[x[torch.arange(len(chains)) % len(x)], x]",
)
def test_gradient_with_exact_chains_is_the_likelihoods() -> None:
    """One sweep leaves exact chains exact, so that persistent chains give the true gradient on average."""
    rbm = machine(4, 4, seed=4)
    p, x, n = law(rbm), draws(torch.ones(16), 40), 400_000
    gradient = rbm.gradient(x, chains=draws(p, n))
    assert_gradient(gradient, exact_gradient(rbm, x), rbm, p, n)


@breaks("CD-k with k + 1", "energy.RBM._phases", ", steps - 1)", ", steps)", given={"steps": 1})
@breaks("CD-k with 1 for k", "energy.RBM._phases", ", steps - 1)", ", 0)", given={"steps": 30})
@pytest.mark.parametrize("steps", [1, 2, 30])
def test_gradient_from_data_takes_steps_sweeps(steps: int) -> None:
    """CD-k has the data's law after k sweeps in its negative phase; for large k that is the machine's."""
    rbm = machine(3, 4, seed=5)
    data = torch.zeros(16).index_fill(0, torch.tensor([3, 5, 6]), 1 / 3)
    x = states(4)[[3, 5, 6]].repeat(50_000, 1)
    negative = data @ torch.linalg.matrix_power(transition(rbm), steps)
    gradient = rbm.gradient(x, steps=steps)
    assert_gradient(gradient, (negative - data) @ statistics(rbm), rbm, negative, len(x))
    if steps == 30:
        assert_gradient(gradient, exact_gradient(rbm, x), rbm, negative, len(x))


@breaks(
    "loss whose factor is lost",
    "energy.rbm._Surrogate.backward",
    "outputs[0] * g",
    "g",
    given={"kind": RBM, "persistent": False},
)
@pytest.mark.parametrize("kind", [RBM, CentredRBM])
@pytest.mark.parametrize("persistent", [False, True])
def test_loss_and_gradient_are_one(kind: type[RBM], persistent: bool) -> None:
    rbm, x = machine(3, 4, kind=kind), draws(torch.ones(16), 30)
    start = draws(torch.ones(16), 20) if persistent else None
    torch.manual_seed(6)
    expected = deepcopy(rbm).gradient(x, steps=2, chains=deepcopy(start))
    torch.manual_seed(6)
    (3 * rbm.loss(x, steps=2, chains=start)).backward()
    for p, g in zip((rbm.W, rbm.b, rbm.c), expected, strict=True):
        assert torch.equal(p.grad, 3 * g)


@breaks("loss upside down", "energy.RBM.loss", "positive - negative", "negative - positive")
@breaks("chains weighted as if as many as the data", "energy.RBM._rule", "(n, 1), 1 / n", "(n, 1), 1 / rest")
@breaks(
    "a sample of h where its probability belongs",
    "energy.RBM._rule",
    "h * weights",
    "bernoulli(h) * weights",
)
def test_loss_is_a_difference_of_free_energies() -> None:
    rbm, x, chains = machine(3, 4), draws(torch.ones(16), 30), draws(torch.ones(16), 20)
    loss = rbm.loss(x, chains=chains)
    difference = rbm.free_energy(x).mean() - rbm.free_energy(chains).mean()
    assert_close(loss, difference)
    by_autograd = torch.autograd.grad(difference, [rbm.W, rbm.b, rbm.c])
    assert_close(flat(torch.autograd.grad(loss, [rbm.W, rbm.b, rbm.c])), flat(by_autograd))


@breaks("centred W alone", "energy.CentredRBM._rule", "d_b - d_w @ self.mu", "d_b")
@breaks("centred on one side", "energy.CentredRBM._rule", " - torch.outer(d_b, self.mu)", "")
def test_centred_gradient_is_the_plain_one_through_centred_parameters() -> None:
    """With b = b' - W mu and c = c' - W^T lam, descending (W, b', c') moves (W, b, c) by J J^T of the plain one."""
    x = draws(torch.tensor([1.0, 2, 4, 8] * 4), 30)
    gradients = []
    for kind in (RBM, CentredRBM):
        rbm, chains = machine(3, 4, seed=7, kind=kind), states(4)
        gradients.append(flat(rbm.gradient(x, chains=chains)))

    def plain(centred: Tensor) -> Tensor:
        W, b, c = centred[:12].reshape(3, 4), centred[12:15], centred[15:]
        return torch.cat([W.flatten(), b - W @ rbm.mu, c - W.T @ rbm.lam])

    J = torch.func.jacrev(plain)(torch.zeros(19))
    assert_close(gradients[1], J @ J.T @ gradients[0])
    assert torch.linalg.eigvalsh(J @ J.T).min() > 0.1


@breaks("offsets that stay", "energy.CentredRBM._rule", "self.lam.lerp_(", "self.lam.lerp(")
def test_centred_offsets_follow_the_means() -> None:
    rbm, x = machine(3, 4, kind=CentredRBM), draws(torch.tensor([1.0, 2, 4, 8] * 4), 30)
    h = torch.sigmoid(x @ rbm.W.detach().T + rbm.b.detach())
    mu, lam = torch.full((4,), 0.5), torch.full((3,), 0.5)
    for _ in range(3):
        rbm.loss(x)
        mu, lam = mu + rbm.rate * (x.mean(0) - mu), lam + rbm.rate * (h.mean(0) - lam)
        assert_close(rbm.mu, mu)
        assert_close(rbm.lam, lam)


@breaks("an offset added to the gradient", "energy.CentredRBM._rule", "d_c - self.lam @ d_w", "d_c - self.mu")
def test_centred_gradient_vanishes_with_the_plain_one() -> None:
    """Biases so strong that a sweep returns the data: nothing is left to learn."""
    x = torch.tensor([[1.0, 0.0, 1.0, 1.0]]).repeat(10, 1)
    for kind in (RBM, CentredRBM):
        rbm = machine(3, 4, seed=8, kind=kind)
        with torch.no_grad():
            rbm.c.copy_(200 * x[0] - 100)
        assert flat(rbm.gradient(x, steps=2)).abs().max() < 1e-12


# Words


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda: RBM(0, 3), "features=0", "at least 1"),
        (lambda: RBM(3, 0), "hidden=0", "at least 1"),
        (lambda: binary_states(21), "21", "0 to 20"),
        (lambda: RBM(4, 3).free_energy(torch.zeros(2, 5)), "5 features", "has 4"),
        (lambda: RBM(4, 3).prob_h(torch.zeros(2, 5)), "5 features", "has 4"),
        (lambda: RBM(4, 3).gibbs(torch.zeros(2, 5)), "5 features", "has 4"),
        (lambda: RBM(4, 3).loss(torch.zeros(2, 5)), "5 features", "has 4"),
        (lambda: RBM(4, 3).prob_x(torch.zeros(2, 4)), "4 hidden", "has 3"),
        (lambda: RBM(4, 3).energy(torch.zeros(2, 4), torch.zeros(2, 4)), "4 hidden", "has 3"),
        (lambda: RBM(4, 3).gradient(torch.zeros(2, 4), steps=0), "steps is 0", "at least 1"),
        (lambda: RBM(25, 21).log_partition(), "21 units", "at most 20"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()


@breaks("exact sums end one unit early", "energy.RBM.log_partition", "> EXACT_UNITS", ">= EXACT_UNITS", by=ValueError)
def test_exact_sums_reach_the_limit() -> None:
    """Twenty units are still summed: with no couplings log Z is known."""
    rbm = RBM(20, 20)
    with torch.no_grad():
        rbm.W.zero_()
        rbm.b.normal_()
        rbm.c.normal_()
    expected = softplus(rbm.b).sum() + softplus(rbm.c).sum()
    assert_close(rbm.log_partition(), expected, rtol=0, atol=1e-9)
