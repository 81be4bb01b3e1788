"""Laws of the VAE, on linear Gaussian models, whose likelihood and posterior have closed forms, and by quadrature."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise, repeat

import pytest
import torch
from exact import LinearGaussian, assert_mean, flat
from mutants import breaks, holds_no_mutant
from torch import Tensor
from torch.distributions import MultivariateNormal, kl_divergence
from torch.testing import assert_close

from genlib.nn import Bernoulli, Conditional, Gaussian, conv_decoder, conv_encoder, mlp
from genlib.train import fit
from genlib.vae import VAE, importance_log_prob


def closed_bound(truth: LinearGaussian, vae: VAE, x: Tensor) -> Tensor:
    """Returns log p(x) - KL(q || posterior) from the two closed forms, with a graph to the encoder."""
    mu, log_sigma = vae.encoder.net(x).chunk(2, -1)
    q = MultivariateNormal(mu, scale_tril=torch.diag_embed(log_sigma.exp()))
    return truth.marginal.log_prob(x) - kl_divergence(q, truth.posterior(x))


# The bound


@breaks("divergence with the wrong sign", "vae.VAE.elbo", "- kl_divergence", "+ kl_divergence")
@breaks(
    "reconstruction averaged over features, divergence summed", "vae.VAE.elbo", ".mean(0)", ".mean(0) / x.shape[-1]"
)
def test_elbo_is_the_likelihood_less_the_gap() -> None:
    truth = LinearGaussian()
    vae, x = truth.vae(noise=0.3), truth.marginal.sample((3,))
    with torch.no_grad():
        bounds = vae.elbo(x.expand(50_000, 3, 5).reshape(-1, 5)).reshape(50_000, 3)
        assert_mean(bounds, closed_bound(truth, vae, x))
        assert (closed_bound(truth, vae, x) < truth.marginal.log_prob(x) - 0.05).all()


@breaks("divergence forgotten", "vae.VAE.elbo", "- kl_divergence(q, self.prior())", "")
def test_elbo_reaches_the_likelihood_at_the_posterior() -> None:
    truth = LinearGaussian()
    x = truth.marginal.sample((4,))
    with torch.no_grad():
        bounds = torch.stack([truth.vae().elbo(x, samples=100) for _ in range(400)])
    assert_mean(bounds, truth.marginal.log_prob(x))


@breaks("samples added up", "vae.VAE.elbo", ".mean(0)", ".sum(0)")
@breaks("one sample whatever is asked", "vae.VAE._codes", "rsample((samples,))", "rsample((1,))")
def test_elbo_averages_over_its_samples() -> None:
    truth = LinearGaussian()
    vae, x = truth.vae(noise=0.3), truth.marginal.sample((1,)).expand(20_000, 5)
    with torch.no_grad():
        one, nine = vae.elbo(x), vae.elbo(x, samples=9)
    assert_mean(nine, closed_bound(truth, vae, x[:1])[0].detach())
    assert (one.var() / nine.var()).item() == pytest.approx(9, rel=0.1)


@breaks("divergence the wrong way round", "vae.VAE.elbo", "(q, self.prior())", "(self.prior(), q)")
@breaks(
    "posterior's log sigma taken for the log of the variance",
    "nn.Gaussian.forward",
    "log_sigma.exp()",
    "(log_sigma / 2).exp()",
)
def test_divergence_from_the_prior_matches_quadrature() -> None:
    """A decoder that ignores z leaves the divergence as the only difference to log p(x|z)."""
    mu, log_sigma = torch.tensor([0.7, -1.2]), torch.tensor([0.4, -0.9])
    encoder, decoder = torch.nn.Linear(3, 4), torch.nn.Linear(2, 3)
    with torch.no_grad():
        encoder.weight.zero_()
        encoder.bias.copy_(torch.cat([mu, log_sigma]))
        decoder.weight.zero_()
    vae, x = VAE(Gaussian(encoder), Bernoulli(decoder), 2), torch.tensor([[0.0, 1.0, 1.0]])
    divergence = vae.decode(torch.zeros(1, 2)).log_prob(x) - vae.elbo(x)
    z = torch.linspace(-30, 30, 60_001)
    q = (-(((z[:, None] - mu) / log_sigma.exp()) ** 2) / 2 - log_sigma).exp() / math.sqrt(2 * math.pi)
    log_ratio = -(((z[:, None] - mu) / log_sigma.exp()) ** 2) / 2 - log_sigma + z[:, None] ** 2 / 2
    assert_close(divergence[0], torch.trapezoid(q * log_ratio, z, dim=0).sum(), rtol=0, atol=1e-9)


@breaks("loss upside down", "vae.VAE.loss", "-self.elbo", "self.elbo")
@breaks("loss added up", "vae.VAE.loss", ".mean()", ".sum()")
def test_loss_is_the_mean_negative_bound() -> None:
    truth = LinearGaussian()
    vae, x = truth.vae(noise=0.3), truth.marginal.sample((9,))
    torch.manual_seed(1)
    expected = -vae.elbo(x).sum() / 9
    torch.manual_seed(1)
    assert_close(vae.loss(x), expected)


@breaks("no gradient through the samples", "vae.VAE._codes", "q.rsample", "q.sample")
def test_gradient_of_the_loss_is_that_of_the_closed_form() -> None:
    """The gradient passes through the samples, mean and sigma alike."""
    truth = LinearGaussian()
    vae, x = truth.vae(noise=0.3), truth.marginal.sample((1,))
    weights = list(vae.encoder.parameters())
    expected = flat(torch.autograd.grad(-closed_bound(truth, vae, x).mean(), weights))
    many = x.expand(500, 5)
    gradients = [flat(torch.autograd.grad(vae.loss(many), weights)) for _ in range(200)]
    assert_mean(torch.stack(gradients), expected, errors=4.5)


# Importance weighting


@breaks("log K forgotten", "vae.VAE.importance_bound", " - math.log(samples)", "", given={"samples": 5})
@breaks("q forgotten in the weights", "vae.VAE.importance_bound", " - q.log_prob(z)", "", given={"samples": 1})
@pytest.mark.parametrize("samples", [1, 5, 40])
def test_importance_bound_is_exact_at_the_posterior(samples: int) -> None:
    """All weights are equal there: no variance is left."""
    truth = LinearGaussian()
    x = truth.marginal.sample((6,))
    assert_close(truth.vae().importance_bound(x, samples), truth.marginal.log_prob(x))


@breaks(
    "mean of logs for the log of the mean",
    "vae.VAE.importance_bound",
    "weight.logsumexp(0) - math.log(samples)",
    "weight.mean(0)",
)
def test_importance_bound_grows_from_the_elbo_to_the_likelihood() -> None:
    truth = LinearGaussian()
    vae, x = truth.vae(noise=0.3), truth.marginal.sample((1,))
    with torch.no_grad():
        bounds = [vae.importance_bound(x.expand(4000, 5), k) for k in (1, 2, 8, 64)]
        assert_mean(bounds[0], closed_bound(truth, vae, x)[0])
        last = vae.importance_bound(x, 300_000)
    exact = truth.marginal.log_prob(x)
    for lower, upper in pairwise(bounds):
        error = ((lower.var() + upper.var()) / 4000).sqrt()
        assert upper.mean() - lower.mean() > 2 * error
    assert bounds[-1].mean() < exact + 4 * bounds[-1].std() / math.sqrt(4000)
    assert_close(last, exact, rtol=0, atol=0.02)


@breaks("prior forgotten in the weights", "vae.VAE.importance_bound", " + self.prior().log_prob(z)", "")
def test_importance_bound_of_a_curved_decoder_matches_quadrature() -> None:
    torch.manual_seed(2)
    vae = VAE(Gaussian(mlp(4, 8, 2)), Bernoulli(mlp(1, 8, 4)), 1)
    with torch.no_grad():
        vae.decoder.net[0].weight.mul_(4)
        vae.decoder.net[2].weight.mul_(4)
    x = torch.tensor([[0.0, 1, 1, 0], [1.0, 1, 1, 1]])
    z = torch.linspace(-12, 12, 20_001)
    on = torch.sigmoid(vae.decoder.net(z[:, None])).detach()
    prior = (-(z**2) / 2).exp() / math.sqrt(2 * math.pi)
    likelihood = torch.where(x[:, None] == 1, on, 1 - on).prod(-1)
    exact = torch.trapezoid(likelihood * prior, z).log()
    with torch.no_grad():
        assert_close(vae.importance_bound(x, 400_000), exact, rtol=0, atol=0.02)


# The model


@breaks("prior too wide", "vae.VAE.prior", "torch.ones_like(self.origin)", "2 * torch.ones_like(self.origin)")
def test_prior_is_standard_normal() -> None:
    vae, z = LinearGaussian(latent=3).vae(), torch.randn(5, 3)
    expected = MultivariateNormal(torch.zeros(3), torch.eye(3)).log_prob(z)
    assert_close(vae.prior().log_prob(z), expected)


@breaks("means in the place of samples", "vae.VAE.sample", "(n,)), y).sample()", "(n,)), y).mean")
def test_samples_have_the_model_mean_and_covariance() -> None:
    truth = LinearGaussian()
    x = truth.vae().sample(50_000)
    assert_mean(x, truth.a)
    products = torch.einsum("ni,nj->nij", x - truth.a, x - truth.a)
    assert_mean(products, truth.marginal.covariance_matrix)


@breaks("mean and log sigma swapped", "nn.Gaussian.forward", "mu, log_sigma = out", "log_sigma, mu = out")
def test_encode_and_decode_are_the_networks() -> None:
    truth = LinearGaussian()
    vae, x = truth.vae(), truth.marginal.sample((4,))
    posterior = truth.posterior(x)
    assert_close(vae.encode(x).mean, posterior.mean)
    assert_close(vae.encode(x).stddev, posterior.stddev)
    z = torch.randn(4, 2)
    assert_close(vae.decode(z).mean, z @ truth.A.T + truth.a)


# Images, batch normalisation and conditions


def painter() -> VAE:
    """Returns a VAE of pictures of 2 by 6 by 5, convolutional both ways, with batch normalisation in both networks."""
    encoder, decoder = conv_encoder((2, 6, 5), 4, latent=6), conv_decoder((2, 6, 5), 4, latent=3)
    encoder.insert(1, torch.nn.BatchNorm2d(4))
    decoder.insert(2, torch.nn.BatchNorm2d(4))
    return VAE(Gaussian(encoder), Bernoulli(decoder), latent=3)


@breaks("codes and examples not matched", "vae.VAE._log_likelihood", "x.expand(len(z), *x.shape).flatten(0, 1)",
        "x.repeat_interleave(len(z), 0)")  # fmt: skip
@breaks("the weights' axes swapped", "vae.VAE._log_likelihood", ".unflatten(0, z.shape[:2])",
        ".unflatten(0, z.shape[1::-1]).T.contiguous()")  # fmt: skip
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_pictures_are_bounded_as_by_hand(mode: str) -> None:
    """The decoder sees the codes of all examples as one batch, so that in training its statistics are theirs."""
    torch.manual_seed(0)
    vae, x = painter().train(mode == "train"), torch.rand(5, 2, 6, 5).round()
    mu, log_sigma = deepcopy(vae).encoder.net(x).chunk(2, 1)
    torch.manual_seed(1)
    e = torch.randn(4, 5, 3)
    z = mu + log_sigma.exp() * e
    a = deepcopy(vae).decoder.net(z.reshape(20, 3)).reshape(4, 5, 2, 6, 5)
    likelihood = (x * torch.sigmoid(a).log() + (1 - x) * torch.sigmoid(-a).log()).sum((2, 3, 4))
    gap = (mu**2 + (2 * log_sigma).exp() - 1 - 2 * log_sigma).sum(1) / 2
    weight = likelihood - (z**2).sum(2) / 2 + (e**2 / 2 + log_sigma).sum(2)
    torch.manual_seed(1)
    assert_close(deepcopy(vae).elbo(x, samples=4), likelihood.mean(0) - gap)
    torch.manual_seed(1)
    assert_close(deepcopy(vae).importance_bound(x, 4), (weight.exp().mean(0)).log())


@breaks("samples all alike", "vae.VAE.sample", "sample((n,))", "sample((1,)).expand(n, -1)")
def test_a_model_of_pictures_trains_and_samples() -> None:
    """On two pictures it learns, with batch normalisation, to draw both, about as often as they come."""
    torch.manual_seed(0)
    vae, pair = painter(), torch.rand(2, 2, 6, 5).round()
    x = pair.repeat(30, 1, 1, 1)
    before = vae.elbo(x).mean().item()
    for _ in fit(vae.loss, vae.parameters(), repeat(x), steps=300, lr=0.02):
        pass
    after = vae.eval().importance_bound(x, 50).mean().item()
    assert before < -30
    assert after > -3
    drawn_ones = torch.cdist(vae.sample(200).flatten(1), pair.flatten(1), p=1)
    assert drawn_ones.amin(1).median() <= 2
    assert 0.25 < (drawn_ones[:, 0] < drawn_ones[:, 1]).double().mean() < 0.75


@breaks("the encoder blind to the condition", "vae.VAE._codes", "encode(x, y)", "encode(x, y if y is None else 0 * y)")
@breaks(
    "the decoder blind to the condition",
    "vae.VAE._log_likelihood",
    "z.flatten(0, 1), y)",
    "z.flatten(0, 1), y if y is None else 0 * y)",
)
@breaks(
    "conditions of other examples",
    "vae.VAE._log_likelihood",
    "y.expand(len(z), *y.shape).flatten(0, 1)",
    "y.repeat_interleave(len(z), 0)",
)
@breaks("a loss without its condition", "vae.VAE.loss", "y=y", "y=0 * y")
def test_a_conditional_bound_is_that_of_the_model_of_each_label() -> None:
    """With a label the networks are one model for each: the bound of an example is that of its label's own."""
    torch.manual_seed(0)
    encoder, decoder, y = mlp(4 + 3, 8, 2 * 2), mlp(2 + 3, 8, 4), torch.tensor([2, 0, 1, 1, 2])
    vae = VAE(Gaussian(Conditional(encoder, 3)), Bernoulli(Conditional(decoder, 3)), latent=2)
    x = torch.rand(5, 4).round()

    def seeded(call: Callable[[], Tensor]) -> Tensor:
        torch.manual_seed(1)
        return call()

    bound, weighted = (seeded(lambda c=c: c(x, 3, y=y)) for c in (vae.elbo, vae.importance_bound))
    for label in range(3):
        own = VAE(Gaussian(Fixed(encoder, label)), Bernoulli(Fixed(decoder, label)), latent=2)
        mine = y == label
        assert_close(bound[mine], seeded(lambda m=own: m.elbo(x, 3))[mine])
        assert_close(weighted[mine], seeded(lambda m=own: m.importance_bound(x, 3))[mine])
        assert_close(seeded(lambda k=label: vae.sample(6, torch.full((6,), k))), seeded(lambda m=own: m.sample(6)))
    assert_close(seeded(lambda: vae.loss(x, y)), -seeded(lambda: vae.elbo(x, y=y)).mean())


