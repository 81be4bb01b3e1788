"""What torch says of models that draw pixel by pixel, with the weights that the page gets."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor

from genlib.autoregressive import MADE
from genlib.autoregressive.gated import GatedPixelCNN
from genlib.autoregressive.pixelcnn import PixelCNN
from genlib.widgets.packing import pack_tensors, unpack_tensors
from genlib.widgets.pixel_by_pixel.sending import Model, packed, tensors_of

SHAPE = (5, 6)
D = SHAPE[0] * SHAPE[1]
PICTURES, BASES = 8, 12


def models() -> dict[str, Model]:
    """Models of pictures of 5 x 6 pixels, with weights that are far from zero."""
    made = {
        "MADE, shuffled": MADE(D, 20, torch.randperm(D)),
        "MADE, two layers": MADE(D, 24, layers=2),
        "PixelCNN": PixelCNN(SHAPE, 6, 2, first=3),
        "PixelCNN without blocks": PixelCNN(SHAPE, 4, 0, first=5),
        "gated": GatedPixelCNN(SHAPE, 5, 3, first=3),
        "gated, dilated": GatedPixelCNN(SHAPE, 4, 4, first=5, kernel=3, dilations=(1, 2, 1)),
    }
    for model in made.values():
        for parameter in model.parameters():
            fan = parameter[0].numel() if parameter.ndim > 1 else 4
            parameter.data = 1.7 * fan**-0.5 * torch.randn(parameter.shape)
    return {name: model.eval().requires_grad_(False) for name, model in made.items()}


def rounded(model: Model, dtype: str) -> Model:
    """The model with the weights that a page has."""
    weights, parts = pack_tensors(tensors_of(model), dtype)
    result = copy.deepcopy(model)
    for name, value in unpack_tensors(weights, parts).items():
        result.get_parameter(name).data.copy_(value)
    return result


def reads(model: Model) -> Tensor:
    """Which pixels each pixel's log-odds depend on, `(D, D)`: those whose flip changes them in any of some pictures."""
    seen = torch.zeros(D, D, dtype=torch.bool)
    for _ in range(BASES):
        x = (torch.rand(D) < 0.5).double()
        flipped = torch.where(torch.eye(D) == 1, 1 - x, x)
        seen |= (model.log_odds(flipped) - model.log_odds(x[None])).abs().T > 1e-12
    return seen


def told(model: Model, dtype: str) -> dict[str, object]:
    weights, spec = packed(model, SHAPE, dtype)
    page = rounded(model, dtype)
    x, u = (torch.rand(PICTURES, D) < 0.5).double(), torch.rand(PICTURES, D)
    given = [0, 1, 6, 7, 13, 18, 29, 30]
    drawn = torch.cat([page.complete(x[i : i + 1], n, u=u[i : i + 1]) for i, n in enumerate(given)])
    odds = page.log_odds(drawn)
    each = F.softplus(odds) - drawn * odds
    place = torch.tensor(model.order).argsort()
    nats = [each[i][place >= n].sum() for i, n in enumerate(given)]
    return {
        "weights": weights, "spec": {"name": "", "offset": 0, **spec}, "x": x, "u": u, "given": given, "drawn": drawn,
        "odds": odds, "nats": nats, "all": each.sum(1), "reads": reads(page).int(),
    }  # fmt: skip


def numbers() -> dict[str, object]:
    return {
        "shape": list(SHAPE),
        "models": {
            name: told(model, dtype)
            for (name, model), dtype in zip(
                models().items(), ("float32", "int8", "float16", "float32", "float16", "int8"), strict=True
            )
        },
    }
