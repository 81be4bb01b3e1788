r"""One training loop, the optimiser and the learning rates it follows, and the average of the weights it passes.

`fit` is a generator: it trains as far as it is read. The notebook drives it, and may plot, sample, stop or feed a
widget between two steps. Under `torchrun` the same call trains data-parallel.
"""

from __future__ import annotations

__all__ = ["EMA", "Adam", "fit", "linear_decay", "one_cycle"]

import copy
import inspect
import math
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.optim.adam import adam

from genlib._guard import at_least
from genlib._progress import track

Rate = float | Callable[[int], float]
Batch = Tensor | tuple[Tensor, ...] | list[Tensor]


class Adam:
    r"""Adam: each number moves by the mean of its gradients, over the root of the mean of their squares,

    $$m_t = \beta_1 m_{t-1} + (1 - \beta_1)\, g_t, \qquad v_t = \beta_2 v_{t-1} + (1 - \beta_2)\, g_t^2,$$

    $$\theta_t = \theta_{t-1} - \eta\, \frac{m_t / (1 - \beta_1^t)}{\sqrt{v_t / (1 - \beta_2^t)} + 10^{-8}}.$$

    The numbers are those of `torch.optim.Adam(..., fused=True)`, whose kernel does the work. Left out is what surrounds
    it there: the first optimiser that is made imports PyTorch's compiler, which takes a second or two, and hooks and
    bookkeeping take nearly as long as a small network's step. `fit` takes either.

    Args:
        parameters: The tensors to train, such as `model.parameters()`; one without a gradient at a step is left alone.
        lr: Learning rate $\eta$; `param_groups[0]["lr"]` changes it, as in PyTorch.
        betas: What remains of the two means at a step, $\beta_1$ and $\beta_2$, at least 0 and less than 1.

    Raises:
        ValueError: If no parameter asks for a gradient, `lr` is negative or a beta is not in [0, 1).

    Source: Kingma and Ba, Adam: A Method for Stochastic Optimization (2015).

    Example:
        >>> w = nn.Parameter(torch.zeros(3))
        >>> descent = Adam([w], lr=0.5)
        >>> (w * torch.tensor([1.0, -100.0, 0.0])).sum().backward()
        >>> descent.step()
        >>> [round(value, 3) for value in w.tolist()]  # however large the gradient
        [-0.5, 0.5, 0.0]
    """

    def __init__(
        self, parameters: Iterable[Tensor], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999)
    ) -> None:
        trainable = _trainable(parameters)
        if not (lr >= 0 and all(0 <= beta < 1 for beta in betas)):
            raise ValueError(f"lr is {lr}, betas are {betas}, expected a rate of at least 0 and two numbers in [0, 1)")
        self.param_groups: list[dict[str, Any]] = [{"params": trainable, "lr": lr}]
        self.betas = betas
        counts = [torch.zeros((), dtype=torch.float32, device=p.device) for p in trainable]
        self._state = [(p, torch.zeros_like(p), torch.zeros_like(p), t) for p, t in zip(trainable, counts, strict=True)]

    def zero_grad(self) -> None:
        """Forgets the gradients, which `backward` would add to."""
        for p in self.param_groups[0]["params"]:
            p.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Moves the parameters by their gradients of now."""
        moved = [(p, p.grad, m, v, t) for p, m, v, t in self._state if p.grad is not None]
        if moved:
            p, g, m, v, t = map(list, zip(*moved, strict=True))
            beta1, beta2 = self.betas
            adam(
                p, g, m, v, [], t, fused=True, amsgrad=False, maximize=False, weight_decay=0.0, eps=1e-8,
                lr=self.param_groups[0]["lr"], beta1=beta1, beta2=beta2,
            )  # fmt: skip


def fit(
    loss: Callable[..., Tensor],
    parameters: Iterable[Tensor],
    batches: Iterable[Batch],
    *,
    steps: int,
    lr: Rate = 1e-3,
    optimizer: Callable[..., torch.optim.Optimizer | Adam] = Adam,
    progress: bool = True,
) -> Iterator[tuple[int, float]]:
    r"""Minimises `loss(batch)` by gradient descent and yields `(step, loss)` after each step.

    Being a generator, it trains nothing until it is read: write `for step, loss in fit(...)`. A batch that is a tuple,
    such as examples and their labels, is handed over part by part, `loss(x, y)`. Under `torchrun` each process takes
    every `world`-th row of each batch, and gradients are averaged with the weight of their shard, so that the result is
    that of one process where the loss draws no noise, and statistically the same where it does.

    Args:
        loss: Function of a batch, or of its parts, that returns a scalar, such as `model.loss`.
        parameters: The tensors to train, such as `model.parameters()`; others keep their values.
        batches: Tensors `(B, ...)`, or tuples of them, at least `steps` of them, such as `data.batches((x, y), 100)` or
            a `DataLoader`.
        steps: Number of gradient steps.
        lr: Learning rate, a number or a function of the step, which counts from 0.
        optimizer: Class of the optimiser, called as `optimizer(parameters, lr=...)`: `Adam`, or one of `torch.optim`.
        progress: Whether a progress line is shown while training lasts; nothing of it stays behind.

    Yields:
        The step, from 0, and the loss before that step (under `torchrun`, that of this process's rows, weighted so that
        the mean over processes is the joint loss).

    Raises:
        ValueError: If there are no parameters, the loss does not depend on them or does not take what the batches hold,
            or `batches` ends before `steps` are done.
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
    parameters = _trainable(parameters)
    at_least(0, steps=steps)
    if isinstance(batches, Tensor):
        raise ValueError(f"batches is one tensor {tuple(batches.shape)}, expected many batches: data.batches(x, size)")
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
        if all(p.grad is None for p in parameters):
            raise ValueError(
                f"the loss depends on none of the {len(parameters)} parameters, expected those of the model whose loss "
                "it is: fit(model.loss, model.parameters(), ...)"
            )
        shard.average_gradients()
        sums = torch.stack([p.grad.sum() for p in parameters if p.grad is not None])
        _demand_finite("gradient", sums.sum().item(), step, rate(step))
        descent.step()
        done = step + 1
        yield step, value.item()
    if done < steps:
        raise ValueError(f"batches ended after {done} of {steps} steps; data.batches(x, size) never ends")


