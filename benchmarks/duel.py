"""Two sides at the same work: alternating, so that whatever slows the machine slows both."""

from __future__ import annotations

__all__ = ["Duel", "Side", "Task", "duel", "race"]

import statistics
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from genlib.evaluate import mean_and_error


class Duel(NamedTuple):
    """Seconds of each round, ours and theirs."""

    ours: list[float]
    theirs: list[float]

    def row(self) -> str:
        """Returns the medians and the median ratio as cells of a table."""
        ratio = statistics.median(theirs / ours for ours, theirs in zip(*self, strict=True))
        ours, theirs = (statistics.median(times) for times in self)
        return f"{1e3 * ours:,.2f} ms | {1e3 * theirs:,.2f} ms | {ratio:.2f}"

    def per(self, steps: int) -> Duel:
        """Returns the seconds of one of the steps that a round consists of."""
        return Duel(*([seconds / steps for seconds in side] for side in self))


def duel(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> Duel:
    """Times both, alternating, after a round that does not count."""
    times: Duel = Duel([], [])
    for counts in [False] + [True] * rounds:
        for side, work in zip(times, (ours, theirs), strict=True):
            start = time.perf_counter()
            work()
            if counts:
                side.append(time.perf_counter() - start)
    return times


class Side(NamedTuple):
    """A model that takes part in a race: what builds it, and its own loss on a batch, which it is trained by."""

    build: Callable[[], nn.Module]
    loss: Callable[[nn.Module, Tensor], Tensor]
    judge: Callable[[nn.Module, Tensor], Tensor]  # what it is judged by, the same for both sides; less is better


class Task(NamedTuple):
    """What both sides of a race train on, and the images on which rates are chosen and on which it is judged."""

    batches: Callable[[int], Iterator[Tensor]]
    validation: Tensor
    test: Tensor


def race(sides: tuple[Side, Side], task: Task, rates: tuple[float, ...], *, seconds: float, seeds: int) -> list[str]:
    """Trains both sides for the same time from several seeds; returns a cell for each: how test images judge it.

    Both have the same optimiser, at a rate that falls to zero as the time runs out. Each side's rate is the one that is
    best on validation images, from a seed that does not count.
    """
    best = [min(rates, key=lambda rate, side=side: _trained(side, task, rate, seconds, 0)[0]) for side in sides]
    rounds = [
        [_trained(side, task, rate, seconds, 1 + seed)[1] for side, rate in zip(sides, best, strict=True)]
        for seed in range(seeds)
    ]
    cells = []
    for scores, rate in zip(zip(*rounds, strict=True), best, strict=True):
        mean, error = mean_and_error(torch.tensor(scores).double())
        cells.append(f"{mean:.2f} ± {error:.2f} in {seconds:g} s at rate {rate:g}")
    return cells


def _trained(side: Side, task: Task, rate: float, seconds: float, seed: int) -> tuple[float, float]:
    """Trains a model and returns how it is judged on validation and on test images."""
    torch.manual_seed(seed)
    model, batches = side.build(), task.batches(seed)
    descent = torch.optim.Adam(model.parameters(), lr=rate, fused=True)
    start = time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        descent.param_groups[0]["lr"] = rate * (1 - spent / seconds)
        loss = side.loss(model, next(batches))
        descent.zero_grad()
        loss.backward()
        descent.step()
    model.eval()
    with torch.no_grad():
        return side.judge(model, task.validation).item(), side.judge(model, task.test).item()
