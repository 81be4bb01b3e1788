"""Dream on the zoo's network that knows labels."""

from __future__ import annotations

from genlib import zoo
from genlib.widgets import Dream


def example() -> Dream:
    return Dream(zoo.load("dbn-mnist-labels"))
