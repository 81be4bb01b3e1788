"""Dream's `model.js` against torch: the laws of its script, with their faults."""

from __future__ import annotations

from deno_tests import holds
from mutants import breaks


@breaks(
    "mean of the top in place of a sample",
    "dream/model.js",
    "random.bernoulli(top.probV(units[below], belief.y, means[depth]), units[depth]);",
    "units[depth].set(top.probV(units[below], belief.y, means[depth]));",
)
@breaks("label without its bias", "dream/model.js", "out.set(d);", "out.fill(0);")
@breaks("label's bias counted twice", "dream/model.js", "out[y] = d[y] - rbm", "out[y] = 2 * d[y] - rbm")
@breaks("likeliest label", "dream/model.js", "let left = random.uniform()", "let left = 0.5")
@breaks("a label that is not kept", "dream/model.js", "if (labels && held < 0) belief.y", "if (labels) belief.y")
@breaks("means sent down", "dream/model.js", "random.bernoulli(layers[i].probX(units[i + 1], means[i]), units[i]);",
        "units[i].set(layers[i].probX(units[i + 1], means[i]));")  # fmt: skip
@breaks(
    "pictures of the means above",
    "dream/model.js",
    "random.bernoulli(layers[i].probX(units[i + 1], means[i]), units[i]);",
    "random.bernoulli(layers[i].probX(means[i + 1], means[i]), units[i]);",
)
@breaks("a layer left out on the way up", "dream/model.js", "rbm.probH(units[i], means", "rbm.probH(units[0], means")
def test_every_layer() -> None:
    holds("dream", "every layer is torch's, for the same random numbers")


@breaks("label not heard", "dream/model.js", "(y < 0 ? 0 : U[j * labels + y])", "0")
def test_the_top() -> None:
    holds("dream", "the top leaves its exact distribution unchanged")


@breaks("a picture that nobody drew", "dream/model.js", "if (!drawn) net.down(random);", "")
def test_moments() -> None:
    holds("dream", "every moment shows the picture that its codes sent down")


@breaks("a picture drawn again", "dream/model.js", 'drawn = true;\n  }\n  const film', '}\n  const film')
def test_looking_back() -> None:
    holds("dream", "looking back changes nothing of what comes")


@breaks("data to the end", "dream/model.js", 'run(sweeps) {\n      origin = "model";', "run(sweeps) {")
def test_data_at_first() -> None:
    holds("dream", "a picture is data until the first sweep")


@breaks("another place for new weights", "dream/model.js", "net.take(before);", "")
def test_new_weights() -> None:
    holds("dream", "new weights leave the chain where it is")


@breaks("the seed forgotten at the reset", "dream/model.js", '      random = createRandom(seed);\n', "")
def test_the_same_seed() -> None:
    holds("dream", "the same seed repeats a dream")


@breaks("as many rows as columns", "dream/model.js", "Math.sqrt(8 * n)", "Math.sqrt(n)")
def test_strips() -> None:
    holds("dream", "strips are wide and end without a gap where they can")
