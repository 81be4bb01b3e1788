"""Laws of the autoencoders: principal components, gradients written by hand, and denoisers that know the density."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from exact import assert_mean, flat
from mutants import breaks
from torch import Tensor, nn
from torch.distributions import Bernoulli, MultivariateNormal
from torch.testing import assert_close

from genlib.autoencoders import (
    Autoencoder,
    BinaryAutoencoder,
    DenoisingAutoencoder,
    TiedAutoencoder,
    gaussian_noise,
    masking,
    salt_and_pepper,
    score,
)
from genlib.energy import RBM
from genlib.nn import mlp

B, D, H, L = 9, 6, 4, 2


def bare(kind: type[Autoencoder], output: nn.Module | None = None) -> Autoencoder:
    """Returns an autoencoder without parameters: what it is given is what its decoder puts out."""
    return kind(nn.Identity(), output or nn.Identity())


def correlated(n: int = 400) -> Tensor:
    """Draws `(n, D)` data with six clearly different variances along axes of no special direction."""
    return (torch.randn(n, D) * torch.tensor([3.0, 2.0, 1.2, 0.8, 0.5, 0.3])) @ torch.randn(D, D) + torch.randn(D)


def principal(x: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the projection on the first L principal axes of `x`, and half the sum of the other variances."""
    centred = x - x.mean(0)
    variances, axes = torch.linalg.eigh(centred.T @ centred / len(x))
    return axes[:, -L:] @ axes[:, -L:].T, variances[:-L].sum() / 2


def tied() -> TiedAutoencoder:
    model = TiedAutoencoder(D, H)
    with torch.no_grad():
        for p in model.parameters():
            p.normal_()
    return model


def binary() -> Tensor:
    return torch.bernoulli(torch.full((B, D), 0.5))


# Errors and their gradients


@breaks("the half forgotten", "autoencoders.Autoencoder.error", ".sum(1) / 2", ".sum(1)", given={"shape": (6,)})
@breaks("averaged over entries", "autoencoders.Autoencoder.error", ".sum(1) / 2", ".mean(1) / 2", given={"shape": (6,)})
@breaks(
    "rows of pictures in the place of pictures",
    "autoencoders.Autoencoder.error",
    ".flatten(1).sum(1)",
    ".sum(-1)",
    given={"shape": (1, 2, 3)},
)
@pytest.mark.parametrize("shape", [(D,), (1, 2, 3)])
def test_error_is_half_the_squared_distance(shape: tuple[int, ...]) -> None:
    x, x_hat = torch.rand(B, *shape), torch.rand(B, *shape)
    expected = torch.stack([0.5 * sum((a - b) ** 2 for a, b in zip(r, s, strict=True)) for r, s in pixels(x_hat, x)])
    assert_close(bare(Autoencoder).error(x, given=x_hat), expected)


@breaks(
    "the dark half of the cross-entropy forgotten",
    "autoencoders.BinaryAutoencoder.error",
    "F.softplus(a) - grey(x) * a",
    "x * F.softplus(-a)",
    given={"shape": (6,)},
)
@breaks(
    "a sigmoid twice",
    "autoencoders.BinaryAutoencoder.error",
    "self.logit(self",
    "self.decode(self",
    given={"shape": (6,)},
)
@pytest.mark.parametrize("shape", [(D,), (1, 2, 3)])
def test_binary_error_is_the_cross_entropy(shape: tuple[int, ...]) -> None:
    """Of grey values too; of binary ones it is the negative log-probability."""
    a, x = 2 * torch.randn(B, *shape), torch.rand(B, *shape)
    on = torch.sigmoid(a)
    terms = -x * on.log() - (1 - x) * (1 - on).log()
    assert_close(bare(BinaryAutoencoder).error(x, given=a), terms.reshape(B, -1).sum(1))
    x = x.round()
    expected = -Bernoulli(logits=a).log_prob(x).reshape(B, -1).sum(1)
    assert_close(bare(BinaryAutoencoder).error(x, given=a), expected)


def pixels(*tensors: Tensor) -> list[tuple[Tensor, ...]]:
    return list(zip(*(t.reshape(len(t), -1) for t in tensors), strict=True))


@breaks(
    "the cross-entropy through probabilities",
    "autoencoders.BinaryAutoencoder.error",
    "(F.softplus(a) - grey(x) * a)",
    "(-x * torch.sigmoid(a).log() - (1 - x) * (1 - torch.sigmoid(a)).log())",
)
def test_binary_error_of_sure_log_odds_is_finite() -> None:
    x = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    a = torch.tensor([[800.0, -800.0], [800.0, -800.0]])
    assert_close(bare(BinaryAutoencoder).error(x, given=a), torch.tensor([1600.0, 0.0]))


