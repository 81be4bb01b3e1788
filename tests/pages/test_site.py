"""Every page of the built book: alive, offline, light enough, readable by everyone, on a phone and in the dark.

Each page is opened three times, and everything is looked at in each opening: from a server on a desk in the light, from
a folder on a phone in the dark for someone who asked for less motion, and without JavaScript. What the first two look
like at other widths, in the other colours and on paper is looked at in the page that is open.
"""

from __future__ import annotations

import gzip
import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
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
MISSED = """(id) => {
    const top = document.getElementById(id).getBoundingClientRect().top;
    const rest = document.documentElement.scrollHeight - innerHeight - scrollY;
    const meant = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop);
    return Math.min(Math.abs(top - meant), rest);
}"""
HIDDEN_EDGE = """() => [...document.querySelectorAll('article div.math, article pre')].filter((box) => {
    const scrolls = (e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== 'visible';
    const found = [box, ...box.querySelectorAll('mjx-container')].find(scrolls);
    return found && getComputedStyle(found).boxShadow === 'none';
}).map((box) => box.textContent.trim().slice(0, 60))"""
GREY_SLABS = """() => [...document.querySelectorAll('article .cell_output img')].filter((e) => e.checkVisibility())
    .filter((img) => {
        const { filter, backgroundColor } = getComputedStyle(img);
        const dark = img.matches('.only-dark') && filter === 'none' && backgroundColor === 'rgba(0, 0, 0, 0)';
        return !dark;
    }).map((img) => img.alt.slice(0, 60))"""
TOO_WIDE = """(width) => [...document.querySelectorAll('article *')]
    .filter((el) => el.getBoundingClientRect().right > width + 1)
    .filter((el) => el.checkVisibility() && !el.closest('pre, .highlight'))
    .slice(-3).map((el) => el.outerHTML.slice(0, 120))"""
