"""What a page's head says, and how the search orders what it finds."""

from __future__ import annotations

import doctest
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from docutils import nodes
from docutils.core import publish_doctree

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book"))
pytest.importorskip("sphinx", reason="the book's tools are not installed")

import figures  # noqa: E402
from book_build import assets, dependencies, pages, reference, running  # noqa: E402


@pytest.mark.parametrize("module", [figures, assets, dependencies, pages, reference, running])
def test_examples_in_the_machinery_run(module: object) -> None:
    assert doctest.testmod(module).failed == 0


def test_a_page_is_described_by_its_first_words_that_say_something() -> None:
    promise = "A machine that has seen many sevens draws another. It must have learned what all of them share."
    link = "Open this chapter in Colab, where it runs without anything to install at home."
    text = f"Title\n=====\n\n{link}\n\nA word.\n\n{promise}\n"
    tree = publish_doctree(text)
    assert pages.description(tree) == promise
    formula = next(p for p in tree.findall(nodes.paragraph) if p.astext() == promise)
    formula += nodes.math("", r"p(x)")
    assert pages.description(tree) == pages.ABOUT
    assert pages.description(None) == pages.ABOUT


@pytest.mark.parametrize("text", ["One. " * 80, "word " * 80, "A sentence, e.g. this one, is cut at its end. " * 6])
def test_descriptions_are_short(text: str) -> None:
    short = pages.shortened(text.strip())
    assert 100 < len(short) <= 202
    assert short.endswith((".", "…"))


class Meta(HTMLParser):
    """Collects the tags of a head that have a content."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attributes}
        if tag == "meta":
            self.found[named.get("name") or named["property"]] = named["content"]


def test_what_a_head_tells() -> None:
    context = {"title": 'A <em>title</em> &amp; "more"', "metatags": '<meta name="viewport" content="width=1" />'}
    head = pages.head("chapters/vae/x", context, None)
    found = Meta(head).found
    assert "viewport" not in found
    assert found["og:title"] == 'A title & "more"'
    assert found["description"] == found["og:description"] == pages.ABOUT
    assert found["og:url"] == f"{pages.address()}chapters/vae/x.html"
    assert re.fullmatch(r"https://[\w-]+\.github\.io/[\w.-]+/", pages.address())
    picture = found["og:image"].removeprefix(f"{pages.address()}_static/")
    assert 10_000 < (ROOT / "book" / "assets" / picture).stat().st_size < 200_000
