"""LatentExplorer's `model.js` against torch: the laws of its script, with their faults."""

from __future__ import annotations

from deno_tests import holds
from mutants import breaks


@breaks("mean and deviation swapped", "latent_explorer/model.js", "mu: out.slice(0, latent)", "mu: out.slice(latent)")
@breaks("log sigma as sigma", "latent_explorer/model.js", "out.slice(latent, 2 * latent).map(Math.exp)",
        "out.slice(latent, 2 * latent)")  # fmt: skip
@breaks("log variance", "latent_explorer/model.js", ".map(Math.exp)", ".map((s) => Math.exp(s / 2))")
def test_codes() -> None:
    holds("latent_explorer", "codes equal torch's")


@breaks("logits for probabilities", "latent_explorer/model.js", "p.bernoulli ? sigmoid :", "false ? sigmoid :")
@breaks("rows of a batch run together", "latent_explorer/model.js", "value(rows[n * width + i])",
        "value(rows[n * (width - 1) + i])")  # fmt: skip
def test_pictures() -> None:
    holds("latent_explorer", "pictures equal torch's, alone and together")


@breaks("the decoder's sigma forgotten", "latent_explorer/model.js", "fill(p.sigma ?? 1)", "fill(1)")
@breaks("sigma from the mean", "latent_explorer/model.js", "Math.exp(rows[features + i])", "Math.exp(rows[i])")
def test_drawn_pixels() -> None:
    holds("latent_explorer", "pixels are drawn with the decoder's moments")


@breaks("codes of another latent", "js/codes.js", "number(n * latent + i)", "number(n + i)")
def test_codes_are_read() -> None:
    holds("latent_explorer", "codes are read as they were sent")


@breaks("as far as the farthest", "latent_explorer/model.js", "Math.ceil(0.99 * sizes.length)", "sizes.length")
def test_the_reach() -> None:
    holds("latent_explorer", "sliders reach as far as nearly all codes, 3 at least and 5 at most")


@breaks("the idle first", "latent_explorer/model.js", "kl[j] - kl[i] || i - j", "kl[i] - kl[j] || i - j")
def test_the_most_used_first() -> None:
    holds("latent_explorer", "what data use most comes first, and the rest waits")


@breaks("a way that leads nowhere", "latent_explorer/model.js", "endAt(examples[i] ?? null)",
        "endAt(examples[0] ?? null)")  # fmt: skip
def test_the_beginning() -> None:
    holds("latent_explorer", "a walk begins at its code, with the first image and a way to the second")


@breaks("a way that is bent", "js/codes.js", "(1 - t) * value + t * b[i]",
        "(1 - t) * value + t * t * b[i]")  # fmt: skip
@breaks("any end shows an image", "latent_explorer/model.js", "x: isOf ? x : null", "x")
def test_the_way() -> None:
    holds("latent_explorer", "the way from A to B is straight, and an end shows the image whose code it is")


@breaks("old codes of new networks", "latent_explorer/model.js", "if (now.x) encode(now.x);", "")
def test_new_networks() -> None:
    holds("latent_explorer", "networks that have trained on encode the image anew, and the code keeps its place")


@breaks("a walk that goes on after reset", "latent_explorer/model.js", 'random = createRandom(seed);\n      encode',
        "encode")  # fmt: skip
def test_reset() -> None:
    holds("latent_explorer", "reset draws the same again")


@breaks("a second detour that forgets the way", "latent_explorer/model.js", "own ??= now.ends;", "own = now.ends;")
@breaks("ends of a detour that are not kept", "latent_explorer/model.js",
        "x: isOf ? x : null };\n      own = null;", "x: isOf ? x : null };")  # fmt: skip
def test_a_detour() -> None:
    holds("latent_explorer", "a detour leads elsewhere, and back to the way of before")
