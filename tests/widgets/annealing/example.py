"""Annealing on a machine whose log Z can be computed."""

from __future__ import annotations

import torch

from genlib import data
from genlib.energy import RBM
from genlib.train import fit
from genlib.widgets import Annealing


def example() -> Annealing:
    torch.manual_seed(0)
    (x, _), _, _ = data.load("digits")
    x = data.binarize(x).flatten(1)
    rbm = RBM(64, 16)
    for _ in fit(rbm.loss, rbm.parameters(), data.batches(x, 100), steps=500, lr=1e-2):
        pass
    p = x.mean(0).clamp(0.01, 0.99)
    return Annealing(rbm, base=p.logit())