def _trainable(parameters: Iterable[Tensor]) -> list[Tensor]:
    """Returns those of the parameters that can be trained, of which there must be one."""
    if isinstance(parameters, nn.Module):
        raise ValueError(f"parameters is a {type(parameters).__name__}, expected tensors: model.parameters()")
    parameters = list(parameters)
    if wrong := [p for p in parameters if not isinstance(p, Tensor)]:
        raise ValueError(f"parameters has a {type(wrong[0]).__name__}, expected tensors: model.parameters()")
    if not (trainable := [p for p in parameters if p.requires_grad]):
        raise ValueError("got no parameters that require a gradient, expected at least one")
    return trainable


def _value(loss: Callable[..., Tensor], parts: tuple[Tensor, ...]) -> Tensor:
    """Returns the loss of a batch, a scalar that depends on parameters."""
    try:
        value = loss(*parts)
    except TypeError as error:
        if _takes(loss, parts):
            raise
        raise ValueError(
            f"the batches hold {len(parts)} tensors each, which the loss does not take; data.batches(x, size) holds x "
            "alone, data.batches((x, y), size) suits a loss of x and y"
        ) from error
    if not isinstance(value, Tensor) or value.numel() != 1:
        got = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else f"a {type(value).__name__}"
        raise ValueError(f"the loss is {got}, expected a scalar: take the mean over the batch")
    if not value.requires_grad:
        raise ValueError("the loss depends on no parameter, expected one with a gradient: was it computed without one?")
    return value


def _takes(loss: Callable[..., Tensor], parts: tuple[Tensor, ...]) -> bool:
    try:
        inspect.signature(loss).bind(*parts)
    except TypeError:
        return False
    return True


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

    def weighted(self, loss: Callable[..., Tensor], batch: Batch) -> Tensor:
        """Returns the loss of this process's rows, weighted so that the mean over processes is the joint loss."""
        parts = tuple(batch) if isinstance(batch, tuple | list) else (batch,)
        if self.world == 1:
            return _value(loss, parts)
        if len({len(part) for part in parts}) > 1:
            raise ValueError(f"a batch has parts of {[len(part) for part in parts]} examples, expected as many of each")
        if (size := len(parts[0])) < self.world:
            raise ValueError(f"a batch of {size} cannot be shared by {self.world} processes; use larger batches")
        own = tuple(part[self.rank :: self.world] for part in parts)
        return _value(loss, own) * (len(own[0]) * self.world / size)

    def average_gradients(self) -> None:
        """Replaces each gradient by its mean over processes, in one exchange."""
        if self.world == 1:
            return
        grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters]
        flat = torch.cat([g.flatten() for g in grads])
        dist.all_reduce(flat)
        for p, g in zip(self.parameters, (flat / self.world).split([p.numel() for p in self.parameters]), strict=True):
            p.grad = g.view_as(p)


