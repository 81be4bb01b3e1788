"""What the recipes of all families share."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from genlib import data
from genlib.evaluate import mean_and_error

Figures = dict[str, Any]


def binary_batches(x: Tensor, size: int, seed: int = 0) -> Iterator[Tensor]:
    """Yields shuffled batches `(size, D)` of grey images `x` `(N, D)`, each binarised afresh."""
    for batch in data.batches(x, size, seed):
        yield data.binarize(batch, threshold=None)


def log_odds(mean: Tensor) -> Tensor:
    """Returns the visible bias at which units have this mean, kept away from 0 and 1."""
    return (0.002 + 0.996 * mean).logit()


class EMA:
    """Running average of a model's parameters, with a warm-up: the average of few steps looks back on few."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model, self.decay, self.steps = model, decay, 0
        self.average = [p.detach().clone() for p in model.parameters()]

    @torch.no_grad()
    def update(self) -> None:
        """Takes one step's parameters into the average."""
        keep = min(self.decay, (1 + self.steps) / (10 + self.steps))
        torch._foreach_lerp_(self.average, [p.data for p in self.model.parameters()], 1 - keep)
        self.steps += 1

    @torch.no_grad()
    def copy_to(self, model: nn.Module) -> None:
        """Gives a model the averaged parameters."""
        for p, mean in zip(model.parameters(), self.average, strict=True):
            p.copy_(mean)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Lets the model have the averaged parameters for a while."""
        own = [p.detach().clone() for p in self.model.parameters()]
        self.copy_to(self.model)
        yield
        with torch.no_grad():
            for p, value in zip(self.model.parameters(), own, strict=True):
                p.copy_(value)


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