# What is too wide shows it a frame after it has become so.
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
UNFOLD = """() => {
    document.querySelectorAll('article details').forEach((fold) => { fold.open = true; });
    document.querySelectorAll('article .toggle-hidden').forEach((fold) => fold.classList.remove('toggle-hidden'));
    return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
PACKED = {".woff", ".woff2", ".png", ".jpg", ".ico"}


def weight(path: Path) -> int:
    """Returns the bytes that a server sends for a file: compressed, unless it already is."""
    data = path.read_bytes()
    return len(data) if path.suffix in PACKED else len(gzip.compress(data))


# Marks the first that is seen of all texts of one colour, size and weight on the same ground: contrast is a matter of
# these alone, and a page has ten thousand texts and some fifty such kinds. A formula has the colour of its paragraph.
MARK_KINDS = """() => {
    const kinds = new Set(), known = new Map();
    const look = (element) => {
        const { backgroundColor, backgroundImage, opacity } = getComputedStyle(element);
        return [backgroundColor, backgroundImage, opacity].filter((value) => !/^(rgba.* 0\\)|none|1)$/.test(value));
    };
    const ground = (element) => {
        if (!element) return [];
        if (!known.has(element)) known.set(element, [...look(element), ...ground(element.parentElement)]);
        return known.get(element);
    };
    for (const element of document.querySelectorAll('article *')) {
        if (element.closest('mjx-container') || !element.checkVisibility()) continue;
        if (![...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())) continue;
        const { color, fontSize, fontWeight } = getComputedStyle(element);
        const kind = [color, fontSize, fontWeight, ...ground(element)].join();
        if (!kinds.has(kind)) element.dataset.kind = kinds.add(kind).size;
    }
    return kinds.size;
}"""


# Axe looks at every element again for each of its questions, and most of a page are the insides of formulas and words
# of code. While it looks, a formula is an empty box of its size, and code is text but for the marked words.
LIGHTEN = """() => {
    const formulas = [...document.querySelectorAll('mjx-container')].map((box) => {
        const { width, height } = box.getBoundingClientRect();
        return { box, width, height, inside: [...box.childNodes], style: box.getAttribute('style') };
    });
    const codes = [...document.querySelectorAll('article pre')].map((box) => ({ box, inside: [...box.childNodes] }));
    for (const { box, width, height } of formulas) {
        box.replaceChildren();
        box.style.cssText += `; width: ${width}px; height: ${height}px`;
        if (getComputedStyle(box).display === 'inline') box.style.display = 'inline-block';
    }
    for (const { box } of codes) {
        const copy = box.cloneNode(true);
        const plain = copy.querySelectorAll('span:not([data-kind], [id], :has(*))');
        plain.forEach((word) => word.replaceWith(word.textContent));
        box.replaceChildren(...copy.childNodes);
    }
    window.restore = () => {
        for (const { box, inside, style } of formulas) {
            box.replaceChildren(...inside);
            style === null ? box.removeAttribute('style') : box.setAttribute('style', style);
        }
        for (const { box, inside } of codes) box.replaceChildren(...inside);
    };
}"""


@contextmanager
def lightened(page: Any) -> Iterator[None]:
    page.evaluate(LIGHTEN)
    yield
    page.evaluate("restore()")


def findings(page: Any, *include: str, exclude: tuple[str, ...] = (), whole: bool = False, **options: Any) -> list[str]:
    """Returns what axe finds serious or critical there, one line each; there must be something that passes.

    Only where it looks at the `whole` page does it see into formulas.
    """
    from axe_playwright_python.sync_playwright import Axe

    loaded = page.evaluate("Boolean(window.axe?.run)")
    context = {"include": [[selector] for selector in include], "exclude": [[selector] for selector in exclude]}
    options = {"preload": False, "resultTypes": ["violations"], **options}
    with nullcontext() if whole else lightened(page):
        found = (Axe("") if loaded else Axe()).run(page, context=context, options=options).response
    assert any(rule["nodes"] for rule in found["passes"])
    serious = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    return [f"{v['id']}: {node['html'][:160]}" for v in serious for node in v["nodes"][:3]]


def widgets_are_alive(page: Any, text: str) -> Iterator[str]:
    alive, failed = (page.locator(f".widget-{kind}").count() for kind in ('host[data-alive="true"]', "failed"))
    if (alive, failed) != (text.count(VIEW), 0):
        yield f"{alive} widgets are alive and {failed} failed, of {text.count(VIEW)}"
    shown = page.locator(".widget-words:visible").count()
    if shown:
        yield f"{shown} widgets show the words that stand for them"


def lands_on(page: Any, target: str) -> Iterator[str]:
    """The section that the address names is where the theme puts it, or as near as the page's end lets it come."""
    missed = page.evaluate(MISSED, unquote(target.lstrip("#"))) if target else 0
    if missed > 2:
        yield f"{target} is missed by {missed:.0f} px"


def fits(page: Any, width: int) -> Iterator[str]:
    page.set_viewport_size({"width": width, "height": 740})
    found = page.evaluate("document.documentElement.scrollWidth")
    if found > width:
        yield f"the page is {found} px wide on a screen of {width}: {page.evaluate(TOO_WIDE, width)}"


def formulas_are_whole(page: Any, text: str) -> Iterator[str]:
    drawn, written = page.locator("mjx-container").count(), len(re.findall(r'class="math [^"]*notranslate', text))
    if drawn < written:
        yield f"{drawn} of {written} formulas are drawn"
    yield from (f"MathJax does not understand {formula}" for formula in page.evaluate(RED))
    yield from (f"runs into its number or out of the column: {formula}" for formula in page.evaluate(CUT_OFF))
    if page.locator("mjx-merror, [data-mjx-error]").count():
        yield "MathJax reports an error"


HIDDEN_CAPTIONS = """() => [...document.querySelectorAll('article figcaption')]
    .filter((caption) => caption.textContent.trim() && !caption.closest('.widget-host, details, .admonition'))
    .filter((caption) => !caption.checkVisibility())
    .map((caption) => caption.textContent.trim().slice(0, 60))"""


