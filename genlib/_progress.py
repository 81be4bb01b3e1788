"""A progress line that leaves nothing behind, neither in a published page nor in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")


def track(items: Iterable[T], total: int, shown: bool = True, *, every: float = 0.25) -> Iterator[T]:
    """Passes `items` on, showing a line about them at most once in `every` seconds and wiping it at the end."""
    line = _line() if shown else None
    if line is None:
        yield from items
        return
    start = last = time.monotonic()
    try:
        for done, item in enumerate(items, 1):
            yield item
            now = time.monotonic()
            if now - last >= every:
                last = now
                left = (now - start) * (total - done) / done
                line(f"{done:,} of {total:,} ({100 * done // total} %), {left:.0f} s to go")
    finally:
        line("")


def _line() -> Any | None:
    """Returns a function that replaces a line of text, or None where nobody would see it."""
    if "ipykernel" in sys.modules:
        from IPython import get_ipython
        from IPython.display import display

        if get_ipython() is not None:
            handle = display({"text/plain": ""}, raw=True, display_id=True)
            return lambda text: handle.update({"text/plain": text} if text else {}, raw=True)
    if sys.stderr.isatty():
        return lambda text: print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    return None
