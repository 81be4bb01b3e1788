"""Cuts labs and grades what comes back. `make labs` and `make grade` call it.

Hidden tests draw their inputs from the number in the environment variable LAB_SEED: set it to one of your own.
"""

from __future__ import annotations

import argparse
import ast
import os
import sys
import tempfile
from pathlib import Path

from grading import reports, sandbox
from grading.grade import grade_all, prepare
from grading.release import ROOT, release, sources
from grading.session import Limits
from grading.submissions import find


def value(words: str) -> tuple[str, object]:
    """Returns a parameter's name and value from `name=value`."""
    name, _, text = words.partition("=")
    try:
        return name, ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return name, text


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    whole = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m grading", description=__doc__, formatter_class=whole)
    commands = parser.add_subparsers(dest="command", required=True)
    places = argparse.ArgumentParser(add_help=False)
    places.add_argument("--labs", type=Path, default=ROOT / "labs", help="folder of sources, <lab>/<lab>.ipynb")
    places.add_argument("--out", type=Path, help="where to write; _build/labs or _build/grades/<lab> by default")
    commands.add_parser("release", parents=[places], help="cut student and instructor's copies of the labs")
    merge = commands.add_parser("merge", parents=[places], help="write grades, feedback and summary from results")
    merge.add_argument("lab")
    merge.add_argument("results", type=Path, nargs="+", help="folders of results")
    bounds = argparse.ArgumentParser(add_help=False, parents=[places])
    bounds.add_argument("--cell-seconds", type=float, default=Limits.cell, help="for one cell (default %(default)s)")
    bounds.add_argument("--seconds", type=float, default=Limits.total, help="for a submission (default %(default)s)")
    bounds.add_argument("--parameter", type=value, action="append", default=[], metavar="NAME=VALUE")
    bounds.add_argument("--without-isolation", action="store_true", help="run unread programs with all your rights")
    grade = commands.add_parser("grade", parents=[bounds], help="grade a folder of notebooks")
    grade.add_argument("lab")
    grade.add_argument("submissions", type=Path)
    grade.add_argument("--workers", type=int, default=1)
    one = commands.add_parser("one", parents=[bounds], help="grade one notebook; merge its result with others later")
    one.add_argument("lab")
    one.add_argument("notebook", type=Path)
    one.add_argument("--student", help="the file's name without its ending by default")
    return parser.parse_args()


def grade(options: argparse.Namespace) -> int:
    """Grades a folder, or one notebook; returns how many the grader itself failed on."""
    if not options.without_isolation and sandbox.missing():
        raise ValueError(
            f"there is no isolation: {sandbox.missing()}. Submissions would run with all your rights, so nothing was "
            "graded; if you trust every one of them, add --without-isolation (make grade OPTIONS=--without-isolation)"
        )
    if "LAB_SEED" not in os.environ:
        print("LAB_SEED is not set: hidden tests use the public seed 0", file=sys.stderr)
    limits = Limits(options.cell_seconds, options.seconds, isolated=not options.without_isolation)
    single = options.command == "one"
    alone = {options.student or options.notebook.stem: options.notebook} if single else {}
    found = alone or find(options.submissions, options.lab)
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        source = sources(options.labs)[options.lab]
        lab = prepare(source, Path(folder), os.environ.get("LAB_SEED", "0"), dict(options.parameter), limits)
        results = grade_all(found, lab, limits, options.out / "results", 1 if single else options.workers)
    if not single:
        finish(results, options.out)
    return sum(result["key"] == "" for result in results)


def finish(results: list[reports.Result], out: Path) -> None:
    """Writes the reports and says where."""
    reports.write(results, out)
    print(f"{reports.mean(results)}\n{out / 'grades.csv'}\n{out / 'feedback'}\n{out / 'summary.html'}")


def run(options: argparse.Namespace) -> int:
    """Does what the command line says; returns the exit status."""
    labs = sources(options.labs)
    if options.command == "release":
        if not labs:
            raise ValueError(f"{options.labs} holds no lab; expected <lab>/<lab>.ipynb")
        release(labs, options.out or ROOT / "_build" / "labs")
        return 0
    options.out = options.out or ROOT / "_build" / "grades" / options.lab
    if options.command == "merge":
        finish(reports.gather(options.results), options.out)
        return 0
    if options.lab not in labs:
        raise ValueError(f"there is no lab {options.lab!r}; there are {', '.join(labs) or 'none'}")
    return min(grade(options), 1)


def main() -> int:
    """Runs the command line; complaints go to standard error."""
    try:
        return run(arguments())
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
