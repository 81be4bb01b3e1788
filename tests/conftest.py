"""What all tests share: float64, a random state of their own, and rules for the notebooks that nbval runs."""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from gpu import move_to_gpu
from mutants import pytest_pycollect_makeitem  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent

# What takes longest, first: a worker takes whole modules, and a long one at the end leaves the others without work.
LONGEST = ["tests/grading", "tests/labs", "tests/pages", "tests/widgets", "chapters", "labs"]

# What the table at the end of `make test` calls the tests of a folder.
PARTS = {
    "chapters": "notebooks of chapters",
    "labs": "notebooks of labs",
    "tests/book": "book",
    "tests/contract": "contract",
    "tests/data": "data",
    "tests/grading": "grading",
    "tests/labs": "labs",
    "tests/pages": "pages",
    "tests/test_style.py": "style",
    "tests/widgets": "widgets",
    "tests/zoo": "zoo",
}
_spent: dict[str, list[float]] = defaultdict(lambda: [0.0, 0])
_red: dict[str, str] = {}


def pytest_collectreport(report: pytest.CollectReport | pytest.TestReport) -> None:
    """Remembers why something failed."""
    if report.failed:
        crash = getattr(report.longrepr, "reprcrash", None)
        _red[report.nodeid] = crash.message if crash else str(report.longrepr)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Adds a test's seconds to those of its part, and remembers why one failed."""
    pytest_collectreport(report)
    file = report.nodeid.split("::")[0]
    part = next((part for place, part in PARTS.items() if Path(file).is_relative_to(place)), "laws")
    _spent[part][0] += report.duration
    _spent[part][1] += report.when == "call"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Writes the seconds and tests of each part, and what failed, where `tests/suite.py` wants to have them."""
    file = os.environ.get("GENLIB_PARTS")
    if file and not hasattr(session.config, "workerinput"):
        Path(file).write_text(json.dumps({"parts": _spent, "red": _red}), encoding="utf-8")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turns a skip for want of a program into a failure where `GENLIB_INSIST` says that all programs are there."""
    report = yield
    reason = str(report.longrepr)
    if report.skipped and os.environ.get("GENLIB_INSIST") and ("Chromium" in reason or "bubblewrap" in reason):
        report.outcome = "failed"
        report.longrepr = f"{reason}\nGENLIB_INSIST is set, so what is missing is a failure"
    return report


@pytest.fixture(autouse=True)
def exact_and_reproducible(request: pytest.FixtureRequest) -> Iterator[None]:
    """Runs a test in float64 from seed 0, and leaves torch and matplotlib as they were.

    Labs that run in this process set the book's style and draw figures, which no test after them may notice.
    """
    if not request.node.path.is_relative_to(ROOT / "tests"):
        yield
        return
    import matplotlib as mpl
    import torch

    before = torch.get_default_dtype()
    with torch.random.fork_rng(), mpl.rc_context():
        torch.set_default_dtype(torch.float64)
        torch.manual_seed(0)
        yield
    torch.set_default_dtype(before)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts long modules first, and prepares the notebooks' cells: kept outputs are compared, and a GPU run is one."""
    items.sort(key=_turn)
    cells = [item for item in items if getattr(item, "cell", None) is not None]
    for item in cells:
        if item.cell.get("outputs"):
            # nbstripout clears the counts, and nbval refuses outputs without one.
            item.cell["execution_count"] = item.cell.get("execution_count") or 1
    if os.environ.get("GENLIB_GPU"):
        move_to_gpu(items, cells)


def _turn(item: pytest.Item) -> int:
    path = item.path.relative_to(ROOT)
    return next((i for i, name in enumerate(LONGEST) if path.is_relative_to(name)), len(LONGEST))
