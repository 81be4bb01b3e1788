"""How the zoo's energy models are trained and measured: one layer, a stack of layers, a deep machine."""

from __future__ import annotations

__all__ = [
    "Annealed", "anneal", "glance_rbm", "measure_dbm", "measure_dbn", "measure_rbm", "train_above", "train_dbm",
    "train_dbn", "train_layer", "train_rbm",
]  # fmt: skip

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from genlib import data
from genlib.energy import DBM, DBN, RBM, CentredRBM, ClassRBM, ais, bernoulli, reverse_ais
from genlib.train import fit, linear_decay
from genlib.zoo._shared import Figures, averaged, binary_batches, figure, late_decay, log_odds

Below = Callable[[Tensor], Tensor]


# Training


def descend(
    loss: Callable[..., Tensor],
    model: nn.Module,
    batches: Iterator[Tensor],
    steps: int,
    *,
    rate: Callable[[int], float],
    decay: float = 0.0,
    average: float = 0.0,
) -> Iterator[int]:
    """Minimises `loss` by plain gradient descent, with decay of the matrices and averaged weights: see `averaged`."""

    def optimizer(parameters: list[Tensor], lr: float) -> torch.optim.Optimizer:
        return torch.optim.SGD([{"params": [p], "weight_decay": decay * (p.ndim == 2)} for p in parameters], lr=lr)

    training = fit(loss, model.parameters(), batches, steps=steps, lr=rate, optimizer=optimizer)
    yield from averaged(training, model, steps, average)


def train_layer(
    rbm: RBM, x: Tensor, *, steps: int, rate: Callable[[int], float], below: Below = lambda x: x, decay: float = 0.0,
    average: float = 0.0, fresh: bool = True,
) -> Iterator[int]:  # fmt: skip
    """Trains by persistent contrastive divergence, one sweep a step, on what `below` makes of binarised images.

    A fresh machine starts with the visible biases of independent units.
    """
    chains = below(data.binarize(x[:100], threshold=None))
    above = chains.shape[1] != x.shape[1]
    if fresh:
        rbm.c.data = log_odds(below(data.binarize(x[:10_000], threshold=None)).mean(0) if above else x.mean(0))
    loss = lambda x: rbm.loss(below(x), chains=chains)  # noqa: E731
    yield from descend(loss, rbm, binary_batches(x, 100), steps, rate=rate, decay=decay, average=average)


def train_rbm(rbm: RBM, x: Tensor, y: Tensor, *, steps: int = 150_000) -> Iterator[int]:
    """Trains an RBM for long: the rate held for a quarter of the way, weight decay, an average over 1000 steps."""
    yield from train_layer(rbm, x, steps=steps, rate=late_decay(0.1, steps), decay=1e-4, average=0.999)


def train_dbn(dbn: DBN, x: Tensor, y: Tensor, *, epochs: int = 80) -> Iterator[int]:
    """Trains one layer after the other, each on what the layers below draw from the data; the labels join on top."""
    steps = epochs * len(x) // 100
    for depth, layer in enumerate(dbn.layers):
        train = partial(train_layer, layer, steps=steps, rate=linear_decay(0.1, steps))
        if isinstance(layer, ClassRBM):
            names = torch.cat([x, nn.functional.one_hot(y, layer.classes)], 1)
            below = lambda v, depth=depth: torch.cat([dbn.up(v[:, : x.shape[1]], depth), v[:, x.shape[1] :]], 1)  # noqa: E731
            yield from train(names, below=below)
        else:
            yield from train(x, below=partial(dbn.up, layers=depth))


def train_above(dbn: DBN, x: Tensor, y: Tensor, *, first: RBM, steps: int = 75_000) -> Iterator[int]:
    """Trains a second layer on a first that is trained already and stays as it is, from that one upside down.

    Before the first step the network makes of each picture what the first layer alone makes of it. Of the rates 0.01,
    0.02, 0.05 and 0.2 the second has the best bound on validation images after 15,000 steps on the other images.
    """
    grown = DBN(first)
    grown.grow()
    dbn.load_state_dict(grown.state_dict())
    rate, below = late_decay(0.02, steps), partial(dbn.up, layers=1)
    yield from train_layer(dbn.top, x, steps=steps, rate=rate, below=below, decay=1e-4, average=0.999, fresh=False)