class Fixed(torch.nn.Module):
    """A network that is handed one of three labels whatever comes."""

    def __init__(self, net: torch.nn.Module, label: int) -> None:
        super().__init__()
        self.net, self.label = net, label

    def forward(self, x: Tensor) -> Tensor:
        return self.net(torch.cat([x, torch.eye(3)[self.label].to(x).expand(len(x), 3)], 1))


@breaks("conditions of the first examples for all", "vae.importance_log_prob", "y.split(size)", "[y[:size]] * len(x)")
def test_importance_log_prob_takes_the_condition_in_its_pieces() -> None:
    """A decoder that reads its label alone makes the likelihood exact, whatever the codes."""
    decoder = torch.nn.Linear(1 + 3, 4, bias=False)
    with torch.no_grad():
        decoder.weight[:, 0] = 0
    vae = VAE(Gaussian(Conditional(torch.nn.Linear(4 + 3, 2), 3)), Bernoulli(Conditional(decoder, 3)), latent=1)
    with torch.no_grad():
        vae.encoder.net.net.weight.zero_()
        vae.encoder.net.net.bias.zero_()
    x, y = torch.rand(8, 4).round(), torch.tensor([0, 1, 2, 2, 1, 0, 1, 1])
    on = torch.sigmoid(decoder.weight[:, 1:].T[y])
    exact = torch.where(x == 1, on, 1 - on).log().sum(1)
    assert_close(importance_log_prob(vae, x, 10_000, y=y), exact)


