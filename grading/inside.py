"""What the grader runs inside the sandbox, beside a submission. This file is sent as text, and imported nowhere there.

A test runs in names of its own, made anew from the lab's source, into which only the functions under test are put; so
what else the submission calls `x`, `torch` or `checks` does not matter to it. What torch, NumPy and Python are set to
is put back for the test, and afterwards to what the submission had. Before and after it the machinery of tests is
looked at: the grader compares with what it saw before the submission's first cell.
"""

from __future__ import annotations

import builtins
import contextlib
import hashlib
import importlib
import json
import linecache
import math
import random
import sys
import traceback
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

WATCHED = ("torch", "torch.nn.functional", "torch.linalg", "torch.testing", "numpy", "numpy.testing")
SHELL = ("run_cell", "run_cell_async", "run_ast_nodes", "run_code", "transform_cell", "showtraceback")
LONGEST, WHOLE = 2000, 20_000
SEED = 3_141_592_653  # unlike any from which checks draw: from one seed torch and NumPy draw the same numbers


def mark(value: Any) -> object:
    """What tells a callable from another one; a function that was loaded again is the same."""
    if isinstance(value, types.FunctionType):
        return [hash(value.__code__), id(value.__globals__)]
    if isinstance(value, type):
        return [value.__module__, value.__qualname__]
    return id(value)


def modules_back() -> dict[str, types.ModuleType]:
    """Puts modules that tests import where they were before the first cell, whatever was put in their place since."""
    kept: dict[str, tuple[types.ModuleType, Any]] = vars(get_ipython().kernel).setdefault("_kept_modules", {})  # type: ignore[name-defined]  # noqa: F821
    if not kept:
        for name, module in list(sys.modules.items()):
            if name in WATCHED or name.split(".")[0] == "genlib":
                parent, _, last = name.rpartition(".")
                kept[name] = module, getattr(sys.modules.get(parent), last, None)
    sys.modules.update({name: module for name, (module, _) in kept.items()})
    for name, (_, seen) in kept.items():
        parent, _, last = name.rpartition(".")
        holder = sys.modules.get(parent)
        if holder is not None and getattr(holder, last, None) is not seen:
            setattr(holder, last, seen)
    return {name: module for name, (module, _) in kept.items()}


def machinery() -> dict[str, object]:
    """The functions that tests rely on, by name: Python's own, torch's and NumPy's, and all of the library."""
    which = modules_back()
    builtin = importlib.import_module("builtins")
    places: dict[str, types.ModuleType] = {"builtins": builtin, "math": math}
    places |= {name: importlib.import_module(name) for name in WATCHED}
    own = {name: module for name, module in list(sys.modules.items()) if name.split(".")[0] == "genlib"}
    parts = [(place, vars(holder)) for place, holder in (places | own).items()]
    found = [value for module in own.values() for value in list(vars(module).values()) if isinstance(value, type)]
    kinds = dict.fromkeys(base for kind in [places["torch"].Tensor, *found] for base in kind.__mro__)
    parts += [(f"{kind.__module__}.{kind.__qualname__}", vars(kind)) for kind in kinds]
    marks: dict[str, object] = {f"which module is {name}": id(module) for name, module in which.items()}
    for place, items in parts:
        for name, value in list(items.items()):
            if callable(value) and (name[:1] != "_" or name[:2] == "__" or place == "builtins"):
                marks[f"{place}.{name}"] = mark(value)
    for kind in kinds:
        known = {name for base in kind.__mro__[1:] for name in vars(base)}
        over = sorted(name for name, value in list(vars(kind).items()) if name in known and callable(value))
        marks[f"what {kind.__module__}.{kind.__qualname__} overrides"] = over
    # The kernel replaces the first, torch itself the others: the last where the default precision is set.
    for name in ("builtins.input", "torch.manual_seed", "torch.Storage"):
        marks.pop(name, None)
    return marks


def shell_marks() -> dict[str, object]:
    """How the notebook's cells are run."""
    shell = get_ipython()  # type: ignore[name-defined]  # noqa: F821
    of = {name: getattr(shell, name) for name in SHELL} | {"execute": shell.kernel.do_execute}
    marks: dict[str, object] = {f"how cells run: {n}": id(getattr(f, "__func__", f)) for n, f in of.items()}
    return marks | {"how cells run: errors": shell.custom_exceptions == ()}


def told(marks: dict[str, object], key: str) -> str:
    """All marks as JSON, or with a key their digest alone."""
    text = json.dumps(marks, sort_keys=True)
    return hashlib.blake2b(text.encode(), key=key.encode()).hexdigest() if key else text


def look(key: str = "") -> str:
    """Everything that is watched."""
    return told(machinery() | shell_marks(), key)


def glance(key: str) -> str:
    """How cells run, which costs no time."""
    marks = shell_marks()
    return json.dumps({"digest": told(marks, key), "marks": marks})


Setting = tuple[Callable[[], Any], Callable[[Any], Any], Any]


def settings() -> list[Setting]:
    """How to read, how to set, and the value that tests want."""
    import numpy
    import torch

    errors = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
    return [
        (torch.get_default_dtype, torch.set_default_dtype, torch.float32),
        (torch.get_default_device, torch.set_default_device, torch.device("cpu")),
        (torch.is_grad_enabled, torch.set_grad_enabled, True),
        (torch.are_deterministic_algorithms_enabled, torch.use_deterministic_algorithms, False),
        (torch.is_anomaly_enabled, torch.set_anomaly_enabled, False),
        (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "highest"),
        (torch.get_num_threads, torch.set_num_threads, 1),
        (numpy.geterr, lambda value: numpy.seterr(**value), errors),
        (sys.gettrace, sys.settrace, None),
        (sys.getprofile, sys.setprofile, None),
    ]


