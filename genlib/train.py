r"""One training loop, and the learning rates it follows.

`fit` is a generator: it trains as far as it is read. The notebook drives it, and may plot, sample, stop or feed a
widget between two steps. Under `torchrun` the same call trains data-parallel.
"""

from __future__ import annotations

__all__ = ["fit", "linear_decay", "one_cycle"]

import math
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import torch
import torch.distributed as dist
from torch import Tensor

from genlib._progress import track

Rate = float | Callable[[int], float]
ADAM = partial(torch.optim.Adam, fused=True)  # one pass over the parameters instead of ten: twice as fast


def fit(
    loss: Callable[..., Tensor],
    parameters: Iterable[Tensor],
    batches: Iterable[Tensor],
    *,
    steps: int,
    lr: Rate = 1e-3,
    optimizer: Callable[..., torch.optim.Optimizer] = ADAM,
    progress: bool = True,
) -> Iterator[tuple[int, float]]:
    r"""Minimises `loss(batch)` by gradient descent and yields `(step, loss)` after each step.

    Being a generator, it trains nothing until it is read: write `for step, loss in fit(...)`. Under `torchrun` each
    process takes every `world`-th row of each batch, and gradients are averaged with the weight of their shard, so
    that the result is that of one process where the loss draws no noise, and statistically the same where it does.

    Args:
        loss: Function of a batch that returns a scalar, such as `model.loss`.
        parameters: The tensors to train, such as `model.parameters()`; others keep their values.
        batches: Tensors `(B, ...)`, at least `steps` of them, such as `data.batches(x, 100)`.
        steps: Number of gradient steps.
        lr: Learning rate, a number or a function of the step, which counts from 0.
        optimizer: Class of the optimiser, called as `optimizer(parameters, lr=...)`; Adam by default.
        progress: Whether a progress line is shown while training lasts; nothing of it stays behind.

    Yields:
        The step, from 0, and the loss before that step (under `torchrun`, that of this process's rows, weighted so that
        the mean over processes is the joint loss).

    Raises:
        ValueError: If there are no parameters, or `batches` ends before `steps` are done.
        FloatingPointError: If the loss or its gradient is not finite; the parameters keep their last finite values.

    Example:
        >>> w = torch.nn.Parameter(torch.tensor(4.0))
        >>> for step, value in fit(lambda x: (w - x).square(), [w], iter([torch.tensor(1.0)] * 3), steps=3, lr=0.5,
        ...                        optimizer=torch.optim.SGD):
        ...     print(step, value)
        0 9.0
        1 0.0
        2 0.0
    """
    parameters = [p for p in parameters if p.requires_grad]
    if not parameters:
        raise ValueError("fit got no parameters that require a gradient, expected at least one")
    rate = lr if callable(lr) else lambda step: lr
    descent = optimizer(parameters, lr=rate(0))
    shard = _Shard(parameters)
    done = 0
    for step, batch in track(zip(range(steps), batches, strict=False), steps, progress):
        for group in descent.param_groups:
            group["lr"] = rate(step)
        value = shard.weighted(loss, batch)
        _demand_finite("loss", value.item(), step, rate(step))
        descent.zero_grad()
        value.backward()
        shard.average_gradients()
        sums = torch.stack([p.grad.sum() for p in parameters if p.grad is not None])
        _demand_finite("gradient", sums.sum().item(), step, rate(step))
        descent.step()
        done = step + 1
        yield step, value.item()
    if done < steps:
        raise ValueError(f"batches ended after {done} of {steps} steps; data.batches(x, size) never ends")


def _demand_finite(what: str, value: float, step: int, rate: float) -> None:
    if not math.isfinite(value):
        raise FloatingPointError(
            f"the {what} is {value} at step {step}: try a smaller learning rate than {rate:g}, "
            "and look for inputs outside [0, 1] or a logarithm of zero"
        )


class _Shard:
    """One process's part of the work: the whole of it, unless `torchrun` started several."""

    def __init__(self, parameters: list[Tensor]) -> None:
        self.parameters = parameters
        self.world, self.rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
        if self.world > 1:
            if not dist.is_initialized():
                dist.init_process_group("nccl" if parameters[0].is_cuda else "gloo")
            for p in parameters:
                dist.broadcast(p.data, 0)

    def weighted(self, loss: Callable[..., Tensor], batch: Tensor) -> Tensor:
        """Returns the loss of this process's rows, weighted so that the mean over processes is the joint loss."""
        if self.world == 1:
            return loss(batch)
        if len(batch) < self.world:
            raise ValueError(f"a batch of {len(batch)} cannot be shared by {self.world} processes; use larger batches")
        part = batch[self.rank :: self.world]
        return loss(part) * (len(part) * self.world / len(batch))

    def average_gradients(self) -> None:
        """Replaces each gradient by its mean over processes, in one exchange."""
        if self.world == 1:
            return
        grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters]
        flat = torch.cat([g.flatten() for g in grads])
        dist.all_reduce(flat)
        for p, g in zip(self.parameters, (flat / self.world).split([p.numel() for p in self.parameters]), strict=True):
            p.grad = g.view_as(p)


def linear_decay(lr: float, steps: int) -> Callable[[int], float]:
    r"""Returns a rate that falls on a straight line, $\eta_t = \eta\,(1 - t / T)$.

    Stochastic gradients keep shaking the parameters as long as the rate is high; a rate that falls to zero lets them
    settle.

    Args:
        lr: Rate $\eta$ at step 0.
        steps: Number of steps $T$ after which the rate is zero.

    Example:
        >>> [linear_decay(0.1, 4)(t) for t in (0, 2)]
        [0.1, 0.05]
    """
    return lambda step: lr * max(0.0, 1 - step / steps)


def one_cycle(lr: float, steps: int, *, warmup: float = 0.3) -> Callable[[int], float]:
    r"""Returns a rate that rises to its peak and falls back, both along half a cosine.

    Args:
        lr: The peak; the rate starts at a 25th of it and ends near zero.
        steps: Number of steps in all.
        warmup: Share of the steps that is spent rising.

    Source: Smith and Topin, Super-Convergence (2019).

    Example:
        >>> [round(one_cycle(1.0, 10)(t), 3) for t in (0, 3, 9)]
        [0.04, 1.0, 0.05]
    """

    def rate(step: int) -> float:
        rise = warmup * steps
        if step < rise:
            return lr * (0.04 + 0.96 * (1 - math.cos(math.pi * step / rise)) / 2)
        return lr * (1 + math.cos(math.pi * (step - rise) / (steps - rise))) / 2

    return rate
