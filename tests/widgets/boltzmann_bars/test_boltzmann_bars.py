"""BoltzmannBars' Python side: what it sends to the page, what it takes back, what it refuses; the ready machines."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
import torch
from ipywidgets.embed import embed_data

from genlib.data import binary_states
from genlib.energy import BoltzmannMachine
from genlib.widgets import BoltzmannBars
from genlib.widgets.boltzmann_bars import machine_of, presets


def machine(features: int = 3, hidden: int = 2) -> BoltzmannMachine:
    made = BoltzmannMachine(features, hidden)
    for parameter in made.parameters():
        parameter.data = torch.randn(parameter.shape)
    return made


SIZES = [(2, 0), (5, 0), (6, 0), (3, 2), (1, 1), (2, 4)]


@pytest.mark.parametrize(("features", "hidden"), SIZES)
def test_a_machine_travels_there_and_back(features: int, hidden: int) -> None:
    given = machine(features, hidden)
    bars = BoltzmannBars(given)
    back = bars.machine()
    states = binary_states(features + hidden)
    x, h = states[:, :features], states[:, features:]
    assert torch.equal(back.energy(x, h), given.energy(x, h))
    assert len(bars.biases) == len(bars.couplings) == len(bars.clamp) == features + hidden
    assert torch.equal(torch.tensor(bars.couplings), given.couplings())


def test_what_the_page_sends_comes_back_as_a_machine_and_a_chain() -> None:
    bars = BoltzmannBars(machine(3, 0))
    pairs = [[0.0, 1.5, 0.0], [1.5, 0.0, -2.0], [0.0, -2.0, 0.0]]
    sent = {"biases": [1.0, 2.0, -1.0], "couplings": pairs, "clamp": [None, 1, None], "temperature": 2.0}
    bars.set_state({**sent, "v": [[0, 1, 1]], "counts": [0] * 7 + [5], "sweeps": 5, "log_z": 1.25})
    back = bars.machine()
    assert back.energy(torch.tensor([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])).tolist() == [-4.5, 1.0]
    held = torch.tensor([value is not None for value in bars.clamp])
    assert back.gibbs(bars.v, 50, clamp=held)[0, 1] == 1
    assert (bars.sweeps, sum(bars.counts), bars.log_z) == (5, 5, 1.25)


def test_another_machine_of_another_size_comes_as_one_change() -> None:
    bars, parity = BoltzmannBars(), presets()["parity, by a hidden unit"]
    bars.clamp = [1, None, None, None, 0]
    other = machine(5, 0)
    bars.update(other)
    assert bars.clamp == [1, None, None, None, 0]
    assert torch.equal(torch.tensor(bars.biases), other.biases())
    bars.update(parity)
    assert (bars.features, bars.clamp, len(bars.couplings)) == (3, [None] * 4, 4)
    sent = BoltzmannBars(other)
    chosen = {**sent.presets["frustrated triangle"], "clamp": [None] * 3, "temperature": 1.0}
    sent.set_state(chosen)
    assert (sent.features, sent.biases, sent.clamp) == (3, [3.0] * 3, [None] * 3)


def test_the_model_is_left_alone() -> None:
    given = machine(3, 2)
    before = [p.clone() for p in given.parameters()]
    BoltzmannBars(given).machine().c.data += 1
    assert all(torch.equal(a, b) for a, b in zip(given.parameters(), before, strict=True))


def test_all_of_it_is_small() -> None:
    bars = BoltzmannBars()
    state = embed_data([bars], drop_defaults=False)["manager_state"]["state"][bars.model_id]["state"]
    assert len(json.dumps({name: value for name, value in state.items() if name not in ("_esm", "_css")})) < 4000


# The machines that a reader may choose


def test_the_five_unit_example_is_that_of_the_chapter() -> None:
    example = BoltzmannBars().machine()
    energies = {}
    for x1, x2, x3, x4, x5 in product((0, 1), repeat=5):
        energies[x1, x2, x3, x4, x5] = x1 + x2 + 2 * x3 - x1 * x2 - x2 * x3 - x3 * x4 - x4 * x5
    states = torch.tensor(list(energies), dtype=torch.get_default_dtype())
    assert torch.equal(example.energy(states), torch.tensor([float(e) for e in energies.values()]))
    weights = torch.tensor([-float(e) for e in energies.values()]).exp()
    assert example.log_partition().item() == pytest.approx(weights.sum().log().item(), abs=1e-12)
    assert sum(e == -1 for e in energies.values()) == 1
    assert energies[0, 0, 0, 1, 1] == min(energies.values()) == -1


def test_two_wells_are_equally_deep_and_far_apart() -> None:
    wells = presets()["two wells"]
    states = binary_states(5)
    on = states.sum(1)
    assert torch.equal(wells.energy(states), 1.5 * on * (5 - on))
    p = wells.log_prob(states).exp()
    assert p[0].item() == pytest.approx(p[-1].item(), rel=1e-12)
    assert p[0] + p[-1] > 0.98


def test_no_state_of_the_triangle_pleases_every_pair() -> None:
    triangle = presets()["frustrated triangle"]
    energies = triangle.energy(binary_states(3))
    assert (energies == energies.min()).sum() == 6
    assert energies.tolist() == [0, -3, -3, -3, -3, -3, -3, 0]


def test_independent_units_have_the_product_of_their_distributions() -> None:
    free = presets()["independent units"]
    p = torch.sigmoid(free.biases())
    states = binary_states(5)
    expected = torch.where(states == 1, p, 1 - p).prod(1)
    assert (free.log_prob(states).exp() - expected).abs().max() < 1e-12


def test_parity_needs_its_hidden_unit() -> None:
    parity = presets()["parity, by a hidden unit"]
    states = binary_states(3)
    even = states.sum(1) % 2 == 0
    p = parity.log_prob(states).exp()
    assert p[even].min() > 4 * p[~even].max()
    assert p[even].max() - p[even].min() < 0.005
    seen = machine_of(3, parity.biases()[:3], parity.couplings()[:3, :3])
    assert seen.log_prob(states).exp()[even].min() < 0.02


# What cannot be shown is refused with words


def broken() -> BoltzmannMachine:
    bad = machine(3, 1)
    bad.W.data[0, 2] = torch.inf
    return bad


class Shifted(BoltzmannMachine):
    """One that the page would take for its parent, which has another energy."""


BAD_MACHINES = {
    "too large": (lambda: BoltzmannMachine(5, 2), "7 units, hidden ones included, expected 2 to 6"),
    "too small": (lambda: BoltzmannMachine(1), "1 units, hidden ones included, expected 2 to 6"),
    "not finite": (broken, "couplings have values that are not finite"),
    "of another class": (lambda: Shifted(3), "cannot compute this machine, Shifted"),
}


@pytest.mark.parametrize("case", BAD_MACHINES)
def test_refuses_a_machine_that_has_no_bars(case: str) -> None:
    make, words = BAD_MACHINES[case]
    with pytest.raises(ValueError, match=words):
        BoltzmannBars(make())
    bars = BoltzmannBars()
    with pytest.raises(ValueError, match=words):
        bars.update(make())
    assert len(bars.biases) == 5


BAD_SETTINGS = {
    "frozen": ("temperature", 0.0, "temperature is 0, expected 0.2 to 5"),
    "held at 2": ("clamp", [None, 2, None], r"clamp is \[None, 2, None\], expected None, 0 or 1 for each of 3 units"),
    "held too long": ("clamp", [None] * 4, "for each of 3 units"),
    "bias not finite": ("biases", [0.0, float("nan"), 0.0], "expected 3 finite numbers"),
    "too few biases": ("biases", [0.0, 1.0], "expected 3 finite numbers"),
    "too few couplings": ("couplings", [[0.0, 1.0], [1.0, 0.0]], "expected 3 rows of 3 finite numbers"),
    "ragged": ("couplings", [[0.0], [0.0, 0.0], [0.0]], "expected 3 rows of 3 finite numbers"),
    "coupling not finite": ("couplings", [[0.0, float("inf"), 0.0]] * 3, "expected 3 rows of 3 finite numbers"),
    "one way": ("couplings", [[0.0, 1.0, 0.0], [0.0] * 3, [0.0] * 3], "not symmetric with a diagonal of zeros"),
    "with itself": ("couplings", [[1.0, 0.0, 0.0], [0.0] * 3, [0.0] * 3], "not symmetric with a diagonal of zeros"),
}


@pytest.mark.parametrize("case", BAD_SETTINGS)
def test_refuses_settings_with_what_it_got_and_expected(case: str) -> None:
    name, value, words = BAD_SETTINGS[case]
    bars = BoltzmannBars(machine(3, 0))
    with pytest.raises(ValueError, match=words):
        setattr(bars, name, value)
    if name in ("temperature", "clamp"):
        options: dict[str, Any] = {name: value}
        with pytest.raises(ValueError, match=words):
            BoltzmannBars(machine(3, 0), **options)


def test_refuses_too_many_sweeps_a_frame() -> None:
    with pytest.raises(Exception, match="should not be greater than 1000"):
        BoltzmannBars(k=1001)
