"""TinyWorld's Python side: what it sends to the page, what it takes back, and what it refuses."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from exact import drawn
from ipywidgets.embed import embed_data
from mutants import breaks
from torch import Tensor, nn

from genlib import data
from genlib.autoregressive import FVSBN, MADE
from genlib.data import binary_states
from genlib.energy import RBM, CentredRBM
from genlib.mixture import BernoulliMixture
from genlib.widgets import TinyWorld


def machine(hidden: int = 5) -> RBM:
    rbm = RBM(12, hidden).double()
    for p in rbm.parameters():
        p.data = torch.randn_like(p)
    return rbm


def flat(rbm: RBM) -> Tensor:
    return torch.cat([p.detach().flatten() for p in (rbm.W, rbm.b, rbm.c)])


def test_the_distribution_goes_along_as_it_is() -> None:
    world = TinyWorld(flip=0.03)
    pictures, p = data.tiny_world(flip=0.03)
    assert np.array_equal(np.frombuffer(world.law, "<f8"), p.numpy())
    assert torch.equal(binary_states(12)[world.pictures], pictures)


def test_own_pictures_replace_the_worlds() -> None:
    x = binary_states(12)[[7, 4000, 7]]
    world = TinyWorld(x, flip=0.0)
    law = torch.from_numpy(np.frombuffer(world.law, "<f8").copy())
    assert world.pictures == [7, 4000]
    assert law[7].item() == pytest.approx(2 / 3, abs=1e-15)
    assert law.count_nonzero() == 2


def test_a_machine_goes_to_the_page_and_back_to_the_last_bit() -> None:
    rbm = machine()
    world = TinyWorld(model=rbm)
    assert (world.hidden, world.first) == (5, 0)
    back = world.model()
    assert torch.equal(flat(back), flat(rbm))
    assert flat(back).dtype == torch.float64
    sent = torch.randn(4 * 12 + 4 + 12, dtype=torch.float64)
    world.set_state({"trained": memoryview(sent.numpy().tobytes())})
    back = world.model()
    assert torch.equal(flat(back), sent)
    assert back.W.shape == (4, 12)
    assert torch.equal(flat(TinyWorld(model=rbm).model()), flat(rbm))
    assert back.log_prob(binary_states(12).double()).exp().sum().item() == pytest.approx(1, abs=1e-12)


def test_a_new_machine_depends_on_the_seed_alone_and_leaves_random_numbers_alone() -> None:
    state = torch.random.get_rng_state()
    first, again, other = (TinyWorld(seed=seed).model() for seed in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(flat(first), flat(again))
    assert not torch.equal(flat(first), flat(other))
    w = TinyWorld(hidden=16).model().W
    assert w.std().item() == pytest.approx(0.1, rel=0.2)
    assert not flat(first)[8 * 12 :].any()


FAMILIES: dict[str, Callable[[], nn.Module]] = {
    "rbm": lambda: RBM(12, 5),
    "fvsbn": lambda: FVSBN(12),
    "made": lambda: MADE(12, 5),
    "mixture": lambda: BernoulliMixture(12, 5),
}


@breaks("a mixture with one component more", "widgets.tiny_world.size_in", '"mixture": (PIXELS + 1, 0)',
        '"mixture": (PIXELS + 1, PIXELS + 1)', given={"family": "mixture"}, by=RuntimeError)  # fmt: skip
@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_of_any_family_goes_to_the_page_and_back(family: str) -> None:
    """What comes back is of the same kind and gives every picture the same probability; a new one is trained."""
    model = drawn(FAMILIES[family]).double()
    world = TinyWorld(model=model)
    assert (world.family, world.first) == (family, 0)
    back, x = world.model(), binary_states(12).double()
    assert type(back) is type(model)
    assert torch.equal(back.log_prob(x), model.log_prob(x))
    new = TinyWorld(family=family, hidden=4)
    assert (new.family, new.first, type(new.model())) == (family, 200, type(model))
    assert torch.equal(new.model().log_prob(x), TinyWorld(family=family, hidden=4).model().log_prob(x))
    world.update(machine(3))
    assert (world.family, world.hidden) == ("rbm", 3)


def test_update_starts_from_another_machine() -> None:
    world, rbm = TinyWorld(method="pcd", rate=0.01), machine(3)
    world.update(rbm)
    assert torch.equal(flat(world.model()), flat(rbm))
    assert (world.hidden, world.method, world.rate) == (3, "pcd", 0.01)


def test_an_infinite_divergence_survives_json() -> None:
    world = TinyWorld(flip=0.0)
    world.set_state({"kl_model_data": None})
    assert world.kl_model_data == math.inf
    state = embed_data([world], drop_defaults=False)["manager_state"]["state"][world.model_id]["state"]
    assert json.loads(json.dumps(state, allow_nan=False))["kl_model_data"] is None
    world.set_state({"kl_model_data": 0.25})
    assert world.kl_model_data == 0.25


def test_all_of_it_is_small() -> None:
    world = TinyWorld(hidden=16)
    assert len(world.law) == 4096 * 8
    assert len(world.start) == (16 * 12 + 16 + 12) * 8
    assert len(world._esm) + len(world._css) < 100_000


def with_nan() -> RBM:
    rbm = machine()
    rbm.b.data[1] = torch.nan
    return rbm


BAD = {
    "other pictures": ({"x": torch.zeros(3, 9)}, r"shape \(3, 9\), expected \(N, 12\)"),
    "grey pictures": ({"x": torch.full((3, 12), 0.5)}, "zeros and ones"),
    "noise": ({"flip": 0.5}, r"flip is 0\.5, expected"),
    "other pixels": ({"model": RBM(9, 4)}, r"RBM\(features=9, hidden=4\), expected an RBM, .* with 12 features"),
    "another machine": ({"model": CentredRBM(12, 4)}, "model is CentredRBM"),
    "too many units": ({"model": RBM(12, 17)}, "hidden is 17, expected 2 to 16"),
    "too few units": ({"hidden": 1}, "hidden is 1, expected 2 to 16"),
    "another order": ({"model": FVSBN(12, range(11, -1, -1))}, r"in the order \(11, 10, .*expected 0 to 11"),
    "a deep network": ({"model": MADE(12, 4, layers=2)}, "model has 2 hidden layers, expected one"),
    "no such family": ({"family": "gan"}, "family is 'gan', expected one of rbm, fvsbn, made, mixture"),
    "not finite": ({"model": with_nan()}, "model has 1 weights that are not finite"),
    "no such method": ({"method": "score"}, "method is 'score', expected one of exact, cd, pcd"),
    "k": ({"k": 0}, "k is 0, expected 1 to 20"),
    "rate": ({"rate": 1.0}, r"rate is 1\.0, expected 0\.001 to 0\.3"),
    "batch": ({"batch": 100}, "batch is 100, expected one of 0, 16, 64, 256"),
}


@pytest.mark.parametrize("case", BAD)
def test_refuses_with_what_it_got_and_expected(case: str) -> None:
    options, words = BAD[case]
    with pytest.raises(ValueError, match=words):
        TinyWorld(**options)


def test_settings_set_later_are_checked_too() -> None:
    world = TinyWorld()
    for name, value in {"family": "gan", "method": "ml", "k": 21, "rate": 0.0, "hidden": 1, "batch": 7}.items():
        with pytest.raises(ValueError, match=f"{name} is .*{value}"):
            setattr(world, name, value)
    with pytest.raises(ValueError, match=r"expected an RBM, .* with 12 features"):
        world.update(RBM(4, 2))
