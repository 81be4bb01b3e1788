"""What `make labs` and `make grade` call: `python -m grading --help`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from grading.release import ROOT, release, sources


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m grading", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("release", help="cut student and instructor's copies of the labs")
    command.add_argument("--labs", type=Path, default=ROOT / "labs", help="folder of sources, <lab>/<lab>.ipynb")
    command.add_argument("--out", type=Path, default=ROOT / "_build" / "labs")
    return parser.parse_args()


def main() -> int:
    """Does what the command line says; returns the exit status."""
    options = arguments()
    labs = sources(options.labs)
    if not labs:
        print(f"{options.labs} holds no lab; expected <lab>/<lab>.ipynb", file=sys.stderr)
        return 2
    release(labs, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
