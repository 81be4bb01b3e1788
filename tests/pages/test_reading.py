"""What helps to read a page, beside what `test_site.py` looks at on each: links that hold, copying, searching."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

OwnPage = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
PAGE = "chapters/energy/restricted-boltzmann-machines"
TOP = "(id) => document.getElementById(id).getBoundingClientRect().top"


def last_section(page_file: Path) -> str:
    """Returns the name of the last section that the contents of a page list, the one that is hardest to land on."""
    return re.findall(r'class="toc-h2 nav-item toc-entry"><a [^>]*href="#([^"]+)"', page_file.read_text("utf-8"))[-1]


def below(page: Any, name: str) -> float:
    """Returns how far a section starts below the place where the theme puts what a link leads to."""
    padding = page.evaluate("parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop)")
    return abs(page.evaluate(TOP, name) - padding)


@pytest.mark.parametrize("over", ["http", "file"])
@pytest.mark.parametrize(("width", "height", "motion"), [(1280, 800, "no-preference"), (360, 740, "reduce")])
def test_a_link_into_a_page_holds_while_the_page_grows(
    over: str, width: int, height: int, motion: str, site: Path, open_page: OwnPage
) -> None:
    """From elsewhere while the page still grows, and from its own contents; and it does not hold who scrolls on."""
    name = last_section(site / f"{PAGE}.html")
    page = open_page(PAGE, over=over, at=f"#{name}", width=width, height=height, reduced_motion=motion)
    bottom = page.evaluate("document.documentElement.scrollHeight - innerHeight - scrollY")
    assert below(page, name) < 2 or bottom < 2
    page.evaluate("document.querySelector('article').insertAdjacentHTML('afterbegin', '<p style=\"height: 3000px\">')")
    page.wait_for_function(f"Math.abs(({TOP})('{name}')) < innerHeight")
    page.mouse.wheel(0, -500)
    page.wait_for_function(f"({TOP})('{name}') > 400")
    page.evaluate("document.querySelector('article > p').style.height = '1000px'")
    first = page.evaluate("document.querySelector('nav.page-toc a').hash.slice(1)")
    page.evaluate("document.querySelector('nav.page-toc a').click()")
    page.wait_for_function(f"Math.abs(({TOP})('{first}')) < 100")


def test_examples_are_copied_without_prompts_and_answers(open_page: OwnPage) -> None:
    page = open_page("api")
    page.evaluate("addEventListener('copy', () => { window.copied = document.activeElement.value; })")
    example = page.locator("div.highlight pre", has_text=">>>").first
    example.hover()
    example.locator("xpath=..").locator("button.copybtn").click()
    page.wait_for_function("window.copied")
    lines = example.inner_text().splitlines()
    typed = [line[4:] for line in lines if line.startswith((">>> ", "... "))]
    assert 0 < len(typed) < len(lines)
    assert page.evaluate("window.copied").strip().split("\n") == typed


def test_a_formula_that_fits_again_loses_its_shade(open_page: OwnPage) -> None:
    """Made narrow some formulas of a line scroll, which their edge shows; made wide again none does."""
    shaded = "document.querySelectorAll('article span.math[data-more]').length"
    page = open_page(PAGE)
    assert page.evaluate(shaded) == 0
    page.set_viewport_size({"width": 200, "height": 800})
    page.wait_for_function(f"{shaded} > 0")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_function(f"{shaded} === 0")


def test_a_table_that_fits_again_is_no_wider_than_its_words(open_page: OwnPage) -> None:
    """What scrolls has wider cells, which must not keep it scrolling."""
    marked = "document.querySelectorAll('article .pst-scrollable-table-container[data-more]').length"
    page = open_page("chapters/energy/machines-compared", width=360)
    first, tables = page.evaluate(marked), page.locator("article .pst-scrollable-table-container").count()
    assert first < tables
    page.set_viewport_size({"width": 200, "height": 740})
    page.wait_for_function(f"{marked} === {tables}")
    page.set_viewport_size({"width": 360, "height": 740})
    page.wait_for_function(f"{marked} === {first}")


LINES = """(element) => {
    const range = document.createRange(), lines = new Map();
    range.selectNodeContents(element);
    for (const { bottom, width } of range.getClientRects()) {
        const line = [...lines.keys()].find((other) => Math.abs(other - bottom) < 8) ?? bottom;
        lines.set(line, (lines.get(line) ?? 0) + width);
    }
    return [...lines.values()];
}"""


@pytest.mark.parametrize("width", [1280, 360])
def test_no_heading_ends_in_a_short_line(width: int, open_page: OwnPage) -> None:
    page = open_page("labs/index", width=width)
    headings = page.locator("article :is(h1, h2, h3)").evaluate_all(f"(all) => all.map({LINES})")
    broken = [lines for lines in headings if len(lines) > 1]
    assert broken
    assert not [lines for lines in broken if lines[-1] < 0.4 * max(lines)]


def test_a_word_of_code_is_whole_where_a_line_can_hold_it(open_page: OwnPage) -> None:
    page = open_page("book/instructors", width=360)
    words = page.locator("article :is(p, li) > code .pre")
    room_and_lines = f"[one.closest('p, li').clientWidth, ({LINES})(one)]"
    told = words.evaluate_all(f"(all) => all.map((one) => [one.textContent, ...{room_and_lines}])")
    assert not [word for word, room, lines in told if len(lines) > 1 and sum(lines) < room - 16]
    assert any(word == "--parameter" for word, _, _ in told)


@pytest.mark.parametrize("words", ["RBM", "VAE", "GAN"])
def test_search_finds_chapters_before_classes(words: str, open_page: OwnPage) -> None:
    page = open_page("search", at=f"?q={words}")
    page.wait_for_selector("#search-results li a")
    first = page.locator("#search-results li a").first.get_attribute("href")
    assert first.startswith(("chapters/", "labs/"))


def test_the_site_opens_at_its_address(site: Path) -> None:
    assert (site / "index.html").read_bytes() == (site / "intro.html").read_bytes()
    assert "<title>Deep Generative Models</title>" in (site / "index.html").read_text("utf-8")


LIGHTS = ["energy/boltzmann-machines", "energy/restricted-boltzmann-machines", "gan/adversarial-training"]


@pytest.mark.parametrize("name", LIGHTS)
def test_a_phrase_lights_what_it_speaks_of(name: str, open_page: OwnPage) -> None:
    page = open_page(f"chapters/{name}")
    phrases, lit = page.locator("article [data-light]"), page.locator(".genlib [data-lit]")
    assert phrases.count() >= 2
    for phrase in phrases.all():
        phrase.hover()
        assert lit.count() == 1
        assert lit.get_attribute("data-part") == phrase.get_attribute("data-light")
        page.mouse.move(0, 0)
        assert lit.count() == 0
        phrase.focus()
        assert lit.count() == 1
        phrase.blur()
