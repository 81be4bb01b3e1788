"""Laws of recurrent networks over the plane, against sums over all pictures, loops over pixels and PyTorch's cells."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from exact import assert_law, drawn, states
from mutants import breaks
from torch import Tensor, nn
from torch.testing import assert_close

from genlib.autoregressive import DiagonalBiLSTM, DiagonalLSTM, PixelRNN, PlainRecurrence, RowLSTM
from genlib.autoregressive.pixelrnn import skewed, straight

Place = tuple[int, int]
KINDS: dict[str, Callable[[int, int], nn.Module]] = {
    "plain": PlainRecurrence,
    "LSTM": DiagonalLSTM,
    "row": RowLSTM,
    "both ways": DiagonalBiLSTM,
}
kinds = pytest.mark.parametrize("kind", KINDS)
HERE, PIXELRNN = "autoregressive.pixelrnn", "autoregressive.pixelrnn.PixelRNN"


def model(kind: str, shape: Place = (3, 3), depth: int = 1) -> PixelRNN:
    sizes = [1, *[2] * depth]
    net = drawn(lambda: PixelRNN(shape, [KINDS[kind](c, 2) for c in sizes[:depth]]))
    return net.requires_grad_(False)


@breaks("its own pixel", f"{PIXELRNN}._states", "(moved_right(picture), moved_down", "(picture, moved_down")
@breaks("the row itself for the one above", f"{HERE}.moved_down", "(0, 0, 1, -1)", "(0, 0, 0, 0)")
@breaks(
    "what is to the right is read in the same row",
    f"{HERE}.DiagonalBiLSTM.forward",
    "mirrored = above.flip(3)",
    "mirrored = F.pad(above, (0, 0, 0, 1))[:, :, 1:].flip(3)",
    given={"kind": "both ways"},
)
@breaks(
    "a mask that lets a pixel through",
    f"{HERE}.RowLSTM.forward",
    "F.pad(here, (1, 0))",
    "F.pad(here, (-1, 2))",
    given={"kind": "row"},
)
@breaks(
    "a second layer that reads to the right",
    f"{PIXELRNN}._states",
    "layer(h, moved_down(h))",
    "layer(h.flip(3), moved_down(h))",
    given={"kind": "plain", "depth": 2},
)
@pytest.mark.parametrize("depth", [1, 2])
@kinds
def test_probabilities_of_all_pictures_sum_to_one(kind: str, depth: int) -> None:
    assert abs(model(kind, depth=depth).log_prob(states(9)).exp().sum().item() - 1) < 1e-12


def before(place: Place, shape: Place) -> set[Place]:
    return {(i, j) for i in range(shape[0]) for j in range(shape[1]) if (i, j) < place}


def rectangle(place: Place, shape: Place) -> set[Place]:
    return {(i, j) for i, j in before(place, shape) if j <= place[1]}


def triangle(place: Place, shape: Place) -> set[Place]:
    """Two pixels to the left; in the row above from three on the left to one on the right, and so on upwards."""
    return {(i, j) for i, j in before(place, shape) if i - place[0] - 2 <= j - place[1] <= place[0] - i}


FIELDS = {"plain": rectangle, "LSTM": rectangle, "row": triangle, "both ways": before}


def fields(net: PixelRNN) -> dict[Place, set[Place]]:
    """Returns the pixels that change the log-odds at each place when they are flipped, one by one, in some picture."""
    d = net.features
    torch.manual_seed(2)
    found = torch.zeros(d, d, dtype=torch.bool)
    for x in torch.bernoulli(torch.full((3, d), 0.5)):
        odds = net.logit(torch.cat([(x + torch.eye(d)).remainder(2), x[None]]))
        found |= (odds[:-1] != odds[-1]).T
    place = [divmod(entry, net.shape[1]) for entry in range(d)]
    return {place[k]: {place[entry] for entry in row.nonzero().flatten().tolist()} for k, row in enumerate(found)}


@breaks("the upper neighbour is not asked", f"{HERE}.one_on", "(0, 0, 1, -1)", "(0, 0, 0, 0)", given={"kind": "plain"})
@breaks(
    "the pixel above is not read",
    f"{HERE}.PlainRecurrence.forward",
    "torch.cat([here, above], 1)",
    "torch.cat([here, 0 * above], 1)",
    given={"kind": "LSTM"},
)
@breaks(
    "nothing from the right",
    f"{HERE}.DiagonalBiLSTM.forward",
    "self.from_right(mirrored, mirrored).flip(3)",
    "0",
    given={"kind": "both ways"},
)
@breaks(
    "moved down twice: the end of the row above is missed",
    f"{HERE}.DiagonalBiLSTM.forward",
    "mirrored = above.flip(3)",
    "mirrored = moved_down(above).flip(3)",
    given={"kind": "both ways"},
)
@breaks(
    "a triangle that leans",
    f"{HERE}.RowLSTM.forward",
    "one_on(h.flip(1)).flip(1)",
    "h",
    given={"kind": "row"},
)
@breaks("a row without its memory", f"{HERE}.RowLSTM.forward", "self.carry(neighbours)", "0", given={"kind": "row"})
@kinds
def test_each_layer_reads_its_field_and_nothing_else(kind: str) -> None:
    """Two pictures, one higher than wide: an error in how rows are moved would show in one of them."""
    for shape in (5, 7), (6, 4):
        for place, read in fields(model(kind, shape)).items():
            assert read == FIELDS[kind](place, shape), place


@breaks("two layers that do not see the row above", f"{PIXELRNN}._states", "layer(h, moved_down(h))", "layer(h, 0 * h)")
def test_layers_on_one_another_add_up() -> None:
    """Written out: the second layer reads the states of the first, and adds to them."""
    net, x = model("both ways", (3, 4), depth=2), states(12)[::311]
    one, two = net.layers
    picture = x.view(-1, 1, 3, 4)
    left, above = torch.zeros(2, *picture.shape)
    left[..., 1:], above[..., 1:, :] = picture[..., :-1], picture[..., :-1, :]
    h = one(left, above)
    above = torch.cat([torch.zeros(len(x), 2, 1, 4), h[:, :, :-1]], 2)
    assert_close(net._states(x), h + two(h, above))
    assert fields(model("row", (4, 7), depth=2))[3, 3] > triangle((3, 3), (4, 7))


# The layers, pixel by pixel


def maps(channels: int, shape: Place) -> tuple[Tensor, Tensor]:
    torch.manual_seed(1)
    here, above = torch.randn(2, 3, channels, *shape)
    return here, above


@breaks("a cell that forgets", f"{HERE}.PlainRecurrence.step", "a.tanh()", "a.sigmoid()")
@breaks(
    "states beside the picture",
    f"{HERE}.PlainRecurrence.forward",
    "skewed(self.read(torch.cat([here, above], 1)))",
    "self.read(skewed(torch.cat([here, above], 1)))",
)
def test_the_plain_recurrence_is_one_over_neighbours() -> None:
    layer, (here, above) = drawn(lambda: PlainRecurrence(2, 3)), maps(2, (3, 4))
    A, B = layer.carry.weight.chunk(2, 1)
    U, h = layer.read.weight[..., 0, 0], {}
    zero = torch.zeros(3, 3)
    for i in range(3):
        for j in range(4):
            read = torch.cat([here[:, :, i, j], above[:, :, i, j]], 1) @ U.T + layer.read.bias
            h[i, j] = torch.tanh(read + h.get((i, j - 1), zero) @ A.T + h.get((i - 1, j), zero) @ B.T)
            assert_close(layer(here, above)[:, :, i, j], h[i, j])


def torch_cell(read: Tensor, bias: Tensor, carry: Tensor) -> nn.LSTMCell:
    """Returns PyTorch's cell with these weights, whose gates it keeps in another order."""
    cell = nn.LSTMCell(read.shape[1], carry.shape[1])
    swap = [0, 1, 3, 2]
    arranged = [torch.cat([w.chunk(4)[k] for k in swap]) for w in (read, carry, bias, torch.zeros_like(bias))]
    for parameter, value in zip(cell.parameters(), arranged, strict=True):
        parameter.data = value
    return cell.requires_grad_(False)


