"""Every page of the built book: alive, offline, light enough, readable by everyone, on a phone and in the dark."""

from __future__ import annotations

import gzip
import importlib
import json
import re
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

OwnPage = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
VIEW = "application/vnd.jupyter.widget-view+json"
STATE = re.compile(r'<script type="application/vnd.jupyter.widget-state\+json">(.*?)</script>', re.DOTALL)
RED = """() => [...(window.MathJax?.startup?.document.math ?? [])].filter((formula) => {
    let red = false;
    formula.root.walkTree((node) => { red ||= node.attributes?.get("mathcolor") === "red"; });
    return red;
}).map((formula) => formula.math)"""
CUT_OFF = """() => [...document.querySelectorAll('article div.math')].filter((formula) => {
    const glyphs = [...formula.querySelectorAll('mjx-container mjx-c')].map((glyph) => glyph.getBoundingClientRect());
    const box = formula.getBoundingClientRect(), number = formula.querySelector('.eqno')?.getBoundingClientRect();
    return glyphs.some((glyph) => glyph.right > (number?.left ?? box.right) + 1 || glyph.left < box.left - 1);
}).map((formula) => formula.textContent.trim().slice(0, 80))"""
PACKED = {".woff", ".woff2", ".png", ".jpg", ".ico"}


def weight(path: Path) -> int:
    """Returns the bytes that a server sends for a file: compressed, unless it already is."""
    data = path.read_bytes()
    return len(data) if path.suffix in PACKED else len(gzip.compress(data))


@pytest.mark.parametrize("over", ["http", "file"])
def test_page_is_alive_and_offline(document: str, over: str, site: Path, open_page: OwnPage) -> None:
    page = open_page(document, over=over)
    views = (site / f"{document}.html").read_text(encoding="utf-8").count(VIEW)
    assert page.locator('.widget-host[data-alive="true"]').count() == views
    assert page.locator(".widget-failed").count() == 0


def test_weight(document: str, site: Path, open_page: OwnPage) -> None:
    page = open_page(document)
    asked = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    shared = {unquote(urlsplit(url).path).lstrip("/") for url in asked if "/_static/" in url}
    assert len(shared) > 10
    assert weight(site / f"{document}.html") <= 1_000_000
    assert sum(weight(site / name) for name in shared) <= 1_250_000


# Marks the first that is seen of all texts of one colour, size and weight on the same ground: contrast is a matter of
# these alone, and a page has ten thousand texts and some fifty such kinds. A formula has the colour of its paragraph.
MARK_KINDS = """() => {
    const kinds = new Set();
    for (const element of document.querySelectorAll('article *')) {
        if (element.closest('mjx-container') || !element.checkVisibility()) continue;
        if (![...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())) continue;
        const { color, fontSize, fontWeight } = getComputedStyle(element), kind = [color, fontSize, fontWeight];
        for (let ground = element; ground; ground = ground.parentElement) {
            const { backgroundColor, backgroundImage, opacity } = getComputedStyle(ground);
            kind.push(...[backgroundColor, backgroundImage, opacity].filter((value) => !/^(rgba.* 0\\)|none|1)$/.test(value)));
        }
        if (!kinds.has(kind.join())) element.dataset.kind = kinds.add(kind.join()).size;
    }
    return kinds.size;
}"""  # noqa: E501


def findings(page: Any, *include: str, exclude: tuple[str, ...] = (), **options: Any) -> list[str]:
    """Returns what axe finds serious or critical there, one line each; there must be something that passes."""
    from axe_playwright_python.sync_playwright import Axe

    context = {"include": [[selector] for selector in include], "exclude": [[selector] for selector in exclude]}
    found = Axe().run(page, context=context, options={"preload": False, **options}).response
    assert any(rule["nodes"] for rule in found["passes"])
    serious = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    return [f"{v['id']}: {node['html'][:160]}" for v in serious for node in v["nodes"][:3]]


@pytest.mark.parametrize("width", [1280, 360])
def test_accessibility(document: str, width: int, open_page: OwnPage) -> None:
    told = findings(open_page(document, width=width), "article", rules={"color-contrast": {"enabled": False}})
    assert not told, "\n".join(told)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_contrast(document: str, dark: bool, open_page: OwnPage) -> None:
    page = open_page(document, dark=dark)
    assert page.evaluate("document.documentElement.dataset.theme") == ("dark" if dark else "light")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    channels = [int(channel) for channel in re.findall(r"\d+", background)[:3]]
    assert max(channels) < 80 if dark else min(channels) > 200
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(MARK_KINDS) > 3
        told = findings(page, "[data-kind]", ".widget-host", exclude=("mjx-container",), runOnly=["color-contrast"])
        assert not told, "\n".join(told)


