r"""Side by side with peers: `make bench`, or `python -m benchmarks`.

Both sides of a comparison do the same work in the same process, alternating, so that whatever slows the machine slows
both; what is reported is the median of each and the median of the ratios. Each side computes with the linear algebra
that comes with it, with the kernel that it chooses for the processor: settings that would tie it to another one are
left out of the environment, and the results say which kernel it was. They go to `benchmarks/results.md`, which the
book shows.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import re
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import sklearn
import torch
from scipy.special import logsumexp
from sklearn.decomposition import PCA
from sklearn.neural_network import BernoulliRBM
from threadpoolctl import threadpool_info
from torch import Tensor

from benchmarks import peers
from benchmarks.duel import duel
from genlib import data
from genlib.autoencoders import principal_axes
from genlib.autoregressive import GatedPixelCNN
from genlib.energy import RBM, CentredRBM, ais
from genlib.evaluate import mean_and_error
from genlib.mixture import BernoulliMixture
from genlib.nn import Bernoulli, Gaussian, mlp
from genlib.train import fit
from genlib.vae import VAE
from genlib.zoo.recipes import hardware

RESULTS = Path(__file__).parent / "results.md"
MARK = "Linear algebra:"
TIED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # make OpenBLAS compute as on another processor


def rbm_epoch(x: Tensor, hidden: int, batch: int) -> tuple[Callable[[], None], Callable[[], None]]:
    """Returns an epoch of PCD-1 by plain gradient descent at a fixed rate, ours and scikit-learn's, in float32."""
    rbm, chains = RBM(x.shape[1], hidden), torch.zeros(batch, x.shape[1])
    theirs = BernoulliRBM(hidden, learning_rate=0.01, batch_size=batch, n_iter=1)
    x_numpy = x.numpy()

    def ours() -> None:
        for part in x.split(batch):
            for p, g in zip(rbm.parameters(), rbm.gradient(part, chains=chains), strict=True):
                p.data.sub_(g, alpha=0.01)

    return ours, lambda: theirs.fit(x_numpy)


def speed_of_rbm(rounds: int) -> list[str]:
    """Compares training speed on 10,000 images of MNIST, 256 hidden units."""
    x, name = images()
    rows = []
    for batch in (10, 100):
        result = duel(*rbm_epoch(x, 256, batch), rounds)
        steps = len(x) // batch
        rows.append(f"| RBM, one step of PCD-1, {name}, 256 hidden, batch {batch} | {result.per(steps).row()} |")
    return rows


def images() -> tuple[Tensor, str]:
    """Returns 10,000 binary images of MNIST, or coin flips of the same shape where MNIST is not to be had."""
    try:
        x = data.load("mnist")[0][0][:10_000].flatten(1)
    except OSError:
        return (torch.rand(10_000, 784) < 0.13).float(), "10,000 coin flips of MNIST's shape"
    return data.binarize(x, threshold=None, seed=0), "10,000 images of MNIST"


def likelihood_in_equal_time(seeds: int) -> list[str]:
    """Compares test log-likelihood on the 8x8 digits after equal time, 64 hidden units, for several seeds."""
    (x, _), _, (x_test, _) = data.load("digits")
    x, x_test = (data.binarize(part.flatten(1), threshold=0.5) for part in (x, x_test))
    scores: list[tuple[float, float, float, float]] = []
    for seed in range(seeds):
        theirs, seconds = train_theirs(x, seed)
        ours, our_seconds = train_ours(x, seed, seconds)
        scores.append((score(ours, x, x_test), score(theirs, x, x_test), our_seconds, seconds))
    ours, theirs, our_seconds, seconds = (mean_and_error(torch.tensor(column)) for column in zip(*scores, strict=True))
    return [
        f"| RBM, test log-likelihood on digits, 64 hidden, {seeds} seeds | {ours[0]:.2f} ± {ours[1]:.2f} nats in "
        f"{our_seconds[0]:.1f} s | {theirs[0]:.2f} ± {theirs[1]:.2f} nats in {seconds[0]:.1f} s | |"
    ]


