"""What each widget tells Python after a few acts by hand, number by number, as it was before it was last rewritten.

    GENLIB_GOLDEN=write python -m pytest tests/widgets/test_golden.py -k GANLab     writes them anew: a change is meant

Long lists are kept as their size, sum and weighted sum. Weights are made without torch, whose random numbers may
differ in the last bit from one processor to another.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from harness import chromium, from_python, needs_chromium, opened, recorded, rest, trait
from ipywidgets import Widget
from playwright.sync_api import Browser, Page
from torch import Tensor, nn

from genlib.autoencoders import Autoencoder, BinaryAutoencoder, DenoisingAutoencoder
from genlib.autoregressive import MADE
from genlib.energy import DBN, RBM, BoltzmannMachine, ClassRBM
from genlib.gan import NonSaturatingGAN
from genlib.nn import Bernoulli, Gaussian, mlp
from genlib.vae import VAE
from genlib.widgets import (
    Annealing,
    BoltzmannBars,
    ChainOnALandscape,
    CodePlane,
    ConvolutionStepper,
    Denoiser,
    Dream,
    EMSteps,
    GANLab,
    GibbsChain,
    LatentExplorer,
    PixelByPixel,
    ScoreField,
    TinyWorld,
)

pytestmark = needs_chromium
GOLDEN = Path(__file__).parent / "golden"
Model = TypeVar("Model", bound=nn.Module)
Act = Callable[[Page], object]


@pytest.fixture(scope="module", autouse=True)
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def drawn(*shape: int, scale: float = 1.0, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.round(scale * np.random.RandomState(seed).standard_normal(shape), 3))


def bits(*shape: int) -> Tensor:
    return (drawn(*shape) > 0).double()


def loud(model: Model, scale: float = 0.3) -> Model:
    for seed, parameter in enumerate(model.parameters()):
        parameter.data = drawn(*parameter.shape, scale=scale, seed=seed).to(parameter.dtype)
    return model


def gan_lab() -> GANLab:
    shape = {"activation": lambda: nn.LeakyReLU(0.2)}
    gan = NonSaturatingGAN(mlp(2, 16, 2, **shape), mlp(2, 16, 1, **shape), 2)
    return GANLab(loud(gan), drawn(600, 2), seed=3)


def code_plane() -> CodePlane:
    model = loud(Autoencoder(mlp(64, 16, 2), mlp(2, 16, 64)))
    return CodePlane(model, bits(40, 64), torch.arange(40) % 10)


def latent_explorer() -> LatentExplorer:
    vae = loud(VAE(Gaussian(mlp(64, 32, 4)), Bernoulli(mlp(2, 32, 64)), 2))
    return LatentExplorer(vae, bits(40, 64), torch.arange(40) % 10, seed=3)


def denoiser() -> Denoiser:
    plain = BinaryAutoencoder(mlp(64, 16), mlp(16, 64))
    return Denoiser(DenoisingAutoencoder(loud(plain), torch.clone), bits(5, 64), seed=3)


def score_field() -> ScoreField:
    models = {sigma: Autoencoder(mlp(2, 16), mlp(16, 2)) for sigma in (0.3, 1.0)}
    return ScoreField({sigma: DenoisingAutoencoder(loud(plain), torch.clone) for sigma, plain in models.items()})


def tiny_world() -> TinyWorld:
    world = TinyWorld(model=loud(RBM(12, 8)), seed=3)
    world.first = 0
    return world


def press(name: str, times: int = 1) -> Act:
    return lambda page: [page.get_by_role("button", name=name, exact=True).first.click() for _ in range(times)]


def choose(label: str, value: str) -> Act:
    named = re.compile(f"^{label}")
    return lambda page: page.locator("label").filter(has_text=named).locator("select").first.select_option(value)


def fill(label: str, value: str) -> Act:
    return lambda page: page.get_by_role("slider", name=label).first.fill(value)


def told(**values: object) -> Act:
    return lambda page: from_python(page, **values)


def until(condition: str) -> Act:
    return lambda page: page.wait_for_function(condition)


def both(first: Act, second: Act) -> Act:
    return lambda page: (first(page), second(page))


SCRIPTS: dict[str, tuple[Callable[[], Widget], list[Act]]] = {
    "Annealing": (
        lambda: Annealing(loud(RBM(64, 16)), base=drawn(64), seed=3),
        [
            fill("Temperatures", "1.5"),
            press("Step"),
            both(press("To the end"), until("trait('beta') === 1")),
            choose("Base", "own"),
            both(press("To the end"), until("trait('beta') === 1")),
            fill("Chains", "7"),
        ],
    ),
    "BoltzmannBars": (
        lambda: BoltzmannBars(loud(BoltzmannMachine(4, 2), 1.0), clamp=[None, 1, None, None, 0, None], k=1, seed=3),
        [press("One unit"), press("Step", 3), fill("Bias c", "1.5"), told(temperature=0.5, k=10), press("Step", 2)],
    ),
    "ChainOnALandscape": (
        lambda: ChainOnALandscape(seed=3),
        [press("Step"), told(walker="tempered"), press("Step", 3), told(walker="langevin", scale=0.2), press("Step")],
    ),
    "ConvolutionStepper": (
        lambda: ConvolutionStepper(picture="noise", seed=3),
        [
            press("Step", 2),
            choose("Operation", "transposed"),
            press("Step", 3),
            told(weights="noise", kernel=4),
            press("Step", 2),
            press("Back"),
        ],
    ),
    "Denoiser": (
        denoiser,
        [
            press("Step", 3),
            choose("Noise", "gaussian"),
            press("Take picture 3"),
            told(amount=0.1, way="chain"),
            press("Step", 2),
            press("Spoil it anew"),
        ],
    ),
    "Dream": (
        lambda: Dream(loud(DBN(RBM(64, 48), ClassRBM(48, 10, 32))), examples=bits(9, 64), seed=3),
        [
            press("Step", 5),
            lambda page: page.get_by_label("3", exact=True).check(),
            press("Step", 5),
            told(k=7),
            press("Step"),
        ],
    ),
    "EMSteps": (
        lambda: EMSteps(bits(60, 64), seed=3),
        [press("M step"), press("E step"), press("M step"), told(guess="decided", smoothing=0.5), press("M step", 3)],
    ),
    "GANLab": (
        gan_lab,
        [
            press("Step D", 2),
            press("Step G"),
            choose("Steps per press", "50"),
            press("Step both"),
            choose("Generator's loss", "minimax"),
            press("Step both"),
            choose("Data", "two_moons"),
            press("New weights"),
            press("Step both"),
        ],
    ),
    "GibbsChain": (
        lambda: GibbsChain(loud(RBM(64, 16)), examples=bits(9, 64), seed=3),
        [press("Step", 3), choose("Keep", "top"), fill("Sweeps per frame", "9"), press("Step"), told(persistent=False)],
    ),
    "CodePlane": (code_plane, [press("Encode a 6"), told(z=[0.25, -0.75]), press("Step"), press("Step")]),
    "LatentExplorer": (latent_explorer, [press("Encode a 6"), told(z=[0.25, -0.75]), press("Step"), press("Step")]),
    "PixelByPixel": (
        lambda: PixelByPixel(loud(MADE(64, 16)), bits(9, 64), seed=3),
        [
            press("Step", 3),
            fill("Pixels kept", "20"),
            press("Step", 2),
            choose("Begin with", "4"),
            told(pixel=40),
            press("Clear"),
        ],
    ),
    "ScoreField": (
        score_field,
        [press("Step", 3), choose("Noise", "1"), press("Step", 2), told(start=[1.5, -2.25], share=0.5), press("Step")],
    ),
    "TinyWorld": (
        tiny_world,
        [press("Step", 2), choose("Gradient", "pcd"), fill("Rate", "0.1"), press("Step", 2), told(k=3), press("Step")],
    ),
}


# The last digits of these, and so single bytes, differ from one processor to another.
NUMBERS = {"law": np.float64, "trained": np.float64}


def kept(value: object, name: str = "") -> object:
    """Returns a trait's value as it is written down: what is long as its size, sum and weighted sum."""
    if isinstance(value, bytes):
        value = np.frombuffer(value, NUMBERS.get(name, np.uint8)).tolist()
    if not isinstance(value, list):
        return value
    flat = np.array(value, dtype=float).ravel() if value and not isinstance(value[0], (dict, str)) else value
    if len(flat) <= 12:
        return value
    if isinstance(flat, list):
        return [len(flat), kept(flat[-1])]
    flat = np.nan_to_num(flat)
    return {"size": len(flat), "sum": flat.sum(), "weighted": flat @ np.arange(1, len(flat) + 1)}


