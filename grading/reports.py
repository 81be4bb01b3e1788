"""What comes out of grading: a table, a page for each student, pages for the instructor, and a summary of the class."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from grading.program import Question
from grading.submissions import decoded

Result = dict[str, Any]
Passed = Sequence[tuple[str, str]]


@cache
def templates() -> Environment:
    """Returns the pages' templates; whatever they are handed is text, never markup."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=lambda name: (name or "").endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["short"] = short
    return made


def gather(folders: list[Path], lab: str) -> list[Result]:
    """Returns the results that lie in some folders, one for each student.

    Args:
        folders: Where `python -m grading one` or `grade` put them.
        lab: The lab that they must be of.

    Raises:
        ValueError: If a folder is missing, two say different things of one student, or a result is another lab's.
    """
    found: dict[str, Result] = {}
    if missing := [str(folder) for folder in folders if not folder.is_dir()]:
        raise ValueError(f"there is no folder {', '.join(missing)}; expected one of results")
    for path in sorted(path for folder in folders for path in folder.glob("*.json")):
        result = json.loads(path.read_text("utf-8"))
        other = found.setdefault(result["student"], result)
        if other["key"] != result["key"]:
            raise ValueError(f"{result['student']}: got results of two runs, expected one; delete the old one")
    labs = {result["lab"] for result in found.values()}
    if labs != {lab}:
        raise ValueError(f"got results of {', '.join(sorted(labs)) or 'no lab'}, expected those of the lab {lab}")
    return list(found.values())


def write(results: list[Result], out: Path, questions: list[Question], passed_over: Passed = ()) -> None:
    """Writes the table, the pages and the summary; the same results always give the same files.

    Args:
        results: One for each student.
        out: The folder that gets `grades.csv`, `feedback/`, `instructor/`, `written.html`, `summary.html` and
            `summary.md`.
        questions: What the lab asks to be answered in words.
        passed_over: Files that were not graded, with the reason.
    """
    results = sorted(results, key=lambda result: result["student"])
    for kind in ("feedback", "instructor"):
        shutil.rmtree(out / kind, ignore_errors=True)
        (out / kind).mkdir(parents=True)
    (out / "grades.csv").write_text(table(results), encoding="utf-8-sig", newline="")
    for result in results:
        name = f"{result['student']}.html"
        (out / "feedback" / name).write_text(feedback(result), encoding="utf-8")
        (out / "instructor" / name).write_text(instructor(result, questions), encoding="utf-8")
    words = templates().get_template("written.html").render(results=results, questions=questions)
    (out / "written.html").write_text(words, encoding="utf-8")
    (out / "summary.html").write_text(summary_page(results, passed_over), encoding="utf-8")
    (out / "summary.md").write_text(summary_text(results, passed_over), encoding="utf-8")


def rows(path: Path) -> list[dict[str, str]]:
    """Returns a table's rows, whichever program wrote it: with commas or semicolons, in any encoding.

    Raises:
        ValueError: If there is no such file, or it has no column `student`.
    """
    if not path.is_file():
        raise ValueError(f"there is no file {path}; expected a table with a column named student")
    text = decoded(path.read_bytes())
    comma = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    found = [dict(row) for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=comma)]
    if not found or "student" not in found[0]:
        raise ValueError(f"{path}: got columns {', '.join(found[0]) if found else 'none'}, expected one named student")
    return found


def decide(results: list[Result], path: Path) -> None:
    """Sets points as an instructor's table says: columns student, task, points and reason.

    Raises:
        ValueError: If the table names somebody or something that there is not.
    """
    by = {result["student"]: result for result in results}
    for row in rows(path):
        student, task = row["student"], row.get("task") or ""
        of = {short(name): name for name in by.get(student, {"tasks": {}})["tasks"]}
        try:
            points = float(row.get("points") or "")
            decided = by[student]["tasks"][of[short(task)]]
        except (KeyError, ValueError) as error:
            got = f"{student!r}, {task!r}, {row.get('points')!r}"
            raise ValueError(f"{path}: got {got}; expected a student, a task and its points") from error
        decided.update(points=points, remark=f"decided by your instructor: {row.get('reason') or 'no reason given'}")


def enrol(results: list[Result], path: Path) -> list[Result]:
    """Returns results with what a list of students says of each, and one for each who handed in nothing.

    Args:
        results: Those of submissions.
        path: A table with a column `student`, named as their files are; all other columns go into the grades.
    """
    listed = {row.pop("student"): row for row in rows(path)}
    empty = {"remarks": ["nothing was handed in"], "cells": [], "written": {}, "seconds": 0.0, "key": "none"}
    none = {name: task | {"points": 0.0, "remark": "", "check": ""} for name, task in results[0]["tasks"].items()}
    columns = dict.fromkeys(next(iter(listed.values())), "") if listed else {}
    by = {result["student"]: result for result in results}
    for student in listed.keys() - by.keys():
        private: Result = {"traces": {}, "changes": [], "held": []}
        by[student] = {"student": student, "lab": results[0]["lab"], "tasks": none, "private": private} | empty
    return [result | {"about": listed.get(student, columns)} for student, result in by.items()]


