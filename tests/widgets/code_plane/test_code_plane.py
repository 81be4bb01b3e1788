"""What CodePlane sends to a page and takes back, and words for what it cannot show."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from genlib import zoo
from genlib.autoencoders import Autoencoder, TiedAutoencoder, plane_of
from genlib.nn import mlp
from genlib.widgets import CodePlane
from genlib.widgets.packing import LIMIT

B = 40


def model(pixels: int = 64, width: int = 32, latent: int = 2) -> Autoencoder:
    return Autoencoder(mlp(pixels, width, latent), mlp(latent, width, pixels))


def images(pixels: int = 64) -> tuple[Tensor, Tensor]:
    return torch.rand(B, pixels), torch.arange(B) % 7


def points(sent: bytes) -> Tensor:
    return torch.from_numpy(np.frombuffer(sent, "<f4").reshape(-1, 2).copy()).to(torch.get_default_dtype())


def test_dots_are_codes_and_components() -> None:
    auto, (x, y) = model(), images()
    widget = CodePlane(auto, x, y)
    plane = plane_of(auto, x, y)
    assert_close(points(widget.codes), plane.codes, atol=1e-2, rtol=0)
    assert_close(points(widget.components), plane.components, atol=1e-5, rtol=0)
    assert list(widget.labels) == y.tolist()
    assert widget.names == [f"a {label}" for label in range(7)]
    assert widget.z == pytest.approx(points(widget.codes)[0].tolist(), abs=1e-6)
    assert widget.pca_z == pytest.approx(points(widget.components)[0].tolist(), abs=1e-5)
    read = torch.from_numpy(np.frombuffer(widget.examples, np.uint8).reshape(7, 64).copy()) / 255
    assert (read - x[:7]).abs().max() <= 0.5001 / 255


def test_the_zoos_plane_fits_a_page() -> None:
    torch.set_default_dtype(torch.float32)
    widget = CodePlane(zoo.load("ae-mnist-2d"), zoo.plane())
    assert len(widget.codes) == 5000 * 8
    assert max(len(widget.weights), len(widget.encoder_weights)) <= LIMIT
    auto = zoo.load("ae-mnist-2d")
    assert isinstance(auto, Autoencoder)
    with torch.no_grad():
        first = auto.encode(zoo.plane().images[:1])[0]
    assert widget.z == pytest.approx(first.tolist(), abs=1e-4)


def test_a_model_that_trained_on_moves_the_dots() -> None:
    auto, (x, y) = model(), images()
    widget = CodePlane(auto, x, y)
    before, components = widget.codes, widget.components
    with torch.no_grad():
        for p in auto.parameters():
            p.mul_(1.5)
    widget.update(auto)
    assert widget.codes != before
    assert widget.components == components
    placed = CodePlane(auto, plane_of(auto, x, y))
    with pytest.raises(ValueError, match="got no plane"):
        placed.update(auto)
    placed.update(auto, plane_of(auto, x, y))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: CodePlane(model(latent=3), *images()), "a code of two numbers"),
        (lambda: CodePlane(model(63), *images(63)), "63 pixels, expected a square"),
        (lambda: CodePlane(TiedAutoencoder(64, 2), *images()), "TiedAutoencoder"),
        (lambda: CodePlane(model(), images(9)[0], images()[1]), "9 pixels, expected two or more of 64"),
        (lambda: CodePlane(model(), images()[0]), "got no y"),
        (lambda: CodePlane(model(), 2 * images()[0], images()[1]), "grey levels from 0 to 1"),
        (lambda: CodePlane(model(), images()[0], images()[1] + 9), "expected 0 to 9"),
        (lambda: CodePlane(model(9), plane_of(model(), *images())), "64 pixels, this model's have 9"),
        (lambda: CodePlane(model(), *images(), z=[1.0]), "z is .*expected two finite numbers"),
        (lambda: CodePlane(Autoencoder(mlp(64, 2), nn.Sequential(nn.Linear(2, 64), nn.Softmax(1))), *images()),
         "Softmax"),
        (lambda: CodePlane(model(), *images()).update(model(width=8)), "other layers"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused_in_words(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
