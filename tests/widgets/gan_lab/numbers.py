"""What torch says of GANLab's game."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genlib import data
from genlib.evaluate import grid_jsd
from genlib.gan import GAN, NonSaturatingGAN
from genlib.nn import mlp
from genlib.widgets.packing import pack, rounded

KINDS = {"minimax": GAN, "non_saturating": NonSaturatingGAN}
STEPS, BATCH, RATES, BETAS = 50, 37, (5e-3, 2e-3), (0.5, 0.999)

def steps(gan: GAN, x: Tensor, z: Tensor, fake: Tensor) -> list[list[float]]:
    """Trains both players and returns V(D, G) and the generator's loss of each round, before the steps."""
    nets = (gan.discriminator, gan.generator)
    d, g = (torch.optim.Adam(net.parameters(), lr=lr, betas=BETAS) for net, lr in zip(nets, RATES, strict=True))
    values = []
    for i in range(STEPS):
        losses = []
        for optimizer, loss in ((d, lambda i=i: gan.loss_d(x[i], z[i])), (g, lambda i=i: gan.loss_g(fake[i]))):
            optimizer.zero_grad()
            losses.append(loss())
            losses[-1].backward()
            optimizer.step()
        values.append([-losses[0].item(), losses[1].item()])
    return values


def game(kind: str) -> dict[str, object]:
    start = KINDS[kind](mlp(3, 16, 2, activation=nn.Tanh), mlp(2, 16, 16, 1), latent=3)
    generator, generator_spec = pack(start.generator, "float32")
    discriminator, discriminator_spec = pack(start.discriminator, "float32")
    gan = KINDS[kind](rounded(start.generator, "float32"), rounded(start.discriminator, "float32"), 3)
    x = data.eight_gaussians().sample((STEPS, BATCH))
    z, fake = torch.randn(STEPS, BATCH, 3), torch.randn(STEPS, BATCH, 3)
    values = steps(gan, x, z, fake)
    return {
        "kind": kind,
        "n": BATCH,
        "rates": RATES,
        "betas": BETAS,
        "generator": {"weights": generator, "spec": generator_spec},
        "discriminator": {"weights": discriminator, "spec": discriminator_spec},
        "x": x.flatten(1),
        "z": z.flatten(1),
        "fake": fake.flatten(1),
        "values": values,
        "trained": {
            "generator": [p.detach().flatten() for p in gan.generator.parameters()],
            "discriminator": [p.detach().flatten() for p in gan.discriminator.parameters()],
        },
    }


def divergence(cells: int, limit: float) -> dict[str, object]:
    p, q = data.eight_gaussians().sample((999,)), 1.7 * torch.randn(500, 2)
    found = grid_jsd(p, q, cells=cells, limit=limit)
    return {"p": p.flatten(), "q": q.flatten(), "cells": cells, "limit": limit, "jsd": found}


def truth() -> dict[str, object]:
    points = data.eight_gaussians().sample((4096,))
    return {
        "points": points.flatten(),
        "limit": 4.0,
        "floor": grid_jsd(points[:2048], points[2048:], cells=40, limit=4.0),
    }


def numbers() -> dict[str, object]:
    weights, spec = pack(mlp(4, 100, 100, 1), "float32")
    return {
        "games": [game(kind) for kind in KINDS],
        "divergences": [divergence(40, 4.0), divergence(7, 2.5)],
        "truth": truth(),
        "fresh": {"weights": weights, "spec": spec},
    }
