"""What torch says of the layers of a network in the page, of Adam, of packed numbers, and of Boltzmann machines."""

from __future__ import annotations

import numpy as np
import torch
from page_models import coins, packed_rbm
from torch import Tensor, nn

from genlib import data
from genlib.data import binary_states
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
ROOT_OF_MEAN = "(Math.sqrt(square[i]) / root + eps)"

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


def machine(features: int, hidden: int) -> dict[str, object]:
    """Scores of a machine for states of bits, and for one of grey values."""
    rbm, sent = packed_rbm(features, hidden, 0.2)
    x, h, grey = coins(5, features), coins(5, hidden), torch.rand(1, features)
    scores = {"probH": rbm.prob_h(x), "probX": rbm.prob_x(h), "energy": rbm.energy(x, h), "free": rbm.free_energy(x)}
    return {**sent, "x": x, "h": h, "grey": grey[0], "probHOfGrey": rbm.prob_h(grey)[0], **scores}


def sweeps(count: int = 40_000) -> dict[str, object]:
    """Exact samples of a small machine, whose distribution sweeps leave as it is.

    Of all x, and of those with x_1 = 1 and x_3 = 0 where these units are kept; each bound is exceeded once in 10,000
    times.
    """
    rbm, sent = packed_rbm(4, 3, 0.8)
    states = binary_states(4)
    p = rbm.log_prob(states).exp()
    assert count * p.min() > 10
    given = p.masked_fill((states[:, 0] != 1) | (states[:, 2] != 0), 0)
    laws = []
    for name, law, clamp, bound in (("all free", p, None, 44.3), ("two kept", given / given.sum(), [1, 0, 1, 0], 21.1)):
        starts = torch.multinomial(law, count, replacement=True)
        laws.append({"name": name, "law": law, "clamp": clamp, "bound": bound, "starts": starts})
    return {**sent, "laws": laws}


def digits() -> list[dict[str, object]]:
    """Digits of the data, large enough to be drawn again: their ink, and themselves in the middle."""
    (x, _), _, _ = data.load("digits")
    images = (x[:60, 0] >= 0.5).double().numpy()
    fitting = [image for image in images if image.any(1).all() and np.ptp(np.flatnonzero(image.any(0))) % 2]
    answers: list[dict[str, object]] = []
    for image in fitting[:15]:
        shift = (7 - np.flatnonzero(image.any(0))[[0, -1]].sum()) // 2
        drawn = np.kron(image, np.ones((14, 14))).astype(int)
        answers.append({"drawn": drawn.ravel().tolist(), "middle": np.roll(image, shift, 1).ravel().tolist()})
    return answers


def numbers() -> dict[str, object]:
    halves = np.arange(65536, dtype="<u2").view("<f2").astype(float)
    x = (torch.rand(3, 13) < 0.5).double()
    return {
        "forward": [forward(name, dtype) for name in ACTIVATIONS for dtype in DTYPES],
        "training": training(deep(), torch.randn(9, 5)),
        "packed": [packed(dtype) for dtype in DTYPES],
        "bits": {"packed": pack_bits(x, 13, "x"), "x": x},
        "softplus": [softplus(sign) for sign in (1, -1)],
        "machines": [machine(*sizes) for sizes in ((64, 64), (784, 256), (5, 3))],
        "sweeps": sweeps(),
        "digits": digits(),
        "halves": [str(value) for value in halves],
    }