# Gradients and dtype


@breaks("the gradient's path through log q cut", "vae.VAE.importance_bound", "q.log_prob(z)", "q.log_prob(z.detach())")
@breaks("no gradient through the codes", "vae.VAE._codes", "q.rsample", "q.sample")
def test_gradient_of_the_importance_bound_is_that_of_its_exact_expectation() -> None:
    """Two codes an example: the expectation is an integral over both, and its slope a difference of two of them."""
    truth = LinearGaussian(features=2, latent=1)
    vae, x = truth.vae(noise=0.3), truth.marginal.sample((1,))
    bias = vae.encoder.net.bias

    def expected(shift: Tensor) -> Tensor:
        """E log (w_1 + w_2) / 2 under q, with the encoder's mean and log sigma shifted."""
        mu, log_sigma = (vae.encoder.net(x)[0] + shift).detach()
        e = torch.linspace(-7, 7, 281)
        q = (-(e**2) / 2).exp() / math.sqrt(2 * math.pi) * (e[1] - e[0])
        z = mu + log_sigma.exp() * e
        residual = x - z[:, None] * truth.A[:, 0] - truth.a
        log_w = -(residual**2).sum(1) / (2 * truth.sigma**2) - z**2 / 2 + e**2 / 2 + log_sigma
        return (q[:, None] * q * torch.logaddexp(log_w[:, None], log_w)).sum()

    slopes = [(expected(step) - expected(-step)) / 2e-4 for step in 1e-4 * torch.eye(2)]
    draws = [torch.autograd.grad(vae.importance_bound(x.expand(500, 2), 2).mean(), bias)[0] for _ in range(400)]
    assert_mean(torch.stack(draws), torch.stack(slopes))
    assert min(abs(slope) for slope in slopes) > 0.05


