r"""Families side by side on the 8 by 8 digits: the same images, the same noise where there is noise, paired results.

Digits are thresholded at half of their grey scale. *Noise* draws the threshold anew for each image and each pixel that
training sees; it uses the grey levels, so that it is like for like only where every family has it.
"""

from __future__ import annotations

__all__ = [
    "METHODS", "MODELS", "RECURRENT", "Digits", "Model", "noisy", "record_digits", "record_methods",
    "record_recurrent", "row",
]  # fmt: skip

import copy
import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from genlib import data
from genlib.autoregressive import (
    FVSBN,
    MADE,
    NADE,
    Autoregressive,
    DiagonalBiLSTM,
    DiagonalLSTM,
    Ensemble,
    GatedPixelCNN,
    PixelGRU,
    PixelRNN,
    PlainRecurrence,
    RowLSTM,
)
from genlib.energy import RBM, CentredRBM, ais, bernoulli, reverse_ais
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


def best_average(
    model: nn.Module, digits: Digits, noise: bool, seed: int, validate: Callable[[nn.Module], Tensor], *, steps: int,
    lr: float, decay: float,
) -> Figures:  # fmt: skip
    """Trains a model and gives it, of the averages of its weights at every 500 steps, those best on validation."""
    mean, best, kept = EMA(model, decay), -torch.inf, {}
    optimizer = partial(torch.optim.AdamW, fused=True)
    watch = Stopwatch()
    for step, _ in fit(
        cast(Callable[[Tensor], Tensor], model.loss), model.parameters(), digits.batches(noise, seed), steps=steps,
        lr=one_cycle(lr, steps, warmup=0.1), optimizer=optimizer, progress=False,
    ):  # fmt: skip
        mean.update()
        if (step + 1) % 500 == 0 or step + 1 == steps:
            with torch.no_grad():
                score = validate(mean.model.eval()).mean().item()
            if score > best:
                best, kept = score, copy.deepcopy(mean.model.state_dict())
    spent = watch.stop()
    model.load_state_dict(kept)
    model.eval()
    return {"validation": round(best, 3), **spent}


def vae(
    digits: Digits, noise: bool, seed: int, *, latent: int = 16, width: int = 200, steps: int = 8000, codes: int = 2000
) -> Scores:
    """Trains a VAE and measures it by importance weights."""
    torch.manual_seed(seed)
    model = VAE(Gaussian(mlp(64, width, width, 2 * latent)), Bernoulli(mlp(latent, width, width, 64)), latent)
    validate = lambda mean: mean.elbo(digits.validation, 10)  # noqa: E731
    facts = best_average(model, digits, noise, seed, validate, steps=steps, lr=2e-3, decay=0.995)
    return importance_log_prob(model, digits.test, codes), {"validation_elbo": facts.pop("validation"), **facts}


def chained(
    digits: Digits, noise: bool, seed: int, *, build: Callable[..., Autoregressive], steps: int, lr: float = 5e-3,
    orders: int = 1,
) -> Scores:  # fmt: skip
    """Trains an autoregressive model, or one for each of several random orders, whose probabilities are averaged."""
    torch.manual_seed(seed)
    shuffled = [None if orders == 1 else torch.randperm(64) for _ in range(orders)]
    models, seconds = [build(64, order=order) for order in shuffled], []
    for k, model in enumerate(models):
        validate = lambda mean: mean.log_prob(digits.validation)  # noqa: E731
        seconds.append(best_average(model, digits, noise, seed * orders + k, validate, steps=steps, lr=lr, decay=0.99))
    ensemble = Ensemble(models)
    with torch.no_grad():
        each = [round(model.log_prob(digits.test).mean().item(), 3) for model in models]
        return ensemble.log_prob(digits.test), {
            "validation_log_prob": round(ensemble.log_prob(digits.validation).mean().item(), 3),
            "test_log_prob_by_order": each,
            **{key: sum(fact[key] for fact in seconds) for key in ("seconds", "processor_seconds")},
        }


@torch.no_grad()
def by_method(
    digits: Digits, noise: bool, seed: int, *, kind: type[RBM] = RBM, keep: bool = True, k: int = 1, hidden: int = 64,
    steps: int = 2500, temperatures: int = 3000, sweeps: int = 2000,
) -> Scores:  # fmt: skip
    """Trains an RBM by CD-k, or by chains that are kept, and measures it, with log Z from both sides."""
    torch.manual_seed(seed)
    model = kind(64, hidden)
    ink = digits.train.mean(0).clamp(0.5 / len(digits.train), 1 - 0.5 / len(digits.train))
    model.c.copy_(ink.logit())
    chains, rate = bernoulli(ink.expand(100, -1)) if keep else None, linear_decay(24 / 64, steps)
    watch = Stopwatch()
    for step, batch in zip(range(steps), digits.batches(noise, seed), strict=False):
        for parameter, slope in zip(model.parameters(), model.gradient(batch, steps=k, chains=chains), strict=True):
            parameter.sub_(rate(step) * slope)
    spent = watch.stop()
    run = ais(model, temperatures=temperatures, base=ink.logit())
    start = model.gibbs(digits.train[:100], sweeps)
    back = reverse_ais(model, start, temperatures=temperatures, base=ink.logit())
    return -model.free_energy(digits.test) - run.log_z, {
        "log_z": [round(run.log_z, 3), round(run.standard_error, 3)],
        "log_z_from_the_other_side": [round(back.log_z, 3), round(back.standard_error, 3)],
        **spent,
    }


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


