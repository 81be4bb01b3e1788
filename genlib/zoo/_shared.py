"""What the recipes of all families share."""

from __future__ import annotations

import copy
import platform
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from genlib import data
from genlib.evaluate import mean_and_error
from genlib.train import EMA

Figures = dict[str, Any]


def binary_batches(x: Tensor, size: int, seed: int = 0) -> Iterator[Tensor]:
    """Yields shuffled batches `(size, D)` of grey images `x` `(N, D)`, each binarised afresh."""
    for batch in data.batches(x, size, seed):
        yield data.binarize(batch, threshold=None)


def late_decay(lr: float, steps: int, *, held: float = 0.25) -> Callable[[int], float]:
    """Returns a rate that is held for a share of the steps and then falls to zero on a straight line."""
    return lambda step: lr * min(1.0, (1 - step / steps) / (1 - held))


def averaged(training: Iterable[tuple[int, float]], model: nn.Module, steps: int, decay: float) -> Iterator[int]:
    """Trains a model, by going through what `fit` yields, with a running average of its weights.

    Each time a 32nd, a 16th, ... of the steps is done, and at the end, it yields their number; the model then holds the
    averaged weights, with which it is also left. In between it holds those that are being trained.
    """
    mean = EMA(model, decay)
    marks = {steps >> k for k in range(6)}
    for step, _ in training:
        mean.update()
        if step + 1 in marks:
            own = copy.deepcopy(model.state_dict())
            model.load_state_dict(mean.model.state_dict())
            yield step + 1
            model.load_state_dict(own)
    model.load_state_dict(mean.model.state_dict())


def log_odds(mean: Tensor) -> Tensor:
    """Returns the visible bias at which units have this mean, kept away from 0 and 1."""
    return (0.002 + 0.996 * mean).logit()


def figure(values: Tensor) -> list[float]:
    """Returns the mean of values `(N,)` and its standard error, rounded as cards and runs quote them."""
    return [round(part, 3) for part in mean_and_error(values.double())]


class Stopwatch:
    """Adds up seconds, of the clock and of the processor, between `start` and `stop`."""

    def __init__(self) -> None:
        self.seconds = self.processor_seconds = 0.0
        self.start()

    def start(self) -> None:
        """Goes on counting."""
        self._since = time.perf_counter(), time.process_time()

    def stop(self) -> Figures:
        """Stops counting and returns what was counted so far, in whole seconds."""
        self.seconds += time.perf_counter() - self._since[0]
        self.processor_seconds += time.process_time() - self._since[1]
        return {"seconds": round(self.seconds), "processor_seconds": round(self.processor_seconds)}


def hardware(device: str) -> str:
    """Names the processor a model was trained on."""
    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_name(device)
    info = Path("/proc/cpuinfo")
    models = (
        [line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line]
        if (info.exists())
        else [platform.processor() or platform.machine()]
    )
    threads = torch.get_num_threads()
    return f"{models[0]}, {threads} thread{'s' * (threads > 1)}"


def software() -> str:
    """Returns the version of PyTorch, without the label of its build."""
    return torch.__version__.split("+")[0]
