r"""Pictures drawn from known factors: `glyphs`, the strokes of a letter, and `faces`, cartoon heads.

What a latent code ought to learn is known here, because the pictures are made of nothing else. Every shape is painted
with a soft edge: a pixel whose centre lies $d$ inside the shape, in pixels, is covered by $\sigma(2.5\, d)$ of it. So a
picture is a continuous function of its factors, the same on every machine, and a factor moves it by a little when it
moves by a little.

The factors are numbers from -1 to 1, and 0 is the ordinary letter or face. Nothing here is random; draw factors as
`torch.rand(n, len(data.GLYPH_FACTORS)) * 2 - 1`.
"""

from __future__ import annotations

__all__ = ["FACE_FACTORS", "GLYPHS", "GLYPH_FACTORS", "faces", "glyphs"]

from collections.abc import Iterator

import torch
from torch import Tensor

from genlib._guard import at_least, tensor

GLYPH_FACTORS = ("thickness", "slant", "width", "rotation")
FACE_FACTORS = ("smile", "yaw", "eyes", "skin", "hair")
LEFT, TOP, RIGHT, BOTTOM, BAR = (-1, 1, -1, -1), (-1, -1, 1, -1), (1, -1, 1, 1), (-1, 1, 1, 1), (-1, 0, 0.6, 0)
STROKES = {
    "E": (LEFT, TOP, BAR, BOTTOM),
    "F": (LEFT, TOP, BAR),
    "H": (LEFT, RIGHT, (-1, 0, 1, 0)),
    "L": (LEFT, BOTTOM),
    "T": (TOP, (0, -1, 0, 1)),
    "Z": (TOP, (1, -1, -1, 1), BOTTOM),
}
GLYPHS = tuple(STROKES)


def glyphs(factors: Tensor, letter: str = "F", side: int = 16) -> Tensor:
    r"""Draws a letter with straight strokes, once for each row of `factors`.

    The ends $(x, y)$ of a stroke, $y$ downwards, are stretched, sheared and turned,

    $$(x, y) \to R(0.4\, \text{rotation})\,
    \bigl((1 + 0.35\, \text{width})\, x - 0.35\, \text{slant}\, y,\; y\bigr),$$

    and the stroke is all that is nearer to the line between them than half its thickness. A pixel takes the stroke that
    covers it most.

    Args:
        factors: Thickness, slant, width and rotation, `(N, 4)`, each from -1 to 1, in the order of `GLYPH_FACTORS`. A
            positive slant leans to the right, as italics do, and a positive rotation turns clockwise.
        letter: One of `GLYPHS`.
        side: Height and width of a picture in pixels.

    Returns:
        Pictures `(N, 1, side, side)` in [0, 1], the ink 1, in the dtype and on the device of `factors`.

    Raises:
        ValueError: If `factors` are not four numbers from -1 to 1 a row, or there is no such letter.

    Example:
        >>> for row in glyphs(torch.zeros(1, 4), "F", side=10)[0, 0, 2:8].tolist():
        ...     print("".join(" .#"[int(2.99 * level)] for level in row).rstrip())
          ######
          #
          #....
          #....
          #
          #
    """
    _check(factors, GLYPH_FACTORS, side)
    if letter not in STROKES:
        raise ValueError(f"letter is {letter!r}, expected one of {', '.join(STROKES)}")
    thickness, slant, width, rotation = factors.unbind(1)
    canvas = _Canvas(side, factors)
    covers = []
    for stroke in STROKES[letter]:
        ends = []
        for x, y in (stroke[:2], stroke[2:]):
            across, down = 0.5 * ((1 + 0.35 * width) * x - 0.35 * slant * y), torch.full_like(width, 0.5 * y)
            cos, sin = (0.4 * rotation).cos(), (0.4 * rotation).sin()
            ends.append((cos * across - sin * down, sin * across + cos * down))
        covers.append(canvas.stroke(ends[0], ends[1], 0.13 + 0.06 * thickness))
    return torch.stack(covers).amax(0)[:, None]


def faces(factors: Tensor, who: int = 0, side: int = 24) -> Tensor:
    """Draws the head of one of two people, once for each row of `factors`.

    The head is painted in layers, hair, skin, eyes, nose and mouth, each of one grey level. A turned head is a turned
    cylinder: a feature at the angle a from its middle is seen at the sine of a + yaw / 2. The grey levels of skin and
    hair are linear in their factors, and so is the picture.

    Args:
        factors: Smile, yaw, openness of the eyes, grey level of the skin and of the hair, `(N, 5)`, each from -1 to 1,
            in the order of `FACE_FACTORS`. A positive yaw turns the face to the right of the picture.
        who: 0 has a round face; 1 a long one, with a fringe, glasses and a moustache.
        side: Height and width of a picture in pixels.

    Returns:
        Pictures `(N, 1, side, side)` in [0, 1] on a black ground, in the dtype and on the device of `factors`.

    Raises:
        ValueError: If `factors` are not five numbers from -1 to 1 a row, or `who` is neither 0 nor 1.

    Example:
        >>> faces(torch.rand(10, len(FACE_FACTORS)) * 2 - 1, who=1).shape
        torch.Size([10, 1, 24, 24])
    """
    _check(factors, FACE_FACTORS, side)
    if who not in (0, 1):
        raise ValueError(f"who is {who!r}, expected 0 or 1")
    canvas = _Canvas(side, factors)
    picture = torch.zeros_like(canvas.x).expand(len(factors), side, side)
    for cover, grey in _layers(canvas, factors[:, :, None, None], float(who)):
        picture = picture + cover * (grey - picture)
    return picture[:, None]


