"""How the zoo's autoencoders are built, trained and measured, and how long each way to train a deep one takes."""

from __future__ import annotations

__all__ = [
    "SIZES", "build_deep", "first_of_each", "folded", "measure_deep", "measure_plane", "neighbour_agrees", "normed",
    "place", "record_depth", "train_deep",
]  # fmt: skip

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_linear_bn_eval

from genlib import data
from genlib.autoencoders import Autoencoder, CodeRBM, Plane, principal_axes, unrolled
from genlib.energy import RBM
from genlib.nn import mlp
from genlib.train import fit, linear_decay, one_cycle
from genlib.zoo._shared import Figures, figure, hardware, log_odds, software
from genlib.zoo.records import Run

SIZES = 784, 1000, 500, 250, 30


def build_deep(*sizes: int, activation: type[nn.Module] = nn.GELU) -> Autoencoder:
    """Returns an untrained autoencoder of these sizes and back; the code is linear, what comes out in (0, 1)."""
    decoder = nn.Sequential(*mlp(*sizes[::-1], activation=activation), nn.Sigmoid())
    return Autoencoder(mlp(*sizes, activation=activation), decoder)


def normed(net: nn.Sequential) -> nn.Sequential:
    """Returns the same layers, the very same parameters, with batch normalisation behind each linear one but the last.

    Example:
        >>> [type(layer).__name__ for layer in normed(mlp(4, 3, 2))]
        ['Linear', 'BatchNorm1d', 'ELU', 'Linear']
    """
    last = [layer for layer in net if isinstance(layer, nn.Linear)][-1]
    layers: list[nn.Module] = []
    for layer in net:
        layers.append(layer)
        if isinstance(layer, nn.Linear) and layer is not last:
            layers.append(nn.BatchNorm1d(layer.out_features).to(layer.weight))
    return nn.Sequential(*layers)


def folded(net: nn.Sequential) -> nn.Sequential:
    """Returns what `normed` computes in evaluation, without normalisation: each is folded into the layer before it."""
    layers: list[nn.Module] = []
    for layer in net:
        if isinstance(layer, nn.BatchNorm1d):
            below = layers.pop()
            assert isinstance(below, nn.Linear)
            layer = fuse_linear_bn_eval(below, layer)
        layers.append(layer)
    return nn.Sequential(*layers)


def train_deep(
    model: Autoencoder, x: Tensor, y: Tensor, *, epochs: int, batch: int = 128, lr: float = 3e-3
) -> Iterator[int]:
    """Trains under the squared error with batch normalisation, which is folded into the model; yields at the end."""
    with_norms = Autoencoder(*(normed(part) for part in _parts(model)))
    steps = epochs * len(x) // batch
    descend(with_norms, x, steps, lr, batch)
    with_norms.eval()
    for part, trained in zip(_parts(model), _parts(with_norms), strict=True):
        part.load_state_dict(folded(trained).state_dict())
    yield steps


def descend(model: Autoencoder, x: Tensor, steps: int, lr: float, batch: int = 128) -> None:
    """Minimises a model's loss by Adam, at a rate that rises and falls once."""
    for _ in fit(model.loss, model.parameters(), data.batches(x, batch), steps=steps, lr=one_cycle(lr, steps)):
        pass


def _parts(model: Autoencoder) -> tuple[nn.Sequential, nn.Sequential]:
    assert isinstance(model.encoder, nn.Sequential)
    assert isinstance(model.decoder, nn.Sequential)
    return model.encoder, model.decoder


# Figures


@torch.no_grad()
def squared_error(model: Autoencoder, x: Tensor) -> Tensor:
    """Returns the squared error of each image `(N, D)`, summed over its pixels, `(N,)`."""
    return torch.cat([2 * model.error(part) for part in x.split(1000)])


@torch.no_grad()
def neighbour_agrees(z: Tensor, y: Tensor) -> Tensor:
    """Returns for each code `(N, L)` whether the nearest of the others has its label, `(N,)`, zeros and ones."""
    nearest = []
    for first, part in zip(range(0, len(z), 500), z.split(500), strict=True):
        distances = torch.cdist(part, z)
        distances[range(len(part)), range(first, first + len(part))] = torch.inf
        nearest.append(distances.argmin(1))
    return (y[torch.cat(nearest)] == y).float()


