"""What the figures show: the right numbers in the right place and colour."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from mutants import breaks
from torch.testing import assert_close

from genlib import plot

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(autouse=True)
def no_window() -> Iterator[None]:
    before = mpl.get_backend()
    plt.switch_backend("agg")
    yield
    plt.switch_backend(before)


@breaks("data in the colour of models", "plot.style", "[DATA, MODEL", "[MODEL, DATA")
def test_colours_are_okabe_and_itos() -> None:
    assert (plot.DATA, plot.MODEL, plot.LATENT) == ("#0072B2", "#D55E00", "#009E73")
    plot.style()
    cycle = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    assert cycle[:4] == [plot.DATA, plot.MODEL, plot.LATENT, plot.OTHER]


@breaks(
    "pictures column by column",
    "plot.images",
    "i // columns * (height + 1), i % columns * (width + 1)",
    "i % rows * (height + 1), i // rows * (width + 1)",
    given={"shape": (5, 2, 3)},
)
@pytest.mark.parametrize("shape", [(5, 1, 2, 3), (5, 2, 3)])
def test_images_lie_row_by_row_with_gaps_between(shape: tuple[int, ...]) -> None:
    x = torch.rand(shape)
    ax = plot.images(x, columns=3)
    sheet = np.asarray(ax.images[0].get_array().filled(np.nan), dtype=float)
    assert sheet.shape == (2 * 3 - 1, 3 * 4 - 1)
    for i, tile in enumerate(x.reshape(5, 2, 3)):
        top, left = i // 3 * 3, i % 3 * 4
        assert sheet[top : top + 2, left : left + 3] == pytest.approx(tile.numpy(), abs=1e-7)
    assert np.isnan(sheet[2]).all()
    assert np.isnan(sheet[:, [3, 7]]).all()
    assert np.isnan(sheet[3:, 8:]).all()


@breaks("flat squares on their side", "plot._tiles", "reshape(-1, side, side)", "reshape(-1, side, side).mT")
def test_flat_squares_are_images_too() -> None:
    x = torch.rand(2, 9)
    flat, square = (plot.images(y, columns=2).images[0].get_array() for y in (x, x.reshape(2, 1, 3, 3)))
    assert (flat.filled(-1) == square.filled(-1)).all()


@breaks("white ink", "plot.images", "else 0, vmax=top", "else top, vmax=0")
def test_ink_is_black_and_paper_white_whatever_the_range() -> None:
    picture = plot.images(torch.full((1, 1, 2, 2), 0.5)).images[0]
    assert picture.get_clim() == (0, 1)
    assert to_hex(picture.cmap(0.0)) == "#ffffff"
    assert to_hex(picture.cmap(1.0)) == "#000000"


@breaks("weights on the scale of images", "plot.images", "vmin=-top if symmetric else 0", "vmin=0")
def test_weights_have_white_zeros_and_a_colour_for_each_sign() -> None:
    picture = plot.images(torch.tensor([[[-0.5, 2.0], [0.0, 1.0]]]), symmetric=True).images[0]
    assert picture.get_clim() == (-2, 2)
    colours = [to_hex(picture.cmap(picture.norm(v))) for v in (-2.0, 0.0, 2.0)]
    assert colours[0].upper() == plot.MODEL
    assert colours[2].upper() == plot.DATA
    assert all(c > 0.98 for c in picture.cmap(picture.norm(0.0))[:3])


@breaks("points in the colour of models", "plot.scatter", "color=color", "color=MODEL")
@breaks("points that a tint shines through", "plot.scatter", 'edgecolors="white"', 'alpha=0.5, edgecolors="white"')
@breaks("points without a ring", "plot.scatter", 'edgecolors="white", linewidths=0.4', "linewidths=0")
def test_scatter_shows_the_points_in_the_colour_of_data() -> None:
    x = torch.randn(7, 2, requires_grad=True)
    ax = plot.scatter(x, label="data")
    points = ax.collections[0]
    assert_close(torch.tensor(np.asarray(points.get_offsets())), x.detach())
    assert to_hex(points.get_facecolor()[0], keep_alpha=True).upper() == f"{plot.DATA}FF"
    assert to_hex(points.get_edgecolor()[0]) == "#ffffff"
    assert min(points.get_linewidths()) > 0.3
    assert points.get_label() == "data"
    assert ax.get_aspect() == 1


@breaks("a density on its side", "plot.density", ".T.cpu()", ".cpu()")
@breaks("a density upside down", "plot.density", 'origin="lower"', 'origin="upper"')
def test_density_is_upright_and_to_scale() -> None:
    """A peak at (2, -1) appears on the right, below the middle."""
    peak = torch.tensor([2.0, -1.0])
    ax = plot.density(lambda x: -((x - peak) ** 2).sum(-1), limit=4, cells=41)
    values = np.asarray(ax.images[0].get_array())
    row, column = np.unravel_index(values.argmax(), values.shape)
    assert (row, column) == (15, 30)
    assert values[20, 20] == pytest.approx(np.exp(-5))
    assert ax.images[0].origin == "lower"
    assert list(ax.images[0].get_extent()) == [-4, 4, -4, 4]


@breaks("curves counted from one", "plot.curves", "range(len(values))", "range(1, len(values) + 1)")
def test_curves_carry_their_values_and_names() -> None:
    ax = plot.curves({"train": [3.0, 2.0, 1.5], "test": [3.0, 2.5]}, y="nats")
    assert [list(line.get_ydata()) for line in ax.lines] == [[3.0, 2.0, 1.5], [3.0, 2.5]]
    assert list(ax.lines[0].get_xdata()) == [0, 1, 2]
    assert [(t.get_text().strip(), tuple(t.xy)) for t in ax.texts] == [("train", (2, 1.5)), ("test", (1, 2.5))]
    assert [t.get_color() for t in ax.texts] == [line.get_color() for line in ax.lines]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "nats")


@breaks(
    "points in axes of their own",
    "plot.scatter",
    "ax = ax or _axes(",
    "ax = _axes(",
    given={"draw": lambda ax: plot.scatter(torch.rand(3, 2), ax=ax)},
)
@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plot.images(torch.rand(3, 4), ax=ax),
        lambda ax: plot.scatter(torch.rand(3, 2), ax=ax),
        lambda ax: plot.density(lambda x: -x.square().sum(-1), cells=9, ax=ax),
        lambda ax: plot.curves({"loss": [1.0, 0.5]}, ax=ax),
    ],
)
def test_figures_are_drawn_into_the_axes_given(draw: Callable[[plt.Axes], plt.Axes]) -> None:
    plot.style()
    _, (left, right) = plt.subplots(1, 2)
    assert draw(right) is right
    assert right.has_data()
    assert not left.has_data()
    assert len(plt.get_fignums()) == 1
    assert draw(None).figure is not right.figure


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda: plot.images(torch.zeros(2, 63)), "63 values", "a square number"),
        (lambda: plot.images(torch.zeros(2, 3, 4, 4)), r"\(2, 3, 4, 4\)", r"\(N, 1, H, W\)"),
        (lambda: plot.scatter(torch.zeros(4, 3)), r"\(4, 3\)", r"\(N, 2\)"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()
