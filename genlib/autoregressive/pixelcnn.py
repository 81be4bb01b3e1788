r"""Masked convolutions, and the PixelCNN that is made of them."""

from __future__ import annotations

__all__ = ["MaskedConv2d", "PixelCNN"]

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from genlib._guard import at_least
from genlib.autoregressive.chain import Autoregressive


class MaskedConv2d(nn.Conv2d):
    r"""Convolution with an odd kernel that reads only pixels before its own in raster order.

    Kind A leaves the pixel itself out and is for the image; kind B reads it too and is for what kind A has computed,
    which knows only what it may already. The image's size is kept.

    Args:
        kind: "A" or "B".
        inputs: Number of channels that are read.
        outputs: Number of channels that are computed.
        kernel: Rows and columns of the kernel, an odd number.

    Source: van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks (2016).

    Example:
        >>> MaskedConv2d("A", 1, 1, 3).mask[0, 0].int().tolist()
        [[1, 1, 1], [1, 0, 0], [0, 0, 0]]
    """

    mask: Tensor

    def __init__(self, kind: Literal["A", "B"], inputs: int, outputs: int, kernel: int) -> None:
        at_least(1, kernel=kernel)
        if kind not in ("A", "B"):
            raise ValueError(f'kind is {kind!r}, expected "A", without the pixel itself, or "B", with it')
        if not kernel % 2:
            raise ValueError(f"kernel is {kernel}, expected an odd number: a kernel has a middle")
        super().__init__(inputs, outputs, kernel, padding=kernel // 2)
        self.kind = kind
        mask, middle = torch.ones_like(self.weight), kernel // 2
        mask[:, :, middle + 1 :] = 0
        mask[:, :, middle, middle + (kind == "B") :] = 0
        self.register_buffer("mask", mask, persistent=False)

    def extra_repr(self) -> str:
        """Returns the kind and the sizes, for `print(model)`."""
        sizes = f"inputs={self.in_channels}, outputs={self.out_channels}, kernel={self.kernel_size[0]}"
        return f"{self.kind}, {sizes}"

    def forward(self, x: Tensor) -> Tensor:
        """Returns maps `(B, outputs, H, W)` of maps `x` `(B, inputs, H, W)`."""
        return self._conv_forward(x, self.weight * self.mask, self.bias)


class PixelCNN(Autoregressive):
    r"""PixelCNN of binary images: a masked convolution of kind A, then blocks of kind B with a shortcut each.

    $$\begin{aligned}
    h_0 &= W^A * x + e, \qquad a = \operatorname{head}(h_L), \\
    h_{l+1} &= h_l + U_l \operatorname{ReLU}(W^B_l * \operatorname{ReLU}(V_l \operatorname{ReLU}(h_l)))
    \end{aligned}$$

    All conditionals come from one pass. The kernels do not reach every pixel before, however many layers there are:
    each step up allows only a step to the right, and the rest of the rows above is a blind spot, which `GatedPixelCNN`
    has not.

    Args:
        shape: Rows and columns of an image, (H, W).
        channels: Number of channels, C, an even number; inside a block there are half as many.
        layers: Number of blocks.
        first: Width of the kernel of kind A, an odd number.
        kernel: Width of the kernels of kind B, an odd number.

    Source: van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks (2016).

    Example:
        >>> model = PixelCNN((8, 8), channels=8, layers=3)
        >>> model.log_prob(torch.zeros(5, 64)).shape, model.sample(3).shape
        (torch.Size([5]), torch.Size([3, 64]))
    """

    def __init__(self, shape: Sequence[int], channels: int, layers: int, *, first: int = 7, kernel: int = 3) -> None:
        height, width = shape
        super().__init__(height * width)
        at_least(0, layers=layers)
        at_least(2, channels=channels)
        self.shape, self.channels, self.layers = (height, width), channels, layers
        self.first, self.kernel = first, kernel
        self.conv = MaskedConv2d("A", 1, channels, first)
        self.place = nn.Parameter(torch.zeros(channels, height, width))
        self.blocks = nn.ModuleList(_block(channels, kernel) for _ in range(layers))
        self.head = pixel_head(channels, channels, 1)

    def extra_repr(self) -> str:
        """Returns the sizes, for `print(model)`."""
        height, width = self.shape
        return f"height={height}, width={width}, channels={self.channels}, layers={self.layers}"

    def log_odds(self, x: Tensor) -> Tensor:
        r"""Computes all $a_d$ `(B, D)` for `x` `(B, D)` in one pass."""
        h = self.conv(x.reshape(-1, 1, *self.shape)) + self.place
        for block in self.blocks:
            h = h + block(h)
        return self.head(h).flatten(1)


def _block(channels: int, kernel: int) -> nn.Sequential:
    """Returns what is added to the shortcut: down to half the channels, a masked convolution, and back up."""
    half = channels // 2
    return nn.Sequential(
        nn.ReLU(), nn.Conv2d(channels, half, 1), nn.ReLU(), MaskedConv2d("B", half, half, kernel),
        nn.ReLU(), nn.Conv2d(half, channels, 1),
    )  # fmt: skip


def pixel_head(inputs: int, channels: int, outputs: int) -> nn.Sequential:
    """Returns the network from a pixel's features to its distribution's parameters: convolutions of size 1."""
    return nn.Sequential(nn.ReLU(), nn.Conv2d(inputs, channels, 1), nn.ReLU(), nn.Conv2d(channels, outputs, 1))
