"""EMSteps as it begins by itself."""

from __future__ import annotations

from genlib.widgets import EMSteps


def example() -> EMSteps:
    return EMSteps()
