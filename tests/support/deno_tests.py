"""Runs the widgets' own tests, `*_test.js`, under Deno: on the sources, on the joined strings, and on faulty copies.

A folder of `tests/widgets` may have, beside its tests, a `numbers.py` with

    def numbers() -> dict[str, object]: ...                what torch says: lists of numbers, words, and bytes

and a Python test for each law of its scripts, which carries the faults that the law notices as any law does:

    @breaks("G steps uphill", "gan_lab/model.js", "(value) => -side * value", "(value) => side * value")
    def test_fifty_steps_of_each_player() -> None:
        holds("gan_lab", "fifty steps of each player equal torch's")

The scripts import what they test as `widgets/gan_lab/model.js`; an import map says which copy of it that is.
"""

from __future__ import annotations

import atexit
import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import torch
from deno import find_deno_bin

from genlib.widgets.modules import join, modules_of

ROOT = Path(__file__).parents[2]
WIDGETS = ROOT / "genlib/widgets"
TESTS = ROOT / "tests/widgets"


@cache
def numbers_module(name: str) -> ModuleType:
    """Returns `tests/widgets/<name>/numbers.py`."""
    spec = spec_from_file_location(f"numbers_of_{name}", TESTS / name / "numbers.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def folders() -> list[str]:
    """Returns the folders of `tests/widgets` that have tests for Deno."""
    return sorted({path.parent.name for path in TESTS.glob("*/*_test.js")})


@cache
def _folder_of_numbers() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="numbers-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def numbers_for(name: str) -> Path:
    """Has torch say once what the tests of a folder compare with, and returns the folder of all that was said."""
    folder = _folder_of_numbers()
    if not (TESTS / name / "numbers.py").exists():
        return folder
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        values = numbers_module(name).numbers()
    torch.set_default_dtype(before)
    (folder / f"{name}.json").write_text(json.dumps(values, default=_plain), "utf-8")
    return folder


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, torch.Tensor):
        return value.tolist()
    raise TypeError(f"numbers has a {type(value).__name__}, expected numbers, words, lists, tensors or bytes")


def joined_copy(folder: Path) -> Path:
    """Writes, for every module of a widget, the widget's joined string that has this module's exports instead.

    Returns:
        An import map in which these stand for the sources.
    """
    for entry in sorted(WIDGETS.glob("*/index.js")):
        for path in modules_of(entry, WIDGETS):
            copy = folder / path.relative_to(WIDGETS)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(join(entry, WIDGETS, exports=path), "utf-8")
    return import_map(folder, {"widgets/": f"{folder.as_uri()}/"})


def faulty_copy(folder: Path, file: str, old: str, new: str) -> Path:
    """Writes a copy of one module that has another text in one place.

    Returns:
        An import map in which it stands for the module, whoever imports it, while all others are the sources, for it
        too.
    """
    text = (WIDGETS / file).read_text("utf-8")
    if text.count(old) != 1:
        raise LookupError(f"{file} has {old!r} {text.count(old)} times, expected once")
    copy = folder / file
    copy.parent.mkdir(parents=True)
    copy.write_text(text.replace(old, new), "utf-8")
    sources = {prefix: f"{WIDGETS.as_uri()}/" for prefix in ("widgets/", f"{folder.as_uri()}/")}
    names = (f"widgets/{file}", (WIDGETS / file).as_uri(), copy.as_uri())
    return import_map(folder, sources | dict.fromkeys(names, copy.as_uri()))


def import_map(folder: Path, imports: dict[str, str]) -> Path:
    file = folder / "map.json"
    file.write_text(json.dumps({"imports": imports}), "utf-8")
    return file


_faulty: list[Path] = []


@contextmanager
def edited(file: str, old: str, new: str) -> Iterator[None]:
    """Lets `holds` run with another text in one place of the sources: what `@breaks` does to a script."""
    with tempfile.TemporaryDirectory() as folder:
        _faulty.append(faulty_copy(Path(folder), file, old, new))
        try:
            yield
        finally:
            _faulty.pop()


def holds(name: str, law: str) -> None:
    """Runs the tests of a folder whose names begin with `law`.

    Raises:
        AssertionError: If there is none, or what one of them asserts does not hold.
        RuntimeError: If one of them ends in another error.
    """
    found = outcomes(name, _faulty[-1], law) if _faulty else outcomes_of_sources(name)
    found = {title: fault for title, fault in found.items() if title.startswith(law)}
    assert found, f"no test of {name} begins with {law!r}"
    for title, fault in found.items():
        if fault:
            raise (AssertionError if "AssertionError" in fault else RuntimeError)(f"{title}\n{fault}")


@cache
def outcomes_of_sources(name: str) -> dict[str, str]:
    """Returns what `outcomes` does for all tests of a folder on the sources as they are, run once."""
    return outcomes(name)


def outcomes(name: str, imports: Path | None = None, law: str = "") -> dict[str, str]:
    """Runs the tests of a folder, on the sources or on a copy of them, and returns what is wrong by test, or "".

    Args:
        name: Folder of `tests/widgets`.
        imports: An import map that says where the modules are, if they are not the sources.
        law: How the names of the tests begin that are run.
    """
    options = ["--quiet", "--no-check", "--no-remote", "--allow-read", "--allow-env", "--reporter=junit"]
    options += [f"--filter=/^{re.escape(law)}/"] if law else []
    options += [f"--import-map={imports}"] if imports else []
    run = subprocess.run(
        [find_deno_bin(), "test", *options, *files_of(name, law)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "GENLIB_NUMBERS": str(numbers_for(name)), "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"},
        timeout=120,
    )
    try:
        tests = list(ElementTree.fromstring(run.stdout).iter("testcase"))
    except ElementTree.ParseError:
        raise RuntimeError(run.stdout + run.stderr) from None
    if not tests:
        raise RuntimeError(run.stderr)
    return {test.get("name", ""): "".join(fault.text or "" for fault in test.iter("failure")) for test in tests}


def files_of(name: str, law: str) -> list[Path]:
    """Returns the scripts of a folder that have the law's words, or all where its name is put together."""
    files = sorted((TESTS / name).glob("*_test.js"))
    return [file for file in files if law in file.read_text("utf-8")] or files
