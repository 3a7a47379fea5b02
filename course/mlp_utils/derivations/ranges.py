"""Which range each index of a formula runs over, and which shape an array has, from the formula alone."""

from __future__ import annotations

from collections.abc import Mapping

from mlp_utils.derivations.advice import unknown_name
from mlp_utils.derivations.setting import Setting
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
    Outer,
    Over,
    Total,
    Transpose,
    Unary,
    children,
    free_indices,
    named_indices,
    rebuilt,
    walk,
)

PRIME = "′"
"""An index of a definition, or one whose name serves twice, gets a name that nobody can type: i′n."""
Shape = tuple[str, ...]


class MeaningError(ValueError):
    """A formula that can be read has no meaning here; the message says why.

    kind: "name" (an unknown name: a slip), "shape", "index", "nested" or "size" (too large to be tried out).
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


# --- indices ----------------------------------------------------------------------------------------------------------


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
    seen: set[str] = set()

    def put(index: str, span: str, where: str) -> None:
        if span == "1":
            raise MeaningError("index", f"the index {plain(index)} stands at an axis of length 1 in {where}")
        old = spans.setdefault(index, span)
        if old != span:
            raise MeaningError("index", f"the index {plain(index)} runs over {old} and, in {where}, over {span}")

    def visit(part: Node) -> None:
        for inner in walk(part):
            unknown.update(named_indices(inner))
            if isinstance(inner, Entry):
                shape = shape_of(inner.array, setting, formulas)
                where = f"{name_of(inner.array)}[{', '.join(plain(index) for index in inner.indices)}]"
                for index, span in zip(inner.indices, shape, strict=False):
                    if index.isdecimal():
                        _check_number(index, span, where)
                    else:
                        put(index, span, where)
            elif isinstance(inner, Kronecker):
                pairs.append((inner.left, inner.right))
            elif isinstance(inner, Over):
                unknown.add(inner.index)
                if inner.range:
                    _check_range(inner.range, setting)
                    put(inner.index, inner.range, f"«for {plain(inner.index)} in {inner.range}»")
            elif isinstance(inner, Condition):
                names = _indices_of(inner, setting, formulas)
                unknown.update(names)
                if len(names) == 2:
                    pairs.append((names[0], names[1]))
            elif isinstance(inner, Name) and inner.id in formulas and inner.id not in seen:
                seen.add(inner.id)
                visit(formulas[inner.id])

    visit(node)
    _spread(spans, pairs)
    for index, span in {**(known or {}), **setting.indices}.items():
        if index in unknown and index not in spans:
            spans[index] = span
    _spread(spans, pairs)
    for a, b in pairs:
        if a in spans and b in spans and spans[a] != spans[b]:
            message = f"{plain(a)} and {plain(b)} are compared, and they run over {spans[a]} and {spans[b]}"
            raise MeaningError("index", message)
    for index in sorted(unknown - spans.keys()):
        names = {*known_names(setting), *unknown, *spans}
        for part in walk(node):  # an index is not known because its array is not
            if isinstance(part, Name) and part.id not in names:
                raise MeaningError("name", unknown_name(part.id, known_names(setting)))
        ranges = " or ".join(f"«for {index} in {name}»" for name in setting.ranges)
        hint = f"; if it is an index, say its range: {ranges}" if ranges else ""
        raise MeaningError("name", f"{plain(index)} is not known here{hint}")
    return spans


def _spread(spans: dict[str, str], pairs: list[tuple[str, str]]) -> None:
    """δ(i, j) tells the range of one index by the other's."""
    for _ in pairs:
        for a, b in pairs:
            for one, other in ((a, b), (b, a)):
                if one in spans and other not in spans and not other.isdecimal():
                    spans[other] = spans[one]


def _indices_of(condition: Condition, setting: Setting, formulas: Mapping[str, Node]) -> list[str]:
    """The sides of a condition that are indices: names that mean nothing else."""
    sides = [side.id for side in (condition.left, condition.right) if isinstance(side, Name)]
    return [name for name in sides if not (name in setting.letters or name in formulas or name in setting.ranges)]


def _check_range(name: str, setting: Setting) -> None:
    if name not in setting.ranges:
        ranges = ", ".join(setting.ranges) or "not named here"
        raise MeaningError("name", f"{name} is no range of an index; the ranges are {ranges}")


def _check_number(number: str, span: str, where: str) -> None:
    """A number as an index counts from 0; of a range with a name, entries 0 and 1 exist in any case."""
    last = int(span) - 1 if span.isdecimal() else 1
    if len(number) > 9 or int(number) > last:
        known = f"{last} is the last" if span.isdecimal() else f"{span} may be smaller"
        raise MeaningError("index", f"the entry {where} does not exist: entries are counted from 0, and {known}")


def plain(index: str) -> str:
    """An index as it was typed."""
    return index.split(PRIME, 1)[0]


def bound_apart(node: Node, setting: Setting, formulas: Mapping[str, Node], always: bool = False) -> Node:
    """The formula with other names for indices of sums that stand for two ranges: Σ_i a_i Σ_i b_i with a, b of
    different lengths.

    always: rename every index of a sum whose range is told (for definitions, so that their names are out of the way).
    """
    taken: dict[str, str] = {}
    for index, span in _told(node, setting, formulas):
        taken.setdefault(index, span)

    def change(part: Node) -> Node:
        if isinstance(part, Over):
            span = part.range or next((s for i, s in _told(part.body, setting, formulas) if i == part.index), "")
            if span and (always or taken.setdefault(part.index, span) != span):
                name = f"{plain(part.index)}{PRIME}{span}"
                part = Over(
                    part.kind,
                    renamed(part.body, part.index, name),
                    name,
                    part.range,
                    tuple(_as_condition(renamed(c, part.index, name)) for c in part.conditions),
                )
        return rebuilt(part, change)

    return change(node)