def train_theirs(x: Tensor, seed: int) -> tuple[RBM, float]:
    """Trains scikit-learn's machine at rates that fall in three steps, the best schedule we found for it."""
    start, draws, x_numpy = time.perf_counter(), np.random.RandomState(seed), x.numpy()
    machine = BernoulliRBM(64, learning_rate=0.05, batch_size=10, n_iter=1, random_state=draws).fit(x_numpy)
    machine.h_samples_ = np.zeros((10, 64), np.float32)
    for rate in (0.05, 0.01, 0.002):
        machine.learning_rate = rate
        for _ in range(60):
            epoch_of_theirs(machine, x_numpy, draws)
    rbm = RBM(64, 64)
    for p, value in zip(
        (rbm.W, rbm.b, rbm.c),
        (machine.components_, machine.intercept_hidden_, machine.intercept_visible_),
        strict=True,
    ):
        p.data = torch.from_numpy(np.asarray(value)).float()
    return rbm, time.perf_counter() - start


def epoch_of_theirs(machine: BernoulliRBM, x: np.ndarray, draws: np.random.RandomState) -> None:
    """Goes once through the data without starting anew: `fit` would, and `partial_fit` takes one batch a call."""
    order = draws.permutation(len(x))
    for start in range(0, len(x) - 9, 10):
        machine._fit(x[order[start : start + 10]], draws)


def train_ours(x: Tensor, seed: int, seconds: float) -> tuple[RBM, float]:
    """Trains our machine in at most the same time, at a rate that falls to zero as the time runs out."""
    torch.manual_seed(seed)
    rbm, chains = CentredRBM(64, 64), data.binarize(x[:100], threshold=0.5)
    batches, start = data.batches(x, 50, seed), time.perf_counter()
    while (spent := time.perf_counter() - start) < 0.98 * seconds:
        rate = 0.3 * (1 - spent / seconds)
        for p, g in zip(rbm.parameters(), rbm.gradient(next(batches), chains=chains), strict=True):
            p.data.sub_(g, alpha=rate)
    return rbm, time.perf_counter() - start


def score(rbm: RBM, x: Tensor, x_test: Tensor) -> float:
    """Returns the mean test log-likelihood in nats, by annealed importance sampling from the data's base rates."""
    base = x.mean(0).clamp(0.01, 0.99).logit()
    return (-rbm.free_energy(x_test)).mean().item() - ais(rbm, temperatures=3_000, base=base).log_z


def vae_step(rounds: int) -> list[str]:
    """Compares a training step through the library with the same net in a plain loop."""
    x = (torch.rand(128, 784) < 0.13).float()
    ours, theirs = library_steps(x), plain_steps(x)
    result = duel(ours, theirs, rounds).per(20)
    what = "VAE 784-200-200-16, one step of `fit`, which uses fused Adam, batch 128, against a plain loop with Adam"
    return [f"| {what} as it comes | {result.row()} |"]


def library_steps(x: Tensor) -> Callable[[], None]:
    """Returns 20 steps through `VAE` and `fit`."""
    encoder = Gaussian(mlp(784, 200, 200, 32))
    vae = VAE(encoder, Bernoulli(mlp(16, 200, 200, 784)), 16)
    training = fit(vae.loss, vae.parameters(), itertools.repeat(x), steps=10**9, progress=False)
    return lambda: [next(training) for _ in range(20)] and None


