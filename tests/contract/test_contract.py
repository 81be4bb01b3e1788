"""What every model promises: shapes, gradients, reproducibility, its own dtype and device, saving and copying."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import torch
from mutants import breaks
from torch import Tensor, nn
from torch.testing import assert_close

import genlib
from genlib.autoencoders import Autoencoder, BinaryAutoencoder, DenoisingAutoencoder, TiedAutoencoder, masking
from genlib.energy import DBM, DBN, RBM, BoltzmannMachine, CentredRBM, ClassRBM, ais, pseudo_log_prob, reverse_ais
from genlib.gan import GAN, NonSaturatingGAN
from genlib.nn import Bernoulli, Conditional, Gaussian, conv_decoder, conv_encoder, mlp
from genlib.vae import VAE, importance_log_prob

B, D, H, L = 5, 6, 4, 2
IMAGE = 2, 6, 5
Call = Callable[[nn.Module, Tensor], Tensor]


@dataclass(frozen=True)
class Case:
    """A model, and each of its methods as a function of the model and of data `(B, ...)`, with the shape it must give.

    Attributes:
        build: Makes the model.
        losses: Scalars; together their gradients reach every parameter.
        scores: One value or row per example, without noise: rows do not see each other.
        noisy: What draws random numbers.
        shape: Shape of an example.
    """

    build: Callable[[], nn.Module]
    losses: dict[str, Call]
    scores: dict[str, tuple[Call, tuple[int, ...]]]
    noisy: dict[str, tuple[Call, tuple[int, ...]]]
    shape: tuple[int, ...] = (D,)

    def calls(self) -> dict[str, tuple[Call, tuple[int, ...]]]:
        return {name: (loss, ()) for name, loss in self.losses.items()} | self.scores | self.noisy


def like(x: Tensor, features: int) -> Tensor:
    """Returns ones of another width in the place, dtype and number of `x`."""
    return x.new_ones(len(x), features)


def boltzmann(kind: type[RBM]) -> Case:
    return Case(
        build=lambda: kind(D, H),
        losses={
            "loss": lambda m, x: m.loss(x, steps=2),
            "persistent loss": lambda m, x: m.loss(x, chains=x.clone()),
        },
        scores={
            "energy": (lambda m, x: m.energy(x, like(x, H)), (B,)),
            "free_energy": (lambda m, x: m.free_energy(x), (B,)),
            "log_prob": (lambda m, x: m.log_prob(x), (B,)),
            "pseudo_log_prob": (lambda m, x: pseudo_log_prob(m, x), (B,)),
            "prob_h": (lambda m, x: m.prob_h(x), (B, H)),
            "prob_x": (lambda m, x: m.prob_x(like(x, H)), (B, D)),
        },
        noisy={
            "gradient of W": (lambda m, x: m.gradient(x)[0], (H, D)),
            "gradient of b": (lambda m, x: m.gradient(x)[1], (H,)),
            "gradient of c": (lambda m, x: m.gradient(x)[2], (D,)),
            "gibbs": (lambda m, x: m.gibbs(x, 2), (B, D)),
            "clamped gibbs": (lambda m, x: m.gibbs(x, 2, clamp=torch.arange(D, device=x.device) < 2), (B, D)),
            "sample": (lambda m, x: m.sample(7, steps=3), (7, D)),
            "ais": (lambda m, x: torch.tensor(ais(m, chains=9, temperatures=4).log_z).to(x), ()),
            "reverse_ais": (lambda m, x: torch.tensor(reverse_ais(m, x, temperatures=4).log_z).to(x), ()),
        },
    )


def general() -> Case:
    return Case(
        build=lambda: BoltzmannMachine(D, H),
        losses={"loss": lambda m, x: m.loss(x)},
        scores={
            "energy": (lambda m, x: m.energy(x, like(x, H)), (B,)),
            "free_energy": (lambda m, x: m.free_energy(x), (B,)),
            "log_prob": (lambda m, x: m.log_prob(x), (B,)),
            "pseudo_log_prob": (lambda m, x: pseudo_log_prob(m, x), (B,)),
        },
        noisy={
            "gibbs": (lambda m, x: m.gibbs(torch.cat([x, like(x, H)], 1), 2), (B, D + H)),
            "sample": (lambda m, x: m.sample(7, steps=3), (7, D)),
        },
    )


def labelled() -> Case:
    """Three pixels and three classes make the D visible units of the data."""
    pixels = D // 2
    with_label = lambda m, x: m.with_label(x[:, :pixels], x[:, pixels:].argmax(1))  # noqa: E731
    return Case(
        build=lambda: ClassRBM(pixels, D - pixels, H),
        losses={"loss": lambda m, x: m.loss(with_label(m, x), steps=2)},
        scores={
            "free_energy": (lambda m, x: m.free_energy(with_label(m, x)), (B,)),
            "free_energy of pictures": (lambda m, x: m.free_energy(x[:, :pixels]), (B,)),
            "prob_y": (lambda m, x: m.prob_y(x[:, :pixels]), (B, D - pixels)),
            "pseudo_log_prob": (lambda m, x: pseudo_log_prob(m, x[:, :pixels]), (B,)),
            "prob_x": (lambda m, x: m.prob_x(like(x, H)), (B, D)),
        },
        noisy={
            "gibbs": (lambda m, x: m.gibbs(with_label(m, x), 2), (B, D)),
            "sample of labels": (lambda m, x: m.sample(7, steps=3, y=x.new_ones(7)), (7, D)),
            "ais": (lambda m, x: torch.tensor(ais(m, chains=9, temperatures=4).log_z).to(x), ()),
        },
    )


def belief() -> Case:
    return Case(
        build=lambda: DBN(RBM(D, H), RBM(H, L)),
        losses={
            "first layer": lambda m, x: m.layers[0].loss(x),
            "top layer": lambda m, x: m.top.loss(m.up(x)),
        },
        scores={"down": (lambda m, x: m.down(like(x, H)), (B, D))},
        noisy={
            "up": (lambda m, x: m.up(x), (B, H)),
            "bound": (lambda m, x: m.bound(x), (B,)),
            "importance_bound": (lambda m, x: m.importance_bound(x, 3), (B,)),
            "sample": (lambda m, x: m.sample(7, steps=3), (7, D)),
            "ais": (lambda m, x: torch.tensor(ais(m, chains=9, temperatures=4).log_z).to(x), ()),
        },
    )


def deep() -> Case:
    return Case(
        build=lambda: DBM(D, H, L),
        losses={"loss": lambda m, x: m.loss(x, chains=like(x, D + L))},
        scores={
            "energy": (lambda m, x: m.energy(x, like(x, H), like(x, L)), (B,)),
            "mean_field": (lambda m, x: m.mean_field(x)[0], (B, H)),
            "bound": (lambda m, x: m.bound(x), (B,)),
        },
        noisy={
            "gibbs": (lambda m, x: m.gibbs(like(x, D + L), 2), (B, D + L)),
            "sample": (lambda m, x: m.sample(7, steps=3), (7, D)),
            "ais": (lambda m, x: torch.tensor(ais(m, chains=9, temperatures=4).log_z).to(x), ()),
        },
    )


def autoencoder(build: Callable[[], VAE], shape: tuple[int, ...] = (D,)) -> Case:
    return Case(
        build=build,
        shape=shape,
        losses={"loss": lambda m, x: m.loss(x)},
        scores={
            "encode": (lambda m, x: m.encode(x).mean, (B, L)),
            "decode": (lambda m, x: m.decode(like(x, L)).mean, (B, *shape)),
        },
        noisy={
            "elbo": (lambda m, x: m.elbo(x), (B,)),
            "elbo of many": (lambda m, x: m.elbo(x, samples=3), (B,)),
            "importance_bound": (lambda m, x: m.importance_bound(x, 3), (B,)),
            "importance_log_prob": (lambda m, x: importance_log_prob(m, x, 3), (B,)),
            "prior": (lambda m, x: m.prior().sample((7,)), (7, L)),
            "sample": (lambda m, x: m.sample(7), (7, *shape)),
        },
    )


def label(x: Tensor) -> Tensor:
    """Returns a label for each example, one of L, which the example itself decides."""
    return x.flatten(1)[:, :L].argmax(1)


def conditional(build: Callable[[], VAE], shape: tuple[int, ...] = (D,)) -> Case:
    return Case(
        build=build,
        shape=shape,
        losses={"loss": lambda m, x: m.loss(x, label(x))},
        scores={
            "encode": (lambda m, x: m.encode(x, label(x)).mean, (B, L)),
            "decode": (lambda m, x: m.decode(like(x, L), label(x)).mean, (B, *shape)),
            "decode of features": (lambda m, x: m.decode(like(x, L), 0.5 * like(x, L)).mean, (B, *shape)),
        },
        noisy={
            "elbo": (lambda m, x: m.elbo(x, samples=3, y=label(x)), (B,)),
            "importance_bound": (lambda m, x: m.importance_bound(x, 3, y=label(x)), (B,)),
            "importance_log_prob": (lambda m, x: importance_log_prob(m, x, 3, y=label(x)), (B,)),
            "sample": (lambda m, x: m.sample(7, torch.arange(7, device=x.device) % L), (7, *shape)),
        },
    )


def rebuilding(build: Callable[[], Autoencoder], shape: tuple[int, ...] = (D,)) -> Case:
    return Case(
        build=build,
        shape=shape,
        losses={"loss": lambda m, x: m.loss(x)},
        scores={
            "encode": (lambda m, x: m.encode(x), (B, L)),
            "decode": (lambda m, x: m.decode(like(x, L)), (B, *shape)),
            "error": (lambda m, x: m.error(x), (B,)),
            "error of another input": (lambda m, x: m.error(x, given=1 - x), (B,)),
        },
        noisy={},
    )


def denoising(build: Callable[[], Autoencoder], shape: tuple[int, ...] = (D,)) -> Case:
    plain = rebuilding(build, shape)
    return Case(
        build=lambda: DenoisingAutoencoder(build(), partial(masking, rate=0.5)),
        shape=shape,
        losses=plain.losses,
        scores={name: score for name, score in plain.scores.items() if name != "error"},
        noisy={"error": plain.scores["error"]},
    )


def adversarial(build: Callable[[], GAN], shape: tuple[int, ...] = (D,)) -> Case:
    return Case(
        build=build,
        shape=shape,
        losses={
            "loss_d": lambda m, x: m.loss_d(x, like(x, L)),
            "loss_g": lambda m, x: m.loss_g(like(x, L)),
            "value": lambda m, x: m.value(x, like(x, L)),
        },
        scores={
            "generate": (lambda m, x: m.generate(like(x, L)), (B, *shape)),
            "logit": (lambda m, x: m.logit(x), (B,)),
        },
        noisy={
            "noise": (lambda m, x: m.noise(7), (7, L)),
            "sample": (lambda m, x: m.sample(7), (7, *shape)),
        },
    )


def conditional_game(build: Callable[[], GAN], shape: tuple[int, ...] = (D,)) -> Case:
    return Case(
        build=build,
        shape=shape,
        losses={
            "loss_d": lambda m, x: m.loss_d(x, like(x, L), label(x)),
            "loss_g": lambda m, x: m.loss_g(like(x, L), label(x)),
            "value": lambda m, x: m.value(x, like(x, L), label(x)),
        },
        scores={
            "generate": (lambda m, x: m.generate(like(x, L), label(x)), (B, *shape)),
            "logit": (lambda m, x: m.logit(x, label(x)), (B,)),
        },
        noisy={"sample": (lambda m, x: m.sample(7, torch.arange(7, device=x.device) % L), (7, *shape))},
    )


def encoder(latent: int, more: int = 0) -> nn.Sequential:
    """Returns convolutions from pictures, with so many channels more, to codes; normalised as while not training."""
    net = conv_encoder((IMAGE[0] + more, *IMAGE[1:]), 4, latent=latent)
    net.insert(1, nn.BatchNorm2d(4))
    return net.eval()


def decoder(latent: int, channels: int = IMAGE[0]) -> nn.Sequential:
    """Returns convolutions from codes to pictures with so many channels."""
    net = conv_decoder((channels, *IMAGE[1:]), 4, latent=latent)
    net.insert(2, nn.BatchNorm2d(4))
    return net.eval()


CASES = {
    "RBM": boltzmann(RBM),
    "CentredRBM": boltzmann(CentredRBM),
    "BoltzmannMachine": general(),
    "ClassRBM": labelled(),
    "DBN": belief(),
    "DBM": deep(),
    "Autoencoder": rebuilding(lambda: Autoencoder(mlp(D, 8, L), mlp(L, 8, D))),
    "Autoencoder of images": rebuilding(lambda: Autoencoder(encoder(L), decoder(L)), IMAGE),
    "BinaryAutoencoder": rebuilding(lambda: BinaryAutoencoder(mlp(D, 8, L), mlp(L, 8, D))),
    "BinaryAutoencoder of images": rebuilding(lambda: BinaryAutoencoder(encoder(L), decoder(L)), IMAGE),
    "TiedAutoencoder": rebuilding(lambda: TiedAutoencoder(D, L)),
    "DenoisingAutoencoder": denoising(lambda: TiedAutoencoder(D, L)),
    "DenoisingAutoencoder of images": denoising(lambda: Autoencoder(encoder(L), decoder(L)), IMAGE),
    "VAE of binary data": autoencoder(lambda: VAE(Gaussian(mlp(D, 8, 2 * L)), Bernoulli(mlp(L, 8, D)), L)),
    "VAE of real data": autoencoder(lambda: VAE(Gaussian(mlp(D, 2 * L)), Gaussian(mlp(L, D), sigma=0.5), L)),
    "VAE that learns its noise": autoencoder(lambda: VAE(Gaussian(mlp(D, 2 * L)), Gaussian(mlp(L, 2 * D)), L)),
    "VAE of binary images": autoencoder(lambda: VAE(Gaussian(encoder(2 * L)), Bernoulli(decoder(L)), L), IMAGE),
    "VAE of images that learns its noise": autoencoder(
        lambda: VAE(Gaussian(encoder(2 * L)), Gaussian(decoder(L, 2 * IMAGE[0])), L), IMAGE
    ),
    "conditional VAE": conditional(
        lambda: VAE(Gaussian(Conditional(mlp(D + L, 2 * L), L)), Bernoulli(Conditional(mlp(2 * L, D), L)), L)
    ),
    "conditional VAE of images": conditional(
        lambda: VAE(Gaussian(Conditional(encoder(2 * L, L), L)), Bernoulli(Conditional(decoder(2 * L), L)), L), IMAGE
    ),
    "GAN": adversarial(lambda: GAN(mlp(L, 8, D), mlp(D, 8, 1), L)),
    "GAN of images": adversarial(lambda: GAN(decoder(L), encoder(1), L), IMAGE),
    "NonSaturatingGAN": adversarial(lambda: NonSaturatingGAN(mlp(L, 8, D), mlp(D, 8, 1), L)),
    "conditional GAN": conditional_game(
        lambda: GAN(Conditional(mlp(2 * L, 8, D), L), Conditional(mlp(D + L, 8, 1), L), L)
    ),
    "conditional GAN of images": conditional_game(
        lambda: NonSaturatingGAN(Conditional(decoder(2 * L), L), Conditional(encoder(1, L), L), L), IMAGE
    ),
}
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


def binary(case: Case, n: int = B) -> Tensor:
    ones = torch.rand(n, *case.shape, generator=torch.Generator().manual_seed(1)) < 0.5
    return ones.to(torch.get_default_dtype())


def results(case: Case, model: nn.Module, x: Tensor, seed: int = 0) -> dict[str, Tensor]:
    """Returns what every method gives, each from the same seed."""
    given = {}
    for name, (call, _) in case.calls().items():
        torch.manual_seed(seed)
        given[name] = call(model, x).detach()
    return given


@breaks(
    "noise in the default dtype",
    "gan.GAN.noise",
    "dtype=weight.dtype, ",
    "",
    given={"case": CASES["GAN"], "dtype": torch.float32},
    by=ValueError,
)
@breaks(
    "draws in the default dtype",
    "energy.bernoulli",
    ".lt_(p)",
    ".lt_(p).to(torch.get_default_dtype())",
    given={"case": CASES["RBM"], "dtype": torch.float32},
    by=RuntimeError,
)
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_results_keep_shape_dtype_and_device(case: Case, dtype: torch.dtype, device: str) -> None:
    """The default dtype is the other one meanwhile: what a model makes comes from its own parameters."""
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    torch.set_default_dtype(dtype)
    model, x = case.build().to(device), binary(case).to(device)
    torch.set_default_dtype(torch.float64 if dtype == torch.float32 else torch.float32)
    given = results(case, model, x)
    for name, (_, shape) in case.calls().items():
        assert given[name].shape == shape, name
        assert given[name].isfinite().all(), name
        assert (given[name].dtype, given[name].device) == (dtype, x.device), name


@breaks(
    "a buffer that became an attribute",
    "vae.VAE.__init__",
    'self.register_buffer("origin", torch.zeros(latent), persistent=False)',
    "self.origin = torch.zeros(latent)",
    given={"case": CASES["VAE of binary data"]},
    by=ValueError,
)
def test_a_cast_model_gives_what_it_was_cast_to(case: Case) -> None:
    """Buffers follow as parameters do: built in float64, cast to float32."""
    model, x = case.build().float(), binary(case).float()
    for name, value in results(case, model, x).items():
        assert value.dtype == torch.float32, name


@breaks(
    "data cast to the model's dtype",
    "energy.boltzmann.checked",
    "return x",
    "return x.double()",
    given={"case": CASES["RBM"]},
)
def test_nothing_is_cast_silently(case: Case) -> None:
    model, x = case.build(), binary(case).float()
    for name, (call, _) in (case.scores | {"loss": (next(iter(case.losses.values())), ())}).items():
        with pytest.raises((ValueError, RuntimeError), match=r"(?i)dtype|type"):
            pytest.fail(f"{name} gave {call(model, x).dtype}")


@breaks(
    "no gradient for the visible bias",
    "energy.RBM.loss",
    "self.W, self.b, self.c)",
    "self.W, self.b)",
    given={"case": CASES["RBM"]},
    by=RuntimeError,
)
@breaks(
    "no gradient for the encoder",
    "vae.VAE._codes",
    "self.encode(x, y)",
    "torch.no_grad()(self.encode)(x, y)",
    given={"case": CASES["VAE of binary data"]},
)
@breaks(
    "no gradient for the bias of a tied layer",
    "autoencoders.TiedAutoencoder.encode",
    "self.b)",
    "self.b.detach())",
    given={"case": CASES["TiedAutoencoder"]},
)
def test_gradients_reach_every_parameter(case: Case) -> None:
    model, x = case.build(), binary(case)
    for loss in case.losses.values():
        loss(model, x).backward()
    for name, p in model.named_parameters():
        assert p.grad is not None, name
        assert p.grad.isfinite().all(), name
        assert p.grad.abs().max() > 0, name


@breaks(
    "noise of its own",
    "energy.bernoulli",
    "torch.rand_like(p)",
    "torch.full_like(p, 0.5)",
    given={"case": CASES["RBM"]},
)
def test_a_seed_gives_the_same_and_another_seed_something_else(case: Case) -> None:
    x = binary(case, 40)
    model = case.build()
    first, again, other = (results(case, deepcopy(model), x, seed) for seed in (3, 3, 4))
    for name in first:
        assert torch.equal(first[name], again[name]), name
    for name in case.noisy:
        assert not torch.equal(first[name], other[name]), name


@breaks("one value for the whole batch", "energy.RBM._free_energy", ".sum(-1)", ".sum()", given={"case": CASES["RBM"]})
@breaks(
    "one error for the whole batch",
    "autoencoders.BinaryAutoencoder.error",
    ".flatten(1).sum(1)",
    ".sum().expand(len(x))",
    given={"case": CASES["BinaryAutoencoder"]},
)
def test_rows_do_not_see_each_other(case: Case) -> None:
    model, x = case.build(), binary(case)
    for name, (call, _) in case.scores.items():
        rows = torch.cat([call(model, row) for row in x.split(1)])
        assert_close(rows, call(model, x), msg=name)


def test_data_is_not_altered(case: Case) -> None:
    model, x = case.build(), binary(case)
    results(case, model, x)
    assert torch.equal(x, binary(case))


def test_a_state_dict_restores_the_model(case: Case) -> None:
    model, x, file = case.build(), binary(case), io.BytesIO()
    for loss in case.losses.values():
        loss(model, x)
    torch.save(model.state_dict(), file)
    file.seek(0)
    other = case.build()
    other.load_state_dict(torch.load(file))
    assert_same(results(case, model, x), results(case, other, x))


@breaks(
    "constructors called with their defaults",
    "saving._arguments",
    "getattr(model, parameter.name, parameter.default)",
    "parameter.default",
    given={"case": CASES["RBM"]},
    by=TypeError,
)
@breaks(
    "weights left where they began",
    "saving._fill",
    "model.load_state_dict(",
    "dict(",
    given={"case": CASES["RBM"]},
)
def test_what_is_loaded_is_what_was_saved(case: Case, tmp_path: Path) -> None:
    """Built anew, every method gives the same numbers, in the dtype in which they were saved."""
    for dtype in (torch.float64, torch.float32):
        model, x = case.build().to(dtype), binary(case).to(dtype)
        with torch.no_grad():
            for p in model.parameters():
                p.normal_(std=0.1)
        genlib.save(model, tmp_path / "model")
        state = torch.random.get_rng_state()
        other = genlib.load(tmp_path / "model")
        assert torch.equal(torch.random.get_rng_state(), state)
        assert str(other) == str(model)
        assert_same(results(case, model, x), results(case, other, x))


def test_a_copy_is_the_same_and_its_own(case: Case) -> None:
    model, x = case.build(), binary(case)
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    other = deepcopy(model)
    assert_same(results(case, deepcopy(model), x), results(case, deepcopy(other), x))
    with torch.no_grad():
        for p in other.parameters():
            p.add_(0.1)
    results(case, other, x)
    for name, value in model.state_dict().items():
        assert torch.equal(value, kept[name]), name


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    for name in one:
        assert torch.equal(one[name], other[name]), name


@breaks("size unsaid", "energy.RBM.extra_repr", ", hidden={self.hidden}", "", given={"case": CASES["RBM"]})
def test_a_printed_model_tells_its_class_and_sizes(case: Case) -> None:
    """Every module of genlib that has parameters of its own says how many rows and columns they have."""
    model = case.build()
    assert str(model).startswith(type(model).__name__ + "(")
    for part in model.modules():
        if type(part).__module__.startswith("genlib"):
            sizes = {str(n) for parameter in part.parameters(recurse=False) for n in parameter.shape}
            assert sizes <= set(re.findall(r"=(\d+)", part.extra_repr()))
