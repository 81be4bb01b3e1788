"""PixelByPixel's `model.js` and its networks against torch: the laws of their scripts, with their faults."""

from __future__ import annotations

from deno_tests import holds
from mutants import breaks


@breaks("coins the wrong way round", "pixel_by_pixel/model.js", "u[pixel] < pen.chance()", "u[pixel] > pen.chance()")
@breaks("uniforms in the order of steps", "pixel_by_pixel/model.js", "u[pixel] < pen", "u[pen.t] < pen")
@breaks("costs of the other value", "pixel_by_pixel/model.js", "(1 - 2 * value)", "(2 * value - 1)")
@breaks("what is kept costs, too", "pixel_by_pixel/model.js", "let t = from;", "let t = 0;")
@breaks("a picture in another order", "pixel_by_pixel/made.js", "maps.x[this.order[t]] = value", "maps.x[t] = value")
def test_completing() -> None:
    holds("pixel_by_pixel", "equal uniforms give torch's pictures")


@breaks("no direct weights", "pixel_by_pixel/made.js", "h, 0, inputs) + direct", "h, 0, inputs)")
@breaks("no rectifier", "pixel_by_pixel/made.js", "sums.map((a) => Math.max(0, a))", "sums.slice()")
@breaks("a middle layer left out", "pixel_by_pixel/made.js", "linear.slice(1, -1)", "linear.slice(1, 1)")
@breaks("columns for rows", "pixel_by_pixel/made.js", "this.first.weight[k * this.size + pixel]",
        "this.first.weight[pixel * sums.length + k]")  # fmt: skip
@breaks("no shortcut", "pixel_by_pixel/pixelcnn.js", "h[k] += added[k]", "h[k] = added[k]")
@breaks("no place", "pixel_by_pixel/pixelcnn.js", "h[k] += this.place[k * grid.size + pixel]", "h[k] += 0")
@breaks("a map not rectified", "pixel_by_pixel/pixelcnn.js", "store[l].set(rectify(half)", "store[l].set((half)")
@breaks("kernels turned around", "pixel_by_pixel/pixelcnn.js", "[i - (rows >> 1), j - (columns >> 1)]",
        "[i - (rows >> 1), (columns >> 1) - j]")  # fmt: skip
@breaks("halves exchanged", "pixel_by_pixel/gated.js", "Math.tanh(a[k]) / (1 + Math.exp(-a[channels + k]))",
        "Math.tanh(a[channels + k]) / (1 + Math.exp(-a[k]))")  # fmt: skip
@breaks("a first layer that is not late", "pixel_by_pixel/gated.js", "createStack(packed, +!l, view)",
        "createStack(packed, 0, view)")  # fmt: skip
@breaks("no dilation", "pixel_by_pixel/gated.js", "(j - left + 1) * dilation", "(j - left + 1)")
@breaks("no link", "pixel_by_pixel/gated.js", "b[k] += linked[pixel * wide + k] + (l", "b[k] += (l")
@breaks("no shortcut of the horizontal stack", "pixel_by_pixel/gated.js", "added[k] + (l ? below[at + k] : 0)",
        "added[k]")  # fmt: skip
@breaks(
    "a place in every layer", "pixel_by_pixel/gated.js", "(l ? 0 : this.place[k", "(l ? this.place[k] : this.place[k"
)
@breaks("edges that go on", "pixel_by_pixel/grid.js", "c >= 0 && r < this.rows", "r < this.rows")
@breaks("no bias", "pixel_by_pixel/grid.js", "out[at + o] = bias[o]", "out[at + o] = 0")
def test_log_odds() -> None:
    holds("pixel_by_pixel", "log-odds are torch's, pixel after pixel")


@breaks("direct weights forgotten", "pixel_by_pixel/made.js", "units[e] > 0 || skip[pixel * size + e] !== 0",
        "units[e] > 0")  # fmt: skip
@breaks("everything", "pixel_by_pixel/made.js", "last.weight[pixel * last.inputs + k] !== 0", "true")
@breaks("one block less", "pixel_by_pixel/pixelcnn.js", "[...this.blocks].reverse()", "this.blocks.slice(1)")
@breaks(
    "the first layer alone",
    "pixel_by_pixel/pixelcnn.js",
    "spread(this.conv, need,",
    "spread(this.conv, grid.marks(pixel),",
)
@breaks("no link", "pixel_by_pixel/gated.js", "const up = h.map((on, i) => on | v[i]); // ", "const up = v; // ")
@breaks("zeros read as well", "pixel_by_pixel/grid.js", "own.some((value) => value !== 0)", "own.length")
def test_what_a_pixel_reads() -> None:
    holds("pixel_by_pixel", "what a pixel reads is what flips of pixels say")


@breaks("rows that stay", "pixel_by_pixel/gated.js", "Math.floor(t / this.grid.columns) + 1", "this.grid.rows")
@breaks("sums that stay", "pixel_by_pixel/made.js", "sums.set(this.first.bias);\n    this.order", "this.order")
@breaks(
    "odds that were asked before",
    "pixel_by_pixel/model.js",
    "if (this.asked !== this.t) {",
    "if (this.asked < this.t) {",
)
@breaks("maps lost by a copy", "pixel_by_pixel/model.js", "map.set(other.maps.store[i])", "map.fill(0)")
def test_going_back() -> None:
    holds("pixel_by_pixel", "a pen that goes back forgets what came after")


@breaks("one stream for all", "pixel_by_pixel/model.js", "(_, i) => createRandom(seed + 1000 * i));\n    /**",
        "() => createRandom(seed));\n    /**")  # fmt: skip
@breaks("nothing is kept", "pixel_by_pixel/model.js", "trunk.follow(this.drawing, this.given)",
        "trunk.follow(this.drawing, 0)")  # fmt: skip
def test_six_ways() -> None:
    holds("pixel_by_pixel", "six pens keep what is given and go different ways")


@breaks("half and half", "pixel_by_pixel/model.js", "uniform() < pen.chance()", "uniform() < 0.5")
def test_chances() -> None:
    holds("pixel_by_pixel", "chance decides how often a pixel is ink")


@breaks("steps for pixels", "pixel_by_pixel/model.js", "this.model.place[pixel] + 1", "pixel + 1")
def test_what_a_touch_keeps() -> None:
    holds("pixel_by_pixel", "a touched pixel is kept, with all that come before it")


@breaks("what is blind counted twice", "pixel_by_pixel/model.js", "blind: before - read", "blind: read")
def test_a_field_adds_up() -> None:
    holds("pixel_by_pixel", "what is read and what is not add up to what came before")


@breaks("taken for another", "pixel_by_pixel/nets.js", "if (!Kind) throw new Error(", "if (!Kind) console.log(")
def test_unknown_kinds() -> None:
    holds("pixel_by_pixel", "an unknown kind is refused")
