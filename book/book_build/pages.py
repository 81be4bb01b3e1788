"""What each page says besides its text: in its head, where a widget stands, and at its foot."""

from __future__ import annotations

import datetime
import html
import os
import platform
import re
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx

from book_build import door
from book_build.dependencies import LIBRARY, ROOT, versions
from book_build.running import run_of

BOOK = "Deep Generative Models"
ABOUT = (
    "An executable, interactive course on deep generative models, from Boltzmann machines to adversarial networks. "
    "Every formula is checked by code, and the models are alive in the page."
)
TAG = re.compile(r"<[^>]+>")
VIEW = re.compile(r'<script type="application/vnd\.jupyter\.widget-view\+json">.*?</script>', re.DOTALL)
MATH = r'<span class="math notranslate nohighlight">[^<]*</span>'
FORMULA = re.compile(rf"\b[A-Z]+-{MATH}[.,;:!?)\]]*|{MATH}(?:-\w+|[.,;:!?)\]]+)")
TERM = re.compile(r"(?<![\w.-])(?:[A-Z]+-(?:\d+|k)|\d-[A-Z]\w*|[\d.,]*\d %)(?![\w-])")
KEPT = re.compile(r'(<(script|style|pre|code|title|(?:span|div)(?= class="math ))\b.*?</\2>|<[^>]*>)', re.DOTALL)
WORDS = (
    '<p class="widget-words">Here the book is interactive: open this page in a browser with JavaScript to try it.</p>'
    "<noscript><style>.widget-words { display: block }</style></noscript>"
)


def page_context(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: nodes.document) -> None:
    """Sphinx event: completes a page's head, what stands where its widgets would be alive, and its foot."""
    if name == app.config.root_doc:
        context["docstitle"] = ""  # its own title says all of it
    context["metatags"] = head(name, context, doctree)
    if "body" in context:
        context["body"] = with_words(door.opened(app.env, held(unblanked(context["body"])))) + foot(app, name, doctree)


def head(name: str, context: dict[str, Any], doctree: nodes.document | None) -> str:
    """Returns what search engines and those who share a link are told about a page."""
    tags = re.sub(r'<meta name="viewport"[^>]*>', "", context.get("metatags", ""))  # the theme has it, too
    home = address()
    if name not in ("search", "genindex", "py-modindex"):
        tags += f'\n    <link rel="canonical" href="{home}{name}.html" />'
    told = {
        'name="description"': description(doctree),
        'property="og:type"': "website" if doctree is None else "article",
        'property="og:site_name"': BOOK,
        'property="og:title"': TAG.sub("", context.get("title") or BOOK),
        'property="og:description"': description(doctree),
        'property="og:url"': f"{home}{name}.html",
        'property="og:image"': f"{home}_static/card.png",
        'property="og:image:alt"': "Handwritten digits in a plane, each decoded from its two coordinates",
        'name="twitter:card"': "summary_large_image",
    }
    lines = (f'<meta {kind} content="{html.escape(html.unescape(text))}" />' for kind, text in told.items())
    return "\n    ".join([tags, *lines])


def description(doctree: nodes.document | None) -> str:
    """Returns the first sentences of a page's text that say something without a formula, or what the book is."""
    paragraphs = doctree.findall(nodes.paragraph) if doctree is not None else ()
    for paragraph in paragraphs:
        text = " ".join(paragraph.astext().split())
        if len(text) >= 60 and not any(paragraph.findall(nodes.math)) and not text.startswith("Open this"):
            return shortened(text)
    return ABOUT


def shortened(text: str, limit: int = 200) -> str:
    """Returns as many whole sentences as fit, or the first one cut at a word.

    Example:
        >>> shortened("One two. Three four. Five six.", 21), shortened("One two three", 9)
        ('One two. Three four.', 'One two …')
    """
    if len(text) <= limit:
        return text
    sentences = re.match(rf"(.{{1,{limit}}}[.?!])(?=\s)", text)
    if sentences:
        return sentences[1]
    return text[: text.rfind(" ", 0, limit)] + " …"


def address() -> str:
    """Returns where the site is published, which follows from where the repository lives."""
    url = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]
    owner, name = url.rstrip("/").split("/")[-2:]
    return f"https://{owner}.github.io/{name}/"


def held(body: str) -> str:
    r"""Keeps on one line what a browser may break: a term with a hyphen, per cents, a formula and the mark behind it.

    Example:
        >>> formula = r'<span class="math notranslate nohighlight">\(x\)</span>'
        >>> held(f"of {formula}, or {formula} and") == f'of <span class="held">{formula},</span> or {formula} and'
        True
        >>> held('<a title="CD-1">CD-1</a> by 0.5 %, <code>CD-1</code>')
        '<a title="CD-1"><span class="held">CD-1</span></a> by <span class="held">0.5 %</span>, <code>CD-1</code>'
        >>> formula = formula.replace("x", "2^{D-1}")
        >>> held(formula) == formula
        True
    """
    parts = KEPT.split(FORMULA.sub(r'<span class="held">\g<0></span>', body))
    parts[::3] = [TERM.sub(r'<span class="held">\g<0></span>', words) for words in parts[::3]]
    del parts[2::3]  # names of elements whose insides stay as they are
    return "".join(parts)


def unblanked(body: str) -> str:
    """Puts the blank that a link begins with before it, where nothing underlines it.

    Example:
        >>> unblanked('Solution to<a href="#one"> Exercise 1</a>')
        'Solution to <a href="#one">Exercise 1</a>'
    """
    return re.sub(r"(<a\b[^>]*>) ", r" \1", body)


def with_words(body: str) -> str:
    """Gives a widget its room, and words where it is not alive; mends the role of citation lists, which hold no items.

    The theme folds the contents away while something of the class `full-width` is in view.
    """
    room = rf'<div class="widget-room full-width">\g<0>{WORDS}</div>'
    return VIEW.sub(room, body.replace('role="list" class="citation-list"', 'class="citation-list"'))


def foot(app: Sphinx, name: str, doctree: nodes.document | None) -> str:
    """Returns the line that says how the page was made."""
    run, version = run_of(app.env, name), f"{LIBRARY} {library_version()}"
    if run.get("runtime"):
        return f'<p class="made">Ran in {run["runtime"]:.0f} s with {version} on {_day(run["mtime"])}.</p>'
    return f'<p class="made">Made with {version} on {_day()}.</p>' if doctree is not None else ""


def library_version() -> str:
    """Returns the version that the library's own first file states."""
    source = (ROOT / LIBRARY / "__init__.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "(.+)"', source, re.MULTILINE)[1]  # type: ignore[index]


def machine() -> str:
    """Returns one sentence about the computer and the versions that made this book."""
    used = ", ".join(f"{name} {version}" for name, version in versions().items() if name in ("torch", "numpy"))
    return (
        f"Measured with {os.cpu_count()} processor cores ({platform.machine()}, {platform.system()}), "
        f"Python {platform.python_version()}, {used}."
    )


def _day(seconds: float | None = None) -> str:
    day = datetime.datetime.fromtimestamp(seconds) if seconds else datetime.datetime.now()
    return f"{day.day} {day:%B %Y}"
