"""The front page: a widget that is alive on it, and a card for each chapter, made from what the chapter says of itself.

    <div class="door-pad"></div>      becomes the pad on which one draws half a digit
    <div class="door-cards"></div>    becomes the cards, in the order of the table of contents

A chapter's question is its notebook's metadata `question`; its minutes are the sum of what its sections say
(*About 15 minutes.*), and what it needs are the pages that the sentence "You need ..." links to.
"""

from __future__ import annotations

import html
import json
import posixpath
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from sphinx.environment import BuildEnvironment

PAD, CARDS = '<div class="door-pad"></div>', '<div class="door-cards"></div>'
RESTS_ON = "from genlib import zoo\nfrom genlib.widgets import HalfDigit"
MINUTES = re.compile(r"\*About (\d+) minutes?\b")
NEEDS = re.compile(r"^You need .*$", re.MULTILINE)
PAGE = re.compile(r"\{doc\}`(?:[^`<]*<)?([^`<>]+)>?`")


class Card(NamedTuple):
    """What a chapter says of itself: its page's name, a question, minutes, and names of the pages that it needs."""

    name: str
    question: str
    minutes: int
    needs: tuple[str, ...]


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
    return Card(name, notebook["metadata"].get("question", ""), sum(map(int, MINUTES.findall(text))), needs)


def cards(env: BuildEnvironment) -> list[Card]:
    """Returns the cards of all chapters, in the order of the table of contents."""
    order = [name for name in env.toctree_includes.get(env.config.root_doc, []) if name.startswith("chapters/")]
    paths = {name: Path(env.doc2path(name)) for name in order}
    return [card(name, json.loads(path.read_text("utf-8"))) for name, path in paths.items() if path.suffix == ".ipynb"]


def shown(env: BuildEnvironment, one: Card) -> str:
    """Returns the HTML of a card."""
    title = {name: html.escape(env.titles[name].astext()) for name in (one.name, *one.needs) if name in env.titles}
    needs = [title[name] for name in one.needs if name in title]
    facts = f"about {one.minutes} minutes" + (f"; after {', '.join(needs)}" if needs else "; needs no other chapter")
    return (
        f'<a class="door-card" href="{one.name}.html"><strong>{title[one.name]}</strong>'
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
        listed = "\n".join(shown(env, one) for one in cards(env))
        body = body.replace(CARDS, f'<div class="door-cards">{listed}</div>')
    return body
