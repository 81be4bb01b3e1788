"""The tree as the page gets it, and what it says read a second way."""

from __future__ import annotations

from genlib.widgets import Taxonomy
from genlib.widgets.taxonomy import leaves
from genlib.zoo import samples


def numbers() -> dict[str, object]:
    tree = Taxonomy().tree
    ready = [family["key"] for family in leaves(tree) if "chapter" in family]
    images = {key: samples.read(key).images() for key in ready}
    return {"tree": tree, "leaves": [family["key"] for family in leaves(tree)], "ready": ready, "images": images}
