"""HalfDigit in a page: a stroke of the pen, what the machine holds of it, and where the encoder puts the picture."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from harness import chromium, needs_chromium, opened, recorded, rest, trait
from playwright.sync_api import Browser, Page, expect

from genlib import zoo
from genlib.energy import RBM
from genlib.nn import Bernoulli, Gaussian, mlp
from genlib.vae import VAE
from genlib.widgets import HalfDigit


@pytest.fixture(scope="module", autouse=True)
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def stroke(page: Page, *places: tuple[float, float]) -> None:
    """Draws on the pad, in shares of its side."""
    box = page.get_by_role("application").bounding_box()
    assert box
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()


@needs_chromium
def test_what_is_drawn_is_held_and_the_rest_is_found_and_placed() -> None:
    vae = zoo.load("vae-mnist-2d")
    with opened(None) as page:
        recorded(page, HalfDigit(zoo.load("rbm-mnist"), vae))
        stroke(page, (0.35, 0.3), (0.45, 0.2), (0.6, 0.2), (0.65, 0.3), (0.55, 0.45), (0.4, 0.9))
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        seen = []
        for _ in range(3):
            before = trait(page, "sweep")
            page.wait_for_function("(before) => trait('sweep') > before", arg=before)
            seen.append(np.array(trait(page, "x")[0]).reshape(28, 28))
        page.get_by_role("button", name="Pause").click()
        rest(page)
        tops = np.array([x[:14] for x in seen])
        assert (tops == tops[0]).all()
        assert 20 < tops[0].sum() < 90
        assert not (seen[0][14:] == seen[-1][14:]).all()
        z = torch.tensor(trait(page, "z"))
    assert z.shape == (2,)
    assert (z.abs() < 4).all()


WHOLE_STROKE = "Array.from({ length: 12 }, (_, i) => trait('x')[0][28 * (8 + i) + 5]).every(Boolean)"


@needs_chromium
def test_another_half_and_reset() -> None:
    with opened(None) as page:
        recorded(page, HalfDigit(RBM(784, 8), VAE(Gaussian(mlp(784, 8, 4)), Bernoulli(mlp(2, 8, 784)), latent=2)))
        first = trait(page, "x")
        page.get_by_label("I draw").select_option("left")
        stroke(page, (0.2, 0.2), (0.2, 0.8))
        page.wait_for_function("trait('sweep') > 0 && trait('sweep') < 100")
        page.wait_for_function(WHOLE_STROKE)  # Python hears five times a second, and first of half a stroke.
        x = np.array(trait(page, "x")[0]).reshape(28, 28)
        assert x[8:20, 5].all()
        assert not x[:, 8:14].any()
        page.get_by_role("button", name="Reset").click()
        rest(page)
        assert (trait(page, "half"), trait(page, "sweep"), trait(page, "x")) == ("top", 110, first)


def test_models_of_other_images_are_refused() -> None:
    vae = VAE(Gaussian(mlp(64, 8, 4)), Bernoulli(mlp(2, 8, 64)), latent=2)
    with pytest.raises(ValueError, match=r"784 pixels, 64 pixels and 2 latents, expected 784, 784 and 2"):
        HalfDigit(RBM(784, 8), vae)
    digits = VAE(Gaussian(mlp(784, 8, 4)), Bernoulli(mlp(2, 8, 784)), latent=2)
    chain = HalfDigit(RBM(784, 8), digits)
    with pytest.raises(ValueError, match=r"rbm has W \(9, 784\), this widget shows \(8, 784\)"):
        chain.update(RBM(784, 9))
    other = RBM(784, 8)
    chain.update(other)
    assert chain.machine == HalfDigit(other, digits).machine
