"""The house rules, as far as a program can see them. Ruff and mypy, run by `make lint`, see the rest."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest
from deno import find_deno_bin

ROOT = Path(__file__).resolve().parent.parent
INDEX_HOSTS = ["pypi" + ".org", "python" + "hosted.org", "download." + "pytorch.org", "simple" + "-index"]
UNFINISHED = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "lorem" + " ipsum"]))
FORBIDDEN = ["allow_" + "errors: true", "allow_" + "errors=True", "!p" + "ip "]
TEXT = {".py", ".js", ".css", ".md", ".yml", ".toml", ".ipynb", ".bib", ".cff", ".txt", ".cfg", ""}


@cache
def tracked() -> list[Path]:
    """Returns the repository's files, those not yet committed included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        skipped = {"_build", ".venv", "__pycache__", ".git"}
        return [p for p in sorted(ROOT.rglob("*")) if p.is_file() and not skipped & set(p.relative_to(ROOT).parts)]
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def named(paths: list[Path]) -> Any:
    """Parametrises a test with paths, named as in the repository."""
    return pytest.mark.parametrize("path", paths, ids=[p.relative_to(ROOT).as_posix() for p in paths])


def under(folder: str, suffix: str) -> list[Path]:
    return [p for p in tracked() if p.suffix == suffix and p.is_relative_to(ROOT / folder)]


LIBRARY = under("genlib", ".py")
PYTHON = [*LIBRARY, *(path for folder in ("book", "benchmarks", "grading", "tests") for path in under(folder, ".py"))]
NOTEBOOKS = [*under("chapters", ".ipynb"), *under("labs", ".ipynb")]
TEXTS = [p for p in tracked() if p.suffix in TEXT and p.name != "LICENSE"]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Returns a function's length without its docstring."""
    documented = ast.get_docstring(function, clean=False) is not None
    docstring = function.body[0].end_lineno - function.body[0].lineno + 1 if documented else 0
    return function.end_lineno - function.lineno + 1 - docstring


@named(PYTHON)
def test_functions_are_short(path: Path) -> None:
    long = {f.name: lines_of(f) for f in functions(ast.parse(path.read_text("utf-8"))) if lines_of(f) > 50}
    assert not long


def linted(*paths: Path) -> dict[str, str]:
    """Returns what `deno lint` says, by file and line; its rule about functions is tests/support/house_rules.js."""
    command = [find_deno_bin(), "lint", "--quiet", "--json", "--config", "deno.json", *map(str, paths)]
    quiet = {**os.environ, "DENO_NO_UPDATE_CHECK": "1"}
    said = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=quiet).stdout)
    assert not said["errors"]
    return {f"{f['filename']}:{f['range']['start']['line']}": f["message"] for f in said["diagnostics"]}


def test_scripts_are_clean_and_their_functions_short() -> None:
    assert not linted()


def test_lines_of_code_make_a_function_of_a_script_long(tmp_path: Path) -> None:
    line, word = "  console.log(1);\n", "  // a word\n\n  /* and\n   more */\n"
    method = "    told() {\n" + 40 * line + "    },\n"
    bodies = {
        "short": 48 * line + 9 * word,
        "long": 49 * line,
        "room": "  return {\n" + method + method.replace("told()", "get said()") + "  };\n",
        "pressed": "  const told = () => {\n" + 40 * line + "  };\n  told();\n" + 8 * line,
    }
    for name, body in bodies.items():
        (tmp_path / f"{name}.js").write_text(f"export function {name}() {{\n{body}}}\n", "utf-8")
    found = linted(*(tmp_path / f"{name}.js" for name in bodies))
    assert sorted(said.split(" of")[0] for said in found.values()) == ["long has 51 lines", "pressed has 53 lines"]


@named(TEXTS)
def test_texts(path: Path) -> None:
    text = path.read_text("utf-8", errors="replace")
    one_device = [] if path.is_relative_to(ROOT / "tests") else [".cu" + "da()"]
    found = [word for word in [*INDEX_HOSTS, *FORBIDDEN, *one_device] if word in text]
    assert not found + UNFINISHED.findall(text)


def test_every_file_is_small() -> None:
    large = {p.name: size for p in tracked() if (size := p.stat().st_size) > 1_600_000}
    assert not large
    assert sum(p.stat().st_size for p in tracked()) <= 40_000_000


def test_no_folder_that_the_book_would_load_everywhere() -> None:
    assert not [p for p in tracked() if p.relative_to(ROOT).parts[0] == "_static"]


