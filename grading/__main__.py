"""Cuts labs and grades what comes back. `make labs` and `make grade` call it.

Hidden tests draw their inputs from the number in the environment variable LAB_SEED: set it to one of your own.
"""

from __future__ import annotations

import argparse
import ast
import os
import sys
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import nbformat

from grading import reports, sandbox
from grading.grade import grade_all, prepare
from grading.program import questions_of
from grading.release import ROOT, release, sources
from grading.session import Limits
from grading.submissions import Found, Submission, find

INTERRUPTED = 130


def value(words: str) -> tuple[str, object]:
    """Returns a parameter's name and value from `name=value`."""
    name, _, text = words.partition("=")
    try:
        return name, ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return name, text


def place(words: str) -> Path:
    """Returns a path, `~` being the home of whoever asks, as it is for a shell."""
    return Path(words).expanduser()


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    whole = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m grading", description=__doc__, formatter_class=whole)
    commands = parser.add_subparsers(dest="command", required=True)
    places = argparse.ArgumentParser(add_help=False)
    places.add_argument("--labs", type=place, default=ROOT / "labs", help="folder of sources, <lab>/<lab>.ipynb")
    places.add_argument("--out", type=place, help="where to write; _build/labs or _build/grades/<lab> by default")
    commands.add_parser("release", parents=[places], help="cut student and instructor's copies of the labs")
    tables = argparse.ArgumentParser(add_help=False)
    tables.add_argument("--students", type=place, help="table with a column student; its others go into the grades")
    tables.add_argument("--decisions", type=place, help="table of points you decided: student, task, points, reason")
    merge = commands.add_parser("merge", parents=[places, tables], help="write the reports from results")
    merge.add_argument("lab")
    merge.add_argument("results", type=place, nargs="+", help="folders of results")
    bounds = argparse.ArgumentParser(add_help=False, parents=[places])
    bounds.add_argument("--cell-seconds", type=float, default=Limits.cell, help="for one cell (default %(default)s)")
    bounds.add_argument("--seconds", type=float, default=Limits.total, help="for a submission (default %(default)s)")
    bounds.add_argument("--parameter", type=value, action="append", default=[], metavar="NAME=VALUE")
    bounds.add_argument("--deadline", type=datetime.fromisoformat, help="as in 2026-11-30T23:59")
    bounds.add_argument("--without-isolation", action="store_true", help="run unread programs with all your rights")
    grade = commands.add_parser("grade", parents=[bounds, tables], help="grade a folder of notebooks")
    grade.add_argument("lab")
    grade.add_argument("submissions", type=place)
    grade.add_argument("--workers", type=int, default=1)
    one = commands.add_parser("one", parents=[bounds], help="grade one notebook; merge its result with others later")
    one.add_argument("lab")
    one.add_argument("notebook", type=place)
    one.add_argument("--student", help="the file's name without its ending by default")
    return parser.parse_args()


def seed() -> str:
    """Returns the number that hidden tests draw from.

    Raises:
        ValueError: If it is none.
    """
    words = os.environ.get("LAB_SEED")
    if words is None:
        print("LAB_SEED is not set: hidden tests use the public seed 0", file=sys.stderr)
        return "0"
    if not (words.isascii() and words.isdigit() and len(words) <= 15):
        raise ValueError(f"LAB_SEED: got {words!r}, expected a whole number of at most 15 digits, such as 48151623")
    return words


def handed_in(options: argparse.Namespace) -> Found:
    """Returns what is to be graded.

    Raises:
        ValueError: If there is nothing.
    """
    if options.command == "one":
        if not (options.notebook.is_file() or options.notebook.is_symlink()):
            raise ValueError(f"there is no file {options.notebook}")
        student = options.student or options.notebook.stem
        found = Found({student: Submission(student, options.notebook)})
    else:
        found = find(options.submissions, options.lab)
    for student, one in found.submissions.items():
        written = datetime.fromtimestamp(one.path.lstat().st_mtime)
        late = one.late or (options.deadline is not None and written > options.deadline.replace(tzinfo=None))
        found.submissions[student] = replace(one, late=late)
    return found


def grade(options: argparse.Namespace) -> int:
    """Grades a folder, or one notebook; returns how many the grader itself failed on."""
    chosen, found = seed(), handed_in(options)
    if not options.without_isolation and sandbox.missing():
        raise ValueError(
            f"there is no isolation: {sandbox.missing()}. Submissions would run with all your rights, so nothing was "
            "graded; if you trust every one of them, add --without-isolation (make grade OPTIONS=--without-isolation)"
        )
    limits = Limits(options.cell_seconds, options.seconds, isolated=not options.without_isolation)
    single, source = options.command == "one", sources(options.labs)[options.lab]
    for name, reason in found.passed_over:
        print(f"passed over: {name}: {reason}")
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        lab = prepare(source, Path(folder), chosen, dict(options.parameter), limits)
        every = list(found.submissions.values())
        results = grade_all(every, lab, limits, options.out / "results", 1 if single else options.workers)
    if not single:
        finish(results, options, found)
    return sum(result["key"] == "" for result in results)


def finish(results: list[reports.Result], options: argparse.Namespace, found: Found) -> None:
    """Writes the reports and says where."""
    out, source = options.out, sources(options.labs)[options.lab]
    if options.students:
        results = reports.enrol(results, options.students)
    if options.decisions:
        reports.decide(results, options.decisions)
    reports.write(results, out, questions_of(nbformat.read(source, as_version=4)), found.passed_over)
    print(reports.mean(results))
    for name in ("grades.csv", "feedback", "instructor", "written.html", "summary.html"):
        print(out / name)


def run(options: argparse.Namespace) -> int:
    """Does what the command line says; returns the exit status."""
    labs = sources(options.labs)
    if options.command == "release":
        if not labs:
            raise ValueError(f"{options.labs} holds no lab; expected <lab>/<lab>.ipynb")
        release(labs, options.out or ROOT / "_build" / "labs")
        return 0
    options.out = options.out or ROOT / "_build" / "grades" / options.lab
    if options.lab not in labs:
        raise ValueError(f"there is no lab {options.lab!r}; there are {', '.join(labs) or 'none'}")
    for table in filter(None, (getattr(options, name, None) for name in ("students", "decisions"))):
        reports.rows(table)
    if options.command == "merge":
        finish(reports.gather(options.results, options.lab), options, Found())
        return 0
    return min(grade(options), 1)


def main() -> int:
    """Runs the command line; complaints go to standard error."""
    try:
        return run(arguments())
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted: what was graded is kept, and the same command goes on from there", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
