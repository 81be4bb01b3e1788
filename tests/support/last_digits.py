"""What a kernel runs before a chapter that is to meet another processor: products have other last digits.

Processors add up in another order, each in its own way, and training carries such a digit far: what a chapter claims
of a model must not hang on it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

UNIT = 2.0**-23  # the last digit of a number in single precision


def rounded_otherwise(product: Callable[..., Any]) -> Callable[..., Any]:
    """Returns the product with another last digit, where it is one in single precision."""

    @functools.wraps(product)
    def other(*factors: Any, **options: Any) -> Any:
        value = product(*factors, **options)
        single = isinstance(value, torch.Tensor) and value.dtype == torch.float32
        return value * (1 + UNIT) if single else value

    return other


functional.linear = rounded_otherwise(functional.linear)
torch.Tensor.__matmul__ = rounded_otherwise(torch.Tensor.__matmul__)  # type: ignore[method-assign]
torch.Tensor.__rmatmul__ = rounded_otherwise(torch.Tensor.__rmatmul__)  # type: ignore[method-assign]
