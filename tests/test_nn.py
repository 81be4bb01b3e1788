"""Laws of the networks: what an mlp computes, and which distribution a network's output stands for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from mutants import breaks
from torch import Tensor
from torch.testing import assert_close

from genlib.nn import Bernoulli, Conditional, Gaussian, Residual, conv_decoder, conv_encoder, mlp


class Echo(torch.nn.Module):
    """A network that returns its input, so that the input is the distribution's parameter."""

    def forward(self, x: Tensor) -> Tensor:
        return x


@breaks("linear throughout", "nn.mlp", "activation()]", "nn.Identity()]")
def test_mlp_is_linear_layers_with_activations_between() -> None:
    net, x = mlp(3, 5, 4, 2), torch.randn(7, 3)
    W1, b1, W2, b2, W3, b3 = net.parameters()
    f = lambda a: torch.where(a > 0, a, a.exp() - 1)  # noqa: E731
    assert_close(net(x), f(f(x @ W1.T + b1) @ W2.T + b2) @ W3.T + b3)


@breaks("an activation after the last layer", "nn.mlp", "layers[:-1]", "layers")
def test_mlp_takes_any_activation_and_may_have_no_hidden_layer() -> None:
    net = mlp(3, 5, 2, activation=torch.nn.Tanh)
    assert [type(layer) for layer in net] == [torch.nn.Linear, torch.nn.Tanh, torch.nn.Linear]
    assert [type(layer) for layer in mlp(3, 2)] == [torch.nn.Linear]


@breaks(
    "sizes that are halved downwards",
    "nn._halvings",
    "(H + 1) // 2, (W + 1) // 2",
    "H // 2, W // 2",
    given={"shape": (2, 7, 6), "channels": (3,)},
    by=RuntimeError,
)
@breaks(
    "one kernel for even and odd sizes",
    "nn._halvings",
    "(4 - H % 2, 4 - W % 2)",
    "(4, 4)",
    given={"shape": (2, 7, 6), "channels": (3,)},
    by=RuntimeError,
)
@breaks(
    "layers of a decoder in the encoder's order",
    "nn.conv_decoder",
    "reversed(steps)",
    "steps",
    given={"shape": (1, 8, 8), "channels": (6, 5, 4)},
    by=RuntimeError,
)
@pytest.mark.parametrize(("shape", "channels"), [((1, 8, 8), (6, 5, 4)), ((2, 7, 6), (3,)), ((1, 9, 3), (2, 2, 2, 2))])
def test_convolutions_halve_and_their_mirror_image_doubles(shape: tuple[int, int, int], channels: tuple[int]) -> None:
    encoder, decoder = (build(shape, *channels, latent=4) for build in (conv_encoder, conv_decoder))
    sizes = [list(shape)]
    x, z = torch.randn(5, *shape), torch.randn(5, 4)
    for layer in encoder:
        x = layer(x)
        if isinstance(layer, torch.nn.Conv2d):
            sizes.append(list(x.shape[1:]))
    assert sizes[1:] == [[c, *(math.ceil(n / 2 ** (i + 1)) for n in shape[1:])] for i, c in enumerate(channels)]
    for layer in decoder:
        z = layer(z)
        if not isinstance(layer, torch.nn.Linear | torch.nn.ELU):
            assert list(z.shape[1:]) == sizes.pop()
    assert (x.shape, z.shape, sizes) == ((5, 4), (5, *shape), [])


@breaks(
    "a mirror image of other padding", "nn.conv_decoder", "stride=2, padding=1", "stride=2", given={"shape": (2, 7, 6)}
)
@breaks(
    "kernels turned over the diagonal",
    "nn._halvings",
    "(4 - H % 2, 4 - W % 2)",
    "(4 - W % 2, 4 - H % 2)",
    given={"shape": (2, 7, 6)},
)
@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 7, 6), (1, 5, 5)])
def test_transposed_convolution_is_the_transposed_matrix(shape: tuple[int, int, int]) -> None:
    """Column by column: what each layer makes of pictures with a single 1."""
    down, up = conv_encoder(shape, 3, latent=4)[0], conv_decoder(shape, 3, latent=4)[-1]
    up.load_state_dict({"weight": down.weight.detach(), "bias": torch.zeros(shape[0])})
    inner = down(torch.zeros(1, *shape)).shape[1:]
    matrix = torch.stack([down(x[None]) - down(0 * x[None]) for x in ones(shape)]).flatten(1)
    transposed = torch.stack([up(y[None]) for y in ones(tuple(inner))]).flatten(1)
    assert_close(matrix, transposed.T)


def ones(shape: tuple[int, ...]) -> Tensor:
    return torch.eye(math.prod(shape)).reshape(-1, *shape)