def plain_steps(x: Tensor) -> Callable[[], None]:
    """Returns 20 steps of the same model, written out with tensors alone."""
    encoder, decoder = mlp(784, 200, 200, 32), mlp(16, 200, 200, 784)
    descent = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3)

    def steps() -> None:
        for _ in range(20):
            mu, log_sigma = encoder(x).chunk(2, -1)
            z = mu + log_sigma.exp() * torch.randn_like(mu)
            divergence = ((mu**2 + (2 * log_sigma).exp() - 1) / 2 - log_sigma).sum(-1)
            cost = torch.nn.functional.binary_cross_entropy_with_logits(decoder(z), x, reduction="none").sum(-1)
            loss = (cost + divergence).mean()
            descent.zero_grad()
            loss.backward()
            descent.step()
            loss.item()

    return steps


def speed_of_em(rounds: int) -> list[str]:
    """Compares a step of EM for a mixture of Bernoullis with the same formulas in NumPy and SciPy, from one start."""
    x, name = images()
    mixture = BernoulliMixture(784, 50)
    pi, mu = (value.detach().numpy() for value in (mixture.pi, mixture.mu))
    ours = lambda: [*mixture.fit_em(x, steps=5, smoothing=0.1)] and None  # noqa: E731
    result = duel(ours, plain_em(x.numpy(), pi, mu), rounds).per(5)
    what = f"mixture of 50 Bernoullis, one step of EM, {name}, against NumPy and `scipy.special.logsumexp`"
    return [f"| {what} | {result.row()} |"]


def plain_em(x: np.ndarray, pi: np.ndarray, mu: np.ndarray, smoothing: float = 0.1) -> Callable[[], None]:
    """Returns 5 steps of EM in float32, as one writes them down, going on from where the last ones ended."""
    state = [pi, mu]

    def steps() -> None:
        for _ in range(5):
            pi, mu = state
            joint = x @ np.log(mu).T + (1 - x) @ np.log1p(-mu).T + np.log(pi)
            log_prob = logsumexp(joint, axis=1, keepdims=True)
            r = np.exp(joint - log_prob)
            count = r.sum(0)
            state[1] = (r.T @ x + smoothing) / (count[:, None] + 2 * smoothing)
            state[0] = (count + smoothing) / (count + smoothing).sum()
            log_prob.mean()

    return steps


def speed_of_axes(rounds: int) -> list[str]:
    """Compares principal axes with scikit-learn's, which also takes the eigenvectors of the covariance."""
    x, name = images()
    theirs, array = PCA(30, svd_solver="covariance_eigh"), x.numpy()
    result = duel(partial(principal_axes, x, 30), partial(theirs.fit, array), rounds)
    _, axes = principal_axes(x, 30)
    assert ((axes @ torch.tensor(theirs.components_).T).diagonal().abs() > 0.99).all(), "these are not the same axes"
    return [f"| first 30 principal axes, ours in double precision, {name} | {result.row()} |"]


def speed_of_drawing(rounds: int) -> list[str]:
    """Compares drawing from a gated PixelCNN, which keeps its maps, with a whole pass for each pixel."""
    model, u = GatedPixelCNN((8, 8), channels=16, layers=4), torch.rand(64, 64)

    @torch.no_grad()
    def by_whole_passes() -> Tensor:
        x = torch.zeros(64, 64)
        for d in range(64):
            x[:, d] = (u[:, d] < model.log_odds(x)[:, d].sigmoid()).float()
        return x

    assert torch.equal(model.sample(64, u=u), by_whole_passes()), "these are not the same samples"
    result = duel(partial(model.sample, 64, u=u), by_whole_passes, rounds)
    what = "gated PixelCNN, 16 channels, 4 layers, 64 samples of 8 x 8 pixels, against a whole pass for each pixel"
    return [f"| {what} | {result.row()} |"]


def speed_of_ais() -> list[str]:
    """Times annealed importance sampling on a machine of the size of the zoo's largest RBM."""
    rbm = RBM(784, 500)
    rbm.W.data = 0.05 * torch.randn_like(rbm.W)
    start = time.perf_counter()
    ais(rbm, temperatures=10_000)
    seconds = time.perf_counter() - start
    return [f"| RBM 784-500, annealed importance sampling, 100 chains, 10,000 temperatures | {seconds:.0f} s | | |"]


