"""Laws of files: what comes back is what was saved, built anew, and nothing else comes with it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

import genlib
from genlib.autoencoders import DenoisingAutoencoder, TiedAutoencoder, masking
from genlib.energy import RBM
from genlib.nn import Bernoulli, Gaussian, mlp
from genlib.vae import VAE


def test_a_model_comes_back_as_it_was_left(tmp_path: Path) -> None:
    vae = VAE(Gaussian(mlp(4, 6)), Bernoulli(mlp(3, 4)), 3).eval()
    wrapped = torch.compile(vae)
    genlib.save(wrapped, tmp_path / "a")
    genlib.save(nn.DataParallel(vae), tmp_path / "b")
    genlib.save(VAE(torch.compile(vae.encoder), vae.decoder, 3).eval(), tmp_path / "c")
    for name in "abc":
        other = genlib.load(tmp_path / name)
        assert not other.training
        assert str(other) == str(vae)
        assert torch.equal(other.encoder.net[0].weight, vae.encoder.net[0].weight)


def test_functions_of_the_library_come_along(tmp_path: Path) -> None:
    genlib.save(DenoisingAutoencoder(TiedAutoencoder(6, 4), partial(masking, rate=1.0)), tmp_path / "model")
    model = genlib.load(tmp_path / "model")
    assert model.corruption(torch.ones(2, 6)).sum() == 0


class Own(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.inner = nn.Linear(size, 6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x)


def test_a_class_of_ones_own_is_loaded_into_one_that_is_built(tmp_path: Path) -> None:
    vae, other = (VAE(Gaussian(Own(4)), Bernoulli(mlp(3, 4)), 3) for _ in range(2))
    genlib.save(vae, tmp_path / "model")
    assert genlib.load(tmp_path / "model", into=other) is other
    assert torch.equal(other.encoder.net.inner.weight, vae.encoder.net.inner.weight)
    with pytest.raises(ValueError, match=r"Own of .*test_saving, which no file brings along: load\(path, into=model\)"):
        genlib.load(tmp_path / "model")
    with pytest.raises(ValueError, match=r"differ in .*not the same model"):
        genlib.load(tmp_path / "model", into=VAE(Gaussian(mlp(4, 6)), Bernoulli(mlp(3, 4)), 3))
    with pytest.raises(ValueError, match=r"differ in .*not the same model"):
        genlib.load(tmp_path / "model", into=VAE(Gaussian(Own(5)), Bernoulli(mlp(3, 4)), 3))


def test_a_file_brings_no_code_along(tmp_path: Path) -> None:
    """What is named in a file is built only if it is a module of ours or PyTorch's, or a function of ours."""
    from safetensors.torch import save_file

    for name in ("os:system", "torch.hub:load", "genlib.saving:json.loads", "genlib.nn:<lambda>", "own:A"):
        for plan in ({"function": name}, {"class": name, "named": {}, "listed": []}):
            save_file({"a": torch.ones(1)}, tmp_path / "model", {"model": json.dumps(plan), "evaluating": "[]"})
            with pytest.raises(ValueError, match="which no file brings along"):
                genlib.load(tmp_path / "model")
    plan = {"class": "genlib.autoencoders.denoising:masking", "named": {}, "listed": []}
    save_file({"a": torch.ones(1)}, tmp_path / "model", {"model": json.dumps(plan), "evaluating": "[]"})
    with pytest.raises(ValueError, match="expected a module"):
        genlib.load(tmp_path / "model")


def test_errors_state_got_and_expected(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    rbm = RBM(3, 2)
    with torch.no_grad():
        rbm.W[0, 0] = torch.nan
    with pytest.raises(ValueError, match=r"W has values that are NaN.*nothing was saved"):
        genlib.save(rbm, tmp_path / "model")
    assert not (tmp_path / "model").exists()
    with pytest.raises(ValueError, match=r"model is a dict, expected a torch\.nn\.Module"):
        genlib.save({}, tmp_path / "model")
    with pytest.raises(FileNotFoundError, match="is not there"):
        genlib.load(tmp_path / "model")
    (tmp_path / "model").write_bytes(b"other")
    with pytest.raises(ValueError, match="is no safetensors file"):
        genlib.load(tmp_path / "model")
    save_file({"a": torch.ones(1)}, tmp_path / "model")
    with pytest.raises(ValueError, match="does not say what its weights belong to"):
        genlib.load(tmp_path / "model")
    with pytest.raises(AttributeError, match="no attribute 'other'"):
        _ = genlib.other
