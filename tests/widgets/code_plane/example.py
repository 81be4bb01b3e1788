"""CodePlane on the zoo's autoencoder with codes of two numbers, and where it places MNIST."""

from __future__ import annotations

from genlib import zoo
from genlib.widgets import CodePlane


def example() -> CodePlane:
    return CodePlane(zoo.load("ae-mnist-2d"), zoo.plane())
