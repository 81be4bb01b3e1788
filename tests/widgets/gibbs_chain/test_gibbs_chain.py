"""GibbsChain's Python side: what it sends to the page, what it takes back, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genlib.energy import RBM, ClassRBM
from genlib.widgets import GibbsChain
from genlib.widgets.packing import unpack_tensors


def test_bad_states_and_examples_are_refused() -> None:
    rbm = RBM(9, 2)
    with pytest.raises(ValueError, match="x has 8 features, this model has 9"):
        GibbsChain(rbm, torch.zeros(8))
    with pytest.raises(ValueError, match=r"examples has values other than 0 and 1; .*data\.binarize"):
        GibbsChain(rbm, examples=torch.full((2, 9), 0.5))
    with pytest.raises(ValueError, match="examples has 4 features"):
        GibbsChain(rbm, examples=torch.zeros(2, 4))
    for k in (0, 51):
        with pytest.raises(ValueError, match=f"k is {k}, expected 1 to 50"):
            GibbsChain(rbm, k=k)
    chain = GibbsChain(rbm)
    with pytest.raises(ValueError, match="k is 99, expected 1 to 50"):
        chain.k = 99
    with pytest.raises(ValueError, match="unit is 2, expected 0 to 1"):
        chain.unit = 2
    assert (chain.k, chain.unit) == (1, 0)
    with pytest.raises(ValueError, match="cannot run a ClassRBM, expected an RBM or a CentredRBM"):
        GibbsChain(ClassRBM(6, 3, 2))


def test_what_needs_data_asks_for_data() -> None:
    rbm, mask = RBM(9, 2), torch.arange(9) < 3
    for wrong in ({"clamp": mask}, {"persistent": False}):
        with pytest.raises(ValueError, match="clamp and persistent=False need data, expected x or examples"):
            GibbsChain(rbm, **wrong)
        assert GibbsChain(rbm, torch.ones(9), **wrong).start == [1] * 9
        assert GibbsChain(rbm, examples=torch.ones(1, 9), **wrong).example_count == 1


def test_a_mask_goes_out_and_comes_back_as_booleans() -> None:
    rbm, mask = RBM(9, 2), torch.arange(9) < 3
    for wrong in (mask[:8], mask.double()):
        with pytest.raises(ValueError, match=r"clamp is \(\d,\) of torch\.\w+, expected \(9,\) of torch\.bool"):
            GibbsChain(rbm, torch.ones(9), clamp=wrong)
    chain = GibbsChain(rbm, torch.ones(9), clamp=mask)
    assert chain.get_state("clamp")["clamp"] == [True] * 3 + [False] * 6
    chain.set_state({"clamp": [False] * 3 + [True] * 6, "x": [[1, 0, 1] * 3], "data": [[1] * 9]})
    assert torch.equal(chain.clamp, ~mask)
    completed = rbm.gibbs(chain.x, 20, clamp=chain.clamp)
    assert torch.equal(completed[:, 3:], chain.x[:, 3:])
    assert [g.shape for g in rbm.gradient(chain.data, chains=chain.x)] == [(2, 9), (2,), (9,)]
    chain.set_state({"clamp": None})
    assert chain.clamp is None


def test_examples_travel_as_bits_of_which_a_hundred_are_enough() -> None:
    x = (torch.rand(130, 1, 3, 3) < 0.5).double()
    chain = GibbsChain(RBM(9, 2), examples=x)
    read = np.unpackbits(np.frombuffer(chain.examples, np.uint8))[:900].reshape(100, 9)
    assert chain.example_count == 100
    assert np.array_equal(read, x[:100].flatten(1).numpy())


def test_state_from_the_page_goes_on_in_the_model() -> None:
    rbm = RBM(9, 2)
    chain = GibbsChain(rbm, torch.ones(9))
    assert chain.x is None
    assert chain.start == [1] * 9
    chain.set_state({"x": [[0, 1] * 4 + [0]], "h": [[1, 0]], "free_energy": -2.5, "sweep": 7})
    assert rbm.gibbs(chain.x, 3).shape == (1, 9)
    assert rbm.energy(chain.x, chain.h).shape == (1,)
    assert (chain.free_energy, chain.sweep) == (-2.5, 7)
    chain.restart(chain.x)
    assert chain.start == [0, 1] * 4 + [0]


def test_restarting_from_the_same_place_is_still_a_change() -> None:
    chain, seen = GibbsChain(RBM(4, 2), torch.ones(4)), []
    chain.observe(lambda change: seen.append(change["new"]), "start")
    chain.restart(torch.ones(1, 4))
    assert seen[-1] == [1] * 4


def test_update_sends_new_weights_and_refuses_another_size() -> None:
    rbm = RBM(9, 2)
    chain, seen = GibbsChain(rbm), []
    chain.observe(lambda change: seen.append(change["name"]))
    rbm.W.data += 1
    chain.update(rbm)
    assert seen == ["weights"]
    assert (unpack_tensors(chain.weights, chain.spec)["W"] - rbm.W).abs().max() < 1e-3
    with pytest.raises(ValueError, match=r"rbm has W \(3, 9\), this widget shows \(2, 9\)"):
        chain.update(RBM(9, 3))
