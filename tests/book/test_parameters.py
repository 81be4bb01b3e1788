"""What each chapter promises to whoever changes its parameters."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest

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
