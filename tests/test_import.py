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
FAMILIES = {"autoencoders", "energy", "gan", "mixture", "vae"}
FLOOR = ("evaluate", "nn", "plot", "sampling", "train")
GROUND = sorted([*(PACKAGE / "data").glob("*.py"), *(PACKAGE / f"{name}.py" for name in FLOOR)])
LATE = ["IPython", "anywidget", "ipywidgets", "matplotlib", "pooch", "safetensors", "scipy", "sklearn"]
# torch is there already, and each module is imported in a child of its own, that knows of no other.
PROGRAM = f"""
import json, os, sys, time

def seconds(name):
    start = time.process_time()
    __import__(name)
    return time.process_time() - start

def alone(name):
    read, write = os.pipe()
    if not os.fork():
        took = seconds(name)
        os.write(write, json.dumps([took, [name for name in {LATE!r} if name in sys.modules]]).encode())
        os._exit(0)
    os.close(write)
    with open(read) as told:
        return json.loads(told.read() or "null")

torch = seconds("torch")
print(json.dumps(dict(torch=torch, alone={{name: alone(name) for name in ["genlib", *{MODULES!r}]}})))
"""


@cache
def fresh() -> list[dict]:
    """Returns what three fresh processes report, in seconds of processor time."""
    command = [sys.executable, "-c", PROGRAM]
    runs = [subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True) for _ in range(3)]
    return [json.loads(run.stdout) for run in runs]


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


@pytest.mark.slow
@pytest.mark.parametrize("name", MODULES)
def test_each_module_can_be_imported_first_and_brings_no_other_package(name: str) -> None:
    assert fresh()[0]["alone"][name] is not None, f"import {name} fails in a fresh process"
    assert fresh()[0]["alone"][name][1] == []


@pytest.mark.timing
def test_importing_costs_a_small_part_of_what_torch_does() -> None:
    """Where torch takes a second: a hundredth for genlib, a tenth for any module of it."""

    def cost(name: str) -> float:
        return statistics.median(run["alone"][name][0] / run["torch"] for run in fresh())

    assert cost("genlib") <= 0.01
    assert {name: cost(name) for name in MODULES if cost(name) > 0.1} == {}


@pytest.mark.slow
@pytest.mark.parametrize(("optimizer", "imported"), [("Adam", False), ("torch.optim.Adam", True)])
def test_a_first_step_of_training_leaves_out_torchs_compiler(optimizer: str, imported: bool) -> None:
    """A second of each notebook. Where torch's own optimiser leaves it out, too, `train.Adam` has had its day."""
    program = f"""
import sys, torch
from genlib.train import Adam, fit
w = torch.nn.Parameter(torch.ones(2))
list(fit(lambda x: (w - x).square().sum(), [w], [torch.zeros(2)], steps=1, optimizer={optimizer}))
print("torch._dynamo" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == [str(imported)]
