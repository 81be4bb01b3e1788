"""Widgets of the reader's own model in JupyterLab with a live kernel: by hand, from Python, and back again.

The page's numbers are compared with those of the kernel, which has the model itself and not the page's copy.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from harness import unfold
from live_notebook import Notebook, jupyterlab, opened, write
from playwright.sync_api import Browser, expect

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("jupyterlab") is None, reason="needs JupyterLab, and Chromium"),
]

# Three widgets stand for all: a chain that runs, a model that answers the hand, one that trains.
weekly = pytest.mark.skipif(not os.environ.get("GENLIB_WEEKLY"), reason="runs weekly: GENLIB_WEEKLY is not set")

DATA = """\
import torch
from genlib import data, train
from genlib.nn import Bernoulli, Gaussian, mlp
torch.manual_seed(0)
(x, y), _, (x_test, y_test) = data.load("digits")
x, x_test = data.binarize(x).flatten(1), data.binarize(x_test).flatten(1)"""

CHAIN = """\
from genlib.energy import RBM
from genlib.widgets import GibbsChain
rbm = RBM(64, 16)
def more(steps):
    for _ in train.fit(rbm.loss, rbm.parameters(), data.batches(x, 100), steps=steps, lr=0.05, progress=False): pass
more(50)
chain = GibbsChain(rbm, examples=x_test)
chain"""

EXPLORER = """\
from genlib.vae import VAE
from genlib.widgets import LatentExplorer
vae = VAE(Gaussian(mlp(64, 32, 2 * 2)), Bernoulli(mlp(2, 32, 64)), latent=2)
def more(steps):
    for _ in train.fit(vae.loss, vae.parameters(), data.batches(x, 100), steps=steps, progress=False): pass
more(100)
explorer = LatentExplorer(vae, x_test, y_test)
explorer"""

LAB = """\
import torch
from genlib.data import density
from genlib.gan import NonSaturatingGAN
from genlib.nn import mlp
from genlib.widgets import GANLab
torch.manual_seed(0)
truth = density("eight_gaussians")
gan = NonSaturatingGAN(mlp(2, 32, 32, 2), mlp(2, 32, 32, 1), latent=2)
adam_d, adam_g = (torch.optim.Adam(net.parameters(), 1e-3) for net in (gan.discriminator, gan.generator))
def more(steps):
    for _ in range(steps):
        for optimizer, loss in ((adam_d, lambda z: gan.loss_d(truth.sample((128,)), z)), (adam_g, gan.loss_g)):
            optimizer.zero_grad()
            loss(gan.noise(128)).backward()
            optimizer.step()
more(20)
def value_of(gan):
    with torch.no_grad():
        return gan.value(truth.sample((4000,)), gan.noise(4000)).item()
lab = GANLab(gan, "eight_gaussians")
lab"""

BARS = """\
from genlib.data import binary_states
from genlib.widgets import BoltzmannBars
def exact(bars):
    states = binary_states(5)
    return (-bars.machine().energy(states) / bars.temperature).logsumexp(0).item()
bars = BoltzmannBars()
bars"""

WORLD = """\
from genlib import data, energy
from genlib.widgets import TinyWorld
world = TinyWorld(hidden=6)
def exact(world):
    _, p = data.tiny_world()
    return p @ world.model().log_prob(data.binary_states(12).double())
world"""

RUNS = """\
from genlib.energy import RBM
from genlib.widgets import Annealing
rbm = RBM(64, 12)
def more(steps):
    for _ in train.fit(rbm.loss, rbm.parameters(), data.batches(x, 100), steps=steps, lr=0.05, progress=False): pass
runs = Annealing(rbm)
runs"""

DREAM = """\
from genlib.energy import DBN, RBM, ClassRBM
from genlib.widgets import Dream
dbn = DBN(RBM(64, 48), ClassRBM(48, 10, 32))
dream = Dream(dbn, examples=x_test)
dream"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="module")
def address(browser: Browser, folder: Path) -> Iterator[str]:
    with jupyterlab(folder) as address:
        yield address


