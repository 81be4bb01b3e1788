"""A submission as the program that its writer's kernel would have run, and where the lab's tasks stand in it."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import nbformat

from grading.parts import assigns_constant, defines, definitions, is_code, parsed, reads, slice_of
from grading.release import MODEL, role

FENCE = re.compile(r"^\s*```\w*\n(.*?)\n```\s*$", re.DOTALL)
ADDED = "a cell that was added"
ASKED = re.compile(r"\*My (?:answer|prediction)\b[^*]*\*")


@dataclass(frozen=True)
class Task:
    """What is tested at one place of a lab.

    Attributes:
        name: The test's id.
        points: What it brings.
        names: The functions under test.
        setup: What the test needs beside them, statements of the lab's own.
        check: The check that the student sees, empty where there is none.
        test: The whole test, hidden part included.
    """

    name: str
    points: float
    names: tuple[str, ...]
    setup: str
    check: str
    test: str


@dataclass(frozen=True)
class Question:
    """A question to be answered in words: its cell's id, its text, and the answer that the lab's source gives."""

    name: str
    words: str
    model: str


@dataclass
class Step:
    """One cell that runs, or the place of a task, where `task` is its name.

    Attributes:
        source: What stands in the cell.
        kind: "given", "answer" or "own", or "place".
        name: The cell's id in the lab, `ADDED` for one of the student's.
        task: The task whose place this is.
        instead: What runs if this given cell, which was changed, ends in an error.
        defines: What it gives a value to.
        short: Lines that cut its training short, run after it.
        ours: Whether the submission lacks it, and the lab's own stands in.
    """

    source: str
    kind: str
    name: str
    task: str = ""
    instead: str = ""
    defines: frozenset[str] = frozenset()
    short: str = ""
    ours: bool = False


@dataclass
class Program:
    """A submission made ready to run.

    Attributes:
        steps: Cells and places, in order.
        remarks: What was found changed, in words for the student.
        changes: What was changed in cells that were given: name and difference.
        written: What was answered in words, by question.
        lab: Statements that give the lab's names, as far as the submission reads them.
        answers: How many cells of this lab's were found.
    """

    steps: list[Step] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    changes: list[tuple[str, str]] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)
    lab: str = ""
    answers: int = 0


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Returns a notebook's code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def kind_of_cell(cell: nbformat.NotebookNode) -> str:
    """Returns what a lab's code cell is: "answer", "test", "check" or "given"."""
    mark = role(cell)
    if mark.get("solution"):
        return "answer"
    return "test" if mark.get("grade") else "check" if mark.get("grade_id") else "given"


def tasks_of(source: nbformat.NotebookNode) -> list[Task]:
    """Returns a lab's tasks, in order."""
    found, before, answered, check = list[Task](), list[str](), set[str](), list[str]()
    every = set[str]().union(*(defines(c.source) for c in code_cells(source) if kind_of_cell(c) == "answer"), set())
    for cell in code_cells(source):
        kind = kind_of_cell(cell)
        if kind == "answer":
            answered |= defines(cell.source)
        elif kind == "given":
            before.append(cell.source)
        elif kind == "check":
            check.append(cell.source)
        else:
            whole = reads("\n".join([cell.source, *check]))
            names, setup = tuple(sorted(whole & answered)), slice_of(before, whole - every)
            mark = role(cell)
            points = float(str(mark["points"]))
            found.append(Task(str(mark["grade_id"]), points, names, setup, "\n".join(check), cell.source))
            check = []
    return found


def questions_of(source: nbformat.NotebookNode) -> list[Question]:
    """Returns what a lab asks to be answered in words."""
    found = []
    for cell in source.cells:
        if cell.cell_type == "markdown" and ASKED.search(cell.source):
            model = MODEL.search(cell.source)
            words = ASKED.split(MODEL.sub("", cell.source))[0].strip()
            found.append(Question(str(cell.id), words, model[1].strip() if model else ""))
    return found


def overrides(source: nbformat.NotebookNode) -> dict[str, str]:
    """Returns the assignments that cut training short, by name."""
    cells = [cell for cell in code_cells(source) if "parameters" in cell.metadata.get("tags", [])]
    return {name: repr(value) for cell in cells for name, value in cell.metadata.get("grading", {}).items()}


