r"""Networks that go down to what an image shows and up again to where: pooling that remembers, and its undoing.

Max pooling keeps the largest of four values and forgets where it stood. Its position, the *switch*, can be kept beside
it, and *unpooling* puts a value back there and zeros on the other three places. `DeconvolutionNetwork` goes down by
convolutions and pooling and up by unpooling and transposed convolutions, and says of every pixel what it belongs to.
"""

from __future__ import annotations

__all__ = ["UNPOOLING", "DeconvolutionNetwork", "pool", "unpool"]

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib._guard import at_least, batch, labels, sound, tensor


def pool(x: Tensor, size: int = 2) -> tuple[Tensor, Tensor]:
    r"""Returns the largest value of each window of `size` by `size`, and where it stood.

    Args:
        x: Images or activations, `(B, C, H, W)`, H and W multiples of `size`.
        size: Side of a window; windows do not overlap.

    Returns:
        The largest values, `(B, C, H / size, W / size)`, and their switches of that shape, int64: the position of each
        in its own plane, row by row from 0.

    Raises:
        ValueError: If the windows do not cover `x`.

    Example:
        >>> x = torch.tensor([[[[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 9.0, 1.0]]]])
        >>> pool(x)
        (tensor([[[[5., 9.]]]]), tensor([[[[1, 6]]]]))
    """
    _covered(x, size)
    y, switches = F.max_pool2d(x, size, return_indices=True)
    return y, switches


