"""Denoiser under the hand; its mathematics is held to torch in model_test.js."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from harness import chromium, from_python, needs_chromium, opened, recorded, rest, trait
from page_models import coins
from playwright.sync_api import Browser, Page

from genlib.autoencoders import BinaryAutoencoder, DenoisingAutoencoder
from genlib.nn import mlp
from genlib.widgets import Denoiser

pytestmark = needs_chromium


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