class Reader:
    """Reads one submission beside the lab's source as it is graded, and the copy that students got."""

    def __init__(self, source: nbformat.NotebookNode, copy: nbformat.NotebookNode) -> None:
        self.source, self.copy = source, copy
        self.tasks = tasks_of(source)
        self.cells = {str(cell.id): cell for cell in code_cells(copy)}
        self.ids = {str(role(cell).get("grade_id")): key for key, cell in self.cells.items() if role(cell)}
        backwards = list(reversed(self.cells.items()))
        self.texts = {form(cell.source): key for form in (bare, squeezed) for key, cell in backwards}
        self.asked = {question.name: question for question in questions_of(source)}
        self.names = {name: task.name for task in self.tasks for name in task.names}
        self.set_short = overrides(source)
        given = [cell.source for cell in code_cells(source) if kind_of_cell(cell) == "given"]
        self.imports = "\n".join(dict.fromkeys(line for text in given for line in imported(text)))

    def program(self, cells: list[dict[str, Any]]) -> Program:
        """Returns a submission as a program."""
        made, seen = Program(), dict[str, list[str]]()
        coded = set[str]().union(*(defines(cell["source"]) for cell in cells if cell["kind"] == "code"), set())
        places, current = dict[str, int](), list[tuple[str, Step]]()
        for cell in cells:
            known, source = self.known(cell), unfenced(cell)
            if cell["kind"] != "code" and not self.turned(made, known, source, coded):
                self.answer_in_words(made, cell)
                continue
            original = self.cells.get(known)
            kind = kind_of_cell(original) if original is not None else "own"
            seen.setdefault(known, []).append(source)
            same = original is not None and alike(source, original.source)
            if (lost := self.names.keys() & set(lost_by_timing(source))) - coded:
                made.remarks.append(f"`%%timeit` keeps what it defines to itself: {', '.join(sorted(lost))}")
            if kind in ("test", "check"):
                places[self.place_of(known)] = len(current)
            if source.strip() and not (kind in ("test", "check") and same):
                current.append((known, self.step(known, kind, source, same)))
        self.compare(made, seen)
        made.steps = list(self.placed(self.completed(current, seen), places))
        wanted = set[str]().union(*(reads(s.source) for s in made.steps if s.kind in ("answer", "own")), set())
        given = [cell.source for cell in code_cells(self.source) if kind_of_cell(cell) == "given"]
        made.lab = slice_of(given, wanted - self.names.keys())
        return made

    def known(self, cell: dict[str, Any]) -> str:
        """Returns the id of the lab's cell that a cell is, empty for one of the student's own."""
        found = self.ids.get(cell["name"]) or (cell["id"] if cell["id"] in self.cells else "")
        text = cell["source"]
        return found or self.texts.get(squeezed(text), "") or self.texts.get(bare(text), "")

    def turned(self, made: Program, known: str, source: str, coded: set[str]) -> bool:
        """Whether a cell that is no code cell was one: of the lab's, or with a function that no code cell defines."""
        own = defines(source) & self.names.keys() if is_code(source) else set[str]()
        if own - coded:
            made.remarks.append(f"a cell of text was run, since no other has {', '.join(sorted(own - coded))}")
        return bool(source.strip()) and bool(own - coded if own else known)

    def answer_in_words(self, made: Program, cell: dict[str, Any]) -> None:
        """Keeps what was written below a question."""
        for name, question in self.asked.items():
            start = squeezed(question.words)[:60]
            if cell["id"] == name or (start and squeezed(cell["source"]).startswith(start)):
                parts = ASKED.split(cell["source"], maxsplit=1)
                made.written[name] = parts[-1].strip() if len(parts) > 1 else cell["source"].strip()

    def step(self, known: str, kind: str, source: str, same: bool) -> Step:
        """Returns what runs for one cell of the submission."""
        defined = frozenset(defines(source))
        kind = "answer" if defined & self.names.keys() else "own" if kind in ("test", "check") else kind
        lines = [f"{name} = {value}" for name, value in self.set_short.items() if self.is_set(known, source, name)]
        instead = "" if same or kind != "given" else self.original(known)
        short = "\n".join(lines)
        return Step(source, kind, known or ADDED, instead=instead, defines=defined, short=short)

    def is_set(self, known: str, source: str, name: str) -> bool:
        """Whether a cell says how long training takes, which is cut short again."""
        cell = self.cells.get(known)
        parameters = cell is not None and "parameters" in cell.metadata.get("tags", [])
        return parameters or assigns_constant(source, name)

    def original(self, known: str) -> str:
        """Returns a given cell as the lab's source has it."""
        return next(str(cell.source) for cell in self.source.cells if cell.id == known)

    def place_of(self, known: str) -> str:
        """Returns the task to which a check or a test belongs."""
        ordered = list(self.cells)
        after = ordered[ordered.index(known) :]
        return next(str(role(self.cells[key])["grade_id"]) for key in after if kind_of_cell(self.cells[key]) == "test")

    def completed(self, current: list[tuple[str, Step]], seen: dict[str, list[str]]) -> list[tuple[int, Step]]:
        """Adds given cells that are missing and define something, behind what they stood behind.

        Returns:
            Steps with their number among those of the submission.
        """
        steps = [(number, step) for number, (_, step) in enumerate(current)]
        before = ""
        for key, cell in self.cells.items():
            if kind_of_cell(cell) == "given" and key not in seen and defines(cell.source):
                behind = [place for place, (known, _) in enumerate(current) if known == before and before]
                number = behind[-1] if behind else -1
                place = max((i + 1 for i, (n, _) in enumerate(steps) if n <= number), default=0)
                steps.insert(place, (number, Step(self.original(key), "given", key, ours=True)))
            if key in seen and any(known == key for known, _ in current):
                before = key
        return steps

    def placed(self, steps: list[tuple[int, Step]], places: dict[str, int]) -> Iterator[Step]:
        """Yields the steps with each task's place among them: its test's, or behind the last of its functions."""
        for task in self.tasks:
            if task.name not in places:
                defining = [number for number, step in steps if step.defines & set(task.names)]
                places[task.name] = max(defining, default=len(steps)) + 1
        left = sorted(self.tasks, key=lambda task: places[task.name])
        for number, step in steps:
            while left and places[left[0].name] <= number:
                yield Step("", "place", left[0].name, task=left.pop(0).name)
            yield step
        for task in left:
            yield Step("", "place", task.name, task=task.name)

    def compare(self, made: Program, seen: dict[str, list[str]]) -> None:
        """Notes what is missing, there more than once, or changed."""
        functions = set[str]().union(*(defines(text) for texts in seen.values() for text in texts), set())
        for key, cell in self.cells.items():
            kind, texts, what = kind_of_cell(cell), seen.get(key, []), f"the cell `{role(cell).get('grade_id', key)}`"
            own = defines(cell.source) & self.names.keys()
            made.answers += kind == "answer" and (bool(texts) or bool(own & functions))
            whole = ["\n".join(texts), *texts]
            changed = bool(texts) and not any(alike(text, cell.source) for text in whole)
            if kind != "answer" and changed:
                made.changes.append((key, difference(cell.source, "\n".join(texts))))
            if kind == "answer" and not texts and not own & functions:
                made.remarks.append(f"{what} was missing")
            elif kind == "answer" and len(texts) > 1:
                made.remarks.append(f"{what} was there {len(texts)} times; all of them ran, in their order")
            elif kind == "test" and not texts:
                made.remarks.append(f"{what} was missing; graded with the original")
            elif kind == "test" and changed:
                made.remarks.append(f"{what} was changed; graded with the original")