def short(name: str) -> str:
    """Returns a task's name: its test's without the ending."""
    return name.removesuffix("-test")


def total(result: Result) -> float:
    """Returns what a student earned."""
    return float(sum(task["points"] for task in result["tasks"].values()))


def possible(result: Result) -> float:
    """Returns what could be earned."""
    return float(sum(task["of"] for task in result["tasks"].values()))


def noted(result: Result) -> list[str]:
    """Returns what somebody should look at, for the instructor alone: suspicions among it."""
    held = [
        f"TAMPERING, to decide: `{h['cell']}` changed {', '.join(h['what'][:5])}" for h in result["private"]["held"]
    ]
    late = ["came late"] if result.get("late") else []
    return [*late, *result["remarks"], *dict.fromkeys(held)]


def remarks(result: Result) -> list[str]:
    """Returns all remarks on a submission, those on single tasks included, for the instructor alone."""
    lost = {name: task["remark"] for name, task in result["tasks"].items() if task["remark"]}
    return noted(result) + [f"{short(name)}: {remark}" for name, remark in lost.items()]


def table(results: list[Result]) -> str:
    """Returns the grades as comma-separated values: points per task, total, maximum, remarks."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = list(results[0]["tasks"])
    about = list(results[0].get("about", {}))
    writer.writerow(["student", "number", *about, *map(short, names), "total", "of", "late", "remarks"])
    for result in results:
        who = [result["student"], str(result.get("number", "")), *(result["about"][column] or "" for column in about)]
        points = [f"{result['tasks'][name]['points']:g}" for name in names]
        last = [f"{total(result):g}", f"{possible(result):g}", "late" if result.get("late") else ""]
        writer.writerow(map(harmless, [*who, *points, *last, "; ".join(remarks(result))]))
    return text.getvalue()


def harmless(value: str) -> str:
    """Returns a value that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t") and len(value) > 1 else value


def feedback(result: Result) -> str:
    """Returns a student's page: points, remarks and the check's words per task, and their own cells."""
    cells = [cell for cell in result["cells"] if cell["kind"] != "given" or cell["error"] or cell["remark"]]
    page = templates().get_template("feedback.html")
    return page.render(result=result, cells=cells, total=total(result), possible=possible(result))


def instructor(result: Result, questions: list[Question]) -> str:
    """Returns an instructor's page on one student: evidence, tracebacks, changes, and what was answered in words."""
    page = templates().get_template("instructor.html")
    figures = {"total": total(result), "possible": possible(result)}
    return page.render(result=result, questions=questions, remarks=noted(result), **figures)


def shares(results: list[Result]) -> list[tuple[str, int]]:
    """Returns how many students have which share of the points, in tenths."""
    tenths = [min(int(10 * total(r) / possible(r)), 9) if possible(r) else 0 for r in results]
    return [(f"{10 * i} to {10 * i + 10} %", tenths.count(i)) for i in range(10)]


def tasks(results: list[Result]) -> list[tuple[str, int, float]]:
    """Returns for each task how many did not get all its points, and the mean points; most failed first."""
    found = []
    for name in results[0]["tasks"]:
        of = [result["tasks"][name] for result in results]
        failed = sum(task["points"] < task["of"] for task in of)
        found.append((short(name), failed, sum(task["points"] for task in of) / len(of)))
    return sorted(found, key=lambda row: -row[1])


def mean(results: list[Result]) -> str:
    """Returns one sentence on the class."""
    average = sum(map(total, results)) / len(results)
    return f"{len(results)} submissions, {average:.2f} of {possible(results[0]):g} points on average"


def figures(results: list[Result], passed_over: Passed) -> dict[str, Any]:
    """Returns what a summary of the class is made of."""
    flagged = [f"{result['student']}: {remark}" for result in results for remark in noted(result)]
    told = {"lab": results[0]["lab"], "mean": mean(results), "flagged": flagged, "passed_over": passed_over}
    return told | {"shares": shares(results), "tasks": tasks(results)}


def summary_text(results: list[Result], passed_over: Passed = ()) -> str:
    """Returns the summary of the class as Markdown."""
    return templates().get_template("summary.md").render(**figures(results, passed_over))


def summary_page(results: list[Result], passed_over: Passed = ()) -> str:
    """Returns the summary of the class as a page."""
    told = figures(results, passed_over)
    most = max(count for _, count in told["shares"])
    return templates().get_template("summary.html").render(most=most, **told)
