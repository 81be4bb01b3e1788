"""Grades submissions: one, or a folder of them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import re
import signal
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

import nbformat

from grading.execute import Run, Verdict, execute, kind_of
from grading.program import Program, Reader, Step, called
from grading.release import cut, seeded, tests
from grading.sandbox import unplaced
from grading.session import Limits, Outcome, Session
from grading.submissions import Submission, read

CARD = re.compile(r"not compiled with CUDA|NVIDIA driver|No CUDA GPUs")
Result = dict[str, Any]
Opened = Callable[[Limits], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Lab:
    """A lab made ready for grading: `prepare` makes one.

    Attributes:
        name: The lab's name.
        course: A folder with the lab's source as it is graded, and with what students got.
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

    @cached_property
    def reader(self) -> Reader:
        """Reads submissions of this lab."""
        return Reader(self.source(), self.copy())


def prepare(source: Path, folder: Path, seed: str, parameters: dict[str, object], limits: Limits) -> Lab:
    """Makes a lab ready for grading.

    Args:
        source: The lab's source, `<lab>.ipynb`.
        folder: An empty folder, outside of what a sandbox sees.
        seed: What hidden tests draw their inputs from.
        parameters: Assignments that outweigh those the lab is graded with.
        limits: What each submission may use.
    """
    original = nbformat.read(source, as_version=4)
    notebook = seeded(original, seed, parameters)
    handed_out(cut(notebook, source.stem, folder), original)
    here = Path(__file__).parent
    library = here.parent / "genlib" / "checks"
    code = [path.read_bytes() for path in sorted([*here.glob("*.py"), *library.glob("*.py")])]
    parts = [nbformat.writes(notebook).encode(), repr(limits).encode(), *code]
    return Lab(source.stem, folder, hashlib.sha256(b"\0".join(parts)).hexdigest())


def handed_out(copy: Path, original: nbformat.NotebookNode) -> None:
    """Takes from a copy what students never saw: the lines that cut training short for grading."""
    notebook = nbformat.read(copy, as_version=4)
    full = {cell.id: cell.source for cell in original.cells if "parameters" in cell.metadata.get("tags", [])}
    for cell in notebook.cells:
        cell.source = full.get(cell.id, cell.source)
    nbformat.write(notebook, copy)


def grade(path: Path, student: str, lab: Lab, limits: Limits, opened: Opened = Session) -> Result:
    """Grades one submission.

    Args:
        path: The notebook; it is only read.
        student: Whose it is.
        lab: What it answers.
        limits: What it may use.
        opened: Gives a program to speak to: one in a sandbox.

    Returns:
        What the reports are made from. What comes from hidden tests is under `private`, for the instructor alone.
    """
    start = time.monotonic()
    result: Result = {"student": student, "lab": lab.name, "key": key(path, lab)}
    try:
        program = lab.reader.program(read(path))
        if not program.answers:
            raise ValueError("none of this lab's cells are in the notebook; is it the right file?")
    except ValueError as error:
        return result | nothing(lab, "nothing to grade", str(error))
    original = list(program.steps)
    run = Run(program, lab.reader.tasks, limits, lab.reader.imports)
    execute(run, opened)
    result |= {"tasks": {task.name: scored(run.verdicts[task.name], task.points) for task in run.tasks}}
    result |= {"remarks": remarks(program, run), "cells": list(shown(original, run))}
    result |= {"private": private(program, run), "written": program.written, "lacked": sorted(run.lacked)}
    return result | {"seconds": round(time.monotonic() - start, 2)}


def key(path: Path, lab: Lab) -> str:
    """Returns what a result depends on, in short: the lab, and the submission's bytes."""
    content = b"link" if path.is_symlink() or not path.is_file() else path.read_bytes()
    return hashlib.sha256(lab.key.encode() + content).hexdigest()


def scored(verdict: Verdict, of: float) -> dict[str, Any]:
    """Returns what a task brought, and what its writer may know of why."""
    points = of if verdict.passed else 0.0
    return {"points": points, "of": of, "remark": remark(verdict), "check": unplaced(verdict.check)}


def remark(verdict: Verdict) -> str:
    """Returns what a student should know of a test: what the limits did, and what went wrong."""
    wrong = "the result is not what the task asks for" if verdict.error == "AssertionError" else ""
    wrong = "asks for a graphics card, which the grader does not have" if CARD.search(verdict.message) else wrong
    if verdict.remark or wrong or not verdict.error:
        return "; ".join(filter(None, [verdict.remark, wrong]))
    return f"ended with {kind_of(verdict.error)}"


def remarks(program: Program, run: Run) -> list[str]:
    """Returns what a student should know of the submission as a whole."""
    told = []
    for position, step in enumerate(program.steps):
        outcome = run.outcomes.get(position, Outcome())
        if outcome.remark and not step.task:
            told.append(f"{called(step.name)} {outcome.remark}")
    return [*program.remarks, *dict.fromkeys(told), *run.remarks]


