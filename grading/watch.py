"""How the grader asks a program in the sandbox, so that an answer cannot be given for another question."""

from __future__ import annotations

import ast
import hashlib
import json
import random
import secrets
from functools import cache
from pathlib import Path


@cache
def inside() -> str:
    """Returns the source of what runs in the sandbox."""
    return (Path(__file__).parent / "inside.py").read_text("utf-8")


def calling(function: str, *arguments: object) -> str:
    """Returns one expression that calls a function of `inside`, leaving nothing behind.

    An expression is evaluated without what a notebook may have put before, behind or around its cells.
    """
    call = f"{function}({', '.join(map(repr, arguments))})"
    space = "{'get_ipython': get_ipython, '__name__': 'inside'}"
    return f"(lambda space: exec({inside()!r}, space) or eval({call!r}, space))({space})"


def fresh_key() -> str:
    """Returns a key for one digest, so that an earlier answer cannot be given again."""
    return secrets.token_hex(16)


def digest(marks: dict[str, object], key: str) -> str:
    """Returns the digest that marks must give under a key."""
    told = json.dumps(marks, sort_keys=True)
    return hashlib.blake2b(told.encode(), key=key.encode()).hexdigest()


def answer(shown: str) -> object:
    """Returns what an expression gave, None where it gave nothing that can be read."""
    try:
        return json.loads(ast.literal_eval(shown))
    except (ValueError, SyntaxError, TypeError):
        return None


def text(shown: str) -> str:
    """Returns the text that an expression gave, empty where it gave none."""
    try:
        return str(ast.literal_eval(shown))
    except (ValueError, SyntaxError):
        return ""


def differences(before: dict[str, object], now: object) -> list[str]:
    """Returns what is no longer as it was, by name."""
    if not isinstance(now, dict):
        return ["the answer about what changed"]
    return sorted(name for name, mark in before.items() if now.get(name, mark) != mark)


def false_claims() -> list[str]:
    """Returns statements that must fail, worded differently each time."""
    low, high = sorted(random.sample(range(1000), 2))
    return [
        f"assert {high} < {low}",
        f"assert (lambda t: t.allclose(t.full((2,), {low}.0), t.full((2,), {high}.0)))(__import__('torch'))",
    ]
