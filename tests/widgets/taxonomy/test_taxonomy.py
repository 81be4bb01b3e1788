"""What Taxonomy sends to a page: leaves that are alive where a chapter says so, and pictures for each of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from genlib.widgets import Taxonomy
from genlib.widgets.taxonomy import TREE, filled, keys, leaves
from genlib.zoo import samples

ROOT = Path(__file__).parents[3]


def chapters() -> dict[str, dict[str, str]]:
    """Returns what the metadata of all chapters say of a family, read anew."""
    found = {}
    for path in (ROOT / "chapters").rglob("*.ipynb"):
        notebook = json.loads(path.read_text("utf-8"))
        first = notebook["cells"][0]
        if facts := first["metadata"].get("taxonomy"):
            title = "".join(first["source"]).splitlines()[0]
            found[facts["leaf"]] = {"title": title.removeprefix("# "), **facts, "path": str(path.relative_to(ROOT))}
    return found


def test_leaves_are_alive_where_a_chapter_says_so() -> None:
    said, alive = chapters(), {family["key"]: family for family in leaves(Taxonomy().tree) if "chapter" in family}
    assert alive.keys() == said.keys()
    for key, family in alive.items():
        assert family["chapter"] + ".ipynb" == said[key]["path"]
        assert all(family[fact] == said[key][fact] for fact in ("title", "density", "sampling"))
        assert f"- file: {family['chapter']}\n" in (ROOT / "_toc.yml").read_text("utf-8")


def test_every_node_has_a_key_of_its_own_and_words() -> None:
    assert len(set(keys(TREE))) == len(keys(TREE)) == 18
    assert len(leaves()) == 9


def test_a_chapter_to_come_fills_its_leaf() -> None:
    """Of a tree that nobody has filled, and with the pictures of the leaf that is."""
    facts = {"chapter": "chapters/a/b", "title": "B", "density": "all of it", "sampling": "at once"}
    tree = filled(TREE, {"gan": facts})
    assert [family["key"] for family in leaves(tree) if "chapter" in family] == ["gan"]
    [gan] = [family for family in leaves(tree) if family["key"] == "gan"]
    assert gan["pictures"] == samples.read("gan").pictures
    assert not any("chapter" in family for family in leaves(TREE)), "the tree itself was filled"


def test_an_unknown_node_is_refused() -> None:
    with pytest.raises(ValueError, match="chosen is 'gans', expected one of all, explicit, tractable, mixture"):
        Taxonomy("gans")
    widget = Taxonomy()
    with pytest.raises(ValueError, match="chosen is 'x'"):
        widget.chosen = "x"
