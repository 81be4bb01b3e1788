"""TinyWorld's `model.js` against torch: the laws of its script, with their faults."""

from __future__ import annotations

from deno_tests import holds
from mutants import breaks


@breaks("no visible bias", "tiny_world/rbm.js", "spread(logP, NONE, c);", "logP.fill(0);")
@breaks("no hidden bias", "tiny_world/rbm.js", "spread(inputs, b, W);", "spread(inputs, b.map(() => 0), W);")
@breaks(
    "the first pixel as the lowest bit",
    "tiny_world/rbm.js",
    "let half = 1, i = PIXELS - 1; i >= 0; half *= 2, i--",
    "let half = 1, i = 0; i < PIXELS; half *= 2, i++",
)
@breaks("softplus without its linear part", "tiny_world/rbm.js", "if (a > 0) score += a;", "")
@breaks("probabilities that are not normalised", "tiny_world/rbm.js", "logP[s] -= logZ;", "logP[s] -= most;")
@breaks("phases turned", "tiny_world/rbm.js", "negative[s] - positive[s]", "positive[s] - negative[s]")
@breaks("half of the states in the bias", "tiny_world/rbm.js", "values[s + j] += values[at];", "")
def test_exact_gradients() -> None:
    holds("tiny_world", "probabilities and exact gradients equal torch's")


@breaks(
    "weights kept from before the step",
    "tiny_world/rbm.js",
    "adam.step(gradients);\n    logZ = refresh(weights, tables);",
    "logZ = refresh(weights, tables);\n    adam.step(gradients);",
)
@breaks("an entropy of the wrong sign", "tiny_world/world.js", "-entropy - likelihood", "entropy - likelihood")
@breaks("a divergence weighted by the data", "tiny_world/world.js", "q * (logP[s] - Math.log(p[s]))",
        "p[s] * (logP[s] - Math.log(p[s]))")  # fmt: skip
def test_exact_training() -> None:
    holds("tiny_world", "exact training equals torch's, and so does what it is compared by")


@breaks("a rate that stays", "tiny_world/rbm.js", "adam.lr = rate;", "")
@breaks("a bias that can only fall", "tiny_world/rbm.js", "gradients[1].set(work.subarray(0, H));",
        "gradients[1].set(work.subarray(0, H).map((a) => (a > 0 ? a : 0)));")  # fmt: skip
def test_steps_on_draws() -> None:
    holds("tiny_world", "steps on averages over draws equal torch's, each at its own rate")


@breaks("all of the data in the place of the draws", "tiny_world/rbm.js", "drawn ? shareOf(drawn) : world.p", "world.p")
@breaks("chains that start anew", "tiny_world/rbm.js", "chains?.length !== n", "true")
@breaks("chains that go on where they should start anew", "tiny_world/rbm.js", 'if (method !== "pcd") chains = null;',
        "chains ??= world.even(batch || 256, random);")  # fmt: skip
@breaks("a sweep too many", "tiny_world/rbm.js", "i < k; i++", "i <= k; i++")
@breaks("probabilities of another state", "tiny_world/rbm.js", "for (let j = 0, at = states[n] * H; j < H; j++, at++",
        "for (let j = 0, at = 0; j < H; j++, at++")  # fmt: skip
@breaks("a sweep without visible bias", "tiny_world/rbm.js", 'states.length; n++) {\n    field.set(c);',
        "states.length; n++) {")  # fmt: skip
def test_chains() -> None:
    holds("tiny_world", "chains are where they should be")


@breaks("one number for all draws", "tiny_world/world.js", "find(end * random.uniform())", "find(end * 0.5)")
@breaks("sums that start late", "tiny_world/world.js", "total[middle] > mark", "total[middle] > mark + 0.01")
@breaks("drawn steps", "tiny_world/world.js", "find((end * (i + first)) / n)", "find(end * random.uniform())")
def test_draws() -> None:
    holds("tiny_world", "draws follow their distribution, and even steps keep to it")


@breaks("annealing without the linear part", "tiny_world/rbm.js", "if (a > 0) log[n] += (next - old) * a;", "")
@breaks("annealing at the new temperature", "tiny_world/rbm.js", "sigmoid(old * inputs[at])",
        "sigmoid(next * inputs[at])")  # fmt: skip
