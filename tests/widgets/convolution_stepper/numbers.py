"""What torch makes of the same pictures and kernels: maps, matrices, pooling with its switches."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def seven(side: int) -> Tensor:
    """Returns a bar above and a stroke down to the left, `(1, 1, side, side)`."""
    row, column = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return ((row == 0) | (column == side - 1 - (row + 1) // 2)).to(torch.get_default_dtype())[None, None]


def down(k: int, stride: int, padding: int, side: int) -> dict[str, object]:
    w = torch.randn(1, 1, k, k)
    units = torch.eye(side**2).view(-1, 1, side, side)
    matrix = F.conv2d(units, w, stride=stride, padding=padding).flatten(1).T
    output = F.conv2d(seven(side), w, stride=stride, padding=padding)
    return {"setting": setting("convolution", k, stride, padding, side), "own": w[0, 0], "matrix": matrix.flatten(),
            "output": output.flatten()}  # fmt: skip


def up(k: int, stride: int, padding: int, side: int) -> dict[str, object]:
    w = torch.randn(1, 1, k, k)
    units = torch.eye(side**2).view(-1, 1, side, side)
    stamps = F.conv_transpose2d(units, w, stride=stride, padding=padding).flatten(1)
    output = F.conv_transpose2d(seven(side), w, stride=stride, padding=padding)
    return {"setting": setting("transposed", k, stride, padding, side), "own": w[0, 0], "matrix": stamps.flatten(),
            "output": output.flatten()}  # fmt: skip


def resized(k: int, stride: int, side: int) -> dict[str, object]:
    w = torch.randn(1, 1, k, k)

    def apply(z: Tensor) -> Tensor:
        before = (k - 1) // 2
        margins = [before, k - 1 - before] * 2
        return F.conv2d(F.pad(F.interpolate(z, scale_factor=stride), margins), w)

    stamps = apply(torch.eye(side**2).view(-1, 1, side, side)).flatten(1)
    return {"setting": setting("resized", k, stride, 0, side), "own": w[0, 0], "matrix": stamps.flatten(),
            "output": apply(seven(side)).flatten()}  # fmt: skip


def pooled(side: int) -> dict[str, object]:
    x = torch.rand(1, 1, side, side)
    y, switches = F.max_pool2d(x, 2, return_indices=True)
    picks = F.one_hot(switches.flatten(), side**2).to(x)
    return {"side": side, "x": x.flatten(), "y": y.flatten(), "matrix": picks.flatten(),
            "output": F.max_unpool2d(y, switches, 2).flatten()}  # fmt: skip


def phases(k: int, stride: int) -> dict[str, object]:
    """Returns the answer to a plain input, away from the edges, phase by phase, and how much of it is pattern."""
    w = torch.randn(1, 1, k, k)
    ones = torch.ones(1, 1, 12, 12)
    flat, stamps = (F.conv_transpose2d(ones, kernel, stride=stride)[0, 0] for kernel in (w, torch.ones_like(w)))
    at = 3 * stride
    sums, counts = (x[at : at + stride, at : at + stride].flatten() for x in (flat, stamps))
    pattern = sums.var(correction=0) / sums.square().mean()
    return {"kernel": k, "stride": stride, "w": w.flatten(), "sums": sums, "counts": counts, "pattern": pattern}


def setting(operation: str, k: int, stride: int, padding: int, side: int) -> dict[str, object]:
    return {"operation": operation, "kernel": k, "stride": stride, "padding": padding, "side": side,
            "picture": "seven", "weights": "own"}  # fmt: skip


def numbers() -> dict[str, object]:
    return {
        "seven": seven(5).flatten(),
        "maps": [
            *(down(*sizes) for sizes in ((3, 2, 0, 5), (3, 2, 1, 6), (4, 3, 2, 7), (2, 1, 0, 4), (5, 1, 2, 5))),
            *(up(*sizes) for sizes in ((3, 2, 0, 2), (3, 2, 1, 4), (5, 2, 2, 4), (4, 3, 0, 3), (2, 1, 0, 4))),
            *(resized(*sizes) for sizes in ((3, 2, 4), (4, 2, 3), (5, 3, 3), (2, 2, 5))),
        ],
        "pools": [pooled(4), pooled(6)],
        "phases": [phases(*sizes) for sizes in ((3, 2), (4, 2), (5, 2), (4, 3), (2, 1))],
    }
