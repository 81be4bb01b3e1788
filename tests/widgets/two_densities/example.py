"""TwoDensities as it begins by itself."""

from __future__ import annotations

from genlib.widgets import TwoDensities


def example() -> TwoDensities:
    return TwoDensities()
