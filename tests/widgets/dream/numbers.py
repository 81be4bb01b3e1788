"""What torch says of a deep belief network: its numbers for random numbers drawn before, and the top's distribution."""

from __future__ import annotations

from itertools import pairwise

import torch
from page_models import Told, coins
from torch import Tensor

from genlib.data import binary_states
from genlib.energy import DBN, RBM, ClassRBM
from genlib.widgets.dream import packed
from genlib.widgets.packing import unpack_tensors


def network(*widths: int, classes: int = 0, scale: float) -> tuple[DBN, dict[str, object]]:
    """Returns a network of loud, rounded weights, and what a page is sent of it."""
    *below, (d, h) = pairwise(widths)
    dbn = DBN(*(RBM(*pair) for pair in below), ClassRBM(d, classes, h) if classes else RBM(d, h))
    for parameter in dbn.parameters():
        parameter.data = scale * torch.randn(parameter.shape)
    weights, spec = packed(dbn)
    read = unpack_tensors(weights, spec)
    for i, rbm in enumerate(dbn.layers):
        top = classes and rbm is dbn.top
        rbm.W.data = torch.cat([read[f"W{i}"], read["U"]], 1) if top else read[f"W{i}"]
        rbm.c.data = torch.cat([read[f"c{i}"], read["d"]]) if top else read[f"c{i}"]
        rbm.b.data = read[f"b{i}"]
    return dbn.requires_grad_(False), {"weights": weights, "spec": spec}


def run(dbn: DBN, told: Told, x: Tensor, held: int, sweeps: int = 4) -> list[dict[str, object]]:
    """Follows one picture up, then sweeps of the top, each sent down: labels, states and means of every layer."""
    top, classes = dbn.top, dbn.top.classes if isinstance(dbn.top, ClassRBM) else 0
    units, means, moments = [x], [x], []

    def draw_top() -> None:
        h = top.with_label(units[-2][None], torch.tensor([y])) if classes else units[-2][None]
        means[-1] = top.prob_h(h)[0]
        units[-1] = told.bernoulli(means[-1])

    def down() -> None:
        for i in range(len(dbn.layers) - 2, -1, -1):
            means[i] = dbn.layers[i].prob_x(units[i + 1][None])[0]
            units[i] = told.bernoulli(means[i])
        moments.append({"y": y, "units": list(units), "means": list(means)})

    for rbm in dbn.layers[:-1]:
        means.append(rbm.prob_h(units[-1][None])[0])
        units.append(told.bernoulli(means[-1]))
    y = told.choice(top.prob_y(units[-1][None])[0]) if classes and held < 0 else held
    units.append(units[-1])
    means.append(means[-1])
    draw_top()
    down()
    for _ in range(sweeps):
        draw_top()
        back = top.prob_x(units[-1][None])[0]
        means[-2] = back[: len(units[-2])]
        units[-2] = told.bernoulli(means[-2])
        if classes and held < 0:
            y = told.choice(back[len(units[-2]) :])
        down()
    return moments


def story(*widths: int, classes: int = 0, held: int = -1) -> dict[str, object]:
    dbn, sent = network(*widths, classes=classes, scale=0.5)
    x, uniforms = coins(widths[0]), torch.rand(6 * (2 * sum(widths) + 1))
    told = Told(uniforms)
    moments = run(dbn, told, x, held)
    labels = dbn.top.prob_y(torch.as_tensor(moments[-1]["units"][-2])[None])[0] if classes else []
    return {**sent, "x": x, "uniforms": uniforms, "held": held, "moments": moments, "used": told.used, "labels": labels}


def top_laws(count: int = 40_000) -> dict[str, object]:
    """Exact samples of (h, y), v summed out by hand, which sweeps leave distributed as they are, also for one label.

    Each bound is exceeded about once in 10,000 times: 23 and 7 degrees of freedom.
    """
    dbn, sent = network(4, 3, 2, classes=3, scale=1.0)
    h, y, v = (
        states.repeat_interleave(n, 0).repeat(m, 1)
        for states, n, m in ((binary_states(3), 3 * 4, 1), (torch.eye(3), 4, 8), (binary_states(2), 1, 24))
    )
    score = (-dbn.top.energy(torch.cat([h, y], 1), v)).reshape(24, 4).logsumexp(1)
    laws = []
    for held, bound in ((-1, 57.5), (0, 29.4), (2, 29.4)):
        law = score.masked_fill((torch.arange(24) % 3 != held) & (held >= 0), -torch.inf).softmax(0)
        assert count * law[law > 0].min() > 10
        starts = torch.multinomial(law, count, replacement=True)
        laws.append({"held": held, "bound": bound, "law": law, "starts": starts})
    return {**sent, "laws": laws}


def numbers() -> dict[str, object]:
    _, sent = network(64, 20, 16, classes=10, scale=0.3)
    _, other = network(64, 20, 16, classes=10, scale=0.3)
    return {
        "stories": [
            story(64, 48, 32, classes=10),
            story(64, 48, 32, classes=10, held=4),
            story(200, 60, 40, classes=3),
            story(9, 7, 6, 5),
        ],
        "top": top_laws(),
        "dream": {**sent, "other": other["weights"], "x": coins(64)},
    }
