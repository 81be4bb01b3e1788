"""What a notebook rests on: the files of `genlib` that can change what its cells show.

A notebook is run again when one of them changes, unless it is the code of a widget, which is put into the page when
that is written; `make test-changed` tests what rests on a changed file. Imports are followed through the syntax tree,
imports of imports included. Files that are no Python (weights, JavaScript) belong to the package in whose folder they
lie, and to every module of that package.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import pkgutil
import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = "genlib"
CODE = {".js", ".css"}  # of widgets: what a page does with the state that cells leave, and not what the cells compute
FIGURES = ROOT / "book" / "figures.py"  # draws what the cells plot


def modules() -> list[str]:
    """Returns the public modules and packages of the library, as the reference lists them."""
    found = (module.name for module in pkgutil.iter_modules([str(ROOT / LIBRARY)]))
    return sorted(name for name in found if not name.startswith("_"))


@cache
def imported(source: str, package: str = "") -> frozenset[str]:
    """Returns what Python source imports from `genlib`, as dotted names.

    Args:
        source: Python text; IPython magics are left out.
        package: Dotted name of the package that a relative import starts from.

    Returns:
        Names such as `genlib.energy` or `genlib.widgets.GibbsChain`. Text that is no Python imports everything.

    Example:
        >>> sorted(imported("from genlib import data, energy"))
        ['genlib.data', 'genlib.energy']
    """
    lines = (line for line in source.splitlines() if not line.lstrip().startswith(("%", "!", "?")))
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:
        return frozenset(f"{LIBRARY}.{module}" for module in modules())
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, package)
            names |= {base if alias.name == "*" else f"{base}.{alias.name}" for alias in node.names}
    return frozenset(name for name in names if name.split(".")[0] == LIBRARY)


def _base(node: ast.ImportFrom, package: str) -> str:
    """Returns the absolute name of the module that a `from … import` reads."""
    parts = package.split(".")
    parents = parts[: len(parts) - node.level + 1] if node.level else []
    return ".".join([*parents, *([node.module] if node.module else [])])


def located(name: str) -> tuple[Path, str]:
    """Returns the file of the module that a dotted name lies in, and what is left of the name.

    Example:
        >>> path, rest = located("genlib.train.fit")
        >>> path.name, rest
        ('train.py', 'fit')
    """
    parts = name.split(".")
    for n in range(len(parts), 0, -1):
        path, rest = ROOT.joinpath(*parts[:n]), ".".join(parts[n:])
        if path.with_suffix(".py").is_file():
            return path.with_suffix(".py"), rest
        if (path / "__init__.py").is_file():
            return path / "__init__.py", rest
    raise ValueError(f"got {name}, expected a name inside {LIBRARY}")


def package_of(path: Path) -> str:
    """Returns the dotted name of the package that a module's file lies in."""
    return ".".join(path.relative_to(ROOT).parent.parts)


def first_files(path: Path) -> Iterator[Path]:
    """Yields the first file of every package that a module of the library lies in."""
    folder = path.parent
    while folder != ROOT:
        yield folder / "__init__.py"
        folder = folder.parent


def forwarded(path: Path, name: str) -> str | None:
    """Returns where a package's first file has a name from, or `None` if it defines the name itself."""
    if path.name != "__init__.py" or not name:
        return None
    found = imported(path.read_text(encoding="utf-8"), package_of(path))
    return next((source for source in found if source.rpartition(".")[2] == name), None)


def beside(folder: Path) -> set[Path]:
    """Returns the files of a package that are no Python, in folders that are no packages of their own too."""
    found = set[Path]()
    for path in folder.iterdir():
        if path.is_dir() and path.name != "__pycache__" and not (path / "__init__.py").exists():
            found |= beside(path)
        elif path.is_file() and path.suffix != ".py":
            found.add(path)
    return found


def dependencies(source: str) -> list[Path]:
    """Returns the files of `genlib` that Python source rests on, imports of imports included.

    Where a package's first file only passes a name on, its other imports do not count: a page that shows `GibbsChain`
    is not run again for a change in `GANLab`, although both are imported along with `genlib.widgets`.
    """
    todo, seen, followed = sorted(imported(source)), set[Path](), set[Path]()
    while todo:
        path, rest = located(todo.pop())
        seen |= {path, *first_files(path)}
        target = forwarded(path, rest)
        if target is not None:
            todo.append(target)
        elif path not in followed:
            followed.add(path)
            seen |= beside(path.parent)
            todo += imported(path.read_text(encoding="utf-8"), package_of(path))
    return sorted(seen)


def versions() -> dict[str, str]:
    """Returns the installed version of each package that `genlib` is declared to need."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in declared]
    return {name: importlib.metadata.version(name) for name in names}


def key(source: str) -> str:
    """Returns a hash of all that can change what a notebook's cells show, other than the cells themselves."""
    own = repr(sorted(versions().items())).encode() + FIGURES.read_bytes()
    return _hash(own, (file for file in dependencies(source) if file.suffix not in CODE))


def look(source: str) -> str:
    """Returns a hash of the code of a notebook's widgets, which its page gets when it is written."""
    return _hash(b"", (file for file in dependencies(source) if file.suffix in CODE))


def _hash(own: bytes, files: Iterable[Path]) -> str:
    digest = hashlib.sha256(own)
    for file in files:
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def code(notebook: nbformat.NotebookNode) -> str:
    """Returns the code cells of a notebook as one text."""
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


def resting_on(changed: Iterable[Path], sources: Iterable[Path]) -> list[Path]:
    """Returns which notebooks and modules a change can have touched.

    Args:
        changed: Files that were changed, added or removed.
        sources: Notebooks, and Python files such as tests.

    Returns:
        The sources that were changed themselves, or that rest on a changed file. A file that is gone, or that lies
        beside the library's packages, touches all that rests on the library.
    """
    files = {path.resolve() for path in changed}
    gone = any(path.is_relative_to(ROOT / LIBRARY) and not path.exists() for path in files)
    stale = []
    for path in sources:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            text = code(nbformat.reads(text, as_version=4))
        rests = set(dependencies(text))
        if path.resolve() in files or rests & files or (gone and rests):
            stale.append(path)
    return stale
