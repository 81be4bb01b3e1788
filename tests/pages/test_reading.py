"""What helps to read a page: links that land, figures for the dark, paper, narrow screens, copying, searching."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

OwnPage = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = [path.relative_to(ROOT).with_suffix("").as_posix() for path in sorted((ROOT / "chapters").rglob("*.ipynb"))]
TOP = "(id) => document.getElementById(id).getBoundingClientRect().top"
HIDDEN_EDGE = """() => [...document.querySelectorAll('article div.math, article pre')].filter((box) => {
    const scrolls = (e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== 'visible';
    const found = [box, ...box.querySelectorAll('mjx-container')].find(scrolls);
    return found && getComputedStyle(found).boxShadow === 'none';
}).map((box) => box.textContent.trim().slice(0, 60))"""


def last_section(page_file: Path) -> str:
    """Returns the name of the last section that the contents of a page list, the one that is hardest to land on."""
    return re.findall(r'class="toc-h2 nav-item toc-entry"><a [^>]*href="#([^"]+)"', page_file.read_text("utf-8"))[-1]


def below(page: Any, name: str) -> float:
    """Returns how far a section starts below the place where the theme puts what a link leads to."""
    padding = page.evaluate("parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop)")
    return abs(page.evaluate(TOP, name) - padding)


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize(
    ("over", "width", "height", "motion"), [("http", 1280, 800, "no-preference"), ("file", 360, 740, "reduce")]
)
def test_a_link_into_a_page_lands(
    chapter: str, over: str, width: int, height: int, motion: str, site: Path, open_page: OwnPage
) -> None:
    """From elsewhere while the page still grows, and from its own contents; and it does not hold who scrolls on."""
    name = last_section(site / f"{chapter}.html")
    page = open_page(chapter, over=over, at=f"#{name}", width=width, height=height, reduced_motion=motion)
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


def test_every_figure_has_a_dark_version(document: str, open_page: OwnPage) -> None:
    page = open_page(document, dark=True)
    shown = page.locator("article .cell_output img:visible")
    assert shown.count() == page.locator("article .cell_output img.only-light").count()
    for i in range(shown.count()):
        look = shown.nth(i).evaluate("(img) => [img.className, getComputedStyle(img).filter]")
        assert "only-dark" in look[0]
        assert look[1] == "none"
        assert shown.nth(i).evaluate("(img) => getComputedStyle(img).backgroundColor") == "rgba(0, 0, 0, 0)"


def test_dark_pages_print_light_and_widgets_as_pictures(document: str, open_page: OwnPage) -> None:
    page = open_page(document, dark=True)
    page.emulate_media(media="print")
    page.wait_for_function("document.documentElement.dataset.theme === 'light'")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert min(int(channel) for channel in ground[4:-1].split(",")) > 240
    assert not page.locator(".widget-host :is(button, input, select):visible").count()
    assert not page.locator("article img.only-dark:visible").count()
    page.emulate_media(media="screen")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")


def test_nothing_is_wider_than_the_narrowest_screen(document: str, open_page: OwnPage) -> None:
    page = open_page(document, width=320, height=640)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    hidden = page.evaluate(HIDDEN_EDGE)
    assert not hidden, f"wider than the screen, and nothing shows it: {hidden}"


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


@pytest.mark.parametrize("words", ["RBM", "VAE", "GAN"])
def test_search_finds_chapters_before_classes(words: str, open_page: OwnPage) -> None:
    page = open_page("search", at=f"?q={words}")
    page.wait_for_selector("#search-results li a")
    first = page.locator("#search-results li a").first.get_attribute("href")
    assert first.startswith(("chapters/", "labs/"))


def test_the_site_opens_at_its_address(site: Path) -> None:
    assert (site / "index.html").read_bytes() == (site / "intro.html").read_bytes()
    assert "<title>Deep Generative Models</title>" in (site / "index.html").read_text("utf-8")
