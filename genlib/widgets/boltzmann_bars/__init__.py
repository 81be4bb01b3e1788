r"""A Boltzmann machine small enough to see all of its distribution, and a chain that has to find it."""

from __future__ import annotations

__all__ = ["BoltzmannBars"]

import math
from collections.abc import Sequence
from typing import Any

import torch
import traitlets
from torch import Tensor

from genlib.energy import BoltzmannMachine
from genlib.widgets.base import Widget, tensor_trait
from genlib.widgets.exact import check_exact


class BoltzmannBars(Widget):
    r"""Shows a machine's graph, $p(v) \propto e^{-E(v)/T}$ over all its states, and a Gibbs chain's histogram of them.

    The reader sets the traits `biases`, `couplings`, `temperature`, `clamp` and `k`, and reaches `log_z`, and by the
    chain `v`, `counts` and `sweeps`; setting the former in Python moves the page. States count upwards with the first
    unit as the highest bit, as in `data.binary_states`.

    Args:
        machine: A machine of 2 to 6 units, hidden ones included; by default the five-unit example of the chapter.
        temperature: T, 0.2 to 5.
        clamp: For each unit `None` if it is free, 0 or 1 if it is held there.
        k: Sweeps per frame, 1 to 1000.
        seed: Seed of the chain.

    Raises:
        ValueError: If there are too many units, a parameter is not finite, or an option is out of range.

    Source: Ackley, Hinton and Sejnowski, A Learning Algorithm for Boltzmann Machines (1985).

    Example:
        >>> BoltzmannBars().machine().log_partition()
        tensor(2.8649, grad_fn=<LogsumexpBackward0>)
    """

    features = traitlets.Int(help="Number of visible units; the other ones are hidden.").tag(sync=True)
    biases = traitlets.List(traitlets.Float(), help="Bias of each unit, visible ones first.").tag(sync=True)
    couplings = traitlets.List(traitlets.List(traitlets.Float()), help="Symmetric, no diagonal.").tag(sync=True)
    clamp = traitlets.List(traitlets.Int(allow_none=True), help="None, 0 or 1 for each unit.").tag(sync=True)
    temperature = traitlets.Float(1.0, help="T in p ~ exp(-E / T).").tag(sync=True)
    k = traitlets.Int(20, min=1, max=1000, help="Sweeps per frame.").tag(sync=True)
    seed = traitlets.Int(help="Seed of the chain.").tag(sync=True)
    presets = traitlets.Dict(help="Machines that the reader may choose, by name.").tag(sync=True)

    sweeps = traitlets.Int(help="Sweeps counted.").tag(sync=True)
    counts = traitlets.List(traitlets.Int(), help="Sweeps that ended in each state, (2**units,).").tag(sync=True)
    log_z = traitlets.Float(help="Of the states that agree with the clamped units, at this temperature.").tag(sync=True)
    v = tensor_trait("Where the chain stands, (1, D + H).")

    def __init__(
        self,
        machine: BoltzmannMachine | None = None,
        *,
        temperature: float = 1.0,
        clamp: Sequence[int | None] | None = None,
        k: int = 20,
        seed: int = 0,
    ) -> None:
        known = presets()
        shown = traits_of(known["the five-unit example"] if machine is None else machine)
        super().__init__(
            **shown,
            clamp=[None] * len(shown["biases"]) if clamp is None else list(clamp),
            temperature=temperature,
            k=k,
            seed=seed,
            presets={name: traits_of(example) for name, example in known.items()},
        )

    def update(self, machine: BoltzmannMachine) -> None:
        """Goes on with `machine`, which has trained on; units stay clamped where there are as many of them."""
        traits = traits_of(machine)
        with self.hold_sync(), self.hold_trait_notifications():
            if len(traits["biases"]) != len(self.biases):
                self.clamp = [None] * len(traits["biases"])
            for name, value in traits.items():
                setattr(self, name, value)

    def machine(self) -> BoltzmannMachine:
        """Returns a machine with the biases and couplings that the page has now."""
        return machine_of(self.features, torch.tensor(self.biases), torch.tensor(self.couplings))

    @traitlets.validate("temperature")
    def _warm(self, proposal: traitlets.Bunch) -> float:
        if not 0.2 <= proposal.value <= 5:
            raise ValueError(f"temperature is {proposal.value:g}, expected 0.2 to 5")
        return proposal.value

    @traitlets.validate("clamp")
    def _known_values(self, proposal: traitlets.Bunch) -> list[int | None]:
        value, units = proposal.value, len(self.biases)
        if len(value) != units or not set(value) <= {None, 0, 1}:
            raise ValueError(f"clamp is {value}, expected None, 0 or 1 for each of {units} units")
        return value

    @traitlets.validate("biases")
    def _finite(self, proposal: traitlets.Bunch) -> list[float]:
        value, units = proposal.value, len(self.couplings)
        if len(value) != units or not all(map(math.isfinite, value)):
            raise ValueError(f"biases are {value}, expected {units} finite numbers")
        return value

    @traitlets.validate("couplings")
    def _symmetric(self, proposal: traitlets.Bunch) -> list[list[float]]:
        value, units = proposal.value, len(self.biases)
        square = len(value) == units and all(len(row) == units for row in value)
        if not square or not all(math.isfinite(number) for row in value for number in row):
            raise ValueError(f"couplings are {value}, expected {units} rows of {units} finite numbers")
        numbers = torch.tensor(value)
        if not torch.equal(numbers, numbers.T) or numbers.diagonal().any():
            raise ValueError("couplings are not symmetric with a diagonal of zeros, as BoltzmannMachine.couplings() is")
        return value


def traits_of(machine: BoltzmannMachine) -> dict[str, Any]:
    """Returns the traits that hold `machine`, or raises a `ValueError` where it has too many units for 64 bars."""
    check_exact(machine, [BoltzmannMachine], "this machine")
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
