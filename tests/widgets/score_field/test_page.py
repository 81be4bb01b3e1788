"""ScoreField under the hand; its mathematics is held to torch in model_test.js."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from harness import chromium, from_python, needs_chromium, opened, recorded, rest, trait
from playwright.sync_api import Browser, Page

from genlib.autoencoders import Autoencoder, DenoisingAutoencoder
from genlib.nn import mlp
from genlib.widgets import ScoreField

pytestmark = needs_chromium
LAYERS = "[...document.querySelectorAll('.genlib-plane canvas')].map((one) => one.toDataURL())"


@pytest.fixture(scope="module", autouse=True)
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def widget(seed: int = 0) -> ScoreField:
    torch.manual_seed(seed)
    models = {sigma: Autoencoder(mlp(2, 16), mlp(16, 2)) for sigma in (0.3, 1.0)}
    return ScoreField({sigma: DenoisingAutoencoder(plain, torch.clone) for sigma, plain in models.items()}, limit=4.0)


def told(page: Page, name: str) -> list[list[float]]:
    rest(page)
    page.wait_for_timeout(300)
    return trait(page, name)


def test_the_start_is_dragged_by_pointer_and_by_keys() -> None:
    """The walks begin anew, and Python hears where."""
    with opened(None) as page:
        recorded(page, widget())
        page.get_by_role("button", name="Step", exact=True).click()
        assert told(page, "steps") == 1
        plane = page.get_by_role("application")
        box = plane.bounding_box()
        assert box
        page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"])
        page.mouse.up()
        assert told(page, "start") == pytest.approx([2, 2], abs=0.05)
        assert told(page, "steps") == 0
        assert told(page, "x_exact") == [trait(page, "start")]
        before = trait(page, "start")
        plane.focus()
        page.keyboard.press("ArrowLeft")
        assert told(page, "start") == pytest.approx([before[0] - 0.05, before[1]])
        page.get_by_role("button", name="Reset", exact=True).click()
        assert told(page, "start") == [-3, 2.6]


def test_what_lies_under_the_walks_is_painted_where_it_has_changed() -> None:
    """Other noise changes shade and arrows, another shade the shade alone, a step the walks alone, networks arrows."""
    with opened(None) as page:
        recorded(page, widget())
        seen = page.evaluate(LAYERS)
        acts = {
            (False, False, True): lambda: page.get_by_role("button", name="Step", exact=True).click(),
            (True, False, False): lambda: from_python(page, shade="difference"),
            (True, True, True): lambda: from_python(page, sigma=1.0),
        }
        for expected, act in acts.items():
            act()
            rest(page)
            now = page.evaluate(LAYERS)
            assert tuple(a != b for a, b in zip(seen, now, strict=True)) == expected
            seen = now


def test_other_networks_are_drawn_at_once() -> None:
    with opened(None) as page:
        recorded(page, widget())
        seen = page.evaluate(LAYERS)
        from_python(page, weights=widget(seed=1).weights)
        rest(page)
        assert [a != b for a, b in zip(seen, page.evaluate(LAYERS), strict=True)] == [False, True, True]
