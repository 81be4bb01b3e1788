r"""How the models of the zoo were made: what builds, what trains and what measures each of them.

Models of binary images are trained on MNIST binarised by sampling: a pixel is one with its grey level as probability,
drawn anew each time an image is shown; the test images are drawn once, with seed 0. The judges of samples see the grey
images of the data set of their recipe. Weights are rounded, to float16 or int8, before anything is measured.
"""

from __future__ import annotations

__all__ = ["RECIPES", "Recipe", "examples", "grey", "hardware", "make", "measured", "mnist"]

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from genlib import data, zoo
from genlib.energy import DBM, DBN, RBM, CentredRBM, ClassRBM
from genlib.zoo import files
from genlib.zoo._shared import Figures, Stopwatch, hardware, software
from genlib.zoo.autoencoders import SIZES, build_deep, measure_deep, measure_plane, train_deep
from genlib.zoo.autoregressive import (
    build_made,
    build_pixelcnn,
    glance_exact,
    measure_exact,
    train_made,
    train_pixelcnn,
)
from genlib.zoo.energy import (
    GLANCE,
    glance_rbm,
    measure_dbm,
    measure_dbn,
    measure_rbm,
    train_above,
    train_dbm,
    train_dbn,
    train_rbm,
)
from genlib.zoo.features import build_judge, measure_judge, train_judge
from genlib.zoo.records import Run
from genlib.zoo.scenes import build_finder, measure_finder, train_finder
from genlib.zoo.vae import build_vae, measure_vae, train_vae

Split = tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]
BINARISATION = "sampled from the grey level, anew each time in training, once with seed 0 for the test images"


class Recipe(NamedTuple):
    """What it takes to make a model.

    Attributes:
        about: The recipe in one sentence.
        build: Makes the untrained model.
        train: Trains it in place on grey images `(N, D)` and their labels `(N,)`; yields the number of steps done
            whenever the model is worth a look, for it then is as it would be if training ended there.
        measure: Returns its figures, from grey training images `(N, D)`, test images and the labels of these.
        glance: What is measured at each look, from the same images; the curve is a recorded run of the same name.
        shipped: Whether its weights are small enough to come with the library.
        dataset: Which images it learns, by the name that `data.load` knows.
        binarisation: How test images become binary, in words; the default is what `mnist` does, and a recipe with
            other words is measured on the grey ones.
        stored: How its weights are rounded for their file, "float16" or "int8".
        parts: Parts of the model that have a file each; none for one file.
    """

    about: str
    build: Callable[[], nn.Module]
    train: Callable[[Any, Tensor, Tensor], Iterator[int]]
    measure: Callable[[Any, Tensor, Tensor, Tensor], Figures]
    glance: Callable[[Any, Tensor, Tensor], Figures] | None = None
    shipped: bool = True
    dataset: str = "mnist"
    binarisation: str = BINARISATION
    stored: str = "float16"
    parts: tuple[str, ...] = ()