@cache
def opened(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def tags(cell: nbformat.NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in opened(path).cells if cell.cell_type == "code"]


@named(NOTEBOOKS)
def test_notebook_is_valid_and_clean(path: Path) -> None:
    notebook = opened(path)
    nbformat.validate(notebook)
    assert set(notebook.metadata) <= {"kernelspec", "language_info", "colab", "accelerator", "question"}
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    assert all(cell.source.strip() for cell in notebook.cells)


@named(NOTEBOOKS)
def test_stored_outputs_are_those_that_are_compared(path: Path) -> None:
    for cell in code_cells(path):
        marked = tags(cell) & {"keep_output", "nbval-check-output"}
        assert len(marked) in (0, 2), f"one tag without the other: {cell.source[:60]}"
        assert bool(cell.outputs) == bool(marked), f"outputs and tags disagree: {cell.source[:60]}"
        assert cell.execution_count is None
        assert all(output.output_type in ("stream", "execute_result") for output in cell.outputs)
        assert not tags(cell) & {"raises-exception", "nbval-raises-exception", "nbval-skip", "nbval-ignore-output"}


@named(NOTEBOOKS)
def test_notebook_begins_as_all_do(path: Path) -> None:
    code = code_cells(path)
    assert tags(code[0]) == {"bootstrap", "hide-input"}
    assert [tags(cell) for cell in code].count({"parameters"}) == 1
    parameters = next(cell for cell in code if tags(cell) == {"parameters"})
    assigned = ast.parse(parameters.source).body
    assert all(isinstance(node, ast.Assign) for node in assigned)
    names = {node.targets[0].id for node in assigned}
    assert names & {"dataset", "steps", "seed", "device"}
    for node in assigned:
        ast.literal_eval(node.value)


@named(NOTEBOOKS)
def test_no_two_code_cells_without_a_sentence(path: Path) -> None:
    for first, second in pairwise(opened(path).cells):
        both = first.cell_type == second.cell_type == "code"
        assert not both or tags(first) & {"bootstrap", "parameters"}, f"nothing between {first.source!r} and the next"


@named(NOTEBOOKS)
def test_headings(path: Path) -> None:
    text = "\n".join(cell.source for cell in opened(path).cells if cell.cell_type == "markdown")
    text = re.sub(r"^(`{3,}|:{3,}).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
    levels = [len(mark) for mark in re.findall(r"^(#+) ", text, flags=re.MULTILINE)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@named(NOTEBOOKS)
def test_figures_have_words(path: Path) -> None:
    for cell in code_cells(path):
        shown = cell.metadata.get("mystnb", {})
        if "figure" in shown:
            assert shown["figure"]["name"].startswith("fig-")
            assert 2 <= len(shown["figure"]["caption"].split()) <= 16
            assert shown["figure"]["caption"].endswith((".", "?"))
        draws = re.search(r"\bplt\.|\bplot\.(?!style)", cell.source)
        if draws and not cell.source.lstrip().startswith(("def ", "import ", "from ", "class ")):
            assert shown.get("image", {}).get("alt", "").strip(), f"a figure without words: {cell.source[:60]}"


CHAPTERS = [path for path in NOTEBOOKS if path.is_relative_to(ROOT / "chapters")]


@named(CHAPTERS)
def test_greys_of_figures_stand_out(path: Path) -> None:
    """From white by 3 to 1, and so from a dark page when they are turned; a map of classes may have any."""
    for cell in code_cells(path):
        for line in cell.source.splitlines():
            greys = [] if "hues" in line else re.findall(r'"#([0-9a-f]{2})\1\1"', line)
            assert all(int(grey, 16) <= 0x94 for grey in greys), line


@named(CHAPTERS)
def test_a_chapter_says_what_comes_next(path: Path) -> None:
    text = "\n".join(cell.source for cell in opened(path).cells if cell.cell_type == "markdown")
    (said,) = re.findall(r"^\*\*Next:\*\*(.*)$", text, flags=re.MULTILINE)
    names = re.findall(r"\{doc\}`(?:[^`<]*<)?([^`>]+)>?`", said)
    assert names, "what comes next has no link"
    for name in names:
        page = ROOT / name.lstrip("/") if name.startswith("/") else path.parent / name
        assert any(page.with_name(page.name + end).exists() for end in (".ipynb", ".md")), name


@named(CHAPTERS)
def test_what_a_chapter_imports_is_folded(path: Path) -> None:
    for cell in code_cells(path):
        many = len(re.findall(r"^(?:import|from) ", cell.source, flags=re.MULTILINE)) > 3
        assert not many or "hide-input" in tags(cell), f"shown, and not folded: {cell.source[:60]}"


@named(CHAPTERS)
def test_lines_of_a_chapter_fit_its_column(path: Path) -> None:
    """The page's column holds 82 characters of code; the first cell, which is folded, comes from a template."""
    lines = [line for cell in code_cells(path)[1:] for line in cell.source.splitlines()]
    assert not [line for line in lines if len(line) > 82]


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())
    listed = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make (\S+)", listed, re.MULTILINE)) == targets
