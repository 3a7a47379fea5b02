"""Which names the text of a cell defines, and which it uses: told from the syntax, without running it."""

from __future__ import annotations

import ast
import builtins


def defined_names(source: str) -> set[str]:
    """The names that a cell defines for the cells after it; none if Python cannot read it."""
    found: set[str] = set()
    for node in _statements(source):
        for inner in _outside_functions(node):
            if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(inner.name)
            elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                found.add(inner.id)
            elif isinstance(inner, ast.Import | ast.ImportFrom):
                found |= {(alias.asname or alias.name).split(".")[0] for alias in inner.names}
    return found


def used_names(source: str) -> set[str]:
    """The names that a cell takes from other cells when it runs, or when its functions are called."""
    found: set[str] = set()
    for node in _statements(source):
        found |= _free(node, set())
    return found - defined_names(source) - set(dir(builtins))


def _statements(source: str) -> list[ast.stmt]:
    lines = [line for line in source.split("\n") if not line.lstrip().startswith(("%", "!"))]
    try:
        return ast.parse("\n".join(lines)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def _outside_functions(node: ast.AST) -> list[ast.AST]:
    """The node and what stands in it, but not inside of functions."""
    found: list[ast.AST] = [node]
    if isinstance(node, _SCOPES):
        return found
    for child in ast.iter_child_nodes(node):
        found += _outside_functions(child)
    return found


def _free(node: ast.AST, bound: set[str]) -> set[str]:
    """The names that are read in a node and bound nowhere around it."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        arguments = node.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        inner = bound | {argument.arg for argument in named}
        inner |= {extra.arg for extra in (arguments.vararg, arguments.kwarg) if extra is not None}
        body = node.body if isinstance(node.body, list) else [node.body]
        for statement in body:
            inner |= {
                name.id if isinstance(name, ast.Name) else name.name
                for name in _outside_functions(statement)
                if (isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store))
                or isinstance(name, ast.FunctionDef | ast.ClassDef)
            }
        defaults = [*arguments.defaults, *(value for value in arguments.kw_defaults if value is not None)]
        outer = set().union(*(_free(value, bound) for value in defaults)) if defaults else set()
        return outer.union(*(_free(statement, inner) for statement in body))
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        bound = bound | {
            name.id
            for generator in node.generators
            for name in ast.walk(generator.target)
            if isinstance(name, ast.Name)
        }
    if isinstance(node, ast.Name):
        return {node.id} - bound if isinstance(node.ctx, ast.Load) else set()
    return set().union(*(_free(child, bound) for child in ast.iter_child_nodes(node)))
