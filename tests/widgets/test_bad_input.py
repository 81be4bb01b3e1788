"""What a widget is given wrongly: every argument, every setting and every later model, refused in words.

A widget takes part by a line in `support/widget_cases.py`: what it takes is read from a good call, and each argument is
spoilt in every way in which one of its kind can be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from complaints import complaint
from ipywidgets import Widget
from mutants import breaks
from torch import Tensor, nn
from widget_cases import WIDGETS, WidgetCase

import genlib.widgets

Ways = dict[str, Callable[[Any], Any]]


def with_parameter(model: nn.Module, value: float) -> nn.Module:
    spoilt = deepcopy(model)
    list(spoilt.parameters())[-1].data.view(-1)[0] = value
    return spoilt


def of_own_class(model: nn.Module) -> nn.Module:
    spoilt = deepcopy(model)
    spoilt.__class__ = type("Own", (type(model),), {})
    return spoilt


def one_nan(x: Tensor) -> Tensor:
    spoilt = x.clone()
    spoilt.view(-1)[0] = math.nan
    return spoilt


MODELS: Ways = {
    "a word": lambda model: "model",
    "nothing": lambda model: 0,
    "a network": lambda model: nn.Linear(9, 3),
    "its class": type,
    "what DataParallel wraps": nn.DataParallel,
    "a class of one's own": of_own_class,
    "NaN": partial(with_parameter, value=math.nan),
    "an infinite weight": partial(with_parameter, value=math.inf),
}
FLOATS: Ways = {
    "an array of numpy": lambda x: x.numpy(),
    "a list of words": lambda x: ["a"] * len(x),
    "a column more": lambda x: torch.cat([x, x[..., :1]], -1),
    "a column less": lambda x: x[..., :-1],
    "NaN": one_nan,
}
BITS: Ways = {"grey levels": lambda x: (x + 0.5) / 2, "0 to 255": lambda x: 255 * x}
LABELS: Ways = {
    "an array of numpy": lambda y: y.numpy(),
    "fractions": lambda y: y + 0.5,
    "a class too many": lambda y: y + 10,
    "one less": lambda y: y[:-1],
}
MASKS: Ways = {
    "integers": lambda mask: mask.long(),
    "a list": lambda mask: mask.tolist(),
    "a pixel more": lambda mask: torch.cat([mask, mask[:1]]),
}
COUNTS: Ways = {
    "-1": lambda n: -1, "ten million": lambda n: 10**7, "a fraction": lambda n: n + 0.5, "a word": str,
    "an array of numpy": lambda n: np.array([n, n]),
}  # fmt: skip
NUMBERS: Ways = {
    "NaN": lambda n: math.nan, "infinity": lambda n: math.inf, "-1e9": lambda n: -1e9, "a word": str,
}  # fmt: skip
PAIRS: Ways = {"one more": lambda pair: (*pair, pair[0]), "one less": lambda pair: pair[:1], "a word": str}
WORDS: Ways = {"an unknown word": lambda word: "unheard-of", "a number": lambda word: 3}


def ways(value: Any, name: str, case: WidgetCase) -> Ways:
    """Returns the ways in which an argument can be spoilt."""
    return {way: spoil for way, spoil in _ways(value, name, case).items() if f"{way} for {name}" not in case.fine}


def _ways(value: Any, name: str, case: WidgetCase) -> Ways:
    if isinstance(value, nn.Module):
        return MODELS
    if isinstance(value, Tensor):
        if value.dtype == torch.bool:
            return MASKS
        return (FLOATS | BITS if name in case.bits else FLOATS) if value.is_floating_point() else LABELS
    if name == "seed":
        return {way: COUNTS[way] for way in ("a fraction", "a word")}
    kinds: dict[type, Ways] = {int: COUNTS, float: NUMBERS, tuple: PAIRS, list: PAIRS, str: WORDS}
    return kinds[type(value)]


def make(name: str, **instead: Any) -> Widget:
    return getattr(genlib.widgets, name)(**{**WIDGETS[name].arguments(), **instead})


def spoilt(name: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yields every call of a widget with one argument spoilt, and what it is."""
    case = WIDGETS[name]
    for argument, value in case.arguments().items():
        for way, spoil in ways(value, argument, case).items():
            yield f"{way} for {argument}", lambda a=argument, v=value, s=spoil: make(name, **{a: s(v)})
    if case.too_large:
        too_large = case.too_large
        yield "a model too large", lambda: make(name, **{case.model: too_large()})