def unpool(y: Tensor, switches: Tensor, size: int = 2) -> Tensor:
    r"""Returns each value of `y` at its switch, and zeros at the other places of its window.

    Undoes `pool` at the maxima and nowhere else: three quarters of the result are zero where `size` is 2.

    Args:
        y: Values `(B, C, H, W)`, such as the maxima or what a network made of them.
        switches: Where they go, as `pool` gives it, of the shape of `y`.
        size: Side of a window.

    Returns:
        The larger map, `(B, C, size * H, size * W)`.

    Raises:
        ValueError: If `switches` are of another shape than `y`, or point out of their windows.

    Source: Zeiler and Fergus, Visualizing and Understanding Convolutional Networks (2014).

    Example:
        >>> unpool(torch.tensor([[[[5.0, 9.0]]]]), torch.tensor([[[[1, 6]]]]))
        tensor([[[[0., 5., 0., 0.],
                  [0., 0., 9., 0.]]]])
    """
    _four_axes(y, "y")
    at_least(1, size=size)
    if tensor(switches, "switches").shape != y.shape or switches.dtype != torch.int64:
        raise ValueError(
            f"switches are {switches.dtype} of shape {tuple(switches.shape)}, expected int64 of shape {tuple(y.shape)}"
        )
    height, width = y.shape[-2:]
    rows, columns = torch.arange(height, device=y.device)[:, None], torch.arange(width, device=y.device)
    down, across = switches // (size * width), switches % (size * width)
    if not ((down // size == rows) & (across // size == columns)).all():
        raise ValueError(f"some switches point out of their windows, expected those that pool(x, {size}) gave")
    return F.max_unpool2d(y, switches, [size, size])


def _corner(y: Tensor, switches: Tensor) -> Tensor:
    """Returns each value at the upper left of its window, whatever its switch says, and zeros elsewhere."""
    one = torch.zeros(2, 2, dtype=y.dtype, device=y.device)
    one[0, 0] = 1
    return torch.kron(y, one)


def _copies(y: Tensor, switches: Tensor) -> Tensor:
    """Returns each value at all four places of its window, whatever its switch says."""
    return F.interpolate(y, scale_factor=2)


UNPOOLING: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"switches": unpool, "corner": _corner, "copies": _copies}


class DeconvolutionNetwork(nn.Module):
    r"""Says of every pixel of an image what it belongs to, $p(y_{ij}|x)$ for each class.

    Each stage down is two convolutions and a `pool` that halves the image, each stage up an unpooling that doubles it
    and two transposed convolutions; in the middle stand a convolution of 5 by 5 and its mirror image. All but the last
    layer are followed by batch normalisation and a ReLU. The unpooling is

    - `"switches"`: each value goes back where the maximum stood on the way down, beside three zeros;
    - `"corner"`: it goes to the upper left of its window, beside three zeros; the position is lost;
    - `"copies"`: it goes to all four places; the position is lost.

    None has parameters, so that the three networks are of equal size.

    Args:
        channels: Channels of the stages, from the image inwards.
        classes: Number of classes, C, nothing being one of them.
        unpooling: One of `"switches"`, `"corner"` and `"copies"`.
        inputs: Channels of an image.

    Raises:
        ValueError: If there is no such unpooling, or a count is too small.

    Source: Noh, Hong and Han, Learning Deconvolution Network for Semantic Segmentation (2015), in small.

    Example:
        >>> model = DeconvolutionNetwork(channels=(8, 16), classes=11)
        >>> x, y = torch.zeros(5, 1, 32, 32), torch.zeros(5, 32, 32, dtype=torch.long)
        >>> model.log_prob_y(x).shape, model.loss(x, y).shape
        (torch.Size([5, 11, 32, 32]), torch.Size([]))
    """

    def __init__(
        self, channels: Sequence[int] = (16, 32), classes: int = 11, unpooling: str = "switches", inputs: int = 1
    ) -> None:
        super().__init__()
        if unpooling not in UNPOOLING:
            raise ValueError(f"unpooling is {unpooling!r}, expected one of {', '.join(UNPOOLING)}")
        if not channels:
            raise ValueError("got no channels, expected the number of each stage, such as (16, 32)")
        at_least(1, **{f"channels[{i}]": c for i, c in enumerate(channels)}, inputs=inputs)
        at_least(2, classes=classes)
        self.channels, self.classes, self.unpooling, self.inputs = tuple(channels), classes, unpooling, inputs
        first, last = channels[0], channels[-1]
        self.down = nn.ModuleList(
            nn.Sequential(*_layer(nn.Conv2d, a, b), *_layer(nn.Conv2d, b, b)) for a, b in pairwise((inputs, *channels))
        )
        self.middle = nn.Sequential(
            *_layer(nn.Conv2d, last, 2 * last, 5), *_layer(nn.ConvTranspose2d, 2 * last, last, 5)
        )
        self.up = nn.ModuleList(
            nn.Sequential(*_layer(nn.ConvTranspose2d, b, b), *_layer(nn.ConvTranspose2d, b, a))
            for a, b in reversed(list(pairwise((first, *channels))))
        )
        self.head = nn.ConvTranspose2d(first, classes, 3, padding=1)

    def extra_repr(self) -> str:
        """Returns the sizes, for `print(model)`."""
        return f"channels={self.channels}, classes={self.classes}, unpooling={self.unpooling!r}, inputs={self.inputs}"

    def ladder(self, x: Tensor) -> tuple[Tensor, ...]:
        r"""Returns the activations after each stage on the way up, from the smallest map to the size of the image.

        Args:
            x: Images `(B, inputs, H, W)`, H and W multiples of $2^S$ for S stages.

        Returns:
            What the middle gives, `(B, C, H / 2**S, W / 2**S)`, and what each of the S stages makes of it.
        """
        return self._climbed(x)[0]

    def unpooled(self, x: Tensor) -> tuple[Tensor, ...]:
        r"""Returns what each unpooling on the way up gives, before its stage's transposed convolutions see it."""
        return self._climbed(x)[1]

    def log_prob_y(self, x: Tensor) -> Tensor:
        r"""Returns $\log p(y_{ij}|x)$ of every class at every pixel, `(B, C, H, W)`, for `x` `(B, inputs, H, W)`."""
        return sound(self.head(self.ladder(x)[-1]).log_softmax(1), self, x=x)

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        r"""Returns the cross-entropy $-\log p(y_{ij}|x)$, averaged over the pixels of all examples.

        Args:
            x: Images, `(B, inputs, H, W)`.
            y: The class of each pixel, whole numbers `(B, H, W)`.
        """
        self._fits(x)
        if tensor(y, "y").shape != (len(x), *x.shape[2:]):
            raise ValueError(f"y has shape {tuple(y.shape)}, expected a class for each pixel, {(len(x), *x.shape[2:])}")
        known = labels(y.flatten(), self, self.classes).view(y.shape)
        return F.nll_loss(self.log_prob_y(x), known)

    def _climbed(self, x: Tensor) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Goes down and up, and returns the maps after each stage up, the middle's first, and after each unpooling."""
        a, kept = self._fits(x), []
        for stage in self.down:
            a, switches = pool(stage(a))
            kept.append(switches)
        rungs, spread = [self.middle(a)], []
        for stage, switches in zip(self.up, reversed(kept), strict=True):
            spread.append(UNPOOLING[self.unpooling](rungs[-1], switches))
            rungs.append(stage(spread[-1]))
        return tuple(sound(a, self, x=x) for a in rungs), tuple(sound(a, self, x=x) for a in spread)

    def _fits(self, x: Tensor) -> Tensor:
        """Returns `x` if it is a batch of images that can be halved as often as there are stages."""
        wanted = 2 ** len(self.channels)
        shape = batch(x, self).shape
        if len(shape) != 4 or shape[1] != self.inputs or shape[2] % wanted or shape[3] % wanted or not x.numel():
            raise ValueError(
                f"x has shape {tuple(shape)}, expected images (B, {self.inputs}, H, W) with H and W multiples of "
                f"{wanted}, which {len(self.channels)} stages halve"
            )
        return x


def _layer(kind: Callable[..., nn.Module], a: int, b: int, size: int = 3) -> list[nn.Module]:
    """Returns a convolution that keeps the size of its maps, batch normalisation and a ReLU."""
    return [kind(a, b, size, padding=size // 2, bias=False), nn.BatchNorm2d(b), nn.ReLU()]


def _four_axes(x: Tensor, name: str) -> None:
    if tensor(x, name).ndim != 4 or not x.numel():
        raise ValueError(f"{name} has shape {tuple(x.shape)}, expected (B, C, H, W)")


def _covered(x: Tensor, size: int) -> None:
    """Asks of `x` that windows of this size cover it."""
    _four_axes(x, "x")
    at_least(1, size=size)
    if x.shape[2] % size or x.shape[3] % size:
        raise ValueError(f"x has shape {tuple(x.shape)}, expected a height and width that {size} divides")
