"""How the zoo's MADE and PixelCNN are built, trained and measured."""

from __future__ import annotations

__all__ = ["build_made", "build_pixelcnn", "glance_exact", "measure_exact", "train_made", "train_pixelcnn"]

from collections.abc import Iterator

import torch
from torch import Tensor

from genlib.autoregressive import MADE, GatedPixelCNN
from genlib.autoregressive.chain import Autoregressive
from genlib.train import fit, one_cycle
from genlib.zoo._shared import Figures, averaged, binary_batches, figure, late_decay, log_odds

GLANCED = 2_000  # test images, at each point of a curve but the last


def build_made() -> MADE:
    """Returns an untrained MADE of 28 x 28 pixels, row by row, with one hidden layer."""
    return MADE(784, 1000)


def train_made(
    model: MADE, x: Tensor, y: Tensor, *, steps: int = 15_000, batch: int = 100, lr: float = 8e-3
) -> Iterator[int]:
    """Trains by Adam, from the odds of the mean image, at a rate that rises and falls; leaves averaged weights."""
    model.get_parameter("linear.1.bias").data = log_odds(x.mean(0))
    rate = one_cycle(lr, steps, warmup=0.1)
    training = fit(model.loss, model.parameters(), binary_batches(x, batch), steps=steps, lr=rate)
    yield from averaged(training, model, steps, 0.999)


def build_pixelcnn(channels: int = 16) -> GatedPixelCNN:
    """Returns an untrained gated PixelCNN of 28 x 28 pixels, whose kernels reach 13 rows up."""
    return GatedPixelCNN((28, 28), channels, 6, dilations=(1, 1, 2, 4, 1, 2))


def train_pixelcnn(
    model: GatedPixelCNN, x: Tensor, y: Tensor, *, steps: int = 90_000, batch: int = 8, lr: float = 2e-3
) -> Iterator[int]:
    """Trains by Adam at a rate held for 60 % of the way and then falling to zero; shows and leaves averaged weights."""
    rate = late_decay(lr, steps, held=0.6)
    training = fit(model.loss, model.parameters(), binary_batches(x, batch), steps=steps, lr=rate)
    yield from averaged(training, model, steps, 0.999)


def glance_exact(model: Autoregressive, x: Tensor, x_test: Tensor) -> Figures:
    """Returns the log-likelihood of some of the test images on the way; as exact as at the end, for fewer."""
    return {"test_log_prob": figure(log_probs(model, x_test[:GLANCED]))}


def measure_exact(model: Autoregressive, x: Tensor, x_test: Tensor, y_test: Tensor) -> Figures:
    """Returns the test log-likelihood, and that of training images: how far it is from knowing them by heart."""
    test, error = figure(log_probs(model, x_test))
    shown = (torch.rand_like(x[: len(x_test)]) < x[: len(x_test)]).to(x)
    train, train_error = figure(log_probs(model, shown))
    return {
        "test_log_prob": test,
        "test_log_prob_standard_error": error,
        "test_method": "exact: a sum of logarithms, one pass for each of the test images; on the way for the first "
        f"{GLANCED:,} of them",
        "train_log_prob": train,
        "train_log_prob_standard_error": train_error,
    }


@torch.no_grad()
def log_probs(model: Autoregressive, x: Tensor, size: int = 250) -> Tensor:
    """Returns the log-probability of each image, `(N,)`, computed for some at a time."""
    return torch.cat([model.log_prob(some) for some in x.split(size)])
