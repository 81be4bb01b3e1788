"""What `make test-gpu` asks for before it runs the notebooks on the GPU, and that it lets none stay on the CPU."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from gpu import DEVICE, ROOT, WITHOUT_DEVICE, may_stay, move_to_gpu
from nbformat import read
from nbformat.v4 import new_code_cell

NOTEBOOKS = [path for folder in ("chapters", "labs") for path in sorted((ROOT / folder).rglob("*.ipynb"))]

on_gpu = pytest.mark.skipif(not os.environ.get("GENLIB_GPU"), reason="only for make test-gpu")


@on_gpu
def test_there_is_a_gpu() -> None:
    assert torch.cuda.is_available(), "make test-gpu needs a CUDA device and a build of PyTorch that can use it"


@on_gpu
def test_the_gpu_computes() -> None:
    x = torch.randn(64, 64, device="cuda")
    torch.testing.assert_close((x @ x.T).cpu(), x.cpu() @ x.cpu().T)


class Cell(SimpleNamespace):
    """Stands in for nbval's test of a cell."""

    @classmethod
    def from_parent(cls, parent: str, **rest: Any) -> Cell:
        return cls(parent=parent, **rest)


def test_every_notebook_is_moved_and_checked() -> None:
    """One that has no `device`, or another one, is not spared."""
    sources = {"a": 'steps = 1\ndevice = "cpu"  # or "cuda"', "b": "steps = 1", "c": 'device = "cpu"'}
    cells = []
    for name, source in sources.items():
        tagged = new_code_cell(source, metadata={"tags": ["parameters"]})
        both = enumerate((tagged, new_code_cell("1")))
        cells += [Cell(parent=name, path=Path(f"{name}.ipynb"), cell=cell, cell_num=i) for i, cell in both]
    spared = Cell(parent="rbm", path=ROOT / "labs/rbm/rbm.ipynb", cell=new_code_cell("steps = 1"), cell_num=0)
    cells.append(spared)
    items = [*cells, SimpleNamespace(name="a test that is no cell")]
    move_to_gpu(items, cells)
    assert cells[0].cell.source == 'steps = 1\ndevice = "cuda"  # or "cuda"'
    assert [item.parent for item in items[:-1]] == ["a"] * 3 + ["b"] * 3 + ["c"] * 3 + ["rbm"]
    for check in items[2:9:3]:
        assert check.cell_num == 2
        with pytest.raises(AssertionError, match="this notebook never used the GPU"):
            exec(check.cell.source.replace("max_memory_allocated()", "max_memory_allocated() * 0"), {})


def test_a_notebook_without_a_device_says_why() -> None:
    """It lies where notebooks have nothing to put on a GPU; and there is one in each of these places."""
    without = []
    for path in NOTEBOOKS:
        cells = [cell for cell in read(path, as_version=4).cells if "parameters" in cell.metadata.get("tags", [])]
        if not any(DEVICE.search(cell.source) for cell in cells):
            without.append(path)
    assert [path for path in without if not may_stay(path)] == []
    assert [place for place in WITHOUT_DEVICE if not any(p.is_relative_to(ROOT / place) for p in without)] == []
