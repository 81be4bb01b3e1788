"""Laws of convolution and deconvolution: matrices and their transposes, pooling and its undoing, labels of pixels."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from complaints import complaint
from mutants import breaks, holds_no_mutant
from torch import Tensor, nn
from torch.testing import assert_close

from genlib.autoencoders import DeconvolutionNetwork, pool, unpool
from genlib.nn import conv_decoder, conv_encoder

B, C, SIDE = 3, 2, 8


def matrix_of(f: Callable[[Tensor], Tensor], shape: tuple[int, ...]) -> Tensor:
    """Returns the matrix of a linear map of tensors of this shape: a column for each unit tensor."""
    size = torch.Size(shape).numel()
    return f(torch.eye(size).view(size, *shape)).flatten(1).T


# Convolution's transpose


@holds_no_mutant("it is torch's own operation, whose faults stand in the law itself")
@pytest.mark.parametrize(
    ("size", "stride", "padding", "side"), [(3, 2, 0, 5), (3, 2, 1, 5), (4, 2, 1, 8), (2, 2, 0, 6), (5, 1, 2, 6)]
)
def test_a_transposed_convolution_is_the_transpose_of_the_matrix(
    size: int, stride: int, padding: int, side: int
) -> None:
    """Against a matrix written down entry by entry; the kernel turned round, or the inverse, is something else."""
    w = torch.randn(1, 1, size, size)
    out = (side + 2 * padding - size) // stride + 1
    A = torch.zeros(out, out, side, side)
    for i, j, a, b in product(range(out), range(out), range(size), range(size)):
        row, column = i * stride + a - padding, j * stride + b - padding
        if 0 <= row < side and 0 <= column < side:
            A[i, j, row, column] = w[0, 0, a, b]
    A = A.view(out**2, side**2)

    def up(kernel: Tensor) -> Tensor:
        # What is left over where the stride does not divide is added at the end.
        more = side - ((out - 1) * stride + size - 2 * padding)
        return matrix_of(
            lambda z: F.conv_transpose2d(z, kernel, stride=stride, padding=padding, output_padding=more), (1, out, out)
        )

    assert_close(matrix_of(lambda x: F.conv2d(x, w, stride=stride, padding=padding), (1, side, side)), A)
    assert_close(up(w), A.T)
    assert not torch.allclose(up(w.flip(2, 3)), A.T)
    assert not torch.allclose(up(w), torch.linalg.pinv(A))


@breaks("a decoder that mirrors other kernels", "nn._halvings", "4 - H % 2, 4 - W % 2", "4 - W % 2, 4 - H % 2",
        by=RuntimeError)  # fmt: skip
@breaks("a decoder of transposed sizes", "nn.conv_decoder", "ConvTranspose2d(size_out, size_in, kernel, stride=2",
        "ConvTranspose2d(size_out, size_in, kernel, stride=1", by=RuntimeError)  # fmt: skip
def test_the_decoder_with_the_encoders_kernels_is_its_transpose() -> None:
    encoder, decoder = (f((C, 7, 6), 3, latent=2, activation=torch.nn.Identity) for f in (conv_encoder, conv_decoder))
    down, up = encoder[0], decoder[-1]
    with torch.no_grad():
        up.weight.copy_(down.weight)
        down.bias.zero_()
        up.bias.zero_()
    A = matrix_of(down, (C, 7, 6))
    assert_close(matrix_of(up, (3, 4, 3)), A.T)


# Pooling and unpooling


def by_hand(x: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Returns the maxima, and `x` with everything else set to zero, by a loop over windows."""
    kept = torch.zeros_like(x)
    y = x.new_zeros(*x.shape[:2], x.shape[2] // size, x.shape[3] // size)
    for n, c, i, j in product(*map(range, y.shape)):
        window = x[n, c, i * size : (i + 1) * size, j * size : (j + 1) * size]
        a, b = divmod(int(window.argmax()), size)
        y[n, c, i, j] = window[a, b]
        kept[n, c, i * size + a, j * size + b] = window[a, b]
    return y, kept


@breaks("the mean for the maximum", "autoencoders.pool", "return y, switches", "return F.avg_pool2d(x, size), switches",
        given={"size": 2})  # fmt: skip
@breaks("values in all places", "autoencoders.unpool", "return F.max_unpool2d(y, switches, [size, size])",
        "return torch.kron(y, y.new_ones(size, size))", given={"size": 2})  # fmt: skip
@breaks("values in the corner", "autoencoders.unpool", "return F.max_unpool2d(y, switches, [size, size])",
        "return torch.kron(y, F.pad(y.new_ones(1, 1), [0, size - 1, 0, size - 1]))", given={"size": 2})  # fmt: skip
@pytest.mark.parametrize("size", [2, 4])
def test_unpool_after_pool_keeps_the_maxima_alone(size: int) -> None:
    """In their places, and zeros elsewhere: three quarters where windows are 2 by 2; pooling again changes nothing."""
    x = torch.randn(B, C, SIDE, SIDE).abs()
    y, switches = pool(x, size)
    expected, kept = by_hand(x, size)
    u = unpool(y, switches, size)
    assert_close(y, expected)
    assert_close(u, kept)
    assert (u == 0).double().mean() == 1 - 1 / size**2
    again, same = pool(u, size)
    assert_close(again, y)
    assert torch.equal(same, switches)


@holds_no_mutant("the same operations as above; what it says is that they are one linear map and its transpose")
def test_unpooling_is_the_transpose_of_picking_out() -> None:
    """At fixed switches pooling picks entries, a matrix of zeros and ones, and unpooling is its transpose."""
    x = torch.randn(1, C, 4, 4)
    _, switches = pool(x)
    up = matrix_of(lambda y: unpool(y, switches.expand(len(y), -1, -1, -1)), (C, 2, 2))
    pick = torch.func.jacrev(lambda x: pool(x)[0])(x).reshape(C * 4, C * 16)
    assert_close(up, pick.T)
    assert_close(pick @ up, torch.eye(C * 4))


@breaks("switches of anywhere", "autoencoders.unpool", "if not ((down // size == rows) & (across // size == columns))",
        "if not (down == down)")  # fmt: skip
@breaks(
    "switches of any shape",
    "autoencoders.unpool",
    ".shape != y.shape or switches.dtype != torch.int64",
    " is None",
    by=RuntimeError,
)
@breaks("windows that leave a rest", "autoencoders.deconvolution._covered", "x.shape[2] % size or", "False or")
def test_what_cannot_be_pooled_or_unpooled_is_refused_in_words() -> None:
    x = torch.randn(B, C, SIDE, SIDE)
    y, switches = pool(x)
    for call in (
        lambda: pool(x[:, :, 1:]),
        lambda: pool(x[:, :, :, 1:]),
        lambda: pool(x[0]),
        lambda: pool(x, 0),
        lambda: pool(x.numpy()),
        lambda: unpool(y, switches[:-1]),
        lambda: unpool(y, switches.double()),
        lambda: unpool(y, switches.flip(-1)),
        lambda: unpool(y, switches.flip(-2)),
        lambda: unpool(y[0], switches[0]),
        lambda: unpool(y, switches, 4),
        lambda: unpool(y, switches - 1),
    ):
        assert not complaint(call)


# The network


def network(unpooling: str = "switches") -> DeconvolutionNetwork:
    """Returns a small network whose activations have the size that training gives them."""
    model = DeconvolutionNetwork((3, 4), 5, unpooling, inputs=C)
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0
    model.log_prob_y(torch.randn(50, C, SIDE, SIDE))
    return model.eval()


@breaks("maps that are not switched", "autoencoders.DeconvolutionNetwork._climbed",
        "UNPOOLING[self.unpooling](", 'UNPOOLING["copies"](', given={"unpooling": "switches"})  # fmt: skip
@breaks("switches in the order down", "autoencoders.DeconvolutionNetwork._climbed", "reversed(kept)", "kept",
        given={"unpooling": "switches"}, by=ValueError)  # fmt: skip
@breaks("the corner at the lower right", "autoencoders.deconvolution._corner", "one[0, 0] = 1", "one[1, 1] = 1",
        given={"unpooling": "corner"})  # fmt: skip
@breaks("copies half as bright", "autoencoders.deconvolution._copies", "scale_factor=2)", "scale_factor=2) / 2",
        given={"unpooling": "copies"})  # fmt: skip
@breaks("the rungs of the way down", "autoencoders.DeconvolutionNetwork._climbed", "rungs.append(stage(spread[-1]))",
        "rungs.append(spread[-1])", given={"unpooling": "copies"}, by=RuntimeError)  # fmt: skip
@pytest.mark.parametrize("unpooling", ["switches", "corner", "copies"])
def test_the_network_is_its_layers_one_after_the_other(unpooling: str) -> None:
    model, x = network(unpooling), torch.randn(B, C, SIDE, SIDE)
    place = torch.tensor([[1.0, 0.0], [0.0, 0.0]]) if unpooling == "corner" else torch.ones(2, 2)

    def up(y: Tensor, x: Tensor) -> Tensor:
        """Puts `y` where `x` had its maxima, or where the kind of unpooling says."""
        spread = torch.kron(y, place)
        return spread * (x == torch.kron(F.max_pool2d(x, 2), place)) if unpooling == "switches" else spread

    with torch.no_grad():
        a = model.down[0](x)
        b = model.down[1](F.max_pool2d(a, 2))
        middle = model.middle(F.max_pool2d(b, 2))
        # Ties are between zeros of the ReLU: the first place then, as torch has it, which a tiny slope tells apart.
        slope = -1e-9 * torch.arange(SIDE**2).view(SIDE, SIDE)
        first = up(middle, b + slope[:4, :4])
        c = model.up[0](first)
        second = up(c, a + slope)
        d = model.up[1](second)
        assert_close(model.unpooled(x), (first, second))
        assert_close(model.ladder(x), (middle, c, d))
        logit = model.head(d)
        assert_close(model.log_prob_y(x), logit - logit.exp().sum(1, keepdim=True).log())
    assert [r.shape[-1] for r in model.ladder(x)] == [2, 4, 8]


@breaks(
    "classes along another axis", "autoencoders.DeconvolutionNetwork.log_prob_y", "log_softmax(1)", "log_softmax(2)"
)
def test_the_classes_of_a_pixel_sum_to_one() -> None:
    prob = network().log_prob_y(torch.randn(B, C, SIDE, SIDE)).exp()
    assert_close(prob.sum(1), torch.ones(B, SIDE, SIDE))


@breaks("rows and columns exchanged", "autoencoders.DeconvolutionNetwork.loss", "known)", "known.mT)")
def test_the_loss_is_the_mean_over_pixels() -> None:
    model, x = network(), torch.randn(B, C, SIDE, SIDE)
    y = torch.randint(5, (B, SIDE, SIDE))
    log_prob = model.log_prob_y(x)
    each = [log_prob[n, y[n, i, j], i, j] for n, i, j in product(range(B), range(SIDE), range(SIDE))]
    assert_close(model.loss(x, y), -torch.stack(each).mean())


@breaks("channels of any number", "autoencoders.DeconvolutionNetwork._fits", "shape[1] != self.inputs", "False")
@breaks("labels of pictures", "autoencoders.DeconvolutionNetwork.loss", ".shape != (len(x), *x.shape[2:])", " is None",
        by=RuntimeError)  # fmt: skip
@breaks("an unpooling of no name", "autoencoders.DeconvolutionNetwork.__init__", "unpooling not in UNPOOLING", "False")
def test_what_the_network_does_not_take_is_refused_in_words() -> None:
    model, x = network(), torch.randn(B, C, SIDE, SIDE)
    y = torch.zeros(B, SIDE, SIDE, dtype=torch.long)
    for call in (
        lambda: model.log_prob_y(x[:, :, :, 2:]),
        lambda: model.log_prob_y(x[:, :, 2:]),
        lambda: model.log_prob_y(x.flatten(1)),
        lambda: model.ladder(x[:, :1]),
        lambda: model.loss(x, y[:, 0, 0]),
        lambda: model.loss(x, y + 5),
        lambda: DeconvolutionNetwork((3, 4), 5, "crossfade"),
        lambda: DeconvolutionNetwork((), 5),
        lambda: DeconvolutionNetwork((3, 0), 5),
        lambda: DeconvolutionNetwork((3,), 1),
    ):
        assert not complaint(call)


@holds_no_mutant("sizes alone, held by the shapes of the network's law")
def test_the_three_unpoolings_have_equally_many_parameters() -> None:
    assert len({sum(p.numel() for p in network(kind).parameters()) for kind in ("switches", "corner", "copies")}) == 1