@breaks("a prior that stays where it was made", "vae.VAE.__init__",
        'self.register_buffer("origin", torch.zeros(latent), persistent=False)', "self.origin = torch.zeros(latent)",
        by=ValueError)  # fmt: skip
def test_the_prior_follows_the_model() -> None:
    vae = painter().half()
    assert vae.prior().sample().dtype == torch.float16
    assert painter().to("meta").prior().mean.device.type == "meta"
    assert vae.float().sample(2).dtype == torch.float32


@holds_no_mutant("what PyTorch's wrapping passes on, not a formula")
def test_a_wrapped_model_gives_the_same() -> None:
    """Compiled whole, or of networks that are compiled or spread over devices, it is the same model."""
    vae, x = small(), torch.rand(5, 4).round()
    compiled = torch.compile(vae, backend="eager")
    parts = VAE(torch.compile(vae.encoder, backend="eager"), torch.nn.DataParallel(vae.decoder), latent=3)
    for model in (compiled, parts):
        torch.manual_seed(0)
        expected = vae.elbo(x)
        torch.manual_seed(0)
        assert_close(model.elbo(x), expected)
    with pytest.raises(ValueError, match=r"got y.*nn\.Conditional"):
        parts.elbo(x, y=torch.zeros(5, dtype=torch.long))


