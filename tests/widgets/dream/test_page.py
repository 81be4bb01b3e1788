"""Dream in a page: under every kind of hand, and in time; its mathematics is held to torch in model_test.js."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from harness import (
    chromium,
    from_python,
    needs_chromium,
    opened,
    recorded,
    rest,
    widget_page,
)
from playwright.sync_api import Browser, Page
from torch import Tensor

from genlib.energy import DBN, RBM, ClassRBM
from genlib.widgets import Dream
from genlib.widgets.packing import unpack_tensors

pytestmark = needs_chromium


@pytest.fixture(scope="module", autouse=True)
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def network(*widths: int, classes: int = 0, scale: float = 0.3) -> DBN:
    *below, (d, h) = pairwise(widths)
    dbn = DBN(*(RBM(*pair) for pair in below), ClassRBM(d, classes, h) if classes else RBM(d, h))
    for parameter in dbn.parameters():
        parameter.data = scale * torch.randn(parameter.shape)
    return dbn


def rounded(dream: Dream) -> DBN:
    """The network that the page runs."""
    read = unpack_tensors(dream.weights, dream.spec)
    depth = sum(name[0] == "W" for name in read)
    layers = [{letter: read[f"{letter}{i}"] for letter in "Wbc"} for i in range(depth)]
    if dream.classes:
        layers[-1] |= {"W": torch.cat([layers[-1]["W"], read["U"]], 1), "c": torch.cat([layers[-1]["c"], read["d"]])}
    made = []
    for i, layer in enumerate(layers):
        hidden, visible = layer["W"].shape
        labelled = dream.classes and i == depth - 1
        made.append(ClassRBM(visible - dream.classes, dream.classes, hidden) if labelled else RBM(visible, hidden))
        made[-1].load_state_dict(layer, strict=False)
    return DBN(*made)


def bits(*shape: int) -> Tensor:
    return (torch.rand(shape) < 0.5).to(torch.get_default_dtype())


@pytest.fixture
def dream_page(tmp_path: Path) -> Path:
    dream = Dream(network(64, 48, 32, classes=10), examples=bits(30, 64))
    return widget_page(tmp_path / "dream.html", dream)


# Under the hand


def sweeps(page: Page) -> int:
    return int(page.locator(".genlib-count").first.inner_text().split()[0])


def pixels(page: Page, index: int = 0) -> str:
    return page.locator("canvas").nth(index).evaluate("canvas => canvas.toDataURL()")


def test_first_view_has_already_run(dream_page: Path) -> None:
    with opened(dream_page) as page:
        assert sweeps(page) >= 100
        assert page.locator(".genlib-strip figure:visible").count() == 12
        assert page.get_by_role("radio").count() == 11
        assert page.get_by_label("free").is_checked()


def test_layers_stand_in_the_order_of_the_graph(dream_page: Path) -> None:
    with opened(dream_page) as page:
        words = page.locator(".genlib-dream-tower > *").all_inner_texts()
        pictures = page.locator(".genlib-dream-pictures").inner_text()
    assert [word.split()[0] for word in words] == ["h²,", "⇅", "h¹,", "↓"]
    assert pictures.startswith("p(x | h¹)")


def test_step_runs_k_sweeps_and_reset_returns_to_the_first_view(dream_page: Path) -> None:
    with opened(dream_page) as page:
        first, before = sweeps(page), [pixels(page, i) for i in range(4)]
        page.get_by_label("Sweeps per frame, k").fill("7")
        page.get_by_label("3", exact=True).check()
        page.get_by_role("button", name="Step").click()
        assert sweeps(page) == first + 7
        assert page.locator(".genlib-count").inner_text().endswith("label 3")
        assert [pixels(page, i) for i in range(4)] != before
        page.get_by_role("button", name="Reset").click()
        assert sweeps(page) == first
        assert [pixels(page, i) for i in range(4)] == before
        assert page.get_by_label("Sweeps per frame, k").input_value() == "1"
        assert page.get_by_label("free").is_checked()


def test_a_label_holds_until_it_is_set_free(dream_page: Path) -> None:
    with opened(dream_page) as page:
        for label in ("7", "2"):
            page.get_by_label(label, exact=True).check()
            for _ in range(5):
                page.get_by_role("button", name="Step").click()
                assert page.locator(".genlib-count").inner_text().endswith(f"label {label}")
        page.get_by_label("free").check()
        seen = set()
        for _ in range(30):
            page.get_by_role("button", name="Step").click()
            seen.add(page.locator(".genlib-count").inner_text()[-1])
        assert len(seen) > 2


def test_keyboard_alone_holds_a_label_and_draws(dream_page: Path) -> None:
    with opened(dream_page) as page:
        page.get_by_label("free").focus()
        page.keyboard.press("ArrowRight")
        assert page.get_by_label("0", exact=True).is_checked()
        page.get_by_role("application").focus()
        for _ in range(6):
            page.keyboard.press("Shift+ArrowDown")
        page.wait_for_function("parseInt(document.querySelector('.genlib-count').textContent) === 0")
        assert page.get_by_label("Start from").input_value() == "drawing"


def test_images_of_the_data_take_turns_and_arrive_bit_by_bit(tmp_path: Path) -> None:
    examples = bits(3, 35)
    dream = Dream(network(35, 6, 4), examples=examples, shape=(5, 7))
    path = widget_page(tmp_path / "page.html", dream)
    with opened(path) as page:
        assert page.get_by_role("radio").count() == 0
        assert page.get_by_role("application").count() == 0
        page.get_by_label("Start from").select_option("example")
        seen = {pixels(page, 1)}
        for _ in range(3):
            page.get_by_role("button", name="Start again").click()
            seen.add(pixels(page, 1))
        shades = page.evaluate(
            "() => [...document.querySelectorAll('canvas')[1].getContext('2d').getImageData(0, 0, 7, 5).data]"
            ".filter((_, i) => i % 4 === 0)"
        )
        assert sweeps(page) == 0
    assert len(seen) == 3
    assert [int(shade == 0) for shade in shades] == examples[0].int().tolist()


# What Python sees


def test_python_hears_of_the_dream_as_it_is() -> None:
    dream = Dream(network(64, 48, 32, classes=10), label=6)
    with opened(None) as page:
        recorded(page, dream)
        page.get_by_role("button", name="Step").click()
        rest(page)
        last, shown = page.evaluate("saved.at(-1)"), sweeps(page)
    assert (last["sweep"], last["y"], last["label"]) == (shown, 6, 6)
    x, h = torch.tensor(last["x"]), torch.tensor(last["h"])
    assert (x.shape, h.shape) == ((1, 64), (1, 48))
    assert torch.tensor(last["prob_y"]).numpy() == pytest.approx(
        rounded(dream).top.prob_y(h.double())[0].detach().numpy(), abs=1e-4
    )


def test_new_weights_new_starts_labels_and_k_from_python_are_taken_up() -> None:
    dream, other = Dream(network(64, 48, 32, classes=10)), Dream(network(64, 48, 32, classes=10), x := bits(64))
    with opened(None) as page:
        recorded(page, dream)
        before, first = sweeps(page), page.evaluate("document.querySelector('.genlib-dream-label i').style.height")
        from_python(page, weights=other.weights)
        assert sweeps(page) == before
        assert page.evaluate("document.querySelector('.genlib-dream-label i').style.height") != first
        from_python(page, start=other.start)
        from_python(page, k=5, label=8)
        rest(page)
        assert page.evaluate("saved.at(-1).x") == [x.tolist()]
        assert page.get_by_label("8", exact=True).is_checked()
        page.get_by_role("button", name="Step").click()
        rest(page)
        assert (sweeps(page), page.evaluate("saved.at(-1).y")) == (5, 8)
