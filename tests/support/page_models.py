"""Models as a page has them: loud weights, packed, and the model in Python that has the very same, rounded ones."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from genlib.energy import RBM
from genlib.widgets.packing import pack_tensors, unpack_tensors


def packed_rbm(features: int, hidden: int, scale: float, **more: Tensor) -> tuple[RBM, dict[str, Any]]:
    """Returns a machine and what a page is sent of it, `weights` and `spec`; tensors `more` are sent along."""
    parameters = {name: scale * torch.randn(value.shape) for name, value in RBM(features, hidden).named_parameters()}
    weights, spec = pack_tensors(parameters | more)
    read, rbm = unpack_tensors(weights, spec), RBM(features, hidden)
    rbm.load_state_dict({name: read[name] for name in parameters})
    return rbm.requires_grad_(False), {"weights": weights, "spec": spec}


def coins(*shape: int) -> Tensor:
    """Returns zeros and ones, each as likely."""
    return (torch.rand(shape) < 0.5).to(torch.get_default_dtype())


class Told:
    """Random numbers that were drawn before, in order: what `told` of `numbers.js` draws in the page."""

    def __init__(self, uniforms: Tensor) -> None:
        self.uniforms, self.used = uniforms, 0

    def uniform(self) -> Tensor:
        """Returns the next number."""
        self.used += 1
        return self.uniforms[self.used - 1]

    def bernoulli(self, p: Tensor) -> Tensor:
        """Returns a coin for each probability."""
        self.used += len(p)
        return (self.uniforms[self.used - len(p) : self.used] < p).to(p)

    def choice(self, p: Tensor) -> int:
        """Returns a number from 0 on, by these probabilities."""
        return int((self.uniform() >= p.cumsum(0)[:-1]).sum())
