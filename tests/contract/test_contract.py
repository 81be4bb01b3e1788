"""What every model promises: shapes, gradients, reproducibility, its own dtype and device, saving and copying."""

from __future__ import annotations

import io
import math
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from cases import CASES, Case, binary
from doors import Door, doors
from mutants import breaks
from torch import Tensor, nn
from torch.testing import assert_close

import genlib

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


def results(case: Case, model: nn.Module, x: Tensor, seed: int = 0) -> dict[str, Tensor]:
    """Returns what every method gives, each from the same seed."""
    given = {}
    for name, (call, _) in case.calls().items():
        torch.manual_seed(seed)
        given[name] = call(model, x).detach()
    return given


@breaks(
    "noise in the default dtype",
    "gan.GAN.noise",
    "dtype=weight.dtype, ",
    "",
    given={"case": CASES["GAN"], "dtype": torch.float32},
    by=ValueError,
)
@breaks(
    "draws in the default dtype",
    "energy.bernoulli",
    ".lt_(p)",
    ".lt_(p).to(torch.get_default_dtype())",
    given={"case": CASES["RBM"], "dtype": torch.float32},
    by=RuntimeError,
)
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_results_keep_shape_dtype_and_device(case: Case, dtype: torch.dtype, device: str) -> None:
    """The default dtype is the other one meanwhile: what a model makes comes from its own parameters."""
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    torch.set_default_dtype(dtype)
    model, x = case.build().to(device), binary(case).to(device)
    torch.set_default_dtype(torch.float64 if dtype == torch.float32 else torch.float32)
    given = results(case, model, x)
    for name, (_, shape) in case.calls().items():
        assert given[name].shape == shape, name
        assert given[name].isfinite().all(), name
        assert (given[name].dtype, given[name].device) == (dtype, x.device), name


@breaks(
    "a buffer that became an attribute",
    "vae.VAE.__init__",
    'self.register_buffer("origin", torch.zeros(latent), persistent=False)',
    "self.origin = torch.zeros(latent)",
    given={"case": CASES["VAE of binary data"]},
    by=ValueError,
)
def test_a_cast_model_gives_what_it_was_cast_to(case: Case) -> None:
    """Buffers follow as parameters do: built in float64, cast to float32."""
    model, x = case.build().float(), binary(case).float()
    for name, value in results(case, model, x).items():
        assert value.dtype == torch.float32, name


@breaks(
    "data cast to the model's dtype",
    "_guard.batch",
    "own is not None and x.dtype != own.dtype",
    "False",
    given={"case": CASES["RBM"]},
    by=RuntimeError,
)
def test_nothing_is_cast_silently(case: Case) -> None:
    model, x = case.build(), binary(case).float()
    for name, (call, _) in (case.scores | {"loss": (next(iter(case.losses.values())), ())}).items():
        with pytest.raises(ValueError, match=r"float32.*float64"):
            pytest.fail(f"{name} gave {call(model, x).dtype}")


@breaks(
    "no gradient for the visible bias",
    "energy.RBM.loss",
    "self.W, self.b, self.c)",
    "self.W, self.b)",
    given={"case": CASES["RBM"]},
    by=RuntimeError,
)
@breaks(
    "no gradient for the encoder",
    "vae.VAE._codes",
    "self.encode(x, y)",
    "torch.no_grad()(self.encode)(x, y)",
    given={"case": CASES["VAE of binary data"]},
)
@breaks(
    "no gradient for the bias of a tied layer",
    "autoencoders.TiedAutoencoder.encode",
    "self.b)",
    "self.b.detach())",
    given={"case": CASES["TiedAutoencoder"]},
)
def test_gradients_reach_every_parameter(case: Case) -> None:
    model, x = case.build(), binary(case)
    for loss in case.losses.values():
        loss(model, x).backward()
    for name, p in model.named_parameters():
        assert p.grad is not None, name
        assert p.grad.isfinite().all(), name
        assert p.grad.abs().max() > 0, name


@breaks(
    "noise of its own",
    "energy.bernoulli",
    "torch.rand_like(p)",
    "torch.full_like(p, 0.5)",
    given={"case": CASES["RBM"]},
)
def test_a_seed_gives_the_same_and_another_seed_something_else(case: Case) -> None:
    x = binary(case, 40)
    model = case.build()
    first, again, other = (results(case, deepcopy(model), x, seed) for seed in (3, 3, 4))
    for name in first:
        assert torch.equal(first[name], again[name]), name
    for name in case.noisy:
        assert not torch.equal(first[name], other[name]), name


