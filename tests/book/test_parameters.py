"""What each chapter promises to whoever changes its parameters."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from changes import since

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "chapters").rglob("*.ipynb"))


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    """Returns a notebook's code cells."""
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def python(source: str) -> str:
    """Returns a cell's source without the lines that only a notebook understands."""
    return "\n".join(line for line in source.splitlines() if not line.startswith(("%", "!")))


def parameters(path: Path) -> dict[str, object]:
    """Returns the names and values of a chapter's cell tagged `parameters`."""
    values: dict[str, object] = {}
    [cell] = [cell for cell in code_cells(path) if "parameters" in cell.metadata.get("tags", [])]
    exec(cell.source, {}, values)
    return values


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_claims_are_made_for_the_parameters_that_are_printed(path: Path) -> None:
    """Where they were not, every claim of the chapter would be told and none insisted on."""
    values = parameters(path)
    trees = [ast.parse(python(cell.source)) for cell in code_cells(path)]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    made = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Claims"]
    for call in made:
        described = {ast.unparse(part): eval(ast.unparse(part), {}, dict(values)) for part in call.args}
        assert described
        assert all(described.values()), described
        named = {node.id for node in ast.walk(call) if isinstance(node, ast.Name)} - {"Claims"}
        assert named >= values.keys() - {"device"}, "each parameter but the device belongs to what the text describes"


def datasets(path: Path) -> list[str]:
    """Returns the data sets that a chapter's parameters name, in the comment of their line: `# or "mnist"`."""
    [cell] = [cell for cell in code_cells(path) if "parameters" in cell.metadata.get("tags", [])]
    line = next((line for line in cell.source.splitlines() if line.startswith("dataset")), "")
    return re.findall(r'"([\w-]+)"', line)


def variations(path: Path) -> Iterator[dict[str, Any]]:
    """Yields what a reader may set: each data set that is named, few steps and many, another seed."""
    values = parameters(path)
    yield from ({"dataset": name} for name in datasets(path)[1:])
    yield from ({"steps": steps} for steps in (10, 500) if "steps" in values)
    if "seed" in values:
        yield {"seed": 1}


WEEKLY = bool(os.environ.get("GENLIB_WEEKLY"))


def at_hand(given: dict[str, Any]) -> bool:
    """Returns whether a variation needs no download: only the weekly run waits for a server."""
    name = str(given.get("dataset"))
    own = os.environ.get("GENLIB_DATA")
    return not name.endswith("mnist") or WEEKLY or bool(own and (Path(own) / name).is_dir())


def ordered(paths: list[Path]) -> list[Any]:
    """Returns a test's parameters: every variation of these chapters, named."""
    name = "{}-{}={}".format
    absent = pytest.mark.skip(reason="needs a download: weekly, or with GENLIB_DATA")
    return [
        pytest.param(path, given, id=name(path.stem, *next(iter(given.items()))), marks=[absent] * (not at_hand(given)))
        for path in paths
        for given in variations(path)
    ]


def changed() -> list[Path]:
    """Returns the first chapter that the last commit, or what is not committed yet, has changed."""
    try:
        files = since(os.environ.get("GENLIB_SINCE", "HEAD~1"))
    except (subprocess.CalledProcessError, FileNotFoundError):  # no repository, or one without a past
        return []
    return [path for path in CHAPTERS if path in files][:1]


@pytest.mark.slow
@pytest.mark.parametrize(("path", "given"), ordered(CHAPTERS if WEEKLY else changed()))
def test_a_chapter_runs_with_other_parameters(path: Path, given: dict[str, Any], tmp_path: Path) -> None:
    """All chapters weekly, otherwise one that has changed: no cell fails, whatever its claims come to."""
    run = executed(path, given, tmp_path)
    assert "injected-parameters" in str([cell.metadata for cell in run.cells])


def executed(path: Path, given: dict[str, Any], folder: Path) -> nbformat.NotebookNode:
    """Returns a chapter as it came out of a run with these parameters."""
    papermill = pytest.importorskip("papermill", reason="papermill is not installed")
    options = {"kernel_name": "python3", "cwd": str(path.parent), "progress_bar": False, "execution_timeout": 3600}
    papermill.execute_notebook(str(path), str(folder / "run.ipynb"), given, **options)
    return nbformat.read(folder / "run.ipynb", as_version=4)


@pytest.fixture
def other_last_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels begin with the script that stands for another processor."""
    profile = tmp_path / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    settings = {"InteractiveShellApp": {"exec_files": [str(ROOT / "tests/support/last_digits.py")]}}
    (profile / "ipython_kernel_config.json").write_text(json.dumps(settings))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))


@pytest.mark.slow
@pytest.mark.parametrize("path", CHAPTERS if WEEKLY else changed(), ids=lambda path: path.stem)
def test_claims_do_not_hang_on_the_last_digit(path: Path, other_last_digits: None, tmp_path: Path) -> None:
    """All chapters weekly, otherwise one that has changed: what one processor's run shows, another's must."""
    executed(path, {}, tmp_path)


@pytest.mark.slow
def test_another_processor_has_other_last_digits(other_last_digits: None, tmp_path: Path) -> None:
    told = """
import torch
x, layer = torch.ones(1, 1), torch.nn.Linear(1, 1, bias=False)
layer.weight.data.fill_(1)
assert layer(x) - 1 == x @ x - 1 == 2**-23
assert x.double() @ x.double() == 1"""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(told)])
    nbformat.write(book, tmp_path / "x.ipynb")
    executed(tmp_path / "x.ipynb", {}, tmp_path)


def test_variations_are_those_that_a_chapter_names(tmp_path: Path) -> None:
    cell = nbformat.v4.new_code_cell('dataset = "digits"  # or "mnist", "fashion-mnist"\nsteps = 4000\nseed = 0')
    cell.metadata["tags"] = ["parameters"]
    path = tmp_path / "x.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    named = [{"dataset": "mnist"}, {"dataset": "fashion-mnist"}]
    assert list(variations(path)) == [*named, {"steps": 10}, {"steps": 500}, {"seed": 1}]


def test_only_the_weekly_run_downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENLIB_DATA", str(tmp_path))
    (tmp_path / "mnist").mkdir()
    assert at_hand({"dataset": "mnist"})
    assert at_hand({"dataset": "two_moons"})
    assert at_hand({"steps": 10})
    assert at_hand({"dataset": "fashion-mnist"}) == WEEKLY
