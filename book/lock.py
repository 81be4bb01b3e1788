"""Writes requirements.txt: `make lock`.

Installs the newest versions that `pyproject.toml` allows into an empty environment, but for those in `HELD`, and
writes down what is there with exact versions. Left out are the library, build labels such as `+cpu`, and the CUDA
packages that PyTorch brings along on Linux: who wants them gets them from PyTorch, and who does not is spared
gigabytes.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]
CUDA = re.compile(r"(nvidia|cuda|triton|cupti|nvjitlink)", re.IGNORECASE)
HELD = ["torch==2.13.0", "soupsieve<3"]  # the third refuses Python 3.11.2, which Debian 12 has
HEADER = """\
# The whole tool chain with exact versions, written by `make lock`; edit pyproject.toml instead.
# pip install -r requirements.txt && pip install --no-deps -e .
"""


def freeze(python: str) -> list[str]:
    """Returns what pip says is installed for an interpreter, one `name==version` per line."""
    command = [python, "-m", "pip", "freeze", "--exclude", NAME, "--exclude", "pip", "--exclude", "setuptools"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def pins(lines: list[str]) -> list[str]:
    """Returns exact pins without CUDA packages and build labels, sorted.

    Args:
        lines: What `pip freeze` prints.

    Returns:
        One `name==version` per package.

    Raises:
        ValueError: If a line is no exact version, such as a package installed from a folder.

    Example:
        >>> pins(["torch==2.13.0+cpu", "nvidia-nccl==1.0", "anywidget==0.11.0"])
        ['anywidget==0.11.0', 'torch==2.13.0']
    """
    kept = [re.sub(r"\+.*$", "", line.strip()) for line in lines if line.strip() and not CUDA.search(line)]
    for line in kept:
        if not re.fullmatch(r"[\w.-]+==[\w.!]+", line):
            raise ValueError(f"got {line!r}, expected name==version; the environment holds something without one")
    return sorted(kept, key=str.lower)


def main() -> None:
    """Makes an empty environment, installs into it, writes the lock."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "--upgrade", f"{ROOT}[dev]", *HELD], check=True)
        text = HEADER + "\n".join(pins(freeze(python))) + "\n"
    (ROOT / "requirements.txt").write_text(text, encoding="utf-8")
    print(f"requirements.txt: {len(text.splitlines()) - 2} packages, Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