LONG = (
    "PCD-1, 100 chains, batches of 100, 150,000 steps of plain gradient descent at 0.1, held for a quarter of the way "
    "and then falling to 0, weight decay 0.0001, running average of the weights over 1000 steps"
)
GREY = "none: the grey levels themselves"
NORMED = (
    "batch normalisation, folded into the layers afterwards; squared error, Adam in one cycle up to 0.003, batches of "
    "128"
)
EITHER = "none for half of the training images and of the test images; for the other half "
RECIPES = {
    "ae-mnist-2d": Recipe(
        f"784-320-160-64-2 and back, SiLU, a linear code, sigmoids at the end; {NORMED}, 40 epochs",
        lambda: build_deep(784, 320, 160, 64, 2, activation=nn.SiLU),
        partial(train_deep, epochs=40), measure_plane, binarisation=GREY, stored="int8",
    ),
    "ae-mnist-30": Recipe(
        f"784-1000-500-250-30 and back, GELU, a linear code, sigmoids at the end; {NORMED}, 30 epochs",
        lambda: build_deep(*SIZES), partial(train_deep, epochs=30), measure_deep,
        binarisation=GREY, stored="int8", parts=("encoder", "decoder"),
    ),
    "dbm-mnist": Recipe(
        "784-500-1000: two RBMs by centred PCD-1, 10 epochs each at 0.05 and 0.02, joined; then mean field (5 updates) "
        "and 100 persistent chains, batches of 100, 72,000 steps of plain gradient descent at 0.05, held for a quarter "
        "of the way and then falling to 0, weight decay 0.0001, running average of the weights over 1000 steps",
        lambda: DBM(784, 500, 1000), train_dbm, measure_dbm, shipped=False,
    ),
    "dbn-mnist": Recipe(
        "784-500-784: rbm-mnist-500, whose minutes come on top, and above it its own upside down, trained on what it "
        "draws from the images by centred PCD-1, 100 chains, batches of 100, 75,000 steps of plain gradient descent "
        "at 0.02, held for a quarter of the way and then falling to 0, weight decay 0.0001, running average of the "
        "weights over 1000 steps",
        lambda: DBN(RBM(784, 500), CentredRBM(500, 784)),
        lambda dbn, x, y: train_above(dbn, x, y, first=zoo.load("rbm-mnist-500")),  # type: ignore[arg-type]
        lambda *images: measure_dbn(*images, first=zoo.card("rbm-mnist-500")),
    ),
    "dbn-mnist-labels": Recipe(
        "784-300-500 with 10 label units beside the 300, each layer by centred PCD-1, 100 chains, batches of 100, 80 "
        "epochs of plain gradient descent at 0.1 falling to 0",
        lambda: DBN(CentredRBM(784, 300), ClassRBM(300, 10, 500)), train_dbn, measure_dbn,
    ),
    "digit-features": Recipe(
        "three convolutions of 32, 64 and 64 channels, 64 ELU units, 32 linear features, softmax; Adam in one cycle up "
        "to 0.003, 3,000 batches of 100, images moved by up to a pixel; features standardised over training images",
        lambda: build_judge(8, 32, 64, 64),
        partial(train_judge, steps=3000, far=1, threshold=0.5), partial(measure_judge, threshold=0.5),
        dataset="digits", binarisation=EITHER + "thresholded at 8 of 16",
    ),
    "made-mnist": Recipe(
        "784-1000-784, one order, row by row, inputs to outputs directly too, biases from the mean image; Adam in one "
        "cycle up to 0.008, 15,000 batches of 100, running average of the weights over 1000 steps; the file holds what "
        "the masks leave",
        build_made, train_made, measure_exact, glance_exact, stored="int8",
    ),
    "mnist-features": Recipe(
        "three convolutions of 16, 32 and 64 channels, 64 ELU units, 32 linear features, softmax; Adam in one cycle up "
        "to 0.003, 3,000 batches of 100, images moved by up to two pixels; features standardised over training images",
        lambda: build_judge(28, 16, 32, 64),
        partial(train_judge, steps=3000, far=2, threshold=None), partial(measure_judge, threshold=None),
        binarisation=EITHER + "sampled from the grey level",
    ),
    "pixelcnn-mnist": Recipe(
        "gated, two stacks of 16 channels, 6 layers with dilations 1, 1, 2, 4, 1, 2, the first kernels 7 wide; Adam at "
        "0.002, held for 60 % of 90,000 batches of 8 and then falling to 0, running average of the weights over 1000 "
        "steps",
        build_pixelcnn, train_pixelcnn, measure_exact, glance_exact,
    ),
    "rbm-mnist": Recipe(f"784-256, {LONG}", lambda: RBM(784, 256), train_rbm, measure_rbm),
    "rbm-mnist-500": Recipe(f"784-500, {LONG}", lambda: RBM(784, 500), train_rbm, measure_rbm, glance_rbm),
    "scene-finder": Recipe(
        "scenes of 24 x 24 with four digits; 16 and 32 channels down, 64 in the middle, 32 and 16 up, unpooling by "
        "switches; Adam in one cycle up to 0.01, 1,500 batches of 16 of 8,000 scenes",
        build_finder, train_finder, measure_finder, dataset="digits", binarisation="none: grey levels",
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


def make(name: str, folder: Path, runs: Path, *, seed: int = 0, device: str = "cpu") -> Figures:
    """Trains and measures a model and writes its weights, its card and its curve.

    Args:
        name: One of `RECIPES`.
        folder: Where `name.safetensors` and `name.json` go.
        runs: Where the recorded run goes, of a recipe that looks at its model on the way.
        seed: Seed of everything drawn.
        device: Where it is trained.

    Returns:
        The card.
    """
    if name not in RECIPES:
        raise ValueError(f"there is no recipe {name!r}, expected one of {', '.join(RECIPES)}")
    recipe = RECIPES[name]
    torch.manual_seed(seed)
    (x, y), test = examples(name, device)
    model = recipe.build().to(device)
    watch, curve = Stopwatch(), []
    for step in recipe.train(model, x, y):
        spent = watch.stop()
        if recipe.glance is not None:
            with torch.random.fork_rng():
                torch.manual_seed(0)
                curve.append({"step": step, **spent, **recipe.glance(model, x, test[0])})
        watch.start()
    spent = watch.stop()
    masks = files.masks_of(model)
    weights = files.stored(model.state_dict(), recipe.stored, masks)
    model.load_state_dict(files.restored(weights, masks))
    facts = {"data": recipe.dataset, "binarisation": recipe.binarisation, "seed": seed, **spent}
    card = {
        "name": name,
        "recipe": recipe.about,
        **facts,
        "device": hardware(device),
        "trained_on": f"{len(x):,} images (training and validation)",
        "tested_on": f"{len(test[0]):,} test images",
        "parameters": sum(p.numel() for p in model.parameters()),
        "torch": software(),
        "stored_as": recipe.stored,
        "licence": "CC BY 4.0",
        **measured(name, model, x, test),
    }
    files.write(weights, folder, name, recipe.parts)
    (folder / f"{name}.json").write_text(json.dumps(card, indent=2) + "\n")
    if curve:
        curve_of(name, card, curve).write(runs)
    return card


def measured(name: str, model: nn.Module, x: Tensor, test: tuple[Tensor, Tensor]) -> Figures:
    """Returns a card's figures of a model as it is shipped, from the same random numbers each time.

    Args:
        name: One of `RECIPES`.
        model: The model, with the weights of its file.
        x: Grey training images `(N, D)`.
        test: Test images `(N, D)` and their labels.
    """
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return RECIPES[name].measure(model, x, *test)


def curve_of(name: str, card: Figures, curve: list[Figures]) -> Run:
    """Returns a training's recorded run: what was measured on the way, and at its end the figures of its card."""
    columns: dict[str, str] = {
        "step": "steps",
        "processor_seconds": "processor seconds",
        "test_log_prob": "test log p(x), nats",
        "log_z": "log Z",
    }
    columns = {key: heading for key, heading in columns.items() if key in curve[-1]}
    end = {key: [card[key], card[f"{key}_standard_error"]] for key in columns if f"{key}_standard_error" in card}
    annealed = f"on the way, annealing with {GLANCE:,} temperatures and 100 chains; then as on the card"
    return Run(
        name=name,
        about=card["recipe"],
        settings={
            **{key: card[key] for key in ("data", "binarisation", "trained_on", "tested_on")},
            "test_method": annealed if "log_z" in columns else card["test_method"],
        },
        seeds=[card["seed"]],
        columns=columns,
        rows=[*curve[:-1], {**curve[-1], **end}],
        results={key: value for key, value in card.items() if key.startswith(("test_", "log_z"))},
        processor_seconds=card["processor_seconds"],
        machine=card["device"],
        torch=card["torch"],
    )


def examples(name: str, device: str = "cpu") -> Split:
    """Returns what a recipe trains and tests on: flat training images, validation included, and test images, labelled.

    Args:
        name: One of `RECIPES`.
        device: Where the images go.
    """
    recipe = RECIPES[name]
    return mnist(device) if recipe.binarisation == BINARISATION else grey(recipe.dataset, device)


def grey(dataset: str, device: str = "cpu") -> Split:
    """Returns training images (validation included) and test images, grey and flat, each with their labels."""
    (x, y), (x_val, y_val), (x_test, y_test) = data.load(dataset)
    train, labels = torch.cat([x, x_val]).flatten(1), torch.cat([y, y_val])
    return (train.to(device), labels.to(device)), (x_test.flatten(1).to(device), y_test.to(device))


def mnist(device: str = "cpu") -> Split:
    """Returns grey training images (validation included) and binary test images, flat, each with their labels."""
    train, (x_test, y_test) = grey("mnist", device)
    return train, (data.binarize(x_test, threshold=None, seed=0), y_test)
