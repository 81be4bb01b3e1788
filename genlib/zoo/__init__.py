r"""Small trained models, each with a card that says how it was made and what it is worth, and recorded runs.

`load(name)` returns the model, `card(name)` its card, `names()` lists them. A recorded run is what a recipe measured,
stored for a page that has no time to train: `run(name)` returns it, `runs()` lists them. The recipes are in
`genlib.zoo.recipes` and `genlib.zoo.digits`; `python -m genlib.zoo` runs one again and writes weights, card or run
anew. A model whose weights are too large to come along has its card here, and its weights where the recipe is run.
"""

from __future__ import annotations

__all__ = ["card", "load", "names", "plane", "run", "runs"]

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from genlib.zoo.records import Run

if TYPE_CHECKING:
    from genlib.autoencoders import Plane

WEIGHTS, RUNS = (Path(__file__).parent / folder for folder in ("weights", "runs"))


def names() -> list[str]:
    """Lists the models there are.

    Example:
        >>> names()
        ['ae-mnist-2d', 'ae-mnist-30', 'dbm-mnist', 'dbn-mnist', 'dbn-mnist-labels', 'digit-features', ...]
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


def runs() -> list[str]:
    """Lists the recorded runs there are.

    Example:
        >>> runs()
        ['autoencoders-mnist', 'binarisation', 'digits', 'digits-methods', 'digits-recurrent', ...]
    """
    return sorted(path.stem for path in RUNS.glob("*.json"))


def run(name: str) -> Run:
    """Returns a recorded run; as the last line of a cell it shows itself as a table.

    Args:
        name: One of `runs()`.

    Raises:
        ValueError: If there is no such run.

    Example:
        >>> run("digits").rows[0]["model"]
        'RBM-64'
    """
    if name not in runs():
        raise ValueError(f"the zoo has no recorded run {name!r}, expected one of {', '.join(runs())}")
    return Run.read(RUNS / f"{name}.json")


def plane() -> Plane:
    """Returns where 500 MNIST test images of each class lie in the plane of `ae-mnist-2d`, and in that of PCA.

    The principal axes, thirty of them, are those of all 60,000 training images; five test images of each class come
    along. The labels are in order, so that the first 500 points are zeros.

    Example:
        >>> plane().codes.shape, plane().axes.shape, plane().images.shape
        (torch.Size([5000, 2]), torch.Size([30, 784]), torch.Size([50, 784]))
    """
    from genlib.zoo.planes import read

    return read()


def load(name: str, device: str | torch.device = "cpu", *, folder: str | Path = WEIGHTS) -> nn.Module:
    """Builds a model and fills it with its trained weights, in float32.

    Args:
        name: One of `names()`.
        device: Where the model goes.
        folder: Where its weights are; by default those that come with the library.

    Returns:
        The model; its weights are those of its files, which hold them in float16 or, as the card says, in int8.

    Raises:
        ValueError: If there is no such model, or its weights are not there.

    Example:
        >>> load("rbm-mnist").features
        784
    """
    from genlib.zoo.files import files_of, masks_of, read
    from genlib.zoo.recipes import RECIPES

    card(name)
    if not files_of(Path(folder), name):
        raise ValueError(
            f"{Path(folder) / name}.safetensors is not there: {name} is trained by `python -m genlib.zoo train {name} "
            f"--folder FOLDER` and loaded by load({name!r}, folder=FOLDER)"
        )
    model = RECIPES[name].build()
    model.load_state_dict(read(Path(folder), name, masks_of(model)))
    return model.to(device)