def convolved(features: int, order: None = None, *, dropout: float = 0.0) -> GatedPixelCNN:
    """Returns a gated PixelCNN of square pictures, whose order is row by row."""
    side = math.isqrt(features)
    return GatedPixelCNN((side, side), channels=16, layers=4, first=5, dropout=dropout)


RBMS = "PCD-1, rate 0.3 falling to 0, averaged weights, {} steps"
AVERAGED = "two hidden layers of 200, AdamW, averaged weights, 8,000 steps, best on validation"
BEST = "AdamW, rate 0.005, averaged weights, {} steps, best on validation"
WIDE = partial(chained, build=partial(MADE, hidden=1000, dropout=0.4), steps=8_000)
STACKS = "two stacks of 16 channels, four layers, AdamW, rate 0.02, averaged weights, {} steps, best on validation"
PIXELCNN = partial(chained, lr=0.02)
MODELS = {
    "RBM-64": Model(RBMS.format("6,000"), partial(rbm, hidden=64, steps=6_000), False),
    "RBM-128": Model(RBMS.format("6,000"), partial(rbm, hidden=128, steps=6_000), False),
    "VAE-16": Model(AVERAGED, vae, False),
    "RBM-128, noise": Model(RBMS.format("20,000"), partial(rbm, hidden=128, steps=20_000), True),
    "RBM-300, noise": Model(
        RBMS.format("40,000") + ", decay 0.0003", partial(rbm, hidden=300, steps=40_000, decay=3e-4), True
    ),
    "VAE-16, noise": Model(AVERAGED, vae, True),
    "FVSBN": Model(BEST.format("4,000"), partial(chained, build=FVSBN, steps=4_000), False),
    "NADE-100": Model(BEST.format("4,000"), partial(chained, build=partial(NADE, hidden=100), steps=4_000), False),
    "MADE-200": Model(
        BEST.format("4,000") + ", dropout 0.3",
        partial(chained, build=partial(MADE, hidden=200, dropout=0.3), steps=4_000),
        False,
    ),
    "Gated PixelCNN": Model(
        STACKS.format("1,000") + ", dropout 0.2",
        partial(PIXELCNN, build=partial(convolved, dropout=0.2), steps=1_000),
        False,
    ),
    "FVSBN, noise": Model(BEST.format("4,000"), partial(chained, build=FVSBN, steps=4_000), True),
    "NADE-100, noise": Model(
        BEST.format("8,000"), partial(chained, build=partial(NADE, hidden=100), steps=8_000), True
    ),
    "Gated PixelCNN, noise": Model(STACKS.format("2,000"), partial(PIXELCNN, build=convolved, steps=2_000), True),
    "MADE-1000, noise": Model(BEST.format("8,000") + ", dropout 0.4", WIDE, True),
    "4 MADE-1000, noise": Model(
        BEST.format("8,000") + " each, dropout 0.4, random orders, probabilities averaged",
        partial(WIDE, orders=4),
        True,
    ),
}


def at_best_rate(
    digits: Digits, noise: bool, seed: int, *, score: Callable[..., Scores], rates: tuple[float, ...]
) -> Scores:
    """Trains a model at each of several rates, and returns the scores of the one best on validation, and its rate."""
    tried = [(*score(digits, noise, seed, lr=lr), lr) for lr in rates]
    scores, facts, lr = max(tried, key=lambda one: one[1]["validation_log_prob"])
    by_rate = [other["validation_log_prob"] for _, other, _ in tried]
    return scores, {**facts, "rate": lr, "validation_log_prob_by_rate": by_rate}


def recurrent(
    digits: Digits, noise: bool, seed: int, *, build: Callable[[int], PixelGRU | PixelRNN], steps: int, lr: float
) -> Scores:
    """Trains a recurrent network whose pixels' biases begin at the log-odds of the mean training image."""
    torch.manual_seed(seed)
    model = build(64)
    model.c.data = log_odds(digits.train.mean(0))
    validate = lambda mean: mean.log_prob(digits.validation)  # noqa: E731
    facts = best_average(model, digits, noise, seed, validate, steps=steps, lr=lr, decay=0.98)
    with torch.no_grad():
        return model.log_prob(digits.test), {"validation_log_prob": facts.pop("validation"), **facts}


def plane(features: int, *, layer: Callable[[int, int], nn.Module], hidden: int) -> PixelRNN:
    """Returns a recurrent network over the plane of a square picture, whose order is row by row."""
    side = math.isqrt(features)
    return PixelRNN((side, side), [layer(1, hidden)])


