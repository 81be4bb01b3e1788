"""Laws of the scenes: what is on them is what was dropped there, and every pixel knows whose it is."""

from __future__ import annotations

import torch
from complaints import complaint
from mutants import breaks
from torch import Tensor

from genlib import data
from genlib.data import scenes


def alphabet() -> tuple[Tensor, Tensor]:
    """Returns ten pictures of 3 by 4 pixels: each shows a number of its own in every pixel, the last pixel faint."""
    levels = (1 + torch.arange(10.0)) / 10
    x = levels[:, None, None, None].expand(10, 1, 3, 4).clone()
    x[:, :, -1, -1] = 0.05
    return x, torch.arange(10).flip(0)


@breaks("labels that begin at 0", "data.scenes", "1 + y[:, None", "y[:, None")
@breaks("squares that may overlap", "data.scenery._places", ">= height or", ">= 1 or")
@breaks("height and width confused", "data.scenes", "slice(row, row + height), slice(column, column + width)",
        "slice(row, row + width), slice(column, column + height)", by=RuntimeError)  # fmt: skip
@breaks("faint pixels taken for ink", "data.scenes", "x > ink", "x >= 0")
@breaks("the first picture everywhere", "data.scenes", "= x[i], owner[i]", "= x[i], owner[0]")
def test_every_pixel_knows_whose_it_is() -> None:
    """Rebuilt from the scene alone: all of one level carries that picture's label, but for its faint pixel."""
    x, y = alphabet()
    scene, label = scenes(x, y, 200, side=9, pictures=4, ink=0.06)
    assert scene.shape == (200, 1, 9, 9)
    assert label.shape == (200, 9, 9)
    assert label.dtype == torch.int64
    for picture, owner in zip(scene[:, 0], label, strict=True):
        strong = picture > 0.06
        assert torch.equal(owner > 0, strong)
        assert torch.equal(owner[strong] - 1, 9 - (picture[strong] * 10).round().long() + 1)
        faint = ((picture > 0) & ~strong).sum()
        assert strong.sum() == 11 * faint
        assert 2 <= faint <= 4


@breaks("a picture forgotten", "data.scenes", "(pictures,), generator", "(pictures - 1,), generator")
@breaks(
    "one try for a place",
    "data.scenery._places",
    "in zip(rows, columns, strict=True)",
    "in [(rows[0], columns[0])]",
)
def test_a_scene_has_the_pictures_it_was_asked_for() -> None:
    x, y = alphabet()
    scene, _ = scenes(x, y, 50, side=32, pictures=6)
    assert ((scene == 0.05).flatten(1).sum(1) == 6).all()
    assert scenes(x, y, 3, pictures=0)[0].abs().max() == 0


@breaks("a seed that is not used", "data.scenes", ".manual_seed(seed)", ".manual_seed(0)")
@breaks("the global random numbers", "data.scenes", "(len(x), (pictures,), generator=draws)", "(len(x), (pictures,))")
def test_a_seed_gives_the_same_scenes_and_leaves_the_global_one() -> None:
    (x, y), _, _ = data.load("digits")
    torch.manual_seed(3)
    (a, b), (c, d), (e, _) = (scenes(x, y, 20, seed=seed) for seed in (1, 1, 2))
    after = torch.rand(1)
    torch.manual_seed(3)
    assert torch.equal(after, torch.rand(1))
    assert torch.equal(a, c)
    assert torch.equal(b, d)
    assert not torch.equal(a, e)


@breaks("the last column never taken", "data.scenery._places", "(side - width + 1,", "(side - width,")
@breaks("the last row never taken", "data.scenery._places", "(side - height + 1,", "(side - height,")
def test_places_reach_every_edge_and_all_pictures_are_chosen() -> None:
    x, y = alphabet()
    scene, label = scenes(x, y, 400, side=9, pictures=1, ink=0.01)
    on = (scene[:, 0] > 0).float().mean(0)
    assert on[0].max() > 0
    assert on[-1].max() > 0
    assert on[:, 0].max() > 0
    assert on[:, -1].max() > 0
    assert label.unique().tolist() == list(range(11))


@breaks("a scene too small", "data.scenes", "max(x.shape[2:]) > side", "False")
@breaks("labels of any number", "data.scenes", 'same_number(tensor(y, "y"), x, "y").ndim', "y.ndim")
def test_bad_input_is_refused_in_words() -> None:
    x, y = alphabet()
    for call in (
        lambda: scenes(x, y, 0),
        lambda: scenes(x, y, 2, side=3),
        lambda: scenes(x, y[:-1], 2),
        lambda: scenes(x[0], y, 2),
        lambda: scenes(x[:0], y[:0], 2),
        lambda: scenes(x, y.double(), 2),
        lambda: scenes(x, y - 1, 2),
        lambda: scenes(x.numpy(), y, 2),
        lambda: scenes(x, y, 2, pictures=-1),
    ):
        assert not complaint(call)
