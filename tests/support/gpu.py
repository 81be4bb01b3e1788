"""Runs notebooks on a GPU: sets their `device`, and fails each that never used it, but for those that have none."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from nbformat.v4 import new_code_cell

DEVICE = re.compile(r'^device = "cpu"', re.MULTILINE)
# Notebooks without a `device`, and why they have nothing to put on a GPU: they run all the same, as they are.
WITHOUT_DEVICE = {
    "boltzmann-machines": "its machines have a dozen units, listed state by state",
    "latent-variables": "EM in closed form on a few hundred pictures",
    "autoencoder": "answers are tested where grading runs, on a CPU",
    "boltzmann": "answers are tested where grading runs, on a CPU",
    "gan": "answers are tested where grading runs, on a CPU",
    "rbm": "answers are tested where grading runs, on a CPU",
}
USED = "import torch\nassert torch.cuda.max_memory_allocated() > 0, 'this notebook never used the GPU'"


def move_to_gpu(items: list[Any], cells: list[Any]) -> None:
    """Sets `device` in each notebook's parameters, and adds a last cell that fails if the GPU was never used.

    Notebooks of `WITHOUT_DEVICE` are left as they are.

    Args:
        items: All tests; changed in place.
        cells: Those among them that are cells of notebooks.
    """
    for notebook in {item.parent: None for item in cells}:
        own = [item for item in cells if item.parent is notebook]
        if own[0].path.stem in WITHOUT_DEVICE:
            continue
        for item in own:
            if "parameters" in item.cell.metadata.get("tags", []):
                item.cell.source = DEVICE.sub('device = "cuda"', item.cell.source)
        last, options = own[-1], defaultdict(bool)
        check = type(last).from_parent(
            notebook, name="used the GPU", cell_num=last.cell_num + 1, cell=new_code_cell(USED), options=options
        )
        items.insert(items.index(last) + 1, check)
