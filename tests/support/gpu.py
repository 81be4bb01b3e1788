"""Runs notebooks on a GPU: sets their `device`, and fails each that never used it, but for those that have none."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from nbformat.v4 import new_code_cell

ROOT = Path(__file__).resolve().parents[2]
DEVICE = re.compile(r'^device = "cpu"', re.MULTILINE)
# Where notebooks may do without a `device`, and why they have nothing to put on a GPU: they run all the same.
WITHOUT_DEVICE = {
    "chapters/autoencoders/using-autoencoders.ipynb": "many small networks, each trained within seconds",
    "chapters/energy/boltzmann-machines.ipynb": "its machines have a dozen units, listed state by state",
    "chapters/foundations": "distributions of a few numbers, in closed form or in the plane",
    "labs": "answers are tested where grading runs, on a CPU",
}
USED = "import torch\nassert torch.cuda.max_memory_allocated() > 0, 'this notebook never used the GPU'"


def may_stay(path: Path) -> bool:
    return any(path.is_relative_to(ROOT / place) for place in WITHOUT_DEVICE)


def move_to_gpu(items: list[Any], cells: list[Any]) -> None:
    """Sets `device` in each notebook's parameters, and adds a last cell that fails if the GPU was never used.

    Those without a `device`, where they may do without one, are left as they are.

    Args:
        items: All tests; changed in place.
        cells: Those among them that are cells of notebooks.
    """
    for notebook in {item.parent: None for item in cells}:
        own = [item for item in cells if item.parent is notebook]
        moved = any(DEVICE.search(cell_of.cell.source) for cell_of in own)
        if not moved and may_stay(own[0].path):
            continue
        for item in own:
            if "parameters" in item.cell.metadata.get("tags", []):
                item.cell.source = DEVICE.sub('device = "cuda"', item.cell.source)
        last, options = own[-1], defaultdict(bool)
        check = type(last).from_parent(
            notebook, name="used the GPU", cell_num=last.cell_num + 1, cell=new_code_cell(USED), options=options
        )
        items.insert(items.index(last) + 1, check)
