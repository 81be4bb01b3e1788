"""Denoiser under the hand; its mathematics is held to torch in model_test.js."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from harness import chromium, from_python, needs_chromium, opened, recorded, rest, trait, widget_page
from page_models import coins
from playwright.sync_api import Browser, Page

import genlib.widgets
from genlib.autoencoders import BinaryAutoencoder, DenoisingAutoencoder
from genlib.nn import mlp
from genlib.widgets import Denoiser

pytestmark = needs_chromium
SHARED = Path(genlib.widgets.__file__).parent / "js/style.css"


@pytest.fixture(scope="module", autouse=True)
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def widget() -> Denoiser:
    torch.manual_seed(0)
    model = DenoisingAutoencoder(BinaryAutoencoder(mlp(64, 16), mlp(16, 64)), lambda x: x)
    return Denoiser(model, coins(5, 64))


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    rest(page)


def told(page: Page, name: str) -> np.ndarray:
    page.wait_for_timeout(300)
    return np.array(trait(page, name)[0])


def test_what_is_drawn_is_spoilt_and_answered() -> None:
    with opened(None) as page:
        recorded(page, widget())
        from_python(page, kind="masking", amount=0.0, way="clean")
        box = page.get_by_role("application").bounding_box()
        assert box
        page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.2 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.8 * box["height"], steps=8)
        page.mouse.up()
        rest(page)
        ink = told(page, "x_noisy")
        assert set(ink) == {0.0, 1.0}
        assert 4 <= ink.sum() <= 24
        assert trait(page, "steps") == 0
        answer = told(page, "x_mean")
        press(page, "Step")
        assert np.allclose(told(page, "x_noisy"), answer)
        assert trait(page, "steps") == 1


def test_pictures_noise_and_reset() -> None:
    """A picture is taken and spoilt, otherwise after another press, and Reset brings the first view back."""
    with opened(None) as page:
        recorded(page, widget())
        first = told(page, "x_noisy")
        assert trait(page, "steps") == 0
        press(page, "Take picture 3")
        taken = told(page, "x_noisy")
        assert page.locator("[aria-pressed=true]").count() == 1
        press(page, "Spoil it anew")
        assert (told(page, "x_noisy") != taken).any()
        page.get_by_label("Noise").select_option("gaussian")
        rest(page)
        assert len(set(told(page, "x_noisy"))) > 10
        press(page, "Reset")
        assert (trait(page, "kind"), trait(page, "steps")) == ("salt and pepper", 0)
        assert np.array_equal(told(page, "x_noisy"), first)


def test_a_try_brings_play_and_the_answer_onto_a_phone(tmp_path: Path) -> None:
    """Under what a page keeps at its top, and where another widget has brought the shared style once more."""
    head = "<style>html { scroll-padding-top: 64px } body { padding-block: 900px }</style>"
    with opened(widget_page(tmp_path / "page.html", widget(), head=head), width=328, height=740) as page:
        page.evaluate(
            "(css) => document.body.insertAdjacentHTML('beforeend', `<style>${css}</style>`)", SHARED.read_text("utf-8")
        )
        press(page, "Clean it again and again")
        play = page.get_by_role("button", name="Pause", exact=True).bounding_box()
        pictures = [each.bounding_box() for each in page.locator(".genlib-denoiser-three canvas").all()]
        assert play
        assert play["y"] >= 64
        assert len(pictures) == 3
        assert all(box and box["y"] == pictures[0]["y"] and box["y"] + box["height"] < 740 for box in pictures)
