"""Formulas that a student types as text: parsed into a small tree, never executed.

    Formula.parse("(tanh(x/2) + 1) / 2", variables=("x",), functions=("tanh",)).evaluate({"x": x})

The language is Python's arithmetic (``+ - * / **``, brackets, numbers, ``pi``, ``e``), the variables and functions
that the exercise names, and ``indicator(condition)``, which is 1 where the condition holds and 0 elsewhere.  Python's
own parser reads the text; every node that is not in the list below is refused, so that attributes, imports,
subscripts and calls of anything else cannot get through.  NumPy's spellings (``np.exp``) are understood.
"""

from __future__ import annotations

import ast
import importlib
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_CHARS = 2_000
MAX_NODES = 400
CONSTANTS = {"pi": np.pi, "e": np.e}

_UNARY: dict[type, Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
_COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}


def _indicator(condition: Any) -> Any:
    return np.asarray(condition, dtype=bool).astype(float)


def _special(name: str) -> Callable[[Any], Any]:
    """A function of ``mlp_utils.special``, which is missing while the assignment that asks for it is graded."""

    def call(x: Any) -> Any:
        return getattr(importlib.import_module("mlp_utils.special"), name)(x)

    return call


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "sigmoid": _special("sigmoid"),
    "softplus": _special("softplus"),
    "relu": _special("relu"),
    "abs": np.abs,
    "sign": np.sign,
    "indicator": _indicator,
}
_ALIASES = {"ln": "log"}


class FormulaError(ValueError):
    """The text is not a formula of this language; the message says where and what was expected."""


@dataclass(frozen=True)
class Formula:
    """A parsed formula.

    text:      as it was typed.
    variables: the names that stand for arrays.
    names:     the functions that it uses.
    """

    text: str
    variables: tuple[str, ...]
    names: frozenset[str]
    _body: ast.expr

    @staticmethod
    def parse(text: str, variables: tuple[str, ...], functions: tuple[str, ...]) -> Formula:
        """Read a formula; ``FormulaError`` names the first place that is not part of the language."""
        if len(text) > MAX_CHARS:
            raise FormulaError(f"The formula has {len(text)} characters, and {MAX_CHARS} are the most.")
        source = text.strip().replace("^", "**").replace("−", "-")
        try:
            body = ast.parse(source, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            raise FormulaError(_syntax_message(source, error)) from None
        if sum(1 for _ in ast.walk(body)) > MAX_NODES:
            raise FormulaError("The formula is too long to be read.")
        reader = _Reader(source, variables, functions)
        reader.visit(body)
        return Formula(text, variables, frozenset(reader.used), body)

    def evaluate(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """The formula's values at the given arrays, with the arrays' common shape; no warning is issued."""
        shape = np.broadcast_shapes(*(np.shape(values[name]) for name in self.variables))
        with np.errstate(all="ignore"):
            result = _evaluate(self._body, values)
        return np.broadcast_to(np.asarray(result, dtype=float), shape).copy()


class _Reader:
    """Walks over the tree once, before anything is evaluated, and refuses what is not in the language."""

    def __init__(self, source: str, variables: tuple[str, ...], functions: tuple[str, ...]) -> None:
        self.source, self.variables, self.functions = source, variables, functions
        self.used: set[str] = set()

    def visit(self, node: ast.expr) -> None:
        if isinstance(node, ast.Constant):
            if not isinstance(node.value, int | float) or isinstance(node.value, bool):
                raise self.error(node, "only numbers are constants")
            if abs(node.value) > 1e300:
                raise self.error(node, "the number is too large")
        elif isinstance(node, ast.Name):
            if node.id in FUNCTIONS or node.id in _ALIASES:
                raise self.error(node, f"{node.id} is a function and needs its argument in brackets")
            if node.id not in self.variables and node.id not in CONSTANTS:
                allowed = ", ".join(self.variables)
                raise self.error(node, f"{node.id} is not known here; the variables are: {allowed}")
        elif isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
            self.visit(node.operand)
        elif isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            self.visit(node.left)
            self.visit(node.right)
        elif isinstance(node, ast.Call):
            self.visit_call(node)
        elif isinstance(node, ast.Compare):
            raise self.error(node, "a comparison stands only inside indicator(...)")
        else:
            raise self.error(node, f"{_node_name(node)} is not part of the language")

    def visit_call(self, node: ast.Call) -> None:
        name = _function_name(node.func)
        if name is None or name not in FUNCTIONS:
            raise self.error(node, "this is not a function of the language")
        if name not in self.functions:
            allowed = ", ".join(self.functions) or "none"
            raise self.error(node, f"{name} may not be used here; the functions are: {allowed}")
        if len(node.args) != 1 or node.keywords:
            raise self.error(node, f"{name} takes one argument")
        self.used.add(name)
        if name == "indicator":
            self.visit_condition(node.args[0])
        else:
            self.visit(node.args[0])

    def visit_condition(self, node: ast.expr) -> None:
        if not isinstance(node, ast.Compare) or not all(type(op) in _COMPARE for op in node.ops):
            raise self.error(node, "indicator wants a condition such as x > 0")
        for side in (node.left, *node.comparators):
            self.visit(side)

    def error(self, node: ast.expr, reason: str) -> FormulaError:
        where = ast.get_source_segment(self.source, node) or self.source
        return FormulaError(f"At position {node.col_offset + 1}, «{where[:40]}»: {reason}.")


def _evaluate(node: ast.expr, values: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return float(str(node.value))
    if isinstance(node, ast.Name):
        return np.asarray(values[node.id], dtype=float) if node.id in values else CONSTANTS[node.id]
    if isinstance(node, ast.UnaryOp):
        return _UNARY[type(node.op)](_evaluate(node.operand, values))
    if isinstance(node, ast.BinOp):
        return _BINARY[type(node.op)](_evaluate(node.left, values), _evaluate(node.right, values))
    if isinstance(node, ast.Compare):
        sides = [_evaluate(side, values) for side in (node.left, *node.comparators)]
        truths = [_COMPARE[type(op)](a, b) for op, a, b in zip(node.ops, sides, sides[1:], strict=False)]
        return np.logical_and.reduce(truths)
    if isinstance(node, ast.Call):
        name = _function_name(node.func)
        if name is not None:
            return FUNCTIONS[name](_evaluate(node.args[0], values))
    raise AssertionError(f"{type(node).__name__} passed the reader")


def _function_name(node: ast.expr) -> str | None:
    """``exp`` for ``exp``, ``np.exp`` and ``numpy.exp``; None for anything else."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        name = node.attr if node.value.id in ("np", "numpy") else None
    else:
        name = node.id if isinstance(node, ast.Name) else None
    return _ALIASES.get(name, name) if name else None


def _node_name(node: ast.expr) -> str:
    names = {ast.Attribute: "a dot", ast.Subscript: "a square bracket", ast.Lambda: "lambda"}
    return names.get(type(node), type(node).__name__)


def _syntax_message(source: str, error: BaseException) -> str:
    if not source:
        return "The formula is empty."
    if isinstance(error, SyntaxError) and error.offset:
        return f"The formula cannot be read at position {error.offset}: {error.msg}."
    return "The formula cannot be read."
