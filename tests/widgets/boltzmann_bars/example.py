"""BoltzmannBars as it begins by itself."""

from __future__ import annotations

from genlib.widgets import BoltzmannBars


def example() -> BoltzmannBars:
    return BoltzmannBars()
