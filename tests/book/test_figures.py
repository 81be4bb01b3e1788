"""Figures are drawn for a light page and for a dark one, and both travel in one file."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import ListedColormap, to_rgb
from mutants import breaks

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book"))
pytest.importorskip("sphinx", reason="the book's tools are not installed")

import figures  # noqa: E402
from book_build import assets  # noqa: E402

from genlib import plot  # noqa: E402


@pytest.fixture
def drawn() -> Iterator[Any]:
    """A figure with a black line, a blue one, a grey picture, words on it, and white words on a blue disc."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(2, 1))
    left.plot([0, 1], color="black")
    left.plot([1, 0], color="#0072B2")
    left.scatter([0.5], [0.5], color="#0072B2")
    left.text(0.5, 0.5, "A", color="white")
    right.imshow([[0, 1], [1, 0]], cmap="gray")
    right.text(0, 0, "B", color="black")
    right.plot([0, 1], [1, 1], color="black")
    right.text(-0.5, 0.5, "beside", transform=right.transAxes, color="black")
    right.set_axis_off()
    yield fig
    plt.close(fig)


def saved(figure: Any) -> np.ndarray:
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return plt.imread(io.BytesIO(file.getvalue()))


def test_greys_are_turned_around_and_colours_stay(drawn: Any) -> None:
    left, right = drawn.axes
    black, blue = left.lines
    before = saved(drawn)
    with figures.on_dark(drawn):
        assert black.get_color() == (figures.INK,) * 3 + (1.0,)
        assert blue.get_color() == "#0072B2"
        assert left.texts[0].get_color() == "white"
        assert [each.get_color() for each in (right.texts[0], right.lines[0])] == ["black", "black"]
        assert right.texts[1].get_color() == (figures.INK,) * 3 + (1.0,), "words beside a picture stand on the page"
        assert left.spines["left"].get_edgecolor()[0] > 0.5
        assert left.yaxis.get_ticklabels()[0].get_color()[0] > 0.5
        assert left.title.get_color()[0] > 0.5
        night = saved(drawn)
    assert (night[0, 0, 3], before[0, 0, 3]) == (0, 1), "the ground of a dark figure is the page's"
    picture = np.s_[night.shape[0] // 2, int(0.6 * night.shape[1]) : int(0.85 * night.shape[1]), :3]
    assert np.array_equal(night[picture], before[picture])
    assert np.array_equal(saved(drawn), before), "the figure itself was changed"


@pytest.mark.parametrize("draw", [
    lambda ax: ax.imshow([[0, 1]], origin="lower", cmap="gray_r"),
    lambda ax: ax.imshow([[0, 1]], cmap="gray_r"),
    lambda ax: ax.pcolormesh([[0, 1]], cmap="gray_r"),
    lambda ax: ax.contourf([[0, 0.5], [0.5, 1]], cmap="gray_r"),
], ids=["a density", "a table with its numbers", "a mesh", "a map of heights"])  # fmt: skip
def test_a_shade_that_stands_for_a_number_has_the_page_for_its_zero(draw: Any) -> None:
    fig, ax = plt.subplots()
    mapped = draw(ax)
    ax.text(0, 0, "upon it", color="black", bbox={"facecolor": "white", "edgecolor": "#0072B2"})
    before = saved(fig)
    with figures.on_dark(fig):
        assert mapped.cmap(0.0)[:3] == pytest.approx([figures.GROUND] * 3)
        assert mapped.cmap(1.0)[:3] == pytest.approx([figures.INK] * 3)
        (words,) = ax.texts
        assert words.get_color()[0] == figures.INK
        assert words.get_bbox_patch().get_facecolor()[:3] == pytest.approx([figures.GROUND] * 3)
        assert words.get_bbox_patch().get_edgecolor() == (0, 0x72 / 255, 0xB2 / 255, 1)
    assert np.array_equal(saved(fig), before), "the figure itself was changed"
    plt.close(fig)


@breaks("classes taken for numbers", "book/figures.maps", " and image.cmap.N > CLASSES", "")
def test_colours_that_name_classes_stay_as_they_are() -> None:
    hues = ["#ffffff", "#0072B2", "#E69F00", "#332288", "#6b6b6b"]
    fig, ax = plt.subplots()
    image = ax.imshow([[0, 1, 2, 3, 4]], cmap=ListedColormap(hues), vmin=0, vmax=4)
    ax.set(xticks=[], yticks=[])
    with figures.on_dark(fig):
        assert [image.cmap(k)[:3] for k in range(5)] == [pytest.approx(to_rgb(hue)) for hue in hues]
    plt.close(fig)


def test_weights_with_a_sign_have_their_colours_on_the_page() -> None:
    ax = plot.images(torch.tensor([[-1.0, 0.0, 0.0, 1.0]]), symmetric=True)
    (image,) = ax.images
    with figures.on_dark(ax.figure):
        assert image.cmap(0.0)[:3] == pytest.approx((0xD5 / 255, 0x5E / 255, 0))
        assert image.cmap(1.0)[:3] == pytest.approx((0, 0x72 / 255, 0xB2 / 255))
        assert max(image.cmap(0.5)[:3]) < 0.1
    assert min(image.cmap(0.5)[:3]) > 0.98
    plt.close(ax.figure)


def test_coloured_words_can_be_read_on_the_page() -> None:
    fig, ax = plt.subplots()
    words = ax.text(0, 0, "data", color="#0072B2", bbox={"facecolor": "white"})
    on_disc = ax.text(1, 0, "1", color="white", bbox={"facecolor": "#222222"})
    with figures.on_dark(fig):
        ratio = (figures.light(words.get_color()[:3]) + 0.05) / (figures.light([figures.GROUND] * 3) + 0.05)
        assert 4.5 <= ratio < 5.5
        assert (on_disc.get_color(), on_disc.get_bbox_patch().get_facecolor()[0]) == ("white", 0x22 / 255)
    assert words.get_color() == "#0072B2"
    plt.close(fig)


def test_a_figure_is_put_back_when_drawing_fails(drawn: Any) -> None:
    before = saved(drawn)
    with pytest.raises(ZeroDivisionError), figures.on_dark(drawn):
        _ = 1 / 0
    assert np.array_equal(saved(drawn), before)


def test_both_files_come_out_of_one(drawn: Any) -> None:
    file = io.BytesIO()
    drawn.savefig(file, format="png")
    light, dark = file.getvalue(), file.getvalue()[:-1] + b"!"
    both = figures.joined(light, dark)
    assert plt.imread(io.BytesIO(both)).shape == plt.imread(io.BytesIO(light)).shape
    assert figures.parted(both) == (light, dark)
    assert figures.parted(light) == (light, None)


def test_a_kernel_prints_both(drawn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from base64 import b64decode

    from IPython.core import pylabtools

    once = pylabtools.print_figure
    monkeypatch.setattr(pylabtools, "print_figure", once)
    figures.load_ipython_extension(None)
    light, dark = figures.parted(b64decode(pylabtools.print_figure(drawn, base64=True)))
    assert light == figures.joined(once(drawn), b"", figures.WORDS), "there are numbers on its axes"
    assert dark not in (None, light)
    for axes in drawn.axes:
        axes.set_axis_off()
        for words in [*axes.texts]:
            words.remove()
    assert figures.parted(b64decode(pylabtools.print_figure(drawn, base64=True)))[0] == once(drawn)
    assert pylabtools.print_figure(drawn, "svg").startswith("<?xml")


@breaks("axes that are off have words", "book/figures.worded", "if not axes.axison", "if False")
@breaks("only numbers along axes count", "book/figures.worded", " or any(each.get_text() for each in words)", "")
@breaks("words that are hidden count", "book/figures.worded", "each.get_visible() and ", "")
def test_words_are_found_wherever_they_stand() -> None:
    def bare() -> Any:
        ax = plt.figure().add_subplot()
        ax.set(xticks=[], yticks=[])
        return ax

    ways = {
        "nothing": (False, lambda ax: None),
        "a name beside hidden axes": (False, lambda ax: (ax.set_ylabel("y"), ax.set_axis_off())),
        "a hidden word": (False, lambda ax: ax.text(0, 0, "a").set_visible(False)),
        "numbers along an axis": (True, lambda ax: ax.set_xticks([0, 1])),
        "a title": (True, lambda ax: ax.set_title("samples")),
        "a title over hidden axes": (True, lambda ax: (ax.set_title("samples"), ax.set_axis_off())),
        "the name of an axis": (True, lambda ax: ax.set_ylabel("found")),
        "a word in the picture": (True, lambda ax: ax.text(0, 0, "a")),
        "a legend": (True, lambda ax: (ax.plot([0, 1], label="data"), ax.legend())),
        "a word over all": (True, lambda ax: ax.figure.suptitle("all")),
    }
    for name, (expected, draw) in ways.items():
        ax = bare()
        draw(ax)
        assert figures.worded(ax.figure) is expected, name
        plt.close(ax.figure)


def test_words_in_a_figure_keep_a_size_that_can_be_read(drawn: Any, tmp_path: Path) -> None:
    file = io.BytesIO()
    drawn.savefig(file, format="png", dpi=110)  # 220 pixels wide
    worded = figures.joined(figures.joined(file.getvalue(), b"", figures.WORDS), b"dark")
    assert (figures.least_width(worded), figures.least_width(file.getvalue())) == (137, 0)
    (tmp_path / "a.png").write_bytes(worded)
    app = SimpleNamespace(srcdir=tmp_path, builder=SimpleNamespace(images={"a.png": "a.png"}))
    context = {"body": '<img alt="Bars." src="../_images/a.png" />'}
    tree = SimpleNamespace(findall=lambda kind: [assets.nodes.image(uri="a.png")])
    assets.show_dark_figures(app, "page", "", context, tree)
    assert context["body"].count('data-least style="--least: 137px" alt="Bars." src="../_images/a') == 2


def test_the_page_shows_one_of_the_two(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(figures.joined(b"\x89PNG\r\n\x1a\n" + bytes(4) + b"IEND" + bytes(4), b"dark"))
    image = assets.nodes.image(uri="../_images/a1.png")
    tree = SimpleNamespace(findall=lambda kind: [image])
    app = SimpleNamespace(srcdir=tmp_path, builder=SimpleNamespace(images={"a.png": "a1.png"}))
    body = '<p><img alt="Bars." src="../_images/a1.png" /> <img src="../_images/b.png" /></p>'
    context = {"body": body}
    assets.show_dark_figures(app, "page", "", context, tree)
    shown = context["body"]
    assert 'only-light" alt="Bars." src="../_images/a1.png"' in shown
    assert 'only-dark" alt="Bars." src="../_images/a1-dark.png"' in shown
    assert shown.count("<img") == 3
    assets.show_dark_figures(app, "page", "", context, tree)
    assert context["body"] == shown
