"""Laws of the GAN, on a discrete toy: noise and data are one-hot vectors, so that every expectation is a sum."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from exact import assert_mean, drawn
from mutants import breaks
from torch import Tensor
from torch.testing import assert_close

from genlib.gan import GAN, NonSaturatingGAN
from genlib.nn import Conditional, conv_decoder, conv_encoder, mlp

LABELS = torch.tensor([0, 2, 1, 1, 0, 2])
P = torch.tensor([1, 2, 3, 4])
Q = torch.tensor([4, 3, 2, 1])


def one_hot(counts: Tensor) -> Tensor:
    return torch.eye(len(counts)).repeat_interleave(counts, 0)


def discrete(logits: Tensor, kind: type[GAN] = GAN) -> GAN:
    """Returns a GAN on four points: G is the identity and D a table of log-odds."""
    gan = kind(torch.nn.Linear(4, 4, bias=False), torch.nn.Linear(4, 1, bias=False), 4)
    with torch.no_grad():
        gan.generator.weight.copy_(torch.eye(4))
        gan.discriminator.weight.copy_(logits)
    return gan


def linear(gap: float, kind: type[GAN]) -> tuple[GAN, Tensor]:
    """Returns a GAN of two linear maps and noise for which all log-odds lie near `gap`."""
    torch.manual_seed(3)
    gan = kind(torch.nn.Linear(2, 3, bias=False), torch.nn.Linear(3, 1), 2)
    with torch.no_grad():
        gan.discriminator.bias.fill_(gap)
    return gan, gan.noise(8)


# The game


@breaks(
    "value of the real side alone", "gan.GAN.value", " + F.logsigmoid(-self.logit(self.generate(z, y), y)).mean()", ""
)
def test_value_at_the_best_discriminator_is_the_divergence() -> None:
    """With D = p / (p + q), V = 2 JSD(p, q) - 2 log 2."""
    p, q = P / 10, Q / 10
    m = (p + q) / 2
    jsd = (p * (p / m).log() + q * (q / m).log()).sum() / 2
    gan, x, z = discrete((p / q).log()), one_hot(P), one_hot(Q)
    assert_close(gan.value(x, z), 2 * jsd - 2 * math.log(2))
    assert_close(gan.loss_d(x, z), 2 * math.log(2) - 2 * jsd)


@breaks(
    "labels swapped",
    "gan.GAN.loss_d",
    "-F.logsigmoid(self.logit(x, y)).mean() - F.logsigmoid(-self",
    "-F.logsigmoid(-self.logit(x, y)).mean() - F.logsigmoid(self",
)
def test_best_discriminator_minimises_its_loss() -> None:
    best, x, z = (P / Q).log(), one_hot(P), one_hot(Q)
    gan = discrete(best)
    loss = gan.loss_d(x, z)
    loss.backward()
    assert gan.discriminator.weight.grad.abs().max() < 1e-12
    for shift in torch.eye(4):
        assert discrete(best + shift).loss_d(x, z) > loss + 0.01
        assert discrete(best - shift).loss_d(x, z) > loss + 0.01


@breaks("fakes labelled real", "gan.GAN.loss_d", "logsigmoid(-self.logit(fake, y))", "logsigmoid(self.logit(fake, y))")
@breaks(
    "discriminator's loss upside down",
    "gan.GAN.loss_d",
    "return -F.logsigmoid(self.logit(x, y)).mean() -",
    "return F.logsigmoid(self.logit(x, y)).mean() +",
)
def test_value_is_its_formula_at_any_discriminator() -> None:
    logits = torch.tensor([0.5, -1.0, 2.0, 0.3])
    D = 1 / (1 + (-logits).exp())
    expected = (P / 10 * D.log()).sum() + (Q / 10 * (1 - D).log()).sum()
    gan, x, z = discrete(logits), one_hot(P), one_hot(Q)
    assert_close(gan.value(x, z), expected)
    assert_close(gan.loss_d(x, z), -expected)


@breaks("generator that wants to be found out", "gan.GAN.loss_g", "logsigmoid(-self", "logsigmoid(self")
@breaks(
    "non-saturating generator that wants to be found out",
    "gan.NonSaturatingGAN.loss_g",
    "-F.logsigmoid",
    "F.logsigmoid",
)
def test_generators_want_fakes_taken_for_real() -> None:
    logits = torch.tensor([0.5, -1.0, 2.0, 0.3])
    D = 1 / (1 + (-logits).exp())
    z = one_hot(Q)
    assert_close(discrete(logits).loss_g(z), (Q / 10 * (1 - D).log()).sum())
    assert_close(discrete(logits, NonSaturatingGAN).loss_g(z), -(Q / 10 * D.log()).sum())


# Gradients


@breaks("detach forgotten", "gan.GAN.loss_d", ".detach()", "", given={"kind": GAN})
@pytest.mark.parametrize("kind", [GAN, NonSaturatingGAN])
def test_discriminator_loss_leaves_the_generator_alone(kind: type[GAN]) -> None:
    gan, z = linear(0.5, kind)
    gan.loss_d(torch.randn(5, 3), z).backward()
    assert all(p.grad is None for p in gan.generator.parameters())
    assert all(p.grad.abs().max() > 0 for p in gan.discriminator.parameters())


@breaks("detach in the wrong place", "gan.GAN.loss_g", "generate(z, y)", "generate(z, y).detach()", given={"gap": 0.0})
@pytest.mark.parametrize("gap", [-3.0, 0.0, 3.0])
def test_generator_gradients_are_weighted_by_the_discriminators_opinion(gap: float) -> None:
    """Each fake pulls along the gradient of its log-odds: minimax with weight D, non-saturating with 1 - D."""
    for kind, weight in ((GAN, torch.sigmoid), (NonSaturatingGAN, lambda a: 1 - torch.sigmoid(a))):
        gan, z = linear(gap, kind)
        gan.loss_g(z).backward()
        w = gan.discriminator.weight.detach()[0]
        a = z @ gan.generator.weight.detach().T @ w + gap
        expected = -torch.einsum("n,k,nl->kl", weight(a), w, z) / len(z)
        assert_close(gan.generator.weight.grad, expected)


@breaks("non-saturating loss that saturates", "gan.NonSaturatingGAN.loss_g", "-F.logsigmoid(self", "F.logsigmoid(-self")
def test_only_the_minimax_generator_saturates() -> None:
    """Where the discriminator is sure, the first gradient vanishes with D(G(z)) and the second is at its largest."""
    sizes = []
    for kind in (GAN, NonSaturatingGAN):
        gan, z = linear(-30.0, kind)
        gan.loss_g(z).backward()
        sizes.append(gan.generator.weight.grad.norm())
    assert sizes[0] < 1e-12
    assert sizes[1] > 1e-2


@breaks(
    "log of one minus a probability",
    "gan.GAN.loss_g",
    "F.logsigmoid(-self.logit(self.generate(z, y), y))",
    "(1 - torch.sigmoid(self.logit(self.generate(z, y), y))).log()",
    given={"kind": GAN},
)
@breaks(
    "log of a probability",
    "gan.NonSaturatingGAN.loss_g",
    "F.logsigmoid(self.logit(self.generate(z, y), y))",
    "torch.sigmoid(self.logit(self.generate(z, y), y)).log()",
    given={"kind": NonSaturatingGAN},
)
@pytest.mark.parametrize("kind", [GAN, NonSaturatingGAN])
def test_losses_of_a_sure_discriminator_are_finite(kind: type[GAN]) -> None:
    for sign in (-1, 1):
        gan = discrete(sign * torch.tensor([1e4, -1e4, 1e4, -1e4]), kind).float()
        x, z = one_hot(P).float(), one_hot(Q).float()
        assert gan.loss_d(x, z).isfinite()
        assert gan.loss_g(z).isfinite()


# Noise


@breaks("one number refused", "gan.GAN.__init__", "at_least(1, latent", "at_least(2, latent", by=ValueError)
def test_one_number_of_noise_is_enough() -> None:
    gan = GAN(mlp(1, 8, 2), mlp(2, 1), latent=1)
    assert gan.generate(gan.noise(6)).shape == (6, 2)


@breaks("uniform noise", "gan.GAN.noise", "torch.randn(", "torch.rand(")
def test_noise_is_standard_normal() -> None:
    z = GAN(mlp(3, 2), mlp(2, 1), latent=3).noise(100_000)
    assert z.shape == (100_000, 3)
    assert_mean(z, torch.zeros(3))
    assert_mean(torch.einsum("ni,nj->nij", z, z), torch.eye(3))


@breaks("samples with a graph", "gan.GAN.sample", "self.generate(self.noise(n), y)", "self.generate(-self.noise(n), y)")
def test_samples_are_generated_from_noise() -> None:
    gan = GAN(mlp(3, 8, 2), mlp(2, 1), latent=3)
    torch.manual_seed(4)
    expected = gan.generator(gan.noise(6))
    torch.manual_seed(4)
    x = gan.sample(6)
    assert torch.equal(x, expected)
    assert not x.requires_grad


# Images and conditions


def small(weight: float = 1.0) -> GAN:
    """Returns a GAN of points, one of whose weights in the generator is given."""
    gan = GAN(mlp(3, 2), mlp(2, 1), latent=3)
    with torch.no_grad():
        gan.generator[0].weight[0, 0] = weight
    return gan


def painter(kind: type[GAN] = GAN) -> GAN:
    """Returns a GAN of pictures of 2 by 6 by 5, with batch normalisation in the generator."""
    G, D = conv_decoder((2, 6, 5), 4, latent=3), conv_encoder((2, 6, 5), 4, 3, latent=1)
    G.insert(2, torch.nn.BatchNorm2d(4))
    return drawn(lambda: kind(G, D, latent=3))


@breaks("channels forgotten", "gan.GAN.generate", "same_number(x, z,", "same_number(x[:, :1], z,", by=ValueError)
def test_pictures_are_judged_as_pictures() -> None:
    """The value on pictures is the one that the networks give by hand, each in one call."""
    for kind in (GAN, NonSaturatingGAN):
        gan, x, z = painter(kind), torch.rand(7, 2, 6, 5), torch.randn(9, 3)
        assert gan.sample(4).shape == (4, 2, 6, 5)
        a, a_fake = gan.discriminator(x)[:, 0], gan.discriminator(gan.generator(z))[:, 0]
        assert_close(gan.value(x, z), torch.sigmoid(a).log().mean() + torch.sigmoid(-a_fake).log().mean())
        loss = gan.loss_g(z)
        assert_close(loss, (torch.sigmoid(-a_fake).log() if kind is GAN else -torch.sigmoid(a_fake).log()).mean())


@breaks("the discriminator blind to the condition of fakes", "gan.GAN.loss_d", "self.logit(fake, y)",
        "self.logit(fake, 0 * y)")  # fmt: skip
@breaks("the generator blind to the condition", "gan.GAN.generate", 'y, "generator"', '0 * y, "generator"')
@breaks("the condition of data forgotten", "gan.GAN.loss_d", "self.logit(x, y)", "self.logit(x, 0 * y)")
def test_both_players_see_the_condition() -> None:
    """Losses are those of networks that are handed the one-hot label themselves."""
    torch.manual_seed(0)
    G, D = mlp(2 + 3, 8, 4), mlp(4 + 3, 8, 1)
    gan, x, z, y = GAN(Conditional(G, 3), Conditional(D, 3), latent=2), torch.randn(6, 4), torch.randn(6, 2), LABELS
    label = torch.eye(3)[y]
    fake = G(torch.cat([z, label], 1))
    a, a_fake = D(torch.cat([x, label], 1)), D(torch.cat([fake, label], 1))
    assert_close(gan.loss_d(x, z, y), -(torch.sigmoid(a).log() + torch.sigmoid(-a_fake).log()).mean())
    assert_close(gan.loss_g(z, y), torch.sigmoid(-a_fake).log().mean())
    torch.manual_seed(1)
    expected = G(torch.cat([gan.noise(6), label], 1))
    torch.manual_seed(1)
    assert_close(gan.sample(6, y), expected)


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda: GAN(mlp(1, 2), mlp(2, 1), 0), "latent is 0", "at least 1"),
        (lambda: GAN(mlp(3, 2), mlp(2, 1), 3).generate(torch.zeros(5, 2)), "2 numbers", "has 3"),
        (lambda: small().loss_d(torch.zeros(5, 2), torch.zeros(5, 3), LABELS[:5]), "got y", "nn.Conditional"),
        (lambda: small().logit(torch.zeros(5, 4)), r"discriminator .* \(5, 4\)", "in_features=2"),
        (lambda: small().generate(torch.zeros(5, 3, 1)), r"z has shape \(5, 3, 1\)", r"\(B, 3\)"),
        (lambda: small().sample(0), "n is 0", "at least 1"),
        (lambda: small(math.nan).sample(2), "1 values that are NaN", "finite"),
        (lambda: small(math.inf).loss_g(torch.ones(5, 3)), "1 values that are NaN or infinite", "finite"),
        (lambda: small().logit(torch.full((1, 2), math.nan)), "x has 2 values that are NaN", "finite"),
        (lambda: GAN(mlp(3, 2), mlp(2, 2), 3).logit(torch.zeros(5, 2)), r"\(5, 2\)", r"\(5, 1\)"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()
