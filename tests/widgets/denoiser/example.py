"""Denoiser on digits, with a network that has met all three kinds of noise for a few seconds."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genlib import data
from genlib.autoencoders import BinaryAutoencoder, DenoisingAutoencoder, gaussian_noise, masking, salt_and_pepper
from genlib.train import fit, one_cycle
from genlib.widgets import Denoiser

NOISES = [(gaussian_noise, 1.0), (masking, 0.8), (salt_and_pepper, 0.8)]


def any_noise(x: Tensor) -> Tensor:
    kind, most = NOISES[int(torch.randint(3, ()))]
    return kind(x, most * torch.rand(()).item())


def example() -> Denoiser:
    torch.manual_seed(0)
    (x, _), _, (x_test, labels) = data.load("digits")
    plain = BinaryAutoencoder(nn.Sequential(nn.Linear(64, 200), nn.ELU()), nn.Linear(200, 64))
    model = DenoisingAutoencoder(plain, any_noise)
    batches = data.batches(data.binarize(x).flatten(1), 100)
    for _ in fit(model.loss, model.parameters(), batches, steps=1000, lr=one_cycle(0.01, 1000), progress=False):
        pass
    return Denoiser(model, data.binarize(torch.stack([x_test[labels == k][1] for k in range(10)])), amount=0.3, seed=15)
