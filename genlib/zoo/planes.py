"""Where MNIST's test images lie in the plane of the zoo's two-dimensional autoencoder, for pages that have no MNIST."""

from __future__ import annotations

__all__ = ["FILE", "read", "write"]

from pathlib import Path

import torch

from genlib.autoencoders import Plane

FILE = Path(__file__).parent / "planes" / "ae-mnist-2d.safetensors"
BYTES = ("labels", "images", "image_labels")


def write(plane: Plane, file: Path = FILE) -> None:
    """Writes a plane: codes in float32, axes in float16, images and classes in a byte each."""
    from safetensors.torch import save_file

    parts = plane._asdict() | {"images": (255 * plane.images).round()}
    kinds = dict.fromkeys(("mean", "axes"), torch.float16) | dict.fromkeys(BYTES, torch.uint8)
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.to(kinds.get(name, torch.float32)).contiguous() for name, value in parts.items()}, file)


def read(file: Path = FILE) -> Plane:
    """Reads a plane, in float32, and its classes as whole numbers."""
    from safetensors.torch import load_file

    parts = {name: value.long() if "labels" in name else value.float() for name, value in load_file(file).items()}
    return Plane(**parts | {"images": parts["images"] / 255})
