"""CodePlane's `model.js` against torch: the laws of its script, with their faults."""

from __future__ import annotations

from deno_tests import holds
from mutants import breaks


@breaks("networks swapped", "code_plane/model.js", "down.forward(Type.from(z))", "up.forward(Type.from(z))")
@breaks(
    "the picture of another place", "code_plane/model.js", "back: (z) => encode(decode(z))", "back: (z) => [...z, 0]"
)
@breaks("one number twice", "code_plane/model.js", ".subarray(0, 2)", ".subarray(0, 1)")
def test_both_ways() -> None:
    holds("code_plane", "both ways are torch's")


@breaks("components for codes", "code_plane/model.js", 'codes: "codes"', 'codes: "components"')
def test_dots() -> None:
    holds("code_plane", "dots are read")


@breaks("a drift of the picture alone", "code_plane/model.js", "distance(coders[i].back(at), at)",
        "distance(coders[i].back(at), [0, 0])")  # fmt: skip
def test_drift() -> None:
    holds("code_plane", "PCA stands where it is")


@breaks("the farthest dot", "code_plane/model.js", "Math.min(least, distance(z, code)), Infinity",
        "Math.max(least, distance(z, code)), 0")  # fmt: skip
@breaks("the fullest corner", "code_plane/model.js", "gapAt(corner, codes) > gapAt(best, codes)",
        "gapAt(corner, codes) < gapAt(best, codes)")  # fmt: skip
@breaks("the farthest pair", "code_plane/model.js", "points[b]) < least", "points[b]) > least")
def test_pairs() -> None:
    holds("code_plane", "the corner is the emptiest")


@breaks("a corner of another plane", "code_plane/model.js", "? corners[way] :", "? corners[1 - way] :")
def test_the_way_out() -> None:
    holds("code_plane", "a walk into the corner")


@breaks("a walk in the wrong direction", "code_plane/model.js", "return mixed(a, b, t)", "return mixed(b, a, t)")
def test_walk() -> None:
    holds("code_plane", "a walk is straight")


@breaks("both points by one hand", "code_plane/model.js", "i === j ? [...to] : point", "[...to]")
@breaks("an image that stays", "code_plane/model.js", "(i === j ? [...to] : point));\n      now.x = null;",
        "(i === j ? [...to] : point));")  # fmt: skip
def test_hand() -> None:
    holds("code_plane", "an image puts both points")


@breaks("no margin", "code_plane/model.js", "0.05 * (high - low) || 1", "0")
def test_box() -> None:
    holds("code_plane", "a plane shows all dots")


@breaks("distances for errors", "code_plane/model.js", "Math.sqrt(squaredError(a, b))", "squaredError(a, b)")
def test_errors() -> None:
    holds("code_plane", "errors and distances")
