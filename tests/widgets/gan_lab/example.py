"""GANLab on players that have not begun."""

from __future__ import annotations

import torch

from genlib.gan import NonSaturatingGAN
from genlib.nn import mlp
from genlib.widgets import GANLab


def example() -> GANLab:
    torch.manual_seed(0)
    return GANLab(NonSaturatingGAN(mlp(2, 32, 32, 2), mlp(2, 32, 32, 1), latent=2))
