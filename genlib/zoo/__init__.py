r"""Small trained models, each with a card that says how it was made and what it is worth.

`load(name)` returns the model, `card(name)` its card, `names()` lists them. The recipes are in `genlib.zoo.recipes`;
`python -m genlib.zoo train NAME` runs one again on the full data set and writes weights and card anew. A model whose
weights are too large to come along has its card here, and its weights where the recipe is run.
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
        ['dbm-mnist', 'dbn-mnist', 'dbn-mnist-labels', 'rbm-mnist', 'rbm-mnist-500', 'vae-mnist', 'vae-mnist-2d']
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


def load(name: str, device: str | torch.device = "cpu", *, folder: str | Path = WEIGHTS) -> nn.Module:
    """Builds a model and fills it with its trained weights, in float32.

    Args:
        name: One of `names()`.
        device: Where the model goes.
        folder: Where its weights are; by default those that come with the library.

    Returns:
        The model; its weights are those of the file, which holds them in float16.

    Raises:
        ValueError: If there is no such model, or its weights are not there.

    Example:
        >>> load("rbm-mnist").features
        784
    """
    from safetensors.torch import load_file

    from genlib.zoo.recipes import RECIPES

    card(name)
    file = Path(folder) / f"{name}.safetensors"
    if not file.exists():
        raise ValueError(
            f"{file} is not there: {name} is trained by `python -m genlib.zoo train {name} --folder FOLDER` and loaded "
            f"by load({name!r}, folder=FOLDER)"
        )
    model = RECIPES[name].build()
    model.load_state_dict({key: value.float() for key, value in load_file(file).items()})
    return model.to(device)
