"""The way that widgets are joined whose sources still lie in `static/`."""

from __future__ import annotations

__all__ = [
    "LIMIT",
    "STATIC",
    "Spec",
    "Widget",
    "check_bits",
    "check_image",
    "pack",
    "pack_tensors",
    "rounded",
    "tensor_trait",
    "unpack_tensors",
]

from pathlib import Path

import traitlets

from genlib.widgets import base
from genlib.widgets.base import check_image, tensor_trait
from genlib.widgets.packing import LIMIT, Spec, check_bits, pack, pack_tensors, rounded, unpack_tensors

STATIC = Path(__file__).parent / "static"


class Widget(base.Widget):
    """A widget `name.py` that is drawn by `static/name.js`, with the files that `parts` names before it."""

    parts: tuple[str, ...] = ()

    weights = traitlets.Bytes().tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)

    def __init_subclass__(cls, **kwargs: object) -> None:
        if Widget in cls.__bases__:
            own = cls.__module__.rpartition(".")[2]
            cls._esm = _joined("runtime.js", "ui.js", *cls.parts, f"{own}.js")
            cls._css = _joined("widgets.css", f"{own}.css")
        super().__init_subclass__(**kwargs)


def _joined(*names: str) -> str:
    """Returns the sources one after the other: a module that is loaded from a string cannot import a file."""
    return "\n".join((STATIC / name).read_text() for name in names if (STATIC / name).exists())
