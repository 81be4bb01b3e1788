"""What importing costs: nothing to speak of beyond torch, and no package that the reader has not asked for."""

from __future__ import annotations

import ast
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "genlib"
FILES = [*PACKAGE.glob("[!_]*.py"), *(path.parent for path in PACKAGE.glob("[!_]*/__init__.py"))]
MODULES = sorted(f"genlib.{path.stem}" for path in FILES if path.stem != "widgets")
FAMILIES = {"autoencoders", "energy", "gan", "vae"}
GROUND = sorted([*(PACKAGE / "data").glob("*.py"), *(PACKAGE / f"{n}.py" for n in ("evaluate", "nn", "plot", "train"))])
LATE = ["IPython", "anywidget", "ipywidgets", "matplotlib", "pooch", "safetensors", "scipy", "sklearn"]
PROGRAM = f"""
import json, sys, time
import torch
start = time.process_time()
import genlib
alone = time.process_time() - start
for name in {MODULES!r}:
    __import__(name)
together = time.process_time() - start
late = [name for name in {LATE!r} if name in sys.modules]
print(json.dumps(dict(alone=alone, together=together, late=late)))
"""


@cache
def fresh() -> list[dict]:
    """Returns what three fresh processes report, in seconds of processor time."""
    command = [sys.executable, "-c", PROGRAM]
    runs = [subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True) for _ in range(3)]
    return [json.loads(run.stdout) for run in runs]


def test_modules_are_all_there() -> None:
    assert {f"genlib.{name}" for name in FAMILIES | {"data", "plot", "train"}} <= set(MODULES)


def imports(source: str) -> Iterator[str]:
    """Yields what Python source imports, wherever the statement stands, as dotted names."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", GROUND, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_the_ground_floor_imports_no_family(path: Path) -> None:
    names = (name.split(".") for name in imports(path.read_text("utf-8")))
    assert not [name for name in names if name[0] == "genlib" and FAMILIES & set(name[1:2])]


def test_an_import_of_a_family_is_seen_in_every_form() -> None:
    lines = ["import genlib.vae", "from genlib import vae", "from genlib.vae import VAE", "import genlib.vae.vae as v"]
    assert all(next(imports(f"def late():\n    {line}")).split(".")[1] == "vae" for line in lines)


def test_import_takes_a_tenth_of_a_second_beyond_torch() -> None:
    """All modules but the widgets together, and so each of them."""
    assert statistics.median(report["alone"] for report in fresh()) <= 0.01
    assert statistics.median(report["together"] for report in fresh()) <= 0.1


def test_import_brings_no_other_package() -> None:
    assert fresh()[0]["late"] == []
