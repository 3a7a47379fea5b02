"""Changes of a false line in one place: if one makes it equal to the line above, the mistake has a name.

A kind is the id of a sentence in ``kinds``.  The changes are tried in the order in which they stand here.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import combinations, permutations, product
from typing import Any

from mlp_utils.derivations.ranges import name_of, shape_of
from mlp_utils.derivations.steps import Comparison
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
    Number,
    Over,
    Total,
    Unary,
    children,
    named_indices,
    walk,
)

TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
"""A comparison and the one with its sides exchanged."""
_MOST_ENTRIES = 5
_MOST_FACTORS = 10


@dataclass(frozen=True)
class Change:
    """The formula with one change, and the kind of mistake that it means; ``words`` belong into its sentence."""

    kind: str
    node: Node
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """A part of a formula, how to put another one there, and what it is a part of."""

    node: Node
    put: Callable[[Node], Node]
    parent: Node | None = None

    @property
    def is_term(self) -> bool:
        """Whether a factor put here is not the same as one put around it."""
        parent = self.parent
        if isinstance(parent, Binary):
            top = parent.op == "/" and self.node is parent.left and isinstance(parent.left, Binary)
            return top or parent.op in "+-"
        return parent is None or isinstance(parent, Over | Total)


def places(node: Node, put: Callable[[Node], Node] = lambda part: part, parent: Node | None = None) -> Iterator[Place]:
    """All parts of a formula that are formulas themselves, from the outside to the inside."""
    yield Place(node, put, parent)
    for item in fields(node):
        value = getattr(node, item.name)
        if isinstance(value, Node) and not (isinstance(node, Derivative) and item.name == "by"):
            yield from places(value, functools.partial(_put, put, node, item.name), node)
        for k, condition in enumerate(value if item.name == "conditions" else ()):
            inside = functools.partial(_put_condition, put, node, k)
            for side in ("left", "right"):
                yield from places(getattr(condition, side), functools.partial(_put, inside, condition, side), condition)


def _put(put: Callable[[Node], Node], node: Node, name: str, part: Any) -> Node:
    values: dict[str, Any] = {item.name: getattr(node, item.name) for item in fields(node)}
    return put(type(node)(**{**values, name: part}))


def _put_condition(put: Callable[[Node], Node], node: Node, place: int, condition: Node) -> Node:
    conditions = getattr(node, "conditions")  # noqa: B009 - of an indicator or of a sum
    return _put(put, node, "conditions", (*conditions[:place], condition, *conditions[place + 1 :]))


# --- one part is changed --------------------------------------------------------------------------------------------


def small_changes(lower: Node, upper: Node, comparison: Comparison) -> Iterator[Change]:
    """Another sign, index, condition or small number, or one factor less."""
    for place in places(lower):
        for change in _local(place, comparison):
            yield replace(change, node=place.put(change.node))


def _local(place: Place, comparison: Comparison) -> Iterator[Change]:
    node = place.node
    if isinstance(node, Binary) and node.op in "+-":
        yield Change("one sign", Binary("-" if node.op == "+" else "+", node.left, node.right))
    if isinstance(node, Unary):
        yield Change("one sign", node.operand)
    if isinstance(node, Binary) and node.op in ("*", "/"):
        yield Change("extra", node.left, _too_much(node.right, divided=node.op == "/"))
    if isinstance(node, Binary) and node.op == "*":
        yield Change("extra", node.right, _too_much(node.left))
    if isinstance(node, Number) and node.text.isdecimal() and len(node.text) < 3:
        power = isinstance(place.parent, Binary) and place.parent.op == "**" and place.parent.right is node
        for value in sorted({0, 1, 2, int(node.text) + 1, int(node.text) - 1} - {int(node.text)}):
            if value >= 0:
                yield Change("exponent" if power else "number", Number(str(value)))
    if isinstance(node, Over) and node.conditions:
        yield Change("condition", replace(node, conditions=()))
    if isinstance(node, Over | Indicator):
        for k, condition in enumerate(node.conditions):
            if condition.op in TURNED:
                turned = replace(condition, op=TURNED[condition.op])
                yield Change(
                    "turned", replace(node, conditions=(*node.conditions[:k], turned, *node.conditions[k + 1 :]))
                )
    if isinstance(node, Over) and node.kind == "sum":
        for name in sorted(set(comparison.free or ()) - {node.index}):
            condition = Condition("!=", Name(node.index), Name(name))
            yield Change("condition", replace(node, conditions=(condition,)))
    if isinstance(node, Entry | Kronecker):
        yield from _other_indices(node, comparison)


def _too_much(factor: Node, divided: bool = False) -> dict[str, str]:
    """A factor that is too much may also be a division that was lost: the numbers do not tell the two apart."""
    name = written(factor)
    if not name or isinstance(factor, Number):
        return {"factor": "One factor or divisor", "lost": ""}
    if divided:
        return {"factor": f"A division by {name}", "lost": f", or the factor {name} is missing"}
    return {"factor": f"A factor {name}", "lost": f", or a division by {name} is missing"}


def _other_indices(node: Entry | Kronecker, comparison: Comparison) -> Iterator[Change]:
    names = sorted({*comparison.spans, *(comparison.free or ()), *named_indices(node)})
    if isinstance(node, Entry) and any(index.isdecimal() for index in node.indices):
        names += ["0", "1"]
    if isinstance(node, Kronecker):
        for name in names:
            if name not in (node.left, node.right):
                yield Change("index", Kronecker(name, node.right))
                yield Change("index", Kronecker(node.left, name))
        return
    for place, old in enumerate(node.indices):
        for name in names:
            if name != old:
                indices = (*node.indices[:place], name, *node.indices[place + 1 :])
                yield Change("index", replace(node, indices=indices))
    if len(node.indices) == 2:
        yield Change("index", replace(node, indices=node.indices[::-1]))


# --- what a rule asks for was left out --------------------------------------------------------------------------------


def left_out(lower: Node, upper: Node, comparison: Comparison) -> Iterator[Change]:
    """A square, a derivative for its argument, a factor of one term, a division."""
    inside = [place for place in places(lower) if not isinstance(place.node, Number)]
    for place in inside:
        if isinstance(place.node, Name | Entry | Call) or (
            isinstance(place.parent, Binary) and place.parent.op == "/" and place.node is place.parent.right
        ):
            name = written(place.node)
            words = {"factor": f" of {name}" if name else ""}
            yield Change("square lost", place.put(Binary("**", place.node, Number("2"))), words)
    targets = dict.fromkeys(part.by for part in walk(upper) if isinstance(part, Derivative))
    for target in targets:
        for place in inside:
            name = written(place.node)
            words = {"factor": name or "A formula"}
            if not isinstance(place.node, Derivative | Kronecker):
                yield Change("not differentiated", place.put(Derivative(place.node, target)), words)
    for place in inside:
        if isinstance(place.node, Derivative):
            yield Change("differentiated", place.put(place.node.of))
    terms = [place for place in inside if place.is_term]
    for place, target, part in product(terms, targets, _inner_parts(lower)):
        yield Change("inner derivative", place.put(Binary("*", place.node, Derivative(part, target))))
    for place, factor in product(terms, _factors_of(upper, lower, comparison)):
        name = written(factor)
        yield Change("missing", place.put(Binary("*", place.node, factor)), {"factor": name})
        if isinstance(place.parent, Binary):
            continue  # a term divided by something is right by chance too often
        yield Change("undivided", place.put(Binary("/", place.node, factor)), {"factor": name})
        square = Binary("**", factor, Number("2"))
        yield Change("undivided", place.put(Binary("/", place.node, square)), {"factor": f"a power of {name}"})


def _inner_parts(node: Node) -> list[Node]:
    """What stands in functions, powers and denominators: the inner functions of the chain rule."""
    found: dict[Node, None] = {}
    for part in walk(node):
        if isinstance(part, Call):
            found[part.argument] = None
        elif isinstance(part, Binary) and part.op in ("/", "**"):
            found[part.right if part.op == "/" else part.left] = None
    return [part for part in found if not isinstance(part, Name | Number)]


def _factors_of(upper: Node, lower: Node, comparison: Comparison) -> list[Node]:
    """Letters, entries and functions that stand in the line above or in the definitions that it uses; and entries of
    other letters beside the entries of this line.
    """
    setting, formulas = comparison.setting, comparison.setting.formulas()
    known = {*setting.letters, *setting.definitions}
    found: dict[Node, None] = {}
    todo = [upper]
    for node in todo:
        if isinstance(node, Name | Entry | Call) and written(node) and known & {name_of(node), *_names(node)}:
            found[node] = None
        if isinstance(node, Name) and node.id in formulas and formulas[node.id] not in todo:
            todo.append(formulas[node.id])
        todo += [node.of] if isinstance(node, Derivative) else [] if isinstance(node, Entry) else children(node)
    for node in walk(lower):
        if isinstance(node, Entry):
            shape = shape_of(node.array, setting, formulas)
            same = (Name(name) for name, letter in setting.letters.items() if letter.shape == shape)
            found |= {Entry(letter, node.indices): None for letter in same}
    return list(found)[:_MOST_FACTORS]


def _names(node: Node) -> set[str]:
    return {part.id for part in walk(node) if isinstance(part, Name)}


def top_factors(lower: Node, upper: Node, comparison: Comparison) -> Iterator[Change]:
    """The line times a letter, an entry or a Kronecker delta."""
    setting, free = comparison.setting, comparison.free or ()
    found: list[Node] = []
    for name in (*setting.letters, *setting.definitions):
        shape = shape_of(Name(name), setting, comparison.floats.formulas)
        if not shape:
            found.append(Name(name))
        for chosen in permutations(free, len(shape)) if shape else ():
            if tuple(comparison.spans.get(index) for index in chosen) == shape:
                found.append(Entry(Name(name), chosen))
    for one, other in combinations(free, 2):
        if comparison.spans.get(one) == comparison.spans.get(other):
            found.append(Kronecker(one, other))
    for factor in found:
        yield Change("missing", Binary("*", lower, factor), {"factor": written(factor)})


def single_terms(lower: Node, upper: Node, comparison: Comparison) -> Iterator[Change]:
    """The sum over all paths, of which the line has the term alone in which the index of the path is the free one."""
    for name in comparison.free or ():
        other = f"{name}_path"
        count = sum(isinstance(part, Entry) and name in part.indices for part in walk(lower))
        if not 2 <= count <= _MOST_ENTRIES:
            continue
        for chosen in product((True, False), repeat=count):
            if any(chosen) and not all(chosen):
                body = _moved(lower, name, other, list(chosen))
                span = comparison.spans.get(name, "")
                yield Change("path", Over("sum", body, other, span), {"name": name})


def _moved(node: Node, name: str, other: str, chosen: list[bool]) -> Node:
    """The formula with another index in the chosen entries, in the order of writing."""
    if isinstance(node, Entry) and name in node.indices:
        if not chosen.pop(0):
            return node
        return replace(node, indices=tuple(other if index == name else index for index in node.indices))
    if not children(node):
        return node
    values = (getattr(node, item.name) for item in fields(node))
    return type(node)(*(_moved(value, name, other, chosen) if isinstance(value, Node) else value for value in values))


def written(node: Node) -> str:
    """A short formula as one types it; empty for a long one."""
    if isinstance(node, Name):
        return node.id
    if isinstance(node, Number):
        return node.text
    if isinstance(node, Entry) and written(node.array):
        return f"{written(node.array)}[{', '.join(node.indices)}]"
    if isinstance(node, Kronecker):
        return f"delta({node.left}, {node.right})"
    if isinstance(node, Unary) and written(node.operand):
        return f"-{written(node.operand)}"
    if isinstance(node, Call) and written(node.argument):
        return f"{node.function}({written(node.argument)})"
    return ""
