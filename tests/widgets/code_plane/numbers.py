"""What torch says of both ways to make two numbers of an image, with the weights that the page has."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genlib.autoencoders import Autoencoder, BinaryAutoencoder, Plane, plane_of
from genlib.nn import mlp
from genlib.widgets import CodePlane
from genlib.widgets.packing import rounded

MODELS = {
    "squared error": lambda: Autoencoder(mlp(64, 32, 2), mlp(2, 32, 64)),
    "cross-entropy, wide": lambda: BinaryAutoencoder(mlp(64, 900, 2), mlp(2, 900, 64)),
}
TRAITS = (
    "encoder_weights", "encoder_spec", "weights", "spec", "pca_encoder_weights", "pca_encoder_spec", "pca_weights",
    "pca_spec", "codes", "components", "labels", "examples", "names", "z", "pca_z",
)  # fmt: skip


def sent(widget: CodePlane) -> dict[str, object]:
    return {name: getattr(widget, name) for name in TRAITS}


def page_model(model: Autoencoder) -> Autoencoder:
    kind = "int8" if sum(p.numel() for p in model.encoder.parameters()) > 50_000 else None
    ending = [nn.Sigmoid()] if isinstance(model, BinaryAutoencoder) else []
    return Autoencoder(rounded(model.encoder, kind), nn.Sequential(rounded(model.decoder, kind), *ending))


def case(name: str) -> dict[str, object]:
    model, x = MODELS[name]().requires_grad_(False), torch.rand(30, 64)
    for p in model.parameters():
        p.mul_(2)
    widget, small = CodePlane(model, x, torch.arange(30) % 5), page_model(model)
    plane, z = plane_of(small, x, torch.arange(30) % 5), torch.randn(4, 2)
    return {
        "name": name,
        "traits": sent(widget),
        "x": x[:4],
        "z": z,
        "codes": [small.encode(x[:4]), plane.components[:4]],
        "decoded": [small.decode(z), plane.mean + z @ plane.axes],
        "back": [small.encode(small.decode(z)), z],
        "placed": [plane.codes, plane.components],
    }


def world() -> dict[str, object]:
    """Linear maps whose numbers are those of the corners of a square: what is near and where a gap is, is known."""
    corners = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    images = torch.cat([corners, torch.zeros(4, 2)], 1)
    up, down = nn.Linear(4, 2, bias=False), nn.Linear(2, 4, bias=False)
    with torch.no_grad():
        up.weight.copy_(torch.tensor([[1.0, 0, 0, 0], [0, 1, 0, 0]]))
        down.weight.copy_(torch.tensor([[1.0, 0], [0, 1], [0, 0], [0, 0]]))
    axes = torch.tensor([[1.0, 0, 0, 0], [0, 0.25, 0.968245837, 0]])
    line: Tensor = torch.linspace(0, 1, 21)[:, None] * torch.tensor([[1.0, 0.0]])
    codes = torch.cat([corners, line, line + torch.tensor([0.0, 1.0]), line.flip(1)])
    labels = torch.arange(len(codes)) % 4
    plane = Plane(codes, 2 * codes, labels, torch.zeros(4), axes, images, torch.arange(4))
    return {"traits": sent(CodePlane(Autoencoder(up, down), plane)), "images": images}


def numbers() -> dict[str, object]:
    return {"cases": [case(name) for name in MODELS], "world": world()}
