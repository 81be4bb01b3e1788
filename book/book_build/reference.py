"""The reference: every public name of the library, from its docstring."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

from sphinx.application import Sphinx

from book_build.dependencies import modules


def public(module: ModuleType) -> list[str]:
    """Returns the functions and classes that a module offers, which the API page must list."""
    offered = getattr(module, "__all__", None)
    if offered is None:
        own = {name for name, thing in vars(module).items() if getattr(thing, "__module__", "") == module.__name__}
        offered = [name for name in own if not name.startswith("_")]
    return sorted(name for name in offered if callable(getattr(module, name)))


def list_modules(app: Sphinx, name: str, source: list[str]) -> None:
    """Sphinx event: writes one section per module into the API page."""
    if name == "api":
        section = (
            "(api-{0})=\n## `genlib.{0}`\n\n```{{eval-rst}}\n.. automodule:: genlib.{0}\n"
            "   :members:\n   :special-members: __call__\n   :show-inheritance:\n```\n"
        )
        source[0] = source[0].replace("<!-- modules -->", "\n".join(section.format(m) for m in modules()))


def markdown_to_rest(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Sphinx event: lets docstrings be Markdown where they quote code and formulas, which is how readers see them."""
    text, blocks = "\n".join(lines), list[str]()

    def keep(match: re.Match[str]) -> str:
        blocks.append(match[0])
        return f"\x00{len(blocks) - 1}\x00"

    text = re.sub(r"^ *>>>.*(?:\n(?! *$).*)*", keep, text, flags=re.MULTILINE)
    text = re.sub(r"(?<![`:\w])``?((?:[^`\n]|\n(?! *\n))+)``?(?!`)", lambda m: f"``{' '.join(m[1].split())}``", text)
    text = re.sub(r"``[^`]+``", keep, text)
    text = re.sub(r"^( *)\$\$(.+?)\$\$ *$", _display, text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"\$([^$]+?)\$", lambda m: f":math:`{' '.join(m[1].split())}`", text)
    lines[:] = re.sub(r"\x00(\d+)\x00", lambda m: blocks[int(m[1])], text).split("\n")
    if what == "attribute":
        lines.insert(0, "")  # or napoleon takes what stands before a colon for a type


def _display(match: re.Match[str]) -> str:
    body = (line.strip() for line in match[2].strip().splitlines())
    return f"\n{match[1]}.. math::\n\n" + "\n".join(f"{match[1]}   {line}" for line in body) + "\n"
