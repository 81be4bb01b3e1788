r"""Rows beside peers that do not belong to the tool chain: zuko and pythae.

Who wants these rows installs both by hand, `pip install zuko pythae`. Where a peer is missing, its rows say so.
"""

from __future__ import annotations

__all__ = ["autoencoders", "made", "versions"]

import importlib
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from types import ModuleType

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.duel import Side, Task, duel, race
from genlib import data
from genlib.autoencoders import Autoencoder
from genlib.autoregressive import MADE
from genlib.nn import mlp
from genlib.zoo.digits import Digits

PEERS = ("zuko", "pythae")
RATES = (1e-3, 3e-3, 1e-2, 3e-2)
ABSENT = "| {} | | {} is not installed | |"


def peer(name: str) -> ModuleType | None:
    """Returns a module of a peer, or None where it or something that it needs is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def versions() -> str:
    """Returns the peers that took part and their versions, each after a comma."""
    return "".join(f", {name} {version(name)}" for name in PEERS if peer(name))


def made(rounds: int, *, seconds: float = 3, seeds: int = 5, hidden: int = 200) -> list[str]:
    """Compares MADE with zuko's masked network, which has the same hidden layer and no shortcut beside it."""
    likelihood = f"MADE-{hidden}, minus test log-likelihood on digits, nats, {seeds} seeds, against zuko's `MaskedMLP`"
    drawing = f"MADE-{hidden}, 100 samples of 64 pixels, against zuko's `MaskedMLP`, a pass for each pixel"
    if (zuko := peer("zuko")) is None:
        return [ABSENT.format(what, "zuko") for what in (likelihood, drawing)]
    earlier = torch.ones(64, 64).tril(-1).bool()
    build = partial(zuko.nn.MaskedMLP, earlier, [hidden])
    digits = Digits.load()
    task = Task(partial(digits.batches, True), digits.validation, digits.test)
    own = Side(partial(MADE, 64, hidden), lambda model, x: model.loss(x), lambda model, x: model.loss(x))
    cells = race((own, Side(build, minus_log_prob, minus_log_prob)), task, RATES, seconds=seconds, seeds=seeds)
    model, net = MADE(64, hidden), build()
    times = duel(partial(model.sample, 100), partial(drawn, net, 100), rounds)
    return [f"| {likelihood} | {' | '.join(cells)} | |", f"| {drawing} | {times.row()} |"]


def minus_log_prob(net: nn.Module, x: Tensor) -> Tensor:
    """Returns the mean of minus log p(x) of binary images, whose log-odds a network computes."""
    return F.binary_cross_entropy_with_logits(net(x), x, reduction="none").sum(1).mean()


@torch.no_grad()
def drawn(net: nn.Module, n: int, features: int = 64) -> Tensor:
    """Draws binary images `(n, features)` pixel by pixel from a network of log-odds."""
    x = torch.zeros(n, features)
    for d in range(features):
        x[:, d] = torch.bernoulli(net(x)[:, d].sigmoid())
    return x


def autoencoders(rounds: int, *, seconds: float = 3, seeds: int = 5) -> list[str]:
    """Compares an autoencoder with pythae's, whose own encoder and decoder have a hidden layer of 512."""
    step = "autoencoder 784-512-30, one training step with fused Adam, batch 128, against pythae's `AE`"
    error = f"autoencoder 64-512-10, squared error a digit, {seeds} seeds, against pythae's `AE`"
    if (models := peer("pythae.models")) is None:
        return [ABSENT.format(what, "pythae") for what in (step, error)]

    def theirs(features: int, latent: int) -> nn.Module:
        return models.AE(models.AEConfig(input_dim=(features,), latent_dim=latent))

    x = torch.rand(128, 784)
    own = Side(
        partial(ours, 784, 30), lambda model, x: model.loss(x), lambda model, x: off(model.decode(model.encode(x)), x)
    )
    their = Side(
        partial(theirs, 784, 30),
        lambda model, x: model({"data": x}).loss,
        lambda model, x: off(model({"data": x}).recon_x, x),
    )
    times = duel(steps(own, x), steps(their, x), rounds).per(20)
    train, validation, test = (x.flatten(1) for x, _ in data.load("digits"))
    task = Task(lambda seed: data.batches(train, 50, seed), validation, test)
    sides = own._replace(build=partial(ours, 64, 10)), their._replace(build=partial(theirs, 64, 10))
    cells = race(sides, task, RATES, seconds=seconds, seeds=seeds)
    return [f"| {step} | {times.row()} |", f"| {error} | {' | '.join(cells)} | |"]


def off(found: Tensor, x: Tensor) -> Tensor:
    """Returns the squared error of a reconstruction, summed over pixels, in the mean over images."""
    return (found - x).square().sum(1).mean()


def ours(features: int, latent: int) -> Autoencoder:
    """Returns an autoencoder of the same layers as pythae's."""
    decoder = nn.Sequential(mlp(latent, 512, features, activation=nn.ReLU), nn.Sigmoid())
    return Autoencoder(mlp(features, 512, latent, activation=nn.ReLU), decoder)


def steps(side: Side, x: Tensor, number: int = 20) -> Callable[[], None]:
    """Returns a function that goes on training a model for some steps."""
    model = side.build()
    descent = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def go_on() -> None:
        for _ in range(number):
            loss = side.loss(model, x)
            descent.zero_grad()
            loss.backward()
            descent.step()
            loss.item()

    return go_on