widgets = pytest.mark.parametrize("name", WIDGETS)


def test_every_widget_is_listed() -> None:
    assert set(WIDGETS) == set(genlib.widgets.__all__)


@widgets
def test_every_argument_is_listed(name: str) -> None:
    """But for switches, to which any value says yes or no."""
    given = make(name)
    taken = type(given).__init__.__kwdefaults__ or {}
    assert {argument for argument, value in taken.items() if not isinstance(value, bool)} <= set(
        WIDGETS[name].arguments()
    )


@breaks("any picture", "widgets.packing.check_bits", "x.shape[1] != features", "False", given={"name": "Dream"})
@breaks(
    "k of any size",
    "widgets.gibbs_chain.GibbsChain._in_range",
    "not low <= value",
    "value < 0 and value",
    given={"name": "GibbsChain"},
)
@breaks(
    "a plane without end", "widgets.gan_lab.points_of", "0 < limit < math.inf", "0 < limit", given={"name": "GANLab"}
)
@widgets
def test_bad_arguments_are_refused_in_words(name: str) -> None:
    wrong = {what: words for what, call in spoilt(name) if (words := complaint(call))}
    assert not wrong


def state(widget: Widget) -> dict[str, Any]:
    """Returns all that Python and the page know of a widget, comparable."""
    return {key: repr(value) for key, value in widget.get_state().items()}


@breaks(
    "a model of another size",
    "widgets.latent_explorer.LatentExplorer.update",
    "if any(traits[name] != getattr(self, name)",
    "if not traits and any(traits[name] != getattr(self, name)",
    given={"name": "LatentExplorer"},
)
@breaks(
    "a refusal that comes too late",
    "widgets.tiny_world.TinyWorld.update",
    "values = flat(model)",
    "self.hidden = 3; values = flat(model)",
    given={"name": "TinyWorld"},
)
@widgets
def test_later_models_are_refused_in_words_and_nothing_is_lost(name: str) -> None:
    case, wrong = WIDGETS[name], {}
    widget = make(name)
    if not case.model:
        return
    good = case.arguments()[case.model]
    before = state(widget)
    bad = {way: partial(spoil, good) for way, spoil in ways(good, case.model, case).items()}
    bad |= {"a model too large": case.too_large} if case.too_large else {}
    bad |= {f"another size, {i}": other for i, other in enumerate(case.resized)}
    for what, other in bad.items():
        words = complaint(lambda other=other: widget.update(other()))
        if not words and state(widget) != before:
            words = "something of it stays"
        if words:
            wrong[what] = words
    assert not wrong
    widget.update(good)


@breaks("any label", "widgets.dream.Dream._known_label", "-1 <= proposal.value <", "-1 <=", given={"name": "Dream"})
@widgets
def test_settings_are_refused_in_words_and_nothing_is_lost(name: str) -> None:
    """Set later in Python, one after the other."""
    case, wrong = WIDGETS[name], {}
    widget = make(name)
    before = state(widget)
    for argument, value in case.arguments().items():
        if not widget.has_trait(argument) or isinstance(getattr(widget, argument), bytes):
            continue
        for way, spoil in ways(value, argument, case).items():
            if way == "an array of numpy" or argument in ("x", "seed", "shape", "betas", "limit"):
                continue  # what the page reports, or what is set once
            words = complaint(lambda a=argument, v=value, s=spoil: setattr(widget, a, s(v)))
            if not words and state(widget) != before:
                words = "something of it stays"
            if words:
                wrong[f"{way} for {argument}"] = words
    assert not wrong