@pytest.fixture
def run_notebook(
    browser: Browser, address: str, folder: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Notebook]]:
    """A function that writes a notebook of these cells, opens it, runs all of it and returns it."""
    with ExitStack() as stack:

        def run_notebook(*cells: str) -> Notebook:
            path = write(folder / f"{request.node.name}.ipynb", *cells)
            notebook = stack.enter_context(opened(browser, address, path))
            notebook.run_all()
            unfold(notebook.page)
            return notebook

        yield run_notebook


def number(words: str) -> float:
    return float(words.replace("\u2212", "-"))


def test_gibbs_chain(run_notebook: Callable[..., Notebook]) -> None:
    notebook = run_notebook(DATA, CHAIN)
    page = notebook.page
    sweeps = page.get_by_role("slider", name="Sweeps per frame, k")

    notebook.press(sweeps, "ArrowRight", "ArrowRight", "ArrowRight")
    expect(sweeps).to_have_value("4")
    notebook.until("chain.k", 4)
    before = notebook.value("chain.sweep")
    notebook.press(page.get_by_role("button", name="Step"), "Enter", "Enter")
    notebook.until("chain.sweep", before + 8)
    shown = re.fullmatch(r"(\d+) sweeps, F\(x\) = (\S+)", page.locator(".genlib-count").inner_text())
    assert shown
    assert int(shown[1]) == before + 8
    assert number(shown[2]) == pytest.approx(notebook.value("rbm.free_energy(chain.x).item()"), abs=0.06)
    x = notebook.value("chain.x[0].tolist()")
    assert notebook.picture("Visible units x", "model") == pytest.approx(x, abs=1e-6)

    notebook.run("chain.restart(x_test[7])\nchain.k = 9")
    expect(sweeps).to_have_value("9")
    expect(page.locator(".genlib-count")).to_contain_text("0 sweeps")
    notebook.until("chain.x[0].tolist() == x_test[7].tolist()", True)
    x = notebook.value("chain.x[0].tolist()")
    assert notebook.picture("Visible units x", "model") == pytest.approx(x, abs=1e-6)

    old = notebook.value("rbm.free_energy(chain.x).item()")
    notebook.run("more(200)\nchain.update(rbm)")
    new = notebook.value("rbm.free_energy(chain.x).item()")
    assert abs(new - old) > 1
    notebook.until("abs(chain.free_energy - rbm.free_energy(chain.x).item()) < 0.05", True)
    shown = page.locator(".genlib-count").inner_text().partition("F(x) = ")[2]
    assert number(shown) == pytest.approx(new, abs=0.1)


def test_a_widget_follows_the_theme(run_notebook: Callable[..., Notebook]) -> None:
    notebook = run_notebook(DATA, CHAIN)
    root = notebook.page.locator(".genlib").first
    expect(root).not_to_have_attribute("data-dark", "")
    notebook.page.evaluate("() => jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })")
    expect(root).to_have_attribute("data-dark", "")
    x = notebook.value("chain.x[0].tolist()")
    assert notebook.picture("Visible units x", "model") == pytest.approx(x, abs=1e-6)


