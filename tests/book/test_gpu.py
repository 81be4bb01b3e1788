"""What `make test-gpu` asks for before it runs the notebooks on the GPU."""

from __future__ import annotations

import os

import pytest
import torch

pytestmark = pytest.mark.skipif(not os.environ.get("GENLIB_GPU"), reason="only for make test-gpu")


def test_there_is_a_gpu() -> None:
    assert torch.cuda.is_available(), "make test-gpu needs a CUDA device and a build of PyTorch that can use it"


def test_the_gpu_computes() -> None:
    x = torch.randn(64, 64, device="cuda")
    torch.testing.assert_close((x @ x.T).cpu(), x.cpu() @ x.cpu().T)
