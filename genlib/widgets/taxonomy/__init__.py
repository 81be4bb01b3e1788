r"""The families of generative models as a tree: what each can say of a density, how it draws, and what it draws."""

from __future__ import annotations

__all__ = ["Taxonomy", "leaves"]

import json
from pathlib import Path
from typing import Any

import traitlets

from genlib.widgets.base import Widget
from genlib.zoo import samples

Node = dict[str, Any]
CHAPTERS = Path(__file__).parent / "chapters.json"


def branch(key: str, name: str, words: str, *below: Node) -> Node:
    """A question that parts the families; `words` say what those below it have in common."""
    return {"key": key, "name": name, "words": words, "below": list(below)}


def leaf(key: str, name: str, words: str) -> Node:
    """A family; what its chapter says of itself is added where there is one."""
    return {"key": key, "name": name, "words": words}


TREE = branch(
    "all", "generative models", "Machines that have seen examples and make more of them.",
    branch(
        "explicit", "explicit density", "Given an image, the model can say something of p(x), its probability.",
        branch(
            "tractable", "p(x) itself", "The probability comes out exactly, and training raises it directly.",
            leaf("mixture", "mixtures", "Choose one of K templates, then flip a coin for each pixel."),
            leaf("autoregressive", "autoregressive models", "Draw one pixel after the other, each given those before."),
            leaf("flow", "normalising flows", "Bend simple noise into data by a map that can be undone."),
        ),
        branch(
            "approximate", "p(x) nearly", "The probability is out of reach, but something close to it can be had.",
            branch(
                "bound", "by a bound", "A number is computed that is never above log p(x), and training raises it.",
                leaf("vae", "variational autoencoders", "Draw a short code, then a picture from the code."),
                leaf("diffusion", "diffusion models", "Begin with noise and take a little of it away, many times."),
            ),
            branch(
                "chain", "by a Markov chain", "The model scores images; what it likes is drawn by many small steps.",
                leaf("rbm", "Boltzmann machines", "Pixels and hidden units pull at each other until they agree."),
                leaf("deep", "deep belief networks", "Such machines stacked: the top wanders, the picture follows."),
            ),
        ),
    ),
    branch(
        "implicit", "implicit density", "The model draws images and cannot say how probable one is.",
        branch(
            "direct", "in one step", "Noise goes into a network, and an image comes out.",
            leaf("gan", "adversarial networks", "A forger learns from a judge, who learns to catch the forger."),
        ),
        branch(
            "walk", "by a Markov chain", "Each image is made from the one before.",
            leaf("denoising", "denoising chains", "Add noise to a picture and clean it again, over and over."),
        ),
    ),
)  # fmt: skip


def leaves(node: Node = TREE) -> list[Node]:
    """Returns the families below a node, in the order of the tree.

    Example:
        >>> [family["key"] for family in leaves()][:3]
        ['mixture', 'autoregressive', 'flow']
    """
    return [family for below in node["below"] for family in leaves(below)] if "below" in node else [node]


class Taxonomy(Widget):
    r"""Shows the tree of families; each node says what it stands for, each leaf links to its chapter and shows samples.

    A leaf is alive where a chapter names it in the metadata of its first cell, as `{"taxonomy": {"leaf": "vae",
    "density": ..., "sampling": ...}}`, which `book/stamp.py` collects, and grey where the chapter is still to come. All
    samples are of models that learned the same 8 by 8 digits, as `genlib.zoo.samples` says.

    Args:
        chosen: Node that is shown at first, such as `"vae"` or `"implicit"`.

    Raises:
        ValueError: If there is no such node.

    Source: Goodfellow, NIPS 2016 Tutorial: Generative Adversarial Networks (2016), figure 9, for the branches.

    Example:
        >>> Taxonomy("vae").chosen
        'vae'
    """

    tree = traitlets.Dict(help="The tree, each leaf with its chapter and its samples.").tag(sync=True)
    home = traitlets.Unicode(help="Where the notebooks are, for a page that is no book.").tag(sync=True)
    chosen = traitlets.Unicode("rbm", help="Node that is shown.").tag(sync=True)

    def __init__(self, chosen: str = "rbm") -> None:
        stamped = json.loads(CHAPTERS.read_text("utf-8"))
        super().__init__(tree=filled(TREE, stamped["leaves"]), home=stamped["home"], chosen=chosen)

    @traitlets.validate("chosen")
    def _known(self, proposal: traitlets.Bunch) -> str:
        known = keys(TREE)
        if proposal.value not in known:
            raise ValueError(f"chosen is {proposal.value!r}, expected one of {', '.join(known)}")
        return proposal.value


def keys(node: Node) -> list[str]:
    """Returns the keys of a node and of all below it."""
    return [node["key"], *(key for below in node.get("below", []) for key in keys(below))]


def filled(node: Node, chapters: dict[str, dict[str, str]]) -> Node:
    """Returns the tree with what chapters say of their leaves, and the pictures of each."""
    if "below" in node:
        return {**node, "below": [filled(below, chapters) for below in node["below"]]}
    if node["key"] not in chapters:
        return node
    drawn = samples.read(node["key"])
    return {**node, **chapters[node["key"]], "pictures": drawn.pictures, "recipe": drawn.recipe}
