r"""Recurrent networks over the plane: a state for each pixel, from the states of its neighbours.

A sequence of pixels forgets that they lie in a plane: the pixel above lies a whole row back. Here every pixel has a
state, computed from states beside and above it, and the layers differ in which, and so in what a pixel can know:

| layer | state of | what pixel (i, j) reads | steps that wait for one another |
| --- | --- | --- | --- |
| `PlainRecurrence`, `DiagonalLSTM` | left and upper neighbour | the rectangle above and to the left | H + W - 1 |
| `RowLSTM` | the three neighbours in the row above | a triangle above, and two pixels to the left | H |
| `DiagonalBiLSTM` | left and upper neighbour; right and upper one | everything before | H + W - 1 |

The steps are those of a picture that is there already, whose `log_prob` is asked. To draw one takes a step for each of
its H W pixels, with any layer.
"""

from __future__ import annotations

__all__ = ["DiagonalBiLSTM", "DiagonalLSTM", "PixelRNN", "PlainRecurrence", "RowLSTM"]

from collections.abc import Iterable
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib._guard import at_least
from genlib.autoregressive.chain import Autoregressive


class PixelRNN(Autoregressive):
    r"""Recurrent network over the pixels of a binary picture, row by row from the top left.

    $$h = \text{layer}(x), \qquad a_{ij} = c_{ij} + V_{ij} \cdot h_{ij}$$

    with $h_{ij}$ a function of pixels before (i, j) alone. What the state reads is the layer's choice. A layer is
    called with two maps `(B, C, H, W)`: `here`, which pixel (i, j) may read as far as its own place, and `above`, of
    which at its place lies what belongs to the pixel above it, and which it may read all along the row. The first layer
    is given the picture, moved by one pixel; the next ones the states below them, to which they add.

    Args:
        shape: Height and width of a picture; an example is its pixels, row by row.
        layers: One or more layers, such as `[DiagonalBiLSTM(1, 32), DiagonalBiLSTM(32, 32)]`.

    Raises:
        ValueError: If a size is below 1, there is no layer, or a layer does not fit the one before.

    Source: van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks (2016); the readout, with
    weights of its own for each place, suits small pictures.

    Example:
        >>> model = PixelRNN((8, 8), [DiagonalBiLSTM(1, 16)])
        >>> model.log_prob(torch.zeros(5, 64)).shape, model.sample(3).shape
        (torch.Size([5]), torch.Size([3, 64]))
    """

    def __init__(self, shape: tuple[int, int], layers: Iterable[nn.Module]) -> None:
        height, width = shape
        at_least(1, height=height, width=width)
        super().__init__(height * width)
        self.shape, self.layers = (height, width), nn.ModuleList(layers)
        self.hidden = _fitting(self.layers)
        self.V = nn.Parameter(0.05 * torch.randn(self.features, self.hidden))
        self.c = nn.Parameter(torch.zeros(self.features))

    @property
    def arguments(self) -> dict[str, list[nn.Module]]:
        """What `genlib.save` writes down to build the model again."""
        return {"layers": list(self.layers)}

    def _states(self, x: Tensor) -> Tensor:
        r"""Returns the state of every pixel, `(B, hidden, H, W)`, for binary `x` `(B, H W)`."""
        picture = x.view(-1, 1, *self.shape)
        h = self.layers[0](moved_right(picture), moved_down(picture))
        for layer in self.layers[1:]:
            h = h + layer(h, moved_down(h))
        return h

    def log_odds(self, x: Tensor) -> Tensor:
        r"""Computes all $a_d$ `(B, D)` from the states."""
        return self.c + torch.einsum("bhd,dh->bd", self._states(x).flatten(2), self.V)


