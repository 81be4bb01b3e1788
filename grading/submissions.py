"""What students hand in: where it lies, and what of it is graded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from grading.release import role

LARGEST = 20_000_000


def find(folder: Path, lab: str) -> dict[str, Path]:
    """Returns the submissions of a folder, by student.

    Args:
        folder: Holds notebooks named by student, or nbgrader's tree, `<student>/<lab>/<lab>.ipynb`, or both.
        lab: The lab's name.

    Raises:
        ValueError: If there is none, or a student has two.
    """
    flat = [(path.stem, path) for path in sorted(folder.glob("*.ipynb"))]
    tree = [(path.parts[-3], path) for path in sorted(folder.glob(f"*/{lab}/{lab}.ipynb"))]
    found = dict(flat + tree)
    if not found:
        raise ValueError(f"{folder} holds no notebook; expected <student>.ipynb or <student>/{lab}/{lab}.ipynb")
    if len(found) < len(flat) + len(tree):
        twice = sorted({name for name, _ in flat} & {name for name, _ in tree})
        raise ValueError(f"{', '.join(twice)}: got two notebooks, expected one for each student")
    return found


@dataclass
class Rebuilt:
    """A submission put into the instructor's notebook.

    Attributes:
        notebook: The instructor's cells, with the student's answers in the cells made for them.
        remarks: What was found changed, in words for the student.
        own: Positions of the cells that the student wrote.
        answers: How many cells of this lab's were found.
    """

    notebook: nbformat.NotebookNode
    remarks: list[str] = field(default_factory=list)
    own: set[int] = field(default_factory=set)
    answers: int = 0


def read(path: Path) -> nbformat.NotebookNode:
    """Returns a submitted notebook.

    Raises:
        ValueError: If it is none, in words for the student.
    """
    if path.is_symlink() or not path.is_file():
        raise ValueError("what was handed in is a link, not a notebook")
    if path.stat().st_size > LARGEST:
        raise ValueError(f"the notebook has more than {LARGEST // 1_000_000} MB; clear its outputs, hand it in again")
    try:
        notebook = nbformat.reads(path.read_text("utf-8"), as_version=4)
        list(cells(notebook))
    except Exception as error:
        raise ValueError(f"the file cannot be read as a notebook ({type(error).__name__})") from error
    return notebook


def cells(notebook: nbformat.NotebookNode) -> Iterator[tuple[str, str, str]]:
    """Yields a submission's code cells: the name under which nbgrader knows it, its id, its source."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            metadata = cell.get("metadata")
            metadata = metadata if isinstance(metadata, dict) else {}
            name = role({"metadata": metadata}).get("grade_id", "")
            identity = cell.get("id") or metadata.get("id") or ""
            source = cell["source"]
            yield str(name), str(identity), source if isinstance(source, str) else "".join(source)


def rebuild(submitted: nbformat.NotebookNode, source: nbformat.NotebookNode, copy: nbformat.NotebookNode) -> Rebuilt:
    """Puts a student's cells into the instructor's notebook; whatever else was changed has no effect.

    The answers replace the stubs. Code cells that the student added stay behind the cell they stood behind.

    Args:
        submitted: What was handed in.
        source: The lab's source.
        copy: The lab's student copy.
    """
    stubs = {cell.id: cell.source for cell in copy.cells if cell.cell_type == "code"}
    names = {str(role(cell)["grade_id"]): cell.id for cell in copy.cells if role(cell).get("grade_id")}
    answers, added, last = dict[str, list[str]](), dict[str, list[str]](), ""
    for name, identity, text in cells(submitted):
        known = names.get(name) or (identity if identity in stubs else "")
        if known:
            answers.setdefault(known, []).append(text)
            last = known
        elif text.strip():
            added.setdefault(last, []).append(text)
    rebuilt = Rebuilt(nbformat.from_dict(source), changed(answers, copy), answers=len(answers.keys() & names.values()))
    rebuilt.notebook.cells = []
    for text in added.get("", []):
        added.setdefault(next(iter(stubs)), []).insert(0, text)
    for cell in nbformat.from_dict(source).cells:
        _place(rebuilt, cell, chosen(answers.get(cell.id, []), stubs.get(cell.id, "")), added.get(cell.id, []))
    return rebuilt


def _place(rebuilt: Rebuilt, cell: nbformat.NotebookNode, answer: str, added: list[str]) -> None:
    if role(cell).get("solution"):
        rebuilt.own.add(len(rebuilt.notebook.cells))
        cell.source = answer
    rebuilt.notebook.cells.append(cell)
    for text in added:
        rebuilt.own.add(len(rebuilt.notebook.cells))
        rebuilt.notebook.cells.append(nbformat.v4.new_code_cell(text))


def chosen(answers: list[str], stub: str) -> str:
    """Returns the answer that counts: the first that is not the stub, or else the stub."""
    return next((text for text in answers if text.strip() != stub.strip()), stub)


def changed(answers: dict[str, list[str]], copy: nbformat.NotebookNode) -> list[str]:
    """Returns remarks on cells that are missing, doubled, or changed where they should not be."""
    remarks = []
    for cell in copy.cells:
        mark = role(cell)
        if not mark.get("grade_id") or cell.cell_type != "code":
            continue
        texts = answers.get(cell.id, [])
        what = f"the cell `{mark['grade_id']}`"
        if not texts:
            remarks.append(f"{what} was missing; graded with the original")
        elif len(texts) > 1:
            remarks.append(f"{what} was there {len(texts)} times; graded with the first that was written in")
        elif not mark.get("solution") and texts[0].strip() != cell.source.strip():
            remarks.append(f"{what} was changed; graded with the original")
    return remarks
