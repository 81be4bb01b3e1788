"""ConvolutionStepper under the hand; its mathematics is held to torch in model_test.js."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from harness import chromium, from_python, needs_chromium, opened, recorded, rest, trait
from playwright.sync_api import Browser, Page
from torch.testing import assert_close

from genlib.widgets import ConvolutionStepper

pytestmark = needs_chromium


@pytest.fixture(scope="module", autouse=True)
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def count(page: Page) -> str:
    return page.locator(".genlib-count").inner_text()


def press(page: Page, name: str, times: int = 1) -> None:
    for _ in range(times):
        page.get_by_role("button", name=name, exact=True).click()
    rest(page)
    page.wait_for_timeout(300)


def test_steps_go_forwards_and_backwards_and_python_hears() -> None:
    with opened(None) as page:
        recorded(page, ConvolutionStepper(w=torch.eye(3)))
        assert count(page) == "1 of 4 places"
        press(page, "Step", 2)
        assert (count(page), trait(page, "place")) == ("3 of 4 places", 3)
        press(page, "Back")
        assert count(page) == "2 of 4 places"
        press(page, "Step", 2)
        seven = torch.zeros(5, 5)
        seven[0] = 1
        seven[torch.arange(5), torch.tensor([4, 3, 3, 2, 2])] = 1
        expected = torch.nn.functional.conv2d(seven[None, None], torch.eye(3)[None, None], stride=2)[0, 0]
        assert_close(torch.tensor(trait(page, "output")), expected, check_dtype=False)
        press(page, "Step")
        assert count(page) == "0 of 4 places"


def test_what_does_not_fit_is_said_and_resetting_brings_back_the_first_view() -> None:
    with opened(None) as page:
        recorded(page, ConvolutionStepper(side=4))
        first = page.locator(".genlib-conv-words").inner_text()
        page.get_by_role("slider", name="Width of the kernel").fill("5")
        rest(page)
        assert "does not fit" in page.locator(".genlib-conv-words").inner_text()
        assert count(page) == "0 of 0 places"
        press(page, "Step")
        from_python(page, operation="transposed", picture="plain", weights="ones")
        rest(page)
        assert "4, 6, 9 weights on a pixel" in page.locator(".genlib-conv-words").inner_text()
        press(page, "Reset")
        assert page.locator(".genlib-conv-words").inner_text() == first
        assert (trait(page, "operation"), trait(page, "kernel")) == ("convolution", 3)
