"""The widgets' scripts under Deno as a page gets them, joined, and that each of their tests is a law."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache

import pytest
from deno_tests import TESTS, edited, folders, holds, joined_copy, outcomes


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, str]]:
    """What becomes of a folder's tests on the joined strings, of which each runs once."""
    imports = joined_copy(tmp_path_factory.mktemp("joined"))
    return cache(lambda name: outcomes(name, imports))


@pytest.mark.slow
@pytest.mark.parametrize("name", folders())
def test_joined_strings_keep_every_law(name: str, joined: Callable[[str], dict[str, str]]) -> None:
    assert not [fault for fault in joined(name).values() if fault]


def claimed(name: str) -> list[str]:
    """Returns the laws that the Python tests of a folder run."""
    calls = [
        node
        for path in (TESTS / name).glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "holds"
    ]
    return [call.args[1].value for call in calls if isinstance(call.args[1], ast.Constant)]


@pytest.mark.parametrize("name", folders())
def test_every_test_of_a_script_is_a_law_that_carries_faults(
    name: str, joined: Callable[[str], dict[str, str]]
) -> None:
    laws = claimed(name)
    assert not [title for title in joined(name) if not title.startswith(tuple(laws))]


def test_what_is_no_law_and_what_is_no_fault_are_errors() -> None:
    with pytest.raises(AssertionError, match="no test of js begins with 'no such'"):
        holds("js", "no such")
    with pytest.raises(LookupError, match="0 times"), edited("js/adam.js", "no such text", ""):
        pass
    with edited("js/history.js", "clear() {", "clear() { throw new Error('broken');"), pytest.raises(RuntimeError):
        holds("js", "a history keeps")
    holds("js", "a history keeps")