@breaks("a memory that only grows", f"{HERE}.lstm", "keep.sigmoid() * memory", "memory")
@breaks("gates that are swapped", f"{HERE}.lstm", "write, keep, show, value", "keep, write, show, value")
@breaks("a state that shows all", f"{HERE}.lstm", "show.sigmoid() * memory.tanh()", "memory.tanh()")
def test_diagonals_are_pytorchs_cells_pixel_by_pixel() -> None:
    """The state above is, to PyTorch's cell, one more thing to read; the memory comes from the left."""
    layer, (here, above) = drawn(lambda: DiagonalLSTM(2, 3)), maps(2, (3, 4))
    A, B = layer.carry.weight.chunk(2, 1)
    cell = torch_cell(torch.cat([layer.read.weight[..., 0, 0], B], 1), layer.read.bias, A)
    upper = [torch.zeros(3, 3)] * 4
    for i in range(3):
        h = memory = torch.zeros(3, 3)
        for j in range(4):
            read = torch.cat([here[:, :, i, j], above[:, :, i, j], upper[j]], 1)
            h, memory = cell(read, (h, memory))
            assert_close(layer(here, above)[:, :, i, j], h)
            upper[j] = h


@breaks("the memory of the row above is lost", f"{HERE}.RowLSTM.forward", "lstm(a + self.carry(neighbours), memory)",
        "lstm(a + self.carry(neighbours), 0 * memory)")  # fmt: skip
