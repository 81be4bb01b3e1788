r"""What the ratio of two learning rates makes of an adversarial game in the plane."""

from __future__ import annotations

__all__ = ["RATES", "Damped", "Rates", "modes", "play", "record_rates"]

import math
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from genlib import data, evaluate
from genlib.gan import NonSaturatingGAN
from genlib.nn import mlp
from genlib.train import Adam
from genlib.zoo._shared import Figures, Stopwatch, figure, hardware, software
from genlib.zoo.records import Run

HIDDEN, ROUNDS, BATCH, SAMPLES, LAST = 32, 1200, 128, 4000, 100


class Damped(NonSaturatingGAN):
    r"""Adds the penalty $R_1 = \tfrac\gamma2\, \mathbb{E}_p\|\nabla_x a(x)\|^2$ to the discriminator's loss.

    Source: Mescheder, Geiger and Nowozin (2018).
    """

    gamma = 10.0

    def loss_d(self, x: Tensor, z: Tensor, y: Tensor | None = None) -> Tensor:
        """Returns the discriminator's loss with the penalty, `()`, on data `x` `(B, 2)` and noise `z` `(n, L)`."""
        x = x.clone().requires_grad_()
        (slope,) = torch.autograd.grad(self.logit(x).sum(), x, create_graph=True)
        return super().loss_d(x, z, y) + self.gamma / 2 * slope.square().sum(1).mean()


class Rates(NamedTuple):
    """How fast each player of a game learns, and which game it is."""

    lr_d: float = 2e-3
    lr_g: float = 2e-3
    kind: type[NonSaturatingGAN] = NonSaturatingGAN


RATES = {
    "equal rates": Rates(),
    "discriminator ten times slower": Rates(lr_d=2e-4),
    "generator ten times faster": Rates(lr_g=2e-2),
    "both ten times faster": Rates(lr_d=2e-2, lr_g=2e-2),
    "generator ten times faster, R1": Rates(lr_g=2e-2, kind=Damped),
}


def play(game: NonSaturatingGAN, batches: Iterator[Tensor], rounds: int, *, lr_d: float, lr_g: float) -> list[Tensor]:
    """Trains both players in turn, at rates that stay as they are; returns both losses of each round, `(2,)`."""
    adam = partial(Adam, betas=(0.5, 0.999))
    judge, forger = adam(game.discriminator.parameters(), lr=lr_d), adam(game.generator.parameters(), lr=lr_g)
    losses = []
    for _ in range(rounds):
        x = next(batches)
        of_judge = game.loss_d(x, game.noise(len(x)))
        judge.zero_grad()
        of_judge.backward()
        judge.step()
        of_forger = game.loss_g(game.noise(len(x)))
        forger.zero_grad()
        of_forger.backward()
        forger.step()
        losses.append(torch.stack([of_judge, of_forger]).detach())
    return losses


def modes(x: Tensor) -> int:
    """Returns how many of the eight islands points `(N, 2)` cover.

    One is covered that has a tenth of its fair share of the points within three standard deviations of its centre.
    """
    angles = torch.arange(8).to(x) * math.pi / 4
    distance, nearest = torch.cdist(x, 3 * torch.stack([angles.cos(), angles.sin()], 1)).min(1)
    counts = torch.bincount(nearest[distance < 0.6], minlength=8)
    return int((counts >= len(x) / 80).sum())


def record_rates(games: int = 10) -> Run:
    """Plays each game from so many seeds: islands that are covered, the samples' divergence, both losses at the end."""
    watch = Stopwatch()
    return Run(
        name="gan-rates",
        about=f"Eight islands in the plane, 2-{HIDDEN}-{HIDDEN} networks, {ROUNDS:,} rounds of the non-saturating game "
        f"at constant rates, batches of {BATCH}; means over {games} games with their standard errors, losses "
        f"averaged over the last {LAST} rounds",
        settings={
            "data": "eight_gaussians, 20,000 points",
            "tested_on": f"{SAMPLES:,} samples and as many points of the data, on a grid of 40 by 40 cells",
            "rates": {name: [rates.lr_d, rates.lr_g] for name, rates in RATES.items()},
        },
        seeds=[*range(games)],
        columns={"game": "game", "js": "JS (nats)", "modes": "modes of 8", "d": "loss of D", "g": "loss of G"},
        rows=[{"game": name, **_tournament(rates, games)} for name, rates in RATES.items()],
        processor_seconds=watch.stop()["processor_seconds"],
        machine=hardware("cpu"),
        torch=software(),
    )


def _tournament(rates: Rates, games: int) -> Figures:
    found = []
    for seed in range(games):
        torch.manual_seed(seed)
        x = data.eight_gaussians().sample((20_000 + SAMPLES,))
        network = partial(mlp, 2, HIDDEN, HIDDEN, activation=partial(nn.LeakyReLU, 0.2))
        game = rates.kind(network(2), network(1), latent=2)
        losses = play(game, data.batches(x[:20_000], BATCH, seed), ROUNDS, lr_d=rates.lr_d, lr_g=rates.lr_g)
        samples = game.sample(SAMPLES)
        d, g = torch.stack(losses[-LAST:]).mean(0).tolist()
        found.append([evaluate.grid_jsd(samples, x[20_000:]), modes(samples), d, g])
    return dict(zip(("js", "modes", "d", "g"), map(figure, torch.tensor(found).T), strict=True))
