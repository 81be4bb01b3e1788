"""GibbsChain on the zoo's machine for handwriting."""

from __future__ import annotations

from genlib import zoo
from genlib.widgets import GibbsChain


def example() -> GibbsChain:
    return GibbsChain(zoo.load("rbm-mnist"))
