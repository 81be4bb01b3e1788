"""HalfDigit on the zoo's machine for handwriting and its map of two latents."""

from __future__ import annotations

from genlib import zoo
from genlib.widgets import HalfDigit


def example() -> HalfDigit:
    return HalfDigit(zoo.load("rbm-mnist"), zoo.load("vae-mnist-2d"), seed=7)