def small() -> VAE:
    return VAE(Gaussian(mlp(4, 6)), Bernoulli(mlp(3, 4)), 3)


def damaged(value: float) -> VAE:
    vae = small()
    with torch.no_grad():
        vae.decoder.net[0].weight[0, 0] = value
    return vae


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda: VAE(mlp(4, 2), mlp(1, 4), 0), "latent is 0", "at least 1"),
        (lambda: VAE(Gaussian(mlp(4, 6)), mlp(2, 4), 2).encode(torch.zeros(1, 4)), r"\(3,\)", "latent=2"),
        (lambda: small().decode(torch.zeros(1, 2)), "2 numbers", "has 3"),
        (lambda: small().decode(torch.zeros(3, 1, 3)), r"z has shape \(3, 1, 3\)", r"\(B, 3\)"),
        (lambda: small().sample(0), "n is 0", "at least 1"),
        (lambda: small().elbo(torch.zeros(2, 5)), r"shape \(2, 5\)", "in_features=4"),
        (lambda: small().elbo(torch.zeros(2, 4), y=torch.zeros(2)), "got y, but the encoder", "nn.Conditional"),
        (lambda: small().elbo(torch.full((2, 4), 128.0)), "to 128", "0 to 1"),
        (lambda: VAE(Gaussian(mlp(4, 6)), Bernoulli(mlp(3, 5)), 3).elbo(torch.zeros(1, 4)), r"\(4,\)", r"\(5,\)"),
        (lambda: painter().elbo(torch.zeros(2, 6, 5)), "expected 4D", "got 3D"),
        (lambda: painter().elbo(torch.zeros(2, 1, 6, 5)), r"shape \(2, 1, 6, 5\)", r"Conv2d\(2, 4"),
        (lambda: painter().elbo(torch.zeros(2, 2, 6, 6)), r"x has examples of shape \(2, 6, 6\)", r"\(2, 6, 5\)"),
        (lambda: damaged(math.nan).elbo(torch.zeros(2, 4)), "1 values that are NaN", "finite"),
        (lambda: damaged(math.inf).sample(2), "1 values that are NaN or infinite", "finite"),
        (lambda: importance_log_prob(mlp(4, 6), torch.zeros(2, 4)), "a Sequential", "a VAE"),
        (lambda: importance_log_prob(small(), torch.zeros(2, 4), 0), "samples is 0", "at least 1"),
        (lambda: importance_log_prob(small(), torch.zeros(0, 4)), "x is empty", "at least one example"),
        (lambda: small().elbo(torch.zeros(1, 4), samples=0), "samples is 0", "at least 1"),
        (lambda: small().importance_bound(torch.zeros(1, 4), 0), "samples is 0", "at least 1"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()