class EMA:
    r"""A copy of a model whose weights are averages over steps of training, the later the heavier,

    $$\bar\theta_t = d_t\,\bar\theta_{t-1} + (1 - d_t)\,\theta_t, \qquad d_t = \min\Big(d, \frac{t}{t + 9}\Big),$$

    for t = 1, 2, … With a constant $d_t$ the weights that training started from would keep their share $d^t$ for long:
    at d = 0.9999 still a third after ten thousand steps. With the warm-up the average is over about the last tenth of
    the steps until that is $1 / (1 - d)$ of them, and after t steps the start has a share of $9!\,t! / (t + 9)!$.

    Args:
        model: The model that is trained; the average begins as a copy of it, in `.model`, which asks for no gradients.
        decay: What remains of the average at a step in the long run, d.

    Source: Polyak and Juditsky (1992); Ho, Jain and Abbeel, Denoising Diffusion Probabilistic Models (2020), for the
    use; the warm-up is TensorFlow's.

    Example:
        >>> net = nn.Linear(2, 1)
        >>> average = EMA(net, decay=0.99)
        >>> for step, value in fit(lambda x: net(x).square().mean(), net.parameters(), [torch.ones(5, 2)] * 3, steps=3):
        ...     average.update()
        >>> average.model(torch.ones(5, 2)).shape
        torch.Size([5, 1])
    """

    def __init__(self, model: nn.Module, decay: float = 0.999) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"decay is {decay}, expected at least 0 and less than 1")
        self.source, self.decay, self.steps = model, decay, 0
        self.model = copy.deepcopy(model).requires_grad_(False)

    @torch.no_grad()
    def update(self) -> None:
        """Takes the model's weights of now into the average; buffers, such as running means, are copied."""
        self.steps += 1
        share = 1 - min(self.decay, self.steps / (self.steps + 9))
        for mine, theirs in zip(self.model.parameters(), self.source.parameters(), strict=True):
            mine.lerp_(theirs, share)
        for kept, seen in zip(self.model.buffers(), self.source.buffers(), strict=True):
            kept.copy_(seen)


def linear_decay(lr: float, steps: int) -> Callable[[int], float]:
    r"""Returns a rate that falls on a straight line, $\eta_t = \eta\,(1 - t / T)$.

    Stochastic gradients keep shaking the parameters as long as the rate is high; a rate that falls to zero lets them
    settle.

    Args:
        lr: Rate $\eta$ at step 0.
        steps: Number of steps $T$, at least 1, after which the rate is zero, and stays so.

    Example:
        >>> [linear_decay(0.1, 4)(t) for t in (0, 2)]
        [0.1, 0.05]
    """
    at_least(1, steps=steps)
    return lambda step: lr * max(0.0, 1 - step / steps)


def one_cycle(lr: float, steps: int, *, warmup: float = 0.3) -> Callable[[int], float]:
    r"""Returns a rate that rises to its peak and falls back, both along half a cosine.

    Args:
        lr: The peak; the rate starts at a 25th of it and ends near zero.
        steps: Number of steps in all, at least 1; the rate is zero from there on.
        warmup: Share of the steps that is spent rising, between 0 and 1.

    Source: Smith and Topin, Super-Convergence (2019).

    Example:
        >>> [round(one_cycle(1.0, 10)(t), 3) for t in (0, 3, 9)]
        [0.04, 1.0, 0.05]
    """
    at_least(1, steps=steps)
    if not 0 <= warmup <= 1:
        raise ValueError(f"warmup is {warmup}, expected a share between 0 and 1")
    rise = warmup * steps

    def rate(step: int) -> float:
        if step >= steps:
            return 0.0
        if step < rise:
            return lr * (0.04 + 0.96 * (1 - math.cos(math.pi * step / rise)) / 2)
        return lr * (1 + math.cos(math.pi * (step - rise) / (steps - rise))) / 2

    return rate
