"""Laws of the drawn pictures: one of each drawn a second time; every factor changes what it should, and only that."""

from __future__ import annotations

import cmath
import itertools
import math
from collections.abc import Callable

import pytest
import torch
from mutants import breaks
from torch import Tensor
from torch.testing import assert_close

from genlib import data
from genlib.data import FACE_FACTORS, GLYPH_FACTORS, GLYPHS, faces, glyphs


def one(names: tuple[str, ...], **values: float) -> Tensor:
    """Returns the factors of one picture, `(1, K)`: those named, and 0 for the others."""
    return torch.tensor([[values.get(name, 0.0) for name in names]])


def letter(name: str, side: int = 16, **values: float) -> Tensor:
    return glyphs(one(GLYPH_FACTORS, **values), name, side)[0, 0]


def face(who: int = 0, side: int = 24, **values: float) -> Tensor:
    return faces(one(FACE_FACTORS, **values), who, side)[0, 0]


def middles(side: int) -> list[float]:
    return [(2 * i + 1) / side - 1 for i in range(side)]


def soft(inside: float, side: int) -> float:
    """The logistic function of how many pixels inside, times 2.5; a pixel is 2 / side wide."""
    return 1 / (1 + math.exp(-2.5 * inside / (2 / side)))


# Letters

HAND_DRAWN_F = [(-1 + 1j, -1 - 1j), (-1 - 1j, 1 - 1j), (-1, 0.6)]


@breaks("turned too far", "data.drawn.glyphs", "(0.4 * rotation).cos(), (0.4", "(0.41 * rotation).cos(), (0.41")
@breaks("turned anticlockwise", "data.drawn.glyphs", "sin * across + cos", "-sin * across + cos")
@breaks("leaning backwards", "data.drawn.glyphs", "- 0.35 * slant", "+ 0.35 * slant")
@breaks("strokes on one another", "data.drawn.glyphs", ".amax(0)", ".sum(0)")
@breaks("half thickness for the whole", "data.drawn.glyphs", "0.13 + 0.06", "0.065 + 0.03")
@breaks("a line without ends", "data.drawn._Canvas.stroke", ".clamp(0, 1)", "")
@breaks("pixels by their corners", "data.drawn._Canvas.__init__", " + 0.5) * 2", ") * 2")
def test_a_letter_is_all_that_is_near_its_strokes() -> None:
    """Again, pixel by pixel in complex numbers: the nearest of a thousand points along each stroke."""
    thickness, slant, width, rotation, side = 0.3, 0.8, -0.6, 0.7, 16
    points = []
    for start, end in HAND_DRAWN_F:
        for k in range(1001):
            z = start + (end - start) * k / 1000
            stretched = complex(z.real * (1 + 0.35 * width) - 0.35 * slant * z.imag, z.imag) / 2
            points.append(stretched * cmath.exp(0.4j * rotation))
    half = 0.13 + 0.06 * thickness
    again = [
        [soft(half - min(abs(complex(x, y) - p) for p in points), side) for x in middles(side)] for y in middles(side)
    ]
    drawn = letter("F", thickness=thickness, slant=slant, width=width, rotation=rotation)
    assert_close(drawn, torch.tensor(again), rtol=0, atol=5e-4)


@breaks("thickness wears off", "data.drawn.glyphs", "0.06 * thickness", "0.06 * thickness.tanh()")
@breaks("thickness widens", "data.drawn.glyphs", "(1 + 0.35 * width)", "(1 + 0.35 * (width + 0.1 * thickness))[:, ]")
@pytest.mark.parametrize("name", GLYPHS)
def test_thickness_moves_every_edge_by_as_much(name: str) -> None:
    """The distance to the edge, which the logit of a pixel is a multiple of, grows by as much everywhere."""
    thin, thick = (letter(name, thickness=t, slant=0.4, rotation=-0.5).logit() / (2.5 * 8) for t in (-0.5, 1))
    assert_close(thick - thin, torch.full_like(thin, 0.06 * 1.5), rtol=0, atol=1e-9)


