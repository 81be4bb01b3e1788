"""The widgets that the table of bad input holds, each with the arguments of a good call: a new one is one line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from genlib.autoencoders import Autoencoder, BinaryAutoencoder, DenoisingAutoencoder
from genlib.autoregressive import MADE
from genlib.energy import DBN, RBM, BoltzmannMachine, ClassRBM
from genlib.gan import GAN
from genlib.mixture import BernoulliMixture
from genlib.nn import Bernoulli, Gaussian, mlp
from genlib.vae import VAE


@dataclass(frozen=True)
class WidgetCase:
    """A widget, made of `Widget(**arguments())`.

    Attributes:
        arguments: A good value for each argument that can be wrong, the model that `update` takes first; made anew.
        too_large: Makes a model of the same class that is refused for its size, by the widget and by `update`.
        resized: Makes models that `update` refuses, because the widget shows one of another size.
        bits: Arguments that hold zeros and ones alone.
        fine: Ways to spoil an argument that this widget takes as they are meant, such as `"-1 for label"`.
    """

    arguments: Callable[[], dict[str, Any]]
    too_large: Callable[[], nn.Module] | None = None
    resized: tuple[Callable[[], nn.Module], ...] = ()
    bits: tuple[str, ...] = ()
    fine: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """The name of the argument that is the model; empty where a widget shows none."""
        return next((name for name, value in self.arguments().items() if isinstance(value, nn.Module)), "")


def bits(*shape: int) -> Tensor:
    return torch.ones(shape).tril()


def vae(pixels: int = 9, latent: int = 2, width: int = 8) -> VAE:
    return VAE(Gaussian(mlp(pixels, width, 2 * latent)), Bernoulli(mlp(latent, width, pixels)), latent)


def denoiser(pixels: int = 9, width: int = 8) -> DenoisingAutoencoder:
    return DenoisingAutoencoder(BinaryAutoencoder(mlp(pixels, width), mlp(width, pixels)), torch.clone)


def cleaner(width: int = 8) -> DenoisingAutoencoder:
    """A denoiser of points in the plane."""
    return DenoisingAutoencoder(Autoencoder(mlp(2, width), mlp(width, 2)), torch.clone)


def game(latent: int = 2, plane: int = 2) -> GAN:
    return GAN(mlp(latent, 8, plane), mlp(plane, 8, 1), latent)


WIDGETS = {
    "Annealing": WidgetCase(
        lambda: {"rbm": RBM(9, 3), "base": torch.zeros(9), "samples": bits(5, 9), "shape": (3, 3), "temperatures": 7,
                 "chains": 5, "seed": 1},
        lambda: RBM(1600, 900), (lambda: RBM(9, 4), lambda: RBM(16, 3)), bits=("samples",)),
    "BoltzmannBars": WidgetCase(
        lambda: {"machine": BoltzmannMachine(3, 1), "temperature": 1.5, "clamp": [None, 1, 0, None], "k": 5, "seed": 1},
        lambda: BoltzmannMachine(5, 2)),
    "ChainOnALandscape": WidgetCase(
        lambda: {"hills": [(0, 0, 0.5), (2, 1, 0.3, 0.5)], "landscape": "a ring", "walker": "gibbs", "scale": 0.5,
                 "first": 10, "seed": 1},
        fine=("one more for hills", "one less for hills")),
    "CodePlane": WidgetCase(
        lambda: {"model": Autoencoder(mlp(9, 8, 2), mlp(2, 8, 9)), "x": bits(5, 9), "y": torch.arange(5),
                 "z": torch.tensor([0.5, -1.0])},
        lambda: Autoencoder(mlp(9, 70_000, 2), mlp(2, 70_000, 9)),
        (lambda: Autoencoder(mlp(9, 7, 2), mlp(2, 7, 9)), lambda: Autoencoder(mlp(16, 8, 2), mlp(2, 8, 16))),
        fine=("an array of numpy for z",)),
    "ConvolutionStepper": WidgetCase(
        lambda: {"operation": "transposed", "w": torch.eye(3), "kernel": 3, "stride": 2, "padding": 1, "side": 4,
                 "picture": "spot", "weights": "own", "seed": 1}),
    "Denoiser": WidgetCase(
        lambda: {"model": denoiser(), "x": bits(5, 9), "kind": "gaussian", "amount": 0.5, "way": "clean",
                 "shape": (3, 3), "seed": 1},
        lambda: denoiser(784, 600), (lambda: denoiser(width=7), lambda: denoiser(pixels=16)), bits=("x",)),
    "Dream": WidgetCase(
        lambda: {"dbn": DBN(RBM(9, 6), ClassRBM(6, 3, 5)), "x": bits(1, 9), "label": 1, "examples": bits(5, 9),
                 "shape": (3, 3), "k": 5, "seed": 1},
        lambda: DBN(RBM(784, 500), RBM(500, 500)),
        (lambda: DBN(RBM(9, 5), ClassRBM(5, 3, 5)), lambda: DBN(RBM(9, 6), RBM(6, 5))), bits=("x", "examples"),
        fine=("-1 for label",)),
    "EMSteps": WidgetCase(
        lambda: {"x": bits(5, 9), "mixture": BernoulliMixture(9, 3), "components": 3, "guess": "decided",
                 "smoothing": 0.5, "start": "twins", "shape": (3, 3), "seed": 1},
        lambda: BernoulliMixture(9, 13), (lambda: BernoulliMixture(16, 3),), bits=("x",)),
    "GANLab": WidgetCase(
        lambda: {"gan": game(), "data": torch.randn(300, 2).clamp(-3, 3), "rate_d": 0.01, "rate_g": 0.01, "d_steps": 2,
                 "batch": 64, "betas": (0.5, 0.9), "seed": 1, "limit": 4.0},
        lambda: game(plane=3)),
    "GibbsChain": WidgetCase(
        lambda: {"rbm": RBM(9, 3), "x": bits(1, 9), "examples": bits(5, 9), "clamp": torch.arange(9) < 3,
                 "shape": (3, 3), "k": 5, "seed": 1},
        lambda: RBM(1600, 900), (lambda: RBM(9, 4), lambda: RBM(16, 3)), bits=("x", "examples")),
    "HalfDigit": WidgetCase(
        lambda: {"rbm": RBM(784, 4), "vae": vae(784), "seed": 1}, lambda: RBM(784, 900),
        (lambda: RBM(784, 5), lambda: RBM(9, 4)), fine=("a class of one's own for vae",)),
    "LatentExplorer": WidgetCase(
        lambda: {"vae": vae(), "x": bits(5, 9), "y": torch.arange(5), "z": torch.tensor([0.5, -1.0]), "seed": 1},
        lambda: vae(latent=33), (lambda: vae(width=7), lambda: vae(latent=3), lambda: vae(pixels=16)),
        fine=("a class of one's own for vae", "an array of numpy for z")),
    "PixelByPixel": WidgetCase(
        lambda: {"model": MADE(9, 5), "x": bits(5, 9), "given": 4, "shape": (3, 3), "seed": 1},
        lambda: MADE(1600, 4), (lambda: MADE(9, 6), lambda: MADE(16, 5)), bits=("x",)),
    "ScoreField": WidgetCase(
        lambda: {"model": cleaner(), "data": "two_moons", "sigma": 0.5, "share": 0.5, "shade": "difference",
                 "start": (1.0, -2.0), "limit": 4.0},
        lambda: cleaner(70_000), (lambda: cleaner(7),)),
    "Taxonomy": WidgetCase(lambda: {"chosen": "vae"}),
    "TinyWorld": WidgetCase(
        lambda: {"x": bits(5, 12), "model": RBM(12, 4), "family": "rbm", "flip": 0.1, "hidden": 4, "method": "cd",
                 "k": 5, "rate": 0.1, "batch": 64, "seed": 1},
        lambda: RBM(12, 17), (lambda: RBM(9, 4),), bits=("x",)),
    "TwoDensities": WidgetCase(
        lambda: {"kl": "qp", "means": (-1.0, 2.0), "sigmas": (0.5, 1.0), "share": 0.25, "start": (1.0, 0.5)}),
}  # fmt: skip
