"""Student and instructor's copies of the labs, cut with nbgrader from one source each.

nbgrader is imported where a lab is cut: it brings a server and a database, and the workers that grade need neither.
"""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from traitlets.config import Config

ROOT = Path(__file__).resolve().parent.parent
SECRETS = tuple(
    f"### {end} {what}" for what in ("SOLUTION", "HIDDEN TESTS", "MODEL ANSWER") for end in ("BEGIN", "END")
)
MODEL = re.compile(r"\s*### BEGIN MODEL ANSWER\n(.*?)\n### END MODEL ANSWER", re.DOTALL)
SEED = re.compile(r"^LAB_SEED = .*$", re.MULTILINE)


class Complaints(logging.Handler):
    """Collects what nbgrader would have printed as errors."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps one message."""
        self.lines.append(record.getMessage())


@contextmanager
def nbgrader_speaks_once() -> Iterator[None]:
    """Keeps nbgrader's narration off the terminal; where it fails, its words are in the error.

    Raises:
        ValueError: If nbgrader fails.
    """
    from nbgrader.converters.base import NbGraderException

    complaints, logger = Complaints(), logging.getLogger("traitlets")
    propagates, logger.propagate = logger.propagate, False
    logger.addHandler(complaints)
    try:
        yield
    except (NbGraderException, SystemExit) as error:
        raise ValueError("\n".join(complaints.lines) or str(error)) from error
    finally:
        logger.removeHandler(complaints)
        logger.propagate = propagates


def configuration(folder: Path, lab: str) -> Config:
    """Returns nbgrader's settings for a course of one lab, which keeps no gradebook: points are our reports' matter.

    Args:
        folder: The course's folder, holding `source/<lab>/<lab>.ipynb`.
        lab: The lab's name.
    """
    config = Config()
    config.CourseDirectory.root = str(folder.resolve())
    config.CourseDirectory.assignment_id = lab
    config.ClearSolutions.code_stub = {"python": "# your code here\nraise NotImplementedError"}
    config.IncludeHeaderFooter.header = config.IncludeHeaderFooter.footer = ""
    config.GenerateAssignment.no_database = True
    config.SaveCells.enabled = False
    return config


def cut(notebook: nbformat.NotebookNode, lab: str, folder: Path) -> Path:
    """Makes a course of one lab: its source, and the copy for students.

    Args:
        notebook: The lab's source.
        lab: The lab's name.
        folder: An empty folder for the course.

    Returns:
        Where the student's copy lies.

    Raises:
        ValueError: If the copy still holds a mark that only sources have, or nothing in it earns points.
    """
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    source = folder / "source" / lab / f"{lab}.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(notebook, source)
    config = configuration(folder, lab)
    with nbgrader_speaks_once():
        GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
    copy = folder / "release" / lab / f"{lab}.ipynb"
    made = nbformat.read(copy, as_version=4)
    for cell in made.cells:
        cell.source = MODEL.sub("", cell.source) if cell.cell_type == "markdown" else cell.source
    nbformat.write(made, copy)
    left = [mark for mark in SECRETS if mark in copy.read_text("utf-8")]
    if left or not tests(notebook):
        raise ValueError(f"{lab}: got {left or 'no test cell'} in the student's copy, expected tests and no such marks")
    return copy


def role(cell: nbformat.NotebookNode) -> dict[str, object]:
    """Returns a cell's nbgrader metadata, empty where it has none."""
    found = cell.get("metadata", {}).get("nbgrader")
    return found if isinstance(found, dict) else {}


def tests(notebook: nbformat.NotebookNode) -> dict[str, float]:
    """Returns what can be earned: points by the test cells' ids, in the notebook's order."""
    graded = (role(cell) for cell in notebook.cells if role(cell).get("grade"))
    return {str(mark["grade_id"]): float(str(mark["points"])) for mark in graded}


def seeded(notebook: nbformat.NotebookNode, seed: str, parameters: dict[str, object]) -> nbformat.NotebookNode:
    """Returns a source as it is graded: with the instructor's seed in the tests, and training cut short.

    Args:
        notebook: The lab's source; left as it is.
        seed: What to write after `LAB_SEED =`.
        parameters: Assignments that outweigh those in the `grading` metadata of the cell tagged `parameters`.
    """
    notebook = nbformat.from_dict(notebook)
    for cell in notebook.cells:
        if role(cell).get("grade"):
            cell.source = SEED.sub(f"LAB_SEED = {int(seed)}", cell.source)
        if "parameters" in cell.metadata.get("tags", []):
            values = {**cell.metadata.get("grading", {}), **parameters}
            cell.metadata["grading"] = values
            cell.source = "\n".join([cell.source, *(f"{name} = {value!r}" for name, value in values.items())])
    return notebook


def sources(folder: Path) -> dict[str, Path]:
    """Returns the labs of a folder: `<lab>/<lab>.ipynb` by name."""
    return {path.stem: path for path in sorted(folder.glob("*/*.ipynb")) if path.stem == path.parent.name}


def pack(folder: Path) -> Path:
    """Writes a folder into a zip beside it; the same folder always gives the same bytes."""
    target = folder.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.writestr(zipfile.ZipInfo(path.relative_to(folder).as_posix()), path.read_bytes())
    return target


def release(labs: dict[str, Path], out: Path) -> None:
    """Writes student's and instructor's copies of all labs, and a zip of each kind.

    Args:
        labs: The sources by name.
        out: The folder that gets `student`, `instructor` and the two zips; what was in it is replaced.
    """
    shutil.rmtree(out, ignore_errors=True)
    for kind in ("student", "instructor"):
        (out / kind).mkdir(parents=True)
    for lab, source in labs.items():
        with tempfile.TemporaryDirectory() as folder:
            copy = cut(nbformat.read(source, as_version=4), lab, Path(folder))
            shutil.copy(copy, out / "student" / f"{lab}.ipynb")
        shutil.copy(source, out / "instructor" / f"{lab}.ipynb")
        print(f"{lab}: student and instructor's copy")
    for kind in ("student", "instructor"):
        print(pack(out / kind))
