r"""Weights in files: half precision, or eight bits with a scale for each row as the widgets' pages have them.

Of a weight that a model masks nothing is kept where its mask is zero: what is left stands row after row in a vector.
"""

from __future__ import annotations

__all__ = ["files_of", "masks_of", "read", "restored", "stored", "write"]

from pathlib import Path

import torch
from torch import Tensor, nn

State = dict[str, Tensor]
SCALE = ".scale"


def masks_of(model: nn.Module) -> State:
    """Returns the masks of a model's weights, by their names, as a model that has any says itself: `model.masks`."""
    return {name: mask.bool().cpu() for name, mask in getattr(model, "masks", {}).items()}


def stored(state: State, kind: str, masks: State | None = None) -> State:
    r"""Returns what a file keeps of a model's weights.

    Args:
        state: The weights, by name.
        kind: "float16", or "int8": a matrix, $w_{ij} \approx s_i\, q_{ij}$ with $s_i = \max_j |w_{ij}| / 127$, becomes
            whole numbers `q` and, under its name and ".scale", float32 `s`; vectors are kept in float32.
        masks: The masks of weights that have one, by name; of these weights only the entries under a one are kept.

    Example:
        >>> {key: value.tolist() for key, value in stored({"W": torch.tensor([[127.0, 0.6]])}, "int8").items()}
        {'W': [[127, 1]], 'W.scale': [1.0]}
        >>> W, mask = torch.tensor([[1.0, 9.0], [2.0, 3.0]]), torch.tensor([[True, False], [True, True]])
        >>> stored({"W": W}, "float16", {"W": mask})["W"].tolist()
        [1.0, 2.0, 3.0]
    """
    masks = masks or {}
    if kind not in ("float16", "int8"):
        raise ValueError(f'kind is {kind!r}, expected "float16" or "int8"')
    kept: State = {}
    for key, value in state.items():
        value = value.detach().cpu()
        if key in masks:
            value = value * masks[key]
        if kind == "float16":
            kept[key] = value.half().contiguous()
        elif value.ndim < 2:
            kept[key] = value.float().contiguous()
        else:
            scale = value.flatten(1).abs().amax(1).float() / 127
            steps = value.flatten(1) / torch.where(scale > 0, scale, 1)[:, None]
            kept[key], kept[key + SCALE] = steps.round().clamp(-127, 127).to(torch.int8).view_as(value), scale
    return {key: value[masks[key]] if key in masks else value for key, value in kept.items()}


def restored(kept: State, masks: State | None = None) -> State:
    """Returns the weights, in float32, that a file keeps; where a mask is zero they are zero."""
    masks, state = masks or {}, {}
    for key, value in kept.items():
        if key in masks:
            value = value.new_zeros(masks[key].shape).masked_scatter(masks[key], value)
        if value.dtype == torch.int8:
            value = value.float() * kept[key + SCALE].reshape(-1, *[1] * (value.ndim - 1))
        if not key.endswith(SCALE):
            state[key] = value.float()
    return state


def write(kept: State, folder: Path, name: str, parts: tuple[str, ...] = ()) -> None:
    """Writes `name.safetensors`, or a file for each part of the model, such as `name.encoder.safetensors`."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    for part in parts or ("",):
        own = {key: value for key, value in kept.items() if key.startswith(part)}
        save_file(own, folder / (f"{name}.{part}.safetensors" if part else f"{name}.safetensors"))


def files_of(folder: Path, name: str) -> list[Path]:
    """Returns the files that hold a model's weights, none where they are not there."""
    whole = folder / f"{name}.safetensors"
    return [whole] if whole.exists() else sorted(folder.glob(f"{name}.*.safetensors"))


def read(folder: Path, name: str, masks: State | None = None) -> State:
    """Returns a model's weights, in float32, from its files."""
    from safetensors.torch import load_file

    kept: State = {}
    for file in files_of(folder, name):
        kept |= load_file(file)
    return restored(kept, masks)