def ink(picture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Returns the share of the ink in each pixel, and the centres of the pixels."""
    x = torch.tensor(middles(len(picture)))
    return picture / picture.sum(), x.expand(len(x), -1), x[:, None].expand(-1, len(x))


@breaks("rotation shears", "data.drawn.glyphs", "cos * across - sin", "across - sin")
@pytest.mark.parametrize("name", GLYPHS)
def test_rotation_turns_the_whole_letter(name: str) -> None:
    """Ink and its distances from the middle stay; the axes of its moments turn by 0.4 of the factor, clockwise."""
    stood, turned = (letter(name, 96, thickness=-0.5, slant=0.6, rotation=r) for r in (0.0, 0.9))
    assert_close(stood.sum(), turned.sum(), rtol=2e-3, atol=0)
    moments = []
    for p, x, y in (ink(stood), ink(turned)):
        moments.append(((p * (x + 1j * y)).sum(), (p * (x**2 + y**2)).sum()))
    assert_close(moments[1][1], moments[0][1], rtol=5e-3, atol=0)
    if abs(moments[0][0]) > 0.05:
        assert cmath.phase(moments[1][0].item() / moments[0][0].item()) == pytest.approx(0.4 * 0.9, abs=0.02)


@breaks("width stretches downwards, too", "data.drawn.glyphs", "0.5 * y)", "0.5 * y) * (1 + 0.35 * width)")
@breaks("slant leans on the middle's right", "data.drawn.glyphs", "0.35 * slant * y", "0.35 * slant * (y + 1)")
def test_width_and_slant_move_ink_along_its_row() -> None:
    """Where a stem stands in each row: stretched by the width, shifted in proportion to the height by the slant."""
    for width, slant in itertools.product((-1.0, 0.0, 1.0), (-0.8, 0.0, 0.8)):
        picture = letter("L", 96, thickness=-1.0, width=width, slant=slant)
        rows = slice(32, 64)
        p, x, y = (part[rows] for part in ink(picture))
        stem = (p * x).sum(1) / p.sum(1)
        assert_close(stem, 0.5 * -(1 + 0.35 * width) - 0.35 * slant * y[:, 0], rtol=0, atol=0.02)
        down = (picture.amax(1) > 0.5).nonzero().flatten()
        assert abs(down[0].item() - 20.5) <= 1
        assert abs(down[-1].item() - 74.5) <= 1


# Faces


def painted(who: int, side: int, smile: float, yaw: float, eyes: float, skin: float, hair: float) -> Tensor:
    """A face again, pixel by pixel, with each ellipse's distance from a gradient that differences give."""
    long, tone, hair = float(who), 0.7 + 0.2 * skin, 0.25 + 0.2 * hair
    nose = 0.72 * math.sin(0.5 * yaw)
    sockets = [0.72 * math.sin(math.asin(s) + 0.5 * yaw) for s in (-0.45, 0.45)]
    ellipses = [(-0.12 * yaw, -0.12, 0.82 - 0.1 * long, 0.86, hair)]
    ellipses += [(0.03 * yaw, 0.1 + 0.05 * long, 0.7 - 0.12 * long, 0.74 + 0.08 * long, tone)]
    ellipses += [(0.0, -0.12, 0.72, 0.86, hair)] * who
    for s in sockets:
        ellipses += [(s, -0.06, 0.25, 0.23, 0.45)] * who
        ellipses += [(s, -0.06, 0.19, 0.1 + 0.05 * eyes, 1.0)]
        ellipses += [(s + 0.05 * yaw, -0.06, 0.08, 0.065 + 0.035 * eyes, 0.0)]
    ellipses += [(1.25 * nose, 0.2, 0.07, 0.13, 0.75 * tone)]
    ellipses += [(nose, 0.36, 0.28, 0.06, hair)] * who

    def level(x: float, y: float) -> float:
        grey = 0.0
        for i, (cx, cy, rx, ry, own) in enumerate(ellipses):

            def rim(x: float, y: float, cx: float = cx, cy: float = cy, rx: float = rx, ry: float = ry) -> float:
                return 1 - ((x - cx) / rx) ** 2 - ((y - cy) / ry) ** 2

            steep = math.hypot(rim(x + 1e-5, y) - rim(x - 1e-5, y), rim(x, y + 1e-5) - rim(x, y - 1e-5)) / 2e-5
            cover = soft(rim(x, y) / (steep + 1e-9), side)
            if who and i == 2:
                cover *= soft(-0.28 - y, side)
            grey = (1 - cover) * grey + cover * own
        m = (x - nose) / 0.36
        lips = soft(0.055 - abs(y - 0.5 - 0.05 * long - 0.16 * smile * (0.5 - m * m)), side)
        cover = lips * soft(0.36 * (1 - abs(m)), side)
        return (1 - cover) * grey + cover * 0.12

    return torch.tensor([[level(x, y) for x in middles(side)] for y in middles(side)])


@breaks("painted from the front", "data.drawn.faces", "cover * (grey - picture)", "cover * grey", given={"who": 0})
@breaks("a frown for a smile", "data.drawn._layers", "0.16 * smile", "-0.16 * smile", given={"who": 0})
@breaks("eyes that follow nobody", "data.drawn._layers", "x + 0.05 * yaw", "x", given={"who": 0})
@breaks("glasses forgotten", "data.drawn._layers", "0.25, 0.23), 0.45", "0.25, 0.23), skin", given={"who": 1})
@breaks("distance of another ellipse", "data.drawn._Canvas.ellipse", "slope = 2 *", "slope = 1 *", given={"who": 1})
@pytest.mark.parametrize("who", [0, 1])
def test_a_face_is_its_layers_from_the_back_to_the_front(who: int) -> None:
    factors = {"smile": 0.7, "yaw": -0.6, "eyes": 0.4, "skin": -0.3, "hair": 0.8}
    assert_close(face(who, 12, **factors), painted(who, 12, **factors), rtol=0, atol=1e-4)


@breaks("a smile with raised brows", "data.drawn._layers", "0.10 + 0.05 * eyes", "0.10 + 0.05 * (eyes + smile)")
@breaks(
    "eyes that open the mouth",
    "data.drawn._layers",
    "0.16 * smile",
    "0.16 * (smile + eyes)",
    given={"factor": "eyes", "rows": (-0.3, 0.2)},
)
@pytest.mark.parametrize(("factor", "rows"), [("smile", (0.3, 0.8)), ("eyes", (-0.3, 0.2))])
def test_mouth_and_eyes_keep_to_their_rows(factor: str, rows: tuple[float, float]) -> None:
    low, high = (face(1, 48, yaw=0.4, skin=0.5, **{factor: value}) for value in (-1.0, 1.0))
    y = torch.tensor(middles(48))
    outside = (y < rows[0]) | (y > rows[1])
    moved = (high - low).abs().amax(1)
    assert moved[~outside].max() > 0.3
    assert moved[outside].max() < 0.01


@breaks("skin that shines on hair", "data.drawn._layers", "0.25 + 0.2 * hair", "0.25 + 0.2 * hair * skin")
@pytest.mark.parametrize("who", [0, 1])
def test_a_face_is_linear_in_the_greys_of_skin_and_hair(who: int) -> None:
    """And the one changes no pixel that is only of the other."""
    plain, both = face(who, 48, yaw=0.5), face(who, 48, yaw=0.5, skin=0.6, hair=-0.8)
    skin, hair = face(who, 48, yaw=0.5, skin=1) - plain, face(who, 48, yaw=0.5, hair=1) - plain
    assert_close(both, plain + 0.6 * skin - 0.8 * hair)
    assert skin.max() == pytest.approx(0.2, abs=1e-3)
    assert hair.max() == pytest.approx(0.2, abs=1e-3)
    assert (skin + hair).max() <= 0.2 + 1e-9


@breaks("a head that leans as it turns", "data.drawn._layers", "0.72 * (torch", "0.05 + 0.72 * (torch")
@pytest.mark.parametrize("who", [0, 1])
def test_a_turn_to_the_other_side_is_the_mirror_image(who: int) -> None:
    right, left = (face(who, 48, yaw=yaw, smile=0.5, eyes=-0.3, hair=1) for yaw in (0.8, -0.8))
    assert_close(right, left.flip(1), rtol=0, atol=5e-3)


# Both


@pytest.mark.parametrize(("draw", "names"), [(glyphs, GLYPH_FACTORS), (faces, FACE_FACTORS)])
def test_pictures_lie_between_black_and_white_and_follow_their_factors(
    draw: Callable[[Tensor], Tensor], names: tuple[str, ...]
) -> None:
    factors = torch.rand(300, len(names)) * 2 - 1
    given = factors.clone().requires_grad_()
    x = draw(given)
    assert torch.equal(given, factors)
    assert x.dtype == torch.float64
    assert x.shape[:2] == (300, 1)
    assert x.min() >= 0
    assert x.max() <= 1
    (slope,) = torch.autograd.grad(x.square().sum(), given)
    assert slope.isfinite().all()
    assert (slope.abs().mean(0) > 0.1).all()
    assert_close(draw(factors.float()).double(), x, rtol=0, atol=1e-4)
    assert_close(draw(factors[7:9]), x[7:9])
    assert draw(factors[:0]).shape[0] == 0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: glyphs(torch.zeros(2, 5)), r"factors has shape \(2, 5\), expected \(N, 4\): thickness, slant"),
        (lambda: faces(torch.zeros(5)), r"factors has shape \(5,\), expected \(N, 5\): smile, yaw"),
        (lambda: glyphs([[0.0] * 4]), "factors is a list, expected a torch.Tensor"),
        (lambda: glyphs(torch.zeros(1, 4), "Q"), "letter is 'Q', expected one of E, F, H, L, T, Z"),
        (lambda: faces(torch.zeros(1, 5), who=2), "who is 2, expected 0 or 1"),
        (lambda: faces(torch.full((1, 5), 1.5)), "factors go up to 1.5 in size, expected -1 to 1"),
        (lambda: faces(torch.full((1, 5), math.nan)), "factors go up to nan in size"),
        (lambda: glyphs(torch.zeros(1, 4).long()), r"factors has dtype torch.int64, expected floating point"),
        (lambda: data.glyphs(torch.zeros(1, 4), side=0), "side is 0, expected a whole number, at least 4"),
    ],
)
def test_what_cannot_be_drawn_is_refused(call: Callable[[], Tensor], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()
