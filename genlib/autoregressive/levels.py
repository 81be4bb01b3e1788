r"""The gated PixelCNN of grey levels and of colours."""

from __future__ import annotations

__all__ = ["LevelPixelCNN"]

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genlib._guard import at_least, batch, finite, grey, same_number, sound
from genlib.autoregressive.gated import TwoStacks, told
from genlib.autoregressive.outputs import LevelOutput, draw_level
from genlib.autoregressive.pixelcnn import pixel_head


class LevelPixelCNN(nn.Module):
    r"""Gated PixelCNN of images in grey or in colour, whose pixels have M levels: exact log-probabilities in one pass.

    $$p(x) = \prod_{d=1}^{HW} p(x_d^R \,|\, x_{<d})\; p(x_d^G \,|\, x_{<d}, x_d^R)\;
    p(x_d^B \,|\, x_{<d}, x_d^R, x_d^G)$$

    pixel by pixel in raster order, and in each pixel channel by channel: the network that says green's distribution
    reads, beside what the two stacks know of the pixels before, the red that has just been drawn.

    Args:
        shape: Shape of an image, (channels, H, W): one channel for grey, three for colours, in the order of drawing.
        output: Distribution of one channel of one pixel, `Softmax(levels)` or `Logistics(levels)`.
        channels: Number of channels of either stack, C.
        layers: Number of layers.
        kernel: Width of the kernels, an odd number.
        first: Width of the first layer's kernels, an odd number, at least 3.
        dilations: Distance of what a kernel reads, layer by layer, over and over; the first layer's is 1 always.
        classes: Number of labels that the model is told, or 0 for a model that is told none.
        dropout: Share of the gated maps that is left out while training.

    Source: van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks (2016) for the order of the
    colours; van den Oord et al. (2016) for the network; Salimans et al., PixelCNN++ (2017), for logistic outputs.

    Example:
        >>> from genlib.autoregressive import Softmax
        >>> model = LevelPixelCNN((3, 4, 4), Softmax(levels=2), channels=8, layers=2)
        >>> model.log_prob(torch.zeros(5, 3, 4, 4)).shape, model.sample(2).shape
        (torch.Size([5]), torch.Size([2, 3, 4, 4]))
    """

    def __init__(
        self, shape: Sequence[int], output: LevelOutput, channels: int, layers: int, *, kernel: int = 3,
        first: int = 7, dilations: Sequence[int] = (1,), classes: int = 0, dropout: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.shape, self.output, self.channels, self.layers = tuple(shape), output, channels, layers
        self.kernel, self.first, self.dilations = kernel, first, tuple(dilations)
        self.classes, self.dropout = classes, dropout
        at_least(1, colours=self.shape[0])
        self.net = TwoStacks(
            self.shape, channels, layers, kernel=kernel, first=first, dilations=dilations, classes=classes,
            dropout=dropout,
        )  # fmt: skip
        self.heads = nn.ModuleList(pixel_head(channels + c, channels, output.size) for c in range(self.shape[0]))

    def extra_repr(self) -> str:
        """Returns the sizes, for `print(model)`."""
        return f"colours={self.shape[0]}"

    def outputs(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        r"""Computes what describes each conditional distribution, `(B, colours, H, W, size)`, for `x` in one pass."""
        h = self.net(x, y)
        parts = [head(torch.cat([h, x[:, :c]], 1)) for c, head in enumerate(self.heads)]
        return torch.stack(parts, 1).movedim(2, -1)

    def log_prob(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        r"""Returns $\log p(x)$, or $\log p(x | y)$, of images `x` `(B, colours, H, W)`, `(B,)`, in nats.

        Args:
            x: Images whose channels have the levels 0, 1/(M - 1), …, 1.
            y: Labels, `(B,)`, of a model that is told them.
        """
        finite(self)
        x = self._checked(x)
        a = self.outputs(x, told(y, x, self, self.classes))
        level = (x * (self.output.levels - 1)).round().long()
        return sound(self.output.log_prob(a, level).flatten(1).sum(1), self, x=x)

    def loss(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        r"""Returns the mean of $-\log p(x)$ over the examples `x` `(B, colours, H, W)`, `()`: maximum likelihood."""
        return -self.log_prob(x, y).mean()

    def sample(self, n: int, y: Tensor | None = None, *, u: Tensor | None = None) -> Tensor:
        r"""Draws images `(n, colours, H, W)`, pixel after pixel, each level where cumulated probabilities pass u.

        Args:
            n: Number of examples.
            y: Their labels, `(n,)`, of a model that is told them; it draws them too if there are none.
            u: The uniform numbers, `(n, colours, H, W)`, in [0, 1]; `None` draws them.
        """
        at_least(1, n=n)
        if self.classes and y is None:
            y = torch.randint(self.classes, (n,), device=self.net.place.device)
        return self.complete(self.net.place.new_zeros(n, *self.shape), 0, y, u=u)

    @torch.no_grad()
    def complete(self, x: Tensor, given: int, y: Tensor | None = None, *, u: Tensor | None = None) -> Tensor:
        r"""Keeps the first pixels of each image and draws the others, from the exact conditional distribution.

        Args:
            x: Images `(B, colours, H, W)`; what is not kept is not looked at.
            given: How many pixels are kept, with all their channels, the first in raster order.
            y: Labels, `(B,)`, of a model that is told them.
            u: The uniform numbers, `(B, colours, H, W)`, in [0, 1]; `None` draws them.

        Returns:
            The completed images, `(B, colours, H, W)`.
        """
        at_least(0, given=given)
        if given > (pixels := self.shape[1] * self.shape[2]):
            raise ValueError(f"given is {given}, expected at most the {pixels} pixels there are")
        finite(self)
        x = self._checked(x).clone()
        uniform = torch.rand_like(x) if u is None else grey(same_number(self._images(u, "u"), x, "u"), "u")

        def draw(features: Tensor, r: int, c: int) -> Tensor:
            pixel = features.new_zeros(len(features), 0, 1, 1)
            for colour, head in enumerate(self.heads):
                a = head(torch.cat([features, pixel], 1))[:, :, 0, 0]
                level = draw_level(self.output.log_probs(a), uniform[:, colour, r, c])
                new = level.to(x.dtype) / (self.output.levels - 1)
                pixel = torch.cat([pixel, new[:, None, None, None]], 1)
            return pixel[:, :, 0, 0]

        return self.net.fill(x, given, draw, told(y, x, self, self.classes))

    def _images(self, x: Tensor, name: str = "x") -> Tensor:
        """Returns `x` if it holds images of the model's shape."""
        if batch(x, self, name).shape[1:] != self.shape:
            raise ValueError(f"{name} has shape {tuple(x.shape)}, this LevelPixelCNN has images (B, *{self.shape})")
        return x

    def _checked(self, x: Tensor) -> Tensor:
        """Returns `x` if it holds images of the model's shape and levels."""
        steps = self.output.levels - 1
        x = grey(self._images(x))
        off = (x.detach() * steps - (x.detach() * steps).round()).abs().max().item()
        if off > 1e-3:
            raise ValueError(
                f"x has values between the {steps + 1} levels, expected 0, 1/{steps}, …, 1: "
                f"(x * {steps}).round() / {steps}"
            )
        return x