def main() -> None:
    """Runs all comparisons and writes the page."""
    free_hands()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows = speed_of_rbm(options.rounds) + likelihood_in_equal_time(5) + vae_step(3 * options.rounds)
    rows += speed_of_em(options.rounds) + speed_of_axes(options.rounds) + speed_of_drawing(options.rounds)
    rows += peers.made(options.rounds) + peers.autoencoders(options.rounds) + speed_of_ais()
    before = RESULTS.read_text() if RESULTS.exists() else ""
    RESULTS.write_text(page({**told(tables(before)), hardware("cpu"): table(rows)}))
    print(RESULTS.read_text(), file=sys.stdout)


def free_hands() -> None:
    """Starts this program anew without the settings that OpenBLAS has read already, where there are any."""
    if any(name in os.environ for name in TIED):
        rest = {name: value for name, value in os.environ.items() if name not in TIED}
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks", *sys.argv[1:]], rest)


def linear_algebra() -> str:
    """Returns which library multiplies matrices on each side, its version, and the kernel it has chosen."""
    built = re.search(r"(Math Kernel Library|OpenBLAS|Accelerate)\D*([\d.]*)", torch.__config__.show())
    ours = f"{built[1]} {built[2]}".strip() if built else "a library that it does not name"
    kernel = torch.backends.cpu.get_cpu_capability()
    theirs = [
        f"{part['internal_api']} {part['version']}, kernel {part.get('architecture', 'not named')}"
        for part in threadpool_info()
        if part["user_api"] == "blas" and "numpy" in part["filepath"]
    ]
    return f"{MARK} genlib's is PyTorch's, {ours}, kernel {kernel}; scikit-learn's is NumPy's, {' and '.join(theirs)}."


def told(tables: dict[str, str]) -> dict[str, str]:
    """Returns the tables that say with which linear algebra they were measured; the others are withdrawn."""
    return {name: body for name, body in tables.items() if MARK in body}


def tables(text: str) -> dict[str, str]:
    """Returns the tables of a page by the processor they were measured on."""
    _, *sections = text.split("\n## ")
    return {name: body for name, _, body in (section.partition("\n\n") for section in sections)}


def table(rows: list[str]) -> str:
    """Returns the rows as a table, and when and with which versions they were measured."""
    versions = f"Python {platform.python_version()}, torch {torch.__version__.split('+')[0]}"
    versions += f", scikit-learn {sklearn.__version__}{peers.versions()}"
    return "\n".join(
        [
            "| what | genlib | the other side | ratio |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
            f"Measured on {date.today().isoformat()}: {versions}.",
            linear_algebra(),
        ]
    )


def page(tables: dict[str, str]) -> str:
    """Returns the results as a page of the book, a section for each processor."""
    intro = """# Benchmarks

Both sides of each row did the same work in the same run, alternating; times are medians, and the ratio, the median of the rounds' ratios, says how many times longer the other side took.
scikit-learn's `BernoulliRBM` trains by PCD-1, one sweep and plain gradient descent; so does our side of that row, in the same precision.
On the digits scikit-learn's machine gets the best schedule that we found for it, and ours no more time than it took.
Beside zuko and pythae both sides have the same batches, the same layers but for MADE's shortcut from inputs to outputs, the same optimiser and the same time, and each the rate that is best for it on validation images.
Most of a step is matrix products, whose speed depends on the processor and on how well each side's linear algebra suits it; so does the ratio, and every processor has a table of its own, which names both.
No setting of the environment chose a kernel; each library chose its own.
`make bench` measures all of it again, and replaces the table of the processor that it runs on.
"""  # noqa: E501
    if not tables:
        intro += "\nNo table stands here at present: what was measured before did not say with which kernels.\n"
    return "\n".join([intro, *(f"## {name}\n\n{body.strip()}\n" for name, body in sorted(tables.items()))])


if __name__ == "__main__":
    main()