def train_dbm(
    dbm: DBM, x: Tensor, y: Tensor, *, before: int = 10, steps: int = 72_000, batch: int = 100
) -> Iterator[int]:
    """Trains two RBMs, joins them, and trains the whole by mean field and persistent chains, for long.

    The more units a layer hears, the smaller the rate has to be: a run with 0.1 in all stages ended with hidden units
    that were the same for every picture.
    """
    first, second = (CentredRBM(*sizes) for sizes in ((2 * dbm.features, dbm.lower), (dbm.lower, 2 * dbm.upper)))
    first.to(x), second.to(x)
    twice = lambda v: v.repeat(1, 2)  # noqa: E731
    short = before * len(x) // batch
    yield from train_layer(first, x, steps=short, rate=linear_decay(0.05, short), below=twice)
    hidden = lambda v: bernoulli(first.prob_h(twice(v)))  # noqa: E731
    yield from train_layer(second, x, steps=short, rate=linear_decay(0.02, short), below=hidden)
    dbm.load_state_dict(DBM.stack(first, second).state_dict())
    chains = torch.cat([data.binarize(x[:batch], threshold=None), bernoulli(x.new_full((batch, dbm.upper), 0.5))], 1)
    loss = lambda x: dbm.loss(x, chains=chains, mean_field=5)  # noqa: E731
    rate = late_decay(0.05, steps)
    yield from descend(loss, dbm, binary_batches(x, batch), steps, rate=rate, decay=1e-4, average=0.999)


# Measuring

LADDER = (30, 100, 1_000, 10_000)  # temperatures of the shorter runs, which show how log Z converges
LONGEST, CHAINS, SWEEPS = 40_000, 200, 20_000
GLANCE = 10_000  # temperatures, with 100 chains, for each point of a curve but the last
METHOD = (
    f"log Z by annealed importance sampling, {CHAINS} chains, {LONGEST:,} temperatures, from the mean training image; "
    f"from the other side by reverse annealing of 100 chains that start at training images and run {SWEEPS:,} sweeps"
)
TOP = METHOD.replace("log Z", "log Z of the top RBM").replace(
    "mean training image", "mean of what training images become in the layer below"
)


class Annealed(NamedTuple):
    """Both sides of log Z, and how a card tells them.

    Attributes:
        log_z: The longest forward estimate.
        reverse: The estimate from the other side.
        figures: Entries of a card.
    """

    log_z: float
    reverse: float
    figures: Figures

    def quote(self, kind: str, log_weights: Tensor) -> Figures:
        """Returns a card's figure of log-probabilities `(N,)` without their log Z, once with each side's."""
        mean, error = figure(log_weights - self.log_z)
        return {
            kind: mean,
            f"{kind}_standard_error": error,
            f"{kind}_from_the_other_side": round(mean + self.log_z - self.reverse, 3),
        }


def anneal(model: RBM | DBN | DBM, x: Tensor, chains: Tensor) -> Annealed:
    """Estimates log Z from both sides.

    Args:
        model: The machine.
        x: What the machine's visible units were trained on, `(N, D)`; annealing starts from its mean.
        chains: Where the chains start that lead to samples of the machine, `(n, D)`; of a DBM x and h2 side by side.
    """
    base = log_odds(x.mean(0))
    machine = model.top if isinstance(model, DBN) else model.machine if isinstance(model, DBM) else model
    runs = {n: ais(model, temperatures=n, base=base, progress=True) for n in LADDER}
    runs[LONGEST] = ais(model, chains=CHAINS, temperatures=LONGEST, base=base, progress=True)
    back = reverse_ais(model, machine.gibbs(chains, SWEEPS), temperatures=LONGEST, base=base, progress=True)
    return Annealed(runs[LONGEST].log_z, back.log_z, {
        "log_z": round(runs[LONGEST].log_z, 3),
        "log_z_standard_error": round(runs[LONGEST].standard_error, 3),
        "log_z_from_the_other_side": [round(back.log_z, 3), round(back.standard_error, 3)],
        "log_z_by_temperatures": {str(n): [round(r.log_z, 3), round(r.standard_error, 3)] for n, r in runs.items()},
    })  # fmt: skip


