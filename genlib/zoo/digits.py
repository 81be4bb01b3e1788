r"""Families side by side on the 8 by 8 digits: the same images, the same noise where there is noise, paired results.

Digits are thresholded at half of their grey scale. *Noise* draws the threshold anew for each image and each pixel that
training sees; it uses the grey levels, so that it is like for like only where every family has it.
"""

from __future__ import annotations

__all__ = ["MODELS", "Digits", "Model", "noisy", "record_digits", "row"]

import copy
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple, cast

import torch
from torch import Tensor

from genlib import data
from genlib.energy import RBM, ais, reverse_ais
from genlib.nn import Bernoulli, Gaussian, mlp
from genlib.train import EMA, fit, linear_decay, one_cycle
from genlib.vae import VAE, importance_log_prob
from genlib.zoo._shared import Figures, Stopwatch, figure, hardware, log_odds, software
from genlib.zoo.energy import descend
from genlib.zoo.records import Run

Stream = Callable[[int, int], Iterator[Tensor]]


def noisy(x: Tensor, width: float = 0.15) -> Tensor:
    r"""Binarises grey images `(B, D)` at $\tfrac12 + U(\pm w)$ for each image $+\ U(\pm w)$ for each pixel."""
    image, pixel = (2 * torch.rand(len(x), n).to(x) - 1 for n in (1, x.shape[1]))
    return (x >= 0.5 + width * image + width * pixel).to(x.dtype)


class Digits(NamedTuple):
    """The images of one run: grey training images, and binary ones for training, validation and test, `(N, 64)`."""

    grey: Tensor
    train: Tensor
    validation: Tensor
    test: Tensor

    @classmethod
    def load(cls) -> Digits:
        """Returns the digits, split as everywhere."""
        grey, validation, test = (x.flatten(1) for x, _ in data.load("digits"))
        return cls(grey, *map(data.binarize, (grey, validation, test)))

    def batches(self, noise: bool, seed: int, size: int = 50) -> Iterator[Tensor]:
        """Yields training batches without end, binarised once and for all or anew with noise."""
        return map(noisy, data.batches(self.grey, size, seed)) if noise else data.batches(self.train, size, seed)


Scores = tuple[Tensor, Figures]  # log p(x) of each test image, and what else is known of them


def rbm(
    digits: Digits, noise: bool, seed: int, *, hidden: int, steps: int, decay: float = 0.0, lr: float = 0.3,
    temperatures: int = 10_000, sweeps: int = 20_000,
) -> Scores:  # fmt: skip
    """Trains an RBM by PCD-1 with averaged weights and measures it, with log Z from both sides."""
    torch.manual_seed(seed)
    model = RBM(64, hidden)
    base = log_odds(digits.train.mean(0))
    model.c.data = base.clone()
    chains = torch.bernoulli(torch.full((100, 64), 0.5))
    loss = lambda x: model.loss(x, chains=chains)  # noqa: E731
    watch = Stopwatch()
    for _ in descend(
        loss, model, digits.batches(noise, seed), steps, rate=linear_decay(lr, steps), decay=decay, average=0.99
    ):
        pass
    spent = watch.stop()
    run = ais(model, chains=200, temperatures=temperatures, base=base)
    back = reverse_ais(model, model.gibbs(digits.train[:300], sweeps), temperatures=temperatures, base=base)
    return (-model.free_energy(digits.test) - run.log_z).detach(), {
        "log_z": [round(run.log_z, 3), round(run.standard_error, 3)],
        "log_z_from_the_other_side": [round(back.log_z, 3), round(back.standard_error, 3)],
        **spent,
    }


