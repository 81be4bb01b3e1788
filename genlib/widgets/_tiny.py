r"""What `TinyWorld` sends to the page and takes back: an RBM as float64 numbers, W, b and c one after the other."""

from __future__ import annotations

__all__ = ["FIRST", "MAYBE_INFINITE", "checked", "flat", "fresh", "machine", "numbers"]

import math
from typing import Any

import torch
from torch import Tensor

from genlib.energy import RBM

FIRST, PIXELS = 200, 12
RANGES = {"k": (1, 20), "rate": (0.001, 0.3), "hidden": (2, 16)}
CHOICES: dict[str, tuple[float | str, ...]] = {"method": ("exact", "cd", "pcd"), "batch": (0, 16, 64, 256)}

# JSON has no infinity: the page gets and sends nothing in its place.
MAYBE_INFINITE: dict[str, Any] = {
    "to_json": lambda value, widget: value if math.isfinite(value) else None,
    "from_json": lambda value, widget: math.inf if value is None else value,
}


def fresh(hidden: int, seed: int) -> RBM:
    """Returns a new machine with weights of standard deviation 0.1; the global random numbers stay as they are."""
    checked("hidden", hidden)
    noise = torch.randn(hidden, PIXELS, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return _machine(0.1 * noise, noise.new_zeros(hidden), noise.new_zeros(PIXELS))


def flat(rbm: RBM) -> bytes:
    """Returns all weights of a machine as the page reads them, or raises a `ValueError` where it has no use for it."""
    if type(rbm) is not RBM or rbm.features != PIXELS:
        raise ValueError(f"model is {rbm}, expected an RBM with {PIXELS} features: pictures of 4 x 3 pixels")
    checked("hidden", rbm.hidden)
    values = torch.cat([p.detach().cpu().double().flatten() for p in (rbm.W, rbm.b, rbm.c)])
    if not values.isfinite().all():
        raise ValueError(f"model has {int((~values.isfinite()).sum())} weights that are not finite; train it again")
    return values.numpy().tobytes()


def machine(weights: bytes) -> RBM:
    """Returns the machine that `flat` wrote down, in float64."""
    values = torch.frombuffer(bytearray(weights), dtype=torch.float64)
    hidden = (len(values) - PIXELS) // (PIXELS + 1)
    w, b, c = values.split([hidden * PIXELS, hidden, PIXELS])
    return _machine(w.view(hidden, PIXELS), b, c)


def _machine(w: Tensor, b: Tensor, c: Tensor) -> RBM:
    with torch.random.fork_rng(devices=[]):
        rbm = RBM(PIXELS, len(b))
    rbm.W.data, rbm.b.data, rbm.c.data = w, b, c
    return rbm


def numbers(pictures: Tensor) -> list[int]:
    """Returns the places of pictures `(N, 12)` among `data.binary_states(12)`."""
    powers = 2.0 ** torch.arange(PIXELS - 1, -1, -1, dtype=torch.float64)
    return (pictures.double() @ powers).long().tolist()


def checked(name: str, value: float | str) -> float | str:
    """Returns the value of a setting, or raises a `ValueError` where it is out of range or unknown."""
    if name in CHOICES:
        if value not in CHOICES[name]:
            raise ValueError(f"{name} is {value!r}, expected one of {', '.join(map(str, CHOICES[name]))}")
        return value
    low, high = RANGES[name]
    if not low <= float(value) <= high:
        raise ValueError(f"{name} is {value}, expected {low:g} to {high:g}")
    return value