@contextlib.contextmanager
def set_back(own: bool) -> Iterator[bool]:
    """Sets what tests want, unless the submission's own settings are asked for; puts all back at the end.

    Yields:
        Whether the submission had set something else.
    """
    import numpy
    import torch

    before = [(read(), put, wanted) for read, put, wanted in settings()]
    drawn = torch.get_rng_state(), random.getstate(), numpy.random.get_state()  # noqa: NPY002
    changed = [(value, put, wanted) for value, put, wanted in before if value != wanted]
    for _, put, wanted in [] if own else changed:
        put(wanted)
    torch.default_generator.manual_seed(SEED)
    random.seed(SEED)
    numpy.random.seed(SEED)  # noqa: NPY002
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield bool(changed)
    finally:
        for value, put, _ in changed:
            put(value)
        torch.set_rng_state(drawn[0])
        random.setstate(drawn[1])
        numpy.random.set_state(drawn[2])  # noqa: NPY002


def fails(names: list[str], setup: str, source: str, title: str) -> dict[str, str]:
    """Runs a test in names of its own; returns what went wrong, nothing if it passed."""
    space: dict[str, Any] = {"__name__": "__main__"}
    answers = {name: value for name, value in user_names().items() if name in names}
    linecache.cache[title] = (len(source), None, source.splitlines(keepends=True), title)
    try:
        modules_back()
        space.update(answers)
        exec(compile(setup, "<setup>", "exec"), space)
        for name in names:
            space.pop(name, None)
        space.update(answers)
        exec(compile(source, title, "exec"), space)
    except BaseException as error:
        trace = "".join(traceback.format_exception(error))
        return {"error": type(error).__name__, "message": str(error)[:LONGEST], "trace": trace[-WHOLE:]}
    return {}


def user_names() -> dict[str, Any]:
    """The submission's names."""
    space: dict[str, Any] = get_ipython().user_ns  # type: ignore[name-defined]  # noqa: F821
    return space


def store() -> dict[str, dict[str, Any]]:
    """The submission's names as they were at each place."""
    kept: dict[str, dict[str, Any]] = vars(get_ipython().kernel).setdefault("_kept_places", {})  # type: ignore[name-defined]  # noqa: F821
    return kept


def used(space: dict[str, Any], names: list[str]) -> dict[str, int]:
    """What functions lean on, through what they call."""
    found: dict[str, int] = {}
    todo = list(names)
    while todo:
        name = todo.pop()
        if name in found or name not in space:
            continue
        value = space[name]
        found[name] = id(value)
        parts = [value, getattr(value, "func", None), getattr(value, "__wrapped__", None)]
        parts += list(vars(value).values()) if isinstance(value, type) else []
        codes = [part.__code__ for part in parts if isinstance(part, types.FunctionType)]
        while codes:
            code = codes.pop()
            todo += code.co_names
            codes += [inner for inner in code.co_consts if isinstance(inner, types.CodeType)]
    return found


@contextlib.contextmanager
def names_as(space: dict[str, Any], lab: dict[str, Any]) -> Iterator[None]:
    """Lets the submission's functions see other names than it has now."""
    own = user_names()
    now = dict(own)
    own.clear()
    own.update(space | lab)
    try:
        yield
    finally:
        own.clear()
        own.update(now)


def given(code: str) -> dict[str, Any]:
    """The names that the lab gave to whoever wrote the functions."""
    space: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.suppress(Exception):
        exec(compile(code, "<lab>", "exec"), space)
    return {name: value for name, value in space.items() if name[:2] != "__"}


def attempts(place: str, names: list[str], lab: str, test: Callable[[], dict[str, str]]) -> dict[str, str]:
    """Runs a test with the functions as they were at their place, and where it fails, in the other ways that are fair.

    Those are: with what the submission had set; with the lab's names and Python's own, where it gave them other values
    or none; and with functions and names as they are at the end. What is told is what went wrong first, unless that
    was a name that was missing.
    """
    end, first = dict(user_names()), dict[str, str]()
    stages = [store().get(place, end)]
    stages += [end] if used(end, names) != used(stages[0], names) else []
    for space in stages:
        for known in ("own names", "the lab's names"):
            fresh = vars(builtins) | given(lab) if known == "the lab's names" else {}
            leaning = used(fresh | space, names).keys() - names
            hidden = {name for name in leaning if name in space or not hasattr(builtins, name)}
            fresh = {name: value for name, value in fresh.items() if name in hidden}
            if known == "the lab's names" and not fresh:
                continue
            for own in (False, True):
                with names_as(space, fresh), set_back(own) as differs:
                    found = test() if differs or not own else first
                if not found or found.get("error") == "KeyboardInterrupt":
                    return found
                first = found if first.get("error", "NameError") == "NameError" else first
    return first


def exam(key: str, place: str, names: list[str], setup: str, source: str, lab: str) -> str:
    """Runs one test; returns what went wrong, between two looks at the machinery."""
    before = look(key)
    found: dict[str, object] = dict(attempts(place, names, lab, lambda: fails(names, setup, source, f"<{place}>")))
    after = machinery() | shell_marks()
    marks = {} if told(after, key) == before else after
    return json.dumps(found | {"before": before, "after": told(after, key), "marks": marks})


def visit(key: str, place: str, names: list[str], setup: str, source: str) -> str:
    """Keeps the names as they are at a task's place, and runs the check that the student sees."""
    store()[place] = dict(user_names())
    found: dict[str, str] = {}
    for own in (False, True) if source else ():
        with set_back(own) as differs:
            tried = fails(names, setup, source, f"<{place}>") if differs or not own else found
        found = tried if not own or not tried else found
        if not found:
            break
    return json.dumps(found | {"after": told(shell_marks(), key)})
