"""Trains models of the zoo: `python -m genlib.zoo train NAME [--seed 0] [--device cpu] [--folder ...]`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from genlib import zoo
from genlib.zoo.recipes import RECIPES, make


def main() -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(prog="python -m genlib.zoo", description="Small trained models and their recipes.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("names", help="list the models")
    train = commands.add_parser("train", help="train a model on the full data set, measure it, write weights and card")
    train.add_argument("name", choices=sorted(RECIPES))
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--device", default="cpu")
    train.add_argument("--folder", type=Path, default=zoo.WEIGHTS)
    options = parser.parse_args()
    if options.command == "names":
        print(*zoo.names(), sep="\n")
    else:
        card = make(options.name, options.folder, seed=options.seed, device=options.device)
        print(json.dumps(card, indent=2))


if __name__ == "__main__":
    main()
