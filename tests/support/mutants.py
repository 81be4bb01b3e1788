"""Faults put into the library on purpose, one small edit each, to show that its tests would notice."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from types import CodeType


@contextmanager
def edited(where: str, old: str, new: str) -> Iterator[None]:
    """Runs a function of genlib with one piece of its source replaced.

    The function object stays the same and only its code changes, so that whoever imported it sees the fault.

    Args:
        where: Module and qualified name, such as `energy.RBM.prob_h`.
        old: What the source says; it must say so exactly once.
        new: What it says instead.

    Raises:
        LookupError: If `old` is not there, or more than once: the library changed, so let the edit follow it.
    """
    name, qualname = where.split(".", 1)
    module = importlib.import_module(f"genlib.{name}")
    function = inspect.unwrap(attrgetter(qualname)(module))
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
