"""How the judges of samples are built, trained and measured: small classifiers whose features stand for images."""

from __future__ import annotations

__all__ = ["build_judge", "measure_judge", "train_judge"]

from collections.abc import Iterator
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib import data
from genlib.evaluate import floor, frechet_distance, kernel_distance, precision_recall
from genlib.nn import Classifier
from genlib.train import fit, one_cycle
from genlib.zoo._shared import Figures, figure

FEATURES, CLASSES = 32, 10
SIZES = (50, 100, 180, 500, 1000, 2000, 5000)  # numbers of images at which a card quotes the floor


def build_judge(side: int, *channels: int) -> Classifier:
    """Returns an untrained classifier of square grey images, flat or not, by convolutions and 32 linear features."""
    layers: list[nn.Module] = [nn.Flatten(), nn.Unflatten(1, (1, side, side))]
    for i, (size_in, size_out) in enumerate(zip((1, *channels), channels, strict=False)):
        stride = 1 if side <= 8 and i == 0 else 2
        side = (side + stride - 1) // stride
        layers += [nn.Conv2d(size_in, size_out, 3, stride=stride, padding=1), nn.ELU()]
    layers += [nn.Flatten(), nn.Linear(channels[-1] * side**2, 64), nn.ELU(), nn.Linear(64, FEATURES)]
    return Classifier(nn.Sequential(*layers), FEATURES, CLASSES)


def train_judge(
    judge: Classifier, x: Tensor, y: Tensor, *, steps: int, far: int, threshold: float | None, lr: float = 3e-3
) -> Iterator[int]:
    """Trains on images moved by up to `far` pixels, half of them binary, as samples may be; yields at the end.

    Args:
        judge: The classifier, trained in place.
        x: Grey images, flat `(N, D)`.
        y: Their labels `(N,)`.
        steps: Number of steps of Adam, on 100 images each.
        far: How far an image may move, in pixels along each axis.
        threshold: How half of the images are made binary, as for `data.binarize`.
        lr: Peak of the rate, which rises and falls once.
    """

    def loss(x: Tensor, y: Tensor) -> Tensor:
        seen = moved(x, far)
        bits = data.binarize(seen, threshold)
        return judge.loss(torch.where(torch.rand(len(x), 1, device=x.device) < 0.5, bits, seen), y)

    for _ in fit(loss, judge.parameters(), data.batches((x, y), 100), steps=steps, lr=one_cycle(lr, steps)):
        pass
    standardise(judge, x)
    yield steps


def moved(x: Tensor, far: int) -> Tensor:
    """Moves each flat square image `(N, D)` by a random number of pixels, up to `far`; what comes in is white."""
    n, side = len(x), round(x.shape[1] ** 0.5)
    wide = F.pad(x.view(n, side, side), [far] * 4)
    down, right = torch.randint(2 * far + 1, (2, n, 1), device=x.device)
    rows, columns = (start + torch.arange(side, device=x.device) for start in (down, right))
    return wide[torch.arange(n, device=x.device)[:, None, None], rows[:, :, None], columns[:, None, :]].flatten(1)


@torch.no_grad()
def standardise(judge: Classifier, x: Tensor) -> None:
    """Gives every feature mean 0 and variance 1 over images `x`; what the classifier says of an image stays the same.

    The features are linear in the layer before and feed a linear layer, so that both can take up the change.
    """
    last, head = cast(nn.Linear, cast(nn.Sequential, judge.net)[-1]), judge.head
    features = torch.cat([judge.features(part) for part in x.split(1000)])
    mean, sigma = features.mean(0), features.std(0)
    head.bias.add_(head.weight @ mean)
    head.weight.mul_(sigma)
    last.bias.sub_(mean).div_(sigma)
    last.weight.div_(sigma[:, None])


@torch.no_grad()
def measure_judge(judge: Classifier, x: Tensor, x_test: Tensor, y_test: Tensor, *, threshold: float | None) -> Figures:
    """Returns the share of test images it names rightly, grey and binary, and the floors of the distances on these."""
    bits = data.binarize(x_test, threshold, seed=0)
    (grey, grey_error), (binary, binary_error) = (
        figure((judge.log_prob_y(v).argmax(1) == y_test).double()) for v in (x_test, bits)
    )
    features = judge.features(x_test)
    sizes = [n for n in SIZES if 2 * n <= len(x_test)]
    distances = {"frechet": frechet_distance, "kernel": kernel_distance, "precision": _precision}
    floors = {
        f"{name}_floor": {str(n): [round(v.mean().item(), 4), round(v.std().item(), 4)] for n, v in found.items()}
        for name, distance in distances.items()
        for found in [{n: floor(distance, features, n) for n in sizes}]
    }
    return {
        "test_accuracy": grey,
        "test_accuracy_standard_error": grey_error,
        "test_accuracy_binary": binary,
        "test_accuracy_binary_standard_error": binary_error,
        "test_method": "share of test images whose most probable label is theirs",
        **floors,
        "floor_method": "two disjoint draws of so many grey test images against each other: mean and standard "
        "deviation over ten pairs of draws",
    }


def _precision(x: Tensor, y: Tensor) -> float:
    return precision_recall(x, y)[0]