def glance_rbm(rbm: RBM, x: Tensor, x_test: Tensor) -> Figures:
    """Returns the test log-likelihood on the way, with a shorter annealing than at the end."""
    run = ais(rbm, temperatures=GLANCE, base=log_odds(x.mean(0)))
    return {
        "test_log_prob": figure(-rbm.free_energy(x_test) - run.log_z),
        "log_z": [round(run.log_z, 3), round(run.standard_error, 3)],
    }


@torch.no_grad()
def measure_rbm(rbm: RBM, x: Tensor, x_test: Tensor, y_test: Tensor) -> Figures:
    """Returns the test log-likelihood, with log Z from both sides, and how log Z converges."""
    run = anneal(rbm, x, data.binarize(x[:100], threshold=None))
    return {
        **run.figures,
        **run.quote("test_log_prob", -rbm.free_energy(x_test)),
        "test_method": METHOD,
        "blank_log_prob": round(-rbm.free_energy(torch.zeros_like(x_test[:1])).item() - run.log_z, 3),
    }


@torch.no_grad()
def measure_dbn(dbn: DBN, x: Tensor, x_test: Tensor, y_test: Tensor, *, first: Figures | None = None) -> Figures:
    """Returns the bound and an estimate of the test log-likelihood, both with log Z of the top from both sides.

    With the card of the RBM that is its first layer it also says what the layers above gain on that one, image by
    image; the error has those of both log Z in it.
    """
    below = dbn.up(data.binarize(x[:10_000], threshold=None))
    labels: Figures = {}
    if isinstance(dbn.top, ClassRBM):
        hidden = torch.stack([dbn.top.prob_y(dbn.up(x_test)) for _ in range(20)]).mean(0)
        labels = {"test_errors": round((hidden.argmax(1) != y_test).float().mean().item(), 4)}
        below = dbn.top.with_label(below, torch.multinomial(dbn.top.prob_y(below), 1)[:, 0])
    run = anneal(dbn, below, below[:100])
    weights = torch.cat([dbn.importance_bound(part, 1000, log_z=0.0) for part in x_test.split(20)])
    gain: Figures = {}
    if first is not None:
        alone = -dbn.layers[0].free_energy(x_test) - first["log_z"]
        mean, error = figure(weights - run.log_z - alone)
        errors = error, run.figures["log_z_standard_error"], first["log_z_standard_error"]
        gain = {"test_gain_on_the_first_layer": [mean, round(math.hypot(*errors), 3)]}
    return {
        **run.figures,
        **run.quote("test_bound", dbn.bound(x_test, 10, log_z=0.0)),
        **run.quote("test_log_prob", weights),
        **gain,
        "test_method": "log of the mean of 1000 importance weights for each test image, below log p(x) in expectation, "
        f"with {TOP}; test_bound is the mean of the weights' logs: an "
        "estimate of a lower bound",
        **labels,
    }


def measure_dbm(dbm: DBM, x: Tensor, x_test: Tensor, y_test: Tensor) -> Figures:
    """Returns the mean-field bound of the test images, with log Z from both sides."""
    with torch.no_grad():
        start = data.binarize(x[:100], threshold=None)
        run = anneal(dbm, x, torch.cat([start, bernoulli(start.new_full((100, dbm.upper), 0.5))], 1))
        bound = torch.cat([dbm.bound(v, log_z=0.0) for v in x_test.split(1000)])
    return {
        **run.figures,
        **run.quote("test_bound", bound),
        "test_method": f"mean-field bound, 30 updates, with {METHOD}: an estimate of a lower bound",
    }
