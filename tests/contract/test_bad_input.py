"""What a model is given wrongly: every argument of every public method, spoilt in every way, and refused in words.

A model takes part by being listed among the `CASES` of the contract. Its methods, and the arguments that they take,
are found by calling them; each argument is then spoilt in every way in which one of its kind can be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from typing import Any

import pytest
import torch
from cases import CASES
from complaints import complaint
from doors import Door, doors, public
from mutants import breaks
from torch import Tensor, nn
from torch.distributions import Distribution

from genlib.energy import DBN, RBM, ClassRBM

# What loops call between their own steps, behind a door that has looked already; and what changes the model itself.
INNER = {"draw_x", "log_odds", "outputs", "visible_log_partition"}
CHANGES = {"fit_em", "grow", "maximise"}

# Methods whose result means something for zeros and ones alone, and those that score what a network cannot know.
STATES = {"free_energy", "label_free_energy", "prob_y", "log_prob", "pseudo_log_prob", "reverse_ais", "gibbs", "bound"}
STATES |= {"importance_bound", "log_joint", "responsibilities"}
SCORES = {"loss", "elbo", "error", "importance_bound", "importance_log_prob"}


def wider(x: Tensor) -> Tensor:
    return torch.cat([x, x[:, :1]], 1)


def one_nan(x: Tensor) -> Tensor:
    spoilt = x.clone()
    spoilt.view(-1)[0] = math.nan
    return spoilt


# Each way of spoiling a batch of floats, and what of the right call the message has to name.
FLOATS: dict[str, Callable[[Tensor], Any]] = {
    "an array of numpy": lambda x: x.numpy(),
    "a list": lambda x: x.tolist(),
    "float32": lambda x: x.float(),
    "uint8": lambda x: x.to(torch.uint8),
    "bool": lambda x: x.bool(),
    "one example without its batch axis": lambda x: x[0],
    "no example": lambda x: x[:0],
    "a column more": wider,
    "a column less": lambda x: x[:, :-1],
    "NaN": one_nan,
    "another device": lambda x: x.to("meta"),
}
LABELS: dict[str, Callable[[Tensor], Any]] = {
    "an array of numpy": lambda y: y.numpy(),
    "floats": lambda y: y.double(),
    "bool": lambda y: y.bool(),
    "a class too many": lambda y: y + 10,
    "a negative class": lambda y: y - 1 - y.max(),
    "one label less": lambda y: y[:-1],
    "one label without its batch axis": lambda y: y[0],
    "another device": lambda y: y.to("meta"),
}
MASKS: dict[str, Callable[[Tensor], Any]] = {
    "integers": lambda mask: mask.long(),
    "floats": lambda mask: mask.double(),
    "a list": lambda mask: mask.tolist(),
    "a unit more": lambda mask: torch.cat([mask, mask[:1]]),
    "another device": lambda mask: mask.to("meta"),
}
BASES: dict[str, Callable[[Tensor], Any]] = {
    "infinite log-odds": lambda base: (base - base).log(),
    "NaN": one_nan,
    "a unit more": lambda base: torch.cat([base, base[:1]]),
    "an array of numpy": lambda base: base.numpy(),
}
COUNTS: dict[str, Callable[[int], Any]] = {"-1": lambda n: -1, "a fraction": lambda n: n + 0.5}


def ways(value: Any, argument: str) -> dict[str, Callable[[Any], Any]]:
    """Returns the ways in which an argument can be spoilt."""
    if isinstance(value, Tensor):
        if value.dtype == torch.bool:
            return MASKS
        if argument == "base":
            return BASES
        return FLOATS if value.is_floating_point() else LABELS
    return COUNTS if isinstance(value, int) else {}


def spoilt(name: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yields every call of a model with one argument spoilt, and what it is."""
    for door in doors(name):
        for argument, value in door.arguments.items():
            for way, spoil in ways(value, argument).items():
                yield f"{door} with {way} for {argument}", partial(opened, name, door, argument, spoil)


def opened(name: str, door: Door, argument: str, spoil: Callable[[Any], Any]) -> Any:
    return door.open(CASES[name].build(), **{argument: spoil(door.arguments[argument])})


models = pytest.mark.parametrize("name", CASES)


@models
def test_every_public_method_is_among_the_contracts_calls(name: str) -> None:
    expected = set(public(type(CASES[name].build()))) - INNER - CHANGES
    assert expected <= {door.name for door in doors(name)}


@breaks("data of any dtype", "_guard.batch", "x.dtype != own.dtype", "False", given={"name": "RBM"})
@breaks("no look at the device", "_guard.batch", "x.device != own.device", "False", given={"name": "RBM"})
@breaks("one example for a batch", "_guard.batch", "len(shape) < 2", "False", given={"name": "BoltzmannMachine"})
@breaks("nothing for a batch", "_guard.batch", "not shape[0]", "False", given={"name": "RBM"})
@breaks("any width", "_guard.rows", "shape[1] != size", "False", given={"name": "CentredRBM"})
@breaks("a mask of integers", "_guard.mask", ".dtype != torch.bool", " is None", given={"name": "RBM"})
@breaks(
    "infinite log-odds to start from",
    "energy.annealing._machine",
    "~base.isfinite()",
    "base != base",
    given={"name": "RBM"},
)
@breaks("labels beyond the classes", "_guard.labels", "high >= classes", "False", given={"name": "ClassRBM"})
@breaks("steps of any number", "energy.RBM.gibbs", "at_least(0, steps=steps)", "pass", given={"name": "RBM"})
@models
def test_bad_input_is_refused_in_words(name: str) -> None:
    wrong = {what: words for what, call in spoilt(name) if (words := complaint(call))}
    assert not wrong


