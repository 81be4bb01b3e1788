"""Faults put into the library on purpose, one small edit each, to show that its tests would notice.

A law carries the faults that must make it fail:

    @breaks("p(h|x) with the wrong sign", "energy.RBM.prob_h", "torch.sigmoid(", "torch.sigmoid(-")
    def test_conditionals_come_from_the_joint() -> None:

Each becomes a test of its own beside the law, `test_conditionals_come_from_the_joint[broken: p(h|x) with the wrong
sign]`, which passes if the law fails while the function is edited. Laws of the widgets' scripts, which Deno runs, carry
theirs alike: see `deno_tests`. Where a law is parametrised, `given` says with which arguments it runs; a value that is
not among its parameters takes their place.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import pytest

Law = Callable[..., None]


class Mutant(NamedTuple):
    """A fault that a law notices.

    Attributes:
        name: What is wrong.
        where: Function of genlib that is edited, or script of its widgets.
        old: What its source says.
        new: What it says instead.
        given: Arguments of the law.
        by: Exception with which the law fails, where it is no failed assertion.
    """

    name: str
    where: str
    old: str
    new: str
    given: dict[str, Any]
    by: type[Exception]


def breaks(
    name: str,
    where: str,
    old: str,
    new: str,
    *,
    given: dict[str, Any] | None = None,
    by: type[Exception] = AssertionError,
) -> Callable[[Law], Law]:
    """Names a fault that the law below must notice; the arguments are those of `Mutant`."""

    def carry(law: Law) -> Law:
        law.mutants = [Mutant(name, where, old, new, given or {}, by), *mutants_of(law)]
        return law

    return carry


def holds_no_mutant(why: str) -> Callable[[Law], Law]:
    """Says of the test below why no edit of the library could show that it notices something."""

    def carry(law: Law) -> Law:
        law.holds_no_mutant = why
        return law

    return carry


def mutants_of(law: Law) -> list[Mutant]:
    return getattr(law, "mutants", [])


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(obj: object) -> Generator[None, Any, Any]:
    """Adds a test for each mutant of a law to the law's own, of which there is one for each set of its parameters."""
    items = yield
    if isinstance(items, list) and items and isinstance(items[0], pytest.Function):
        items += [_broken(_matching(items, mutant.given), obj, mutant) for mutant in mutants_of(obj)]
    return items


def _matching(items: list[pytest.Function], given: dict[str, Any]) -> pytest.Function:
    """Returns the test that runs with the given parameters, or the first one."""
    for item in items:
        own = item.callspec.params if hasattr(item, "callspec") else {}
        if all(name in own and _same(own[name], value) for name, value in given.items()):
            return item
    return items[0]


def _same(a: Any, b: Any) -> bool:
    return a is b or (isinstance(a, int | float | str | tuple) and type(a) is type(b) and a == b)


def _broken(item: pytest.Function, law: Law, mutant: Mutant) -> pytest.Function:
    @functools.wraps(law)
    def notices(**arguments: Any) -> None:
        noticed = pytest.raises((AssertionError, pytest.fail.Exception, mutant.by))
        with edited(mutant.where, mutant.old, mutant.new), noticed:
            law(**(arguments | mutant.given))

    broken = pytest.Function.from_parent(
        item.parent,
        name=f"{law.__name__}[broken: {mutant.name}]",
        callspec=getattr(item, "callspec", None),
        callobj=notices,
        fixtureinfo=item._fixtureinfo,
    )
    broken.add_marker("mutant")
    return broken


@contextmanager
def edited(where: str, old: str, new: str) -> Iterator[None]:
    """Runs a function of genlib with one piece of its source replaced.

    The function object stays the same and only its code changes, so that whoever imported it sees the fault.

    Args:
        where: Module and qualified name, such as `energy.RBM.prob_h`, or `book/figures.worded` of the book's own; or
            a script of the widgets, such as `gan_lab/model.js`, of which a faulty copy then stands for the sources.
        old: What the source says; it must say so exactly once.
        new: What it says instead.

    Raises:
        LookupError: If `old` is not there, or more than once: the library changed, so let the edit follow it.
    """
    if where.endswith(".js"):
        import deno_tests  # heavy: only for laws of scripts

        with deno_tests.edited(where, old, new):
            yield
        return
    name, qualname = where.split(".", 1)
    own = name.removeprefix("book/")
    module = importlib.import_module(own if own != name else f"genlib.{name}")
    function = attrgetter(qualname)(module)
    function = inspect.unwrap(getattr(function, "func", function))  # what traitlets wraps around a check has a `func`
    module, qualname = sys.modules[function.__module__], function.__qualname__
    lines, start = inspect.getsourcelines(function)
    body = "".join(lines)
    if body.count(old) != 1:
        raise LookupError(f"{where} has {old!r} {body.count(old)} times, expected once")
    source = Path(str(module.__file__)).read_text(encoding="utf-8").splitlines(keepends=True)
    source[start - 1 : start - 1 + len(lines)] = [body.replace(old, new)]
    original = function.__code__
    function.__code__ = _find(compile("".join(source), original.co_filename, "exec"), qualname)
    try:
        yield
    finally:
        function.__code__ = original


def _find(code: CodeType, qualname: str) -> CodeType:
    """Returns the code object of that name, which may lie inside others."""
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    for const in inner:
        if const.co_qualname == qualname:
            return const
        if qualname.startswith(const.co_qualname + "."):
            return _find(const, qualname)
    raise LookupError(f"no code named {qualname}")