@breaks("one value for the whole batch", "energy.RBM._free_energy", ".sum(-1)", ".sum()", given={"case": CASES["RBM"]})
@breaks(
    "one error for the whole batch",
    "autoencoders.BinaryAutoencoder.error",
    ".flatten(1).sum(1)",
    ".sum().expand(len(x))",
    given={"case": CASES["BinaryAutoencoder"]},
)
def test_rows_do_not_see_each_other(case: Case) -> None:
    model, x = case.build(), binary(case)
    for name, (call, _) in case.scores.items():
        rows = torch.cat([call(model, row) for row in x.split(1)])
        assert_close(rows, call(model, x), msg=name)


@breaks(
    "a walk in the caller's chains",
    "energy.BoltzmannMachine.gibbs",
    '"v").clone()',
    '"v")',
    given={"name": "BoltzmannMachine"},
)
@breaks(
    "negative samples written over the data",
    "energy.RBM._phases",
    "torch.cat([negative, x])",
    "torch.cat([x.copy_(negative), x])",
    given={"name": "RBM"},
)
@pytest.mark.parametrize("name", CASES)
def test_what_is_passed_in_is_left_as_it_was(name: str) -> None:
    """Bit for bit, at every door; persistent chains alone are advanced in place."""
    model, altered = CASES[name].build(), []
    for door in doors(name):
        passed = {k: v.clone() if isinstance(v, Tensor) else v for k, v in door.arguments.items()}
        door.enter(model, passed)
        for argument, value in door.arguments.items():
            if isinstance(value, Tensor) and torch.equal(value, passed[argument]) == (argument == "chains"):
                altered.append(f"{door}: {argument}")
    assert not altered


def test_a_state_dict_restores_the_model(case: Case) -> None:
    model, x, file = case.build(), binary(case), io.BytesIO()
    for loss in case.losses.values():
        loss(model, x)
    torch.save(model.state_dict(), file)
    file.seek(0)
    other = case.build()
    other.load_state_dict(torch.load(file))
    assert_same(results(case, model, x), results(case, other, x))


@breaks(
    "constructors called with their defaults",
    "saving._arguments",
    "getattr(model, parameter.name, parameter.default)",
    "parameter.default",
    given={"case": CASES["RBM"]},
    by=TypeError,
)
@breaks(
    "weights left where they began",
    "saving._fill",
    "model.load_state_dict(",
    "dict(",
    given={"case": CASES["RBM"]},
)
def test_what_is_loaded_is_what_was_saved(case: Case, tmp_path: Path) -> None:
    """Built anew, every method gives the same numbers, in the dtype in which they were saved."""
    for dtype in (torch.float64, torch.float32):
        model, x = case.build().to(dtype), binary(case).to(dtype)
        with torch.no_grad():
            for p in model.parameters():
                p.normal_(std=0.1)
        genlib.save(model, tmp_path / "model")
        state = torch.random.get_rng_state()
        other = genlib.load(tmp_path / "model")
        assert torch.equal(torch.random.get_rng_state(), state)
        assert str(other) == str(model)
        assert_same(results(case, model, x), results(case, other, x))


def test_a_copy_is_the_same_and_its_own(case: Case) -> None:
    model, x = case.build(), binary(case)
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    other = deepcopy(model)
    assert_same(results(case, deepcopy(model), x), results(case, deepcopy(other), x))
    with torch.no_grad():
        for p in other.parameters():
            p.add_(0.1)
    results(case, other, x)
    for name, value in model.state_dict().items():
        assert torch.equal(value, kept[name]), name


@breaks("annealing of what wraps a machine", "energy.annealing._machine", "bare(model)", "model", by=ValueError)
@pytest.mark.parametrize("name", [name for name in CASES if any(door.path is None for door in doors(name))])
def test_functions_look_through_what_is_wrapped_around_a_model(name: str) -> None:
    """A function that takes a model gives for a compiled or a data-parallel one what it gives for the model."""
    model = CASES[name].build()
    for door in doors(name):
        if door.path is None:
            expected = door.open(model)
            for wrapped in (torch.compile(model, backend="eager"), nn.DataParallel(torch.compile(model))):
                found = door.open(wrapped)
                for one, other in zip(*(r if isinstance(r, tuple) else (r,) for r in (expected, found)), strict=True):
                    assert_close(one, other, msg=f"{door} of {type(wrapped).__name__}")


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    for name in one:
        assert torch.equal(one[name], other[name]), name