def vae(
    digits: Digits, noise: bool, seed: int, *, latent: int = 16, width: int = 200, steps: int = 8000, codes: int = 2000
) -> Scores:
    """Trains a VAE; of its averaged weights, looked at every 500 steps, it keeps those best on validation."""
    torch.manual_seed(seed)
    model = VAE(Gaussian(mlp(64, width, width, 2 * latent)), Bernoulli(mlp(latent, width, width, 64)), latent)
    mean, best, kept = EMA(model, 0.995), -torch.inf, {}
    optimizer = partial(torch.optim.AdamW, fused=True)
    watch = Stopwatch()
    for step, _ in fit(
        model.loss, model.parameters(), digits.batches(noise, seed), steps=steps,
        lr=one_cycle(2e-3, steps, warmup=0.1), optimizer=optimizer,
    ):  # fmt: skip
        mean.update()
        if (step + 1) % 500 == 0:
            with torch.no_grad():
                bound = cast(VAE, mean.model).elbo(digits.validation, 10).mean().item()
            if bound > best:
                best, kept = bound, copy.deepcopy(mean.model.state_dict())
    spent = watch.stop()
    model.load_state_dict(kept)
    return importance_log_prob(model, digits.test, codes), {"validation_elbo": round(best, 3), **spent}


class Model(NamedTuple):
    """A row of the table.

    Attributes:
        about: How it was made.
        score: Trains and measures it, from the images, whether there is noise, and the seed.
        noise: Whether it is shown the images with noise.
    """

    about: str
    score: Callable[[Digits, bool, int], Scores]
    noise: bool


RBMS = "PCD-1, rate 0.3 falling to 0, averaged weights, {} steps"
AVERAGED = "two hidden layers of 200, AdamW, averaged weights, 8,000 steps, best on validation"
MODELS = {
    "RBM-64": Model(RBMS.format("6,000"), partial(rbm, hidden=64, steps=6_000), False),
    "RBM-128": Model(RBMS.format("6,000"), partial(rbm, hidden=128, steps=6_000), False),
    "VAE-16": Model(AVERAGED, vae, False),
    "RBM-128, noise": Model(RBMS.format("20,000"), partial(rbm, hidden=128, steps=20_000), True),
    "RBM-300, noise": Model(
        RBMS.format("40,000") + ", decay 0.0003", partial(rbm, hidden=300, steps=40_000, decay=3e-4), True
    ),
    "VAE-16, noise": Model(AVERAGED, vae, True),
}


def row(name: str, digits: Digits, seeds: list[int]) -> Figures:
    """Trains and measures one model from each seed, and returns its row of the table."""
    model = MODELS[name]
    scores, facts = zip(*(model.score(digits, model.noise, seed) for seed in seeds), strict=True)
    each = torch.stack(scores).double()
    return {
        "model": name.partition(",")[0],
        "images": "with noise" if model.noise else "plain",
        "recipe": model.about,
        "processor_seconds": round(sum(fact["processor_seconds"] for fact in facts) / len(facts)),
        "test_log_prob": figure(each.mean(0)),
        "test_log_prob_by_seed": [round(score.mean().item(), 3) for score in each],
        **{key: [fact[key] for fact in facts] for key in facts[0] if "seconds" not in key},
        "log_prob_of_each_image": (100 * each.mean(0)).round().int().tolist(),
    }


def record_digits(seeds: tuple[int, ...] = (0, 1, 2)) -> Run:
    """Trains and measures all models on the digits."""
    digits = Digits.load()
    rows = [row(name, digits, list(seeds)) for name in MODELS]
    return Run(
        name="digits",
        about="RBMs and VAEs on the same digits; means over seeds, with the standard error over test images",
        settings={
            "data": "digits",
            "binarisation": "thresholded at 0.5; with noise: in training, at 0.5 + U(-.15, .15) for each image + "
            "U(-.15, .15) for each pixel, anew each time",
            "trained_on": f"{len(digits.train):,} images",
            "tested_on": f"{len(digits.test)} test images",
            "test_method": "RBM: annealed importance sampling, 200 chains, 10,000 temperatures, from the mean training "
            "image; from the other side by 300 chains after 20,000 sweeps. VAE: 2,000 importance weights for each "
            "image, a lower bound in expectation",
        },
        seeds=list(seeds),
        columns={
            "model": "model", "images": "training images", "processor_seconds": "seconds",
            "test_log_prob": "test log p(x), nats",
        },
        rows=rows,
        processor_seconds=len(seeds) * sum(row["processor_seconds"] for row in rows),
        machine=hardware("cpu"),
        torch=software(),
    )  # fmt: skip
