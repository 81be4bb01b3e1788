"""EMSteps under the hand; its mathematics is held to torch in model_test.js."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import chromium, from_python, needs_chromium, opened, recorded, rest, trait, widget_page
from playwright.sync_api import Browser, Page

from genlib.widgets import EMSteps

pytestmark = needs_chromium


@pytest.fixture(scope="module", autouse=True)
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    rest(page)


def words(page: Page) -> str:
    return page.locator(".genlib-em-words").inner_text()


def numbers(page: Page) -> tuple[float, float]:
    """Returns the likelihood and the bound that the page tells."""
    found = re.findall(r"(\u2212?\d+\.\d+)", words(page))
    return float(found[0].replace("\u2212", "-")), float(found[1].replace("\u2212", "-"))


def test_halves_by_hand() -> None:
    """M raises both and opens a gap, E closes it, and Python sees where the page stands."""
    with opened(None) as page:
        widget = EMSteps()
        recorded(page, widget)
        assert "they touch; E has closed the gap" in words(page)
        before = numbers(page)
        press(page, "M step")
        likelihood, bound = numbers(page)
        assert likelihood > bound > before[0]
        assert "M has raised both" in words(page)
        press(page, "E step")
        assert numbers(page) == (likelihood, likelihood)
        page.wait_for_timeout(300)
        assert trait(page, "rounds") == 3
        assert abs(trait(page, "log_likelihood") - likelihood) < 1e-3


def test_what_python_sets_is_done() -> None:
    with opened(None) as page:
        recorded(page, EMSteps())
        from_python(page, guess="half blind")
        rest(page)
        assert "this q leaves a gap" in words(page)
        from_python(page, components=3)
        rest(page)
        assert page.locator(".genlib-em-slot:visible").count() == 3
        press(page, "Reset")
        assert page.locator(".genlib-em-slot:visible").count() == 6
        assert "E has closed the gap" in words(page)


def test_a_template_is_chosen(tmp_path: Path) -> None:
    with opened(widget_page(tmp_path / "page.html", EMSteps())) as page:
        rest(page)
        page.locator(".genlib-em-slot").nth(3).click()
        rest(page)
        assert page.locator(".genlib-em-slot[aria-pressed=true]").count() == 1
        assert "template 4" in page.locator(".genlib-panel .genlib-caption").all_inner_texts()[1]


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (360, 740)])
def test_play_and_what_it_moves_are_seen_together(width: int, height: int, tmp_path: Path) -> None:
    with opened(widget_page(tmp_path / "page.html", EMSteps()), width=width, height=height) as page:
        rest(page)
        play = page.get_by_role("button", name="Play", exact=True).bounding_box()
        curves = page.locator(".genlib-em-curves canvas").first.bounding_box()
        assert play
        assert curves
        assert curves["y"] + curves["height"] - play["y"] <= height