def first_of_each(y: Tensor, count: int) -> Tensor:
    """Returns where the first so many examples of each class stand among labels `y` `(N,)`, class by class."""
    return torch.cat([(y == label).nonzero()[:count, 0] for label in y.unique()])


def measure_deep(model: Autoencoder, x: Tensor, x_test: Tensor, y_test: Tensor) -> Figures:
    """Returns the squared error an image on training and test images, beside that of as many principal axes."""
    model.eval()
    with torch.no_grad():
        mean, axes = principal_axes(x, model.encode(x_test[:1]).shape[1])
    flat = x_test - mean
    figures = {
        "test_squared_error": squared_error(model, x_test),
        "train_squared_error": squared_error(model, x),
        "pca_test_squared_error": (flat - flat @ axes.T @ axes).square().sum(1),
    }
    quoted: Figures = {}
    for name, values in figures.items():
        quoted[name], quoted[f"{name}_standard_error"] = figure(values)
    return quoted | {"test_method": "sum over pixels of (x_hat - x)^2, grey levels from 0 to 1; mean over images"}


@torch.no_grad()
def measure_plane(model: Autoencoder, x: Tensor, x_test: Tensor, y_test: Tensor) -> Figures:
    """Returns the figures of `measure_deep`, and how often the nearest code of another test image has the same label.

    The codes are those of 500 test images of each class, as in the figure of Hinton and Salakhutdinov (2006).
    """
    figures = measure_deep(model, x, x_test, y_test)
    shown = first_of_each(y_test, 500)
    mean, axes = principal_axes(x, 2)
    for name, z in {"test_nearest": model.encode(x_test), "pca_test_nearest": (x_test - mean) @ axes.T}.items():
        figures[name], figures[f"{name}_standard_error"] = figure(neighbour_agrees(z[shown], y_test[shown]))
    return figures | {"test_nearest_method": "nearest of the codes of 500 test images of each class, itself left out"}


@torch.no_grad()
def place(model: Autoencoder, axes: int = 30, images: int = 5) -> Plane:
    """Returns where 500 test images of each class lie, by the model and by the axes of all training images.

    Args:
        model: Autoencoder with codes of two numbers.
        axes: Number of principal axes kept.
        images: Number of test images of each class kept.
    """
    (x, _), (x_val, _), (x_test, y_test) = data.load("mnist")
    mean, axes_ = principal_axes(torch.cat([x, x_val]).flatten(1), axes)
    x_test, shown = x_test.flatten(1), first_of_each(y_test, 500)
    kept = first_of_each(y_test, images)
    components = (x_test[shown] - mean) @ axes_[:2].T
    return Plane(model.encode(x_test[shown]), components, y_test[shown], mean, axes_, x_test[kept], y_test[kept])


# Error against time


def pretrained(x: Tensor, sizes: tuple[int, ...], epochs: int = 3, batch: int = 100) -> list[RBM | CodeRBM]:
    """Returns a stack of RBMs, each trained by CD-1 on the means of those below; the top one has linear codes."""
    layers: list[RBM | CodeRBM] = []
    steps = epochs * len(x) // batch
    for i, (features, hidden) in enumerate(pairwise(sizes)):
        with torch.no_grad():
            v = unrolled(*layers).encode(x) if layers else x
        top = i == len(sizes) - 2
        layer = (CodeRBM if top else RBM)(features, hidden)
        if layers:
            layer.W.data.mul_(10)
        layer.c.data.copy_(log_odds(v.mean(0)))
        momentum = partial(torch.optim.SGD, momentum=0.5 if top else 0.8)
        rate = linear_decay(0.005 if top else 0.05, steps)
        for _ in fit(layer.loss, layer.parameters(), data.batches(v, batch), steps=steps, lr=rate, optimizer=momentum):
            pass
        layers.append(layer)
    return layers


def by_boltzmann_machines(stack: list[RBM | CodeRBM]) -> Autoencoder:
    """Returns a stack unrolled, under the squared error."""
    model = unrolled(*stack)
    return Autoencoder(model.encoder, nn.Sequential(*_parts(model)[1], nn.Sigmoid()))


def with_norms(activation: type[nn.Module]) -> Autoencoder:
    """Returns an untrained deep autoencoder with batch normalisation."""
    return Autoencoder(*(normed(part) for part in _parts(build_deep(*SIZES, activation=activation))))


class Stack(NamedTuple):
    """Machines that were trained one upon the other, and what that took."""

    layers: list[RBM | CodeRBM]
    seconds: float


