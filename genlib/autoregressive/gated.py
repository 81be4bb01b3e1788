r"""The gated PixelCNN: two stacks of convolutions that see every pixel before, and a sampler that keeps their maps."""

from __future__ import annotations

__all__ = ["GatedPixelCNN", "TwoStacks"]

import math
from collections.abc import Callable, Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib._guard import at_least, binary, finite, labels, rows, same_number, sound
from genlib.autoregressive.chain import Autoregressive
from genlib.autoregressive.pixelcnn import pixel_head


def gate(a: Tensor) -> Tensor:
    r"""Returns $\tanh(f) \odot \operatorname{sigm}(g)$ for maps `a` `(B, 2 C, H, W)` that hold f and then g."""
    f, g = a.chunk(2, 1)
    return f.tanh() * g.sigmoid()


class GatedLayer(nn.Module):
    r"""One layer of both stacks: v, the vertical one, sees the rows above, h what is left of the pixel.

    $$a = W^v * v, \qquad v' = \operatorname{gate}(a), \qquad
    h' = h + W^o \operatorname{gate}(W^h * h + W^a a + e)$$

    The vertical kernel covers rows that end at the pixel's own, the horizontal one pixels that end at the pixel itself:
    v and h already know no more than they may. The first layer reads the image, and so both its kernels end one step
    earlier (`strict`), and it has nothing to add $h$ to.

    Args:
        inputs: Number of channels of v and h.
        channels: Number of channels of v' and h', C.
        rows: Rows of the vertical kernel.
        width: Columns of the vertical kernel, an odd number.
        left: Columns of the horizontal kernel.
        dilation: Distance of the rows and columns that a kernel reads.
        strict: Whether the pixel's own row, and in it the pixel itself, is left out.
        dropout: Share of gated maps' entries that is left out while training.
    """

    def __init__(
        self, inputs: int, channels: int, rows: int, width: int, left: int, *, dilation: int = 1, strict: bool = False,
        dropout: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.strict, self.dropout = strict, dropout
        self.vertical = nn.Conv2d(inputs, 2 * channels, (rows, width), dilation=dilation)
        self.horizontal = nn.Conv2d(inputs, 2 * channels, (1, left), dilation=dilation)
        self.link = nn.Conv2d(2 * channels, 2 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)
        # What the kernels reach beyond a pixel: rows above, columns to both sides, columns to the left.
        self.above, self.side, self.back = (dilation * (n - 1) for n in (rows, width // 2 + 1, left))

    def forward(self, v: Tensor, h: Tensor, extra: Tensor) -> tuple[Tensor, Tensor]:
        """Returns v' and h' `(B, C, H, W)` for v and h `(B, inputs, H, W)`; `extra` is e, which spreads over pixels."""
        late = int(self.strict)
        a = self.vertical(F.pad(v, (self.side, self.side, self.above + late, -late)))
        b = self.horizontal(F.pad(h, (self.back + late, -late)))
        return gate(a), self.joined(h, b, self.link(a), extra)

    def joined(self, h: Tensor, b: Tensor, linked: Tensor, extra: Tensor) -> Tensor:
        """Returns h' from h, what the horizontal kernel made of it, and what comes over from the vertical stack."""
        new = self.out(F.dropout(gate(b + linked + extra), self.dropout, self.training))
        return new if self.strict else h + new


class TwoStacks(nn.Module):
    r"""Network of gated layers: features of each pixel that depend on what comes before it in raster order alone.

    A single stack of masked convolutions has a blind spot: each layer leads a step up and at most a step to the right,
    and what lies further right in the rows above is never read. Here the vertical stack reads the rows above without a
    mask, for which its maps may know all of a row, and hands over to the horizontal one, never the other way.

    Args:
        shape: Shape of an image, (its channels, H, W).
        channels: Number of channels of either stack, C.
        layers: Number of layers.
        kernel: Width of the kernels, an odd number k; they read (k + 1)/2 rows, and as many pixels.
        first: Width of the first layer's kernels, an odd number f from 3; they read (f - 1)/2 rows and pixels.
        dilations: Distance of what a kernel reads, layer by layer, over and over; the first layer's is 1 always.
        classes: Number of labels whose embedding each layer adds, or 0.
        dropout: Share that is left out while training.

    Source: van den Oord et al., Conditional Image Generation with PixelCNN Decoders (2016).
    """

    def __init__(
        self, shape: Sequence[int], channels: int, layers: int, *, kernel: int = 3, first: int = 7,
        dilations: Sequence[int] = (1,), classes: int = 0, dropout: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        inputs, height, width = shape
        at_least(1, channels=channels, layers=layers, kernel=kernel, height=height, width=width)
        at_least(3, first=first)
        at_least(0, classes=classes)
        if not kernel % 2 or not first % 2:
            raise ValueError(f"kernel is {kernel} and first is {first}, expected odd numbers: a kernel has a middle")
        if not dilations or min(dilations) < 1:
            raise ValueError(f"dilations are {tuple(dilations)}, expected one or more whole numbers, at least 1")
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout is {dropout}, expected a share of at least 0 and less than 1")
        self.shape, self.classes = tuple(shape), classes
        ahead, reach = first // 2, kernel // 2 + 1
        steps = [dilations[i % len(dilations)] for i in range(layers)]
        self.stack = nn.ModuleList(
            GatedLayer(channels, channels, reach, kernel, reach, dilation=step, dropout=dropout)
            if i
            else GatedLayer(inputs, channels, ahead, first, ahead, strict=True, dropout=dropout)
            for i, step in enumerate(steps)
        )
        self.place = nn.Parameter(torch.zeros(2 * channels, height, width))
        self.label = nn.Parameter(torch.zeros(classes, layers, 2 * channels)) if classes else None

    def extra_repr(self) -> str:
        """Returns the sizes, for `print(model)`."""
        return _sizes(self.shape[1:], self.place.shape[0] // 2, len(self.stack), self.classes)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """Returns the horizontal stack's last maps `(B, C, H, W)` for images `x` `(B, channels, H, W)`."""
        v = h = x
        for i, layer in enumerate(self.stack):
            v, h = layer(v, h, self.extra(i, y))
        return h

    def extra(self, i: int, y: Tensor | None) -> Tensor:
        """Returns what layer i is told beside the image: the first one where the pixel is, each one the label."""
        where = self.place if i == 0 else self.place.new_zeros(1, 1, 1)
        return where if self.label is None or y is None else where + self.label[y, i][:, :, None, None]

    def fill(
        self, x: Tensor, given: int, draw: Callable[[Tensor, int, int], Tensor], y: Tensor | None = None
    ) -> Tensor:
        r"""Draws the pixels of `x` `(B, channels, H, W)` from number `given` on, in place, and computes nothing twice.

        A row of the vertical stack depends on rows above alone: it is computed once a row, for all its pixels. A pixel
        of the horizontal stack depends on its row's pixels before it, whose maps are kept: it is computed once a pixel.
        So all pixels together cost what one pass through the network costs, where `forward` again for each pixel costs
        as many passes as there are pixels.

        Args:
            x: The images.
            given: How many pixels are kept, the first ones in raster order; what the others hold is not looked at.
            draw: Returns the pixels `(B, channels)` in row r and column c from their features `(B, C, 1, 1)`.
            y: Labels, `(B,)`, of a network that takes them.
        """
        height, width = self.shape[1:]
        cache = _Cache(self, x, y)
        for r in range(height):
            cache.begin(r)
            for c in range(width):
                if (r + 1) * width > given:  # of a row that is given as a whole, the horizontal stack is not needed
                    features = cache.features(c)
                    if r * width + c >= given:
                        x[:, :, r, c] = draw(features, r, c)
                cache.put(c, x[:, :, r, c])
        return x


class _Cache:
    """What is known in the middle of a scan: for each layer, what its two kernels read, with the margins they need.

    Of v there are all rows so far, of h the row that is being drawn. As in `GatedLayer.forward`, the margins put what
    output r reads at rows r to r + above, whatever the layer.
    """

    def __init__(self, net: TwoStacks, x: Tensor, y: Tensor | None) -> None:
        self.layers = [cast(GatedLayer, layer) for layer in net.stack]
        n, (_, height, width) = len(x), net.shape
        sizes = [(layer, layer.vertical.in_channels, int(layer.strict)) for layer in self.layers]
        self.v = [x.new_zeros(n, k, height + layer.above + late, width + 2 * layer.side) for layer, k, late in sizes]
        self.h = [x.new_zeros(n, k, 1, width + layer.back + late) for layer, k, late in sizes]
        self.extra = [net.extra(i, y) for i in range(len(self.layers))]
        self.row, self.width = 0, width

    def begin(self, r: int) -> None:
        """Computes row r of the vertical stack, from the rows above, and what it hands to the horizontal one."""
        self.row, self.linked = r, []
        for i, layer in enumerate(self.layers):
            a = layer.vertical(self.v[i][:, :, r : r + layer.above + 1])
            self.linked.append(layer.link(a))
            if i + 1 < len(self.layers):
                after = self.layers[i + 1]
                self.v[i + 1][:, :, r + after.above, after.side : after.side + self.width] = gate(a)[:, :, 0]

    def features(self, c: int) -> Tensor:
        """Computes the horizontal stack at column c, from what is left of it: the last layer's h, `(B, C, 1, 1)`."""
        h = self.h[0]
        for i, layer in enumerate(self.layers):
            extra = self.extra[i]
            here = extra if i else extra[..., self.row : self.row + 1, c : c + 1]
            b = layer.horizontal(self.h[i][:, :, :, c : c + layer.back + 1])
            h = layer.joined(h, b, self.linked[i][:, :, :, c : c + 1], here)
            if i + 1 < len(self.layers):
                self.h[i + 1][:, :, :, c + self.layers[i + 1].back] = h[:, :, :, 0]
        return h

    def put(self, c: int, pixel: Tensor) -> None:
        """Writes a pixel `(B, channels)` where the first layer reads it."""
        first = self.layers[0]
        self.v[0][:, :, self.row + first.above + 1, c + first.side] = pixel
        self.h[0][:, :, 0, c + first.back + 1] = pixel


class GatedPixelCNN(Autoregressive):
    r"""Gated PixelCNN of binary images: convolutions that see all pixels before, and the density exact in one pass.

    $$p(x) = \prod_{d=1}^{HW} p(x_d \,|\, x_{<d}) \quad\text{or}\quad p(x \,|\, y) = \prod_d p(x_d \,|\, x_{<d}, y)$$

    in raster order, row by row from the top left. The conditionals are read off two stacks of gated convolutions, see
    `TwoStacks`. With `classes` the model is told a label y; without being told it averages over labels, all equally
    likely: $p(x) = \frac{1}{K} \sum_y p(x | y)$. `sample` and `complete` compute nothing twice: see `TwoStacks.fill`.

    Args:
        shape: Rows and columns of an image, (H, W).
        channels: Number of channels of either stack, C.
        layers: Number of layers.
        kernel: Width of the kernels, an odd number.
        first: Width of the first layer's kernels, an odd number, at least 3.
        dilations: Distance of what a kernel reads, layer by layer, over and over; the first layer's is 1 always.
        classes: Number of labels, K, or 0 for a model that is told none.
        dropout: Share of the gated maps that is left out while training.

    Source: van den Oord et al., Conditional Image Generation with PixelCNN Decoders (2016); for keeping what was
    computed, Ramachandran et al., Fast Generation for Convolutional Autoregressive Models (2017).

    Example:
        >>> model = GatedPixelCNN((8, 8), channels=8, layers=3)
        >>> model.log_prob(torch.zeros(5, 64)).shape, model.sample(3).shape
        (torch.Size([5]), torch.Size([3, 64]))
    """

    def __init__(
        self, shape: Sequence[int], channels: int, layers: int, *, kernel: int = 3, first: int = 7,
        dilations: Sequence[int] = (1,), classes: int = 0, dropout: float = 0.0,
    ) -> None:  # fmt: skip
        height, width = shape
        super().__init__(height * width)
        self.shape, self.channels, self.layers = (height, width), channels, layers
        self.kernel, self.first, self.dilations = kernel, first, tuple(dilations)
        self.classes, self.dropout = classes, dropout
        self.net = TwoStacks(
            (1, height, width), channels, layers, kernel=kernel, first=first, dilations=dilations, classes=classes,
            dropout=dropout,
        )  # fmt: skip
        self.head = pixel_head(channels, channels, 1)

    def extra_repr(self) -> str:
        """Returns the sizes, for `print(model)`."""
        return _sizes(self.shape, self.channels, self.layers, self.classes)

    def log_odds(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        r"""Computes all $a_d$ `(B, D)` for `x` `(B, D)`, told labels `y` `(B,)` if there are classes, in one pass."""
        return self.head(self.net(x.reshape(-1, 1, *self.shape), y)).flatten(1)

    def logit(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        r"""Returns $a_d = \operatorname{logit} p(x_d = 1 | x_{<d}, y)$, `(B, D)`, for binary `x` `(B, D)`."""
        finite(self)
        x = binary(rows(x, self, self.features))
        return sound(self.log_odds(x, told(y, x, self, self.classes)), self, x=x)

    def log_prob(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        r"""Returns $\log p(x | y)$ of binary `x` `(B, D)`, exactly, `(B,)`; $\log p(x)$ where no labels are told."""
        if self.classes and y is None:
            return self.log_joint(x).logsumexp(1)
        a = self.logit(x, y)
        return (x * a - F.softplus(a)).sum(1)

    def log_joint(self, x: Tensor) -> Tensor:
        r"""Returns $\log p(x, y)$ for every label y, `(B, K)`, from one pass each; its softmax is $p(y | x)$.

        A model that is told no labels has one for all images: its one column is $\log p(x)$.
        """
        x = rows(x, self, self.features)
        if not self.classes:
            return self.log_prob(x)[:, None]
        every = [self.log_prob(x, torch.full((len(x),), k, device=x.device)) for k in range(self.classes)]
        return torch.stack(every, 1) - math.log(self.classes)

    def loss(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        r"""Returns the mean of $-\log p(x | y)$ over the examples `x` `(B, D)`, `()`: maximum likelihood."""
        return -self.log_prob(x, y).mean()

    def sample(self, n: int, y: Tensor | None = None, *, u: Tensor | None = None) -> Tensor:
        r"""Draws `x` `(n, D)`, pixel after pixel: $x_d = 1$ where $u_d < p(x_d = 1 | x_{<d}, y)$.

        Args:
            n: Number of examples.
            y: Their labels, `(n,)`; without them a model of labelled images draws these too.
            u: The uniform numbers, `(n, D)`, in [0, 1]; `None` draws them. The same give the same examples.
        """
        at_least(1, n=n)
        if self.classes and y is None:
            y = torch.randint(self.classes, (n,), device=self.earlier.device)
        return self.complete(self.earlier.new_zeros(n, self.features), 0, y, u=u)

    @torch.no_grad()
    def complete(self, x: Tensor, given: int, y: Tensor | None = None, *, u: Tensor | None = None) -> Tensor:
        r"""Keeps the first pixels of each example and draws the others, from the exact conditional distribution.

        Args:
            x: Binary examples, `(B, D)`; what is not kept is not looked at.
            given: How many pixels are kept, the first in raster order.
            y: Labels, `(B,)`, of a model that is told them.
            u: The uniform numbers, `(B, D)`, in [0, 1]; `None` draws them.

        Returns:
            The completed examples, `(B, D)`.
        """
        x, u = self._checked(x, given, u)
        return self._drawn(x.clone(), u, given, told(y, x, self, self.classes))

    def _drawn(self, x: Tensor, u: Tensor, given: int, y: Tensor | None = None) -> Tensor:
        """Fills in `x` `(B, D)` from step `given` on, at what one `log_prob` costs in all."""
        uniform = u.view(-1, *self.shape)

        def draw(features: Tensor, r: int, c: int) -> Tensor:
            return (uniform[:, r, c, None] < self.head(features)[:, :, 0, 0].sigmoid()).to(x.dtype)

        return self.net.fill(x.view(-1, 1, *self.shape), given, draw, y).flatten(1)


def _sizes(shape: Sequence[int], channels: int, layers: int, classes: int) -> str:
    """Returns the sizes of a network, as a printed model tells them."""
    labelled = f", classes={classes}" if classes else ""
    return f"height={shape[0]}, width={shape[1]}, channels={channels}, layers={layers}{labelled}"


def told(y: Tensor | None, x: Tensor, model: nn.Module, classes: int) -> Tensor | None:
    """Returns labels `y` `(B,)` of the examples `x` if they are what a model with so many classes, or none, takes."""
    kind = type(model).__name__
    if y is None and classes:
        raise ValueError(f"y is None, this {kind} has {classes} classes, expected a label for each example, (B,)")
    if y is not None and not classes:
        raise ValueError(
            f"y was passed, this {kind} has no classes, expected no labels: classes=10 makes one with them"
        )
    return None if y is None else same_number(labels(y, model, classes), x, "y")
