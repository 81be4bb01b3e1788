"""ChainOnALandscape under the hand; its mathematics is held to torch in model_test.js."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import chromium, from_python, needs_chromium, opened, recorded, rest, trait, widget_page
from playwright.sync_api import Browser, Page

from genlib.widgets import ChainOnALandscape

pytestmark = needs_chromium


@pytest.fixture(scope="module", autouse=True)
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def words(page: Page) -> str:
    return page.locator(".genlib-walk-words").inner_text()


def count(page: Page) -> str:
    return page.locator(".genlib-count").inner_text()


def test_a_landscape_is_drawn_by_pointer_and_by_keys() -> None:
    """The first hill clears what was given, the walk begins anew, and Python hears of both."""
    with opened(None) as page:
        recorded(page, ChainOnALandscape())
        assert count(page) == "400 steps"
        chart = page.locator(".genlib-walk-map")
        box = chart.bounding_box()
        assert box
        page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.25 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.25 * box["height"])
        page.mouse.up()
        rest(page)
        page.wait_for_timeout(300)
        hills = trait(page, "hills")
        assert len(hills) == 2
        assert abs(hills[0]["x"] + 1.5) < 0.1
        assert abs(hills[0]["y"] - 1.5) < 0.1
        assert (trait(page, "landscape"), count(page)) == ("drawn by hand", "0 steps")
        chart.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press(" ")
        rest(page)
        page.wait_for_timeout(300)
        assert trait(page, "hills")[2]["x"] == pytest.approx(0.2)
        page.get_by_role("button", name="Reset", exact=True).click()
        rest(page)
        page.wait_for_timeout(300)
        assert (trait(page, "landscape"), trait(page, "hills")) == ("three hills", [])


def test_what_python_sets_begins_a_walk() -> None:
    with opened(None) as page:
        recorded(page, ChainOnALandscape())
        from_python(page, hills=[{"x": 1, "y": 0, "width": 0.5, "weight": 1}], landscape="drawn by hand")
        rest(page)
        assert "1.00; the walker has not moved yet" in words(page)
        from_python(page, landscape="three hills", walker="langevin", scale=1.0)
        page.get_by_role("button", name="Play", exact=True).click()
        page.wait_for_function("document.querySelector('.genlib-walk-words').innerText.includes('flown off')")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (360, 740)])
def test_play_and_what_it_moves_are_seen_together(width: int, height: int, tmp_path: Path) -> None:
    with opened(widget_page(tmp_path / "page.html", ChainOnALandscape()), width=width, height=height) as page:
        rest(page)
        play = page.get_by_role("button", name="Play", exact=True).bounding_box()
        curves = page.locator(".genlib-walk-measures canvas").first.bounding_box()
        assert play
        assert curves
        assert curves["y"] + curves["height"] - play["y"] <= height
