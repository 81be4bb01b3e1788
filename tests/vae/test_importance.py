"""Laws of importance weighting: exact at the posterior, near the likelihood beside it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from exact import LinearGaussian
from mutants import breaks
from torch.testing import assert_close

from genlib.nn import Bernoulli, Gaussian, mlp
from genlib.vae import VAE, importance_log_prob


def small() -> VAE:
    return VAE(Gaussian(mlp(4, 6)), Bernoulli(mlp(3, 4)), 3)


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


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda: importance_log_prob(small(), torch.zeros(2, 4), samples=0), "samples is 0", "at least 1"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()
