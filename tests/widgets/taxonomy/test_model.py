"""Laws of the tree as the page walks it, under Deno, and the faults that they notice."""

from __future__ import annotations

from deno_tests import holds
from mutants import breaks

MODEL = "taxonomy/model.js"


@breaks("grey leaves visited", MODEL, "leaves(tree).filter(alive)", "leaves(tree)")
def test_leaves() -> None:
    holds("taxonomy", "the families are Python's")


@breaks("a last family without a next", MODEL, "(at + 1) % ready.length", "Math.min(at + 1, ready.length - 1)")
def test_next() -> None:
    holds("taxonomy", "next goes through all families")


@breaks("only what lies above is lit", MODEL, "pathOf(key).some((node) => node.key === shown)", "false")
def test_lit() -> None:
    holds("taxonomy", "what is lit is the way")


@breaks("pictures too light", MODEL, "/ 15", "/ 16")
def test_pictures() -> None:
    holds("taxonomy", "pictures are those of the zoo")


@breaks("links to notebooks in the book", MODEL, "root === undefined", "root !== undefined")
def test_links() -> None:
    holds("taxonomy", "an unknown node shows the root")
