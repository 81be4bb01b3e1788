r"""Ten pictures from each family, all of which learned the same 8 by 8 digits: what the taxonomy shows of its leaves.

A family's sampler is trained in seconds, with settings that nobody tuned: its pictures show what kind of picture a
family makes, not how good it can be. `python -m genlib.zoo draw NAME` makes them again.
"""

from __future__ import annotations

__all__ = ["SAMPLERS", "Samples", "draw", "read", "write"]

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from genlib.autoencoders import GSN, salt_and_pepper
from genlib.autoregressive import MADE
from genlib.energy import DBN, RBM
from genlib.gan import NonSaturatingGAN
from genlib.mixture import BernoulliMixture
from genlib.nn import Bernoulli, Gaussian, mlp
from genlib.train import fit, linear_decay, one_cycle
from genlib.vae import VAE
from genlib.zoo._shared import Stopwatch, hardware, log_odds, software
from genlib.zoo.digits import Digits
from genlib.zoo.energy import descend

FOLDER = Path(__file__).parent / "pictures"
PICTURES, PIXELS, LEVELS = 10, 64, 15


@dataclass(frozen=True)
class Samples:
    """Pictures that a sampler made, and how.

    Attributes:
        name: What the sampler is called.
        recipe: How it was trained, in one sentence.
        seed: Seed of everything drawn.
        processor_seconds: What training took.
        device: What it was run on.
        torch: The version of PyTorch.
        pictures: A hexadecimal digit for each pixel, 0 for paper to f for ink, row by row.
    """

    name: str
    recipe: str
    seed: int
    processor_seconds: int
    device: str
    torch: str
    pictures: list[str]

    def images(self) -> Tensor:
        """Returns the pictures, `(10, 64)`, in [0, 1]."""
        return torch.tensor([[int(level, 16) / LEVELS for level in picture] for picture in self.pictures])


def mixture(digits: Digits) -> Tensor:
    """Draws from a mixture of 80 components, fitted by EM."""
    model = BernoulliMixture(PIXELS, 80)
    for _ in model.fit_em(digits.train, steps=60, smoothing=0.1):
        pass
    return model.sample(PICTURES)


def autoregressive(digits: Digits, steps: int = 3000) -> Tensor:
    """Draws pixel by pixel, each from its probability given those before."""
    model = MADE(PIXELS, hidden=300, dropout=0.3)
    lr = one_cycle(5e-3, steps)
    for _ in fit(model.loss, model.parameters(), digits.batches(True, 0), steps=steps, lr=lr, progress=False):
        pass
    return model.eval().sample(PICTURES)


def machine(digits: Digits, hidden: int = 128, steps: int = 6000) -> Tensor:
    """Draws from an RBM, by chains of a thousand sweeps."""
    return _machine(digits.batches(True, 0), digits.train, hidden, steps).sample(PICTURES, steps=1000)


def belief(digits: Digits, hidden: int = 128, steps: int = 4000) -> Tensor:
    """Draws from a belief network of two layers, each trained as an RBM on what the one below it draws."""
    first = _machine(digits.batches(True, 0), digits.train, hidden, steps)
    below = DBN(first, RBM(hidden, hidden))
    batches = (below.up(x, 1) for x in digits.batches(True, 1))
    second = _machine(batches, below.up(digits.train, 1), hidden, steps)
    return DBN(first, second).sample(PICTURES, steps=1000)


def variational(digits: Digits, latent: int = 16, steps: int = 4000) -> Tensor:
    """Draws codes from the prior, and a picture from each code's distribution."""
    model = VAE(Gaussian(mlp(PIXELS, 200, 200, 2 * latent)), Bernoulli(mlp(latent, 200, 200, PIXELS)), latent)
    for _ in fit(
        model.loss, model.parameters(), digits.batches(True, 0), steps=steps, lr=one_cycle(2e-3, steps), progress=False
    ):
        pass
    return model.sample(PICTURES)


