"""Laws of the mixture of Bernoullis, against sums over components and states that are written out one by one."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from exact import assert_law, drawn, flat, states
from mutants import breaks
from torch import Tensor
from torch.testing import assert_close

from genlib.mixture import BernoulliMixture


def mixture(features: int = 4, components: int = 3, *, seed: int = 0) -> BernoulliMixture:
    return drawn(lambda: BernoulliMixture(features, components), seed)


def joint(model: BernoulliMixture, x: Tensor) -> Tensor:
    """Returns p(x, k), `(N, K)`, one factor for each entry."""
    weights = model.log_weights.exp() / model.log_weights.exp().sum()
    table = torch.zeros(len(x), model.components)
    for k, row in enumerate(model.logits):
        mu = 1 / (1 + (-row).exp())
        for n, example in enumerate(x):
            table[n, k] = weights[k] * torch.where(example == 1, mu, 1 - mu).prod()
    return table


def data(n: int = 40, features: int = 6, components: int = 3) -> Tensor:
    """Returns draws of another mixture than the one that learns."""
    return mixture(features, components, seed=9).sample(n)


def random_q(n: int, components: int) -> Tensor:
    return torch.randn(n, components).softmax(1)


@breaks(
    "weights that do not sum to one",
    "mixture.BernoulliMixture._log_joint",
    "self.log_weights.log_softmax(0)",
    "self.log_weights",
)
@breaks("no probability of a zero", "mixture.BernoulliMixture._log_joint", "F.softplus(self.logits).sum(1)", "0")
def test_scores_are_those_of_the_sum() -> None:
    model, x = mixture(), states(4)
    table = joint(model, x)
    assert_close(model.log_joint(x), table.log())
    assert_close(model.log_prob(x).exp(), table.sum(1))
    assert_close(model.responsibilities(x), table / table.sum(1, keepdim=True))
    assert_close(model.log_prob(x).exp().sum(), torch.tensor(1.0))
    assert_close(model.pi.sum(), torch.tensor(1.0))
    assert_close(model.mu[1, 2].logit(), model.logits[1, 2])


@breaks("an entropy of the wrong sign", "mixture.BernoulliMixture.bound", "- torch.xlogy", "+ torch.xlogy")
@breaks("a bound of the marginal", "mixture.BernoulliMixture.bound", "q * joint", "joint.logsumexp(1, keepdim=True)")
def test_the_gap_of_the_bound_is_a_divergence() -> None:
    """Zero at the posterior, and KL(q || posterior), summed term by term, elsewhere; q may rule components out."""
    model, x = mixture(), states(4)
    posterior = joint(model, x) / joint(model, x).sum(1, keepdim=True)
    assert_close(model.bound(x, posterior), model.log_prob(x))
    q = random_q(len(x), 3)
    q[::2] = torch.eye(3)[torch.arange(len(q[::2])) % 3]
    gap = torch.zeros(len(x))
    for n in range(len(x)):
        for k in range(3):
            gap[n] += q[n, k] * (q[n, k] / posterior[n, k]).log() if q[n, k] > 0 else 0
    assert_close(model.log_prob(x) - model.bound(x, q), gap)
    assert gap.min() > 0


@breaks("half of a loss", "mixture.BernoulliMixture.loss", ".mean()", ".mean() / 2")
def test_the_gradient_is_that_of_the_bound_with_the_posterior_held() -> None:
    """Fisher's identity: the bound touches log p(x) and has its slope there."""
    model, x = mixture(), data(features=4)
    model.loss(x).backward()
    held = torch.autograd.grad(-model.bound(x, model.responsibilities(x).detach()).mean(), [*model.parameters()])
    assert_close(flat([p.grad for p in model.parameters()]), flat(held))


def penalised(model: BernoulliMixture, x: Tensor, smoothing: float) -> float:
    """Returns what EM with pseudo-counts maximises, in all."""
    prior = model.pi.log().sum() + (model.mu.log() + (1 - model.mu).log()).sum()
    return (model.log_prob(x).sum() + smoothing * prior).item()


