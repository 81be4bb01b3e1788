"""PixelByPixel of a MADE that has had a few seconds to learn the digits."""

from __future__ import annotations

import torch

from genlib import data
from genlib.autoregressive import MADE
from genlib.train import fit
from genlib.widgets import PixelByPixel


def example() -> PixelByPixel:
    torch.manual_seed(0)
    x = data.binarize(data.load("digits")[0][0]).flatten(1)
    model = MADE(64, 200)
    for _step, _loss in fit(model.loss, model.parameters(), data.batches(x, 50), steps=600, lr=5e-3):
        pass
    return PixelByPixel(model, x[:9])
