"""The models that the contract holds, each with a call of every public method: a new model is one line in `CASES`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn

from genlib.autoencoders import (
    GSN,
    Autoencoder,
    BinaryAutoencoder,
    CodeRBM,
    DeconvolutionNetwork,
    DenoisingAutoencoder,
    SparseAutoencoder,
    TiedAutoencoder,
    masking,
    salt_and_pepper,
    score,
    unrolled,
)
from genlib.autoregressive import (
    FVSBN,
    MADE,
    NADE,
    Autoregressive,
    DiagonalBiLSTM,
    Ensemble,
    GatedPixelCNN,
    LevelPixelCNN,
    Logistics,
    PixelCNN,
    PixelGRU,
    PixelRNN,
    PlainRecurrence,
    RowLSTM,
    Softmax,
)
from genlib.energy import DBM, DBN, RBM, BoltzmannMachine, CentredRBM, ClassRBM, ais, pseudo_log_prob, reverse_ais
from genlib.gan import GAN, NonSaturatingGAN
from genlib.mixture import BernoulliMixture
from genlib.nn import Bernoulli, Classifier, Conditional, Gaussian, conv_decoder, conv_encoder, mlp
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
        bits: Whether data are states of units that are zero or one: what scores or moves them refuses grey levels.
    """

    build: Callable[[], nn.Module]
    losses: dict[str, Call]
    scores: dict[str, tuple[Call, tuple[int, ...]]]
    noisy: dict[str, tuple[Call, tuple[int, ...]]]
    shape: tuple[int, ...] = (D,)
    bits: bool = False

    def calls(self) -> dict[str, tuple[Call, tuple[int, ...]]]:
        return {name: (loss, ()) for name, loss in self.losses.items()} | self.scores | self.noisy


def like(x: Tensor, features: int) -> Tensor:
    """Returns ones of another width in the place, dtype and number of `x`."""
    return x.new_ones(len(x), features)


def boltzmann(kind: type[RBM]) -> Case:
    return Case(
        bits=True,
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
            "ais from a base": (lambda m, x: torch.tensor(ais(m, temperatures=4, base=x[0]).log_z).to(x), ()),
            "reverse_ais": (lambda m, x: torch.tensor(reverse_ais(m, x, temperatures=4).log_z).to(x), ()),
        },
    )


def general() -> Case:
    return Case(
        bits=True,
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
            "clamped gibbs": (
                lambda m, x: m.gibbs(torch.cat([x, like(x, H)], 1), 2, clamp=torch.arange(D + H, device=x.device) < 2),
                (B, D + H),
            ),
            "sample": (lambda m, x: m.sample(7, steps=3), (7, D)),
        },
    )


def labelled() -> Case:
    """Three pixels and three classes make the D visible units of the data."""
    pixels = D // 2
    with_label = lambda m, x: m.with_label(x[:, :pixels], x[:, pixels:].argmax(1))  # noqa: E731
    return Case(
        bits=True,
        build=lambda: ClassRBM(pixels, D - pixels, H),
        losses={"loss": lambda m, x: m.loss(with_label(m, x), steps=2)},
        scores={
            "energy": (lambda m, x: m.energy(with_label(m, x), like(x, H)), (B,)),
            "with_label": (lambda m, x: with_label(m, x), (B, D)),
            "free_energy": (lambda m, x: m.free_energy(with_label(m, x)), (B,)),
            "log_prob": (lambda m, x: m.log_prob(with_label(m, x)), (B,)),
            "label_free_energy": (lambda m, x: m.label_free_energy(x[:, :pixels]), (B, D - pixels)),
            "prob_h": (lambda m, x: m.prob_h(with_label(m, x)), (B, H)),
            "free_energy of pictures": (lambda m, x: m.free_energy(x[:, :pixels]), (B,)),
            "prob_y": (lambda m, x: m.prob_y(x[:, :pixels]), (B, D - pixels)),
            "pseudo_log_prob": (lambda m, x: pseudo_log_prob(m, x[:, :pixels]), (B,)),
            "prob_x": (lambda m, x: m.prob_x(like(x, H)), (B, D)),
        },
        noisy={
            "gradient": (lambda m, x: m.gradient(with_label(m, x))[0], (H, D)),
            "gibbs": (lambda m, x: m.gibbs(with_label(m, x), 2), (B, D)),
            "sample of labels": (
                lambda m, x: m.sample(7, 3, y=torch.arange(7, device=x.device) % (D - pixels)),
                (7, D),
            ),
            "ais": (lambda m, x: torch.tensor(ais(m, chains=9, temperatures=4).log_z).to(x), ()),
        },
    )