def _layers(canvas: _Canvas, factors: Tensor, long: float) -> Iterator[tuple[Tensor, Tensor | float]]:
    """Yields what a head is painted of, from the back to the front: how much it covers, and its grey level."""
    smile, yaw, eyes, skin, hair = factors.unbind(1)
    skin, hair = 0.7 + 0.2 * skin, 0.25 + 0.2 * hair

    def turned(x: float) -> Tensor:
        return 0.72 * (torch.asin(torch.as_tensor(x).to(yaw)) + 0.5 * yaw).sin()

    yield canvas.ellipse(-0.12 * yaw, -0.12, 0.82 - 0.1 * long, 0.86), hair
    yield canvas.ellipse(0.03 * yaw, 0.1 + 0.05 * long, 0.70 - 0.12 * long, 0.74 + 0.08 * long), skin
    if long:
        yield canvas.cover(-0.28 - canvas.y) * canvas.ellipse(0 * yaw, -0.12, 0.72, 0.86), hair
    for side in (-0.45, 0.45):
        x = turned(side)
        if long:
            yield canvas.ellipse(x, -0.06, 0.25, 0.23), 0.45
        yield canvas.ellipse(x, -0.06, 0.19, 0.10 + 0.05 * eyes), 1.0
        yield canvas.ellipse(x + 0.05 * yaw, -0.06, 0.08, 0.065 + 0.035 * eyes), 0.0
    yield canvas.ellipse(1.25 * turned(0), 0.2, 0.07, 0.13), 0.75 * skin
    if long:
        yield canvas.ellipse(turned(0), 0.36, 0.28, 0.06), hair
    across = (canvas.x - turned(0)) / 0.36
    lips = 0.5 + 0.05 * long + 0.16 * smile * (0.5 - across**2)
    yield canvas.cover(0.055 - (canvas.y - lips).abs()) * canvas.cover(0.36 * (1 - across.abs())), 0.12


class _Canvas:
    """The pixels of a square from -1 to 1, and how much of each a shape with a soft edge covers.

    Attributes:
        x, y: Centres of the pixels, x to the right and y downwards, `(1, side, side)`.
    """

    def __init__(self, side: int, like: Tensor) -> None:
        middles = (torch.arange(side, dtype=like.dtype, device=like.device) + 0.5) * 2 / side - 1
        self.side, self.x, self.y = side, middles.expand(1, side, side), middles[:, None].expand(1, side, side)

    def cover(self, inside: Tensor) -> Tensor:
        """Returns the part of each pixel that is covered, where `inside` is how far its centre lies in the shape."""
        return torch.sigmoid(1.25 * self.side * inside)

    def ellipse(self, x: Tensor, y: float, width: float | Tensor, height: float | Tensor) -> Tensor:
        """Covers ellipses about `x` `(N, 1, 1)` and `y`; the distance from the rim is exact to first order."""
        u, v = (self.x - x) / width, (self.y - y) / height
        slope = 2 * ((u / width) ** 2 + (v / height) ** 2 + 1e-9).sqrt()
        return self.cover((1 - u**2 - v**2) / slope)

    def stroke(self, start: tuple[Tensor, Tensor], end: tuple[Tensor, Tensor], half: Tensor) -> Tensor:
        """Covers lines between two ends, `(N,)` each coordinate, to `half` their thickness on either side."""
        (x0, y0), (x1, y1) = (tuple(c[:, None, None] for c in point) for point in (start, end))
        dx, dy = x1 - x0, y1 - y0
        along = (((self.x - x0) * dx + (self.y - y0) * dy) / (dx**2 + dy**2)).clamp(0, 1)
        away = ((self.x - x0 - along * dx) ** 2 + (self.y - y0 - along * dy) ** 2 + 1e-9).sqrt()
        return self.cover(half[:, None, None] - away)


def _check(factors: Tensor, names: tuple[str, ...], side: int) -> None:
    at_least(4, side=side)
    shape = tensor(factors, "factors").shape
    if len(shape) != 2 or shape[1] != len(names):
        raise ValueError(f"factors has shape {tuple(shape)}, expected (N, {len(names)}): {', '.join(names)}")
    if not factors.is_floating_point():
        raise ValueError(f"factors has dtype {factors.dtype}, expected floating point: factors.float()")
    if len(factors) and not factors.detach().abs().amax() <= 1:
        raise ValueError(f"factors go up to {factors.detach().abs().amax().item():g} in size, expected -1 to 1")