def shown(original: list[Step], run: Run) -> Iterator[dict[str, Any]]:
    """Yields what a student may see of each cell: all of it ran before the first hidden test did."""
    for position, step in enumerate(original):
        outcome = run.outcomes.get(position, Outcome("Stopped", remark="was not reached"))
        if not (step.task or step.ours):
            yield {
                "name": step.name,
                "kind": step.kind,
                "source": step.source,
                "error": kind_of(outcome.error) if outcome.error and outcome.error != "Stopped" else "",
                "remark": outcome.remark,
                "words": unplaced(f"{outcome.text[-2000:]}\n{outcome.message[:1000]}").strip(),
            }


def private(program: Program, run: Run) -> dict[str, Any]:
    """Returns what the instructor alone may see."""
    failed = {name: verdict for name, verdict in run.verdicts.items() if not verdict.passed}
    traces = {name: {"error": v.error, "message": v.message, "trace": v.trace} for name, v in failed.items()}
    return {"traces": traces, "changes": program.changes, "held": [asdict(held) for held in run.held]}


def failed(student: str, lab: Lab, error: Exception) -> Result:
    """Returns the result of a submission over which the grader itself failed; it is tried again next time."""
    words = f"NOT GRADED: the grader failed ({type(error).__name__}: {error}); run it again"
    return {"student": student, "lab": lab.name, "key": ""} | nothing(lab, "not graded", words)


def nothing(lab: Lab, remark: str, words: str) -> Result:
    """Returns the part of a result that says why there are no points."""
    of_all = tests(lab.source())
    tasks = {name: {"points": 0.0, "of": of, "remark": remark, "check": ""} for name, of in of_all.items()}
    none: Result = {"traces": {}, "changes": [], "held": []}
    return {"tasks": tasks, "remarks": [words], "cells": [], "private": none, "written": {}, "seconds": 0.0}


def grade_to(one: Submission, lab: Lab, limits: Limits, out: Path) -> Result:
    """Grades one submission unless its result is there already; writes the result, whole or not at all.

    A submission that missed a module is graded again once that has been installed.
    """
    target = out / f"{one.student}.json"
    about = {"number": one.number, "late": one.late}
    with contextlib.suppress(OSError, ValueError, KeyError):
        known = json.loads(target.read_text("utf-8"))
        if known["key"] == key(one.path, lab) and not any(map(installed, known.get("lacked", []))):
            return dict(known, known=True) | about
    try:
        result = grade(one.path, one.student, lab, limits) | about
    except Exception as error:
        result = failed(one.student, lab, error) | about
    aside = target.with_suffix(f".{os.getpid()}")
    aside.write_text(json.dumps(result, indent=1, ensure_ascii=False), encoding="utf-8")
    aside.replace(target)
    return result


def installed(module: str) -> bool:
    """Whether there is such a module among the packages that a submission's program sees."""
    folders = [sysconfig.get_path(kind) for kind in ("purelib", "platlib")]
    return PathFinder.find_spec(module.split(".")[0], folders) is not None


def deaf(folder: str) -> None:
    """Lets a worker go on where somebody interrupts the grader, which then ends it; what it leaves lies in a folder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = folder


def grade_all(found: list[Submission], lab: Lab, limits: Limits, out: Path, workers: int) -> list[Result]:
    """Grades a class, several at a time, and says how far it is.

    Args:
        found: The submissions.
        lab: What they answer.
        limits: What each may use.
        out: Where results lie, and where those of an earlier, interrupted run are found.
        workers: How many at a time.

    Raises:
        KeyboardInterrupt: If somebody interrupts; what is graded by then is kept, and all programs are ended.
    """
    out.mkdir(parents=True, exist_ok=True)
    start, results, before = time.monotonic(), list[Result](), set(multiprocessing.active_children())
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        spawn = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(workers, mp_context=spawn, initializer=deaf, initargs=(folder,))
        try:
            tasks = [pool.submit(grade_to, one, lab, limits, out) for one in found]
            for task in as_completed(tasks):
                results.append(task.result())
                report(results, len(found), time.monotonic() - start)
        except BaseException:
            for worker in set(multiprocessing.active_children()) - before:
                worker.kill()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
    return results


def report(results: list[Result], total: int, seconds: float) -> None:
    """Prints a line on the latest result."""
    last, worked = results[-1], sum("known" not in result for result in results)
    got = sum(task["points"] for task in last["tasks"].values())
    of = sum(task["of"] for task in last["tasks"].values())
    left = (total - len(results)) * seconds / max(worked, 1) / 60
    how = "graded before" if "known" in last else f"{last['seconds']:.1f} s"
    note = f"; {last['remarks'][-1]}" if last["remarks"] else ""
    print(f"[{len(results)}/{total}] {last['student']}: {got:g}/{of:g} ({how}, {left:.0f} min left){note}", flush=True)
