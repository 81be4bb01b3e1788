r"""Joins the ES modules of a widget into the one string that a notebook, Colab and a page on file:// can load.

A module loaded from a string cannot import a file. So each module becomes a function scope of its own,

    const $2 = (() => { const {sigmoid: logistic} = $0; const random = $1;
    ... the module's text, line for line, without the comments that have lines of their own ...
    return Object.freeze({forward, State}); })();

in the order of their imports, and the default export of the string is what the first module exports as `widget`.
What is looked for begins a line, where the formatter puts it. Whatever would then mean something else than in a real
module is refused with file and line: a default export, `export {...}`, an exported `let`, a second name in an exported
`const`, a name that is not exported, a cycle, `await` outside functions, `import()`, `import.meta`, another address
than a relative one.
"""

from __future__ import annotations

__all__ = ["join", "modules_of", "sources"]

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

NAME = r"[A-Za-z_$][\w$]*"
IMPORT = re.compile(
    rf'import\s+(?:\{{(?P<names>[\w$\s,]*)\}}|\*\s+as\s+(?P<star>{NAME}))\s+from\s+"(?P<path>[^"]+)";[ \t]*(?=\n|$)'
)
EXPORT = re.compile(rf"export\s+(?P<kind>(?:async\s+)?function\s*\*?|class|const)\s+(?P<name>{NAME})\b")
SILENT = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`", re.DOTALL)
LEFT = re.compile(r"^[ \t]*(?:import|export)\b(?!\s*:)|\bimport\s*(?:\(|\.\s*meta\b)|\bawait\b", re.MULTILINE)
KINDS = "only exports of functions, classes and const by name can be joined"


@dataclass(frozen=True)
class Import:
    """One import: where it stands, the module it names, and what that is called here: `(theirs, ours)` or a star."""

    line: int
    target: Path
    names: tuple[tuple[str, str], ...]
    star: str | None


@dataclass(frozen=True)
class Module:
    """A module without its imports and without the word `export`, of as many lines as before."""

    imports: tuple[Import, ...]
    exports: tuple[str, ...]
    body: str


def sources(room: Path, root: Path) -> tuple[str, str]:
    """Returns the JavaScript and the style of the widget in `room`, as its files say now.

    Each kind of widget brings the shared style to its page. So a widget's own rules, nested in the page's root, weigh
    more than the shared ones, and a copy of these that comes later does not outdo them.
    """
    shared, own = ((folder / "style.css").read_text("utf-8") for folder in (root / "js", room))
    return join(room / "index.js", root), f"{shared}:is(:root, :host) {{\n{own}}}\n"


def join(entry: Path, root: Path, *, exports: Path | None = None) -> str:
    """Returns the module `entry` and all that it imports as one module.

    Args:
        entry: The module that exports `widget`.
        root: The folder that all of them lie in; messages and banners name files as seen from there.
        exports: A module among them whose exports the string has instead: for tests of what a page really runs.

    Returns:
        JavaScript whose default export is `widget`. A banner stands before each module, and errors in a browser name
        the folder of `entry`.

    Raises:
        ValueError: If a module has what cannot be joined; the message begins with file and line.
    """
    entry, root = entry.resolve(), root.resolve()
    order = modules_of(entry, root)
    if exports is None and "widget" not in _read(entry, root, _stamp(entry)).exports:
        raise ValueError(f"{_place(entry, root)}:1: a widget's first module exports a const named widget")
    number = {path: f"${i}" for i, path in enumerate(order)}
    parts = [_scope(path, root, number) for path in order]
    if exports is None:
        parts.append(f"export default {number[entry]}.widget;")
    else:
        path = exports.resolve()
        names = ", ".join(_read(path, root, _stamp(path)).exports)
        parts.append(f"export const {{ {names} }} = {number[path]};")
    folder = entry.parent.relative_to(root).as_posix()
    return "\n".join([*parts, f"//# sourceURL=genlib/widgets/{folder}/joined.js", ""])


def modules_of(entry: Path, root: Path) -> list[Path]:
    """Returns `entry` and every module that it imports, those that are imported first, or refuses a cycle."""
    order: list[Path] = []

    def visit(path: Path, trail: tuple[Path, ...]) -> None:
        if path in order:
            return
        for one in _read(path, root, _stamp(path)).imports:
            if one.target in (*trail, path):
                ring = " -> ".join(
                    _place(p, root) for p in (*(*trail, path)[(*trail, path).index(one.target) :], one.target)
                )
                raise ValueError(f"{_place(path, root)}:{one.line}: modules import each other: {ring}")
            visit(one.target, (*trail, path))
            _check_names(path, one, root)
        order.append(path)

    visit(entry.resolve(), ())
    return order


def _check_names(path: Path, one: Import, root: Path) -> None:
    known = _read(one.target, root, _stamp(one.target)).exports
    for name, _ in one.names:
        if name not in known:
            raise ValueError(
                f"{_place(path, root)}:{one.line}: {_place(one.target, root)} does not export {name}; "
                f"it exports {', '.join(known)}"
            )


def _scope(path: Path, root: Path, number: dict[Path, str]) -> str:
    """Returns a module as a function scope that runs at once, its imports on the first line."""
    module, lines = _read(path, root, _stamp(path)), []
    for one in module.imports:
        names = ", ".join(theirs if theirs == ours else f"{theirs}: {ours}" for theirs, ours in one.names)
        lines.append(f"const {one.star or f'{{ {names} }}'} = {number[one.target]};")
    head, names = " ".join(lines), ", ".join(module.exports)
    return (
        f"// ---- {_place(path, root)}\nconst {number[path]} = (() => {{ {head}\n{module.body}\n"
        f"return Object.freeze({{ {names} }});\n}})();"
    )


def _place(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _stamp(path: Path) -> tuple[int, int]:
    """Returns what changes when a file does, so that a module is read again after an edit and not otherwise."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=512)
def _read(path: Path, root: Path, stamp: tuple[int, int]) -> Module:
    source = _Source(path, root, path.read_text("utf-8"))
    imports, exports = _imports(source), _exports(source)
    _refuse_what_is_left(source)
    return Module(tuple(imports), tuple(exports), source.text.rstrip("\n"))


def _without_comments(text: str) -> str:
    """Blanks out the comments that begin a line, but for their ends of lines: a third of what would travel."""

    def blanked(found: re.Match[str]) -> str:
        begins = not text[text.rfind("\n", 0, found.start()) + 1 : found.start()].strip()
        return "\0" + "\n" * found[0].count("\n") if begins and found[0].startswith(("//", "/*")) else found[0]

    return re.sub(r"[ \t]*\0", "", SILENT.sub(blanked, text))


class _Source:
    """A module's text, beside its `code`: the same with blanks for comments and strings, place for place."""

    def __init__(self, path: Path, root: Path, text: str) -> None:
        text = _without_comments(text)
        self.path, self.root, self.text = path, root, text
        self.code = SILENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)

    def cut(self, start: int, end: int) -> None:
        """Takes out what stands between two places, but for its ends of lines."""
        ends = "\n" * self.text.count("\n", start, end)
        self.text = self.text[:start] + ends + self.text[end:]
        self.code = self.code[:start] + ends + self.code[end:]

    def refuse(self, at: int, why: str) -> ValueError:
        number = self.text.count("\n", 0, at)
        line = self.text.splitlines()[number].strip()
        return ValueError(f"{_place(self.path, self.root)}:{number + 1}: {line!r}: {why}")


def _imports(source: _Source) -> list[Import]:
    """Reads the imports and takes them out."""
    imports = []
    while found := re.search(r"^import\b(?!\s*[(.])", source.code, re.MULTILINE):
        match = IMPORT.match(source.text, found.start())
        if not match:
            raise source.refuse(found.start(), 'write import { name } or * as name from "./a/relative/path.js"')
        imports.append(_import(match, source))
        source.cut(*match.span())
    return imports


def _import(match: re.Match[str], source: _Source) -> Import:
    """Reads one import, and refuses what is no module of ours."""
    target = (source.path.parent / match["path"]).resolve()
    if not match["path"].startswith(("./", "../")):
        raise source.refuse(match.start(), "a module of a widget imports files by relative paths, nothing else")
    if target.suffix != ".js" or not target.is_file() or not target.is_relative_to(source.root):
        raise source.refuse(match.start(), f"there is no such .js file inside {source.root.name}/")
    names = [part.split(" as ") for part in (match["names"] or "").replace("\n", " ").split(",") if part.strip()]
    pairs = tuple((part[0].strip(), part[-1].strip()) for part in names)
    return Import(match.string.count("\n", 0, match.start()) + 1, target, pairs, match["star"])


def _exports(source: _Source) -> list[str]:
    """Reads the exports and takes the word away."""
    names = []
    while found := re.search(r"^export\b", source.code, re.MULTILINE):
        match = EXPORT.match(source.code, found.start())
        if not match or (match["kind"] == "const" and _declares_more(source.code, match.end())):
            raise source.refuse(found.start(), KINDS)
        names.append(match["name"])
        source.cut(found.start(), match.start("kind"))
    return names


def _declares_more(code: str, at: int) -> bool:
    """Returns whether a `const` that goes on at `at` declares a second name."""
    depth = 0
    for sign in code[at:]:
        depth += (sign in "([{") - (sign in ")]}")
        if depth == 0 and sign in ",;":
            return sign == ","
    return False


def _refuse_what_is_left(source: _Source) -> None:
    for found in LEFT.finditer(source.code):
        word = found[0].strip()
        if word != "await":
            raise source.refuse(found.end() - 1, f"{word} can not be joined")
        if source.code.count("{", 0, found.start()) == source.code.count("}", 0, found.start()):
            raise source.refuse(found.start(), "await outside a function can not be joined")
