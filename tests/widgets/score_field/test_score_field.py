"""What ScoreField sends to a page, and words for what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from genlib import data
from genlib.autoencoders import Autoencoder, BinaryAutoencoder, DenoisingAutoencoder, TiedAutoencoder
from genlib.nn import mlp
from genlib.widgets import ScoreField
from genlib.widgets.packing import pack, unpack_tensors
from genlib.widgets.score_field import network_of


def denoiser(width: int = 8, ends: int = 2) -> DenoisingAutoencoder:
    return DenoisingAutoencoder(Autoencoder(mlp(2, width), mlp(width, ends)), torch.clone)


def test_networks_go_to_the_page_in_the_order_of_their_noise() -> None:
    models = {1.0: denoiser(5), 0.5: denoiser(8)}
    widget = ScoreField(models)
    parts = [pack(network_of(models[sigma]), shape=(2,))[0] for sigma in (0.5, 1.0)]
    assert widget.weights == b"".join(parts)
    assert [(level["sigma"], level["offset"]) for level in widget.spec["levels"]] == [(0.5, 0), (1.0, len(parts[0]))]
    assert widget.sigma == 0.5
    assert ScoreField(models, sigma=1.0).sigma == 1.0


def test_the_curve_goes_to_the_page() -> None:
    eight = data.eight_gaussians(radius=2.0, sigma=0.3)
    widget = ScoreField(denoiser(), eight, sigma=0.5, limit=3.0)
    sent = unpack_tensors(widget.nodes, widget.nodes_spec)
    assert torch.allclose(sent["points"].double(), eight.points.double(), atol=1e-6)
    assert torch.allclose(sent["log_weights"].double(), eight.log_weights, atol=1e-6)
    assert (widget.spread, widget.curve, widget.limit) == (0.3, "", 3.0)
    assert ScoreField(denoiser(), "eight_gaussians", sigma=0.5).curve == "eight_gaussians"


def test_models_that_have_trained_on_are_taken() -> None:
    one, later = ScoreField(denoiser(), sigma=0.5), denoiser()
    one.update(later)
    assert one.weights == ScoreField(later, sigma=0.5).weights
    two = ScoreField({0.5: denoiser(), 1.0: denoiser()}, sigma=1.0)
    two.update({1.0: later, 0.5: later})
    assert two.weights == 2 * one.weights


class Own(data.BlurredCurve):
    """Might have another density."""


def own() -> Own:
    return Own(lambda u: torch.stack([u, u], -1), 0.5, torch.tensor([0.5]), torch.ones(1))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ScoreField(denoiser()), "sigma is not said, expected the noise that it was trained on"),
        (lambda: ScoreField({}), "0 models, expected 1 to 6"),
        (lambda: ScoreField({0.1 * k: denoiser() for k in range(1, 8)}), "7 models, expected 1 to 6"),
        (lambda: ScoreField(denoiser(), sigma=0.0), r"sigma is 0\.0, expected a noise from 0\.05 to 5"),
        (lambda: ScoreField({"much": denoiser()}), "sigma is 'much', expected a noise"),
        (lambda: ScoreField({0.5: denoiser()}, sigma=0.4), r"sigma is 0\.4, expected one that there is a model for"),
        (lambda: ScoreField(denoiser(ends=3), sigma=0.5), r"from 2 numbers to \(3,\), expected points back"),
        (lambda: ScoreField(denoiser().autoencoder, sigma=0.5), "cannot compute the model, Autoencoder"),
        (
            lambda: ScoreField(DenoisingAutoencoder(TiedAutoencoder(2, 4), torch.clone), sigma=0.5),
            "cannot compute the autoencoder, TiedAutoencoder",
        ),
        (
            lambda: ScoreField(DenoisingAutoencoder(BinaryAutoencoder(mlp(2, 4), mlp(4, 2)), torch.clone), sigma=0.5),
            "it knows Autoencoder",
        ),
        (lambda: ScoreField(denoiser(), "checkerboard", sigma=0.5), "data is 'checkerboard', expected a BlurredCurve"),
        (lambda: ScoreField(denoiser(), own(), sigma=0.5), "data is 'Own', expected a BlurredCurve"),
        (lambda: ScoreField(denoiser(), data.two_moons(sigma=0.02), sigma=0.5), "nodes, expected at most 2000"),
        (lambda: ScoreField(denoiser(), sigma=0.5, start=(0.0, 5.0)), "a point of the plane, two numbers up to 4.5"),
        (lambda: ScoreField(denoiser(), sigma=0.5, limit=0), "limit is 0, expected"),
        (lambda: ScoreField(denoiser(), sigma=0.5).update(denoiser(9)), "other layers, or other noise"),
        (lambda: ScoreField(denoiser(), sigma=0.5).update({1.0: denoiser()}), "other layers, or other noise"),
        (
            lambda: ScoreField({0.1 * k: denoiser(30_000) for k in range(1, 4)}),
            "bytes together, expected at most 420,000",
        ),
    ],
)
def test_what_the_page_cannot_show_is_refused_in_words(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_options_out_of_range_are_refused_and_nothing_is_lost() -> None:
    widget = ScoreField(denoiser(), sigma=0.5)
    for name, value in {"share": 0.0, "shade": "grey", "sigma": 0.7, "start": [0.0]}.items():
        before = getattr(widget, name)
        with pytest.raises(ValueError, match=name):
            setattr(widget, name, value)
        assert getattr(widget, name) == before