@breaks("annealing that never sweeps", "tiny_world/rbm.js", "t && j < H", "false")
@breaks("a base without the hidden units", "tiny_world/rbm.js", "H * Math.LN2 + ", "")
@breaks("an error that does not shrink", "tiny_world/rbm.js", "Math.sqrt(squares / n)", "Math.sqrt(squares)")
@breaks("the mean of the logarithms", "tiny_world/rbm.js", "base + most + Math.log(mean)",
        "base + log.reduce((sum, value) => sum + value / n, 0)")  # fmt: skip
def test_annealing() -> None:
    holds("tiny_world", "annealing finds Z with the spread and the error that torch's has")


@breaks("the least excess first", "tiny_world/world.js", "other.over < over", "other.over > over")
@breaks("data among what is none", "tiny_world/world.js", " || known.has(s)", "")
@breaks("shares for excess", "tiny_world/world.js", "Math.exp(logP[s]) - p[s]", "Math.exp(logP[s])")
def test_believed_most() -> None:
    holds("tiny_world", "what is no data but believed most")


@breaks("nothing is impossible", "tiny_world/world.js", ": Infinity;", ": 0;")
@breaks("what cannot be is counted", "tiny_world/world.js", "value > 0 ? value * Math.log(value) : 0",
        "value * Math.log(value + 1e-300) - 1e-9")  # fmt: skip
def test_impossible_states() -> None:
    holds("tiny_world", "impossible states cost infinitely much")


@breaks("a start that is cut wrongly", "tiny_world/model.js", "at += length", "at += 1")
@breaks("old runs forgotten", "tiny_world/model.js", "if (run?.step)", "if (!run)")
@breaks("annealing that is never renewed", "tiny_world/model.js", "!job && annealed !== wanted", "!job && !annealed")
def test_a_study() -> None:
    holds("tiny_world", "a study starts where it is told to, keeps old runs, and anneals whatever it has become")


@breaks("a pixel that reads itself", "tiny_world/chain.js", "for (let d = degrees[k]; d < PIXELS",
        "for (let d = degrees[k] + 1; d < PIXELS")  # fmt: skip
@breaks("degrees by halves", "tiny_world/chain.js", "k * most / hidden", "k * most / 2 / hidden")
@breaks("no biases", "tiny_world/chain.js", "sums[0] = bias;", "")
@breaks("pixels in the other order", "tiny_world/chain.js", "const w = weight(e);", "const w = weight(d - 1 - e);")
@breaks("the odds of dark", "tiny_world/chain.js", "dark + odds", "dark - odds")
@breaks("what was lit is forgotten", "tiny_world/chain.js", "lit[at + past] = next[2 * past + 1];", "")
@breaks("units that are not cut off", "tiny_world/chain.js", "if (u > 0) a[at + past]", "a[at + past]")
@breaks("a gradient through units that are off", "tiny_world/chain.js", "if (u <= 0) continue;", "")
@breaks(
    "tables kept from before the step", "tiny_world/chain.js", "adam.step(gradients);", "adam.step(gradients); return;"
)
def test_chains_of_pixels() -> None:
    holds("tiny_world", "probabilities, gradients and training equal torch's without a partition function")


@breaks("all of the data in the place of the draws", "tiny_world/chain.js", "batch ? visits", "false ? visits")
@breaks("draws of something else", "tiny_world/chain.js", "drawer(logP.map(Math.exp))", "drawer(world.p)")
def test_chains_of_pixels_on_draws() -> None:
    holds("tiny_world", "steps on draws climb like steps on the data, and draws follow the model")


@breaks("components that are equally likely", "tiny_world/mixture.js", "log(counts[k]) - all", "-Math.log(K)")
@breaks("shares that do not sum to one", "tiny_world/mixture.js", "shares[k] /= sum", "shares[k] /= 1")
@breaks("means that are counts", "tiny_world/mixture.js", "log(counts[k] - lit[at])", "log(1 - lit[at])")
@breaks("means at the very ends", "tiny_world/mixture.js", "Math.log(1e6 - 1)", "4")
def test_em() -> None:
    holds("tiny_world", "a mixture's steps are EM's")


@breaks("the same family for ever", "tiny_world/model.js", "settings.family ?? kind", "kind")
def test_families_in_turn() -> None:
    holds("tiny_world", "a study goes on with another family")


@breaks("dashes by place", "tiny_world/view.js", "const known = before.get(run);", "const known = undefined;")
@breaks("dashes that another has", "tiny_world/view.js", "![...kept.values()].includes(dash)", "true")
def test_dashes() -> None:
    holds("tiny_world", "an old run keeps its dashes as others come and go, and no two have the same")