@breaks(
    "smoothed as if by one count",
    "mixture.BernoulliMixture._maximise",
    "(off + smoothing)",
    "(off + 5 * smoothing)",
    given={"smoothing": 0.3},
)
@breaks("counts of the other pixels", "mixture.BernoulliMixture._maximise", "r.T @ x", "r.T @ (1 - x)")
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_em_never_falls(smoothing: float) -> None:
    for seed in range(10):
        model, x, reached = mixture(6, 4, seed=seed), data(), []
        for _ in model.fit_em(x, steps=40, smoothing=smoothing):
            reached.append(penalised(model, x, smoothing))
        steps = torch.tensor(reached).diff()
        assert steps.min() > -1e-9 * abs(reached[0])
        assert steps[0] > 0.1


@breaks(
    "an M step of halves", "mixture.BernoulliMixture._maximise", "+ smoothing).clamp_min(least).log() -", "+ 1).log() -"
)
@breaks("weights that stay", "mixture.BernoulliMixture._maximise", "(total + smoothing)", "(0 * total + 1)")
def test_the_m_step_is_the_maximum_of_the_bound() -> None:
    """At it the gradient of the bound, and of the pseudo-counts with it, is zero, and any other place is lower."""
    for smoothing in (0.0, 0.5):
        model, x = mixture(6, 4), data()
        q = random_q(len(x), 4)
        model.maximise(x, q, smoothing)
        value = model.bound(x, q).sum()
        prior = model.pi.log().sum() + (model.mu.log() + (1 - model.mu).log()).sum()
        slopes = torch.autograd.grad(value + smoothing * prior, [*model.parameters()])
        assert_close(flat(slopes), torch.zeros(len(flat(slopes))))
        with torch.no_grad():
            model.logits.add_(0.01 * torch.randn_like(model.logits))
        if not smoothing:
            assert model.bound(x, q).sum() < value


@breaks("an E step that takes the likeliest", "mixture.BernoulliMixture._em", ".exp_()", ".exp_().round()")
def test_em_ends_where_the_likelihood_is_level() -> None:
    x = data(200)
    for seed in range(3):
        model = mixture(6, 2, seed=seed)
        for _ in model.fit_em(x, steps=3000):
            pass
        slopes = torch.autograd.grad(model.loss(x), [*model.parameters()])
        assert flat(slopes).abs().max() < 1e-6


@breaks("the likelihood of another step", "mixture.BernoulliMixture._em", "log_prob.mean()", "self.log_prob(x).mean()")
def test_what_is_yielded_is_the_likelihood_before_the_step() -> None:
    model, x = mixture(6, 3), data()
    expected = model.log_prob(x).mean().item()
    for nats in model.fit_em(x, steps=5, smoothing=0.1):
        assert nats == pytest.approx(expected, abs=1e-12)
        expected = model.log_prob(x).mean().item()


@breaks("the likeliest component alone", "mixture.BernoulliMixture.sample", "self.pi, n", "self.pi.square(), n")
@breaks(
    "a coin for all",
    "mixture.BernoulliMixture.sample",
    "torch.rand_like(means)",
    "torch.rand(len(means), 1).repeat(1, 4)",
)
def test_samples_follow_the_mixture() -> None:
    model = mixture()
    assert_law(model.sample(200_000), joint(model, states(4)).detach().sum(1))


@breaks(
    "means that reach one",
    "mixture.BernoulliMixture._maximise",
    "odds.clamp(-MOST, MOST)",
    "odds",
)
def test_a_component_may_swallow_one_example_and_no_more() -> None:
    """Its means are all but certain, a millionth away from it; smoothing keeps them as far off as it says."""
    x = data(30, 6, 2)
    x[0] = torch.tensor([1.0, 0, 1, 0, 1, 0])
    q = torch.zeros(30, 2)
    q[0, 0] = q[1:, 1] = 1
    model = mixture(6, 2)
    model.maximise(x, q)
    assert_close((model.mu[0] - x[0]).abs(), torch.full((6,), 1e-6), rtol=1e-6, atol=0)
    assert model.pi[0].item() == pytest.approx(1 / 30)
    model.maximise(x, q, 0.5)
    assert_close((model.mu[0] - x[0]).abs(), torch.full((6,), 0.25))


