r"""Small trained models, each with a card that says how it was made and what it is worth.

`load(name)` returns the model, `card(name)` its card, `names()` lists them. The recipes are in `genlib.zoo.recipes`;
`python -m genlib.zoo train NAME` runs one again on the full data set and writes weights and card anew.
"""

from __future__ import annotations

__all__ = ["card", "load", "names"]

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

WEIGHTS = Path(__file__).parent / "weights"


def names() -> list[str]:
    """Lists the models there are.

    Example:
        >>> names()
        ['rbm-mnist', 'vae-mnist', 'vae-mnist-2d']
    """
    return sorted(path.stem for path in WEIGHTS.glob("*.json"))


def card(name: str) -> dict[str, Any]:
    """Returns a model's card: recipe, data, binarisation, seed, time, device and figures of the weights as shipped.

    Args:
        name: One of `names()`.

    Raises:
        ValueError: If there is no such model.

    Example:
        >>> card("rbm-mnist")["data"]
        'mnist'
    """
    if name not in names():
        raise ValueError(f"the zoo has no model {name!r}, expected one of {', '.join(names())}")
    return json.loads((WEIGHTS / f"{name}.json").read_text())


def load(name: str, device: str | torch.device = "cpu") -> nn.Module:
    """Builds a model and fills it with its trained weights, in float32.

    Args:
        name: One of `names()`.
        device: Where the model goes.

    Returns:
        The model; its weights are those of the file, which holds them in float16.

    Raises:
        ValueError: If there is no such model.

    Example:
        >>> load("rbm-mnist").features
        784
    """
    from safetensors.torch import load_file

    from genlib.zoo.recipes import RECIPES

    card(name)
    model = RECIPES[name].build()
    model.load_state_dict({key: value.float() for key, value in load_file(WEIGHTS / f"{name}.safetensors").items()})
    return model.to(device)
