"""The front page: what a chapter's card says, and that every chapter has something to say."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageSequence

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book"))

import loops  # noqa: E402
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


def test_a_card_moves_in_light_and_dark_and_stands_still_where_asked() -> None:
    one = door.Card("chapters/a/b", "Why?", 30, ())
    env = SimpleNamespace(titles={one.name: SimpleNamespace(astext=lambda: "B")})
    made = door.shown(env, one, "dream")  # type: ignore[arg-type]
    for stem, theme in (("dream", "light"), ("dream-dark", "dark")):
        assert f'<img class="only-{theme}" src="_static/loops/{stem}.webp" alt="Dream, at play" loading="lazy">' in made
        assert f'reduced-motion: reduce), print" srcset="_static/loops/{stem}-still.webp">' in made
        assert made.count(f'<picture class="only-{theme}">') == 1


def test_what_moves_on_the_cards_was_recorded_and_is_light() -> None:
    """Each loop has its dark version and two stills, moves, and belongs to a widget that some chapter shows."""
    stems = {path.stem for path in door.LOOPS.glob("*.webp")}
    names = {stem for stem in stems if not stem.endswith(("-dark", "-still"))}
    assert stems == {name + dark + still for name in names for dark in ("", "-dark") for still in ("", "-still")}
    assert names <= {name for path in CHAPTERS for name in door.widgets(json.loads(path.read_text("utf-8")))}
    for stem in stems:
        path = door.LOOPS / f"{stem}.webp"
        assert path.stat().st_size <= 30_000
        with Image.open(path) as image:
            assert (getattr(image, "n_frames", 1) > 5) != stem.endswith("-still")
            assert image.width <= loops.WIDE
            assert image.height <= loops.HIGH


def ink(image: Image.Image) -> float:
    """Returns how much of a picture differs from its ground, the commonest of its colours."""
    grey = np.asarray(image.convert("L"), float)
    return float((abs(grey - np.median(grey)) > 30).mean())


def test_a_still_shows_what_its_loop_does() -> None:
    """It is no first frame, on which little has happened yet."""
    for path in door.LOOPS.glob("*-still.webp"):
        with Image.open(path) as still, Image.open(path.with_stem(path.stem.removesuffix("-still"))) as loop:
            fullest = max(ink(frame) for frame in ImageSequence.Iterator(loop))
            assert ink(still) > fullest / 2, path.name


def test_every_chapter_with_a_widget_that_plays_has_something_that_moves() -> None:
    order = [door.card(path.stem, json.loads(path.read_text("utf-8"))) for path in CHAPTERS]
    moving, tried = door.loops(order), {path.parent.name for path in (ROOT / "genlib/widgets").glob("*/tries.js")}
    for one in order:
        new = {name for name in one.widgets if name.replace("-", "_") in tried} - set(moving.values())
        assert one.name in moving or not new, f"{one.name} shows {new}: make loops"


def test_a_page_without_the_marks_stays_as_it_is() -> None:
    assert door.opened(SimpleNamespace(), "<p>text</p>") == "<p>text</p>"  # type: ignore[arg-type]


def test_the_pad_carries_its_models_once() -> None:
    made = door.pad()
    assert made.count("widget-view+json") == 1
    assert made.count("widget-state+json") == 1
    assert "half_digit" in made
