"""How the zoo's energy models are trained and measured: one layer, a stack of layers, a deep machine."""

from __future__ import annotations

__all__ = ["measure_dbm", "measure_dbn", "measure_rbm", "train_dbm", "train_dbn", "train_rbm"]

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn

from genlib import data
from genlib.energy import AIS, DBM, DBN, RBM, CentredRBM, ClassRBM, ais, bernoulli
from genlib.evaluate import mean_and_error
from genlib.train import fit, linear_decay
from genlib.zoo._shared import Figures, binary_batches


def descend(
    loss: Callable[..., Tensor], model: nn.Module, batches: Iterator[Tensor], steps: int, lr: float = 0.1
) -> None:
    """Minimises `loss` by plain gradient descent at a rate that falls to zero."""
    rate = linear_decay(lr, steps)
    for _ in fit(loss, model.parameters(), batches, steps=steps, lr=rate, optimizer=torch.optim.SGD):
        pass


def train_layer(
    rbm: RBM, x: Tensor, *, epochs: int, below: Callable[[Tensor], Tensor] = lambda x: x, lr: float = 0.1
) -> None:
    """Trains by persistent contrastive divergence, one sweep a step, on what `below` makes of binarised images."""
    mean = below(data.binarize(x[:10_000], threshold=None)).mean(0) if rbm.features != x.shape[1] else x.mean(0)
    rbm.c.data = mean.clamp(0.01, 0.99).logit()
    chains = below(data.binarize(x[:100], threshold=None))
    descend(lambda x: rbm.loss(below(x), chains=chains), rbm, binary_batches(x, 100), epochs * len(x) // 100, lr)


def train_rbm(rbm: RBM, x: Tensor, y: Tensor, *, epochs: int = 80) -> None:
    """Trains a single RBM on the images."""
    train_layer(rbm, x, epochs=epochs)


def train_dbn(dbn: DBN, x: Tensor, y: Tensor, *, epochs: int = 80) -> None:
    """Trains one layer after the other, each on what the layers below draw from the data; the labels join on top."""
    for depth, layer in enumerate(dbn.layers):
        if isinstance(layer, ClassRBM):
            names = torch.cat([x, nn.functional.one_hot(y, layer.classes)], 1)
            below = lambda v, depth=depth: torch.cat([dbn.up(v[:, : x.shape[1]], depth), v[:, x.shape[1] :]], 1)  # noqa: E731
            train_layer(layer, names, epochs=epochs, below=below)
        else:
            train_layer(layer, x, epochs=epochs, below=partial(dbn.up, layers=depth))


def train_dbm(dbm: DBM, x: Tensor, y: Tensor, *, before: int = 10, epochs: int = 120, batch: int = 100) -> None:
    """Trains two RBMs, joins them, and trains the whole by mean field and persistent chains.

    The more units a layer hears, the smaller the rate has to be: a run with 0.1 in all stages ended with hidden units
    that were the same for every picture.
    """
    first, second = (CentredRBM(*sizes) for sizes in ((2 * dbm.features, dbm.lower), (dbm.lower, 2 * dbm.upper)))
    first.to(x), second.to(x)
    twice = lambda v: v.repeat(1, 2)  # noqa: E731
    train_layer(first, x, epochs=before, below=twice, lr=0.05)
    train_layer(second, x, epochs=before, below=lambda v: bernoulli(first.prob_h(twice(v))), lr=0.02)
    dbm.load_state_dict(DBM.stack(first, second).state_dict())
    chains = torch.cat([data.binarize(x[:batch], threshold=None), bernoulli(x.new_full((batch, dbm.upper), 0.5))], 1)
    steps = epochs * len(x) // batch
    descend(lambda x: dbm.loss(x, chains=chains, mean_field=5), dbm, binary_batches(x, batch), steps, lr=0.05)


def annealed(model: RBM | DBN | DBM, base: Tensor | None) -> tuple[AIS, Figures]:
    """Returns log Z by annealed importance sampling, and how it converges as a card says it."""
    runs = {n: ais(model, temperatures=n, base=base, progress=True) for n in (30, 100, 1_000, 10_000, 30_000)}
    return runs[10_000], {
        "log_z": round(runs[10_000].log_z, 3),
        "log_z_standard_error": round(runs[10_000].standard_error, 3),
        "log_z_by_temperatures": {str(n): [round(r.log_z, 3), round(r.standard_error, 3)] for n, r in runs.items()},
    }


def measure_rbm(rbm: RBM, x: Tensor, y: Tensor, mean: Tensor) -> Figures:
    """Returns the test log-likelihood by annealed importance sampling, and how log Z converges."""
    run, figures = annealed(rbm, mean.clamp(0.01, 0.99).logit())
    test, error = mean_and_error((-rbm.free_energy(x) - run.log_z).double())
    return {
        **figures,
        "test_log_prob": round(test, 3),
        "test_log_prob_standard_error": round(error, 3),
        "test_method": "annealed importance sampling, 100 chains, 10,000 temperatures, base rates from the data",
        "blank_log_prob": round(-rbm.free_energy(torch.zeros_like(x[:1])).item() - run.log_z, 3),
    }


@torch.no_grad()
def measure_dbn(dbn: DBN, x: Tensor, y: Tensor, mean: Tensor) -> Figures:
    """Returns the bound and an estimate of the test log-likelihood, both with log Z of the top by annealing."""
    torch.manual_seed(0)
    run, figures = annealed(dbn, None)
    bound, bound_error = mean_and_error(dbn.bound(x, 10, log_z=run.log_z).double())
    parts = [dbn.importance_bound(part, 1000, log_z=run.log_z) for part in x.split(20)]
    test, error = mean_and_error(torch.cat(parts).double())
    labels = {}
    if isinstance(dbn.top, ClassRBM):
        hidden = torch.stack([dbn.top.prob_y(dbn.up(x)) for _ in range(20)]).mean(0)
        labels = {"test_errors": round((hidden.argmax(1) != y).float().mean().item(), 4)}
    return {
        **figures,
        "test_bound": round(bound, 3),
        "test_bound_standard_error": round(bound_error, 3),
        "test_log_prob": round(test, 3),
        "test_log_prob_standard_error": round(error, 3),
        "test_method": "log of the mean of 1000 importance weights for each test image, below log p(x) in expectation, "
        "with log Z of the top RBM by annealed importance sampling, 100 chains, 10,000 temperatures; test_bound is the "
        "mean of the weights' logs: an estimate of a lower bound",
        **labels,
    }


def measure_dbm(dbm: DBM, x: Tensor, y: Tensor, mean: Tensor) -> Figures:
    """Returns the mean-field bound of the test images with log Z by annealed importance sampling."""
    with torch.no_grad():
        run, figures = annealed(dbm, mean.clamp(0.01, 0.99).logit())
        bound, error = mean_and_error(torch.cat([dbm.bound(v, log_z=run.log_z) for v in x.split(1000)]).double())
    return {
        **figures,
        "test_bound": round(bound, 3),
        "test_bound_standard_error": round(error, 3),
        "test_method": "mean-field bound, 30 updates, with log Z by annealed importance sampling, 100 chains, 10,000 "
        "temperatures, base rates from the data: an estimate of a lower bound",
    }