@breaks("size unsaid", "energy.RBM.extra_repr", ", hidden={self.hidden}", "", given={"case": CASES["RBM"]})
def test_a_printed_model_tells_its_class_and_sizes(case: Case) -> None:
    """Every module of genlib that has parameters of its own says how many rows and columns they have, or of what."""
    model = case.build()
    assert str(model).startswith(type(model).__name__ + "(")
    for part in model.modules():
        if type(part).__module__.startswith("genlib"):
            sizes = {n for parameter in part.parameters(recurse=False) for n in parameter.shape}
            said = {int(n) for n in re.findall(r"=(\d+)", part.extra_repr())}
            assert sizes <= said | {a + b for a in said for b in said}


# Doors whose result has no gradient, as their docstrings say: draws, and estimates from many of them. The loss of a
# machine that samples is a surrogate, whose gradient is a law of its own.
WITHOUT_GRADIENT = {"gibbs", "sample", "up", "down", "noise", "ais", "reverse_ais", "importance_log_prob", "with_label"}
WITHOUT_GRADIENT |= {"complete", "walk"}
SURROGATES = {"RBM", "CentredRBM", "ClassRBM", "CodeRBM", "DBN", "DBM"}


@breaks(
    "half a gradient of the importance bound",
    "vae.VAE.importance_bound",
    "q.log_prob(z)",
    "q.log_prob(z.detach())",
    given={"name": "VAE of real data"},
)
@breaks("a bound whose codes are held", "vae.VAE._codes", "q.rsample(", "q.sample(", given={"name": "VAE of real data"})
@breaks(
    "a tied layer that learns from one use",
    "autoencoders.TiedAutoencoder.logit",
    "self.W.T",
    "self.W.T.detach()",
    given={"name": "TiedAutoencoder"},
)
@breaks(
    "a code that is held",
    "autoencoders.Autoencoder.error",
    "self.decode(self.encode(",
    "self.decode(torch.no_grad()(self.encode)(",
    given={"name": "Autoencoder"},
)
@breaks(
    "a discriminator that learns from data alone",
    "gan.GAN.loss_d",
    "-self.logit(fake, y)",
    "-self.logit(fake, y).detach()",
    given={"name": "GAN"},
)
@breaks(
    "a generator held", "gan.GAN.loss_g", "self.generate(z, y)", "self.generate(z, y).detach()", given={"name": "GAN"}
)
@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_the_values(name: str) -> None:
    """Along a random direction, against a difference of two values with the same noise."""
    model, wrong = CASES[name].build(), []
    for door in doors(name):
        if door.name in WITHOUT_GRADIENT | ({"loss", "gradient"} if name in SURROGATES else set()):
            continue
        moved = [p for k, p in model.named_parameters() if not (door.name == "loss_d" and k.startswith("generator"))]
        value = scalar(door.open(deepcopy(model)))
        if not value.requires_grad:
            wrong.append(f"{door} has no gradient")
            continue
        by_autograd, by_difference = slopes(door, model, moved)
        if not math.isclose(by_autograd, by_difference, rel_tol=1e-5, abs_tol=1e-7):
            wrong.append(f"{door}: {by_autograd}, by differences {by_difference}")
    assert not wrong


def slopes(door: Door, model: nn.Module, moved: list[nn.Parameter], step: float = 1e-5) -> tuple[float, float]:
    """Returns the slope of a door's result along a random direction of the parameters, two ways."""
    torch.manual_seed(1)
    direction = [torch.randn_like(p) for p in moved]
    gradients = torch.autograd.grad(scalar(door.open(model)), moved, allow_unused=True)
    slope = sum((g * d).sum().item() for g, d in zip(gradients, direction, strict=True) if g is not None)
    values = []
    with torch.no_grad():
        for sign in (1, -1):
            for p, d in zip(moved, direction, strict=True):
                p.add_(d, alpha=sign * step)
            values.append(scalar(door.open(model)).item())
            for p, d in zip(moved, direction, strict=True):
                p.sub_(d, alpha=sign * step)
    return slope, (values[0] - values[1]) / (2 * step)


def scalar(result: Any) -> Tensor:
    """Returns one number that depends on every entry of a result, each with a weight of its own."""
    parts = result if isinstance(result, tuple) else (result,)
    flat = torch.cat(
        [t.flatten() for part in parts for t in ([part] if isinstance(part, Tensor) else [part.mean, part.stddev])]
    )
    return flat @ torch.linspace(1, 2, len(flat), dtype=flat.dtype)
