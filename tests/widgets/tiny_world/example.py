"""TinyWorld as it begins by itself."""

from __future__ import annotations

from genlib.widgets import TinyWorld


def example() -> TinyWorld:
    return TinyWorld()