@breaks(
    "twice the gradient",
    "autoencoders.Autoencoder.error",
    ".sum(1) / 2",
    ".sum(1)",
    given={"model": bare(Autoencoder), "derivative": lambda a, x: a - x},
)
@pytest.mark.parametrize(
    ("model", "derivative"),
    [
        (bare(Autoencoder), lambda a, x: a - x),
        (bare(BinaryAutoencoder), lambda a, x: torch.sigmoid(a) - x),
        (bare(Autoencoder, nn.Sigmoid()), lambda a, x: (torch.sigmoid(a) - x) * torch.sigmoid(a) * torch.sigmoid(-a)),
    ],
    ids=["squared error, linear output", "cross-entropy, log-odds", "squared error, sigmoid output"],
)
def test_gradient_by_the_last_layer(model: Autoencoder, derivative: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Rebuilt less given, in the first two cases; a sigmoid under the squared error brings its own slope along."""
    a, x = torch.randn(B, D, requires_grad=True), torch.rand(B, D)
    (gradient,) = torch.autograd.grad(model.error(x, given=a).sum(), a)
    assert_close(gradient, derivative(a, x))


@breaks("loss added up", "autoencoders.Autoencoder.loss", ".mean()", ".sum()", given={"kind": Autoencoder})
@breaks(
    "the input lost",
    "autoencoders.BinaryAutoencoder.error",
    "x if given is None else given",
    "1 - x if given is None else given",
    given={"kind": BinaryAutoencoder},
)
@pytest.mark.parametrize("kind", [Autoencoder, BinaryAutoencoder])
def test_loss_is_the_mean_error(kind: type[Autoencoder]) -> None:
    model, x = kind(mlp(D, L), mlp(L, D)), torch.rand(B, D)
    assert_close(model.loss(x), model.error(x).sum() / B)
    assert_close(model.error(x), model.error(x, given=x))


@breaks(
    "log-odds shown for probabilities",
    "autoencoders.BinaryAutoencoder.decode",
    "torch.sigmoid(self.logit(z))",
    "self.logit(z)",
)
def test_encode_and_decode_are_the_networks() -> None:
    encoder, decoder, x, z = mlp(D, 5, L), mlp(L, 5, D), torch.rand(B, D), torch.randn(B, L)
    for kind, mean in ((Autoencoder, lambda a: a), (BinaryAutoencoder, lambda a: 1 / (1 + (-a).exp()))):
        model = kind(encoder, decoder)
        assert_close(model.encode(x), encoder(x))
        assert_close(model.decode(z), mean(decoder(z)))


# Linear layers are principal components


@breaks("distances in the place of their squares", "autoencoders.Autoencoder.error", ".square()", ".abs()")
def test_linear_layers_find_the_principal_subspace() -> None:
    x = correlated()
    model = Autoencoder(nn.Linear(D, L), nn.Linear(L, D))
    descent = torch.optim.LBFGS(model.parameters(), max_iter=2000, tolerance_grad=1e-10, tolerance_change=0.0,
                                history_size=30, line_search_fn="strong_wolfe")  # fmt: skip

    def closure() -> Tensor:
        descent.zero_grad()
        loss = model.loss(x)
        loss.backward()
        return loss

    descent.step(closure)
    projection, least = principal(x)
    basis = torch.linalg.qr(model.decoder.weight.detach())[0]
    assert_close(basis @ basis.T, projection, rtol=0, atol=1e-6)
    assert_close(model.loss(x).detach(), least, rtol=1e-9, atol=0)


@breaks("half an error less", "autoencoders.Autoencoder.error", ".sum(1) / 2", ".sum(1) / 4")
def test_no_linear_layers_beat_the_trailing_variances() -> None:
    """Random encoders, each with its own best decoder; at the principal axes the bound is met."""
    x = correlated()
    _, least = principal(x)
    for _ in range(200):
        encoder, decoder = nn.Linear(D, L), nn.Linear(L, D)
        z = torch.cat([encoder(x), torch.ones(len(x), 1)], 1).detach()
        solution = torch.linalg.lstsq(z, x).solution
        with torch.no_grad():
            decoder.weight.copy_(solution[:L].T)
            decoder.bias.copy_(solution[L])
        assert Autoencoder(encoder, decoder).loss(x) > least * (1 + 1e-9)


# Tied weights


@breaks("a tied layer that forgets its bias", "autoencoders.TiedAutoencoder.encode", "self.W, self.b)", "self.W)")
def test_tied_layer_is_its_formula() -> None:
    model, x, z = tied(), binary(), torch.rand(B, H)
    W, b, c = model.W.detach(), model.b.detach(), model.c.detach()
    for n in range(B):
        assert_close(model.encode(x)[n], torch.sigmoid(b + W @ x[n]))
        assert_close(model.decode(z)[n], torch.sigmoid(c + W.T @ z[n]))


@breaks("tied on one way alone", "autoencoders.TiedAutoencoder.logit", "self.W.T", "self.W.T.detach()")
def test_tied_gradient_is_the_sum_of_both_paths() -> None:
    """By back-propagation written out, and by the same net with two separate matrices."""
    model, x = tied(), torch.rand(B, D)
    gradients = torch.autograd.grad(model.loss(x), [model.W, model.b, model.c])
    with torch.no_grad():
        h = torch.sigmoid(model.b + x @ model.W.T)
        at_x = torch.sigmoid(model.c + h @ model.W) - x
        at_h = at_x @ model.W.T * h * (1 - h)
    W = (h.T @ at_x + at_h.T @ x) / B
    for gradient, expected in zip(gradients, (W, at_h.mean(0), at_x.mean(0)), strict=True):
        assert_close(gradient, expected)
    up, down = nn.Linear(D, H), nn.Linear(H, D)
    with torch.no_grad():
        for p, value in ((up.weight, model.W), (up.bias, model.b), (down.weight, model.W.T), (down.bias, model.c)):
            p.copy_(value)
    BinaryAutoencoder(nn.Sequential(up, nn.Sigmoid()), down).loss(x).backward()
    assert_close(gradients[0], up.weight.grad + down.weight.grad.T)


@breaks("tied codes without their sigmoid", "autoencoders.TiedAutoencoder.encode", "return torch.sigmoid(", "return (")
def test_an_unrolled_boltzmann_machine_is_a_tied_autoencoder() -> None:
    model, rbm, x = tied(), RBM(D, H), binary()
    rbm.load_state_dict(model.state_dict())
    assert_close(model.encode(x), rbm.prob_h(x))
    assert_close(model.decode(model.encode(x)), rbm.prob_x(rbm.prob_h(x)))


@breaks("a normal start", "autoencoders.TiedAutoencoder.__init__", "xavier_uniform_", "xavier_normal_")
def test_tied_weights_start_uniform_at_glorots_scale() -> None:
    model = TiedAutoencoder(300, 150)
    bound = (6 / 450) ** 0.5
    assert bound * 0.999 < model.W.detach().abs().max() <= bound
    assert_mean(model.W.detach().flatten() ** 2, torch.tensor(bound**2 / 3))
    assert not torch.cat([model.b, model.c]).any()


# Denoising


@breaks(
    "the corrupted example rebuilt",
    "autoencoders.DenoisingAutoencoder.error",
    "self.autoencoder.error(x, given",
    "self.autoencoder.error(self.corruption(x), given",
    given={"kind": Autoencoder},
)
@pytest.mark.parametrize("kind", [Autoencoder, BinaryAutoencoder])
def test_denoising_rebuilds_the_clean_example(kind: type[Autoencoder]) -> None:
    plain, x = kind(mlp(D, L), mlp(L, D)), torch.rand(B, D)
    model = DenoisingAutoencoder(plain, lambda clean: 1 - clean)
    expected = plain.error(x, given=1 - x)
    assert_close(model.error(x), expected)
    assert_close(model.loss(x), expected.mean())
    assert_close(model.error(x, given=x / 2), plain.error(x, given=x / 2))
    assert_close(model.decode(model.encode(x)), plain.decode(plain.encode(x)))


@breaks("a score by the spread", "autoencoders.score", "sigma**2", "sigma")
@breaks("a score turned round", "autoencoders.score", "- given) /", "- given) / -1 /")
@breaks("nothing corrupted", "autoencoders.DenoisingAutoencoder.error", "self.corruption(x) if", "x if")
def test_best_denoiser_of_a_gaussian_gives_the_score() -> None:
    """No gradient is left at x + sigma^2 times the score of the noised density, and some is left beside it."""
    sigma, root = 0.7, torch.randn(3, 3)
    noised = MultivariateNormal(torch.randn(3), root @ root.T + sigma**2 * torch.eye(3))
    point = torch.randn(5, 3, requires_grad=True)
    (slope,) = torch.autograd.grad(noised.log_prob(point).sum(), point)
    gain = torch.eye(3) - sigma**2 * noised.precision_matrix
    layer = nn.Linear(3, 3)
    with torch.no_grad():
        layer.weight.copy_(gain)
        layer.bias.copy_(noised.mean - gain @ noised.mean)
    model = DenoisingAutoencoder(Autoencoder(layer, nn.Identity()), lambda x: gaussian_noise(x, sigma))
    assert_close(score(model, point.detach(), sigma), slope)
    clean = MultivariateNormal(noised.mean, root @ root.T)
    best = gradients(model, clean)
    assert_mean(best, torch.zeros(12))
    with torch.no_grad():
        layer.weight.add_(0.1)
    with pytest.raises(AssertionError):
        assert_mean(gradients(model, clean), torch.zeros(12))


def gradients(model: DenoisingAutoencoder, data: MultivariateNormal) -> Tensor:
    """Returns the loss's gradient on 300 batches of 200 examples, `(300, parameters)`."""
    weights = list(model.parameters())
    return torch.stack([flat(torch.autograd.grad(model.loss(data.sample((200,))), weights)) for _ in range(300)])


@breaks("variance taken for spread", "autoencoders.gaussian_noise", "sigma * torch", "sigma**0.5 * torch")
def test_gaussian_noise_has_its_mean_and_spread() -> None:
    x = torch.tensor([0.0, 1.0, -2.0])
    noise = gaussian_noise(x.expand(40_000, 3), 0.3) - x
    assert_mean(noise, torch.zeros(3))
    assert_mean(torch.einsum("ni,nj->nij", noise, noise), 0.09 * torch.eye(3))


@breaks(
    "one coin for an example", "autoencoders.denoising._chosen", "torch.rand_like(x) <", "torch.rand_like(x[:, :1]) <"
)
@breaks("kept in the place of blanked", "autoencoders.denoising._chosen", "< rate", "> rate")
def test_masking_blanks_each_entry_by_its_own_coin() -> None:
    x = torch.full((40_000, 3), 0.5)
    blank = masking(x, 0.3).eq(0).double()
    assert set(masking(x, 0.3).unique().tolist()) == {0.0, 0.5}
    assert_mean(blank, torch.full((3,), 0.3))
    assert_mean(blank[:, :2].prod(1), torch.tensor(0.09))


@breaks("more pepper than salt", "autoencoders.salt_and_pepper", "lt(0.5)", "lt(0.45)")
def test_salt_and_pepper_replace_each_entry_by_its_own_coin() -> None:
    x = salt_and_pepper(torch.full((40_000, 3), 0.5), 0.3)
    assert set(x.unique().tolist()) == {0.0, 0.5, 1.0}
    for value in (0.0, 1.0):
        hit = x.eq(value).double()
        assert_mean(hit, torch.full((3,), 0.15))
        assert_mean(hit[:, :2].prod(1), torch.tensor(0.0225))


@breaks("entries that escape", "autoencoders.denoising._chosen", "< rate", "< 0.9 * rate")
def test_corruption_at_the_ends_of_its_range() -> None:
    x = torch.rand(B, D) + 0.1
    assert torch.equal(masking(x, 0.0), x)
    assert not masking(x, 1.0).any()
    assert torch.equal(salt_and_pepper(x, 0.0), x)
    assert set(salt_and_pepper(x, 1.0).unique().tolist()) == {0.0, 1.0}
    assert torch.equal(gaussian_noise(x, 0.0), x)


@pytest.mark.parametrize(
    ("call", "got", "expected"),
    [
        (lambda: TiedAutoencoder(0, 3), "features is 0", "at least 1"),
        (lambda: TiedAutoencoder(3, 0), "hidden is 0", "at least 1"),
        (lambda: TiedAutoencoder(3, 2).encode(torch.zeros(1, 4)), "4 features", "has 3"),
        (lambda: TiedAutoencoder(3, 2).decode(torch.zeros(1, 3)), "3 hidden units", "has 2"),
        (lambda: Autoencoder(mlp(4, 2), mlp(2, 3)).loss(torch.zeros(5, 4)), r"\(5, 3\)", r"\(5, 4\)"),
        (lambda: BinaryAutoencoder(mlp(4, 2), mlp(2, 1)).loss(torch.zeros(5, 4)), r"\(5, 1\)", r"\(5, 4\)"),
        (
            lambda: DenoisingAutoencoder(bare(Autoencoder), lambda x: x[:1]).loss(torch.zeros(5, 4)),
            r"\(1, 4\)",
            r"\(5, 4\)",
        ),
        (lambda: gaussian_noise(torch.zeros(1), -0.1), "sigma is -0.1", "0 or more"),
        (
            lambda: score(DenoisingAutoencoder(bare(Autoencoder), lambda x: x), torch.zeros(1, 2), 0),
            "sigma is 0",
            "a positive standard deviation",
        ),
        (lambda: masking(torch.zeros(1), 1.5), "rate is 1.5", "between 0 and 1"),
        (lambda: salt_and_pepper(torch.zeros(1), float("nan")), "rate is nan", "between 0 and 1"),
    ],
)
def test_errors_state_got_and_expected(call: Callable[[], object], got: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{got}.*{expected}"):
        call()
