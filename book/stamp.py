"""Writes the repository's address into everything that names it: `python book/stamp.py`, or `--check` to compare only.

The address is one setting, `repository` in `_config.yml`, and the version is the library's. From these two follow the
link to Colab under each notebook's title, each notebook's first cell, and a line each in README, CITATION and others.
What a chapter says of its family, `taxonomy` in the metadata of its title, is written down for the widget that shows
all families.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parent.parent
TAGS = ["bootstrap", "hide-input"]
LINK = re.compile(r"^\[Open [^\]]*in Colab\]\([^)]*\)$", re.MULTILINE)
STUDENTS = "labs"
LINES = {
    "README.md": r"(?<=git clone )\S+",
    "CITATION.cff": r'(?<=^repository-code: ").+(?="$)',
    "pyproject.toml": r'(?<=^Repository = ").+(?="$)',
    "CONTRIBUTING.md": r"(?<=git clone )\S+",
    "labs/index.md": r"https://github\.com/[\w.-]+/[\w.-]+(?=/)",
}
FAMILIES = "genlib/widgets/taxonomy/chapters.json"
IN_COLAB = re.compile(r"(?<=colab\.research\.google\.com/github/)[\w.-]+/[\w.-]+(?=/)")
SITE = re.compile(r"https://[\w-]+\.github\.io/[\w.-]+")
BOOTSTRAP = """\
import importlib.util
import os
import subprocess
import sys
from pathlib import Path


def found():
    spec = importlib.util.find_spec("genlib")
    return Path(spec.origin).read_text("utf-8") if spec and spec.origin else None


if "{name}" not in (found() or ""):
    home = os.environ.get("GENLIB_REPOSITORY", "{url}")
    source = f"{name} @ git+{{home}}@v{version}"
    if "google.colab" in sys.modules or os.environ.get("GENLIB_COLAB"):
        pip = [sys.executable, "-m", "pip"]
        if found() is not None:
            subprocess.run([*pip, "uninstall", "-q", "-y", "genlib"], check=True)
        install = [*pip, "install", "-q", "--no-deps", source]
        subprocess.run(install, check=True)
        for name in [n for n in sys.modules if n.split(".")[0] == "genlib"]:
            del sys.modules[name]
        importlib.invalidate_caches()
    else:
        raise SystemExit(
            "This notebook needs the library of its course, which is not here."
            + " The genlib that is here is another one: %pip uninstall -y genlib"
            * (found() is not None)
            + f'\\nRun this in a cell, then restart the kernel: %pip install "{{source}}"'
        )"""


def settings() -> tuple[str, str]:
    """Returns the repository's address and its branch."""
    repository = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]
    return repository["url"].rstrip("/"), repository["branch"]


def version() -> str:
    """Returns the library's version."""
    source = (ROOT / "genlib" / "__init__.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "(.+)"', source, re.MULTILINE)[1]  # type: ignore[index]


def distribution() -> str:
    """Returns the name under which the library is distributed; on the registry its import name is a stranger's."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"])


def bootstrap(url: str) -> str:
    """Returns the first cell of every notebook.

    It looks for our library by the name that stands in its `__init__.py`, without importing it. Where that is missing
    it installs it, in Colab, or says in words what to type, anywhere else.
    """
    return BOOTSTRAP.format(url=url, version=version(), name=distribution())


def link(url: str, branch: str, path: Path) -> str:
    """Returns the Markdown link that opens a notebook in Colab: of a lab the student's copy, on a branch of its own."""
    kind, where = "chapter", f"{branch}/{path.as_posix()}"
    if path.parts[0] == "labs":
        kind, where = "lab", f"{STUDENTS}/{path.name}"
    return f"[Open this {kind} in Colab](https://colab.research.google.com/github/{place(url)}/blob/{where})"


def site(url: str) -> str:
    """Returns where the book of a repository is published.

    Example:
        >>> site("https://github.com/Somebody/course")
        'https://somebody.github.io/course'
    """
    owner, _, name = place(url).partition("/")
    return f"https://{owner.lower()}.github.io/{name}"


def place(url: str) -> str:
    """Returns a repository's owner and name."""
    return url.removeprefix("https://github.com/")


def stamp_notebook(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Puts the link under the title and the bootstrap cell before all other code.

    Args:
        notebook: Changed in place.
        path: Where it lies, relative to the repository's root.

    Raises:
        ValueError: If the notebook does not begin with a title.
    """
    url, branch = settings()
    first = notebook.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith("# "):
        raise ValueError(f"{path} begins with {first.source[:40]!r}, expected a Markdown cell with a title, '# …'")
    title, _, rest = LINK.sub("", first.source).partition("\n")
    first.source = "\n\n".join(filter(None, [title, link(url, branch, path), rest.strip()]))
    first.source = SITE.sub(site(url), first.source)
    cell = next((c for c in notebook.cells if c.cell_type == "code"), None)
    if cell is None or "bootstrap" not in cell.metadata.get("tags", []):
        cell = nbformat.v4.new_code_cell()
        notebook.cells.insert(1, cell)
    cell.source, cell.metadata["tags"] = bootstrap(url), TAGS


def stamped(path: Path) -> str:
    """Returns what a file should say."""
    name = path.relative_to(ROOT).as_posix()
    if name == FAMILIES:
        return json.dumps(families(), indent=2) + "\n"
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        url = settings()[0]
        return IN_COLAB.sub(place(url), re.sub(LINES[name], url, text, flags=re.MULTILINE))
    notebook = nbformat.reads(text, as_version=4)
    stamp_notebook(notebook, path.relative_to(ROOT))
    return nbformat.writes(notebook) + "\n"


def families() -> dict[str, object]:
    """Returns where notebooks are read, and what each chapter that fills a leaf of the taxonomy says of its family."""
    url, branch = settings()
    said: dict[str, dict[str, str]] = {}
    for path in sorted((ROOT / "chapters").rglob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        if facts := notebook.cells[0].metadata.get("taxonomy"):
            title = notebook.cells[0].source.partition("\n")[0].removeprefix("# ")
            place = path.relative_to(ROOT).with_suffix("").as_posix()
            said[facts["leaf"]] = {"chapter": place, "title": title, **{k: facts[k] for k in ("density", "sampling")}}
    return {"home": f"{url}/blob/{branch}", "leaves": said}


def same(path: Path, text: str) -> bool:
    """Says whether a file already says this; of notebooks the contents count, not the layout of the file."""
    present = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        return bool(nbformat.reads(present, as_version=4) == nbformat.reads(text, as_version=4))
    return present == text


def targets() -> list[Path]:
    """Returns the files that carry the address."""
    books = (p for folder in ("chapters", "labs") for p in sorted((ROOT / folder).rglob("*.ipynb")))
    texts = (path for path in map(ROOT.joinpath, (*LINES, FAMILIES)) if path.exists())
    return [*(path for path in books if ".ipynb_checkpoints" not in path.parts), *texts]


def main() -> int:
    """Stamps every file, or names those that differ."""
    parser = argparse.ArgumentParser(description="Write the repository's address into notebooks and texts.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail where something differs")
    check = parser.parse_args().check
    stale = [(path, text) for path in targets() if not same(path, text := stamped(path))]
    for path, text in stale:
        what = "differs from _config.yml; run python book/stamp.py" if check else "stamped"
        print(f"{path.relative_to(ROOT)}: {what}")
        if not check:
            path.write_text(text, encoding="utf-8")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