def test_rows_are_pytorchs_cells_pixel_by_pixel() -> None:
    """The cell reads a window of pixels and its three neighbours in the row above; its memory comes from above."""
    layer, (here, above) = drawn(lambda: RowLSTM(2, 3)), maps(2, (4, 5))
    weights = [*layer.read_here.weight[:, :, 0].unbind(2), *layer.read_above.weight[:, :, 0].unbind(2)]
    own = layer.carry.weight.chunk(3, 1)
    cell = torch_cell(torch.cat([*weights, own[0], own[2]], 1), layer.read_here.bias, own[1])
    zero, found = torch.zeros(3, 3), layer(here, above)
    here, above = F.pad(here, (1, 1)), F.pad(above, (1, 1))
    h, memory = [zero] * 7, [zero] * 7  # with one beside the picture on either side
    for i in range(4):
        new = [(zero, zero)] * 7
        for j in range(5):
            window = [here[:, :, i, j], here[:, :, i, j + 1], *above[:, :, i, j : j + 3].unbind(2)]
            new[j + 1] = cell(torch.cat([*window, h[j], h[j + 2]], 1), (h[j + 1], memory[j + 1]))
            assert_close(found[:, :, i, j], new[j + 1][0])
        h, memory = map(list, zip(*new, strict=True))


@breaks("rows of one length too few", f"{HERE}.skewed", "F.pad(x, (0, height))", "F.pad(x, (height, 0))")
def test_skewing_puts_diagonals_into_columns() -> None:
    for height, width in (3, 5), (5, 3), (1, 4), (4, 1):
        x = torch.randn(2, 2, height, width)
        moved = skewed(x)
        for i in range(height):
            assert torch.equal(moved[:, :, i, i : i + width], x[:, :, i])
        assert moved.abs().sum() == pytest.approx(x.abs().sum().item())
        assert torch.equal(straight(moved, width), x)


# Samples


@breaks("statistics of the batch", f"{PIXELRNN}._states", "x.view(-1, 1, *self.shape)",
        "(x - x.mean(0)).view(-1, 1, *self.shape)", given={"kind": "plain"})  # fmt: skip
@kinds
def test_an_example_does_not_see_its_batch(kind: str) -> None:
    net, x = model(kind, depth=2), states(9)[::73]
    alone = torch.cat([net.log_prob(one[None]) for one in x])
    assert (net.log_prob(x) - alone).abs().max() < 1e-12


@breaks("columns of other pixels", f"{PIXELRNN}.log_odds", ".flatten(2)", ".flatten(2).flip(2)")
@kinds
def test_samples_follow_the_density_and_can_be_replayed(kind: str) -> None:
    net = model(kind)
    torch.manual_seed(1)
    u = torch.rand(4_000, 9)
    x = net.sample(len(u), u=u)
    assert torch.equal((u < net.logit(x).sigmoid()).to(x), x)
    assert_law(x, net.log_prob(states(9)).exp())


def test_errors_state_got_and_expected() -> None:
    for layers in [], [RowLSTM(2, 4)], [RowLSTM(1, 4), RowLSTM(4, 5)], [nn.Conv2d(1, 4, 3)]:
        with pytest.raises(ValueError, match="expected one or more that fit"):
            PixelRNN((3, 3), layers)
    with pytest.raises(ValueError, match="width is 0"):
        PixelRNN((3, 0), [RowLSTM(1, 4)])
    for kind in KINDS.values():
        with pytest.raises(ValueError, match="hidden is 0"):
            kind(1, 0)