def replayed(name: str) -> list[dict[str, Any]]:
    """Returns what the widget's traits have become at first and after each act, where they have changed."""
    make, acts = SCRIPTS[name]
    with opened(None) as page:
        recorded(page, widget := make())
        names = [
            name for name in widget.keys if not name.startswith("_") and name not in ("layout", "tabbable", "tooltip")
        ]
        names = [name for name in names if not name.endswith(("spec", "weights"))]
        story: list[dict[str, Any]] = []
        seen: dict[str, Any] = {}
        for act in (None, *acts):
            if act:
                act(page)
                rest(page)
            now = {name: kept(trait(page, name), name) for name in names}
            story.append({name: value for name, value in now.items() if name not in seen or value != seen[name]})
            seen = now
    return story


def close(got: object, expected: object) -> bool:
    if isinstance(expected, dict) and isinstance(got, dict):
        return got.keys() == expected.keys() and all(close(got[key], expected[key]) for key in expected)
    if isinstance(expected, list) and isinstance(got, list):
        return len(got) == len(expected) and all(close(a, b) for a, b in zip(got, expected, strict=True))
    if isinstance(expected, float):
        return got == pytest.approx(expected, rel=1e-6, abs=1e-9)
    return got == expected


@pytest.mark.parametrize("name", SCRIPTS)
def test_numbers_are_those_of_before(name: str) -> None:
    story, file = replayed(name), GOLDEN / f"{name}.json"
    if os.environ.get("GENLIB_GOLDEN") == "write":
        file.write_text("[\n" + ",\n".join(map(json.dumps, story)) + "\n]\n", "utf-8")
    for act, (got, before) in enumerate(zip(story, json.loads(file.read_text("utf-8")), strict=True)):
        assert got.keys() == before.keys(), f"after act {act}"
        for trait_name, value in before.items():
            assert close(got[trait_name], value), f"{trait_name} after act {act}: {got[trait_name]}, was {value}"
