"""Laws of the VAE, on linear Gaussian models, whose likelihood and posterior have closed forms, and by quadrature."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from exact import LinearGaussian, assert_mean, flat
from mutants import breaks
from torch import Tensor
from torch.distributions import MultivariateNormal, kl_divergence
from torch.testing import assert_close

from genlib.nn import Bernoulli, Gaussian, mlp
from genlib.vae import VAE


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


@breaks("means in the place of samples", "vae.VAE.sample", "(n,))).sample()", "(n,))).mean")
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


def small() -> VAE:
    return VAE(Gaussian(mlp(4, 6)), Bernoulli(mlp(3, 4)), 3)


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda: VAE(mlp(4, 2), mlp(1, 4), 0), "latent is 0", "at least 1"),
        (lambda: VAE(Gaussian(mlp(4, 6)), mlp(2, 4), 2).encode(torch.zeros(1, 4)), r"\(3,\)", "latent=2"),
        (lambda: small().decode(torch.zeros(1, 2)), "2 numbers", "latent=3"),
        (lambda: small().elbo(torch.zeros(1, 4), samples=0), "samples is 0", "at least 1"),
        (lambda: small().importance_bound(torch.zeros(1, 4), 0), "samples is 0", "at least 1"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()
