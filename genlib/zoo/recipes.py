r"""How the models of the zoo were made: a function that builds, one that trains, one that measures, for each.

Data are binarised by sampling: a pixel is one with its grey level as probability, drawn anew each time an image is
shown; the test images are drawn once, with seed 0. Weights are rounded to float16 before anything is measured.
"""

from __future__ import annotations

__all__ = ["RECIPES", "Recipe", "make"]

import copy
import json
import platform
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from genlib import data
from genlib.energy import DBM, DBN, RBM, CentredRBM, ClassRBM, bernoulli
from genlib.evaluate import AIS, ais, importance_log_prob, mean_and_error
from genlib.nn import Bernoulli, Gaussian, mlp
from genlib.train import fit, linear_decay, one_cycle
from genlib.vae import VAE

Figures = dict[str, Any]


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


def binary_batches(x: Tensor, size: int) -> Iterator[Tensor]:
    """Yields shuffled batches `(size, D)` of grey images `x` `(N, D)`, each binarised afresh."""
    for batch in data.batches(x, size):
        yield data.binarize(batch, threshold=None)


def descend(
    loss: Callable[..., Tensor], model: nn.Module, batches: Iterator[Tensor], steps: int, lr: float = 0.1
) -> None:
    """Minimises `loss` by plain gradient descent at a rate that falls to zero."""
    rate = linear_decay(lr, steps)
    for _ in fit(loss, model.parameters(), batches, steps=steps, lr=rate, optimizer=torch.optim.SGD):
        pass


