"""What a chapter claims about the models it trains: true of the parameters it is printed with, and asked only there.

An identity holds for every data set, seed and number of steps, and a cell asserts it. That a trained model beats
another, or that a chain gets stuck, is a finding of one run. A chapter says once for which parameters its findings are
claimed, and a reader who changes a parameter is told which of them no longer hold, instead of being stopped by them.
"""

from __future__ import annotations

import ast
import linecache
import sys
from types import FrameType
from typing import Any


class Claims:
    """A chapter's findings, insisted on where all of its parameters are those that the text describes.

    Args:
        *described: What must be so for the text to describe this run, one comparison a parameter.

    Example:
        >>> steps, seed = 10, 0
        >>> claim = Claims(steps == 4000, seed == 0)
        >>> error = 0.5
        >>> claim(error > 0)
        >>> claim(error < 0.1)
        Not so with these parameters: error < 0.1
    """

    def __init__(self, *described: bool) -> None:
        self.insists = all(described)

    def __call__(self, holds: Any) -> None:
        """Fails where a finding does not hold although the parameters are the text's; elsewhere says so.

        Args:
            holds: A truth value, or a tensor or array of one.

        Raises:
            AssertionError: If it does not hold at the parameters that the text describes; it quotes the claim.
        """
        if bool(holds):
            return
        claim = argument(sys._getframe(1))
        if self.insists:
            raise AssertionError(f"the text claims what is not so: {claim}")
        print(f"Not so with these parameters: {claim}")


def argument(frame: FrameType) -> str:
    """Returns the source text of what the call that a frame is in was given, on one line."""
    code = frame.f_code
    first, last, left, right = list(code.co_positions())[frame.f_lasti // 2]
    lines = [line.encode() for line in linecache.getlines(code.co_filename, frame.f_globals)]
    if first is None or last is None or last > len(lines):
        return f"line {frame.f_lineno}"
    lines = lines[first - 1 : last]
    lines[-1] = lines[-1][:right]
    lines[0] = lines[0][left:]
    call = b"".join(lines).decode()
    [claimed] = ast.parse(call, mode="eval").body.args  # type: ignore[attr-defined]
    return " ".join((ast.get_source_segment(call, claimed) or call).split())
