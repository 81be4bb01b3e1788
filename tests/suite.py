"""Runs the tests in parts and prints what each part took: `python tests/suite.py {all,fast,changed} [--since REV]`.

`all` builds the book, then runs every test, two more at a time than there are processors, or as many as `--workers`
says; those that compare times come last, one by one. `fast` leaves out the book, Chromium, notebooks, mutants and slow
tests. `changed` runs what a change since REV can have broken, by the key that tells the book which notebooks to run
again, and says what it left out.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))
import changes

ROOT = changes.ROOT
SITE = ["tests/pages"]
BROWSER = re.compile(r"\b(?:from harness|playwright)\b")
ROOTS = ["genlib", "tests", "chapters", "labs"]
NOTEBOOKS = ["--nbval-lax", "--nbval-current-env"]
SIDE_BY_SIDE = ["--dist", "loadscope", "--no-loadscope-reorder"]


class Suite:
    """The parts that ran: seconds on the clock, and seconds of each kind of test within them."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.clock: dict[str, float] = {}
        self.failed: list[str] = []
        self.parts: dict[str, list[float]] = {}
        self.red: dict[str, str] = {}

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.clock[name] = time.monotonic() - start

    def run(self, name: str, *command: str, **environment: str) -> bool:
        """Runs one part and remembers whether it failed."""
        print(f"\n--- {name}: {' '.join(command)}", flush=True)
        with self.timed(name):
            done = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment})
        if done.returncode:
            self.failed.append(name)
        return not done.returncode

    def tests(self, name: str, *arguments: str) -> bool:
        """Runs pytest, one thread to a process: where two run side by side, more only get in each other's way."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "parts.json"
            command = [sys.executable, "-m", "pytest", *arguments]
            kept = {"PYTHONDONTWRITEBYTECODE": ""}  # else every worker rewrites the asserts of every test
            fine = self.run(name, *command, **kept, OMP_NUM_THREADS="1", GENLIB_PARTS=str(file))
            told = json.loads(file.read_text()) if file.exists() else {"parts": {}, "red": {}}
            self.red |= told["red"]
            for part, (seconds, number) in told["parts"].items():
                total = self.parts.setdefault(part, [0.0, 0])
                total[0], total[1] = total[0] + seconds, total[1] + number
        return fine

    def side_by_side(self, *arguments: str) -> None:
        """Runs pytest on as many modules at a time as there are workers."""
        self.tests("side by side", "-n", str(self.workers), *SIDE_BY_SIDE, *arguments)

    def report(self) -> int:
        """Prints the table of parts and, last, what failed with the end of its message; returns the exit status."""
        print(f"\n{'part':34}{'tests':>7}{'seconds':>9}")
        for part, (seconds, number) in sorted(self.parts.items(), key=lambda item: -item[1][0]):
            print(f"  {part:32}{number:7}{seconds:9.0f}")
        for name, seconds in self.clock.items():
            print(f"{name + ', on the clock':34}{'':7}{seconds:9.0f}{'  FAILED' if name in self.failed else ''}")
        print(f"{'together':34}{'':7}{sum(self.clock.values()):9.0f}")
        for test, message in self.red.items():
            lines = message.strip().splitlines()
            print(f"\nred: {test}", *lines[:2], *lines[2:][-6:], sep="\n  ")
        return bool(self.failed)


def everything(suite: Suite) -> None:
    if suite.run("book", sys.executable, "book/build.py"):
        suite.side_by_side("-m", "not timing", *NOTEBOOKS, "--doctest-modules", *ROOTS)
        suite.tests("timing, alone", "-m", "timing", "tests")


def in_chromium() -> list[str]:
    """Returns the test modules that start a browser."""
    names = [path for path in changes.sources() if path.suffix == ".py" and BROWSER.search(path.read_text("utf-8"))]
    return [*SITE, *(path.relative_to(ROOT).as_posix() for path in names)]


def fast(suite: Suite) -> None:
    without = [option for path in in_chromium() for option in ("--ignore", path)]
    chosen = "not slow and not mutant and not timing"
    suite.side_by_side("-m", chosen, *without, "--doctest-modules", "genlib", "tests")


def changed(suite: Suite, revision: str) -> None:
    files = changes.since(revision)
    chosen = [path.relative_to(ROOT).as_posix() for path in changes.touched(files)]
    left = [name for path in changes.sources() if (name := path.relative_to(ROOT).as_posix()) not in chosen]
    print(f"{len(files)} files differ from {revision}; these are left out, as nothing of that reaches them:")
    print("\n".join(f"  {name}" for name in left) or "  none")
    pages = any(name.startswith(tuple(SITE)) for name in chosen)
    if not pages or suite.run("book", sys.executable, "book/build.py"):
        suite.side_by_side("-m", "not timing", *NOTEBOOKS, *chosen)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("which", choices=["all", "fast", "changed"])
    parser.add_argument("--since", default="main", help="revision with which `changed` compares")
    many = (os.cpu_count() or 1) + 2
    parser.add_argument("--workers", type=int, default=many, help="tests at a time; kernels and browsers often wait")
    arguments = parser.parse_args()
    suite = Suite(arguments.workers)
    if arguments.which == "changed":
        changed(suite, arguments.since)
    else:
        {"all": everything, "fast": fast}[arguments.which](suite)
    return suite.report()


if __name__ == "__main__":
    sys.exit(main())
