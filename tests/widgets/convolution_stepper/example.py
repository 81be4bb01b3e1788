"""ConvolutionStepper as the chapter begins with it."""

from __future__ import annotations

from genlib.widgets import ConvolutionStepper


def example() -> ConvolutionStepper:
    return ConvolutionStepper()
