r"""What every widget in Python rests on: its sources joined into one module, and kinds of traits."""

from __future__ import annotations

__all__ = ["Bounded", "Widget", "bytes_trait", "check_image", "tensor_trait"]

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import torch
import traitlets
from torch import Tensor

from genlib.widgets.modules import sources

ROOT = Path(__file__).parent


class WrongValueError(ValueError, traitlets.TraitError):
    """What a trait refuses: a `ValueError`, as everywhere in this library, that traitlets knows as its own too."""


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except traitlets.TraitError as error:
        raise WrongValueError(str(error)) from error


class Widget(anywidget.AnyWidget):
    """Base of all widgets: one in `<widget>/__init__.py` is drawn by `<widget>/index.js` and `<widget>/style.css`."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        if not hasattr(self, "_esm"):
            self._esm, self._css = self.sources()
        with _in_words():
            super().__init__(*args, **kwargs)

    def __setattr__(self, name: str, value: Any) -> None:
        with _in_words():
            super().__setattr__(name, value)

    @classmethod
    @cache
    def sources(cls) -> tuple[str, str]:
        """Returns the JavaScript and the style that a page gets: joined for the first widget of its class."""
        own = next(kind for kind in cls.__mro__ if Widget in kind.__bases__)
        return sources(Path(str(sys.modules[own.__module__].__file__)).parent, ROOT)


class Bounded(traitlets.Float):
    """A trait of numbers between bounds, of which NaN is none: it lies neither below the one nor above the other."""

    def validate(self, obj: Any, value: Any) -> Any:
        """Returns the value if it is a number within the bounds."""
        if isinstance(value, float) and value != value:
            raise ValueError(f"{self.name} is nan, expected {self.min:g} to {self.max:g}")
        return super().validate(obj, value)


def tensor_trait(words: str) -> traitlets.Instance:
    """Returns a trait that is a tensor in Python and a nested list of numbers in the page; `None` at first."""
    return traitlets.Instance(Tensor, allow_none=True, help=words).tag(
        sync=True,
        to_json=lambda value, widget: None if value is None else value.tolist(),
        from_json=lambda value, widget: None if value is None else torch.tensor(value, dtype=torch.get_default_dtype()),
    )


def bytes_trait(words: str) -> traitlets.Bytes:
    """Returns a trait of bytes that the page may write too: what comes back is bytes again, and no view."""
    return traitlets.Bytes(help=words).tag(sync=True, from_json=lambda value, widget: bytes(value))


def check_image(shape: tuple[int, int] | None, features: int) -> tuple[int, int]:
    """Returns (rows, columns) of a picture of `features` pixels, a square one unless `shape` says otherwise.

    Raises:
        ValueError: If the pixels do not fill the picture.

    Example:
        >>> check_image(None, 64), check_image((2, 5), 10)
        ((8, 8), (2, 5))
    """
    side = round(features**0.5)
    if shape is not None and not (len(shape) == 2 and all(isinstance(n, int) and n > 0 for n in shape)):
        raise ValueError(f"shape is {shape!r}, expected (rows, columns), two whole numbers")
    rows, columns = shape or (side, side)
    if rows * columns != features:
        hint = "pass shape=(rows, columns)" if shape is None else "expected rows * columns to be that number"
        raise ValueError(f"{features} pixels do not fill a {rows} x {columns} picture; {hint}")
    return rows, columns