def beyond(name: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yields calls with grey levels of 0 to 255, and those for which zeros and ones are meant with grey levels."""
    binary_units = CASES[name].bits
    bits = "binary" in name.lower() or "Tied" in name
    for door in doors(name):
        for argument, value in door.arguments.items():
            if argument == "chains" or not (isinstance(value, Tensor) and value.is_floating_point()):
                continue
            if (binary_units and argument != "base") or (bits and door.name in SCORES and argument == "x"):
                yield f"{door} with 0 to 255 for {argument}", partial(opened, name, door, argument, lambda x: 255 * x)
            if binary_units and door.name in STATES:
                yield (
                    f"{door} with grey levels for {argument}",
                    partial(opened, name, door, argument, lambda x: (x + 0.5) / 2),
                )


@breaks("grey levels of 0 to 255", "_guard.grey", "not (low >= 0 and high <= 1)", "low != low", given={"name": "RBM"})
@breaks("grey levels scored", "energy.RBM._states", "binary(", "grey(", given={"name": "RBM"})
@pytest.mark.parametrize("name", [name for name in CASES if next(beyond(name), None)])
def test_values_that_the_units_do_not_have_are_refused_in_words(name: str) -> None:
    wrong = {what: words for what, call in beyond(name) if (words := complaint(call))}
    assert not wrong


def test_which_models_have_units_that_are_zero_or_one() -> None:
    having = {name for name in CASES if next(beyond(name), None)}
    assert {type(CASES[name].build()).__name__ for name in having} >= {
        "RBM", "CentredRBM", "ClassRBM", "BoltzmannMachine", "DBN", "DBM", "BinaryAutoencoder", "TiedAutoencoder",
        "VAE", "BernoulliMixture",
    }  # fmt: skip


def with_parameter(door: Door, model: nn.Module, name: str, value: float) -> str:
    """Returns what is wrong with a call where one entry of a parameter is `value`.

    Nothing is, if the parameter is named, or if the result is that of the sound model, which has no use for it.
    """
    sound, spoilt = door.open(deepcopy(model)), deepcopy(model)
    with torch.no_grad():
        spoilt.get_parameter(name).view(-1)[:2] = value
    try:
        result = door.open(spoilt)
    except ValueError as error:
        named = f"{name.rpartition('.')[2]} of this" in str(error)
        return "" if named else f"says {error}"
    return "" if same(result, sound) else f"gives {result}"


def same(one: Any, other: Any) -> bool:
    """Tells whether two results are equal: tensors, distributions, numbers, or tuples of these."""
    if isinstance(one, tuple):
        return all(map(same, one, other))
    if isinstance(one, Distribution):
        return torch.equal(one.mean, other.mean) and torch.equal(one.variance, other.variance)
    return torch.equal(one, other) if isinstance(one, Tensor) else one == other


@breaks(
    "a chain that walks on NaN", "energy.RBM.gibbs", "finite(self)", "pass", given={"name": "RBM", "value": math.nan}
)
@breaks(
    "a rule that learns from NaN",
    "energy.RBM._phases",
    "sound(self.c, self)",
    "self.c",
    given={"name": "RBM", "value": math.nan},
)
@breaks("scores of NaN", "_guard.sound", "finite(model)", "pass", given={"name": "DBN", "value": math.nan})
@breaks(
    "annealing of NaN", "energy.annealing._machine", "finite(rbm)", "pass", given={"name": "DBM", "value": math.nan}
)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name in CASES
        for value in (math.nan, math.inf)
        if not ("GAN" in name or "unrolled" in name) or value != math.inf
    ],
)
@pytest.mark.slow
def test_a_parameter_that_is_not_finite_is_named(name: str, value: float) -> None:
    """Of a game and of sigmoid layers NaN alone: a unit that saturates at an infinite weight gives what is right."""
    model, wrong = CASES[name].build(), {}
    for parameter, _ in model.named_parameters():
        for door in doors(name):
            if words := with_parameter(door, model, parameter, value):
                wrong[f"{door} with {value} in {parameter}"] = words
    assert not wrong


@breaks("layers that are not there", "energy.DBN._lowest", "not 0 <= count <= len(self.layers)", "False")
def test_layers_that_a_stack_does_not_have_are_refused_in_words() -> None:
    dbn, x = DBN(RBM(6, 4), RBM(4, 2)), torch.zeros(5, 6)
    for call in (lambda: dbn.up(x, 3), lambda: dbn.up(x, -1), lambda: dbn.down(x, 3), lambda: dbn.grow(0)):
        assert not complaint(call)


@breaks("labels that are none", "energy.ClassRBM._one_label", "not torch.allclose(", "False and torch.allclose(")
def test_a_picture_has_one_label() -> None:
    rbm, x = ClassRBM(6, 3, 4), torch.zeros(5, 9)
    for y in (x, x + 1):
        for call in (rbm.free_energy, rbm.energy, rbm.log_prob, rbm.prob_h, rbm.gibbs, rbm.loss):
            given = (y, torch.zeros(5, 4)) if call == rbm.energy else (y,)
            assert "one class is on" in words_of(partial(call, *given))


def words_of(call: Callable[[], Any]) -> str:
    try:
        return f"gives {call()}"
    except ValueError as error:
        return str(error)
