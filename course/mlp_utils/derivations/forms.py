"""Formulas by their form: the same with definitions put in, without idle factors, and whether a rule was used."""

from __future__ import annotations

from collections.abc import Mapping

from mlp_utils.derivations.ranges import renamed
from mlp_utils.derivations.tree import (
    Binary,
    Call,
    Derivative,
    Name,
    Node,
    Number,
    Over,
    Unary,
    children,
    rebuilt,
)


def written_out(node: Node, formulas: Mapping[str, Node]) -> Node:
    """The formula with its definitions put in and the indices of its sums named in order: equal for equal forms.

    The variable of a derivative stays as it is.
    """
    names = (f"#{k}" for k in range(10**6))

    def change(part: Node) -> Node:
        if isinstance(part, Name) and part.id in formulas:
            return change(formulas[part.id])
        if isinstance(part, Derivative):
            return Derivative(change(part.of), part.by)
        if isinstance(part, Over):
            name = next(names)
            conditions = tuple(renamed(condition, part.index, name) for condition in part.conditions)
            body = change(renamed(part.body, part.index, name))
            return Over(part.kind, body, name, part.range, tuple(map(change, conditions)))  # type: ignore[arg-type]
        return rebuilt(part, change)

    return change(node)


def without_idle(node: Node) -> Node:
    """The formula without factors 1, divisors 1 and terms 0, and without two signs after each other."""
    node = rebuilt(node, without_idle) if not isinstance(node, Derivative) else node
    if isinstance(node, Unary) and isinstance(node.operand, Unary):
        return node.operand.operand
    if not isinstance(node, Binary):
        return node
    left, right = (_value(side) for side in (node.left, node.right))
    if (node.op == "*" and left == 1) or (node.op == "+" and left == 0):
        return node.right
    if (node.op in "*/**" and right == 1) or (node.op in "+-" and right == 0):
        return node.left
    return node


def _value(node: Node) -> float | None:
    return float(node.text) if isinstance(node, Number) else None


def shows_a_rule(node: Node) -> bool:
    """Whether a product, quotient, power or chain rule can be seen in a line, not only its result.

    A derivative stands beside a factor or a term that is no number; or the rule was worked out at once: the numerator
    is a difference with a product in it, or two signs (of 1/u and of what is inside) still stand there.
    """
    if isinstance(node, Derivative):
        return False
    if any(isinstance(part, Derivative) for part in _outside(node)):
        return not isinstance(_without_numbers(node), Derivative)
    parts = [part for part in _outside(node) if isinstance(part, Binary)]
    tops = [part.left for part in parts if part.op == "/"]
    for top in tops:
        sides = (top.left, top.right) if isinstance(top, Binary) and top.op == "-" else ()
        if any(isinstance(side, Binary) and side.op == "*" for side in sides):
            return True
    signs = sum(isinstance(part, Unary) for part in _outside(node)) + sum(part.op == "-" for part in parts)
    return signs > 1


def _outside(node: Node) -> list[Node]:
    """The formula and its parts, without the arguments of functions, the exponents and what is differentiated."""
    found = [node]
    if isinstance(node, Call | Derivative):
        return found
    parts = [node.left] if isinstance(node, Binary) and node.op == "**" else children(node)
    for part in parts:
        found += _outside(part)
    return found


def _without_numbers(node: Node) -> Node:
    """What is left of a product or quotient when its signs and its numbers are taken away."""
    if isinstance(node, Unary):
        return _without_numbers(node.operand)
    if isinstance(node, Binary) and node.op in ("*", "/"):
        if _is_number(node.right):
            return _without_numbers(node.left)
        if node.op == "*" and _is_number(node.left):
            return _without_numbers(node.right)
    return node


def _is_number(node: Node) -> bool:
    return isinstance(node, Number) or (bool(children(node)) and all(map(_is_number, children(node))))
