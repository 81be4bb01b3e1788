"""LatentExplorer on the zoo's VAE with two latents."""

from __future__ import annotations

from genlib import zoo
from genlib.widgets import LatentExplorer


def example() -> LatentExplorer:
    return LatentExplorer(zoo.load("vae-mnist-2d"))