def test_latent_explorer(run_notebook: Callable[..., Notebook]) -> None:
    notebook = run_notebook(DATA, EXPLORER)
    page = notebook.page
    sliders = [page.get_by_role("slider", name=f"z{i}", exact=True) for i in (1, 2)]

    def shown() -> list[float]:
        return [float(slider.input_value()) for slider in sliders]

    def decoded() -> list[float]:
        return notebook.value("vae.decode(torch.tensor([explorer.z])).mean[0].tolist()")

    start = shown()
    notebook.press(sliders[0], *["ArrowRight"] * 5)
    notebook.press(sliders[1], *["ArrowDown"] * 3)
    assert np.subtract(shown(), start) == pytest.approx([0.05, -0.03], abs=0.011)
    notebook.settle()
    z = notebook.value("explorer.z")
    assert z == pytest.approx(shown(), abs=0.0051)
    assert notebook.picture("Mean of p(x | z)", "model") == pytest.approx(decoded(), abs=0.01)
    assert notebook.value("explorer.x_mean[0].tolist()") == pytest.approx(decoded(), abs=0.005)

    notebook.run("explorer.z = [1.25, -0.5]")
    for slider, value in zip(sliders, ("1.25", "-0.5"), strict=True):
        expect(slider).to_have_value(value)
    notebook.settle()
    assert notebook.picture("Mean of p(x | z)", "model") == pytest.approx(decoded(), abs=0.01)

    page.get_by_role("button", name="Encode a 3").click()
    notebook.settle()
    three = "x_test[(y_test == 3).nonzero()[0, 0]]"
    assert notebook.value("explorer.image[0].tolist()") == notebook.value(f"{three}.tolist()")
    encoded = notebook.value(f"vae.encode({three}[None]).mean[0].tolist()")
    assert notebook.value("explorer.z") == pytest.approx(encoded, abs=0.01)

    before = decoded()
    notebook.run("more(200)\nexplorer.update(vae)")
    notebook.settle()
    assert np.abs(np.subtract(decoded(), before)).max() > 0.05
    assert notebook.picture("Mean of p(x | z)", "model") == pytest.approx(decoded(), abs=0.01)
    with pytest.raises(AssertionError, match=r"ValueError: z is \[0.0\], expected 2 finite numbers"):
        notebook.run("explorer.z = [0.0]")


def test_gan_lab(run_notebook: Callable[..., Notebook]) -> None:
    notebook = run_notebook(LAB)
    page = notebook.page
    start = notebook.value("value_of(gan)")

    page.get_by_role("combobox", name="Steps per press").select_option("50")
    notebook.press(page.get_by_role("button", name="Step D"), "Enter")
    expect(page.get_by_text("D 50 steps, G 0 steps")).to_be_visible()
    notebook.until("[lab.step_count, lab.d_count, lab.g_count]", [50, 50, 0])
    notebook.settle()
    value = notebook.value("lab.value")
    shown = re.search(r"V\(D, G\) = (\S+);", page.get_by_text(re.compile(r"^V\(D, G\) = ")).inner_text())
    assert shown
    assert number(shown[1]) == pytest.approx(value, abs=6e-4)
    assert value > start + 0.1
    assert notebook.value("value_of(lab.gan())") == pytest.approx(value, abs=0.08)

    page.get_by_role("combobox", name="Steps per press").select_option("10")
    notebook.press(page.get_by_role("button", name="Step G"), "Enter")
    notebook.until("[lab.step_count, lab.d_count, lab.g_count]", [60, 50, 10])

    slider = page.get_by_role("slider", name="Rate of D")
    notebook.press(slider, "ArrowRight", "ArrowRight")
    notebook.settle()
    assert notebook.value("lab.rate_d") == pytest.approx(10 ** float(slider.input_value()), rel=1e-6)
    notebook.run("lab.rate_d = 1e-3\nlab.data_kind = 'two_moons'\nlab.d_steps = 3")
    expect(slider).to_have_value("-3")
    expect(page.get_by_role("combobox", name="Data", exact=True)).to_have_value("two_moons")
    expect(page.get_by_role("slider", name="D steps per G step")).to_have_value("3")

    notebook.run("more(5)\nlab.update(gan)")
    notebook.until("[lab.step_count, lab.d_count, lab.g_count]", [0, 0, 0])
    notebook.until("all(torch.equal(a, b) for a, b in zip(lab.gan().parameters(), gan.parameters()))", True)
    with pytest.raises(AssertionError, match="ValueError: batch is 0, expected"):
        notebook.run("lab.batch = 0")


