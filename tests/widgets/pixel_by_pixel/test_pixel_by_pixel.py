"""What PixelByPixel sends to a page, and words for what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import traitlets
from torch import nn

from genlib.autoregressive import MADE, NADE, GatedPixelCNN, PixelCNN
from genlib.widgets import PixelByPixel
from genlib.widgets.packing import unpack_tensors
from genlib.widgets.pixel_by_pixel.sending import packed, tensors_of


def test_masked_weights_are_sent_as_zeros() -> None:
    """So the page needs no masks, and what it says a pixel reads is what the weights say."""
    made, cnn = MADE(9, 12), PixelCNN((3, 3), 4, 1, first=3)
    sent = tensors_of(made)
    assert torch.equal(sent["linear.0.weight"], made.linear[0].weight * made.mask0)
    assert torch.equal(sent["R"], made.R * made.earlier)
    assert torch.equal(tensors_of(cnn)["conv.weight"], cnn.conv.weight * cnn.conv.mask)
    assert not tensors_of(cnn)["blocks.0.3.weight"][:, :, 2].any()


def test_models_lie_one_after_the_other() -> None:
    one, two = GatedPixelCNN((3, 3), 4, 2, first=3), PixelCNN((3, 3), 4, 1, first=3)
    widget = PixelByPixel({"gated": one, "plain": two}, torch.ones(2, 9))
    specs = widget.spec["models"]
    assert [(spec["name"], spec["kind"]) for spec in specs] == [("gated", "gated"), ("plain", "pixelcnn")]
    own = widget.weights[specs[1]["offset"] :]
    bias = unpack_tensors(own, {"bias": specs[1]["conv"]["bias"]})["bias"]
    assert torch.allclose(bias, two.conv.bias.double())
    assert (widget.chosen, widget.given, widget.count) == ("gated", 4, 2)


def test_the_order_is_sent() -> None:
    order = [3, 1, 0, 2]
    assert packed(MADE(4, 5, order), (2, 2))[1]["order"] == order


def test_update_goes_on_with_other_weights() -> None:
    model = MADE(9, 12)
    widget = PixelByPixel(model)
    before = widget.weights
    model.R.data += 1
    widget.update(model)
    assert widget.weights != before
    with pytest.raises(ValueError, match="built otherwise"):
        widget.update(MADE(9, 13))
    with pytest.raises(ValueError, match="built otherwise"):
        widget.update(MADE(9, 12, range(8, -1, -1)))


class Leaking(MADE):
    pass


def hooked() -> nn.Module:
    model = PixelCNN((3, 3), 4, 1, first=3)
    model.conv.register_forward_hook(lambda *args: None)
    return model


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: PixelByPixel(NADE(9, 4)), r"this model, NADE\(.*\); it knows MADE, PixelCNN, GatedPixelCNN"),
        (lambda: PixelByPixel(Leaking(9, 4)), "whose class may compute something else than MADE"),
        (lambda: PixelByPixel(hooked()), "its conv has a forward hook"),
        (lambda: PixelByPixel(GatedPixelCNN((3, 3), 4, 2, classes=10)), "told one of 10 labels, expected one without"),
        (lambda: PixelByPixel({}), "there are 0 models, expected 1 to 4"),
        (lambda: PixelByPixel({"a": MADE(9, 4), "b": MADE(16, 4)}), "have 3 x 3 pixels, expected|16"),
        (lambda: PixelByPixel(MADE(9, 4), torch.ones(2, 8)), "x has 8 features, this model has 9"),
        (lambda: PixelByPixel(MADE(9, 4), torch.full((2, 9), 0.5)), "values other than 0 and 1"),
        (lambda: PixelByPixel(MADE(9, 4), torch.ones(51, 9)), "x has 51 pictures, expected 1 to 50"),
        (lambda: PixelByPixel(MADE(10, 4)), "10 pixels do not fill a 3 x 3 picture"),
        (lambda: PixelByPixel(MADE(1600, 1)), "1600 pixels, expected at most 1024"),
        (lambda: PixelByPixel(MADE(784, 500)), "do not fit"),
        (lambda: PixelByPixel(MADE(9, 4), given=10), "given is 10, expected 0 to 9"),
    ],
)
def test_what_the_page_cannot_do_is_refused_in_words(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_traits_keep_to_what_there_is() -> None:
    widget = PixelByPixel(MADE(9, 4), torch.ones(1, 9))
    for name, value in (("given", -1), ("pixel", 9), ("chosen", "another")):
        with pytest.raises(traitlets.TraitError, match=name):
            setattr(widget, name, value)