def train_layer(
    rbm: RBM, x: Tensor, *, epochs: int, batch: int = 100, below: Callable[[Tensor], Tensor] = lambda x: x
) -> None:
    """Trains by persistent contrastive divergence, one sweep a step, on what `below` makes of binarised images."""
    mean = below(data.binarize(x[:10_000], threshold=None)).mean(0) if rbm.features != x.shape[1] else x.mean(0)
    rbm.c.data = mean.clamp(0.01, 0.99).logit()
    chains = below(data.binarize(x[:batch], threshold=None))
    descend(lambda x: rbm.loss(below(x), chains=chains), rbm, binary_batches(x, batch), epochs * len(x) // batch)


def train_rbm(rbm: RBM, x: Tensor, y: Tensor, *, epochs: int = 80) -> None:
    """Trains a single RBM on the images."""
    train_layer(rbm, x, epochs=epochs)


def train_dbn(dbn: DBN, x: Tensor, y: Tensor, *, epochs: int = 80) -> None:
    """Trains one layer after the other, each on what the layers below draw from the data; the labels join on top."""
    for depth, layer in enumerate(dbn.layers):
        if isinstance(layer, ClassRBM):
            names = torch.cat([x, nn.functional.one_hot(y, layer.classes)], 1)
            below = lambda v, depth=depth: torch.cat([dbn.up(v[:, : x.shape[1]], depth), v[:, x.shape[1] :]], 1)  # noqa: E731
            train_layer(layer, names, epochs=epochs, below=below)
        else:
            train_layer(layer, x, epochs=epochs, below=partial(dbn.up, layers=depth))


def train_dbm(dbm: DBM, x: Tensor, y: Tensor, *, before: int = 15, epochs: int = 50, batch: int = 100) -> None:
    """Trains two RBMs, joins them, and trains the whole by mean field and persistent chains."""
    first, second = (CentredRBM(*sizes) for sizes in ((2 * dbm.features, dbm.lower), (dbm.lower, 2 * dbm.upper)))
    first.to(x), second.to(x)
    twice = lambda v: v.repeat(1, 2)  # noqa: E731
    train_layer(first, x, epochs=before, below=twice)
    train_layer(second, x, epochs=before, below=lambda v: bernoulli(first.prob_h(twice(v))))
    dbm.load_state_dict(DBM.stack(first, second).state_dict())
    chains = torch.cat([data.binarize(x[:batch], threshold=None), bernoulli(x.new_full((batch, dbm.upper), 0.5))], 1)
    steps = epochs * len(x) // batch
    descend(lambda x: dbm.loss(x, chains=chains, mean_field=5), dbm, binary_batches(x, batch), steps)


def annealed(model: RBM | DBN | DBM, base: Tensor | None) -> tuple[AIS, Figures]:
    """Returns log Z by annealed importance sampling, and how it converges as a card says it."""
    runs = {n: ais(model, temperatures=n, base=base, progress=True) for n in (30, 100, 1_000, 10_000, 30_000)}
    return runs[10_000], {
        "log_z": round(runs[10_000].log_z, 3),
        "log_z_standard_error": round(runs[10_000].standard_error, 3),
        "log_z_by_temperatures": {str(n): [round(r.log_z, 3), round(r.standard_error, 3)] for n, r in runs.items()},
    }


def measure_rbm(rbm: RBM, x: Tensor, y: Tensor, mean: Tensor) -> Figures:
    """Returns the test log-likelihood by annealed importance sampling, and how log Z converges."""
    run, figures = annealed(rbm, mean.clamp(0.01, 0.99).logit())
    test, error = mean_and_error((-rbm.free_energy(x) - run.log_z).double())
    return {
        **figures,
        "test_log_prob": round(test, 3),
        "test_log_prob_standard_error": round(error, 3),
        "test_method": "annealed importance sampling, 100 chains, 10,000 temperatures, base rates from the data",
        "blank_log_prob": round(-rbm.free_energy(torch.zeros_like(x[:1])).item() - run.log_z, 3),
    }


@torch.no_grad()
def measure_dbn(dbn: DBN, x: Tensor, y: Tensor, mean: Tensor) -> Figures:
    """Returns the bound and an estimate of the test log-likelihood, both with log Z of the top by annealing."""
    torch.manual_seed(0)
    run, figures = annealed(dbn, None)
    bound, bound_error = mean_and_error(dbn.bound(x, 10, log_z=run.log_z).double())
    parts = [dbn.importance_bound(part, 1000, log_z=run.log_z) for part in x.split(20)]
    test, error = mean_and_error(torch.cat(parts).double())
    labels = {}
    if isinstance(dbn.top, ClassRBM):
        hidden = torch.stack([dbn.top.prob_y(dbn.up(x)) for _ in range(20)]).mean(0)
        labels = {"test_errors": round((hidden.argmax(1) != y).float().mean().item(), 4)}
    return {
        **figures,
        "test_bound": round(bound, 3),
        "test_bound_standard_error": round(bound_error, 3),
        "test_log_prob": round(test, 3),
        "test_log_prob_standard_error": round(error, 3),
        "test_method": "log of the mean of 1000 importance weights for each test image, below log p(x) in expectation, "
        "with log Z of the top RBM by annealed importance sampling, 100 chains, 10,000 temperatures; test_bound is the "
        "mean of the weights' logs: an estimate of a lower bound",
        **labels,
    }


def measure_dbm(dbm: DBM, x: Tensor, y: Tensor, mean: Tensor) -> Figures:
    """Returns the mean-field bound of the test images with log Z by annealed importance sampling."""
    with torch.no_grad():
        run, figures = annealed(dbm, mean.clamp(0.01, 0.99).logit())
        bound, error = mean_and_error(torch.cat([dbm.bound(v, log_z=run.log_z) for v in x.split(1000)]).double())
    return {
        **figures,
        "test_bound": round(bound, 3),
        "test_bound_standard_error": round(error, 3),
        "test_method": "mean-field bound, 30 updates, with log Z by annealed importance sampling, 100 chains, 10,000 "
        "temperatures, base rates from the data: an estimate of a lower bound",
    }


def train_vae(vae: VAE, x: Tensor, y: Tensor, *, epochs: int = 120, batch: int = 128, lr: float = 2e-3) -> None:
    """Trains on the bound with one code an example, by Adam at a rate that rises and falls once."""
    steps = epochs * len(x) // batch
    for _ in fit(vae.loss, vae.parameters(), binary_batches(x, batch), steps=steps, lr=one_cycle(lr, steps)):
        pass


def measure_vae(vae: VAE, x: Tensor, y: Tensor, mean: Tensor) -> Figures:
    """Returns the bound and the importance-weighted test log-likelihood, also with the widgets' 8-bit weights."""
    from genlib.widgets._base import rounded

    torch.manual_seed(0)
    small = copy.deepcopy(vae)
    for part in (small.encoder, small.decoder):
        part.net = rounded(cast(nn.Module, part.net), "int8")
    with torch.no_grad():
        bound, bound_error = mean_and_error(vae.elbo(x, 10).double())
    test, error = mean_and_error(importance_log_prob(vae, x, 1000, progress=True).double())
    coarse, coarse_error = mean_and_error(importance_log_prob(small, x, 1000, progress=True).double())
    return {
        "test_elbo": round(bound, 3),
        "test_elbo_standard_error": round(bound_error, 3),
        "test_log_prob": round(test, 3),
        "test_log_prob_standard_error": round(error, 3),
        "test_method": "importance weighting, 1000 codes for each of the test images: a lower bound in expectation",
        "test_log_prob_int8": round(coarse, 3),
        "test_log_prob_int8_standard_error": round(coarse_error, 3),
    }


def build_vae(latent: int, width: int) -> VAE:
    """Returns an untrained VAE 784-width-width-latent and back, with ELU units."""
    encoder = Gaussian(mlp(784, width, width, 2 * latent))
    return VAE(encoder, Bernoulli(mlp(latent, width, width, 784)), latent)


RECIPES = {
    "dbm-mnist": Recipe(
        "784-500-1000: two RBMs by centred PCD-1, 15 epochs each, joined; then 50 epochs of mean field (5 updates) and "
        "100 persistent chains, batches of 100, plain gradient descent at 0.1 falling to 0 in each stage",
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
    return f"{models[0]}, {torch.get_num_threads()} threads"