def stacked(x: Tensor, seed: int) -> Stack:
    """Trains the stack of the recorded run."""
    torch.manual_seed(seed)
    since = time.process_time()
    return Stack(pretrained(x, SIZES), time.process_time() - since)


RATES = (3e-4, 1e-3, 3e-3, 1e-2)
WAYS: dict[str, Callable[[Stack], Autoencoder]] = {
    "sigmoid": lambda stack: build_deep(*SIZES, activation=nn.Sigmoid),
    "sigmoid, RBMs unrolled": lambda stack: by_boltzmann_machines(stack.layers),
    "sigmoid, batch norm": lambda stack: with_norms(nn.Sigmoid),
    "GELU": lambda stack: build_deep(*SIZES),
    "GELU, batch norm": lambda stack: with_norms(nn.GELU),
}


def trained_for(way: str, epochs: int, seed: int, stack: Stack, x: Tensor, lr: float) -> tuple[Autoencoder, float]:
    """Trains in one of the ways for so many epochs; returns the model, and the processor seconds that it took."""
    torch.manual_seed(seed)
    since, model = time.process_time(), WAYS[way](stack)
    if epochs:
        descend(model, x, epochs * len(x) // 128, lr)
    return model.eval(), time.process_time() - since + ("unrolled" in way) * stack.seconds


def rates_of(way: str, stack: Stack, x: Tensor, x_val: Tensor) -> dict[float, float]:
    """Returns the squared error on validation images after an epoch at each of `RATES`."""
    reached = {lr: trained_for(way, 1, 0, stack, x, lr)[0] for lr in RATES}
    return {lr: figure(squared_error(model, x_val))[0] for lr, model in reached.items()}


def record_depth(budgets: tuple[tuple[int, int], ...] = ((1, 0), (1, 1), (4, 0))) -> Run:
    """Trains 784-1000-500-250-30 in five ways, for each number of epochs and seed, and measures it on test images.

    Each way has the peak rate that is best for it after one epoch, on validation images.
    """
    x, x_val, x_test = (images.flatten(1) for images, _ in data.load("mnist"))
    begun, seeds = time.process_time(), sorted({seed for _, seed in budgets})
    stacks = {seed: stacked(x, seed) for seed in seeds}
    reached = {way: rates_of(way, stacks[0], x, x_val) for way in WAYS}
    best = {way: min(errors, key=errors.__getitem__) for way, errors in reached.items()}
    asked = [("sigmoid, RBMs unrolled", 0, 0), *((way, *budget) for budget in budgets for way in WAYS)]
    rows = []
    for way, epochs, seed in asked:
        model, spent = trained_for(way, epochs, seed, stacks[seed], x, best[way])
        error = figure(squared_error(model, x_test))
        minutes = round(spent / 60, 2)
        rows.append({"model": way, "epochs": epochs, "seed": seed, "minutes": minutes, "test_squared_error": error})
    mean, axes = principal_axes(x, SIZES[-1])
    flat = x_test - mean
    return Run(
        name="autoencoders-mnist",
        about="An autoencoder 784-1000-500-250-30 on MNIST, trained in five ways",
        settings={
            "data": "mnist",
            "binarisation": "none: the grey levels themselves",
            "trained_on": f"{len(x):,} training images",
            "tested_on": f"{len(x_test):,} test images",
            "test_method": "the sum over pixels of (x_hat - x)^2, averaged over images",
            "training": "squared error, Adam in one cycle, batches of 128, its peak for each way the best of "
            f"{', '.join(map(str, RATES))} after one epoch on {len(x_val):,} validation images; RBMs by CD-1, three "
            "epochs each, gradient descent with momentum at 0.05 (the top one, of linear codes, 0.005)",
            "validation_by_rate": {way: {str(lr): e for lr, e in errors.items()} for way, errors in reached.items()},
            "peak_rates": best,
        },
        seeds=seeds,
        columns={
            "model": "model",
            "epochs": "epochs",
            "seed": "seed",
            "minutes": "processor minutes",
            "test_squared_error": "test squared error an image",
        },
        rows=rows,
        processor_seconds=round(time.process_time() - begun),
        machine=hardware("cpu"),
        torch=software(),
        results={
            "pca": figure((flat - flat @ axes.T @ axes).square().sum(1)),
            "pretraining_minutes": [round(stack.seconds / 60, 2) for stack in stacks.values()],
        },
    )
