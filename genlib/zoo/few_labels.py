"""What an autoencoder of unlabelled images is worth to a classifier that has few labels, in accuracy on test images."""

from __future__ import annotations

__all__ = ["STUDIES", "WAYS", "Study", "balanced", "classifier", "pretrained", "record_few_labels", "trial"]

import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlib import data
from genlib.autoencoders import Autoencoder, DenoisingAutoencoder, masking
from genlib.nn import mlp
from genlib.train import fit, one_cycle
from genlib.zoo._shared import figure, hardware, software
from genlib.zoo.features import moved
from genlib.zoo.records import Run

GELU = partial(mlp, activation=nn.GELU)
WAYS = {
    "pixels": "softmax of the grey levels",
    "frozen": "softmax of the pretrained encoder's codes, standardised",
    "scratch": "the encoder's layers from a random start, GELU, softmax",
    "scratch + noise": "the same, every batch shown with noise",
    "fine-tuned": "pretrained encoder and softmax, all of it trained",
    "fine-tuned + noise": "the same, every batch shown with noise",
}


class Study(NamedTuple):
    """How one data set is used.

    Attributes:
        sizes: Units of the encoder, from the pixels to the code.
        pretraining: Steps of the autoencoder, on all training images.
        steps: Steps of each classifier.
        far: How many pixels noise may move an image along each axis.
        seeds: How many times classifiers are trained, each time with other labels, weights and batches.
        autoencoders: How many of these times have an autoencoder of their own; the others use the last one.
        labels: Numbers of labels, all classes in equal parts.
    """

    sizes: tuple[int, ...]
    pretraining: int
    steps: int
    far: int
    seeds: int
    autoencoders: int
    labels: tuple[int, ...] = (10, 20, 50, 100, 500)


STUDIES = {
    "digits": Study((64, 256, 32), 1500, 400, 0, 10, 10),
    "mnist": Study((784, 512, 64), 2500, 250, 1, 5, 1),
}


def balanced(y: Tensor, n: int, seed: int) -> Tensor:
    """Returns the numbers of `n` examples in random order, as many of each of the ten classes, `(n,)`."""
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))
    return torch.stack([order[y[order] == label][: n // 10] for label in range(10)], 1).flatten()


def pretrained(x: Tensor, study: Study) -> nn.Sequential:
    """Returns the encoder of an autoencoder that learned to fill in half of the pixels, codes standardised over `x`."""
    encoder, decoder = GELU(*study.sizes), GELU(*study.sizes[::-1])
    model = DenoisingAutoencoder(Autoencoder(encoder, decoder), partial(masking, rate=0.5))
    _descend(model.loss, model, (x,), 128, study.pretraining, 1e-3, 0.0)
    with torch.no_grad():
        z = encoder(x)
    standard = nn.Linear(z.shape[1], z.shape[1])
    standard.weight.data, standard.bias.data = (1 / z.std(0)).diag(), -z.mean(0) / z.std(0)
    return nn.Sequential(encoder, standard.requires_grad_(False))


def classifier(way: str, encoder: nn.Sequential, sizes: tuple[int, ...]) -> nn.Sequential:
    """Returns the untrained classifier of one of `WAYS`, whose last layer is linear, from images to log-odds."""
    head = nn.Linear(sizes[0] if way == "pixels" else sizes[-1], 10)
    if way.startswith("scratch"):
        return nn.Sequential(GELU(*sizes), nn.GELU(), head)
    nn.init.zeros_(head.weight)
    if way == "pixels":
        return nn.Sequential(head)
    copy = nn.Sequential(GELU(*sizes), nn.Linear(sizes[-1], sizes[-1]).requires_grad_(False))
    copy.load_state_dict(encoder.state_dict())
    return nn.Sequential(copy.requires_grad_(False) if way == "frozen" else copy, head)


def trial(way: str, encoder: nn.Sequential, x: Tensor, y: Tensor, study: Study) -> nn.Sequential:
    """Trains the classifier of one of `WAYS` on labelled images `x` `(N, D)`, and returns it."""
    net = classifier(way, encoder, study.sizes)

    def loss(x: Tensor, y: Tensor) -> Tensor:
        if way.endswith("noise"):
            x = (moved(x, study.far) if study.far else x) + 0.2 * torch.randn_like(x)
        return F.cross_entropy(net(x), y)

    linear = way in ("pixels", "frozen")
    _descend(loss, net, (x, y), min(50, len(x)), study.steps, 1e-2 if linear else 1e-3, 0.1 if linear else 0.01)
    return net


def record_few_labels(studies: dict[str, Study] = STUDIES) -> Run:
    """Trains every classifier on every number of labels, from every seed, and measures it on the test images."""
    begun, rows = time.process_time(), []
    for name, study in studies.items():
        (x, y), _, (x_test, y_test) = ((images.flatten(1), labels) for images, labels in data.load(name))
        right: dict[tuple[str, int], list[float]] = {(way, n): [] for way in WAYS for n in study.labels}
        for seed in range(study.seeds):
            if seed < study.autoencoders:
                torch.manual_seed(seed)
                encoder = pretrained(x, study)
            for n in study.labels:
                chosen = balanced(y, n, seed)
                for way in WAYS:
                    torch.manual_seed(seed)
                    net = trial(way, encoder, x[chosen], y[chosen], study)
                    with torch.no_grad():
                        guessed = net(x_test).argmax(1)
                    right[way, n].append(100 * (guessed == y_test).double().mean().item())
        rows += [
            {
                "data": name,
                "model": way,
                "labels": n,
                "test_accuracy": figure(torch.tensor(shares)),
                "test_accuracy_by_seed": [round(share, 2) for share in shares],
            }
            for (way, n), shares in right.items()
        ]
    return Run(
        name="few-labels",
        about="Classifiers with few labels, with and without an autoencoder of all training images; means over seeds, "
        "each with other labels, weights and batches, and the standard error over seeds",
        settings={
            "models": WAYS,
            "pretraining": "an autoencoder of 784-512-64 and back (8x8 digits: 64-256-32), GELU, that fills in half of "
            "the pixels; Adam in one cycle up to 0.001, batches of 128, 2,500 steps (1,500); no label; one autoencoder "
            "for all seeds (one for each)",
            "training": "AdamW in one cycle, batches of up to 50, 250 steps (400): up to 0.001 with decay 0.01, and up "
            "to 0.01 with decay 0.1 where the softmax alone is trained; as many labels of each class",
            "noise": "moved by up to a pixel (8x8 digits: not moved), and Gaussian noise of deviation 0.2",
            "choices": "fixed beforehand and the same for every number of labels; nothing was chosen by test images",
        },
        seeds=list(range(max(study.seeds for study in studies.values()))),
        columns={"data": "data", "model": "model", "labels": "labels", "test_accuracy": "test images right, %"},
        rows=rows,
        processor_seconds=round(time.process_time() - begun),
        machine=hardware("cpu"),
        torch=software(),
    )


def _descend(
    loss: Callable[..., Tensor], net: nn.Module, examples: tuple[Tensor, ...], size: int, steps: int, lr: float,
    decay: float,
) -> None:  # fmt: skip
    """Minimises a loss over batches of examples by AdamW, at a rate that rises and falls once."""
    optimizer = partial(torch.optim.AdamW, weight_decay=decay, fused=True)
    stream = data.batches(examples, size, torch.initial_seed() % 2**31)
    for _ in fit(
        loss, net.parameters(), stream, steps=steps, lr=one_cycle(lr, steps), optimizer=optimizer, progress=False
    ):
        pass
