"""How the zoo's variational autoencoders are built, trained and measured."""

from __future__ import annotations

__all__ = ["build_vae", "measure_vae", "train_vae"]

import copy
from collections.abc import Iterator
from typing import cast

import torch
from torch import Tensor, nn

from genlib.evaluate import mean_and_error
from genlib.nn import Bernoulli, Gaussian, mlp
from genlib.train import fit, one_cycle
from genlib.vae import VAE, importance_log_prob
from genlib.zoo._shared import Figures, binary_batches


def build_vae(latent: int, width: int) -> VAE:
    """Returns an untrained VAE 784-width-width-latent and back, with ELU units."""
    encoder = Gaussian(mlp(784, width, width, 2 * latent))
    return VAE(encoder, Bernoulli(mlp(latent, width, width, 784)), latent)


def train_vae(
    vae: VAE, x: Tensor, y: Tensor, *, epochs: int = 120, batch: int = 128, lr: float = 2e-3
) -> Iterator[int]:
    """Trains on the bound with one code an example, by Adam at a rate that rises and falls once; yields at the end."""
    steps = epochs * len(x) // batch
    for _ in fit(vae.loss, vae.parameters(), binary_batches(x, batch), steps=steps, lr=one_cycle(lr, steps)):
        pass
    yield steps


def measure_vae(vae: VAE, x: Tensor, x_test: Tensor, y_test: Tensor) -> Figures:
    """Returns the bound and the importance-weighted test log-likelihood, also with the widgets' 8-bit weights."""
    from genlib.widgets.packing import rounded

    small = copy.deepcopy(vae)
    for part in (small.encoder, small.decoder):
        part.net = rounded(cast(nn.Module, part.net), "int8")
    with torch.no_grad():
        bound, bound_error = mean_and_error(vae.elbo(x_test, 10).double())
    test, error = mean_and_error(importance_log_prob(vae, x_test, 1000, progress=True).double())
    coarse, coarse_error = mean_and_error(importance_log_prob(small, x_test, 1000, progress=True).double())
    return {
        "test_elbo": round(bound, 3),
        "test_elbo_standard_error": round(bound_error, 3),
        "test_log_prob": round(test, 3),
        "test_log_prob_standard_error": round(error, 3),
        "test_method": "importance weighting, 1000 codes for each of the test images: a lower bound in expectation",
        "test_log_prob_int8": round(coarse, 3),
        "test_log_prob_int8_standard_error": round(coarse_error, 3),
    }
