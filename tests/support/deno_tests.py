"""Runs the widgets' own tests, `*_test.js`, under Deno: on the sources, on the joined strings, and on faulty copies.

A folder of `tests/widgets` may have, beside its tests, a `numbers.py` with

    def numbers() -> dict[str, object]: ...                what torch says: lists of numbers, words, and bytes
    MUTANTS = {"what is wrong": ("gan_lab/model.js", "old text", "new text"), ...}

The tests import what they test as `widgets/gan_lab/model.js`; an import map says which copy of it that is.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

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


def write_numbers(folder: Path) -> Path:
    """Writes what torch says for every test into `folder`, and returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    with torch.random.fork_rng():
        for name in folders():
            if (TESTS / name / "numbers.py").exists():
                torch.manual_seed(0)
                values = numbers_module(name).numbers()
                (folder / f"{name}.json").write_text(json.dumps(values, default=_plain), "utf-8")
    torch.set_default_dtype(before)
    return folder


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, torch.Tensor):
        return value.tolist()
    raise TypeError(f"numbers has a {type(value).__name__}, expected numbers, words, lists, tensors or bytes")


def joined_copy(folder: Path) -> Path:
    """Writes, for every module of a widget, the widget's joined string that has this module's exports instead."""
    for entry in sorted(WIDGETS.glob("*/index.js")):
        for path in modules_of(entry, WIDGETS):
            copy = folder / path.relative_to(WIDGETS)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(join(entry, WIDGETS, exports=path), "utf-8")
    return folder


def faulty_copy(folder: Path, file: str, old: str, new: str) -> Path:
    """Writes a copy of all modules, one of which has another text in one place."""
    for path in WIDGETS.rglob("*.js"):
        copy = folder / path.relative_to(WIDGETS)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    text = (folder / file).read_text("utf-8")
    assert text.count(old) == 1, f"{file} has {text.count(old)} times {old!r}"
    (folder / file).write_text(text.replace(old, new), "utf-8")
    return folder


def deno_test(numbers: Path, copy: Path = WIDGETS, *names: str) -> subprocess.CompletedProcess[str]:
    """Runs the tests of these folders, or of all, on the sources or on a copy of them."""
    tests = [str(TESTS / name) for name in names or folders()]
    options = ["--quiet", "--no-check", "--no-remote", "--allow-read", "--allow-env"]
    if copy != WIDGETS:
        (copy / "map.json").write_text(json.dumps({"imports": {"widgets/": f"{copy.as_uri()}/"}}), "utf-8")
        options.append(f"--import-map={copy / 'map.json'}")
    return subprocess.run(
        [find_deno_bin(), "test", *options, *tests],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "GENLIB_NUMBERS": str(numbers), "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"},
        timeout=120,
    )
