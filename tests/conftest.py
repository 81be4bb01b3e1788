"""What all tests share: float64, a random state of their own, and rules for the notebooks that nbval runs."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


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
    """Runs a test in float64 from seed 0, and hands torch's random state and default dtype back unchanged."""
    if not request.node.path.is_relative_to(ROOT / "tests"):
        yield
        return
    import torch

    before = torch.get_default_dtype()
    with torch.random.fork_rng():
        torch.set_default_dtype(torch.float64)
        torch.manual_seed(0)
        yield
    torch.set_default_dtype(before)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lets nbval compare kept outputs, whose execution counts nbstripout has cleared."""
    for item in items:
        cell = getattr(item, "cell", None)
        if cell is not None and cell.get("outputs"):
            cell["execution_count"] = cell.get("execution_count") or 1
