"""The formulas of a derivation as trees: what a line consists of after it has been read.

Nodes are data; reading is done by ``reader``, computing by ``evaluation``, typesetting by ``typeset``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Node:
    """A part of a formula."""


@dataclass(frozen=True)
class Number(Node):
    """A number; the text is kept, so that it can be read with any precision."""

    text: str


@dataclass(frozen=True)
class Name(Node):
    """A variable, a name that the exercise defines, or the length of an index range."""

    id: str


@dataclass(frozen=True)
class Unary(Node):
    """``-x``."""

    operand: Node


@dataclass(frozen=True)
class Binary(Node):
    """``a op b`` with op one of + - * / ** @."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Call(Node):
    """A function of one argument: entry by entry, softmax along the last axis, or diag of a vector."""

    function: str
    argument: Node


@dataclass(frozen=True)
class Entry(Node):
    """``W[i, j]`` or ``w[1]``: the entry of an array at names of indices or at numbers, which count from 0.

    ``W[i]`` is a row of a matrix; a column is a row of ``W.T``.
    """

    array: Node
    indices: tuple[str, ...]


@dataclass(frozen=True)
class Transpose(Node):
    """``W.T``."""

    operand: Node


@dataclass(frozen=True)
class Outer(Node):
    """``outer(a, b)``: the matrix a bᵀ of two vectors."""

    left: Node
    right: Node


@dataclass(frozen=True)
class Constant(Node):
    """``ones(n)``, ``ones(n, q)``, ``zeros(n, q)`` or the unit matrix ``eye(n)``; its shape is made of ranges."""

    kind: str
    shape: tuple[str, ...]


@dataclass(frozen=True)
class Condition(Node):
    """``a op b`` with op one of == != < <= > >=; the sides are formulas, or names of indices."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Indicator(Node):
    """1 where all conditions hold, 0 elsewhere."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Kronecker(Node):
    """1 where two indices (names, or numbers from 0) are equal, 0 elsewhere."""

    left: str
    right: str


@dataclass(frozen=True)
class Over(Node):
    """A sum or product of the body over an index, where the conditions hold.

    kind:  "sum" or "prod".
    range: the name of the index range; empty where the body tells it.
    """

    kind: str
    body: Node
    index: str
    range: str = ""
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Total(Node):
    """NumPy's sum of an array: of all entries, or along an axis."""

    operand: Node
    axis: int | None = None
    keepdims: bool = False


@dataclass(frozen=True)
class Derivative(Node):
    """A derivative that is still to be worked out: of a formula by a name or an entry of it."""

    of: Node
    by: Name | Entry


def children(node: Node) -> list[Node]:
    """The parts of a node that are nodes, in the order of writing."""
    found: list[Node] = []
    for name in node.__dataclass_fields__:  # quicker than fields(node), and this is called often
        value = getattr(node, name)
        if isinstance(value, Node):
            found.append(value)
        elif isinstance(value, tuple):
            found += [item for item in value if isinstance(item, Node)]
    return found


def walk(node: Node) -> Iterator[Node]:
    """The node and everything in it."""
    yield node
    for child in children(node):
        yield from walk(child)


def named_indices(node: Node) -> tuple[str, ...]:
    """The names of indices that stand in a node itself; numbers are none."""
    found = node.indices if isinstance(node, Entry) else (node.left, node.right) if isinstance(node, Kronecker) else ()
    return tuple(name for name in found if not name.isdecimal())


def free_indices(node: Node, names: frozenset[str]) -> frozenset[str]:
    """The indices of a formula that no sum or product binds.

    names: what is an index, as far as conditions are concerned (a side of a condition may be a variable).
    """
    found = set(named_indices(node))
    if isinstance(node, Name) and node.id in names:
        found.add(node.id)
    for child in children(node):
        found |= free_indices(child, names)
    if isinstance(node, Over):
        found.discard(node.index)
    return frozenset(found)


def rebuilt(node: Node, change: Callable[[Node], Node]) -> Node:
    """The node with each of its parts changed."""

    def apply(value: Any) -> Any:
        if isinstance(value, Node):
            return change(value)
        return tuple(apply(item) for item in value) if isinstance(value, tuple) else value

    if not children(node):
        return node
    return type(node)(*(apply(getattr(node, name)) for name in node.__dataclass_fields__))
