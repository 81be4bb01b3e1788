"""ScoreField on two moons, with networks that have seen points and noise for a second each."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from genlib import data
from genlib.autoencoders import Autoencoder, DenoisingAutoencoder, gaussian_noise
from genlib.nn import Residual, mlp
from genlib.train import fit, one_cycle
from genlib.widgets import ScoreField

STEPS = 667


def denoiser(sigma: float) -> DenoisingAutoencoder:
    torch.manual_seed(0)
    plain = Autoencoder(Residual(mlp(2, 64, 64, 2, activation=nn.ReLU)), nn.Identity())
    model = DenoisingAutoencoder(plain, partial(gaussian_noise, sigma=sigma))
    batches = data.batches(data.two_moons().sample((20_000,)), 500)
    rate = one_cycle(0.02, STEPS)
    for _ in fit(model.loss, model.parameters(), batches, steps=STEPS, lr=rate, progress=False):
        pass
    return model


def example() -> ScoreField:
    return ScoreField({sigma: denoiser(sigma) for sigma in (0.3, 0.5, 1.0)}, sigma=0.5)
