r"""What `GibbsChain` sends to the page: a machine, data of one bit a pixel, and settings that fit both."""

from __future__ import annotations

__all__ = ["bits_of", "checked", "mask_trait", "packed"]

from typing import Any

import numpy as np
import torch
import traitlets
from torch import Tensor

from genlib.energy import RBM
from genlib.widgets._base import Spec, check_bits, pack_tensors


def packed(rbm: RBM) -> tuple[bytes, Spec]:
    """Returns the weights of `rbm` and their description.

    Raises:
        ValueError: If its visible units are not binary, or its weights cannot be sent to a page.
    """
    if type(rbm).draw_x is not RBM.draw_x:
        raise ValueError(f"the visible units of a {type(rbm).__name__} are not plain bits, expected those of an RBM")
    return pack_tensors({"W": rbm.W, "b": rbm.b, "c": rbm.c})


def bits_of(examples: Tensor | None, features: int) -> dict[str, Any]:
    """Returns the traits that hold up to a hundred images, one bit a pixel."""
    if examples is None:
        return {}
    bits = check_bits(examples[:100], features, "examples")
    return {"examples": np.packbits(bits).tobytes(), "example_count": len(bits)}


def mask_trait(words: str) -> traitlets.Instance:
    """Returns a trait that is a tensor of booleans in Python and a list of them in the page; `None` at first."""
    return traitlets.Instance(Tensor, allow_none=True, help=words).tag(
        sync=True,
        to_json=lambda value, widget: None if value is None else value.tolist(),
        from_json=lambda value, widget: None if value is None else torch.tensor(value, dtype=torch.bool),
    )


def checked(name: str, value: Any, spec: Spec) -> Any:
    """Returns the value of a setting, or raises a `ValueError` where it does not fit the machine of `spec`."""
    hidden, features = spec["W"]["shape"]
    if name == "clamp":
        if value is not None and (value.shape != (features,) or value.dtype != torch.bool):
            got = f"{tuple(value.shape)} of {value.dtype}"
            raise ValueError(f"clamp is {got}, expected ({features},) of torch.bool: which pixels keep their value")
        return value
    low, high = {"k": (1, 50), "unit": (0, hidden - 1)}[name]
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}, expected {low} to {high}")
    return value