@breaks(
    "an activation after the last pixel",
    "nn.conv_decoder",
    "return nn.Sequential(*layers)",
    "return nn.Sequential(*layers, activation())",
)
def test_convolutions_have_the_activation_between_layers_alone() -> None:
    kinds = [[type(layer).__name__ for layer in build((1, 8, 8), 4, 4, latent=2, activation=torch.nn.Tanh)]
             for build in (conv_encoder, conv_decoder)]  # fmt: skip
    assert kinds[0] == ["Conv2d", "Tanh", "Conv2d", "Tanh", "Flatten", "Linear"]
    assert kinds[1] == ["Linear", "Unflatten", "Tanh", "ConvTranspose2d", "Tanh", "ConvTranspose2d"]


@breaks("log sigma taken for sigma", "nn.Gaussian.forward", "log_sigma.exp()", "log_sigma")
@breaks(
    "log sigma taken for the log of the variance", "nn.Gaussian.forward", "log_sigma.exp()", "(log_sigma / 2).exp()"
)
def test_gaussian_reads_mean_and_log_of_sigma() -> None:
    mu, log_sigma = torch.randn(6, 3), torch.rand(6, 3) + 0.2
    x = torch.randn(6, 3)
    q = Gaussian(Echo())(torch.cat([mu, log_sigma], 1))
    assert_close(q.mean, mu)
    assert_close(q.stddev, log_sigma.exp())
    sigma = log_sigma.exp()
    terms = -((x - mu) ** 2) / (2 * sigma**2) - log_sigma - math.log(2 * math.pi) / 2
    assert_close(q.log_prob(x), terms.sum(1))


@breaks("halves along the last axis", "nn.Gaussian.forward", "dim=1", "dim=-1", given={"shape": (5, 6)})
@breaks("the last axis alone an event", "nn._independent", "len(each.batch_shape) - 1", "1", given={"shape": (5, 6)})
@pytest.mark.parametrize("shape", [(3,), (2, 4, 3), (5, 6)])
def test_an_event_is_all_that_lies_behind_the_batch(shape: tuple[int, ...]) -> None:
    """Channels of an image are halved as entries of a vector are, and its log-probability is a sum over all pixels."""
    mu, log_sigma, x = torch.randn(7, *shape), torch.rand(7, *shape), torch.rand(7, *shape)
    q, p = Gaussian(Echo())(torch.cat([mu, log_sigma], 1)), Bernoulli(Echo())(mu)
    assert_close(q.mean, mu)
    assert_close(q.stddev, log_sigma.exp())
    assert q.event_shape == p.event_shape == shape
    each = -(((x - mu) / log_sigma.exp()) ** 2) / 2 - log_sigma - math.log(2 * math.pi) / 2
    assert_close(q.log_prob(x), each.reshape(7, -1).sum(1))
    on = torch.sigmoid(mu)
    assert_close(p.log_prob(x), (x * on.log() + (1 - x) * (1 - on).log()).reshape(7, -1).sum(1))
    assert q.rsample((2,)).shape == p.sample((2,)).shape == (2, 7, *shape)


@breaks("the change alone", "nn.Residual.forward", "return x + change", "return change")
@breaks("a change of the change", "nn.Residual.forward", "x + change", "x + applied(self.net, change)")
def test_a_residual_adds_and_passes_gradients_both_ways() -> None:
    net, x = mlp(3, 5, 3), torch.randn(7, 3, requires_grad=True)
    y = Residual(net)(x)
    assert_close(y, x + net(x))
    (slope,) = torch.autograd.grad(y.sum(), x)
    (through,) = torch.autograd.grad(net(x).sum(), x)
    assert_close(slope, 1 + through)
    image = torch.randn(2, 3, 4, 5)
    assert_close(Residual(Echo())(image), 2 * image)


@breaks("the condition in front", "nn.Conditional.forward", "[x, planes]", "[planes, x]")
@breaks("labels one off", "nn.Conditional._rows", "F.one_hot(y.long()", "F.one_hot((y.long() + 1) % self.size")
@breaks("every picture under the first condition", "nn.Conditional._rows", "return F.one_hot(y.long()",
        "return F.one_hot(y[0].long().expand(len(y))")  # fmt: skip
def test_a_condition_is_further_entries_or_planes() -> None:
    y, rows = torch.tensor([2, 0, 1]), torch.tensor([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])
    x, image = torch.randn(3, 4), torch.randn(3, 2, 5, 4)
    for condition in (y, rows, y.int()):
        assert_close(Conditional(Echo(), 3)(x, condition), torch.cat([x, rows], 1))
        planes = [torch.cat([image[n], rows[n, :, None, None] * torch.ones(3, 5, 4)]) for n in range(3)]
        assert_close(Conditional(Echo(), 3)(image, condition), torch.stack(planes))
    assert_close(Bernoulli(Conditional(Echo(), 3))(x, y).mean, torch.sigmoid(torch.cat([x, rows], 1)))
    assert_close(Gaussian(Conditional(Echo(), 3), sigma=2.0)(x, y).mean, torch.cat([x, rows], 1))


