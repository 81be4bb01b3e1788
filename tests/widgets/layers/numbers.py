"""What torch says of convolutions in the page, and of their gradients."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genlib.nn import Residual, conv_decoder, conv_encoder, mlp
from genlib.widgets.packing import pack, rounded

NETWORKS = {
    "convolution": (nn.Conv2d(2, 3, (3, 4), stride=(2, 1), padding=(0, 2)), (2, 7, 5)),
    "without bias": (nn.Conv2d(3, 4, 2, stride=3, bias=False), (3, 8, 6)),
    "one pixel": (nn.Conv2d(2, 5, 1), (2, 3, 4)),
    "transposed": (nn.ConvTranspose2d(3, 2, (4, 3), stride=(2, 3), padding=(2, 1)), (3, 4, 5)),
    "output padding": (nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1, output_padding=(1, 0), bias=False), (2, 3, 4)),
    "wide padding": (nn.ConvTranspose2d(2, 1, 3, padding=2), (2, 5, 4)),
    "encoder": (conv_encoder((2, 9, 7), 4, 5, latent=3), (2, 9, 7)),
    "decoder": (conv_decoder((2, 9, 7), 4, 5, latent=3), (3,)),
    "skip": (nn.Sequential(nn.Linear(3, 5), Residual(mlp(5, 4, 5)), nn.Linear(5, 2)), (3,)),
    "skip over nothing": (nn.Sequential(Residual(nn.Identity()), nn.Linear(3, 2)), (3,)),
    "skips in each other": (nn.Sequential(Residual(nn.Sequential(Residual(mlp(4, 4)), nn.Tanh(), mlp(4, 4)))), (4,)),
    "skip of pictures": (
        nn.Sequential(
            nn.Conv2d(1, 3, 3, padding=1), Residual(nn.Sequential(nn.ReLU(), nn.Conv2d(3, 3, 3, padding=1))), nn.SiLU()
        ),
        (1, 4, 5),
    ),
    "shapes": (nn.Sequential(nn.Unflatten(1, (2, 3, 4)), nn.Tanh(), nn.Conv2d(2, 3, 2), nn.Flatten()), (24,)),
}


def forward(name: str, dtype: str) -> dict[str, object]:
    net, shape = NETWORKS[name]
    for parameter in net.double().parameters():
        nn.init.normal_(parameter)
    x = torch.randn(3, *shape)
    weights, spec = pack(net, dtype, shape)
    net = rounded(net, dtype, shape)
    given = x.clone().requires_grad_()
    y = net(given)
    side = torch.randn_like(y)
    return {
        "name": f"{name}, {dtype}",
        "weights": weights,
        "spec": spec,
        "batch": len(x),
        "x": x.flatten(),
        "y": y.detach().flatten(),
        "output": list(y.shape[1:]),
        "dy": side.flatten(),
        **gradients(net, given, (y * side).sum()),
    }


def gradients(net: nn.Module, x: Tensor, value: Tensor) -> dict[str, object]:
    """Returns the gradients at the input and at the parameters."""
    at_x, *at_weights = torch.autograd.grad(value, [x, *net.parameters()])
    return {"dx": at_x.flatten(), "gradients": [slope.flatten() for slope in at_weights]}


def numbers() -> dict[str, object]:
    return {"forward": [forward(name, dtype) for name in NETWORKS for dtype in ("int8", "float32")]}
