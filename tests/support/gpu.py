"""Runs notebooks on a GPU: sets their `device`, and fails each that never used it."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from nbformat.v4 import new_code_cell

DEVICE = re.compile(r'^device = "cpu"', re.MULTILINE)
USED = "import torch\nassert torch.cuda.max_memory_allocated() > 0, 'this notebook never used the GPU'"


def move_to_gpu(items: list[Any], cells: list[Any]) -> None:
    """Sets `device` in each notebook's parameters, and adds to each a last cell that fails if the GPU was never used.

    Args:
        items: All tests; changed in place.
        cells: Those among them that are cells of notebooks.
    """
    for notebook in {item.parent: None for item in cells}:
        own = [item for item in cells if item.parent is notebook]
        for item in own:
            if "parameters" in item.cell.metadata.get("tags", []):
                item.cell.source = DEVICE.sub('device = "cuda"', item.cell.source)
        last, options = own[-1], defaultdict(bool)
        check = type(last).from_parent(
            notebook, name="used the GPU", cell_num=last.cell_num + 1, cell=new_code_cell(USED), options=options
        )
        items.insert(items.index(last) + 1, check)
