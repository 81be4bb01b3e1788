"""What Annealing sends to a page: the exact value, samples by the exact law; words for what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from exact import assert_law, joint, law
from ipywidgets.embed import embed_data
from torch import Tensor

from genlib.energy import RBM, CentredRBM, ClassRBM
from genlib.widgets import Annealing
from genlib.widgets.packing import LIMIT, unpack_tensors


def machine(features: int, hidden: int, scale: float = 1.0) -> RBM:
    rbm = RBM(features, hidden)
    for parameter in rbm.parameters():
        parameter.data = scale * torch.randn(parameter.shape)
    return rbm


def rounded(widget: Annealing) -> RBM:
    """The machine that the page anneals."""
    tensors = unpack_tensors(widget.weights, widget.spec)
    tensors.pop("base", None)
    rbm = RBM(tensors["W"].shape[1], tensors["W"].shape[0])
    rbm.load_state_dict(tensors)
    return rbm


def sent(widget: Annealing) -> Tensor:
    features, n = widget.spec["c"]["shape"][0], widget.sample_count
    bits = np.unpackbits(np.frombuffer(widget.samples, np.uint8))[: n * features]
    return torch.from_numpy(bits.reshape(n, features)).double()


# The truth


@pytest.mark.parametrize(("features", "hidden"), [(6, 3), (3, 6)])
def test_log_z_is_that_of_the_machine_in_the_page(features: int, hidden: int) -> None:
    """Of the rounded weights, not of those that were given."""
    rbm = machine(features, hidden, scale=3)
    widget = Annealing(rbm, shape=(1, features))
    assert widget.log_z == pytest.approx(joint(rounded(widget)).logsumexp((0, 1)).item(), abs=1e-9)
    assert abs(widget.log_z - rbm.log_partition().item()) > 1e-6


@pytest.mark.parametrize(("features", "hidden"), [(4, 3), (3, 25)])
def test_the_way_back_starts_from_the_exact_law(features: int, hidden: int) -> None:
    """Whichever layer is listed: the states of many widgets together follow p(x)."""
    rbm = machine(features, hidden, scale=1.0 if hidden < 20 else 0.2)
    widgets = [Annealing(rbm, shape=(1, features), seed=seed) for seed in range(25)]
    assert all(widget.sample_count == 400 for widget in widgets)
    exact = rounded(widgets[0])
    states = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * features)
    p = law(exact) if hidden < 20 else exact.log_prob(states).exp().detach()
    assert_law(torch.cat([sent(widget) for widget in widgets]), p)


def test_global_random_numbers_stay_and_a_seed_gives_the_same_samples() -> None:
    rbm = machine(6, 3)
    before = torch.get_rng_state()
    first, same, other = (Annealing(rbm, shape=(2, 3), seed=seed).samples for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert first == same
    assert first != other


def test_a_larger_machine_has_no_truth_and_starts_back_from_what_it_is_given() -> None:
    rbm, x = machine(25, 21, 0.1), (torch.rand(430, 1, 5, 5) < 0.5).double()
    alone, given = Annealing(rbm), Annealing(rbm, samples=x)
    assert (alone.log_z, alone.samples, alone.sample_count) == (None, b"", 0)
    assert (given.log_z, given.sample_count) == (None, 400)
    assert torch.equal(sent(given), x[:400].flatten(1))
    few = Annealing(machine(9, 2), samples=torch.ones(3, 9))
    assert torch.equal(sent(few), torch.ones(3, 9))
    assert few.log_z is not None


# What travels


def test_a_base_goes_along_and_is_where_the_way_starts() -> None:
    base = torch.randn(9)
    widget = Annealing(machine(9, 2), base=base)
    assert widget.base_kind == "given"
    assert torch.equal(unpack_tensors(widget.weights, widget.spec)["base"].float(), base.float())
    assert "base" not in Annealing(machine(9, 2)).spec


def test_the_largest_machine_of_the_book_fits_into_a_page() -> None:
    widget = Annealing(CentredRBM(784, 256), base=torch.zeros(784), samples=torch.ones(400, 784))
    assert widget.spec["W"]["dtype"] == "float16"
    assert len(widget.weights) <= LIMIT
    state = embed_data([widget], drop_defaults=False)["manager_state"]["state"][widget.model_id]
    assert {tuple(buffer["path"]) for buffer in state["buffers"]} == {("weights",), ("samples",)}
    assert len(json.dumps(state)) < 750_000


def test_estimates_from_the_page_are_readable() -> None:
    widget = Annealing(machine(9, 2))
    run = {"temperatures": 30, "direction": "up", "base": "coins", "log_z": 7.5, "standard_error": 0.1, "size": 60.0}
    widget.set_state({"beta": 1.0, "log_weights": [7.0, 8.0], "estimate": 7.5, "size": 1.9, "runs": [run]})
    assert torch.tensor(widget.log_weights).mean() == 7.5
    assert (widget.beta, widget.estimate, widget.size, widget.runs) == (1.0, 7.5, 1.9, [run])


def test_update_sends_new_weights_with_their_truth_and_keeps_the_base() -> None:
    rbm, base, seen = machine(9, 2), torch.randn(9), []
    widget = Annealing(rbm, base=base)
    before = widget.log_z
    widget.observe(lambda change: seen.append(change["name"]), ["weights", "log_z", "samples"])
    rbm.W.data += 1
    widget.update(rbm)
    assert seen[-1] == "weights"
    assert set(seen) == {"weights", "log_z", "samples"}
    assert widget.log_z == pytest.approx(joint(rounded(widget)).logsumexp((0, 1)).item(), abs=1e-9)
    assert widget.log_z != before
    assert torch.equal(unpack_tensors(widget.weights, widget.spec)["base"].float(), base.float())
    with pytest.raises(ValueError, match=r"rbm has W \(3, 9\), this widget shows \(2, 9\)"):
        widget.update(machine(9, 3))


def test_what_a_page_cannot_anneal_is_refused_with_words() -> None:
    rbm = machine(9, 2)
    with pytest.raises(ValueError, match=r"base has shape \(8,\), expected \(9,\)"):
        Annealing(rbm, base=torch.zeros(8))
    with pytest.raises(ValueError, match="cannot run a ClassRBM, expected an RBM or a CentredRBM"):
        Annealing(ClassRBM(7, 2, 3))
    with pytest.raises(ValueError, match="samples has 8 features"):
        Annealing(rbm, samples=torch.zeros(2, 8))
    with pytest.raises(ValueError, match="samples has values other than 0 and 1"):
        Annealing(rbm, samples=torch.full((2, 9), 0.5))
    with pytest.raises(ValueError, match="10 pixels do not fill a 3 x 3 picture"):
        Annealing(machine(10, 2))
    with pytest.raises(Exception, match="should not be greater than 1000"):
        Annealing(rbm, temperatures=1001)
    with pytest.raises(Exception, match="should not be less than 2"):
        Annealing(rbm, chains=1)
    with pytest.raises(Exception, match="sideways"):
        Annealing(rbm).direction = "sideways"