def adversarial(digits: Digits, latent: int = 16, steps: int = 4000) -> Tensor:
    """Draws noise and maps it to grey pictures; both networks have batch normalisation or none as is customary."""
    layers = [nn.Linear(latent, 200), nn.BatchNorm1d(200), nn.ReLU(), nn.Linear(200, 200), nn.BatchNorm1d(200)]
    generator = nn.Sequential(*layers, nn.ReLU(), nn.Linear(200, PIXELS), nn.Sigmoid())
    gan = NonSaturatingGAN(generator, mlp(PIXELS, 200, 200, 1, activation=partial(nn.LeakyReLU, 0.2)), latent)
    adam = partial(torch.optim.Adam, betas=(0.5, 0.999))
    batches = digits.batches(False, 0, 100)
    sharp = (digits.grey[torch.randint(len(digits.grey), (100,))] for _ in batches)
    turns = zip(
        fit(lambda x: gan.loss_d(x, gan.noise(100)), gan.discriminator.parameters(), sharp, steps=steps, lr=5e-4,
            optimizer=adam, progress=False),
        fit(lambda x: gan.loss_g(gan.noise(100)), gan.generator.parameters(), batches, steps=steps, lr=5e-4,
            optimizer=adam, progress=False),
        strict=True,
    )  # fmt: skip
    for _ in turns:
        pass
    return gan.eval().sample(PICTURES)


def denoising(digits: Digits, rate: float = 0.2, steps: int = 4000) -> Tensor:
    """Draws by chains that corrupt and clean, from a digit of the training set that the chain has long forgotten."""
    model = GSN(Bernoulli(mlp(PIXELS, 200, 200, PIXELS)), partial(salt_and_pepper, rate=rate))
    loss = partial(model.loss, steps=4)
    for _ in fit(
        loss, model.parameters(), digits.batches(True, 0), steps=steps, lr=one_cycle(2e-3, steps), progress=False
    ):
        pass
    return model.walk(digits.train[:PICTURES], steps=1000)


SAMPLERS: dict[str, tuple[str, Callable[[Digits], Tensor]]] = {
    "mixture": ("80 Bernoulli components, 60 steps of EM, pseudo-count 0.1", mixture),
    "autoregressive": ("MADE 64-300-64 with dropout 0.3, Adam in one cycle, 3,000 batches of 50", autoregressive),
    "rbm": ("RBM 64-128, PCD-1, averaged weights, 6,000 batches of 50; 1,000 Gibbs sweeps from noise", machine),
    "deep": ("DBN 64-128-128, each layer by PCD-1, 4,000 batches of 50; 1,000 sweeps of the top", belief),
    "vae": ("VAE 64-200-200-16, Adam in one cycle, 4,000 batches of 50", variational),
    "denoising": (
        "GSN 64-200-200-64, salt and pepper at 0.2, walkback of 4 steps, Adam in one cycle, 4,000 batches of 50; 1,000 "
        "steps of the chain",
        denoising,
    ),
    "gan": ("GAN 16-200-200-64, non-saturating, Adam, 4,000 rounds of 100 grey images", adversarial),
}


def draw(name: str, *, seed: int = 0) -> Samples:
    """Trains a sampler on the digits and draws its pictures.

    Args:
        name: One of `SAMPLERS`.
        seed: Seed of everything drawn.

    Raises:
        ValueError: If there is no such sampler.
    """
    if name not in SAMPLERS:
        raise ValueError(f"there is no sampler {name!r}, expected one of {', '.join(SAMPLERS)}")
    recipe, sampler = SAMPLERS[name]
    torch.manual_seed(seed)
    watch = Stopwatch()
    pictures = sampler(Digits.load())
    seconds = watch.stop()["processor_seconds"]
    levels = (pictures.clamp(0, 1) * LEVELS).round().int().tolist()
    rows = ["".join(f"{level:x}" for level in picture) for picture in levels]
    return Samples(name, recipe, seed, seconds, hardware("cpu"), software(), rows)


def write(samples: Samples, folder: Path = FOLDER) -> None:
    """Writes `name.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{samples.name}.json").write_text(json.dumps(asdict(samples), indent=2) + "\n", encoding="utf-8")


def read(name: str, folder: Path = FOLDER) -> Samples:
    """Returns the pictures that are stored under this name.

    Raises:
        ValueError: If there are none.
    """
    file = folder / f"{name}.json"
    if not file.is_file():
        there = ", ".join(sorted(path.stem for path in folder.glob("*.json")))
        raise ValueError(f"there are no samples {name!r}, expected one of {there}")
    return Samples(**json.loads(file.read_text(encoding="utf-8")))


def _machine(batches: object, x: Tensor, hidden: int, steps: int) -> RBM:
    """Returns an RBM trained by PCD-1, at a rate of 0.3 that falls to 0, with its averaged weights."""
    model = RBM(x.shape[1], hidden)
    model.c.data = log_odds(x.mean(0))
    chains = torch.bernoulli(torch.full((100, x.shape[1]), 0.5))
    loss = lambda v: model.loss(v, chains=chains)  # noqa: E731
    for _ in descend(loss, model, batches, steps, rate=linear_decay(0.3, steps), average=0.99):  # type: ignore[arg-type]
        pass
    return model.requires_grad_(False)
