r"""What `BoltzmannBars` sends to the page: a machine as plain numbers, and the machines that a reader may choose."""

from __future__ import annotations

__all__ = ["checked", "machine_of", "presets", "traits_of"]

import math
from typing import Any

import torch
from torch import Tensor

from genlib.energy import BoltzmannMachine


def traits_of(machine: BoltzmannMachine) -> dict[str, Any]:
    """Returns the traits that hold `machine`, or raises a `ValueError` where it has too many units for 64 bars."""
    units = machine.features + machine.hidden
    if not 2 <= units <= 6:
        raise ValueError(f"this machine has {units} units, hidden ones included, expected 2 to 6: a bar for each state")
    for name, value in {"biases": machine.biases(), "couplings": machine.couplings()}.items():
        if not torch.isfinite(value).all():
            raise ValueError(f"the {name} have values that are not finite (NaN or infinite); train the machine again")
    biases, couplings = machine.biases().tolist(), machine.couplings().tolist()
    return {"features": machine.features, "biases": biases, "couplings": couplings}


@torch.no_grad()
def machine_of(features: int, biases: Tensor, couplings: Tensor) -> BoltzmannMachine:
    """Returns the machine with these biases and symmetric couplings; units beyond `features` are hidden."""
    machine = BoltzmannMachine(features, len(biases) - features)
    machine.c.copy_(biases[:features])
    machine.b.copy_(biases[features:])
    machine.R.copy_(couplings[:features, :features].triu(1))
    machine.W.copy_(couplings[features:, :features])
    machine.S.copy_(couplings[features:, features:].triu(1))
    return machine


def presets() -> dict[str, BoltzmannMachine]:
    """Returns the machines that a reader may choose, by name.

    Two wells: $E = 3 k (5 - k) / 2$ where k units are 1, so that all off and all on are equally deep. Parity: three
    units of which an even number likes to be 1; a fourth, hidden one makes the interaction of three out of pairs.
    """
    pairs = torch.ones(5, 5) - torch.eye(5)
    chain = torch.ones(4).diag(1) + torch.ones(4).diag(-1)
    triangle = torch.ones(3, 3) - torch.eye(3)
    parity = torch.full((4, 4), 8.0).fill_diagonal_(0)
    parity[:3, :3] = -3.5 * triangle
    return {
        "the five-unit example": machine_of(5, torch.tensor([-1.0, -1.0, -2.0, 0.0, 0.0]), chain),
        "two wells": machine_of(5, torch.full((5,), -6.0), 3 * pairs),
        "frustrated triangle": machine_of(3, torch.full((3,), 3.0), -3 * triangle),
        "independent units": machine_of(5, torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0]), 0 * pairs),
        "parity, by a hidden unit": machine_of(3, torch.tensor([-2.5, -2.5, -2.5, -7.5]), parity),
    }


def checked(name: str, value: Any, units: int) -> Any:
    """Returns the value of a setting, or raises a `ValueError` where it does not fit."""
    if name == "temperature":
        if not 0.2 <= value <= 5:
            raise ValueError(f"temperature is {value:g}, expected 0.2 to 5")
    elif name == "clamp":
        if len(value) != units or not set(value) <= {None, 0, 1}:
            raise ValueError(f"clamp is {value}, expected None, 0 or 1 for each of {units} units")
    elif name == "biases":
        if len(value) != units or not all(map(math.isfinite, value)):
            raise ValueError(f"biases are {value}, expected {units} finite numbers")
    else:
        numbers = torch.tensor(value) if {len(row) for row in value} == {units} == {len(value)} else torch.tensor([])
        if not numbers.numel() or not torch.isfinite(numbers).all():
            raise ValueError(f"couplings are {value}, expected {units} rows of {units} finite numbers")
        if not torch.equal(numbers, numbers.T) or numbers.diagonal().any():
            raise ValueError("couplings are not symmetric with a diagonal of zeros, as BoltzmannMachine.couplings() is")
    return value
