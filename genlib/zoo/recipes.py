r"""How the models of the zoo were made: what builds, what trains and what measures each of them.

Data are binarised by sampling: a pixel is one with its grey level as probability, drawn anew each time an image is
shown; the test images are drawn once, with seed 0. Weights are rounded to float16 before anything is measured.
"""

from __future__ import annotations

__all__ = ["RECIPES", "Recipe", "make"]

import json
import platform
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from genlib import data
from genlib.energy import DBM, DBN, CentredRBM, ClassRBM
from genlib.zoo._shared import Figures
from genlib.zoo.energy import measure_dbm, measure_dbn, measure_rbm, train_dbm, train_dbn, train_rbm
from genlib.zoo.vae import build_vae, measure_vae, train_vae


class Recipe(NamedTuple):
    """What it takes to make a model.

    Attributes:
        about: The recipe in one sentence.
        build: Makes the untrained model.
        train: Trains it in place on grey images `(N, D)` and their labels `(N,)`.
        measure: Returns its figures, from binary test images `(N, D)`, their labels and the mean training image `(D,)`.
        shipped: Whether its weights are small enough to come with the library.
    """

    about: str
    build: Callable[[], nn.Module]
    train: Callable[[Any, Tensor, Tensor], None]
    measure: Callable[[Any, Tensor, Tensor, Tensor], Figures]
    shipped: bool = True


RECIPES = {
    "dbm-mnist": Recipe(
        "784-500-1000: two RBMs by centred PCD-1, 10 epochs each at 0.05 and 0.02, joined; then 120 epochs of mean "
        "field (5 updates) and 100 persistent chains at 0.05, batches of 100, plain gradient descent, rates falling "
        "to 0",
        lambda: DBM(784, 500, 1000), train_dbm, measure_dbm, shipped=False,
    ),
    "dbn-mnist": Recipe(
        "784-500-500, each layer by centred PCD-1, 100 chains, batches of 100, 80 epochs of plain gradient descent at "
        "0.1 falling to 0",
        lambda: DBN(CentredRBM(784, 500), CentredRBM(500, 500)), train_dbn, measure_dbn,
    ),
    "dbn-mnist-labels": Recipe(
        "784-300-500 with 10 label units beside the 300, each layer by centred PCD-1, 100 chains, batches of 100, 80 "
        "epochs of plain gradient descent at 0.1 falling to 0",
        lambda: DBN(CentredRBM(784, 300), ClassRBM(300, 10, 500)), train_dbn, measure_dbn,
    ),
    "rbm-mnist": Recipe(
        "784-256, centred PCD-1, 100 chains, batches of 100, 80 epochs of plain gradient descent at 0.1 falling to 0",
        lambda: CentredRBM(784, 256), train_rbm, measure_rbm,
    ),
    "rbm-mnist-500": Recipe(
        "784-500, centred PCD-1, 100 chains, batches of 100, 80 epochs of plain gradient descent at 0.1 falling to 0",
        lambda: CentredRBM(784, 500), train_rbm, measure_rbm,
    ),
    "vae-mnist": Recipe(
        "784-200-200-16 and back, ELU, Adam in one cycle up to 0.002, batches of 128, 120 epochs",
        lambda: build_vae(16, 200), train_vae, measure_vae,
    ),
    "vae-mnist-2d": Recipe(
        "784-128-128-2 and back, ELU, Adam in one cycle up to 0.002, batches of 128, 120 epochs",
        lambda: build_vae(2, 128), train_vae, measure_vae,
    ),
}  # fmt: skip


def make(name: str, folder: Path, *, seed: int = 0, device: str = "cpu") -> Figures:
    """Trains and measures a model on MNIST and writes its weights and its card into `folder`.

    Args:
        name: One of `RECIPES`.
        folder: Where `name.safetensors` and `name.json` go.
        seed: Seed of everything drawn.
        device: Where it is trained.

    Returns:
        The card.
    """
    from safetensors.torch import save_file

    if name not in RECIPES:
        raise ValueError(f"there is no recipe {name!r}, expected one of {', '.join(RECIPES)}")
    recipe = RECIPES[name]
    torch.manual_seed(seed)
    (x, y), (x_test, y_test) = mnist(device)
    model = recipe.build().to(device)
    start, work = time.perf_counter(), time.process_time()
    recipe.train(model, x, y)
    seconds, processor_seconds = time.perf_counter() - start, time.process_time() - work
    weights = {key: value.half().cpu().contiguous() for key, value in model.state_dict().items()}
    model.load_state_dict({key: value.float() for key, value in weights.items()})
    card = {
        "name": name,
        "recipe": recipe.about,
        "data": "mnist",
        "binarisation": "sampled from the grey level, anew each time in training, once with seed 0 for the test images",
        "trained_on": f"{len(x):,} images (training and validation)",
        "tested_on": f"{len(x_test):,} test images",
        "parameters": sum(p.numel() for p in model.parameters()),
        "seed": seed,
        "seconds": round(seconds),
        "processor_seconds": round(processor_seconds),
        "device": hardware(device),
        "torch": torch.__version__.split("+")[0],
        "made": date.today().isoformat(),
        "stored_as": "float16",
        "licence": "CC BY 4.0",
        **recipe.measure(model, x_test, y_test, x.mean(0)),
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / f"{name}.safetensors")
    (folder / f"{name}.json").write_text(json.dumps(card, indent=2) + "\n")
    return card


def mnist(device: str = "cpu") -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Returns grey training images (validation included) and binary test images, flat, each with their labels."""
    (x, y), (x_val, y_val), (x_test, y_test) = data.load("mnist")
    train, labels = torch.cat([x, x_val]).flatten(1), torch.cat([y, y_val])
    test = data.binarize(x_test.flatten(1), threshold=None, seed=0)
    return (train.to(device), labels.to(device)), (test.to(device), y_test.to(device))


def hardware(device: str) -> str:
    """Names the processor a model was trained on."""
    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_name(device)
    info = Path("/proc/cpuinfo")
    models = [line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line] if (
        info.exists()
    ) else [platform.processor() or platform.machine()]
    threads = torch.get_num_threads()
    return f"{models[0]}, {threads} thread{'s' * (threads > 1)}"