@breaks("sigma given as a variance", "nn.Gaussian.forward", "(out, self.sigma)", "(out, self.sigma**0.5)")
def test_gaussian_with_given_sigma_reads_the_mean_alone() -> None:
    mu, x = torch.randn(6, 3), torch.randn(6, 3)
    q = Gaussian(Echo(), sigma=0.3)(mu)
    terms = -((x - mu) ** 2) / 0.18 - math.log(0.3) - math.log(2 * math.pi) / 2
    assert_close(q.log_prob(x), terms.sum(1))


@breaks("log-odds taken for probabilities", "nn.Bernoulli.forward", "logits=", "probs=")
def test_bernoulli_reads_log_odds() -> None:
    a = torch.randn(6, 3)
    p = Bernoulli(Echo())(a)
    on = 1 / (1 + (-a).exp())
    assert_close(p.mean, on)
    x = torch.tensor([[0.0, 1, 1]]).expand(6, 3)
    assert_close(p.log_prob(x).exp(), (1 - on[:, 0]) * on[:, 1] * on[:, 2])


@breaks("grey values refused", "nn.Bernoulli.forward", "validate_args=False", "validate_args=True", by=ValueError)
def test_bernoulli_scores_grey_values_by_cross_entropy() -> None:
    a, x = torch.randn(6, 3), torch.rand(6, 3)
    on = torch.sigmoid(a)
    assert_close(Bernoulli(Echo())(a).log_prob(x), (x * on.log() + (1 - x) * (1 - on).log()).sum(1))


def conditioned(y: Any) -> object:
    """Returns a distribution under a condition with three classes, for two examples of one entry."""
    return Gaussian(Conditional(mlp(4, 2), 3))(torch.zeros(2, 1), y)


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda: mlp(3), r"\(3,\)", "at least an input and an output"),
        (lambda: conv_encoder((1, 8, 8), latent=2), "no channels", "after each convolution"),
        (lambda: conv_decoder((1, 8, 8), latent=2), "no channels", "after each convolution"),
        (lambda: Residual(mlp(4, 3))(torch.zeros(2, 4)), r"shape \(2, 3\) of x", "expected the same"),
        (lambda: Residual(mlp(4, 1))(torch.zeros(2, 4)), r"makes shape \(2, 1\)", "has the shape of what"),
        (lambda: Residual(mlp(5, 5))(torch.zeros(2, 4)), r"does not take shape \(2, 4\)", "in_features=5"),
        (lambda: Conditional(mlp(4, 2), 0), "size is 0", "at least 1"),
        (lambda: Conditional(mlp(4, 2), 3)(torch.zeros(2, 1)), "got no y", "3 features"),
        (lambda: Gaussian(Conditional(mlp(4, 2), 3))(torch.zeros(2, 1)), "got no y", "3 features"),
        (lambda: conditioned(torch.tensor([0, 3])), "values from 0 to 3", "from 0 to 2"),
        (lambda: conditioned(torch.tensor([0, -1])), "values from -1 to 0", "from 0 to 2"),
        (lambda: conditioned(torch.tensor([0])), r"y has shape \(1,\), x has \(2, \d\)", "as many"),
        (lambda: conditioned(torch.tensor([[0], [1]])), r"y has shape \(2, 1\)", r"labels \(2,\)"),
        (lambda: conditioned(torch.tensor([True, False])), "torch.bool", "whole numbers"),
        (lambda: conditioned(torch.zeros(2, 2)), r"y has shape \(2, 2\)", r"\(2, 3\)"),
        (lambda: conditioned(torch.zeros(2, 3, dtype=torch.float16)), "y is torch.float16", r"y.to\(x\)"),
        (lambda: conditioned([0, 1]), "y is a list", "torch.Tensor"),
        (lambda: Gaussian(mlp(4, 2))(torch.zeros(2, 4), torch.zeros(2, 3)), "got y", "nn.Conditional"),
        (lambda: Gaussian(mlp(4, 2))(torch.zeros(2, 5)), r"shape \(2, 5\)", "in_features=4"),
        (lambda: Bernoulli(mlp(4, 3))(torch.zeros(4)), r"gives shape \(3,\)", r"\(B, \.\.\.\)"),
        (lambda: Gaussian(mlp(4, 2))(torch.zeros(4)), r"gives shape \(2,\)", r"\(B, \.\.\.\)"),
        (lambda: Gaussian(mlp(4, 3))(torch.zeros(2, 4)), r"gives shape \(2, 3\)", r"\(B, 2 L"),
        (lambda: Bernoulli(mlp(4, 3))(torch.zeros(2, 4)).log_prob(torch.full((2, 3), 255.0)), "to 255", "0 to 1"),
        (lambda: Bernoulli(Echo())(torch.full((2, 3), math.nan)), "z has 6 values that are NaN", "finite"),
        (lambda: Gaussian(Echo(), sigma=0.0), "sigma is 0.0", "positive"),
        (lambda: Gaussian(Echo(), sigma=-1.0), "sigma is -1.0", "positive"),
        (lambda: Gaussian(Echo(), sigma=math.nan), "sigma is nan", "positive"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()
