"""Grades submissions: one, or a folder of them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveAutoGrades

from grading.execute import Execute, Plan, kind_of
from grading.release import configuration, cut, nbgrader_speaks_once, role, seeded, tests
from grading.session import Limits, Outcome
from grading.submissions import Rebuilt, read, rebuild

STUDENT = "student"


@dataclass(frozen=True)
class Lab:
    """A lab made ready for grading: `prepare` makes one.

    Attributes:
        name: The lab's name.
        course: An nbgrader course of this lab alone, copied for each submission.
        key: Changes whenever the same submission could be graded otherwise.
    """

    name: str
    course: Path
    key: str

    def source(self) -> nbformat.NotebookNode:
        """Returns the source as it is graded."""
        return nbformat.read(self.course / "source" / self.name / f"{self.name}.ipynb", as_version=4)

    def copy(self) -> nbformat.NotebookNode:
        """Returns what students got."""
        return nbformat.read(self.course / "release" / self.name / f"{self.name}.ipynb", as_version=4)


def prepare(source: Path, folder: Path, seed: str, parameters: dict[str, object], limits: Limits) -> Lab:
    """Makes a lab ready for grading.

    Args:
        source: The lab's source, `<lab>.ipynb`.
        folder: An empty folder, outside of what a sandbox sees.
        seed: What hidden tests draw their inputs from.
        parameters: Assignments that outweigh those the lab is graded with.
        limits: What each submission may use.
    """
    notebook = seeded(nbformat.read(source, as_version=4), seed, parameters)
    cut(notebook, source.stem, folder)
    code = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    parts = [nbformat.writes(notebook).encode(), repr(limits).encode(), *code]
    return Lab(source.stem, folder, hashlib.sha256(b"\0".join(parts)).hexdigest())


def grade(path: Path, student: str, lab: Lab, limits: Limits) -> dict[str, Any]:
    """Grades one submission.

    Args:
        path: The notebook; it is only read.
        student: Whose it is.
        lab: What it answers.
        limits: What it may use.

    Returns:
        What the reports are made from. Nothing in it comes from a hidden test.
    """
    source, start = lab.source(), time.monotonic()
    result: dict[str, Any] = {"student": student, "lab": lab.name, "key": key(path, lab)}
    try:
        rebuilt = rebuild(read(path), source, lab.copy())
        if not rebuilt.answers:
            raise ValueError("none of this lab's cells are in the notebook; is it the right file?")
    except ValueError as error:
        return result | nothing(lab, "nothing to grade", str(error))
    plan = Plan(rebuilt.own, limits)
    points = autograde(rebuilt.notebook, lab, plan)
    cells = list(shown(rebuilt, plan))
    told = [cell for cell in cells if cell["remark"] and cell["kind"] != "test"]
    remarks = rebuilt.remarks + [f"the cell `{cell['name']}` {cell['remark']}" for cell in told]
    if changed := sorted({*plan.tampered, *plan.earlier}):
        remarks.append(f"TAMPERING: the program changed {', '.join(changed[:5])}")
    tasks = {c["name"]: {"points": points[c["name"]], "of": c["of"], "remark": c["remark"]} for c in cells if c["of"]}
    seconds = round(time.monotonic() - start, 2)
    return result | {"tasks": tasks, "remarks": remarks, "cells": cells, "seconds": seconds}


def key(path: Path, lab: Lab) -> str:
    """Returns what a result depends on, in short: the lab, and the submission's bytes."""
    content = b"link" if path.is_symlink() or not path.is_file() else path.read_bytes()
    return hashlib.sha256(lab.key.encode() + content).hexdigest()


def autograde(notebook: nbformat.NotebookNode, lab: Lab, plan: Plan) -> dict[str, float]:
    """Lets nbgrader grade a rebuilt notebook in a copy of the course; returns points by the tests' ids."""
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        course = Path(folder) / "course"
        shutil.copytree(lab.course, course)
        submitted = course / "submitted" / STUDENT / lab.name
        submitted.mkdir(parents=True)
        nbformat.write(notebook, submitted / f"{lab.name}.ipynb")
        config = configuration(course, lab.name)
        config.CourseDirectory.student_id = STUDENT
        directory = CourseDirectory(config=config)
        grader = Autograde(coursedir=directory, config=config)
        grader.autograde_preprocessors = [Execute(plan), SaveAutoGrades]
        with nbgrader_speaks_once():
            grader.start()
        with Gradebook(directory.db_url) as book:
            graded = book.find_submission_notebook(lab.name, lab.name, STUDENT).grades
            return {grade.name: float(grade.auto_score or 0) for grade in graded}


