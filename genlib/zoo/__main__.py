"""Runs the zoo's recipes: `python -m genlib.zoo names | train NAME | record NAME | draw NAME | plane | check ...`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from genlib import zoo
from genlib.zoo import planes
from genlib.zoo.autoencoders import place
from genlib.zoo.check import RECORDED, recompute, rerun
from genlib.zoo.recipes import RECIPES, make
from genlib.zoo.samples import FOLDER, SAMPLERS, draw, write


def main() -> int:
    """Runs the command line, and returns 1 where a check found something."""
    parser = argparse.ArgumentParser(prog="python -m genlib.zoo", description="Small trained models and their recipes.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("names", help="list the models and the recorded runs")
    train = commands.add_parser("train", help="train a model on the full data set, measure it, write weights and card")
    train.add_argument("name", choices=sorted(RECIPES))
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--device", default="cpu")
    train.add_argument("--folder", type=Path, default=zoo.WEIGHTS)
    train.add_argument("--runs", type=Path, default=zoo.RUNS, help="where its curve goes, if it has one")
    record = commands.add_parser("record", help="measure a recorded run anew and write it")
    record.add_argument("name", choices=sorted(RECORDED))
    record.add_argument("--runs", type=Path, default=zoo.RUNS)
    pictures = commands.add_parser("draw", help="train a sampler for seconds, and write ten of its pictures")
    pictures.add_argument("name", choices=sorted(SAMPLERS))
    pictures.add_argument("--folder", type=Path, default=FOLDER)
    commands.add_parser("plane", help="place MNIST's test images in the plane of ae-mnist-2d, and write where they lie")
    check = commands.add_parser("check", help="recompute cards from the files that are shipped, and compare")
    check.add_argument("names", nargs="*", help="by default all models whose weights are shipped")
    check.add_argument("--again", action="store_true", help="train and record them again instead, which takes hours")
    options = parser.parse_args()
    if options.command == "names":
        print(*sorted({*zoo.names(), *zoo.runs()}), sep="\n")
    elif options.command == "train":
        card = make(options.name, options.folder, options.runs, seed=options.seed, device=options.device)
        print(json.dumps(card, indent=2))
    elif options.command == "record":
        recorded = RECORDED[options.name]()
        recorded.write(options.runs)
        print(recorded)
    elif options.command == "plane":
        planes.write(place(zoo.load("ae-mnist-2d")))  # type: ignore[arg-type]
    elif options.command == "draw":
        write(draw(options.name), options.folder)
    else:
        shipped = [name for name, recipe in RECIPES.items() if recipe.shipped]
        found = [line for name in options.names or shipped for line in (rerun if options.again else recompute)(name)]
        print(*found, sep="\n")
        return int(bool(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
