"""A lab of two tasks that takes no time to run, and students who hand it in, honest and otherwise."""

from __future__ import annotations

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

SETUP = "import torch\nfrom genlib import gan"

MEAN = """\
def mean(x):
    \"\"\"The mean of each row: (B, D) to (B,).\"\"\"
    ### BEGIN SOLUTION
    return x.mean(1)
    ### END SOLUTION"""
MEAN_CHECK = "assert mean(torch.tensor([[1.0, 3.0]])).tolist() == [2.0], 'the mean of 1 and 3 is 2'"
MEAN_TEST = """\
assert mean(torch.zeros(2, 3)).shape == (2,)
### BEGIN HIDDEN TESTS
LAB_SEED = 0
torch.manual_seed(LAB_SEED)
hidden_rows = torch.rand(5, 7)
assert torch.allclose(mean(hidden_rows), hidden_rows.sum(1) / 7), "mean_is_wrong_on_hidden_rows"
### END HIDDEN TESTS"""

SCALE = """\
def scale(x):
    \"\"\"Divides each row by its sum.\"\"\"
    ### BEGIN SOLUTION
    return x / x.sum(1, keepdim=True)
    ### END SOLUTION"""
SCALE_TEST = """\
assert scale(torch.ones(1, 2)).tolist() == [[0.5, 0.5]]
### BEGIN HIDDEN TESTS
LAB_SEED = 0
torch.manual_seed(LAB_SEED)
hidden_rows = torch.rand(5, 7)
assert torch.allclose(scale(hidden_rows).sum(1), torch.ones(5)), "scale_is_wrong_on_hidden_rows"
### END HIDDEN TESTS"""


def cell(source: str, name: str, **marks: object) -> nbformat.NotebookNode:
    """A code cell with nbgrader's metadata."""
    usual = {"schema_version": 3, "grade": False, "solution": False, "locked": True, "task": False}
    return new_code_cell(source, metadata={"nbgrader": usual | {"grade_id": name} | marks}, id=name)


def solution(source: str, name: str) -> nbformat.NotebookNode:
    return cell(source, name, solution=True, locked=False)


def test_of(source: str, name: str, points: int) -> nbformat.NotebookNode:
    return cell(source, name, grade=True, points=points, cell_type="code")


def tiny() -> nbformat.NotebookNode:
    """The lab's source."""
    parameters = new_code_cell("steps = 100_000", id="parameters", metadata={"tags": ["parameters"]})
    parameters.metadata["grading"] = {"steps": 3}
    cells = [
        new_markdown_cell("# A tiny lab", id="title"),
        parameters,
        new_code_cell(SETUP, id="setup"),
        solution(MEAN, "mean"),
        cell(MEAN_CHECK, "mean-check"),
        test_of(MEAN_TEST, "mean-test", 2),
        solution(SCALE, "scale"),
        test_of(SCALE_TEST, "scale-test", 3),
        new_markdown_cell("The end.", id="end"),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})
