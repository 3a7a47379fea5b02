"""Formulas computed the slow way, index by index, with finite differences: a second opinion that shares no code."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from typing import Any

import numpy as np
from mlp_utils.derivations.tree import (
    Binary,
    Call,
    Condition,
    Constant,
    Derivative,
    Entry,
    Indicator,
    Kronecker,
    Name,
    Node,
    Number,
    Outer,
    Over,
    Total,
    Transpose,
    Unary,
)

FUNCTIONS: dict[str, Any] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "arctan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "relu": lambda x: np.maximum(x, 0.0),
    "abs": np.abs,
    "sign": np.sign,
    "softmax": lambda x: np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True),
    "diag": np.diag,
}
COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "@": operator.matmul, "**": operator.pow}


class Oracle:
    """letters: values by name; lengths: of the ranges; spans: the range of each index."""

    def __init__(self, letters: Mapping[str, Any], lengths: Mapping[str, int], spans: Mapping[str, str]) -> None:
        self.letters = dict(letters)
        self.lengths, self.spans = lengths, spans

    def at(self, node: Node, **indices: int) -> Any:
        with np.errstate(all="ignore"):
            return np.asarray(self.value(node, indices), dtype=float)

    def value(self, node: Node, at: Mapping[str, int]) -> Any:
        match node:
            case Number():
                return float(node.text)
            case Name():
                if node.id in at:
                    return at[node.id]
                return self.letters[node.id] if node.id in self.letters else float(self.lengths[node.id])
            case Unary():
                return -self.value(node.operand, at)
            case Binary():
                left, right = self.value(node.left, at), self.value(node.right, at)
                if node.op == "/":
                    return np.divide(left, right)
                if node.op == "**" and np.ndim(left) == 0 and left < 0 and right != int(right):
                    return math.nan
                return OPERATIONS[node.op](np.float64(left) if np.ndim(left) == 0 else left, right)
            case Call():
                return FUNCTIONS[node.function](self.value(node.argument, at))
            case Outer():
                return np.outer(self.value(node.left, at), self.value(node.right, at))
            case Constant():
                lengths = [self.lengths[name] for name in node.shape]
                return np.eye(lengths[0]) if node.kind == "eye" else np.full(lengths, float(node.kind == "ones"))
            case Entry():
                array = self.value(node.array, at)
                return array[tuple(self.place(index, at) for index in node.indices)]
            case Transpose():
                return np.transpose(self.value(node.operand, at))
            case Indicator():
                truth = [self.holds(condition, at) for condition in node.conditions]
                return np.all(np.broadcast_arrays(*truth), axis=0).astype(float)
            case Kronecker():
                return float(self.place(node.left, at) == self.place(node.right, at))
            case Over():
                terms = []
                for k in range(self.lengths[node.range or self.spans[node.index]]):
                    here = {**at, node.index: k}
                    if all(self.holds(condition, here) for condition in node.conditions):
                        terms.append(self.value(node.body, here))
                if node.kind == "sum":
                    return sum(terms)
                return math.prod(terms)
            case Total():
                return np.sum(self.value(node.operand, at), axis=node.axis, keepdims=node.keepdims)
            case Derivative():
                return self.slope(node, at)
        raise AssertionError(node)

    def place(self, index: str, at: Mapping[str, int]) -> int:
        return int(index) if index.isdecimal() else at[index]

    def holds(self, condition: Condition, at: Mapping[str, int]) -> Any:
        return COMPARE[condition.op](self.value(condition.left, at), self.value(condition.right, at))

    def slope(self, node: Derivative, at: Mapping[str, int], step: float = 1e-4) -> Any:
        """Central differences of fourth order, by a letter or by one of its entries."""
        name = node.by.id if isinstance(node.by, Name) else node.by.array.id  # type: ignore[attr-defined]
        old = np.array(self.letters[name], dtype=float)
        places = (
            [tuple(self.place(index, at) for index in node.by.indices)]
            if isinstance(node.by, Entry)
            else list(np.ndindex(old.shape))
        )
        slopes = []
        for place in places:
            values = []
            for k in (-2, -1, 1, 2):
                moved = old.copy()
                moved[place] += k * step
                self.letters[name] = moved
                values.append(self.value(node.of, at))
            slopes.append((8 * (values[2] - values[1]) - (values[3] - values[0])) / (12 * step))
            self.letters[name] = old
        if isinstance(node.by, Entry):
            return slopes[0]
        return np.moveaxis(np.array(slopes), 0, -1).reshape(np.shape(slopes[0]) + old.shape)
