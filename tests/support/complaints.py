"""What a complaint about bad input has to be: a `ValueError` in words that say what was expected, or what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

WANTED = r"expect|this \w+ (has|is on|shows)|does not take|takes no|should not be|knows"
TOLD = re.compile(WANTED + "|pass |train |make |use ")


def complaint(call: Callable[[], Any]) -> str:
    """Returns what is wrong with how a call complains: nothing if it raises a `ValueError` that says what to do."""
    try:
        result = call()
    except ValueError as error:
        words = str(error)
        return "" if TOLD.search(words) else f"says only {words!r}"
    except Exception as error:
        return f"ends in {type(error).__name__}: {error}"
    return f"gives {result}"