def test_phone(document: str, open_page: OwnPage) -> None:
    page = open_page(document, width=360, height=740, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    too_wide = page.evaluate(
        """() => [...document.querySelectorAll('article button, article input, article select, article canvas')]
        .filter((el) => el.getBoundingClientRect().right > 361 && el.offsetParent && !el.closest('pre, .highlight'))
        .map((el) => el.outerHTML.slice(0, 120))"""
    )
    assert not too_wide


def test_formulas(document: str, site: Path, open_page: OwnPage) -> None:
    text = (site / f"{document}.html").read_text(encoding="utf-8")
    page = open_page(document, width=1200)  # the narrowest column of any screen but a phone's
    formulas = len(re.findall(r'class="math [^"]*notranslate', text))
    assert page.locator("mjx-container").count() >= formulas
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0
    unknown = page.evaluate(RED)
    assert not unknown, f"formulas that MathJax does not understand: {unknown}"
    wide = page.evaluate(CUT_OFF)
    assert not wide, f"formulas that run into their number or out of the column: {wide}"


def test_no_error_hidden_in_a_widget(document: str, site: Path) -> None:
    text = (site / f"{document}.html").read_text(encoding="utf-8")
    states = [json.loads(state) for state in STATE.findall(text)]
    assert bool(states) == (VIEW in text)
    for state in states:
        assert not re.search(r'"output_type":\s*"error"', json.dumps(state))


def test_no_path_of_this_machine(document: str, site: Path) -> None:
    assert str(ROOT) not in (site / f"{document}.html").read_text(encoding="utf-8")


class Links(HTMLParser):
    """Collects the targets of links and images, the names that links may point at, and images without words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets, self.names, self.silent = list[str](), set[str](), list[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        self.names |= {found[name] for name in ("id", "name") if name in found}
        self.targets += [found[name] for name in ("href", "src") if name in found]
        if tag == "img" and not found.get("alt", "").strip():
            self.silent.append(found.get("src", ""))


def test_links_and_images(document: str, site: Path) -> None:
    own = site / f"{document}.html"
    links, dead = Links(own.read_text(encoding="utf-8")), []
    for target in links.targets:
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            continue
        path = (own.parent / unquote(parts.path)).resolve() if parts.path else own
        if not path.exists():
            dead.append(target)
        elif parts.fragment and path.suffix == ".html":
            names = links.names if path == own else Links(path.read_text(encoding="utf-8")).names
            if unquote(parts.fragment) not in names:
                dead.append(target)
    assert not dead
    assert not links.silent, "images without alternative text"


def test_words_without_javascript(document: str, site: Path, open_page: OwnPage) -> None:
    views = (site / f"{document}.html").read_text(encoding="utf-8").count(VIEW)
    page = open_page(document, java_script_enabled=False)
    words = page.locator(".widget-words")
    assert words.count() == views
    for i in range(views):
        assert words.nth(i).is_visible()
        assert "JavaScript" in words.nth(i).inner_text()


def test_words_on_paper(document: str, open_page: OwnPage) -> None:
    page = open_page(document)
    words = page.locator(".widget-words")
    shown = [words.nth(i).is_visible() for i in range(words.count())]
    page.emulate_media(media="print")
    printed = [words.nth(i).is_visible() for i in range(words.count())]
    assert not any(shown)
    assert all(printed)


def test_reference_lists_every_public_name(site: Path) -> None:
    sys.path.insert(0, str(ROOT / "book"))
    import book_build

    text = (site / "api.html").read_text(encoding="utf-8")
    for name in book_build.modules():
        public = book_build.public(importlib.import_module(f"genlib.{name}"))
        assert public
        assert not [n for n in public if not re.search(rf'id="genlib\.{name}[\w.]*\.{n}"', text)]


def test_search_page_is_offline(open_page: OwnPage) -> None:
    page = open_page("search")
    page.locator("#search-input, input[name=q]").first.wait_for(state="attached")
    assert page.title()
