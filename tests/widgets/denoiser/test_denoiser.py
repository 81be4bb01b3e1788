"""What Denoiser sends to a page, and words for what is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from page_models import coins
from torch import nn

from genlib.autoencoders import Autoencoder, BinaryAutoencoder, DenoisingAutoencoder, TiedAutoencoder
from genlib.nn import mlp
from genlib.widgets import Denoiser
from genlib.widgets.packing import pack


def denoiser(*widths: int) -> DenoisingAutoencoder:
    encoder, decoder = mlp(*widths), mlp(*widths[::-1])
    return DenoisingAutoencoder(BinaryAutoencoder(encoder, decoder), lambda x: x)


def test_pictures_and_one_network_go_to_the_page() -> None:
    model, x = denoiser(9, 5, 4), coins(3, 9)
    widget = Denoiser(model, x.view(3, 1, 3, 3), kind="gaussian", amount=0.5, way="clean", seed=2)
    bits = np.unpackbits(np.frombuffer(widget.pictures, np.uint8))[:27]
    assert np.array_equal(bits.reshape(3, 9), x.numpy())
    assert (widget.shape, widget.count, widget.seed) == ([3, 3], 3, 2)
    whole = nn.Sequential(model.autoencoder.encoder, model.autoencoder.decoder)
    assert (widget.weights, widget.spec) == pack(whole)


def test_a_model_that_has_trained_on_is_taken() -> None:
    widget, later = Denoiser(denoiser(9, 5, 4), coins(3, 9)), denoiser(9, 5, 4)
    widget.update(later)
    assert widget.weights == Denoiser(later, coins(3, 9)).weights


class Other(BinaryAutoencoder):
    """Might compute something else."""


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: Denoiser(denoiser(9, 4), x[:, :8]), "x has 8 features, this model has 9"),
        (lambda x: Denoiser(denoiser(9, 4), x / 2), "other than 0 and 1"),
        (lambda x: Denoiser(denoiser(9, 4), x[:0]), "0 pictures, expected 1 to 20"),
        (lambda x: Denoiser(denoiser(9, 4), coins(21, 9)), "21 pictures, expected 1 to 20"),
        (lambda x: Denoiser(denoiser(9, 4), x, shape=(2, 4)), "9 pixels do not fill a 2 x 4 picture"),
        (lambda x: Denoiser(denoiser(9, 4), x, amount=1.5), "amount"),
        (lambda x: Denoiser(denoiser(9, 4), x, kind="snow"), "kind"),
        (lambda x: Denoiser(denoiser(9, 4).autoencoder, x), "cannot compute the model, BinaryAutoencoder"),
        (
            lambda x: Denoiser(DenoisingAutoencoder(TiedAutoencoder(9, 4), lambda v: v), x),
            "cannot compute the autoencoder, TiedAutoencoder",
        ),
        (
            lambda x: Denoiser(DenoisingAutoencoder(Autoencoder(mlp(9, 4), mlp(4, 9)), lambda v: v), x),
            "it knows BinaryAutoencoder",
        ),
        (
            lambda x: Denoiser(DenoisingAutoencoder(Other(mlp(9, 4), mlp(4, 9)), lambda v: v), x),
            "may compute something else",
        ),
        (
            lambda x: Denoiser(DenoisingAutoencoder(BinaryAutoencoder(mlp(9, 4), mlp(4, 8)), lambda v: v), x),
            r"from \(9,\) to \(8,\), expected flat pictures and back",
        ),
        (lambda x: Denoiser(denoiser(9, 4), x).update(denoiser(9, 5)), "other layers"),
    ],
)
def test_what_the_page_cannot_run_is_refused_in_words(call: Callable[..., object], words: str) -> None:
    torch.manual_seed(0)
    with pytest.raises(ValueError, match=words):
        call(coins(5, 9))
