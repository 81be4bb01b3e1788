"""What all checks share: how they compare, and what they say."""

from __future__ import annotations

import torch
from torch import Tensor

LARGE = 200.0


def demand(holds: bool, message: str) -> None:
    """Fails with a message; unlike `assert` also under `python -O`."""
    if not holds:
        raise AssertionError(message)


def close(what: str, got: Tensor, expected: Tensor) -> None:
    """Compares shapes, then numbers, and names the first place where they differ."""
    demand(isinstance(got, Tensor), f"{what}: got {type(got).__name__}, expected a tensor")
    demand(got.shape == expected.shape, f"{what}: got shape {tuple(got.shape)}, expected {tuple(expected.shape)}")
    wrong = ~torch.isclose(got.detach().to(expected), expected, rtol=1e-3, atol=1e-5)
    if wrong.any():
        first = tuple(wrong.nonzero()[0].tolist())
        where = f" at index {first}" if first else ""
        raise AssertionError(f"{what}{where}: got {got[first].item():.5f}, expected {expected[first].item():.5f}")


def slopes(loss: Tensor, inputs: list[Tensor], what: str) -> tuple[Tensor, ...]:
    """Differentiates a loss, and says so where it depends on none of the inputs."""
    demand(isinstance(loss, Tensor), f"{what}: got {type(loss).__name__}, expected a tensor")
    demand(loss.shape == (), f"{what}: got shape {tuple(loss.shape)}, expected one number, shape ()")
    demand(loss.requires_grad, f"{what}: got a number without a gradient, expected one that can be trained")
    found = torch.autograd.grad(loss, inputs, allow_unused=True)
    return tuple(torch.zeros_like(x) if g is None else g for g, x in zip(found, inputs, strict=True))
