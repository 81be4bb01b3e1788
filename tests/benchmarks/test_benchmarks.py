"""The benchmarks leave both sides their hands free, and say with what each computed."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow
SHOW = "from benchmarks import __main__ as b; import sys; sys.argv = ['b', '--rounds', '3']; "


def python(program: str, **environment: str) -> str:
    """Returns what a program prints in an interpreter of its own."""
    asked = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, env=asked, capture_output=True, text=True, check=True).stdout


def test_kernels_are_not_chosen_for_anyone() -> None:
    """The program starts itself anew, with its arguments, and without what would tie OpenBLAS to a kernel."""
    seen = "b.os.execve = lambda program, command, rest: print(command[1:], sorted(set(b.os.environ) - set(rest))); "
    told = python(SHOW + seen + "b.free_hands()", OPENBLAS_CORETYPE="Prescott", OPENBLAS_L2_SIZE="1")
    assert told.split("\n")[0] == "['-m', 'benchmarks', '--rounds', '3'] ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE']"
    bare = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS")}
    command = [sys.executable, "-c", SHOW + seen + "b.free_hands()"]
    assert not subprocess.run(command, cwd=ROOT, env=bare | {"PYTHONPATH": str(ROOT)}, capture_output=True).stdout


@pytest.mark.skipif(platform.machine() != "x86_64", reason="Haswell is a kernel for x86-64")
def test_the_kernel_in_use_is_named() -> None:
    told = python(SHOW + "print(b.linear_algebra())", OPENBLAS_CORETYPE="Haswell")
    assert "kernel Haswell" in told
    assert "Math Kernel Library 20" in told or "OpenBLAS" in told or "Accelerate" in told


def test_tables_that_do_not_name_it_are_withdrawn() -> None:
    text = "# Benchmarks\n\n## A, 1 thread\n\n| a |\n\n## B, 1 thread\n\n| b |\n\nLinear algebra: known.\n"
    program = SHOW + f"print(list(b.told(b.tables({text!r}))))"
    assert python(program) == "['B, 1 thread']\n"


def test_the_published_tables_name_it() -> None:
    text = (ROOT / "benchmarks" / "results.md").read_text("utf-8")
    assert text.count("\n## ") == text.count("Linear algebra: genlib's is")
