r"""Checks of the lab on PixelCNN: sums entry by entry, pixels flipped one at a time, and all pictures of six pixels."""

from __future__ import annotations

__all__ = [
    "close",
    "gated_layer",
    "if_written",
    "masked_sums",
    "picture_logarithms",
    "pixel_by_pixel",
    "raster_masks",
    "two_stacks",
]

import math
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import torch
from torch import Tensor

from genlib.checks._shared import (
    check,
    close,
    demand,
    gentle,
    if_written,
    only_bits,
    plain,
    several,
    slopes,
    stream,
    values,
)  # fmt: skip
from genlib.data import binary_states

ROWS, COLUMNS = 2, 3
PIXELS = ROWS * COLUMNS
Place = tuple[int, int]


def _random(seed: int, *shape: int) -> Tensor:
    """Returns numbers of either sign, none of them near zero, so that none can be left out unnoticed."""
    generator = stream(seed)
    signs = torch.where(torch.rand(shape, generator=generator) < 0.5, -1.0, 1.0)
    return signs * (0.3 + 0.7 * torch.rand(shape, generator=generator))


@check
def raster_masks(mask: Callable[[str, int, int], Any], seed: int = 0) -> None:
    """Checks masks A and B, entry by entry, for kernels of several sizes, square and not.

    Args:
        mask: Function of "A" or "B" and an odd number of rows and of columns, to zeros and ones of that shape.
        seed: Fixes the sizes of two further kernels.

    Source: van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks (2016).
    """
    generator = stream(seed)
    more = (1 + 2 * torch.randint(4, (2, 2), generator=generator)).tolist()
    for rows, columns in [(3, 3), (1, 5), (5, 1), (3, 7), *more]:
        for kind in "AB":
            what = f"mask {kind} of {rows} x {columns}"
            got = only_bits(what, mask(kind, rows, columns))
            middle = (rows // 2, columns // 2)
            places = product(range(rows), range(columns))
            right = [float(place < middle or (place == middle and kind == "B")) for place in places]
            close(what, got, torch.tensor(right).view(rows, columns))
    print("✓ masks A and B of six sizes, entry by entry")


def _summed(x: Tensor, weight: Tensor, bias: Tensor, reach: Callable[[int, int], Place]) -> Tensor:
    """Returns sums over what a kernel reads, entry by entry; `reach` says how far from a pixel entry (i, j) looks."""
    rows, columns = x.shape[2:]
    margin = 10
    wide = torch.nn.functional.pad(x.double(), (margin,) * 4)
    out = bias.double()[None, :, None, None].expand(len(x), -1, rows, columns)
    for i, j in product(*map(range, weight.shape[2:])):
        down, right = (margin + far for far in reach(i, j))
        read = wide[:, :, down : down + rows, right : right + columns]
        out = out + torch.einsum("oi,nirc->norc", weight[:, :, i, j].double(), read)
    return out


def _differentiates(what: str, got: Any, right: Tensor, inputs: list[Tensor], seed: int) -> None:
    """Demands values, then derivatives of a sum in which every output has a factor of its own."""
    close(what, got, right)
    demand(isinstance(got, Tensor), f"{what}: got {type(got).__name__}, expected a tensor that can be trained")
    factors = _random(seed, *right.shape).double()
    mine = slopes((plain(got).double() * factors).sum(), inputs, what)
    exact = torch.autograd.grad((right * factors).sum(), inputs)
    for number, (one, other) in enumerate(zip(mine, exact, strict=True)):
        close(f"{what}, its derivative in tensor {number + 1} of those that are trained", one, other)


def _trained(*tensors: Tensor) -> list[Tensor]:
    """Returns the tensors as those of a network are: a derivative is asked for."""
    return [tensor.requires_grad_() for tensor in tensors]


def _looks(what: str, run: Callable[[Tensor], Any], right: Callable[[Place, Place], bool], size: Place) -> None:
    """Flips one pixel at a time, and demands that exactly those places change which are to see it."""
    places: list[Place] = list(product(range(size[0]), range(size[1])))
    x = torch.eye(len(places) + 1, len(places)).view(-1, 1, *size)
    with torch.no_grad():
        got = values(what, run(x))
    demand(got.shape == x.shape, f"{what}: got shape {tuple(got.shape)}, expected {tuple(x.shape)}")
    moved = ((got[:-1] - got[-1]).abs() > 1e-6).flatten(1).tolist()
    for pixel, row in zip(places, moved, strict=True):
        for place, changes in zip(places, row, strict=True):
            words = ["no change", "a change"]
            told = f"got {words[changes]}, expected {words[right(place, pixel)]}"
            demand(changes == right(place, pixel), f"{what}, at {place} after pixel {pixel} is flipped: {told}")


def _centred(size: Place, i: int, j: int) -> Place:
    """Returns how far entry (i, j) of a kernel of this size lies from its middle."""
    return i - size[0] // 2, j - size[1] // 2


@check
def masked_sums(masked_conv: Callable[[Tensor, Tensor, Tensor, Tensor], Any], seed: int = 0) -> None:
    """Checks a masked convolution: which pixels are read, by flipping them, then all sums, then derivatives.

    Args:
        masked_conv: Function of maps `(N, I, R, C)`, a kernel `(O, I, i, j)` with odd i and j, a bias `(O,)` and a mask
            `(i, j)`, to maps `(N, O, R, C)`.
        seed: Fixes what is drawn.
    """
    before = (torch.arange(9) < 4).float().view(3, 3)
    weight, none = _random(seed, 1, 1, 3, 3), torch.zeros(1)
    _looks(
        "the sums with mask A", lambda x: masked_conv(x, weight, none, before),
        lambda out, pixel: pixel < out and max(abs(out[0] - pixel[0]), abs(out[1] - pixel[1])) == 1, (3, 4),
    )  # fmt: skip
    for number, (i, j) in enumerate([(3, 3), (1, 5), (5, 3)]):
        draw = seed + 10 * number
        mask = (torch.rand(i, j, generator=stream(draw)) < 0.6).float()
        x, weight, bias = _random(draw + 1, 2, 2, 4, 5), *_trained(_random(draw + 2, 3, 2, i, j), _random(draw + 3, 3))
        right = _summed(x, weight * mask, bias, partial(_centred, (i, j)))
        what = f"the sums with a kernel of {i} x {j}"
        _differentiates(what, gentle(masked_conv)(x, weight, bias, mask), right, [weight, bias], draw)
    print("✓ only what the mask leaves is read; sums of three kernels, entry by entry; and derivatives")


def _chain(seed: int) -> tuple[Callable[[Any], Tensor], Callable[[list[float], int], float]]:
    """Returns log-odds of all six pixels given a batch of pictures, and those of one pixel given a list of pixels."""
    couplings, alone = 1.5 * _random(seed, PIXELS, PIXELS).tril(-1), 0.5 * _random(seed + 1, PIXELS)

    def logits(pictures: Any) -> Tensor:
        x = torch.as_tensor(pictures).detach().to(couplings)
        fits = tuple(x.shape[1:]) == (1, ROWS, COLUMNS)
        demand(fits, f"what the model is given: got shape {tuple(x.shape)}, expected (N, 1, {ROWS}, {COLUMNS})")
        return (x.flatten(1) @ couplings.T + alone).view_as(x)

    def one(x: list[float], d: int) -> float:
        return alone[d].item() + math.fsum(couplings[d, e].item() * x[e] for e in range(d))

    return logits, one


def _log_sigmoid(a: float) -> float:
    return -math.log1p(math.exp(-a)) if a > 0 else a - math.log1p(math.exp(a))


@check
def picture_logarithms(log_prob: Callable[[Tensor, Tensor], Any], seed: int = 0) -> None:
    r"""Checks $\log p(x)$ of all 64 pictures of 2 x 3 pixels, the sum of their probabilities, and sure log-odds.

    Args:
        log_prob: Function of log-odds `(N, 1, R, C)` and pictures of the same shape, to logarithms `(N,)`.
        seed: Fixes what is drawn.
    """
    logits, one = _chain(seed)
    x = binary_states(PIXELS).view(-1, 1, ROWS, COLUMNS)
    (odds,) = _trained(logits(x))
    got = gentle(log_prob)(odds, x)
    each = [
        math.fsum(_log_sigmoid(one(row, d) * (1 if row[d] else -1)) for d in range(PIXELS))
        for row in x.flatten(1).tolist()
    ]
    right = -torch.nn.functional.softplus((1 - 2 * x.double()) * odds.double()).sum((1, 2, 3))
    close("log p(x) of picture", got, each)
    close(f"the probabilities of all {2**PIXELS} pictures, added up", values("log p(x)", got).exp().sum(), 1)
    sure = torch.full((2, 1, ROWS, COLUMNS), 200.0)
    pictures = torch.stack([torch.ones(1, ROWS, COLUMNS), torch.zeros(1, ROWS, COLUMNS)])
    close("log p(x) where log-odds are 200", gentle(log_prob)(sure, pictures), [0, -200 * PIXELS])
    _differentiates("log p(x)", got, right, [odds], seed)
    print(f"✓ all {2**PIXELS} pictures of {PIXELS} pixels; their probabilities add up to 1; sure log-odds; derivatives")


Stack = Callable[[Tensor, Tensor, Tensor, bool], Any]


@check
def two_stacks(vertical: Stack, horizontal: Stack, seed: int = 0) -> None:
    """Checks which pixels each stack reads, by flipping them, then all sums, then derivatives.

    Args:
        vertical: Function of maps `(N, I, R, C)`, a kernel `(O, I, k, m)` with odd m, a bias `(O,)` and whether this is
            the first layer, to maps `(N, O, R, C)`.
        horizontal: The same with a kernel `(O, I, 1, k)`.
        seed: Fixes what is drawn.

    Source: van den Oord et al., Conditional Image Generation with PixelCNN Decoders (2016).
    """
    for first in (True, False):
        _shown_by_flips(vertical, horizontal, first, seed)
        for k, m in ((2, 3), (3, 5)):
            _added_up(vertical, "vertical", first, (k, m), seed + 10 * k)
            _added_up(horizontal, "horizontal", first, (1, k), seed + 10 * k)
    print("✓ what both stacks read, in a first layer and in others; sums of two kernels, entry by entry; derivatives")


def _shown_by_flips(vertical: Stack, horizontal: Stack, first: bool, seed: int) -> None:
    """Demands that kernels of 2 x 3 and of 1 x 3 read what they should."""
    layer, late, none = "first" if first else "second", int(first), torch.zeros(1)
    up, left = _random(seed, 1, 1, 2, 3), _random(seed, 1, 1, 1, 3)

    def above(out: Place, pixel: Place) -> bool:
        return late <= out[0] - pixel[0] < late + 2 and abs(out[1] - pixel[1]) <= 1

    def before(out: Place, pixel: Place) -> bool:
        return out[0] == pixel[0] and late <= out[1] - pixel[1] < late + 3

    _looks(f"the vertical stack, {layer} layer", lambda x: vertical(x, up, none, first), above, (4, 5))
    _looks(f"the horizontal stack, {layer} layer", lambda x: horizontal(x, left, none, first), before, (3, 6))


def _added_up(stack: Stack, name: str, first: bool, size: tuple[int, int], seed: int) -> None:
    """Demands the sums of a stack, and their derivatives."""
    rows, columns = size
    late = int(first)

    def reach(i: int, j: int) -> Place:
        return (i - rows + 1 - late, j - columns // 2) if name == "vertical" else (0, j - columns + 1 - late)

    x, weight, bias = _random(seed, 2, 2, 4, 5), *_trained(_random(seed + 1, 3, 2, *size), _random(seed + 2, 3))
    what = f"the {name} stack's sums, {'first' if first else 'second'} layer, kernel of {rows} x {columns}"
    got = gentle(stack)(x, weight, bias, first)
    _differentiates(what, got, _summed(x, weight, bias, reach), [weight, bias], seed)


@check
def gated_layer(gated_block: Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Any], seed: int = 0) -> None:
    r"""Checks gates, link and shortcut, one pixel at a time, and the derivatives.

    Args:
        gated_block: Function of the stacks' sums a and b, `(N, 2C, R, C')`, the maps h `(N, C, R, C')`, and matrices
            `link` `(2C, 2C)` and `out` `(C, C)`, to the maps of both stacks, `(N, C, R, C')` each.
        seed: Fixes what is drawn.
    """
    size = 2
    a, b, h, link, out = _trained(
        *(_random(seed + n, 2, 2 * size, 2, 3) for n in (0, 1)), _random(seed + 2, 2, size, 2, 3),
        _random(seed + 3, 2 * size, 2 * size), _random(seed + 4, size, size),
    )  # fmt: skip
    right_v, right_h = (torch.zeros(h.shape, dtype=torch.float64) for _ in range(2))
    for n, r, c in product(range(2), range(2), range(3)):
        s, t, before = (part[n, :, r, c].double() for part in (a, b, h))
        t = t + link.double() @ s
        right_v[n, :, r, c] = torch.stack([s[k].tanh() * s[k + size].sigmoid() for k in range(size)])
        gated = torch.stack([t[k].tanh() * t[k + size].sigmoid() for k in range(size)])
        right_h[n, :, r, c] = before + out.double() @ gated
    got = several("the block", gentle(gated_block)(a, b, h, link, out), "v, h")
    _differentiates("the new v", got[0], right_v, [a], seed)
    _differentiates("the new h", got[1], right_h, [a, b, h, link, out], seed)
    print("✓ gates, link and shortcut of twelve pixels, each by itself; and the derivatives")


@check
def pixel_by_pixel(sample: Callable[[Callable[[Any], Tensor], Tensor], Any], seed: int = 0) -> None:
    r"""Checks every pixel of 60 pictures: one where $u < p(x_d = 1 \mid x_{<d})$, given those drawn before.

    Args:
        sample: Function of a model, which takes pictures `(N, 1, R, C)` to log-odds of the same shape, and of uniform
            numbers `(N, 1, R, C)`, to pictures.
        seed: Fixes what is drawn.
    """
    n, (logits, one) = 60, _chain(seed)
    u = torch.rand(n, 1, ROWS, COLUMNS, generator=stream(seed + 2))
    got = only_bits("pixels", gentle(sample)(logits, u))
    demand(got.shape == u.shape, f"the pictures: got shape {tuple(got.shape)}, expected {tuple(u.shape)}")
    for number, (mine, chances) in enumerate(zip(got.flatten(1).tolist(), u.flatten(1).tolist(), strict=True)):
        x = [0.0] * PIXELS
        for d in range(PIXELS):
            p = 1 / (1 + math.exp(-one(x, d)))
            x[d] = float(chances[d] < p)
            where = f"picture {number}, pixel {divmod(d, COLUMNS)}"
            told = f"got {mine[d]:.0f}, expected {x[d]:.0f} (u = {chances[d]:.3f}, p = {p:.3f}"
            demand(mine[d] == x[d], f"{where}: {told} given the pixels before it)")
    print(f"✓ {n} pictures, pixel by pixel, each with the probability that the pixels before it give")
