"""What one machine makes of the same images, made black and white in two ways."""

from __future__ import annotations

__all__ = ["record_binarisation"]

import time

import torch

from genlib import data, zoo
from genlib.energy import RBM
from genlib.zoo._shared import figure, hardware, software
from genlib.zoo.records import Run


def record_binarisation(name: str = "rbm-mnist") -> Run:
    """Measures a shipped RBM on the test images of MNIST, thresholded at one half and sampled from the grey level."""
    machine, card, begun = zoo.load(name), zoo.card(name), time.process_time()
    assert isinstance(machine, RBM)
    grey = data.load("mnist")[2][0].flatten(1)
    ways = {"thresholded": data.binarize(grey), "sampled": data.binarize(grey, threshold=None, seed=0)}
    with torch.no_grad():
        log_prob = {way: (-machine.free_energy(x) - card["log_z"]).double() for way, x in ways.items()}
    return Run(
        name="binarisation",
        about=f"The test images of MNIST under one machine, {name}, made black and white in two ways",
        settings={
            "data": "mnist",
            "tested_on": f"{len(grey):,} test images",
            "test_method": "the free energy, and log Z as on the machine's card",
        },
        seeds=[0],
        columns={"images": "test images", "test_log_prob": "log p(x), nats"},
        rows=[{"model": name, "images": way, "test_log_prob": figure(values)} for way, values in log_prob.items()],
        processor_seconds=round(time.process_time() - begun),
        machine=hardware("cpu"),
        torch=software(),
        results={"difference": figure(log_prob["thresholded"] - log_prob["sampled"])},
    )