def shown(rebuilt: Rebuilt, plan: Plan) -> Iterator[dict[str, Any]]:
    """Yields what a student may see of each code cell.

    Once a hidden test has run, the program may have read it; from there on nothing that it wrote is shown, and of its
    exceptions only their class.
    """
    secret = False
    for position, cell in enumerate(rebuilt.notebook.cells):
        if cell.cell_type != "code":
            continue
        mark, outcome, own = role(cell), plan.outcomes[position], position in plan.own
        secret = secret or bool(mark.get("grade"))
        words = "" if secret else f"{outcome.text[-2000:]}\n{outcome.message[:1000]}".strip()
        yield {
            "name": str(mark.get("grade_id", "your own" if own else "given")),
            "kind": "test" if mark.get("grade") else "own" if own else "given",
            "source": cell.source if own else "",
            "of": float(str(mark["points"])) if mark.get("grade") else 0.0,
            "error": kind_of(outcome.error) if outcome.error and outcome.error != "Stopped" else "",
            "remark": remark(outcome, bool(mark.get("grade"))),
            "words": words,
        }


def remark(outcome: Outcome, test: bool) -> str:
    """Returns what a student should know of a cell: what the limits did, and in a test what went wrong."""
    wrong = "the result is not what the task asks for" if test and outcome.error == "AssertionError" else ""
    if outcome.remark or wrong or not test or not outcome.error:
        return "; ".join(filter(None, [outcome.remark, wrong]))
    return f"ended with {kind_of(outcome.error)}"


def failed(student: str, lab: Lab, error: Exception) -> dict[str, Any]:
    """Returns the result of a submission over which the grader itself failed; it is tried again next time."""
    words = f"NOT GRADED: the grader failed ({type(error).__name__}: {error}); run it again"
    return {"student": student, "lab": lab.name, "key": ""} | nothing(lab, "not graded", words)


def nothing(lab: Lab, remark: str, words: str) -> dict[str, Any]:
    """Returns the part of a result that says why there are no points."""
    tasks = {name: {"points": 0.0, "of": of, "remark": remark} for name, of in tests(lab.source()).items()}
    return {"tasks": tasks, "remarks": [words], "cells": [], "seconds": 0.0}


def grade_to(path: Path, student: str, lab: Lab, limits: Limits, out: Path) -> dict[str, Any]:
    """Grades one submission unless its result is there already; writes the result, whole or not at all."""
    target = out / f"{student}.json"
    with contextlib.suppress(OSError, ValueError, KeyError):
        known = json.loads(target.read_text("utf-8"))
        if known["key"] == key(path, lab):
            return dict(known, known=True)
    try:
        result = grade(path, student, lab, limits)
    except Exception as error:
        result = failed(student, lab, error)
    aside = target.with_suffix(f".{os.getpid()}")
    aside.write_text(json.dumps(result, indent=1, ensure_ascii=False), encoding="utf-8")
    aside.replace(target)
    return result


def grade_all(found: dict[str, Path], lab: Lab, limits: Limits, out: Path, workers: int) -> list[dict[str, Any]]:
    """Grades a class, several at a time, and says how far it is.

    Args:
        found: Submissions by student.
        lab: What they answer.
        limits: What each may use.
        out: Where results lie, and where those of an earlier, interrupted run are found.
        workers: How many at a time.
    """
    out.mkdir(parents=True, exist_ok=True)
    start, results = time.monotonic(), []
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        tasks = [pool.submit(grade_to, path, student, lab, limits, out) for student, path in found.items()]
        for task in as_completed(tasks):
            results.append(task.result())
            report(results, len(found), time.monotonic() - start)
    return results


def report(results: list[dict[str, Any]], total: int, seconds: float) -> None:
    """Prints a line on the latest result."""
    last, worked = results[-1], sum("known" not in result for result in results)
    got = sum(task["points"] for task in last["tasks"].values())
    of = sum(task["of"] for task in last["tasks"].values())
    left = (total - len(results)) * seconds / max(worked, 1) / 60
    how = "graded before" if "known" in last else f"{last['seconds']:.1f} s"
    note = f"; {last['remarks'][-1]}" if last["remarks"] else ""
    print(f"[{len(results)}/{total}] {last['student']}: {got:g}/{of:g} ({how}, {left:.0f} min left){note}", flush=True)