@breaks(
    "counts of nothing",
    "mixture.BernoulliMixture._maximise",
    "(total + smoothing).clamp_min(least)",
    "(total + smoothing)",
    by=ValueError,
)
def test_a_component_that_nothing_belongs_to_is_left_with_fair_coins() -> None:
    model, x = mixture(6, 2), data(components=2)
    q = torch.zeros(len(x), 2)
    q[:, 0] = 1
    model.maximise(x, q)
    assert_close(model.mu[1], torch.full((6,), 0.5))
    assert model.pi[1] < 1e-300
    assert model.log_prob(x).isfinite().all()
    assert model.log_weights.isfinite().all()


@breaks("data that are written on", "mixture.BernoulliMixture._maximise", "r.T @ x", "r.T @ x.zero_()")
def test_em_leaves_the_data_as_they_were() -> None:
    model, x = mixture(6, 3), data()
    kept, q = x.clone(), random_q(len(x), 3)
    kept_q = q.clone()
    for _ in model.fit_em(x, steps=3):
        pass
    model.maximise(x, q)
    assert torch.equal(x, kept)
    assert torch.equal(q, kept_q)


@breaks(
    "components that begin alike",
    "mixture.BernoulliMixture.__init__",
    "torch.rand(components, features)",
    "torch.rand(1, features).repeat(components, 1)",
)
def test_components_begin_apart_and_equally_likely() -> None:
    """Where two begin alike, EM cannot tell them apart."""
    model, x = BernoulliMixture(6, 3), data()
    assert_close(model.pi, torch.full((3,), 1 / 3))
    assert 0.25 <= model.mu.min() <= model.mu.max() <= 0.75
    for _ in model.fit_em(x):
        pass
    assert torch.pdist(model.mu).min() > 0.1


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda m, x: BernoulliMixture(0, 3), "features is 0", "at least 1"),
        (lambda m, x: BernoulliMixture(4, 0), "components is 0", "at least 1"),
        (lambda m, x: m.log_prob(x[:, :3]), "3 features", "has 4"),
        (lambda m, x: m.log_prob((x + 0.5) / 2), "between 0 and 1", "zeros and ones"),
        (lambda m, x: m.fit_em(x.float()), "float32", "float64"),
        (lambda m, x: m.fit_em(x[0]), "shape", "batch"),
        (lambda m, x: m.fit_em(x[:0]), "empty", "at least one"),
        (lambda m, x: m.fit_em(255 * x), "to 255", "0 to 1"),
        (lambda m, x: m.fit_em(x, steps=0), "steps is 0", "at least 1"),
        (lambda m, x: m.fit_em(x, smoothing=-1.0), "smoothing is -1.0", "at least 0"),
        (lambda m, x: m.fit_em(x, smoothing=math.nan), "smoothing is nan", "at least 0"),
        (lambda m, x: m.bound(x, torch.ones(16, 3)), "no probabilities", "the sum 1"),
        (lambda m, x: m.bound(x, torch.ones(1, 3) / 3), r"\(1, 3\)", "as many examples"),
        (lambda m, x: m.maximise(x, torch.ones(16, 2)), "2 components", "has 3"),
        (lambda m, x: m.maximise(x, -torch.ones(16, 3)), "below 0", "shares"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[..., object], got: str, expected: str) -> None:
    """`fit_em` looks when it is called, and not when it is first read."""
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call(mixture(), states(4))


@breaks("EM on NaN", "mixture.BernoulliMixture.fit_em", "finite(self)", "pass")
def test_em_names_a_parameter_that_is_not_finite() -> None:
    model = mixture()
    with torch.no_grad():
        model.logits[0, 0] = math.nan
    with pytest.raises(ValueError, match="logits of this BernoulliMixture has 1 values"):
        model.fit_em(states(4))


@breaks("means of one component", "mixture.BernoulliMixture.sample", "self.mu[k]", "self.mu[0 * k]")
def test_draws_of_a_mixture_that_is_sure_are_its_components() -> None:
    model = BernoulliMixture(6, 2)
    pictures = torch.tensor([[1.0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]])
    model.maximise(pictures, torch.eye(2))
    found = model.sample(200).unique(dim=0)
    assert torch.equal(found, pictures.flip(0))
