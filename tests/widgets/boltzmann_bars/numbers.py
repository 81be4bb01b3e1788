"""What the library and SciPy say of BoltzmannBars' distribution, its chain, and how far independent draws are off."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.stats import binom
from torch import Tensor

from genlib.data import binary_states
from genlib.energy import BoltzmannMachine
from genlib.widgets.boltzmann_bars import presets, traits_of

Held = list[int | None]
ONE = "draw(setting, chain.state, i, temperature, random)"

def loud(features: int, hidden: int, scale: float = 1.0) -> BoltzmannMachine:
    made = BoltzmannMachine(features, hidden).requires_grad_(False)
    for parameter in made.parameters():
        parameter.copy_(scale * torch.randn(parameter.shape))
    return made


def logits_of(machine: BoltzmannMachine, temperature: float, held: Held) -> tuple[Tensor, Tensor, Tensor]:
    """Returns all states, their energies, and -E/T of those that agree with what is held, minus infinity elsewhere."""
    states = binary_states(machine.features + machine.hidden)
    energy = machine.energy(states[:, : machine.features], states[:, machine.features :])
    logits = -energy / temperature
    for i, value in enumerate(held):
        if value is not None:
            logits = logits.masked_fill(states[:, i] != value, -torch.inf)
    return states, energy, logits


def distribution(machine: BoltzmannMachine, temperature: float, held: Held) -> dict[str, Any]:
    states, energy, logits = logits_of(machine, temperature, held)
    p = logits.softmax(0)
    return {
        "temperature": temperature,
        "held": held,
        "possible": (logits > -torch.inf).tolist(),
        "exact": {
            "p": p,
            "energy": energy,
            "marginals": p @ states,
            "logZ": logits.logsumexp(0),
            "mean": p @ energy,
            "entropy": -torch.special.xlogy(p, p).sum(),
            "least": energy[p > 0].min(),
        },
    }


def shown(features: int, hidden: int) -> dict[str, Any]:
    machine, units = loud(features, hidden, 2.0), features + hidden
    cases: list[tuple[float, Held]] = [
        (1.0, [None] * units),
        (0.2, [None] * units),
        (3.7, [None] * (units - 1) + [1]),
        (0.8, [0, 1] + [None] * (units - 2)),
        (2.0, [1] * units),
    ]
    return {**traits_of(machine), "cases": [distribution(machine, *case) for case in cases]}


def chances(temperature: float) -> dict[str, Any]:
    """The probability of each unit given all others, in every state."""
    machine = loud(3, 2)
    states, _, logits = logits_of(machine, temperature, [None] * 5)
    p = logits.softmax(0).view([2] * 5)
    table = []
    for state in states.int().tolist():
        pairs = [[p[tuple(one if j == i else b for j, b in enumerate(state))] for one in (0, 1)] for i in range(5)]
        table.append([on / (off + on) for off, on in pairs])
    return {**traits_of(machine), "temperature": temperature, "table": table}


# Each bound is exceeded once in 10,000 times, by degrees of freedom.
BOUNDS = {15: 44.3, 3: 21.1, 7: 29.9}
CHAINS: dict[str, tuple[float, Held]] = {
    "free": (1.0, [None] * 4),
    "unit by unit": (1.5, [None, None, None, 1]),
    "hot": (2.5, [None] * 4),
    "held": (1.0, [None, 1, None, 0]),
    "cold and held": (0.7, [None, None, 1, None]),
}


def chain(name: str) -> dict[str, Any]:
    """Exact samples, which sweeps leave distributed as they are."""
    (temperature, held), machine = CHAINS[name], loud(3, 1, 0.7)
    p = logits_of(machine, temperature, held)[2].softmax(0)
    possible = p > 0
    assert p[possible].min() > 0.0005
    return {
        **traits_of(machine),
        "name": name,
        "temperature": temperature,
        "clamp": held,
        "p": p,
        "bound": BOUNDS[int(possible.sum()) - 1],
        "starts": torch.multinomial(p, 40_000, replacement=True),
    }


def independent(n: int) -> dict[str, Any]:
    p = [0.5, 0.3, 0.15, 0.049, 0.001, 0.0]
    k = np.arange(n + 1)
    return {"p": p, "n": n, "mean": sum(float((binom.pmf(k, n, q) * abs(k - n * q)).sum()) for q in p) / n / 2}


def sums() -> dict[str, Any]:
    p, counts = torch.rand(16).softmax(0), torch.randint(0, 50, (16,))
    n = int(counts.sum())
    of_p, of_counts = (values.view(4, 4).sum(1) for values in (p, counts))
    distance = (p - counts / n).abs().sum() / 2
    return {"p": p, "counts": counts, "n": n, "ofP": of_p, "ofCounts": of_counts, "distance": distance}


def letters() -> list[str]:
    """Which entry of which parameter each bias and coupling is: found by its value."""
    machine = loud(2, 4)
    entries = {
        value: name + "".join(chr(0x2081 + int(i)) for i in index)
        for name, parameter in machine.named_parameters()
        for index, value in np.ndenumerate(parameter.numpy())
    }
    couplings, units = machine.couplings().tolist(), range(6)
    values = machine.biases().tolist() + [couplings[i][j] for i in units for j in units if i < j]
    return [entries[value] for value in values]


def free_energies() -> dict[str, Any]:
    machine = presets()["parity, by a hidden unit"]
    states = binary_states(3)
    return {**traits_of(machine), "free": machine.free_energy(states), "p": machine.log_prob(states).exp()}


def numbers() -> dict[str, object]:
    with torch.no_grad():
        return {
            "shown": [shown(*sizes) for sizes in ((5, 0), (2, 0), (4, 2), (1, 5))],
            "chances": [chances(temperature) for temperature in (1.0, 0.3)],
            "chains": [chain(name) for name in CHAINS],
            "independent": [independent(n) for n in (1, 7, 200, 30_000)],
            "sums": sums(),
            "letters": letters(),
            "parity": free_energies(),
        }
