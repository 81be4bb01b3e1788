r"""Networks that find digits in scenes, pixel by pixel, and the comparison of what they unpool with.

Scenes are drawn from digits of one part of the data set each, so that no digit of a test scene was seen in training.
"""

from __future__ import annotations

__all__ = ["UNPOOLINGS", "build_finder", "finder_rate", "measure_finder", "record_scenes", "train_finder"]

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from genlib import data
from genlib.autoencoders import DeconvolutionNetwork
from genlib.evaluate import intersection_over_union
from genlib.train import fit, one_cycle
from genlib.zoo._shared import Figures, Stopwatch, figure, hardware, software
from genlib.zoo.records import Run

SIDE, PICTURES, CLASSES = 24, 4, 11
BATCH = 16
UNPOOLINGS = ("switches", "corner", "copies")
RATES = (3e-3, 1e-2, 3e-2, 1e-1)
Scenes = tuple[Tensor, Tensor]


def build_finder(unpooling: str = "switches", channels: tuple[int, ...] = (16, 32)) -> DeconvolutionNetwork:
    """Returns an untrained network that tells ten digits and nothing apart, and does not train."""
    return DeconvolutionNetwork(channels, CLASSES, unpooling).eval()


def scenes_of(x: Tensor, y: Tensor, n: int, seed: int) -> Scenes:
    """Returns scenes of flat digits `(N, 64)`, and the class of each pixel, on the device of the digits."""
    scene, label = data.scenes(x.view(-1, 1, 8, 8).cpu(), y.cpu(), n, side=SIDE, pictures=PICTURES, seed=seed)
    return scene.to(x.device), label.to(x.device)


def training(
    model: DeconvolutionNetwork, scenes: Scenes, steps: int, lr: float, seed: int, every: int
) -> Iterator[int]:
    """Trains by Adam in one cycle, and yields the number of steps at each `every` of them, evaluating meanwhile."""
    model.train()
    batches = data.batches(scenes, BATCH, seed)
    for step, _ in fit(model.loss, model.parameters(), batches, steps=steps, lr=one_cycle(lr, steps), progress=False):
        if (step + 1) % every == 0 or step + 1 == steps:
            model.eval()
            yield step + 1
            model.train()
    model.eval()


def train_finder(
    model: DeconvolutionNetwork, x: Tensor, y: Tensor, *, steps: int = 1500, lr: float = 1e-2, n: int = 8000
) -> Iterator[int]:
    """Trains on scenes of the digits `x` `(N, 64)` with labels `y` `(N,)`; yields at the end."""
    yield from training(model, scenes_of(x, y, n, seed=0), steps, lr, seed=0, every=steps)


@torch.no_grad()
def found(model: DeconvolutionNetwork, scenes: Tensor) -> Tensor:
    """Returns the most probable class of each pixel, `(B, H, W)`."""
    return torch.cat([model.log_prob_y(part).argmax(1) for part in scenes.split(100)])


def digit_overlap(model: DeconvolutionNetwork, scenes: Scenes) -> float:
    """Returns the intersection over union of found and true pixels, averaged over the ten digits."""
    x, y = scenes
    return intersection_over_union(found(model, x), y, CLASSES)[1:].mean().item()


def measure_finder(model: DeconvolutionNetwork, x: Tensor, x_test: Tensor, y_test: Tensor, *, n: int = 500) -> Figures:
    """Returns how well it finds digits that it has not seen, in scenes of them."""
    scene, label = scenes_of(x_test, y_test, n, seed=2)
    guess = found(model, scene)
    overlap = intersection_over_union(guess, label, CLASSES)
    right = torch.stack([(g == t)[t > 0].double().mean() for g, t in zip(guess, label, strict=True)])
    accuracy, error = figure(right)
    return {
        "test_accuracy": accuracy,
        "test_accuracy_standard_error": error,
        "test_overlap": round(overlap[1:].mean().item(), 3),
        "test_overlap_by_class": [round(value, 3) for value in overlap.tolist()],
        "test_method": f"{n} scenes of test digits: share of the inked pixels whose most probable class is theirs, "
        "with the standard error over scenes; intersection over union, averaged over the ten digits and for each "
        "class, the background first",
    }


def finder_rate(unpooling: str, train: Scenes, validation: Scenes, *, steps: int = 300) -> dict[float, float]:
    """Returns what each rate reaches on validation scenes, from one seed."""
    reached = {}
    for lr in RATES:
        torch.manual_seed(0)
        model = build_finder(unpooling)
        for _ in training(model, train, steps, lr, seed=0, every=steps):
            pass
        reached[lr] = round(digit_overlap(model, validation), 3)
    return reached


def compared(
    unpooling: str, train: Scenes, validation: Scenes, test: Scenes, seeds: tuple[int, ...], steps: int
) -> tuple[list[dict[str, Any]], int]:
    """Returns rows for one unpooling, one at each third of the training, and the seconds it took."""
    rates = finder_rate(unpooling, train, validation)
    lr = max(rates, key=rates.__getitem__)
    reached: dict[int, list[float]] = {}
    watch = Stopwatch()
    for seed in seeds:
        torch.manual_seed(seed)
        model = build_finder(unpooling)
        for step in training(model, train, steps, lr, seed=seed, every=steps // 3):
            reached.setdefault(step, []).append(digit_overlap(model, test))
    spent = watch.stop()["processor_seconds"]
    return [
        {
            "unpooling": unpooling,
            "step": step,
            "lr": lr,
            "validation_by_rate": {str(rate): value for rate, value in rates.items()},
            "test_overlap": figure(torch.tensor(values)),
            "test_overlap_by_seed": [round(value, 4) for value in values],
        }
        for step, values in reached.items()
    ], spent


def record_scenes(seeds: tuple[int, ...] = (0, 1, 2, 3), steps: int = 600) -> Run:
    """Trains the network with each unpooling from several seeds, on the same scenes in the same order."""
    (x, y), (x_val, y_val), (x_test, y_test) = ((x.flatten(1), y) for x, y in data.load("digits"))
    train, validation = scenes_of(x, y, n=4000, seed=0), scenes_of(x_val, y_val, n=200, seed=1)
    test = scenes_of(x_test, y_test, n=300, seed=2)
    parts = [compared(unpooling, train, validation, test, seeds, steps) for unpooling in UNPOOLINGS]
    return Run(
        name="scenes",
        about="One deconvolution network that finds digits in scenes, with three kinds of unpooling; means over seeds, "
        "with their standard errors",
        settings={
            "data": f"digits, {PICTURES} in a scene of {SIDE} x {SIDE}",
            "trained_on": f"{len(train[0]):,} scenes of training digits, batches of {BATCH}",
            "tested_on": f"{len(test[0])} scenes of test digits",
            "network": "16 and 32 channels down, 64 in the middle, 32 and 16 up; 139,243 parameters",
            "training": f"{steps} steps of Adam in one cycle, whose peak is the best of {', '.join(map(str, RATES))} "
            f"after 300 steps on {len(validation[0])} scenes of validation digits",
            "test_method": "intersection over union of found and true pixels, averaged over the ten digits",
        },
        seeds=list(seeds),
        columns={"unpooling": "unpooling", "step": "steps", "lr": "peak rate", "test_overlap": "test overlap"},
        rows=[row for rows, _ in parts for row in rows],
        processor_seconds=sum(seconds for _, seconds in parts),
        machine=hardware("cpu"),
        torch=software(),
    )
