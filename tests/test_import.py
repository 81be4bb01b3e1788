"""What importing costs: nothing to speak of beyond torch, and no package that the reader has not asked for."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "genlib"
FILES = [*PACKAGE.glob("[!_]*.py"), *(path.parent for path in PACKAGE.glob("[!_]*/__init__.py"))]
MODULES = sorted(f"genlib.{path.stem}" for path in FILES if path.stem != "widgets")
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
    families = {"autoencoders", "energy", "gan", "vae"}
    assert {f"genlib.{name}" for name in families | {"data", "plot", "train"}} <= set(MODULES)


def test_import_takes_a_tenth_of_a_second_beyond_torch() -> None:
    """All modules but the widgets together, and so each of them."""
    assert statistics.median(report["alone"] for report in fresh()) <= 0.01
    assert statistics.median(report["together"] for report in fresh()) <= 0.1


def test_import_brings_no_other_package() -> None:
    assert fresh()[0]["late"] == []
