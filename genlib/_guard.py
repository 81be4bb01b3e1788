"""What a public method asks of what it is given: each check passes the tensor on, or says what is wrong with it.

A wrong dtype or width ends in a message about matrices, deep inside torch; a wrong value, a mask of integers or a NaN
ends in a number that looks like any other. So every public method looks once, at its door, and the loops behind it do
not look again. Every message states what came, what was expected, and what to write instead.
"""

from __future__ import annotations

__all__ = [
    "at_least", "bare", "batch", "binary", "finite", "grey", "labels", "mask", "rows", "same_number", "sound", "tensor"
]  # fmt: skip

import math
from numbers import Integral
from typing import Any

import torch
from torch import Tensor, nn


def bare(model: nn.Module) -> nn.Module:
    """Returns a model without what `torch.compile` or data-parallel training wrapped around it."""
    while True:
        if isinstance(compiled := getattr(model, "_orig_mod", None), nn.Module):
            model = compiled
        elif isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
            model = model.module
        else:
            return model


def tensor(x: Tensor, name: str) -> Tensor:
    """Returns `x` if it is a tensor."""
    if not isinstance(x, Tensor):
        raise ValueError(f"{name} is a {_kind(x)}, expected a torch.Tensor: torch.as_tensor({name})")
    return x


def batch(x: Tensor, model: nn.Module, name: str = "x") -> Tensor:
    """Returns `x` `(B, ...)` if it is a batch of at least one example, of the dtype and on the device of `model`."""
    own = _first_parameter(model)
    shape = tensor(x, name).shape
    if own is not None and x.dtype != own.dtype:
        raise ValueError(f"{name} has dtype {x.dtype}, this {_owner(model)} has {own.dtype}: {name}.to({own.dtype})")
    if own is not None and x.device != own.device:
        raise ValueError(
            f'{name} is on device {x.device}, this {_owner(model)} is on {own.device}: {name}.to("{own.device}")'
        )
    if len(shape) < 2:
        raise ValueError(
            f"{name} has shape {_shape(x)}, expected a batch (B, ...): {name}[None] is a batch of one example"
        )
    if not shape[0]:
        raise ValueError(f"{name} is empty, of shape {_shape(x)}, expected at least one example")
    return x


def rows(x: Tensor, model: nn.Module, size: int, name: str = "x", unit: str = "features") -> Tensor:
    """Returns `x` if it is a batch of vectors `(B, size)` for `model`; `unit` says what there are so many of."""
    shape = batch(x, model, name).shape
    if len(shape) > 2:
        raise ValueError(f"{name} has shape {_shape(x)}, expected vectors (B, {size}): {name}.flatten(1)")
    if shape[1] != size:
        raise ValueError(f"{name} has {shape[1]} {unit}, this {_owner(model)} has {size}")
    return x


def same_number(x: Tensor, other: Tensor, name: str, other_name: str = "x") -> Tensor:
    """Returns `x` if it has as many examples as `other`: one against many would be broadcast without a word."""
    if x.shape[:1] != other.shape[:1]:
        raise ValueError(f"{name} has shape {_shape(x)}, {other_name} has {_shape(other)}, expected as many examples")
    return x


def grey(x: Tensor, name: str = "x") -> Tensor:
    """Returns `x` if all of it lies between 0 and 1, as grey levels and probabilities do."""
    least, most = _held(x).aminmax()
    low, high = least.item(), most.item()
    if not (low >= 0 and high <= 1):
        raise ValueError(
            f"{name} has values from {low:g} to {high:g}, expected 0 to 1: divide grey levels by the largest there is"
        )
    return x


def binary(x: Tensor, name: str = "x") -> Tensor:
    """Returns `x` if it holds zeros and ones alone."""
    kept = grey(x, name).detach()
    if not torch.equal(kept * kept, kept):
        raise ValueError(f"{name} has values between 0 and 1, expected zeros and ones alone: data.binarize({name})")
    return x


