"""PixelByPixel under the hand; its mathematics is held to torch in model_test.js."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from harness import chromium, from_python, needs_chromium, opened, recorded, rest, trait
from playwright.sync_api import Browser, Page

from genlib.autoregressive import MADE, GatedPixelCNN, PixelCNN
from genlib.widgets import PixelByPixel

pytestmark = needs_chromium


@pytest.fixture(scope="module", autouse=True)
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def told(page: Page) -> str:
    return page.locator(".genlib-pixel-chance p").inner_text()


def touch(page: Page, canvas: int, row: int, column: int, side: int = 8) -> None:
    """Clicks a pixel of the pad (0) or of the picture (1)."""
    box = page.locator(".genlib-pixels").nth(canvas).bounding_box()
    assert box
    x, y = (box[key] + (place + 0.5) / side * box[size] for key, place, size in
            (("x", column, "width"), ("y", row, "height")))  # fmt: skip
    page.mouse.click(x, y)
    rest(page)


def test_a_pixel_is_drawn_and_what_comes_before_it_is_kept() -> None:
    """By pointer and by keys; Python hears of it, and six pictures begin with it."""
    with opened(None) as page:
        recorded(page, PixelByPixel(MADE(64, 16)))
        touch(page, 0, 2, 3)
        page.wait_for_timeout(300)
        drawing = torch.tensor(trait(page, "drawing"))[0]
        assert drawing.nonzero().flatten().tolist() == [19]
        assert trait(page, "given") == 20
        assert [x[19] for x in trait(page, "x")] == [1] * 6
        page.keyboard.press("ArrowRight")
        page.keyboard.press(" ")
        rest(page)
        page.wait_for_timeout(300)
        assert trait(page, "given") == 21
        page.get_by_role("button", name="Clear").click()
        rest(page)
        page.wait_for_timeout(300)
        assert trait(page, "given") == 0
        assert not torch.tensor(trait(page, "drawing")).any()


def test_what_a_pixel_reads_is_said() -> None:
    """The plain network has a blind spot there, the one of two stacks has none."""
    torch.manual_seed(0)
    models = {"plain": PixelCNN((8, 8), 4, 3, first=3), "gated": GatedPixelCNN((8, 8), 4, 6, first=3)}
    for model in models.values():
        for parameter in model.parameters():
            parameter.data.normal_()
    with opened(None) as page:
        recorded(page, PixelByPixel(models, torch.ones(1, 64)))
        touch(page, 1, 5, 1)
        assert "row 6, column 2" in told(page)
        assert "it cannot see, crossed out" in told(page)
        from_python(page, chosen="gated")
        rest(page)
        from_python(page, pixel=41)
        rest(page)
        assert "reads all the 41 pixels before it." in told(page)
        touch(page, 1, 5, 1)
        assert "Next pixel" in told(page)


def test_another_way_comes_under_the_eye() -> None:
    with opened(None) as page:
        recorded(page, PixelByPixel(MADE(64, 16), torch.ones(1, 64)))
        page.locator(".genlib-way").nth(4).click()
        rest(page)
        assert page.locator(".genlib-way[aria-pressed=true]").count() == 1
        assert page.locator(".genlib-way").nth(4).get_attribute("aria-pressed") == "true"
        nats = page.locator(".genlib-way figcaption").all_inner_texts()
        page.wait_for_timeout(300)
        assert [float(words) for words in nats] == pytest.approx(trait(page, "nats"), abs=0.051)
