"""What torch says of the layers of a network in the page, of Adam, and of packed numbers."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from genlib.widgets.packing import pack, pack_bits, pack_tensors, rounded, unpack_tensors

DTYPES = ("int8", "float16", "float32")
ACTIVATIONS = {
    "elu": nn.ELU(0.7),
    "leaky_relu": nn.LeakyReLU(0.2),
    "relu": nn.ReLU(),
    "sigmoid": nn.Sigmoid(),
    "silu": nn.SiLU(),
    "softplus": nn.Softplus(),
    "tanh": nn.Tanh(),
}
LINEAR, ACTIVATION, ADAM = "js/layers/linear.js", "js/layers/activations.js", "js/adam.js"
ROOT_OF_MEAN = "(Math.sqrt(square[i]) / root + eps)"

MUTANTS = {
    "slope of ELU": (ACTIVATION, "a > 0 ? 1 : y + alpha", "a > 0 ? 1 : y"),
    "ELU without alpha": (ACTIVATION, "make({ alpha, slope: leak })", "make({ alpha: 1, slope: leak })"),
    "slope of SiLU": (ACTIVATION, "y + sigmoid(a) * (1 - y)", "sigmoid(a) * (1 - y)"),
    "bias gradient": (LINEAR, "db[o] += d;", "db[o] = d;"),
    "Adam's epsilon inside the root": (ADAM, ROOT_OF_MEAN, "Math.sqrt(square[i] / root ** 2 + eps)"),
    "Adam without correction": (ADAM, "const rate = this.lr / (1 - betas[0] ** t)", "const rate = this.lr"),
    "bits from the wrong end": ("js/packing.js", "(7 - (i & 7))", "(i & 7)"),
    "half without its hidden bit": ("js/packing.js", "(1 + fraction / 1024)", "(fraction / 1024)"),
}


def deep() -> nn.Sequential:
    """A network with every layer that the page can train, and one without a bias."""
    layers = [part for activation in ACTIVATIONS.values() for part in (nn.Linear(6, 6), activation)]
    return nn.Sequential(nn.Linear(5, 6), *layers, nn.Linear(6, 3, bias=False))


def forward(name: str, dtype: str) -> dict[str, object]:
    net, x = nn.Sequential(nn.Linear(5, 4), ACTIVATIONS[name], nn.Linear(4, 3)), 5 * torch.randn(6, 5)
    weights, spec = pack(net, dtype)
    y = rounded(net, dtype)(x).detach().flatten()
    return {"name": f"{name}, {dtype}", "weights": weights, "spec": spec, "x": x.flatten(), "batch": 6, "y": y}


def training(net: nn.Sequential, x: Tensor, steps: int = 50) -> dict[str, object]:
    """Adam on the mean of softplus(-y): losses, the first gradient at the input, the final parameters."""
    weights, spec = pack(net, "float32")
    net = rounded(net, "float32")
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01, betas=(0.5, 0.9), eps=1e-3)
    losses, slopes = [], []
    for _ in range(steps):
        inputs = x.clone().requires_grad_()
        loss = nn.functional.softplus(-net(inputs)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        slopes.append(inputs.grad.flatten().tolist())
    assert losses[-1] < losses[0] - 0.1
    parameters = [p.detach().flatten() for p in net.parameters()]
    found = {"losses": losses, "slope": slopes[0], "parameters": parameters}
    return {"weights": weights, "spec": spec, "x": x.flatten(), "batch": len(x), **found}


def packed(dtype: str) -> dict[str, object]:
    tensors = {"W": torch.randn(7, 5), "b": torch.randn(7), "zero rows": torch.zeros(2, 3)}
    weights, spec = pack_tensors(tensors, dtype)
    read = {name: value.flatten() for name, value in unpack_tensors(weights, spec).items()}
    return {"weights": weights, "spec": spec, "read": read}


def softplus(sign: int) -> dict[str, object]:
    a = torch.tensor([-1e4, -800.0, -30.0, -1.0, 0.0, 1e-9, 2.0, 40.0, 800.0, 1e4], requires_grad=True)
    loss = torch.logaddexp(sign * a, torch.zeros(())).mean()
    (gradient,) = torch.autograd.grad(loss, a)
    return {"sign": sign, "a": a.detach(), "loss": loss.item(), "gradient": gradient}


def numbers() -> dict[str, object]:
    halves = np.arange(65536, dtype="<u2").view("<f2").astype(float)
    x = (torch.rand(3, 13) < 0.5).double()
    return {
        "forward": [forward(name, dtype) for name in ACTIVATIONS for dtype in DTYPES],
        "training": training(deep(), torch.randn(9, 5)),
        "packed": [packed(dtype) for dtype in DTYPES],
        "bits": {"packed": pack_bits(x, 13, "x"), "x": x},
        "softplus": [softplus(sign) for sign in (1, -1)],
        "halves": [str(value) for value in halves],
    }
