"""What a piece of a notebook defines and what it needs, read off its source without running it."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections.abc import Iterable

from IPython.core.inputtransformer2 import TransformerManager

DEFINED = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)|^(\w+)\s*=", re.MULTILINE)
INSTALLS = re.compile(r"^([ \t]*)[%!][ \t]*(?:uv[ \t]+)?(?:pip3?|conda|mamba)\b.*$", re.MULTILINE)
CALLS = re.compile(r"^(?:subprocess|os)\.\w+\(.*\b(?:pip3?|conda|mamba|uv)\b.*\binstall\b", re.DOTALL)
TIMED = re.compile(r"\A\s*%%(?:time|capture|prun)\b.*\n")  # what is below these runs as it would without them
KEPT = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def parsed(source: str) -> list[ast.stmt]:
    """Returns a cell's statements, also those that are timed or captured; magic commands are calls.

    None where the cell cannot be read.
    """
    try:
        return ast.parse(TransformerManager().transform_cell(TIMED.sub("", source))).body
    except (SyntaxError, ValueError, RecursionError):
        return []


def said_to_python(source: str) -> str:
    """Returns a cell's code without what is for readers, comments and docstrings; as it is where it cannot be read."""
    statements = parsed(source)
    for node in ast.walk(ast.Module(statements, [])):
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and ast.get_docstring(node) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return "\n".join(map(ast.unparse, statements)) or source


def is_code(text: str) -> bool:
    """Whether a text is a program and not prose: prose of one word is one, too, and defines nothing."""
    return any(isinstance(statement, KEPT) for statement in parsed(text))


def names(tree: ast.AST, kind: type[ast.expr_context]) -> set[str]:
    """Returns the names that a statement reads, or writes."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, kind)}


def writes(statement: ast.stmt) -> set[str]:
    """Returns the names that a statement gives a value to, or a part of it one."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
    found = names(statement, ast.Store)
    for node in ast.walk(statement):
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            found |= names(node.value, ast.Load)
    return found


def defines(source: str) -> set[str]:
    """Returns the names that a cell gives a value to."""
    body = parsed(source)
    if not body:
        return {name for pair in DEFINED.findall(source) for name in pair if name}
    return set().union(*map(writes, body))


def needs(statement: ast.stmt) -> set[str]:
    """Returns the names that a statement takes from its surroundings: not those of its functions' own arguments."""
    try:
        table = symtable.symtable(ast.unparse(statement), "", "exec")
    except SyntaxError:
        return names(statement, ast.Load)
    changed = [node.target for node in ast.walk(statement) if isinstance(node, ast.AugAssign)]
    found = {target.id for target in changed if isinstance(target, ast.Name)}
    tables = [table]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        outside = table.get_type() == "module"
        found |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (outside or s.is_global())}
    return found


def reads(source: str) -> set[str]:
    """Returns the names that a cell reads, Python's own left out."""
    return set().union(*map(needs, parsed(source))) - set(vars(builtins))


def slice_of(cells: Iterable[str], wanted: set[str]) -> str:
    """Returns those statements of some cells that give the wanted names their values, and what these need.

    What only shows or prints is left out.
    """
    kept: list[str] = []
    needed = set(wanted)
    for source in reversed(list(cells)):
        for statement in reversed(parsed(source)):
            if writes(statement) & needed:
                needed |= needs(statement)
                kept.append(ast.unparse(statement))
    return "\n".join(reversed(kept))


def definitions(source: str) -> str:
    """Returns a cell's functions, classes and imports alone."""
    return "\n\n".join(ast.unparse(statement) for statement in parsed(source) if isinstance(statement, KEPT))


def only_defines(source: str) -> bool:
    """Whether a cell does nothing but define functions."""
    body = parsed(source)
    plain = [isinstance(part, ast.FunctionDef) and not part.decorator_list for part in body]
    return bool(body) and all(plain)


def assigns_constant(source: str, name: str) -> bool:
    """Whether a cell does nothing with a name but give it a number or a text."""
    return any(
        isinstance(statement, ast.Assign) and name in writes(statement) and isinstance(statement.value, ast.Constant)
        for statement in parsed(source)
    )


def without_installing(source: str) -> str:
    """Returns a cell without what installs packages: where it runs there is no network to fetch them from."""
    shorter = INSTALLS.sub(r"\1pass", source)
    tree = ast.Module(parsed(shorter) if "install" in shorter else [], [])
    if not any(map(installs, ast.walk(tree))):
        return shorter
    return ast.unparse(ast.fix_missing_locations(_WithoutInstalling().visit(tree)))


def installs(node: ast.AST) -> bool:
    """Whether a statement does nothing but have another program install packages."""
    call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    return call and CALLS.search(ast.unparse(node)) is not None


def without_module(source: str, module: str) -> str:
    """Returns a cell without its imports of one module, and of what that one holds."""
    tree = ast.Module(parsed(source), [])
    if not tree.body:
        return source
    before, root = ast.unparse(tree), module.split(".")[0]
    after = ast.unparse(ast.fix_missing_locations(_Without(root).visit(tree)))
    return source if after == before else after


class _WithoutInstalling(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        return ast.Pass() if installs(node) else node


class _Without(ast.NodeTransformer):
    def __init__(self, root: str) -> None:
        self.root = root

    def visit_Import(self, node: ast.Import) -> ast.stmt:
        node.names = [alias for alias in node.names if alias.name.split(".")[0] != self.root]
        return node if node.names else ast.Pass()

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt:
        return ast.Pass() if (node.module or "").split(".")[0] == self.root and not node.level else node