def _as_condition(node: Node) -> Condition:
    assert isinstance(node, Condition)
    return node


def _told(node: Node, setting: Setting, formulas: Mapping[str, Node]) -> list[tuple[str, str]]:
    """The free indices of a formula whose ranges stand at arrays in it."""
    found: list[tuple[str, str]] = []
    if isinstance(node, Entry):
        found += zip(node.indices, shape_of(node.array, setting, formulas), strict=False)
    for child in children(node):
        found += _told(child, setting, formulas)
    bound = node.index if isinstance(node, Over) else ""
    return [pair for pair in dict.fromkeys(found) if pair[0] != bound]


def renamed(node: Node, old: str, new: str) -> Node:
    """The formula with another name for a free index."""

    def change(part: Node) -> Node:
        if isinstance(part, Over) and part.index == old:
            return part
        if isinstance(part, Name) and part.id == old:
            return Name(new)
        if isinstance(part, Kronecker):
            return Kronecker(*(new if name == old else name for name in (part.left, part.right)))
        if isinstance(part, Entry):
            part = Entry(part.array, tuple(new if name == old else name for name in part.indices))
        return rebuilt(part, change)

    return change(node)


# --- definitions ------------------------------------------------------------------------------------------------------


def definitions_of(setting: Setting) -> tuple[dict[str, Node], dict[str, str]]:
    """The definitions with indices that cannot meet a student's, and the ranges that their own names stood for."""
    formulas: dict[str, Node] = {}
    spans: dict[str, str] = {}
    for name, node in setting.formulas().items():
        formulas[name] = bound_apart(node, setting, formulas, always=True)
        for inner in walk(formulas[name]):
            if isinstance(inner, Over) and PRIME in inner.index:
                spans.setdefault(plain(inner.index), inner.index.split(PRIME, 1)[1])
    return formulas, spans


def letters_of(node: Node, formulas: Mapping[str, Node]) -> frozenset[str]:
    """The names in a formula, those in its definitions included."""
    found: set[str] = set()
    todo = [node]
    while todo:
        for inner in walk(todo.pop()):
            if isinstance(inner, Name) and inner.id not in found:
                found.add(inner.id)
                if inner.id in formulas:
                    todo.append(formulas[inner.id])
    return frozenset(found)


# --- shapes -----------------------------------------------------------------------------------------------------------


def shape_of(node: Node, setting: Setting, formulas: Mapping[str, Node]) -> Shape:
    """The names of the ranges of an array's axes, from the formula alone; () for a number."""

    def of(part: Node) -> Shape:
        return shape_of(part, setting, formulas)

    if isinstance(node, Entry):
        return of(node.array)[len(node.indices) :]
    if isinstance(node, Name):
        if node.id in setting.letters:
            return setting.letters[node.id].shape
        return of(formulas[node.id]) if node.id in formulas else ()
    if isinstance(node, Unary):
        return of(node.operand)
    if isinstance(node, Call):
        shape = of(node.argument)
        return shape * 2 if node.function == "diag" else shape
    if isinstance(node, Over):
        return of(node.body)
    if isinstance(node, Transpose):
        return of(node.operand)[::-1]
    if isinstance(node, Outer):
        return of(node.left) + of(node.right)
    if isinstance(node, Constant):
        return node.shape
    if isinstance(node, Binary):
        left, right = of(node.left), of(node.right)
        return left[:-1] + right[1:] if node.op == "@" else together(left, right, node.op)
    if isinstance(node, Indicator):
        shape = ()
        for condition in node.conditions:
            sides = together(of(condition.left), of(condition.right), condition.op)
            shape = together(shape, sides, "and")
        return shape
    if isinstance(node, Total):
        shape = of(node.operand)
        if node.axis is None or not -len(shape) <= node.axis < len(shape):
            return ()
        axis = node.axis % len(shape)
        return shape[:axis] + (("1",) if node.keepdims else ()) + shape[axis + 1 :]
    if isinstance(node, Derivative):
        return of(node.of) if isinstance(node.by, Entry) else of(node.of) + of(node.by)
    return ()


def together(left: Shape, right: Shape, op: str) -> Shape:
    """The shape of two arrays entry by entry, as NumPy would align them; ``MeaningError`` if they do not fit."""
    longer, shorter = (left, right) if len(left) >= len(right) else (right, left)
    shorter = ("1",) * (len(longer) - len(shorter)) + shorter
    if any(a != b and "1" not in (a, b) for a, b in zip(longer, shorter, strict=True)):
        raise MeaningError("shape", f"the shapes {told(left)} and {told(right)} do not fit together at «{op}»")
    return tuple(b if a == "1" else a for a, b in zip(longer, shorter, strict=True))


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


def told(shape: Shape) -> str:
    """A shape as people write it: (n, q), (n,), or () for a single number."""
    return f"({', '.join(shape)}{',' if len(shape) == 1 else ''})"


def free_of(node: Node, spans: Mapping[str, str]) -> list[str]:
    """The free indices of a formula, sorted."""
    return sorted(free_indices(node, frozenset(spans)))
