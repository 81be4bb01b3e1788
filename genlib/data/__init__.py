r"""Data: small, real where it can be, and with a known density where it is made up.

- `load(name)` reads images that come in a fixed split; `binarize` and `batches` prepare them for training.
- `eight_gaussians`, `two_moons` and `checkerboard` are densities in the plane, exact and ready to sample, and
  `bars_and_stripes` is a small set of binary pictures that can be listed in full; `tiny_world` adds letters and noise.
- `three_kinds` is a `LabelledPlane`, a world of labelled points of which every density is known: $p(x, y)$ and all that
  follows from it.
- `glyphs` and `faces` draw letters and heads from factors that you choose: what a code should learn of them is known.
- `scenes` drops pictures into larger empty ones, and knows of every pixel what it belongs to.
- `binary_states` lists every state of a few binary units, for exact sums.
"""

from genlib.data.drawn import FACE_FACTORS, GLYPH_FACTORS, GLYPHS, faces, glyphs
from genlib.data.images import load, names
from genlib.data.minibatches import batches, binarize
from genlib.data.scenery import scenes
from genlib.data.states import binary_states
from genlib.data.toys import (
    BlurredCurve,
    Checkerboard,
    bars_and_stripes,
    checkerboard,
    densities,
    density,
    eight_gaussians,
    tiny_world,
    two_moons,
)
from genlib.data.world import LabelledPlane, TiltedGaussian, three_kinds

__all__ = [
    "FACE_FACTORS",
    "GLYPHS",
    "GLYPH_FACTORS",
    "BlurredCurve",
    "Checkerboard",
    "LabelledPlane",
    "TiltedGaussian",
    "bars_and_stripes",
    "batches",
    "binarize",
    "binary_states",
    "checkerboard",
    "densities",
    "density",
    "eight_gaussians",
    "faces",
    "glyphs",
    "load",
    "names",
    "scenes",
    "three_kinds",
    "tiny_world",
    "two_moons",
]