def labels(y: Tensor, model: nn.Module, classes: int, name: str = "y") -> Tensor:
    """Returns `y` `(B,)` as int64 if it holds whole numbers below `classes`, on the device of `model`."""
    device = next(model.parameters()).device
    if tensor(y, name).is_floating_point() or y.is_complex() or y.dtype == torch.bool:
        raise ValueError(f"{name} has dtype {y.dtype}, expected whole numbers: {name}.long()")
    if y.ndim != 1 or not len(y):
        raise ValueError(f"{name} has shape {_shape(y)}, expected a label for each example, (B,)")
    if y.device != device:
        raise ValueError(f'{name} is on device {y.device}, this {_owner(model)} is on {device}: {name}.to("{device}")')
    low, high = (bound.item() for bound in y.aminmax())
    if low < 0 or high >= classes:
        raise ValueError(f"{name} has labels from {low} to {high}, this {_owner(model)} has 0 to {classes - 1}")
    return y.long()


def mask(chosen: Tensor, x: Tensor, name: str = "clamp", *, each: bool = True) -> Tensor:
    """Returns `chosen` if it holds a boolean for each entry of one example of `x` or, if `each` may differ, of all."""
    if tensor(chosen, name).dtype != torch.bool:
        raise ValueError(f"{name} has dtype {chosen.dtype}, expected torch.bool: {name} == 1")
    if chosen.shape != x.shape[1:] and not (each and chosen.shape == x.shape):
        alternative = f" or {_shape(x)}" if each else ""
        raise ValueError(f"{name} has shape {_shape(chosen)}, expected {_shape(x[0])}{alternative}")
    if chosen.device != x.device:
        raise ValueError(f'{name} is on device {chosen.device}, expected {x.device}: {name}.to("{x.device}")')
    return chosen


def at_least(least: int, **counts: int) -> None:
    """Asks of each count, passed by its name, that it is a whole number and not too small."""
    for name, count in counts.items():
        whole = type(count) is int or (isinstance(count, Integral) and not isinstance(count, bool))
        if not whole or count < least:
            raise ValueError(f"{name} is {count!r}, expected a whole number, at least {least}")


def finite(model: nn.Module) -> None:
    """Asks of `model` that no parameter is NaN or infinite."""
    for name, p in model.named_parameters():
        # A sum costs a tenth of a look at every entry, but may overflow where no entry has.
        if not math.isfinite(p.detach().sum().item()) and (bad := int((~p.isfinite()).sum())):
            raise ValueError(
                f"{name} of this {_owner(model)} has {bad} values that are NaN or infinite, expected finite "
                "ones: train it anew, at a smaller rate"
            )


def sound(result: Tensor, model: nn.Module, **given: Tensor) -> Tensor:
    """Returns what `model` computed; where that is not finite, its parameters and what it was given are looked at."""
    if not math.isfinite(_held(result).sum().item()):
        finite(model)
        for name, x in given.items():
            if bad := int((~x.isfinite()).sum()):
                raise ValueError(f"{name} has {bad} values that are NaN or infinite, expected finite ones")
    return result


def _first_parameter(model: nn.Module) -> Tensor | None:
    """Returns a parameter of `model`, its own before those of its parts: torch's walk takes longer than a check."""
    for p in model._parameters.values():
        if p is not None:
            return p
    found = (_first_parameter(part) for part in model._modules.values() if part is not None)
    return next((p for p in found if p is not None), None)


def _held(x: Tensor) -> Tensor:
    """Returns `x` as a value without history; itself, where no history is kept: a check should cost next to nothing."""
    return x.detach() if x.requires_grad and torch.is_grad_enabled() else x


def _owner(model: nn.Module) -> str:
    return type(model).__name__


def _shape(x: Tensor) -> str:
    return str(tuple(x.shape))


def _kind(value: Any) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