def belief() -> Case:
    return Case(
        bits=True,
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
        bits=True,
        build=lambda: DBM(D, H, L),
        losses={"loss": lambda m, x: m.loss(x, chains=like(x, D + L))},
        scores={
            "energy": (lambda m, x: m.energy(x, like(x, H), like(x, L)), (B,)),
            "mean_field": (lambda m, x: m.mean_field(x)[0], (B, H)),
            "bound": (lambda m, x: m.bound(x), (B,)),
        },
        noisy={
            "gibbs": (lambda m, x: m.gibbs(like(x, D + L), 2), (B, D + L)),
            "clamped gibbs": (
                lambda m, x: m.gibbs(like(x, D + L), 2, clamp=torch.arange(D + L, device=x.device) < 2),
                (B, D + L),
            ),
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


def rebuilding_bits(build: Callable[[], BinaryAutoencoder], shape: tuple[int, ...] = (D,)) -> Case:
    plain = rebuilding(build, shape)
    return replace(plain, scores=plain.scores | {"logit": (lambda m, x: m.logit(like(x, L)), (B, *shape))})


def denoising(build: Callable[[], Autoencoder], shape: tuple[int, ...] = (D,)) -> Case:
    plain = rebuilding(build, shape)
    return Case(
        build=lambda: DenoisingAutoencoder(build(), partial(masking, rate=0.5)),
        shape=shape,
        losses=plain.losses,
        scores={name: call for name, call in plain.scores.items() if name != "error"}
        | {"score": (lambda m, x: score(m, x, 0.5), (B, *shape))},
        noisy={"error": plain.scores["error"]},
    )


def sparse(build: Callable[[], Autoencoder], shape: tuple[int, ...] = (D,)) -> Case:
    plain = rebuilding(build, shape)
    return Case(
        build=lambda: SparseAutoencoder(build(), rho=0.2, beta=0.5),
        shape=shape,
        losses=plain.losses | {"penalty": lambda m, x: m.penalty(x)},
        scores={name: call for name, call in plain.scores.items() if name != "error of another input"},
        noisy={},
    )


def coding() -> Case:
    return Case(
        build=lambda: CodeRBM(D, L),
        losses={"loss": lambda m, x: m.loss(x)},
        scores={
            "energy": (lambda m, x: m.energy(x, like(x, L)), (B,)),
            "free_energy": (lambda m, x: m.free_energy(x), (B,)),
            "log_prob": (lambda m, x: m.log_prob(x), (B,)),
            "mean_h": (lambda m, x: m.mean_h(x), (B, L)),
            "prob_x": (lambda m, x: m.prob_x(like(x, L)), (B, D)),
        },
        noisy={},
    )


def walking(build: Callable[[], nn.Module], shape: tuple[int, ...] = (D,)) -> Case:
    return Case(
        build=lambda: GSN(build(), partial(salt_and_pepper, rate=0.4)),
        shape=shape,
        losses={"loss": lambda m, x: m.loss(x), "loss of walkback": lambda m, x: m.loss(x, steps=3)},
        scores={"posterior": (lambda m, x: m.posterior(x).mean, (B, *shape))},
        noisy={
            "walk": (lambda m, x: m.walk(x, steps=3), (B, *shape)),
        },
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
        noisy={
            "noise": (lambda m, x: m.noise(7), (7, L)),
            "sample": (lambda m, x: m.sample(7, torch.arange(7, device=x.device) % L), (7, *shape)),
        },
    )


def mixed() -> Case:
    return Case(
        bits=True,
        build=lambda: BernoulliMixture(D, H),
        losses={"loss": lambda m, x: m.loss(x)},
        scores={
            "log_joint": (lambda m, x: m.log_joint(x), (B, H)),
            "log_prob": (lambda m, x: m.log_prob(x), (B,)),
            "responsibilities": (lambda m, x: m.responsibilities(x), (B, H)),
            "bound": (lambda m, x: m.bound(x, like(x, H) / H), (B,)),
        },
        noisy={"sample": (lambda m, x: m.sample(7), (7, D))},
    )


def chained(build: Callable[[], Autoregressive]) -> Case:
    return Case(
        build=build,
        losses={"loss": lambda m, x: m.loss(x)},
        scores={
            "logit": (lambda m, x: m.logit(x), (B, D)),
            "log_prob": (lambda m, x: m.log_prob(x), (B,)),
            "complete with all given": (lambda m, x: m.complete(x, D), (B, D)),
            "sample from known numbers": (lambda m, x: m.sample(len(x), u=x), (B, D)),
            "complete with known numbers": (lambda m, x: m.complete(x, 2, u=0.5 * like(x, D)), (B, D)),
        },
        noisy={
            "complete": (lambda m, x: m.complete(x, given=2), (B, D)),
            "sample": (lambda m, x: m.sample(7), (7, D)),
        },
    )


def gated(build: Callable[[], GatedPixelCNN]) -> Case:
    plain = chained(build)
    return replace(plain, scores=plain.scores | {"log_joint": (lambda m, x: m.log_joint(x), (B, 1))})


def chained_with_label(build: Callable[[], GatedPixelCNN]) -> Case:
    return Case(
        build=build,
        losses={"loss": lambda m, x: m.loss(x, label(x)), "loss without labels": lambda m, x: m.loss(x)},
        scores={
            "logit": (lambda m, x: m.logit(x, label(x)), (B, D)),
            "log_prob": (lambda m, x: m.log_prob(x, label(x)), (B,)),
            "log_prob without labels": (lambda m, x: m.log_prob(x), (B,)),
            "log_joint": (lambda m, x: m.log_joint(x), (B, L)),
            "sample from known numbers": (lambda m, x: m.sample(len(x), label(x), u=x), (B, D)),
            "complete with known numbers": (lambda m, x: m.complete(x, 2, label(x), u=0.5 * like(x, D)), (B, D)),
        },
        noisy={
            "complete": (lambda m, x: m.complete(x, 2, label(x)), (B, D)),
            "sample": (lambda m, x: m.sample(7), (7, D)),
        },
    )


def painted(build: Callable[[], LevelPixelCNN], shape: tuple[int, ...]) -> Case:
    return Case(
        build=build,
        shape=shape,
        losses={"loss": lambda m, x: m.loss(x)},
        scores={
            "log_prob": (lambda m, x: m.log_prob(x), (B,)),
            "complete with all given": (lambda m, x: m.complete(x, math.prod(shape[1:])), (B, *shape)),
            "sample from known numbers": (lambda m, x: m.sample(len(x), u=x), (B, *shape)),
        },
        noisy={
            "complete": (lambda m, x: m.complete(x, given=2), (B, *shape)),
            "sample": (lambda m, x: m.sample(7), (7, *shape)),
        },
    )


def averaged() -> Case:
    return Case(
        build=lambda: Ensemble([MADE(D, 8), MADE(D, 8, order=range(D - 1, -1, -1))]),
        losses={"loss": lambda m, x: m.loss(x)},
        scores={"log_prob": (lambda m, x: m.log_prob(x), (B,))},
        noisy={"sample": (lambda m, x: m.sample(7), (7, D))},
    )


def pixel_classifier(unpooling: str) -> Case:
    """Classes of pixels follow the first channel; normalised as while not training, and away from the ReLU's kink."""
    height, width, pixels = 2, 4, lambda x: x[:, 0].long()

    def build() -> DeconvolutionNetwork:
        model = DeconvolutionNetwork((3,), L, unpooling, inputs=IMAGE[0])
        with torch.no_grad():
            for p in model.parameters():
                p.add_(0.1 * torch.randn_like(p))
        return model.eval()

    return Case(
        build=build,
        shape=(IMAGE[0], height, width),
        losses={"loss": lambda m, x: m.loss(x, pixels(x))},
        scores={
            "log_prob_y": (lambda m, x: m.log_prob_y(x), (B, L, height, width)),
            "ladder": (lambda m, x: m.ladder(x)[0], (B, 3, height // 2, width // 2)),
            "unpooled": (lambda m, x: m.unpooled(x)[0], (B, 3, height, width)),
        },
        noisy={},
    )


def classifier(build: Callable[[], Classifier], shape: tuple[int, ...] = (D,)) -> Case:
    return Case(
        build=build,
        shape=shape,
        losses={"loss": lambda m, x: m.loss(x, label(x))},
        scores={
            "features": (lambda m, x: m.features(x), (B, H)),
            "log_prob_y": (lambda m, x: m.log_prob_y(x), (B, L)),
        },
        noisy={},
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
    "Classifier": classifier(lambda: Classifier(mlp(D, 8, H), H, L)),
    "Classifier of images": classifier(lambda: Classifier(encoder(H), H, L), IMAGE),
    "RBM": boltzmann(RBM),
    "CentredRBM": boltzmann(CentredRBM),
    "BoltzmannMachine": general(),
    "ClassRBM": labelled(),
    "DBN": belief(),
    "DBM": deep(),
    "BernoulliMixture": mixed(),
    "Autoencoder": rebuilding(lambda: Autoencoder(mlp(D, 8, L), mlp(L, 8, D))),
    "Autoencoder of images": rebuilding(lambda: Autoencoder(encoder(L), decoder(L)), IMAGE),
    "BinaryAutoencoder": rebuilding_bits(lambda: BinaryAutoencoder(mlp(D, 8, L), mlp(L, 8, D))),
    "BinaryAutoencoder of images": rebuilding_bits(lambda: BinaryAutoencoder(encoder(L), decoder(L)), IMAGE),
    "TiedAutoencoder": rebuilding_bits(lambda: TiedAutoencoder(D, L)),
    "DenoisingAutoencoder": denoising(lambda: TiedAutoencoder(D, L)),
    "DenoisingAutoencoder of images": denoising(lambda: Autoencoder(encoder(L), decoder(L)), IMAGE),
    "SparseAutoencoder": sparse(lambda: TiedAutoencoder(D, L)),
    "SparseAutoencoder of images": sparse(
        lambda: Autoencoder(nn.Sequential(encoder(L), nn.Sigmoid()), decoder(L)), IMAGE
    ),
    "GSN": walking(lambda: Bernoulli(mlp(D, 8, D))),
    "GSN of images": walking(lambda: Bernoulli(nn.Sequential(encoder(L), decoder(L))), IMAGE),
    "CodeRBM": coding(),
    "unrolled stack": rebuilding_bits(lambda: unrolled(RBM(D, H), CodeRBM(H, L))),
    "DeconvolutionNetwork": pixel_classifier("switches"),
    "DeconvolutionNetwork without switches": pixel_classifier("copies"),
    "FVSBN": chained(lambda: FVSBN(D)),
    "NADE": chained(lambda: NADE(D, H)),
    "MADE": chained(lambda: MADE(D, 8)),
    "deep MADE in another order": chained(lambda: MADE(D, 8, order=[3, 1, 5, 0, 2, 4], layers=2)),
    "PixelGRU": chained(lambda: PixelGRU(D, H)),
    "PixelRNN, plain": chained(lambda: PixelRNN((2, 3), [PlainRecurrence(1, H)])),
    "PixelRNN, row by row": chained(lambda: PixelRNN((2, 3), [RowLSTM(1, H), RowLSTM(H, H)])),
    "PixelRNN, diagonals": chained(lambda: PixelRNN((2, 3), [DiagonalBiLSTM(1, H)])),
    "PixelCNN": chained(lambda: PixelCNN((2, 3), 8, 2, first=3)),
    "GatedPixelCNN": gated(lambda: GatedPixelCNN((2, 3), 4, 3, first=3, dilations=(1, 2))),
    "GatedPixelCNN of labelled images": chained_with_label(lambda: GatedPixelCNN((2, 3), 4, 2, first=3, classes=L)),
    "LevelPixelCNN": painted(lambda: LevelPixelCNN((1, 2, 3), Softmax(2), 4, 2, first=3), (1, 2, 3)),
    "LevelPixelCNN of colours": painted(lambda: LevelPixelCNN((3, 2, 2), Logistics(2, 2), 4, 2, first=3), (3, 2, 2)),
    "Ensemble": averaged(),
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


def binary(case: Case, n: int = B) -> Tensor:
    ones = torch.rand(n, *case.shape, generator=torch.Generator().manual_seed(1)) < 0.5
    return ones.to(torch.get_default_dtype())
