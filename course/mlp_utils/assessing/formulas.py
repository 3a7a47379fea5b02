"""Formulas that a student types as text: parsed into a small tree, never executed.

    Formula.parse("(tanh(x/2) + 1) / 2", variables=("x",), functions=("tanh",)).evaluate({"x": x})

The language is Python's arithmetic (``+ - * / **``, brackets, numbers, ``pi``, ``e``), the variables and functions
that the exercise names, and ``indicator(condition)``, which is 1 where the condition holds and 0 elsewhere.  Python's
own parser reads the text; every node that is not in the list below is refused, so that attributes, imports,
subscripts and calls of anything else cannot get through.  NumPy's spellings (``np.exp``) are understood.
"""

from __future__ import annotations

import ast
import functools
import importlib
import operator
import re
import warnings
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
        if not text.strip():
            raise FormulaError("The formula is empty.")
        source = _Source(text)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                body = ast.parse(source.python, mode="eval").body
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


class _Source:
    """The text as it was typed, and as Python reads it, with the way back from one to the other.

    Line breaks become spaces, ``^`` becomes ``**`` and the long minus sign a short one.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        pieces = [
            {"^": "**", "−": "-", "×": "*", "·": "*", "\n": " ", "\r": " ", "\t": " ", "\f": " "}.get(c, c)
            for c in text
        ]
        start = len(text) - len(text.lstrip())
        self.python = "".join(pieces[start:])
        self._typed = [k for k in range(start, len(text)) for _ in pieces[k]] + [len(text)]

    def position(self, python_offset: int) -> int:
        """The position in the typed text, counted from 1, of an offset into the Python text."""
        return self._typed[min(max(python_offset, 0), len(self._typed) - 1)] + 1

    def quote(self, node: ast.expr) -> str:
        """The typed text of a node."""
        start, end = self.offset(node.col_offset), self.offset(node.end_col_offset or node.col_offset)
        return self.text[self.position(start) - 1 : self.position(end) - 1].strip()

    def offset(self, utf8_offset: int) -> int:
        """Python counts bytes in a line; a position counts characters."""
        return len(self.python.encode()[:utf8_offset].decode("utf-8", "ignore"))


class _Reader:
    """Walks over the tree once, before anything is evaluated, and refuses what is not in the language."""

    def __init__(self, source: _Source, variables: tuple[str, ...], functions: tuple[str, ...]) -> None:
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
            raise self.error(node, f"{_node_name(node)} cannot stand in a formula of this course")

    def visit_call(self, node: ast.Call) -> None:
        name = _function_name(node.func)
        if name in self.variables or isinstance(node.func, ast.Constant | ast.BinOp | ast.Call):
            raise self.error(node, "a product is written with *")
        if name is None or name not in FUNCTIONS:
            raise self.error(node, "this function cannot be used in this formula")
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
        position = self.source.position(self.source.offset(node.col_offset))
        return FormulaError(f"At position {position}, «{self.source.quote(node)[:40]}»: {reason}.")


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
        return functools.reduce(np.logical_and, truths)
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


_NODE_NAMES: dict[type, str] = {
    ast.Attribute: "a dot after a name",
    ast.Subscript: "a square bracket after a name",
    ast.List: "a list in square brackets",
    ast.Tuple: "a comma (numbers are written with a decimal point)",
    ast.Dict: "a curly bracket",
    ast.Set: "a curly bracket",
    ast.Lambda: "lambda",
    ast.IfExp: "if ... else (write indicator(condition))",
    ast.BoolOp: "and, or",
    ast.UnaryOp: "this sign before a term",
    ast.BinOp: "this operation (only + - * / ** are)",
}


def _node_name(node: ast.expr) -> str:
    """What a part of Python is called in words."""
    return _NODE_NAMES.get(type(node), "this")


_ADVICE = (
    (re.compile(r"[≥≤≠]"), "write >=, <= or !="),
    (re.compile(r"^\s*\w+\s*=(?!=)"), "write only the right-hand side, without ="),
    (re.compile(r"(?<![=<>!])=(?!=)"), "write == for «is equal to»"),
    (
        re.compile(r"\b(?:tanh|exp|log|ln|sqrt|sigmoid|softplus|relu|abs|sign|indicator)\s+\w"),
        "write f(x) with brackets",
    ),
    (re.compile(r"(?:\d|\))\s*(?=[A-Za-z(])"), "write * for a product"),
)


def _syntax_message(source: _Source, error: BaseException) -> str:
    """Where Python stopped reading, and the usual reason if the text shows it."""
    advice = next((f"; {text}" for pattern, text in _ADVICE if pattern.search(source.text)), "")
    if source.text.count("(") != source.text.count(")"):
        advice = "; count the brackets, one of them has no partner"
    if isinstance(error, SyntaxError) and error.offset:
        return f"The formula cannot be read at position {source.position(error.offset - 1)}{advice}."
    return f"The formula cannot be read{advice}."
