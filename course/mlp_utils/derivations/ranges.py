"""Which range each index of a formula runs over, and which shape an array has, from the formula alone."""

from __future__ import annotations

from collections.abc import Mapping

from mlp_utils.derivations.setting import Setting
from mlp_utils.derivations.tree import (
    Binary,
    Call,
    Condition,
    Derivative,
    Entry,
    Indicator,
    Kronecker,
    Name,
    Node,
    Over,
    Total,
    Transpose,
    Unary,
    walk,
)


class MeaningError(ValueError):
    """A formula that can be read has no meaning here; the message says why.

    kind: "name" (an unknown name: a slip), "shape", "index" or "nested".
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def spans_of(
    node: Node, setting: Setting, formulas: Mapping[str, Node], known: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The range that each index of a formula (and of the definitions that it uses) runs over.

    known: what earlier lines tell of indices whose range this formula does not tell.
    Raises ``MeaningError`` where an index runs over two ranges, or over none that can be told.
    """
    spans: dict[str, str] = {}
    pairs: list[tuple[str, str]] = []
    unknown: set[str] = set()

    def put(index: str, span: str, where: str) -> None:
        if span == "1":
            raise MeaningError("index", f"the index {index} stands at an axis of length 1 in {where}")
        old = spans.setdefault(index, span)
        if old != span:
            raise MeaningError("index", f"the index {index} runs over {old} and, in {where}, over {span}")

    def visit(part: Node) -> None:
        for inner in walk(part):
            if isinstance(inner, Entry):
                shape = shape_of(inner.array, setting, formulas)
                for index, span in zip(inner.indices, shape, strict=False):
                    put(index, span, f"{name_of(inner.array)}[{', '.join(inner.indices)}]")
            elif isinstance(inner, Kronecker):
                pairs.append((inner.left, inner.right))
                unknown.update((inner.left, inner.right))
            elif isinstance(inner, Over):
                unknown.add(inner.index)
                if inner.range:
                    if inner.range not in setting.ranges:
                        ranges = ", ".join(setting.ranges)
                        raise MeaningError("name", f"{inner.range} is no range of an index; the ranges are {ranges}")
                    put(inner.index, inner.range, f"«for {inner.index} in {inner.range}»")
            elif isinstance(inner, Condition):
                sides = [side.id for side in (inner.left, inner.right) if isinstance(side, Name)]
                names = [s for s in sides if s not in setting.letters and s not in formulas and s not in setting.ranges]
                unknown.update(names)
                if len(names) == 2:
                    pairs.append((names[0], names[1]))
            elif isinstance(inner, Name) and inner.id in formulas:
                visit(formulas[inner.id])

    visit(node)
    for index, span in {**(known or {}), **setting.indices}.items():
        if index in unknown and index not in spans:
            spans[index] = span
    for _ in pairs:  # δ(i, j) tells the range of one index by the other's
        for a, b in pairs:
            for one, other in ((a, b), (b, a)):
                if one in spans and other not in spans:
                    spans[other] = spans[one]
    for a, b in pairs:
        if a in spans and b in spans and spans[a] != spans[b]:
            raise MeaningError("index", f"{a} and {b} are compared, and they run over {spans[a]} and {spans[b]}")
    for index in sorted(unknown - spans.keys()):
        ranges = " or ".join(f"«for {index} in {name}»" for name in setting.ranges) or "no index"
        raise MeaningError("name", f"{index} is not known here; if it is an index, say its range: {ranges}")
    return spans


def shape_of(node: Node, setting: Setting, formulas: Mapping[str, Node]) -> tuple[str, ...]:
    """The names of the ranges of an array's axes, from the formula alone; () for a number."""
    if isinstance(node, Name):
        if node.id in setting.letters:
            return setting.letters[node.id].shape
        return shape_of(formulas[node.id], setting, formulas) if node.id in formulas else ()
    if isinstance(node, Unary):
        return shape_of(node.operand, setting, formulas)
    if isinstance(node, Call):
        return shape_of(node.argument, setting, formulas)
    if isinstance(node, Over):
        return shape_of(node.body, setting, formulas)
    if isinstance(node, Transpose):
        return shape_of(node.operand, setting, formulas)[::-1]
    if isinstance(node, Binary):
        left, right = (shape_of(side, setting, formulas) for side in (node.left, node.right))
        if node.op == "@":
            return left[:-1] + (right[-1:] if len(right) == 2 else ())
        return max(left, right, key=len)
    if isinstance(node, Indicator):
        return max((shape_of(side, setting, formulas) for c in node.conditions for side in (c.left, c.right)), key=len)
    if isinstance(node, Total):
        shape = shape_of(node.operand, setting, formulas)
        if node.axis is None or not shape:
            return ()
        axis = node.axis % len(shape)
        return shape[:axis] + (("1",) if node.keepdims else ()) + shape[axis + 1 :]
    if isinstance(node, Derivative):
        of = shape_of(node.of, setting, formulas)
        return of if isinstance(node.by, Entry) else of + shape_of(node.by, setting, formulas)
    return ()


def name_of(node: Node) -> str:
    """How a message calls an array."""
    if isinstance(node, Name):
        return node.id
    if isinstance(node, Entry):
        return name_of(node.array)
    if isinstance(node, Transpose):
        return f"{name_of(node.operand)}.T"
    return "(...)"


def known_names(setting: Setting) -> list[str]:
    return [*setting.letters, *setting.definitions, *setting.ranges]


def told(shape: tuple[str, ...]) -> str:
    """A shape as people write it: (n, q), (n,), or "a single number"."""
    if not shape:
        return "of a single number"
    return f"({', '.join(shape)}{',' if len(shape) == 1 else ''})"
