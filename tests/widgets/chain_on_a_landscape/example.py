"""ChainOnALandscape as it begins by itself."""

from __future__ import annotations

from genlib.widgets import ChainOnALandscape


def example() -> ChainOnALandscape:
    return ChainOnALandscape()
