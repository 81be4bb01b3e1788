"""What widgets say there is to see is seen: each try replayed on its own model, for instances of the book.

Instances that a chapter trains are replayed from the built page, in tests/pages/test_promises.py.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ipywidgets import Widget
from promises import described, replayed

from genlib import zoo
from genlib.widgets import (
    BoltzmannBars,
    ChainOnALandscape,
    CodePlane,
    ConvolutionStepper,
    Dream,
    EMSteps,
    GibbsChain,
    HalfDigit,
    LatentExplorer,
    PixelByPixel,
    TinyWorld,
    TwoDensities,
)

INSTANCES: dict[str, Callable[[], Widget]] = {
    "the first view of sampling": ChainOnALandscape,
    "the first view of latent variables": EMSteps,
    "the first view of Boltzmann machines": lambda: BoltzmannBars(seed=3),
    "the first view of convolution": ConvolutionStepper,
    "the first view of RBMs": lambda: GibbsChain(zoo.load("rbm-mnist"), seed=7),
    "the first view of deep models": lambda: Dream(zoo.load("dbn-mnist-labels"), label=3, seed=6),
    "the first view of the book": lambda: HalfDigit(zoo.load("rbm-mnist"), zoo.load("vae-mnist-2d"), seed=7),
    "the first view of plain autoencoders": lambda: CodePlane(zoo.load("ae-mnist-2d"), zoo.plane()),
    "the first view of autoencoders": lambda: LatentExplorer(zoo.load("vae-mnist-2d")),
    "sixteen latents": lambda: LatentExplorer(zoo.load("vae-mnist")),
    "a PixelCNN of MNIST": lambda: PixelByPixel(zoo.load("pixelcnn-mnist")),
    "the first view of contrastive divergence": lambda: TinyWorld(hidden=8, method="cd", k=1),
    "the first view of likelihood": lambda: TwoDensities("pq"),
}


@pytest.mark.parametrize("name", INSTANCES)
def test_every_promise_is_kept(name: str, tmp_path: Path) -> None:
    found = replayed([described(name, INSTANCES[name]())], tmp_path)
    assert found
    assert [one for one in found if one["frame"] is None] == []


def test_a_promise_that_is_not_kept_is_noticed(tmp_path: Path) -> None:
    """The chain of two wells does not cross when it is as cold as the machine itself, whatever is promised."""
    bars = described("bars", BoltzmannBars(seed=3))
    bars["state"]["presets"]["two wells"] |= {"couplings": [[0.0] * 5] * 5, "biases": [0.0] * 5}
    broken = {one["try"] for one in replayed([bars], tmp_path) if one["frame"] is None}
    assert broken == {"Two wells"}


def test_latents_are_tried_where_a_model_has_them(tmp_path: Path) -> None:
    """Sixteen latents have one that data do not use, and one that is used is not taken for it, whatever its KL says."""
    two, many = (described(name, LatentExplorer(zoo.load(name))) for name in ("vae-mnist-2d", "vae-mnist"))
    offered = [[one["try"] for one in replayed([widget], tmp_path)] for widget in (two, many)]
    idle = "A latent that data do not use"
    assert idle not in offered[0]
    assert idle in offered[1]
    kl = many["state"]["kl"]
    many["state"]["kl"] = [0.0 if one == max(kl) else 1.0 if one < 1e-3 else one for one in kl]
    assert {one["try"] for one in replayed([many], tmp_path) if one["frame"] is None} == {idle}
