"""Run by `torchrun`: trains a small model with `fit`, rightly and under each mutant, and saves what each process got.

Usage: torchrun --nproc-per-node 2 two_processes.py FOLDER '[["name", "where", "old", "new"], ...]'
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import nullcontext
from pathlib import Path

import torch
import torch.distributed as dist
from mutants import edited
from torch import Tensor

from genlib.train import fit

STEPS = 40


def trained(seed: int, batch: int = 13) -> dict[str, Tensor | list[float]]:
    """Trains from the parameters that `seed` gives, on batches that two processes cannot halve, without noise."""
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(7, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3))
    data = torch.Generator().manual_seed(3)
    batches = [torch.randn(batch, 7, generator=data) for _ in range(STEPS)]

    targets = [torch.randn(batch, 3, generator=data) for _ in range(STEPS)]

    def loss(x: Tensor, y: Tensor | None = None) -> Tensor:
        return (model(x) - (x[:, :3] if y is None else y)).square().sum(-1).mean() + model(x).exp().mean()

    values: list[float] = []
    for optimizer in (torch.optim.Adam, torch.optim.SGD):
        training = fit(loss, model.parameters(), batches, steps=STEPS, lr=1e-2, optimizer=optimizer)
        values += [value for _, value in training]
    pairs = zip(batches, targets, strict=True)
    training = fit(loss, model.parameters(), pairs, steps=STEPS, lr=1e-2, optimizer=torch.optim.SGD)
    values += [value for _, value in training]
    return {"values": values, **model.state_dict()}


def main() -> None:
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    folder, rank = Path(sys.argv[1]), int(os.environ["RANK"])
    results = {}
    for name, *edit in [["", None], *json.loads(sys.argv[2])]:
        with edited(*edit) if name else nullcontext():
            results[name] = trained(seed=rank)
    trained(seed=0, batch=2)
    try:
        trained(seed=0, batch=1)
    except ValueError as error:
        results["small"] = str(error)
    torch.save(results, folder / f"{rank}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
