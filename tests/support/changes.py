"""What a change can have broken: the test modules and notebooks that rest on the files it touches."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUPPORT = ROOT / "tests" / "support"
EVERYTHING = ["deno.json", "pyproject.toml", "requirements.txt", "tests/conftest.py"]
ALWAYS = ["tests/test_laws.py", "tests/test_style.py"]
LAWS_OF_SCRIPTS = ["tests/widgets/test_deno.py"]  # and, of every folder, the laws of its own
LAWS_OF_SCRIPTS += [
    path.relative_to(ROOT).as_posix()
    for name in ("model", "js", "layers")
    for path in sorted(ROOT.glob(f"tests/widgets/*/test_{name}.py"))
]

# What tests reach otherwise than by an import: a file whose name begins so, and the tests that read or run it.
READ_BY = {
    "_": ["tests/book", "tests/pages"],
    "api.md": ["tests/pages"],
    "book/": ["tests/book", "tests/labs", "tests/pages"],
    "chapters/": ["tests/book", "tests/pages"],
    "genlib/widgets/": [*LAWS_OF_SCRIPTS, "tests/widgets/test_every_widget.py", "tests/widgets/test_timing.py"],
    "grading/": ["tests/grading", "tests/labs"],
    "intro.md": ["tests/pages"],
    "labs/": ["tests/book", "tests/grading", "tests/labs"],
    "lectures.md": ["tests/pages"],
    "notation.md": ["tests/book", "tests/pages"],
    "references.bib": ["tests/pages"],
    "tests/support/numbers.js": LAWS_OF_SCRIPTS,
    "tests/widgets/": LAWS_OF_SCRIPTS,
}


def _lines(*command: str) -> list[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def since(revision: str) -> set[Path]:
    """Returns the files that differ from where this branch left `revision`, those not yet committed included."""
    start = _lines("git", "merge-base", "HEAD", revision)[0]
    names = _lines("git", "diff", "--name-only", "--no-renames", start)
    return {ROOT / name for name in [*names, *_lines("git", "ls-files", "--others", "--exclude-standard")]}


def sources() -> list[Path]:
    """Returns all test modules and notebooks."""
    notebooks = [path for folder in ("chapters", "labs") for path in (ROOT / folder).rglob("*.ipynb")]
    return [*sorted((ROOT / "tests").rglob("test_*.py")), *sorted(notebooks)]


def touched(changed: Iterable[Path]) -> list[Path]:
    """Returns the test modules and notebooks that rest on a changed file, and those that look at every file.

    What a notebook or a test rests on by its imports is what the book's own key says. What a test imports from
    `tests/support` belongs to it; a notebook that is touched is looked at as a page and as a lab as well.
    """
    sys.path.insert(0, str(ROOT / "book"))
    from book_build.dependencies import resting_on

    every, changed = sources(), set(changed)
    if any(path.relative_to(ROOT).as_posix() in EVERYTHING for path in changed):
        return every
    found = set(resting_on(changed, [*every, *SUPPORT.glob("*.py")]))
    for helper in [path.stem for path in found if path.parent == SUPPORT]:
        imports = re.compile(rf"^\s*(?:from|import) {helper}\b", re.MULTILINE)
        found |= {path for path in every if path.suffix == ".py" and imports.search(path.read_text("utf-8"))}
    reached = [path.relative_to(ROOT).as_posix() for path in {*changed, *found}]
    places = [place for start, tests in READ_BY.items() for place in tests if any(n.startswith(start) for n in reached)]
    return [path for path in every if path in found or _lies_in(path, [*places, *ALWAYS])]


def _lies_in(path: Path, places: Iterable[str]) -> bool:
    return any(path.is_relative_to(ROOT / place) for place in places)