def imported(source: str) -> list[str]:
    """Returns a cell's imports, those at its beginning."""
    return [ast.unparse(part) for part in parsed(source) if isinstance(part, ast.Import | ast.ImportFrom)]


def called(name: str) -> str:
    """Returns what a sentence calls a cell."""
    return name if name == ADDED else f"the cell `{name}`"


def squeezed(text: str) -> str:
    """Returns a text without what editors change by themselves: spaces at the ends of lines, and empty lines."""
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())


def bare(text: str) -> str:
    """Returns a cell's statements in one form, without comments; the text as it is where it holds none."""
    return "\n".join(map(ast.unparse, parsed(text))) or text


def alike(text: str, other: str) -> bool:
    """Whether two cells do the same, whatever their comments and spaces."""
    return squeezed(text) == squeezed(other) or bare(text) == bare(other)


def lost_by_timing(source: str) -> set[str]:
    """Returns what a cell would define, were it not timed in a way that keeps nothing."""
    head, _, body = source.lstrip().partition("\n")
    return defines(body) if head.startswith("%%timeit") else set()


def unfenced(cell: dict[str, Any]) -> str:
    """Returns a cell's source; of a text that is one block of code, the code."""
    block = FENCE.match(cell["source"]) if cell["kind"] != "code" else None
    return str(block[1] if block else cell["source"])


def difference(before: str, after: str) -> str:
    """Returns what was changed, line by line."""
    return "\n".join(difflib.unified_diff(before.splitlines(), after.splitlines(), "given", "handed in", lineterm=""))


def gentler(step: Step) -> Step:
    """Returns a cell reduced to what it defines."""
    return replace(step, source=definitions(step.source), instead="", short="")
