"""Taxonomy as it begins by itself."""

from __future__ import annotations

from genlib.widgets import Taxonomy


def example() -> Taxonomy:
    return Taxonomy()
