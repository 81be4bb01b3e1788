"""The first cell of every notebook: what it does with no library there, with ours, and with a stranger's.

What it installs in Colab is tried in `tests/labs/test_colab.py`; here it runs in a Python that sees no packages at all.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book"))
pytest.importorskip("nbformat", reason="the book's tools are not installed")

import stamp  # noqa: E402

import genlib  # noqa: E402

ADDRESS = "https://nowhere.invalid/course"


def run(folder: Path, *, in_colab: bool = False) -> subprocess.CompletedProcess[str]:
    """Runs the cell where nothing but the standard library and `folder` can be imported; pip is only pretended."""
    spy = "import subprocess\nsubprocess.run = lambda command, **_: print(*command[3:])\n"
    cell = spy + stamp.bootstrap(ADDRESS) + "\nprint('goes on with', sorted(n for n in sys.modules if 'genlib' in n))"
    environment = {"PYTHONPATH": str(folder)} | ({"GENLIB_COLAB": "1"} if in_colab else {})
    return subprocess.run(
        [sys.executable, "-S", "-c", cell], capture_output=True, text=True, env=environment, cwd=folder
    )


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    (tmp_path / "genlib").mkdir()
    (tmp_path / "genlib" / "__init__.py").write_text("raise RuntimeError('imported')\n")
    return tmp_path


def test_one_name_everywhere() -> None:
    assert genlib.__distribution__ == stamp.distribution() != "genlib"
    assert f'"{stamp.distribution()}[' in (ROOT / "pyproject.toml").read_text("utf-8")


@pytest.mark.parametrize("in_colab", [False, True])
def test_ours_is_left_alone_and_not_imported(in_colab: bool) -> None:
    done = run(ROOT, in_colab=in_colab)
    assert (done.returncode, done.stdout, done.stderr) == (0, "goes on with []\n", "")


def test_nothing_there(tmp_path: Path) -> None:
    source = f"{stamp.distribution()} @ git+{ADDRESS}@v{genlib.__version__}"
    outside, colab = run(tmp_path), run(tmp_path, in_colab=True)
    assert outside.returncode == 1
    assert outside.stdout == ""
    assert outside.stderr == (
        "This notebook needs the library of its course, which is not here.\n"
        f'Run this in a cell, then restart the kernel: %pip install "{source}"\n'
    )
    assert colab.stdout == f"install -q --no-deps {source}\ngoes on with []\n"


def test_a_strangers_is_not_taken_for_ours(stranger: Path) -> None:
    outside, colab = run(stranger), run(stranger, in_colab=True)
    assert outside.returncode == 1
    assert "The genlib that is here is another one: %pip uninstall -y genlib\nRun this in a cell" in outside.stderr
    assert colab.stdout.startswith("uninstall -q -y genlib\ninstall -q --no-deps")


def test_a_folder_of_that_name_is_no_library(tmp_path: Path) -> None:
    """Data in a folder called genlib make a namespace package, which has no file to read."""
    (tmp_path / "genlib").mkdir()
    assert "which is not here.\nRun this" in run(tmp_path).stderr
