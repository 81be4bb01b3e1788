"""Every public method of a model with the arguments of a good call, so that each argument can be spoilt in turn.

What a method takes is found by calling it: `recorded` runs the calls of a contract's case and notes what reaches the
model from outside, and a `Door` makes the same call again, to a fresh model, with something replaced.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any
from unittest import mock

import cases
import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Door:
    """A call of a public method, or of a function whose first argument is the model.

    Attributes:
        path: Name of the module whose method it is, as `get_submodule` knows it; `None` for a function.
        name: Name of the method or function.
        call: The function itself, as the class or module has it.
        arguments: What was passed, by name, without the model.
    """

    path: str | None
    name: str
    call: Callable[..., Any]
    arguments: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.path}.{self.name}" if self.path else self.name

    def open(self, model: nn.Module, **instead: Any) -> Any:
        """Calls it on `model` from seed 0, with copies of the tensors, and some arguments replaced."""
        copied = {k: v.clone() if isinstance(v, Tensor) else v for k, v in {**self.arguments, **instead}.items()}
        return self.enter(model, copied)

    def enter(self, model: nn.Module, arguments: Mapping[str, Any]) -> Any:
        """Calls it on `model` from seed 0, with these very arguments."""
        owner = model if self.path is None else model.get_submodule(self.path)
        torch.manual_seed(0)
        return self.call(owner, **arguments)


@cache
def doors(name: str) -> list[Door]:
    """Returns the doors of a model of the contract, in float64; the random state is left as it was."""
    case, before = cases.CASES[name], torch.get_default_dtype()
    with torch.random.fork_rng():
        torch.set_default_dtype(torch.float64)
        model, x = case.build(), cases.binary(case)
        torch.set_default_dtype(before)
        return recorded(model, {k: partial(f, model, x) for k, (f, _) in case.calls().items()}, vars(cases))


def recorded(model: nn.Module, calls: Mapping[str, Callable[[], Any]], functions: Mapping[str, Any]) -> list[Door]:
    """Makes the calls and returns the doors they came in by, each once.

    Args:
        model: The model; its public methods are watched, and those of its parts that are genlib's own.
        calls: What to do with it, by name.
        functions: Where functions that take a model are looked up, such as a module's `__dict__`.
    """
    doors: dict[tuple[str, ...], Door] = {}
    inside = [False]

    def watch(path: str | None, name: str, call: Callable[..., Any], owner: tuple[Any, ...]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            if inside[0]:
                return call(*owner, *args, **kwargs)
            _, *given = inspect.signature(call).bind(*owner, *args, **kwargs).arguments.items()
            door = Door(path, name, call, {k: v.clone() if isinstance(v, Tensor) else v for k, v in given})
            kinds = (f"{k}: {v.dtype if isinstance(v, Tensor) else type(v)}" for k, v in given)
            doors.setdefault((str(door), *kinds), door)
            inside[0] = True
            try:
                return call(*owner, *args, **kwargs)
            finally:
                inside[0] = False

        return watched

    with _replaced(model, functions, watch):
        for call in calls.values():
            torch.manual_seed(0)
            call()
    return list(doors.values())


@contextmanager
def _replaced(model: nn.Module, functions: Mapping[str, Any], watch: Callable[..., Any]) -> Iterator[None]:
    """Has `watch` wrap what can be called from outside, and takes the wrappers off again."""
    wrapped = []
    for path, module in model.named_modules():
        for name, method in public(type(module)).items():
            module.__dict__[name] = watch(path, name, method, (module,))
            wrapped.append((module, name))
    takers = {k: watch(None, k, f, ()) for k, f in functions.items() if _takes_a_model(f)}
    try:
        with mock.patch.dict(functions, takers):  # type: ignore[arg-type]
            yield
    finally:
        for module, name in wrapped:
            del module.__dict__[name]


def public(kind: type) -> dict[str, Callable[..., Any]]:
    """Returns the methods of a class of genlib that a user may call with arguments, inherited ones included."""
    found: dict[str, Callable[..., Any]] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("genlib"):
            methods = {k: v for k, v in vars(base).items() if inspect.isfunction(v) and not k.startswith("_")}
            found |= {k: v for k, v in methods.items() if len(inspect.signature(v).parameters) > 1}
    return found


def _takes_a_model(value: Any) -> bool:
    if not inspect.isfunction(value) or not value.__module__.startswith("genlib"):
        return False
    return next(iter(inspect.signature(value).parameters), "") in ("model", "vae")
