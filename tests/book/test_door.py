"""The front page: what a chapter's card says, and that every chapter has something to say."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book"))

from book_build import door  # noqa: E402

CHAPTERS = sorted(ROOT.glob("chapters/*/*.ipynb"))


@pytest.mark.parametrize("path", CHAPTERS, ids=[path.stem for path in CHAPTERS])
def test_every_chapter_has_a_card(path: Path) -> None:
    name = path.relative_to(ROOT).with_suffix("").as_posix()
    card = door.card(name, json.loads(path.read_text("utf-8")))
    assert card.question
    assert 5 <= card.minutes <= 180
    assert name not in card.needs
    assert all((ROOT / f"{page}.ipynb").exists() or (ROOT / f"{page}.md").exists() for page in card.needs)


def test_a_card_links_to_its_chapter_and_names_what_it_needs() -> None:
    one = door.Card("chapters/a/b", "Why <so>?", 30, ("chapters/a/c", "elsewhere"))
    titles = {name: SimpleNamespace(astext=lambda name=name: name[-1].upper()) for name in (one.name, "chapters/a/c")}
    env = SimpleNamespace(titles=titles)
    assert door.shown(env, one) == (  # type: ignore[arg-type]
        '<a class="door-card" href="chapters/a/b.html"><strong>B</strong><span>Why &lt;so&gt;?</span>'
        "<small>about 30 minutes; after C</small></a>"
    )


def test_a_page_without_the_marks_stays_as_it_is() -> None:
    assert door.opened(SimpleNamespace(), "<p>text</p>") == "<p>text</p>"  # type: ignore[arg-type]


def test_the_pad_carries_its_models_once() -> None:
    made = door.pad()
    assert made.count("widget-view+json") == 1
    assert made.count("widget-state+json") == 1
    assert "half_digit" in made
