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
from genlib.energy import RBM, CentredRBM
from genlib.evaluate import ais, importance_log_prob, mean_and_error
from genlib.nn import Bernoulli, Gaussian, mlp
from genlib.train import fit, linear_decay, one_cycle
from genlib.vae import VAE

Figures = dict[str, Any]


class Recipe(NamedTuple):
    """What it takes to make a model.

    Attributes:
        about: The recipe in one sentence.
        build: Makes the untrained model.
        train: Trains it in place on images `(N, D)`.
        measure: Returns its figures, from test images `(N, D)` and the mean training image `(D,)`.
    """

    about: str
    build: Callable[[], nn.Module]
    train: Callable[[Any, Tensor], None]
    measure: Callable[[Any, Tensor, Tensor], Figures]


def binary_batches(x: Tensor, size: int) -> Iterator[Tensor]:
    """Yields shuffled batches `(size, D)` of grey images `x` `(N, D)`, each binarised afresh."""
    for batch in data.batches(x, size):
        yield data.binarize(batch, threshold=None)


def train_rbm(rbm: RBM, x: Tensor, *, epochs: int = 80, batch: int = 100, lr: float = 0.1) -> None:
    """Trains by persistent contrastive divergence, one sweep a step, at a rate that falls to zero."""
    steps = epochs * len(x) // batch
    mean = x.mean(0).clamp(0.01, 0.99)
    rbm.c.data = mean.logit()
    chains = data.binarize(x[:batch], threshold=None)
    batches, rate = binary_batches(x, batch), linear_decay(lr, steps)
    descent = partial(fit, steps=steps, lr=rate, optimizer=torch.optim.SGD)
    for _ in descent(lambda x: rbm.loss(x, chains=chains), rbm.parameters(), batches):
        pass


def measure_rbm(rbm: RBM, x: Tensor, mean: Tensor) -> Figures:
    """Returns the test log-likelihood by annealed importance sampling, and how log Z converges."""
    base = mean.clamp(0.01, 0.99).logit()
    runs = {n: ais(rbm, temperatures=n, base=base, progress=True) for n in (30, 100, 1_000, 10_000, 30_000)}
    log_z = runs[10_000].log_z
    log_p = -rbm.free_energy(x) - log_z
    test, error = mean_and_error(log_p.double())
    return {
        "log_z": round(log_z, 3),
        "log_z_standard_error": round(runs[10_000].standard_error, 3),
        "log_z_by_temperatures": {str(n): [round(r.log_z, 3), round(r.standard_error, 3)] for n, r in runs.items()},
        "test_log_prob": round(test, 3),
        "test_log_prob_standard_error": round(error, 3),
        "test_method": "annealed importance sampling, 100 chains, 10,000 temperatures, base rates from the data",
        "blank_log_prob": round(-rbm.free_energy(torch.zeros_like(x[:1])).item() - log_z, 3),
    }


def train_vae(vae: VAE, x: Tensor, *, epochs: int = 120, batch: int = 128, lr: float = 2e-3) -> None:
    """Trains on the bound with one code an example, by Adam at a rate that rises and falls once."""
    steps = epochs * len(x) // batch
    for _ in fit(vae.loss, vae.parameters(), binary_batches(x, batch), steps=steps, lr=one_cycle(lr, steps)):
        pass


def measure_vae(vae: VAE, x: Tensor, mean: Tensor) -> Figures:
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
    "rbm-mnist": Recipe(
        "784-256, centred PCD-1, 100 chains, batches of 100, 80 epochs of plain gradient descent at 0.1 falling to 0",
        lambda: CentredRBM(784, 256), train_rbm, measure_rbm,
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
    train, test, mean = mnist(device)
    model = recipe.build().to(device)
    start, work = time.perf_counter(), time.process_time()
    recipe.train(model, train)
    seconds, processor_seconds = time.perf_counter() - start, time.process_time() - work
    weights = {key: value.half().cpu().contiguous() for key, value in model.state_dict().items()}
    model.load_state_dict({key: value.float() for key, value in weights.items()})
    card = {
        "name": name,
        "recipe": recipe.about,
        "data": "mnist",
        "binarisation": "sampled from the grey level, anew each time in training, once with seed 0 for the test images",
        "trained_on": f"{len(train):,} images (training and validation)",
        "tested_on": f"{len(test):,} test images",
        "parameters": sum(p.numel() for p in model.parameters()),
        "seed": seed,
        "seconds": round(seconds),
        "processor_seconds": round(processor_seconds),
        "device": hardware(device),
        "torch": torch.__version__.split("+")[0],
        "made": date.today().isoformat(),
        "stored_as": "float16",
        "licence": "CC BY 4.0",
        **recipe.measure(model, test, mean),
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / f"{name}.safetensors")
    (folder / f"{name}.json").write_text(json.dumps(card, indent=2) + "\n")
    return card


def mnist(device: str = "cpu") -> tuple[Tensor, Tensor, Tensor]:
    """Returns grey training images (validation included), binary test images and the mean training image, flat."""
    (x, _), (x_val, _), (x_test, _) = data.load("mnist")
    train = torch.cat([x, x_val]).flatten(1).to(device)
    return train, data.binarize(x_test.flatten(1), threshold=None, seed=0).to(device), train.mean(0)


def hardware(device: str) -> str:
    """Names the processor a model was trained on."""
    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_name(device)
    info = Path("/proc/cpuinfo")
    models = [line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line] if (
        info.exists()
    ) else [platform.processor() or platform.machine()]
    return f"{models[0]}, {torch.get_num_threads()} threads"