def can_be_read(page: Any, *, dark: bool) -> Iterator[str]:
    """The page has the colours asked for, and every text stands out from its ground."""
    background = [
        int(n) for n in re.findall(r"\d+", page.evaluate("getComputedStyle(document.body).backgroundColor"))[:3]
    ]
    if not (max(background) < 80 if dark else min(background) > 200):
        yield f"the page is not {'dark' if dark else 'light'}: {background}"
    yield from (f"a caption that nobody sees: {words}" for words in page.evaluate(HIDDEN_CAPTIONS))
    assert page.evaluate(MARK_KINDS) > 3
    yield from findings(page, "[data-kind]", ".widget-host", exclude=("mjx-container",), runOnly=["color-contrast"])


def everyone_can_use_it(page: Any, *, whole: bool = False) -> list[str]:
    return findings(page, "article", whole=whole, rules={"color-contrast": {"enabled": False}})


def is_light_enough(page: Any, document: str, site: Path) -> Iterator[str]:
    asked = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    static = {unquote(urlsplit(url).path).lstrip("/") for url in asked if "/_static/" in url}
    shared = {name for name in static if not name.startswith("_static/loops/")}  # on cards, once one scrolls to them
    assert len(shared) > 10
    own, others = weight(site / f"{document}.html"), sum(weight(site / name) for name in shared)
    if own > 1_000_000 or others > 1_250_000:
        yield f"weighs {own} bytes, and what it shares with others {others}"


def prints(page: Any, text: str) -> Iterator[str]:
    """On paper, which is light: each widget's sentence, and neither controls nor figures for the dark."""
    with lightened(page):
        yield from prints_light(page, text)


LEFT_ALONE = """() => [...document.querySelectorAll('article section > :is(h2, h3) + p')]
    .filter((p) => /^About \\d+ minutes\\.$/.test(p.textContent) && getComputedStyle(p).breakAfter !== "avoid")
    .map((p) => p.previousElementSibling.textContent)"""


def prints_light(page: Any, text: str) -> Iterator[str]:
    theme = page.evaluate("document.documentElement.dataset.theme")
    page.emulate_media(media="print")
    page.wait_for_function("document.documentElement.dataset.theme === 'light'")
    ground = re.findall(r"\d+", page.evaluate("getComputedStyle(document.body).backgroundColor"))[:3]
    if min(map(int, ground)) < 240:
        yield f"prints on a ground of {ground}"
    printed = page.locator(".widget-words:visible").count()
    if printed != text.count(VIEW):
        yield f"{printed} of {text.count(VIEW)} widgets print their sentence"
    shows = ":is(:has(figure), .genlib-tiny-pixel, .genlib-dream-label, .genlib-tax-tree *)"  # the picture themselves
    controls = f".widget-host :is(button:not({shows}), input, select)"
    useless = page.locator(f"article :is({controls}, img.only-dark):visible").count()
    if useless:
        yield f"prints {useless} controls and figures that are of no use on paper"
    lost = page.locator(".widget-host .genlib-tax-tree button:not(:visible)").count()
    if lost:
        yield f"prints a tree without {lost} of its nodes"
    alone = page.evaluate(LEFT_ALONE)
    if alone:
        yield f"prints headings that may be left alone at the end of a page: {alone}"
    closed = page.locator("article :is(details.hide:not([open]) summary, .solution.toggle-hidden):visible").count()
    if closed:
        yield f"prints {closed} headings of what is folded away"
    folded = page.evaluate(
        "[...document.querySelectorAll('details.sd-dropdown')].filter(box => box.offsetHeight < 60).length"
    )
    if folded:
        yield f"prints {folded} proofs by their heading alone"
    page.emulate_media(media="screen")
    page.wait_for_function("(theme) => document.documentElement.dataset.theme === theme", arg=theme)


def last_section(text: str) -> str:
    """Returns the fragment of the last section that the page's contents list, the one that is hardest to land on."""
    found = re.findall(r'class="toc-h2 nav-item toc-entry"><a [^>]*href="(#[^"]+)"', text)
    return found[-1] if found else ""