class PlainRecurrence(nn.Module):
    r"""The plain recurrence in the plane: a state from the one on the left and the one above.

    $$h_{ij} = \tanh\big(A\, h_{i,j-1} + G\, h_{i-1,j} + U\, [\text{here}_{ij}, \text{above}_{ij}] + b\big)$$

    Neighbours outside of the picture are zero. Nothing on the right of column j can reach $h_{ij}$: what pixel (i, j)
    knows is the rectangle above and to the left of it, and of the rows above it never sees what lies to its right.

    Args:
        channels: Channels of the maps that it reads, C.
        hidden: Size of a state.

    Source: Graves, Fernández and Schmidhuber, Multi-Dimensional Recurrent Neural Networks (2007).

    Example:
        >>> PlainRecurrence(1, 16)(torch.zeros(5, 1, 8, 8), torch.zeros(5, 1, 8, 8)).shape
        torch.Size([5, 16, 8, 8])
    """

    gates: ClassVar[int] = 1

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        at_least(1, channels=channels, hidden=hidden)
        self.channels, self.hidden = channels, hidden
        self.read = nn.Conv2d(2 * channels, self.gates * hidden, 1)
        self.carry = nn.Linear(2 * hidden, self.gates * hidden, bias=False)

    def step(self, a: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Returns a new state and memory from what a cell sums up, `a` `(..., gates hidden)`."""
        return a.tanh(), memory

    def forward(self, here: Tensor, above: Tensor) -> Tensor:
        """Returns the states `(B, hidden, H, W)`, a diagonal at a time: none of its pixels waits for another."""
        read = skewed(self.read(torch.cat([here, above], 1))).permute(3, 0, 2, 1)
        h = memory = read.new_zeros(*read.shape[1:3], self.hidden)
        states = []
        for a in read.unbind():  # beside the picture a is zero, and so are state and memory
            neighbours = torch.cat([h, one_on(h)], 2)  # in a skewed picture both lie in the column before
            h, memory = self.step(a + self.carry(neighbours), memory)
            states.append(h)
        return straight(torch.stack(states, 3).transpose(1, 2), here.shape[3])


class DiagonalLSTM(PlainRecurrence):
    r"""Long short-term memory in the plane: reads what `PlainRecurrence` reads, and can keep it.

    $$\begin{aligned}
    (i, f, o, g) &= A\, h_{i,j-1} + G\, h_{i-1,j} + U\, [\text{here}_{ij}, \text{above}_{ij}] + b, \\
    m_{ij} &= \sigma(f)\, m_{i,j-1} + \sigma(i) \tanh(g), \qquad h_{ij} = \sigma(o) \tanh(m_{ij})
    \end{aligned}$$

    The memory m runs along the row; from the row above comes the state alone.

    Args:
        channels: Channels of the maps that it reads, C.
        hidden: Size of a state, and of the memory.

    Source: Hochreiter and Schmidhuber, Long Short-Term Memory (1997), for the cell; van den Oord, Kalchbrenner and
    Kavukcuoglu, Pixel Recurrent Neural Networks (2016), for the diagonals.

    Example:
        >>> DiagonalLSTM(1, 16)(torch.zeros(5, 1, 8, 8), torch.zeros(5, 1, 8, 8)).shape
        torch.Size([5, 16, 8, 8])
    """

    gates: ClassVar[int] = 4

    def step(self, a: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Returns a new state and memory from what a cell sums up, `a` `(..., 4 hidden)`."""
        return lstm(a, memory)


class DiagonalBiLSTM(nn.Module):
    r"""Two diagonal LSTMs that between them read everything before a pixel.

    One walks from the left, as `DiagonalLSTM`. The other walks from the right over what lies above, and over nothing
    else: in the pixel's own row, what is to its right is not drawn yet. Their states are added.

    Args:
        channels: Channels of the maps that it reads, C.
        hidden: Size of a state.

    Source: van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks (2016).

    Example:
        >>> DiagonalBiLSTM(1, 16)(torch.zeros(5, 1, 8, 8), torch.zeros(5, 1, 8, 8)).shape
        torch.Size([5, 16, 8, 8])
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.channels, self.hidden = channels, hidden
        self.from_left, self.from_right = DiagonalLSTM(channels, hidden), DiagonalLSTM(channels, hidden)

    def forward(self, here: Tensor, above: Tensor) -> Tensor:
        """Returns the states, `(B, hidden, H, W)`."""
        mirrored = above.flip(3)
        return self.from_left(here, above) + self.from_right(mirrored, mirrored).flip(3)


class RowLSTM(nn.Module):
    r"""Long short-term memory that goes down a picture, a whole row at a time.

    $$(i, f, o, g)_{i\cdot} = A * h_{i-1,\cdot} + U * \text{above}_{i\cdot} + T * \text{here}_{i\cdot} + b$$

    with convolutions along the row: A and U three pixels wide, T as wide and masked, so that it reads its own place and
    the one to the left. Each row adds a pixel on either side to what is read: a triangle. What lies outside of it, in
    the same rows, is missed.

    Args:
        channels: Channels of the maps that it reads, C.
        hidden: Size of a state, and of the memory.

    Source: van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks (2016).

    Example:
        >>> RowLSTM(1, 16)(torch.zeros(5, 1, 8, 8), torch.zeros(5, 1, 8, 8)).shape
        torch.Size([5, 16, 8, 8])
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        at_least(1, channels=channels, hidden=hidden)
        self.channels, self.hidden = channels, hidden
        self.read_here = nn.Conv2d(channels, 4 * hidden, (1, 2))
        self.read_above = nn.Conv2d(channels, 4 * hidden, (1, 3), padding=(0, 1), bias=False)
        self.carry = nn.Linear(3 * hidden, 4 * hidden, bias=False)

    def forward(self, here: Tensor, above: Tensor) -> Tensor:
        """Returns the states `(B, hidden, H, W)`, a row at a time."""
        read = self.read_here(F.pad(here, (1, 0))) + self.read_above(above)
        h = memory = here.new_zeros(len(here), here.shape[3], self.hidden)
        states = []
        for a in read.permute(2, 0, 3, 1).unbind():
            neighbours = torch.cat([one_on(h), h, one_on(h.flip(1)).flip(1)], 2)
            h, memory = lstm(a + self.carry(neighbours), memory)
            states.append(h)
        return torch.stack(states, 1).permute(0, 3, 1, 2)


def lstm(a: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the new state and memory of an LSTM cell, from the sums `a` `(..., 4 hidden)` of its four gates."""
    write, keep, show, value = a.chunk(4, -1)
    memory = keep.sigmoid() * memory + write.sigmoid() * value.tanh()
    return show.sigmoid() * memory.tanh(), memory


def skewed(x: Tensor) -> Tensor:
    """Moves row i of maps `(B, C, H, W)` i pixels to the right: diagonals become columns, `(B, C, H, H + W - 1)`."""
    height, width = x.shape[2:]
    wide = F.pad(x, (0, height)).flatten(2)  # rows of W + H entries, read as rows of W + H - 1, move by one each
    return wide[..., : height * (width + height - 1)].unflatten(2, (height, -1))


def straight(x: Tensor, width: int) -> Tensor:
    """Moves the rows of skewed maps `(B, C, H, H + W - 1)` back, `(B, C, H, W)`."""
    height = x.shape[2]
    wide = F.pad(x.flatten(2), (0, height)).unflatten(2, (height, -1))
    return wide[..., :width]


def one_on(h: Tensor) -> Tensor:
    """Puts at each place of a line of states `(B, N, hidden)` the one before it, and zero at the first."""
    return F.pad(h, (0, 0, 1, -1))


def moved_right(x: Tensor) -> Tensor:
    """Puts at each place of maps `(B, C, H, W)` what was to its left, and zero in the first column."""
    return F.pad(x, (1, -1))


def moved_down(x: Tensor) -> Tensor:
    """Puts at each place of maps `(B, C, H, W)` what was above it, and zero in the first row."""
    return F.pad(x, (0, 0, 1, -1))


def _fitting(layers: nn.ModuleList) -> int:
    """Returns the size of the states of layers that fit on one another, the first on a picture of one channel."""
    said = [(getattr(layer, "channels", None), getattr(layer, "hidden", None)) for layer in layers]
    hidden = said[0][1] if said else None
    if hidden is None or said != [(1, hidden), *[(hidden, hidden)] * (len(said) - 1)]:
        raise ValueError(
            f"layers read and give {said} channels, expected one or more that fit: (1, n) and then (n, n), as "
            f"DiagonalBiLSTM(1, n) and DiagonalBiLSTM(n, n)"
        )
    return int(hidden)
