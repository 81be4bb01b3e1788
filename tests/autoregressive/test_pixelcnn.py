"""Laws of the PixelCNNs, on nine pixels, against sums over all images; their reach; sampling from kept maps."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

import pytest
import torch
from exact import assert_law, drawn, states
from mutants import breaks
from torch import Tensor
from torch.testing import assert_close

from genlib.autoregressive import (
    Autoregressive,
    GatedPixelCNN,
    LevelPixelCNN,
    Logistics,
    MaskedConv2d,
    PixelCNN,
    Softmax,
)

D = 9
KINDS: dict[str, Callable[[], Autoregressive]] = {
    "PixelCNN": lambda: PixelCNN((3, 3), 6, 2, first=5),
    "GatedPixelCNN": lambda: GatedPixelCNN((3, 3), 5, 3, first=5),
    "wide GatedPixelCNN": lambda: GatedPixelCNN((3, 3), 4, 3, kernel=5, dilations=(1, 2)),
}
kinds = pytest.mark.parametrize("kind", KINDS)


def rough(build: Callable[[], Autoregressive], seed: int = 0, scale: float = 0.6) -> Autoregressive:
    """Returns a model with parameters from a normal distribution, narrow enough that no gate is shut."""
    model = drawn(build, seed)
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(scale)
    return model


def reads(model: Autoregressive, x: Tensor) -> Tensor:
    """Returns whether the odds of pixel d (row) change when pixel e (column) of image `x` `(D,)` flips, `(D, D)`."""
    flipped = (x + torch.eye(len(x))) % 2
    with torch.no_grad():
        # A batch each: in one batch a leak between its examples would pass for a change.
        return torch.stack([(model.logit(y[None]) != model.logit(x[None]))[0] for y in flipped], 1)


# The density


@breaks(
    "a first convolution that reads the pixel itself",
    "autoregressive.pixelcnn.PixelCNN.__init__",
    'MaskedConv2d("A"',
    'MaskedConv2d("B"',
    given={"kind": "PixelCNN"},
)
@breaks(
    "a mask that lets the row below through",
    "autoregressive.pixelcnn.MaskedConv2d.__init__",
    "middle + 1 :]",
    "middle + 2 :]",
    given={"kind": "PixelCNN"},
)
@breaks(
    "weights that are not masked",
    "autoregressive.pixelcnn.MaskedConv2d.forward",
    "self.weight * self.mask",
    "self.weight",
    given={"kind": "PixelCNN"},
)
@breaks(
    "a vertical stack that reads its own row",
    "autoregressive.gated.GatedLayer.forward",
    "self.above + late, -late",
    "self.above, 0",
    given={"kind": "GatedPixelCNN"},
)
@breaks(
    "a horizontal stack that reads the pixel itself",
    "autoregressive.gated.GatedLayer.forward",
    "self.back + late, -late",
    "self.back, 0",
    given={"kind": "wide GatedPixelCNN"},
)
@breaks(
    "a horizontal stack that feeds the vertical one",
    "autoregressive.gated.TwoStacks.forward",
    "layer(v, h, self.extra(i, y))",
    "layer(v + h, h, self.extra(i, y))",
    given={"kind": "GatedPixelCNN"},
)
@breaks(
    "an image whose own mean is taken off",
    "autoregressive.gated.GatedPixelCNN.log_odds",
    "x.reshape(",
    "(x - x.mean(1, keepdim=True)).reshape(",
    given={"kind": "GatedPixelCNN"},
)
@kinds
def test_probabilities_of_all_images_sum_to_one(kind: str) -> None:
    with torch.no_grad():
        assert abs(rough(KINDS[kind]).log_prob(states(D)).exp().sum().item() - 1) < 1e-12


@breaks(
    "statistics over the batch",
    "autoregressive.pixelcnn.PixelCNN.log_odds",
    "x.reshape(",
    "(x - x.mean(0)).reshape(",
    given={"kind": "PixelCNN"},
)
@breaks(
    "statistics over the batch",
    "autoregressive.gated.GatedPixelCNN.log_odds",
    "x.reshape(",
    "(x - x.mean(0)).reshape(",
    given={"kind": "GatedPixelCNN"},
)
@kinds
def test_an_image_has_its_probability_in_any_company(kind: str) -> None:
    """The sum over all images does not see this fault, if it is taken over one batch: each must be asked alone."""
    model, x = rough(KINDS[kind]), states(D)[[0, 137, 273, 511, 86]]
    with torch.no_grad():
        alone = torch.cat([model.log_prob(one[None]) for one in x])
        assert (alone - model.log_prob(x)).abs().max() < 1e-12


@breaks(
    "mask A in every layer of the two stacks",
    "autoregressive.gated.TwoStacks.__init__",
    "dilation=step, dropout",
    "dilation=step, strict=True, dropout",
    given={"kind": "GatedPixelCNN"},
)
@breaks(
    "nothing comes over from the vertical stack",
    "autoregressive.gated.GatedLayer.forward",
    "self.link(a), extra",
    "0 * self.link(a), extra",
    given={"kind": "GatedPixelCNN"},
)
@breaks(
    "half a kernel",
    "autoregressive.pixelcnn.MaskedConv2d.__init__",
    "mask[:, :, middle + 1 :]",
    "mask[:, :, middle :]",
    given={"kind": "PixelCNN"},
)
@kinds
def test_each_pixel_reads_all_before_it_and_nothing_else(kind: str) -> None:
    """On images this small not even the PixelCNN has a blind spot."""
    model = rough(KINDS[kind])
    changed = torch.stack([reads(model, x) for x in states(D)[[0, 137, 273, 511]]]).any(0)
    assert torch.equal(changed, torch.ones(D, D).tril(-1).bool())


@breaks("mask A twice", "autoregressive.pixelcnn.MaskedConv2d.__init__", '(kind == "B")', "0")
@breaks("mask B twice", "autoregressive.pixelcnn.MaskedConv2d.__init__", '(kind == "B")', "1")
@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_masks_by_what_a_convolution_reads(kernel: int) -> None:
    """Mask A twice is a density still, and shortcuts hide what it does not see: each mask is looked at by itself."""
    row, column = torch.arange(49) // 7, torch.arange(49) % 7
    near = torch.maximum((row[:, None] - row).abs(), (column[:, None] - column).abs()) <= kernel // 2
    for kind, diagonal in (("A", -1), ("B", 0)):
        conv = drawn(lambda kind=kind: MaskedConv2d(kind, 1, 1, kernel))
        with torch.no_grad():
            lit = conv(torch.eye(49).view(49, 1, 7, 7)).flatten(1) - conv.bias
        assert torch.equal(lit.T != 0, torch.ones(49, 49).tril(diagonal).bool() & near)


@breaks(
    "rows above read to the left alone",
    "autoregressive.gated.GatedLayer.forward",
    "self.side, self.side,",
    "2 * self.side, 0,",
)
def test_the_blind_spot_and_its_cure() -> None:
    """Of 81 pixels, what the one at row 6 and column 4 reads: with 3 x 3 kernels, a step right for each step up."""
    torch.manual_seed(5)
    x = torch.bernoulli(torch.full((81,), 0.5))
    row, column = torch.arange(81) // 9, torch.arange(81) % 9
    before = torch.arange(81) < 6 * 9 + 4
    masked = reads(rough(lambda: PixelCNN((9, 9), 8, 8, first=3)), x)[6 * 9 + 4]
    assert torch.equal(masked, before & (column - 4 <= 6 - row))
    gated = reads(rough(lambda: GatedPixelCNN((9, 9), 8, 8, first=3)), x)[6 * 9 + 4]
    assert torch.equal(gated, before)


@breaks("a gate that adds", "autoregressive.gated.gate", "f.tanh() * g.sigmoid()", "f.tanh() + g.sigmoid()")
@breaks("no shortcut", "autoregressive.gated.GatedLayer.joined", "h + new", "new")
@breaks(
    "the shortcut in the first layer", "autoregressive.gated.GatedLayer.joined", "if self.strict", "if not self.strict"
)
@breaks("a kernel without its holes", "autoregressive.gated.TwoStacks.__init__", "dilations[i % len(dilations)]", "1")
@breaks("the place unknown", "autoregressive.gated.TwoStacks.extra", "self.place if i == 0", "0 * self.place if i == 0")
def test_two_stacks_written_out_pixel_by_pixel() -> None:
    """Sums over pixels in the place of convolutions, from the weights."""
    model = rough(lambda: GatedPixelCNN((4, 5), 3, 2, first=5, dilations=(7, 2)))
    net, x = model.net, torch.bernoulli(torch.full((4, 5), 0.5))

    def at(maps: Tensor, r: int, c: int) -> Tensor:
        inside = 0 <= r < 4 and 0 <= c < 5
        return maps[:, r, c] if inside else torch.zeros(len(maps))

    def gated(a: Tensor) -> Tensor:
        return a[:3].tanh() * a[3:].sigmoid()

    v = h = x[None]
    for i, (layer, rows, columns, left) in enumerate(
        zip(net.stack, ([-2, -1], [-2, 0]), ([-2, -1, 0, 1, 2], [-2, 0, 2]), ([-2, -1], [-2, 0]), strict=True)
    ):
        new_v, new_h = torch.zeros(3, 4, 5), torch.zeros(3, 4, 5)
        for r, c in product(range(4), range(5)):
            W, U = layer.vertical.weight, layer.horizontal.weight
            a = layer.vertical.bias + sum(
                W[:, :, j, k] @ at(v, r + dr, c + dc) for j, dr in enumerate(rows) for k, dc in enumerate(columns)
            )
            b = layer.horizontal.bias + sum(U[:, :, 0, k] @ at(h, r, c + dc) for k, dc in enumerate(left))
            b = b + layer.link.bias + layer.link.weight[:, :, 0, 0] @ a
            if i == 0:
                b = b + net.place[:, r, c]
            new = layer.out.bias + layer.out.weight[:, :, 0, 0] @ gated(b)
            new_v[:, r, c], new_h[:, r, c] = gated(a), new if i == 0 else new + h[:, r, c]
        v, h = new_v, new_h
    assert_close(net(x[None, None])[0], h)


@breaks("dropout that stays on", "autoregressive.gated.GatedLayer.joined", "self.training", "True")
def test_dropout_is_for_training_alone() -> None:
    model, x = rough(lambda: GatedPixelCNN((3, 3), 4, 2, dropout=0.5)), states(D)[:8]
    assert not torch.equal(model.train().log_prob(x), model.log_prob(x))
    assert torch.equal(model.eval().log_prob(x), model.log_prob(x))


# Sampling


@breaks(
    "ones where there should be zeros",
    "autoregressive.gated.GatedPixelCNN._drawn",
    "c, None] < self",
    "c, None] > self",
    given={"kind": "GatedPixelCNN"},
)
@kinds
def test_samples_follow_the_density(kind: str) -> None:
    model = rough(KINDS[kind])
    torch.manual_seed(1)
    with torch.no_grad():
        assert_law(model.sample(4_000), model.log_prob(states(D)).exp())


@breaks(
    "rows that are given are not read",
    "autoregressive.gated.TwoStacks.fill",
    "                cache.put(c, x[:, :, r, c])",
    "                    cache.put(c, x[:, :, r, c])",
)
@breaks("a pixel too many is kept", "autoregressive.gated.TwoStacks.fill", "c >= given", "c > given")
@breaks(
    "the last given row is skipped", "autoregressive.gated.TwoStacks.fill", "* width > given", "* width > given + 4"
)
@breaks(
    "a pixel written in its neighbour's place",
    "autoregressive.gated._Cache.put",
    "c + first.back + 1]",
    "c + first.back]",
)
@breaks(
    "the place of another pixel",
    "autoregressive.gated._Cache.features",
    "self.row : self.row + 1, c : c + 1]",
    "self.row : self.row + 1, 0:1]",
)
@breaks(
    "a row of the vertical stack that is not kept",
    "autoregressive.gated._Cache.begin",
    "= gate(a)[:, :, 0]",
    "= 0 * gate(a)[:, :, 0]",
)
@breaks(
    "maps of the horizontal stack that are not kept",
    "autoregressive.gated._Cache.features",
    "= h[:, :, :, 0]",
    "= 0 * h[:, :, :, 0]",
)
@pytest.mark.parametrize("classes", [0, 3])
def test_keeping_what_was_computed_draws_what_whole_passes_draw(classes: int) -> None:
    """Equal uniform numbers give equal images, from any start, with labels and without."""
    model = rough(lambda: GatedPixelCNN((5, 6), 4, 4, first=5, dilations=(1, 1, 2), classes=classes))
    torch.manual_seed(1)
    x, u = torch.bernoulli(torch.full((20, 30), 0.5)), torch.rand(20, 30)
    y = torch.arange(20) % 3 if classes else None
    for given in (0, 4, 6, 15, 30):
        slow = x.clone()
        slow[:, given:] = 0
        with torch.no_grad():
            for d in range(given, 30):
                slow[:, d] = (u[:, d] < model.logit(slow, y)[:, d].sigmoid()).to(x)
        assert torch.equal(model.complete(x, given, y, u=u), slow)
        assert torch.equal(x[:, :given], slow[:, :given])


# Labels


@breaks(
    "labels that are not told", "autoregressive.gated.TwoStacks.extra", "where + self.label", "where + 0 * self.label"
)
@breaks("a sum for an average", "autoregressive.gated.GatedPixelCNN.log_joint", " - math.log(self.classes)", "")
@breaks(
    "the first label's density",
    "autoregressive.gated.GatedPixelCNN.log_prob",
    "self.log_joint(x).logsumexp(1)",
    "self.log_joint(x)[:, 0]",
)
def test_a_model_of_labelled_images_averages_over_labels() -> None:
    model, x = rough(lambda: GatedPixelCNN((3, 3), 4, 2, classes=3)), states(D)
    with torch.no_grad():
        each = torch.stack([model.log_prob(x, torch.full((512,), k)).exp() for k in range(3)], 1)
        assert (each.sum(0) - 1).abs().max() < 1e-12
        assert (each[:, 0] - each[:, 1]).abs().max() > 1e-3
        assert_close(model.log_prob(x).exp(), each.mean(1))
        assert_close(model.log_joint(x).exp(), each / 3)
        torch.manual_seed(1)
        assert_law(model.sample(4_000), each.mean(1))
        assert_law(model.sample(4_000, torch.full((4_000,), 2)), each[:, 2])


@breaks(
    "labels drawn from the first alone",
    "autoregressive.gated.GatedPixelCNN.sample",
    "torch.randint(self.classes",
    "torch.randint(1",
)
def test_labels_are_drawn_where_none_are_told() -> None:
    """Label k draws nothing but zeros for k = 0, and nothing but ones for k = 1."""
    model = GatedPixelCNN((2, 2), 2, 1, classes=2)
    with torch.no_grad():
        for p in model.parameters():
            p.zero_()
        model.net.label[1] = 9.0
        model.net.stack[0].out.weight.fill_(9.0)
        model.head[1].weight.fill_(9.0)
        model.head[3].weight.fill_(9.0)
        model.head[3].bias.fill_(-40.0)
    torch.manual_seed(0)
    assert 0.4 < model.sample(1000)[:, 0].mean().item() < 0.6


# Levels and colours

OUTPUTS = {"softmax": lambda: Softmax(3), "logistics": lambda: Logistics(3, 2)}


def palette(colours: int, height: int, width: int, levels: int = 3) -> Tensor:
    """Returns all images there are, `(levels ** D, colours, H, W)`."""
    every = torch.tensor(list(product(range(levels), repeat=colours * height * width)), dtype=torch.float64)
    return (every / (levels - 1)).view(-1, colours, height, width)


def painter(output: str, shape: tuple[int, int, int], classes: int = 0) -> LevelPixelCNN:
    return rough(lambda: LevelPixelCNN(shape, OUTPUTS[output](), 4, 2, first=3, classes=classes))


@breaks(
    "green that reads itself",
    "autoregressive.levels.LevelPixelCNN.outputs",
    "x[:, :c]",
    "x.roll(-1, 1)[:, :c]",
    given={"shape": (3, 1, 2), "output": "softmax"},
)
@breaks(
    "a level too many",
    "autoregressive.outputs.Logistics.log_prob",
    "self.levels - 1, F.logsigmoid(-lower)",
    "self.levels, F.logsigmoid(-lower)",
    given={"shape": (1, 2, 2), "output": "logistics"},
)
@breaks(
    "the lowest level without what lies below",
    "autoregressive.outputs.Logistics.log_prob",
    "[..., None] == 0",
    "[..., None] == -1",
    given={"shape": (1, 2, 2), "output": "logistics"},
)
@breaks(
    "weights that do not sum to one",
    "autoregressive.outputs.Logistics.log_prob",
    "weight.log_softmax(-1)",
    "weight",
    given={"shape": (1, 2, 2), "output": "logistics"},
)
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("shape", [(1, 2, 2), (3, 1, 2)])
def test_probabilities_of_all_coloured_images_sum_to_one(shape: tuple[int, int, int], output: str) -> None:
    with torch.no_grad():
        assert abs(painter(output, shape).log_prob(palette(*shape)).exp().sum().item() - 1) < 1e-12


@breaks("colours that do not see each other", "autoregressive.levels.LevelPixelCNN.outputs", "x[:, :c]", "0 * x[:, :c]")
def test_red_then_green_then_blue() -> None:
    """Which output reads which channel of which pixel: all pixels before, and in its own pixel what was drawn."""
    model = painter("softmax", (3, 2, 2))
    torch.manual_seed(0)
    x = torch.randint(3, (3, 2, 2)) / 2
    when = lambda c, d: 3 * d + c  # noqa: E731
    for c, d in product(range(3), range(4)):
        other = x.clone()
        other[c, d // 2, d % 2] = (x[c, d // 2, d % 2] + 0.5) % 1.5
        with torch.no_grad():
            moved = (model.outputs(other[None]) != model.outputs(x[None])).any(-1)[0].flatten(1)
        expected = torch.tensor([[when(k, e) > when(c, d) for e in range(4)] for k in range(3)])
        assert torch.equal(moved, expected)


@breaks(
    "green from what red was before",
    "autoregressive.levels.LevelPixelCNN.complete",
    "new[:, None, None, None]",
    "0 * new[:, None, None, None]",
)
@breaks(
    "one uniform number for three channels",
    "autoregressive.levels.LevelPixelCNN.complete",
    "uniform[:, colour, r, c]",
    "uniform[:, 0, r, c]",
)
@breaks("levels counted from one", "autoregressive.outputs.draw_level", "u[..., None] >=", "u[..., None] * 0 + 0.5 >=")
@pytest.mark.parametrize("classes", [0, 2])
def test_coloured_images_are_drawn_as_whole_passes_draw_them(classes: int) -> None:
    """Channel after channel of pixel after pixel: the level at which cumulated probabilities pass u."""
    model = painter("logistics", (3, 3, 2), classes)
    torch.manual_seed(1)
    x, u = torch.randint(3, (10, 3, 3, 2)) / 2, torch.rand(10, 3, 3, 2)
    y = torch.arange(10) % 2 if classes else None
    for given in (0, 2, 3, 6):
        slow = x.clone()
        slow.flatten(2)[:, :, given:] = 0
        for d, c in product(range(given, 6), range(3)):
            with torch.no_grad():
                p = model.output.log_probs(model.outputs(slow, y)).exp()[:, c].flatten(1, 2)[:, d]
            passed = p.cumsum(1) > u[:, c].flatten(1)[:, d, None]
            slow[:, c].flatten(1)[:, d] = passed.double().argmax(1) / 2
        assert torch.equal(model.complete(x, given, y, u=u), slow)


@breaks("intervals of twice their width", "autoregressive.outputs.Logistics.log_prob", "half = 1 /", "half = 2 /")
@breaks(
    "a scale in the place of its inverse", "autoregressive.outputs.Logistics.log_prob", ".exp()\n", ".neg().exp()\n"
)
def test_a_level_has_the_mass_of_its_interval() -> None:
    """The logistic density integrated numerically, in the place of a difference of its distribution functions."""
    output = Logistics(5, 2)
    torch.manual_seed(0)
    a = 0.5 * torch.randn(6)
    weight, mean, scale = a[:2].softmax(0), a[2:4] + torch.tensor([-1 / 3, 1 / 3]), (a[4:] - 1).exp()
    z = torch.linspace(-60, 60, 2_400_001)
    e = (-((z[:, None] - mean) / scale).abs()).exp()
    density = (weight * e / (scale * (1 + e) ** 2)).sum(1)
    level = ((z + 1) * 2).round().clamp(0, 4).long()
    mass = torch.zeros(5).index_add(0, level, density) * (z[1] - z[0])
    assert_close(output.log_probs(a).exp(), mass, atol=1e-4, rtol=0)
    assert abs(output.log_probs(a).exp().sum().item() - 1) < 1e-12


@breaks("a sigmoid that is 0", "autoregressive.outputs.Logistics.log_prob", "== 0, F.logsigmoid(upper)",
        "== 0, torch.sigmoid(upper).log()")  # fmt: skip
def test_a_narrow_logistic_far_away_still_has_a_logarithm() -> None:
    """A difference of distribution functions would be 0 here, and its logarithm minus infinity."""
    a = torch.tensor([0.0, 3.0, -9.0], dtype=torch.float32).requires_grad_()
    lowest = Logistics(256, 1).log_prob(a, torch.tensor(0))
    lowest.backward()
    assert math.isfinite(lowest.item())
    assert lowest.item() < -1000
    assert a.grad.isfinite().all()


def test_errors_state_got_and_expected() -> None:
    gated = GatedPixelCNN((2, 2), 2, 1)
    with pytest.raises(ValueError, match="kernel is 2 and first is 7, expected odd"):
        GatedPixelCNN((2, 2), 2, 1, kernel=2)
    with pytest.raises(ValueError, match=r"dilations are \(0,\)"):
        GatedPixelCNN((2, 2), 2, 1, dilations=(0,))
    with pytest.raises(ValueError, match="dropout is 1"):
        GatedPixelCNN((2, 2), 2, 1, dropout=1.0)
    with pytest.raises(ValueError, match="y was passed, this GatedPixelCNN has no classes"):
        gated.log_prob(torch.zeros(2, 4), torch.zeros(2, dtype=torch.long))
    with pytest.raises(ValueError, match="y is None, this GatedPixelCNN has 3 classes"):
        GatedPixelCNN((2, 2), 2, 1, classes=3).complete(torch.zeros(2, 4), 1)
    with pytest.raises(ValueError, match="at most the 4 features"):
        gated.complete(torch.zeros(2, 4), 5)
    with pytest.raises(ValueError, match="kind is 'C'"):
        MaskedConv2d("C", 1, 1, 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="kernel is 2, expected an odd"):
        MaskedConv2d("A", 1, 1, 2)
    painted = LevelPixelCNN((1, 2, 2), Softmax(3), 2, 1)
    with pytest.raises(ValueError, match="between the 3 levels"):
        painted.log_prob(torch.full((2, 1, 2, 2), 0.3))
    with pytest.raises(ValueError, match=r"x has shape \(2, 1, 2, 3\)"):
        painted.log_prob(torch.zeros(2, 1, 2, 3))
    with pytest.raises(ValueError, match="at most the 4 pixels"):
        painted.complete(torch.zeros(2, 1, 2, 2), 5)
