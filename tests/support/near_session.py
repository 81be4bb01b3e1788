"""A program for the grader to speak to in this process: for submissions that mean no harm, and in no time."""

from __future__ import annotations

import contextlib
import io
import sys
import time
from types import SimpleNamespace

from IPython.core.interactiveshell import InteractiveShell

from grading.session import Limits, Outcome


class NearSession:
    """Runs cells as a notebook does, in names of its own."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.shell = InteractiveShell()
        self.shell.kernel = SimpleNamespace(do_execute=self.run)
        self.shell.user_ns["get_ipython"] = lambda: self.shell

    def __enter__(self) -> NearSession:
        self.hook, self.shown = sys.displayhook, sys.excepthook
        return self

    def __exit__(self, *_: object) -> None:
        sys.displayhook, sys.excepthook = self.hook, self.shown

    def run(
        self, code: str, seconds: float | None = None, values: dict[str, str] | None = None, history: bool = True
    ) -> Outcome:
        """Runs one cell, and evaluates expressions after it if it ended well."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            result = self.shell.run_cell(code, store_history=history)
            error = result.error_before_exec or result.error_in_exec
            asked = {} if error else values or {}
            told = {name: repr(eval(text, self.shell.user_ns)) for name, text in asked.items()}
        words = "" if error else said.getvalue()
        return Outcome(type(error).__name__ if error else "", str(error or ""), words, values=told)

    def clock(self) -> float:
        """Returns seconds."""
        return time.monotonic()

    def tidy(self) -> str:
        """Leaves nothing running."""
        return ""