@pytest.fixture
def text(document: str, site: Path) -> str:
    return (site / f"{document}.html").read_text(encoding="utf-8")


def test_on_a_desk(document: str, text: str, site: Path, open_page: OwnPage) -> None:
    target = last_section(text)
    page = open_page(document, at=target)
    told = [
        *lands_on(page, target),
        *widgets_are_alive(page, text),
        *is_light_enough(page, document, site),
        *everyone_can_use_it(page, whole=document == "notation"),
    ]
    told += can_be_read(page, dark=False)
    page.set_viewport_size({"width": 1200, "height": 900})  # the narrowest column of any screen but a phone's
    told += formulas_are_whole(page, text)
    page.set_viewport_size({"width": 360, "height": 900})
    told += can_be_read(page, dark=False)
    told += prints(page, text)
    assert not told, "\n".join(told)


def test_from_a_folder_on_a_phone_in_the_dark(document: str, text: str, open_page: OwnPage) -> None:
    phone = {"width": 360, "height": 740, "has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}
    target = last_section(text)
    page = open_page(document, over="file", at=target, dark=True, **phone)
    told = [*lands_on(page, target), *widgets_are_alive(page, text), *fits(page, 360), *everyone_can_use_it(page)]
    told += [*can_be_read(page, dark=True), *prints(page, text)]
    page.evaluate(UNFOLD)  # what is folded away keeps to the same rules, on the phone and on a desk
    told += [*fits(page, 360), *fits(page, 320)]
    page.evaluate(FRAMES)
    told += (f"goes on beyond its edge, and nothing shows it: {box}" for box in page.evaluate(HIDDEN_EDGE))
    told += (f"is no figure for the dark: {alt}" for alt in page.evaluate(GREY_SLABS))
    page.set_viewport_size({"width": 1280, "height": 900})
    told += can_be_read(page, dark=True)
    assert not told, "\n".join(told)


def test_without_javascript(document: str, text: str, open_page: OwnPage) -> None:
    words = open_page(document, java_script_enabled=False).locator(".widget-words")
    assert words.count() == text.count(VIEW)
    for words_of_one in words.all():
        assert words_of_one.is_visible()
        assert "JavaScript" in words_of_one.inner_text()


def test_no_error_hidden_in_a_widget(text: str) -> None:
    states = [json.loads(state) for state in STATE.findall(text)]
    assert bool(states) == (VIEW in text)
    for state in states:
        assert not re.search(r'"output_type":\s*"error"', json.dumps(state))


def test_no_table_is_left_as_text(text: str) -> None:
    assert "<p>|" not in text


def test_no_path_of_this_machine(text: str) -> None:
    assert str(ROOT) not in text


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


@cache
def links_of(page: Path) -> Links:
    return Links(page.read_text(encoding="utf-8"))


def test_links_and_images(document: str, site: Path) -> None:
    own, dead = site / f"{document}.html", []
    links = links_of(own)
    for target in links.targets:
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            continue
        path = (own.parent / unquote(parts.path)).resolve() if parts.path else own
        named = parts.fragment and path.suffix == ".html"
        if not path.exists() or (named and unquote(parts.fragment) not in links_of(path).names):
            dead.append(target)
    assert not dead
    assert not links.silent, "images without alternative text"


def test_reference_lists_every_public_name(site: Path) -> None:
    sys.path.insert(0, str(ROOT / "book"))
    import book_build

    text = (site / "api.html").read_text(encoding="utf-8")
    for name in book_build.modules():
        module = importlib.import_module(f"genlib.{name}")
        public = book_build.public(module)
        assert public or hasattr(module, "__path__"), f"genlib.{name} offers nothing"
        assert not [n for n in public if not re.search(rf'id="genlib\.{name}[\w.]*\.{n}"', text)]


def test_search_page_is_offline(open_page: OwnPage) -> None:
    page = open_page("search")
    page.locator("#search-input, input[name=q]").first.wait_for(state="attached")
    assert page.title()
