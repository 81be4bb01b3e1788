"""The front page: a widget that is alive on it, and a card for each chapter, made from what the chapter says of itself.

    <div class="door-pad"></div>      becomes the pad on which one draws half a digit
    <div class="door-cards"></div>    becomes the cards, in the order of the table of contents

A chapter's question is its notebook's metadata `question`; its minutes are the sum of what its sections say
(*About 15 minutes.*), and what it needs are the pages that the sentence "You need ..." links to. What moves on it is
the first widget of the chapter that no chapter before has shown, if `make loops` has recorded it.
"""

from __future__ import annotations

import html
import json
import posixpath
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from sphinx.environment import BuildEnvironment

PAD, CARDS = '<div class="door-pad"></div>', '<div class="door-cards"></div>'
RESTS_ON = "from genlib import zoo\nfrom genlib.widgets import HalfDigit"
MINUTES = re.compile(r"\*About (\d+) minutes?\b")
NEEDS = re.compile(r"^You need .*$", re.MULTILINE)
IMPORTED = re.compile(r"^from genlib\.widgets import ([\w, ]+)$", re.MULTILINE)
LOOPS = Path(__file__).parent.parent / "assets" / "loops"
PAGE = re.compile(r"\{doc\}`(?:[^`<]*<)?([^`<>]+)>?`")


class Card(NamedTuple):
    """What a chapter says of itself: its page's name, a question, minutes, the pages that it needs, its widgets."""

    name: str
    question: str
    minutes: int
    needs: tuple[str, ...]
    widgets: tuple[str, ...] = ()


def card(name: str, notebook: dict[str, Any]) -> Card:
    r"""Reads a chapter's card from its notebook.

    Example:
        >>> text = "# A\n\nWhy so?\n\nYou need {doc}`b`, {doc}`../c/d` and {doc}`/e/f`.\n\n*About 5 minutes.*"
        >>> card("x/a", {"metadata": {}, "cells": [{"cell_type": "markdown", "source": text}]})
        Card(name='x/a', question='', minutes=5, needs=('x/b', 'c/d', 'e/f'))
    """
    text = "\n\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    sentence = NEEDS.search(text)
    pages = PAGE.findall(sentence[0]) if sentence else []
    here = posixpath.dirname(name)
    needs = tuple(posixpath.normpath(posixpath.join("/", here, page)).lstrip("/") for page in pages)
    minutes = sum(map(int, MINUTES.findall(text)))
    return Card(name, notebook["metadata"].get("question", ""), minutes, needs, widgets(notebook))


def widgets(notebook: dict[str, Any]) -> tuple[str, ...]:
    """Returns the names of the widgets that a notebook imports, in its order.

    Example:
        >>> cell = {"cell_type": "code", "source": "from genlib.widgets import GibbsChain, EMSteps"}
        >>> widgets({"cells": [cell]})
        ('gibbs-chain', 'em-steps')
    """
    code = ("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code")
    classes = [name for source in code for line in IMPORTED.findall(source) for name in line.split(", ")]
    between = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
    return tuple(dict.fromkeys(between.sub("-", name).lower() for name in classes))


def loops(order: Iterable[Card]) -> dict[str, str]:
    """Returns which widget moves on each chapter's card: the first one of it that no chapter before has shown.

    Example:
        >>> one, two, three = (Card(name, "", 0, (), ("gibbs-chain", "dream")) for name in "abc")
        >>> loops([one, two, three])
        {'a': 'gibbs-chain', 'b': 'dream'}
    """
    found: dict[str, str] = {}
    for one in order:
        new = [name for name in one.widgets if name not in found.values() and (LOOPS / f"{name}.webp").is_file()]
        if new:
            found[one.name] = new[0]
    return found


def cards(env: BuildEnvironment) -> list[Card]:
    """Returns the cards of all chapters, in the order of the table of contents."""
    order = [name for name in env.toctree_includes.get(env.config.root_doc, []) if name.startswith("chapters/")]
    paths = {name: Path(env.doc2path(name)) for name in order}
    return [card(name, json.loads(path.read_text("utf-8"))) for name, path in paths.items() if path.suffix == ".ipynb"]


def moving(widget: str) -> str:
    """Returns the HTML of a recorded loop, light and dark; it is fetched when seen, and stands still where asked to."""
    words = f"{widget.replace('-', ' ').capitalize()}, at play"
    return "".join(
        f'<picture class="only-{theme}">'
        f'<source media="(prefers-reduced-motion: reduce), print" srcset="_static/loops/{stem}-still.webp">'
        f'<img class="only-{theme}" src="_static/loops/{stem}.webp" alt="{words}" loading="lazy"></picture>'
        for theme, stem in (("light", widget), ("dark", f"{widget}-dark"))
    )


def shown(env: BuildEnvironment, one: Card, loop: str = "") -> str:
    """Returns the HTML of a card, with the widget that moves on it."""
    title = {name: html.escape(env.titles[name].astext()) for name in (one.name, *one.needs) if name in env.titles}
    needs = [title[name] for name in one.needs if name in title]
    facts = f"about {one.minutes} minutes" + (f"; after {', '.join(needs)}" if needs else "; needs no other chapter")
    return (
        f'<a class="door-card" href="{one.name}.html">{moving(loop) if loop else ""}<strong>{title[one.name]}</strong>'
        f"<span>{html.escape(one.question)}</span><small>{facts}</small></a>"
    )


@cache
def pad() -> str:
    """Returns the widget as a page holds it: its state, and the place where it is shown."""
    from ipywidgets.embed import dependency_state, escape_script

    from book_build.widgets import STATE, VIEW, stamped
    from genlib import zoo
    from genlib.energy import RBM
    from genlib.vae import VAE
    from genlib.widgets import HalfDigit

    rbm, vae = cast(RBM, zoo.load("rbm-mnist")), cast(VAE, zoo.load("vae-mnist-2d"))
    widget = HalfDigit(rbm, vae, seed=7)
    state = {"version_major": 2, "version_minor": 0, "state": dependency_state([widget], drop_defaults=False)}
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    shown = f'<script type="{VIEW}">{escape_script(json.dumps(view))}</script>'
    return f'<script type="{STATE}">{stamped(json.dumps(state))}</script><div class="door-room">{shown}</div>'


def opened(env: BuildEnvironment, body: str) -> str:
    """Puts the pad and the cards where a page asks for them."""
    if PAD in body:
        body = body.replace(PAD, pad())
    if CARDS in body:
        listed = "\n".join(shown(env, one, loops(cards(env)).get(one.name, "")) for one in cards(env))
        body = body.replace(CARDS, f'<div class="door-cards">{listed}</div>')
    return body