RATES = (0.01, 0.03, 0.1)
SHORT = "AdamW, averaged weights, 600 steps, rate and weights best on validation, states of 16, biases from mean image"
PLANES: dict[str, Callable[[int], PixelGRU | PixelRNN]] = {
    "GRU over the sequence": partial(PixelGRU, hidden=16),
    "plain recurrence": partial(plane, layer=PlainRecurrence, hidden=16),
    "row LSTM": partial(plane, layer=RowLSTM, hidden=16),
    "diagonal LSTM": partial(plane, layer=DiagonalLSTM, hidden=16),
    "diagonal BiLSTM": partial(plane, layer=DiagonalBiLSTM, hidden=16),
}
RECURRENT = {
    name: Model(SHORT, partial(at_best_rate, score=partial(recurrent, build=build, steps=600), rates=RATES), True)
    for name, build in PLANES.items()
}

METHOD = "{}, 64 hidden units, batches of 50, rate 0.375 falling to 0, 2,500 steps"
METHODS = {
    "CD-1": Model(METHOD.format("CD-1"), partial(by_method, keep=False), False),
    "CD-10": Model(METHOD.format("CD-10"), partial(by_method, keep=False, k=10), False),
    "PCD": Model(METHOD.format("100 persistent chains"), by_method, False),
    "PCD, centred": Model(METHOD.format("100 persistent chains, centred"), partial(by_method, kind=CentredRBM), False),
}


def row(name: str, model: Model, digits: Digits, seeds: list[int]) -> Figures:
    """Trains and measures one model from each seed, and returns its row of the table, under this name."""
    scores, facts = zip(*(model.score(digits, model.noise, seed) for seed in seeds), strict=True)
    each = torch.stack(scores).double()
    return {
        "model": name,
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
    rows = [row(name.partition(",")[0], model, digits, list(seeds)) for name, model in MODELS.items()]
    return Run(
        name="digits",
        about="Models of the same digits; means over seeds, with the standard error over test images",
        settings={
            "data": "digits",
            "binarisation": "thresholded at 0.5; with noise: in training, at 0.5 + U(-.15, .15) for each image + "
            "U(-.15, .15) for each pixel, anew each time",
            "trained_on": f"{len(digits.train):,} images",
            "tested_on": f"{len(digits.test)} test images",
            "choices": "recipes chosen on validation images; of the gated PixelCNN rates of 0.01, 0.02 and, with "
            "noise, 0.04, dropout of 0, 0.2 and, without noise, 0.4",
            "test_method": "RBM: annealed importance sampling, 200 chains, 10,000 temperatures, from the mean training "
            "image; from the other side by 300 chains after 20,000 sweeps. VAE: 2,000 importance weights for each "
            "image, a lower bound in expectation. Belief net, NADE, MADE, PixelCNN: exact",
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


def record_methods(seeds: tuple[int, ...] = (0, 1, 2, 3, 4)) -> Run:
    """Trains one machine by each way of estimating the gradient, from several seeds, and measures it on the digits."""
    digits = Digits.load()
    rows = [row(name, model, digits, list(seeds)) for name, model in METHODS.items()]
    return Run(
        name="digits-methods",
        about="One RBM trained in four ways; means over seeds, with the standard error over test images",
        settings={
            "data": "digits",
            "binarisation": "thresholded at 0.5",
            "trained_on": f"{len(digits.train):,} images",
            "tested_on": f"{len(digits.test)} test images",
            "test_method": "annealed importance sampling, 100 chains, 3,000 temperatures, from the mean training "
            "image; from the other side by 100 chains after 2,000 sweeps",
        },
        seeds=list(seeds),
        columns={"model": "gradient", "processor_seconds": "seconds", "test_log_prob": "test log p(x), nats"},
        rows=rows,
        processor_seconds=len(seeds) * sum(row["processor_seconds"] for row in rows),
        machine=hardware("cpu"),
        torch=software(),
    )


def record_recurrent(seeds: tuple[int, ...] = (0, 1)) -> Run:
    """Trains recurrent networks over the sequence and over the plane of pixels, and measures them on the digits."""
    digits = Digits.load()
    rows = [row(name, model, digits, list(seeds)) for name, model in RECURRENT.items()]
    return Run(
        name="digits-recurrent",
        about="Recurrent networks on the same digits; means over seeds, with the standard error over test images",
        settings={
            "data": "digits",
            "binarisation": "thresholded at 0.5; in training, at 0.5 + U(-.15, .15) for each image + U(-.15, .15) for "
            "each pixel, anew each time",
            "trained_on": f"{len(digits.train):,} images",
            "tested_on": f"{len(digits.test)} test images",
            "rates": "for each network and seed, of 0.01, 0.03 and 0.1 the one best on validation; seconds are those "
            "of the training at this rate",
            "test_method": "exact",
        },
        seeds=list(seeds),
        columns={"model": "model", "processor_seconds": "seconds", "test_log_prob": "test log p(x), nats"},
        rows=rows,
        processor_seconds=len(seeds) * sum(row["processor_seconds"] for row in rows),
        machine=hardware("cpu"),
        torch=software(),
    )