@weekly
def test_boltzmann_bars(run_notebook: Callable[..., Notebook]) -> None:
    notebook = run_notebook(BARS)
    page = notebook.page
    notebook.until("bars.sweeps", 200)
    notebook.press(page.get_by_role("button", name="Step"), "Enter", "Enter")
    notebook.until("[bars.sweeps, sum(bars.counts)]", [240, 240])
    assert notebook.value("bars.log_z") == pytest.approx(notebook.value("exact(bars)"), abs=1e-6)

    bias = page.get_by_role("slider", name="Bias c₁")
    notebook.press(bias, *["ArrowRight"] * 5)
    notebook.until("bars.biases[0]", pytest.approx(float(bias.input_value())))
    assert float(bias.input_value()) > -1
    assert notebook.value("bars.log_z") == pytest.approx(notebook.value("exact(bars)"), abs=1e-6)

    notebook.run("bars.temperature = 2.0")
    notebook.until("abs(bars.log_z - exact(bars)) < 1e-6", True)
    expect(page.get_by_role("definition").first).to_have_text(f"{notebook.value('exact(bars)'):.4f}")


@weekly
def test_tiny_world(run_notebook: Callable[..., Notebook]) -> None:
    notebook = run_notebook(WORLD)
    page = notebook.page
    notebook.until("world.step_count", 200)
    notebook.settle()
    first = notebook.value("world.log_likelihood")
    assert first == pytest.approx(notebook.value("exact(world).item()"), abs=1e-6)

    page.get_by_role("combobox", name="Gradient").select_option(label="PCD-k")
    notebook.until("world.method", "pcd")
    notebook.press(page.get_by_role("button", name="Step"), "Enter")
    notebook.until("world.step_count", 300)
    notebook.settle()
    assert notebook.value("world.log_likelihood") == pytest.approx(notebook.value("exact(world).item()"), abs=1e-6)
    assert notebook.value("world.log_likelihood") != first

    notebook.run("world.update(energy.RBM(12, 3))")
    expect(page.get_by_role("slider", name="Hidden units")).to_have_value("3")
    notebook.until("[world.step_count, world.model().hidden]", [0, 3])


@weekly
def test_annealing(run_notebook: Callable[..., Notebook]) -> None:
    notebook = run_notebook(DATA, RUNS)
    page = notebook.page
    notebook.until("abs(runs.log_z - rbm.log_partition().item()) < 0.01", True)
    notebook.settle()
    done = notebook.value("len(runs.runs)")
    notebook.press(page.get_by_role("button", name="Ten more runs"), "Enter")
    notebook.until("len(runs.runs)", done + 10)
    assert abs(notebook.value("runs.estimate - runs.log_z")) < 0.5

    notebook.run("more(200)\nruns.update(rbm)\nruns.temperatures = 300")
    notebook.until("abs(runs.log_z - rbm.log_partition().item()) < 0.05", True)
    page.get_by_role("button", name="To the end").click()
    expect(page.get_by_text(f"exactly {notebook.value('runs.log_z'):.2f}").first).to_be_visible()


@weekly
def test_dream(run_notebook: Callable[..., Notebook]) -> None:
    notebook = run_notebook(DATA, DREAM)
    page = notebook.page
    page.get_by_role("radio", name="7", exact=True).check()
    notebook.until("dream.label", 7)
    before = notebook.value("dream.sweep")
    notebook.press(page.get_by_role("button", name="Step"), "Enter")
    notebook.until("[dream.sweep, dream.y]", [before + 1, 7])
    said = notebook.value("dbn.top.prob_y(dream.h)[0].tolist()")
    assert notebook.value("dream.prob_y") == pytest.approx(said, abs=0.005)
    assert notebook.picture("Picture x", "model") == pytest.approx(notebook.value("dream.x[0].tolist()"), abs=1e-6)

    notebook.run("dream.label = -1\ndream.restart(x_test[7])")
    notebook.until("dream.x[0].tolist() == x_test[7].tolist()", True)
    expect(page.get_by_role("radio", name="free")).to_be_checked()
