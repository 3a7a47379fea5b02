"""What kind of mistake a false line is, as far as its numbers and its form tell.

Nothing here knows the right answer: a kind is found by changing the false line in one place and looking whether it
becomes equal to the line above, or by looking where the two lines agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np

from mlp_utils.derivations.setting import Letter, Setting
from mlp_utils.derivations.steps import Comparison, Difference
from mlp_utils.derivations.tree import (
    Binary,
    Entry,
    Kronecker,
    Node,
    Number,
    Over,
    Transpose,
    Unary,
    free_indices,
    walk,
)

SENTENCES = {
    "sign": "The whole line has the wrong sign.",
    "one sign": "One sign in this line is wrong.",
    "factor": "This line is {factor} times the line above: a constant factor is wrong.",
    "transpose": "This line is the transpose of the line above.",
    "index": "One index in this line is wrong.",
    "number": "One number in this line is wrong.",
    "sum kept": "The line above depends on {names} and this line does not: a sum over {names} is too much.",
    "condition": "A condition of a sum in this line is wrong or missing.",
    "positive": "This line holds only for {name} > 0.",
    "negative": "This line holds only for {name} < 0.",
    "zero": "This line holds everywhere but at {name} = 0.",
    "square": "This line holds only if {first} = {second}.",
}
_MOST_CHANGES = 120


def with_kind(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Difference:
    """The difference with the kind of mistake in its sentence, where one is found."""
    if difference.kind in ("sum lost", "undefined"):
        return difference
    for find in (_square, _transposed, _half_line, _ratio, _kept, _changed):
        kind, words = find(comparison, upper, lower, difference)
        if kind:
            return replace(difference, kind=kind, says=SENTENCES[kind].format(**words))
    return difference


Found = tuple[str, dict[str, str]]
_NOTHING: Found = ("", {})


def _values(comparison: Comparison, node: Node, free: list[str]) -> np.ndarray:
    data = comparison.floats.table(node, free, comparison.spans).data
    return np.asarray(np.real(data), dtype=float)


def _free(comparison: Comparison, node: Node) -> set[str]:
    return set(free_indices(node, frozenset(comparison.spans)))


def _ratio(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Found:
    """One factor for all points and entries."""
    if difference.kind != "value":
        return _NOTHING
    free = sorted(_free(comparison, upper) | _free(comparison, lower))
    a, b = np.broadcast_arrays(*(_values(comparison, node, free) for node in (upper, lower)))
    good = np.isfinite(a) & np.isfinite(b) & (a != 0)
    if good.sum() < 2 or np.ptp(a[good]) == 0 or np.any(b[np.isfinite(b) & (a == 0)]):
        return _NOTHING
    ratios = b[good] / a[good]
    if abs(ratios[0]) < 1e-9 or abs(ratios[0] - 1) < 1e-9 or np.ptp(ratios) > 1e-9 * abs(ratios[0]):
        return _NOTHING
    if abs(ratios[0] + 1) < 1e-9:
        return "sign", {}
    return "factor", {"factor": _factor(float(ratios[0]), comparison)}


def _factor(value: float, comparison: Comparison) -> str:
    for name, length in comparison.floats.lengths.items():
        if abs(value - length) < 1e-9 * length and length not in (2, 4):
            return f"{name} (= {length} here)"
        if abs(value * length - 1) < 1e-9 and length not in (2, 4):
            return f"1/{name} (= 1/{length} here)"
    fraction = Fraction(value).limit_denominator(12)
    return str(fraction) if abs(value - float(fraction)) < 1e-9 * abs(value) else f"{value:.4g}"


def _transposed(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Found:
    turned = comparison.equal(upper, Transpose(lower)) if difference.kind == "shape" else False
    return ("transpose", {}) if turned else _NOTHING


def _kept(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Found:
    """The upper line depends on an index that the lower one has lost."""
    gone = sorted(_free(comparison, upper) - _free(comparison, lower))
    if difference.kind != "value" or not gone:
        return _NOTHING
    bound = {inner.index for inner in walk(lower) if isinstance(inner, Over)}
    return ("sum kept", {"names": " and ".join(gone)}) if set(gone) & bound else _NOTHING


def _half_line(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Found:
    """For formulas of numbers: equal on one side of 0, or everywhere but at 0."""
    evaluator = comparison.floats
    letters = [name for name, letter in evaluator.setting.letters.items() if not letter.shape]
    if difference.kind != "value" or _free(comparison, upper) | _free(comparison, lower):
        return _NOTHING
    a, b = (_values(comparison, node, []) for node in (upper, lower))
    if a.ndim != 1 and b.ndim != 1:
        return _NOTHING
    a, b = np.broadcast_arrays(a, b)
    good = np.isfinite(a) & np.isfinite(b)
    equal = abs(a - b) <= 1e-9 * np.maximum(abs(a), abs(b))
    for name in letters:
        x = evaluator.points[name]
        if x.shape[:1] != a.shape[:1]:
            continue
        sides = {"positive": x > 0, "negative": x < 0, "zero": x != 0}
        for kind, side in sides.items():
            inside, outside = good & side, good & ~side
            if inside.sum() >= 2 and outside.any() and equal[inside].all() and not equal[outside].any():
                return kind, {"name": name}
    return _NOTHING


def _square(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Found:
    """Equal as soon as two of the ranges are one."""
    setting = comparison.setting
    for first, second in combinations(setting.ranges, 2):
        if comparison.equal(upper, lower, _merged(setting, first, second)):
            return "square", {"first": first, "second": second}
    return _NOTHING


def _merged(setting: Setting, first: str, second: str) -> Setting:
    """The setting with one range instead of two."""

    def one(name: str) -> str:
        return first if name == second else name

    letters = {
        name: Letter(tuple(one(axis) for axis in letter.shape), letter.domain)
        for name, letter in setting.letters.items()
    }
    return Setting(letters, setting.definitions, {index: one(span) for index, span in setting.indices.items()})


@dataclass(frozen=True)
class _Change:
    kind: str
    node: Node


def _changed(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Found:
    """One change in one place makes the line equal to the line above."""
    if difference.kind not in ("value", "index"):
        return _NOTHING
    for count, change in enumerate(_changes(lower, comparison)):
        if count >= _MOST_CHANGES:
            break
        if comparison.equal(upper, change.node):
            return change.kind, {}
    return _NOTHING


def _changes(node: Node, comparison: Comparison) -> Iterator[_Change]:
    """Every formula that differs from this one by one sign, index, condition or small number."""
    yield from _local(node, comparison)
    for item in fields(node):
        value = getattr(node, item.name)
        if isinstance(value, Node):
            for change in _changes(value, comparison):
                yield _Change(change.kind, _with(node, item.name, change.node))


def _local(node: Node, comparison: Comparison) -> Iterator[_Change]:
    if isinstance(node, Binary) and node.op in "+-":
        yield _Change("one sign", Binary("-" if node.op == "+" else "+", node.left, node.right))
    if isinstance(node, Unary):
        yield _Change("one sign", node.operand)
    if isinstance(node, Number) and node.text.isdigit() and len(node.text) < 3:
        for value in sorted({0, 1, 2, int(node.text) + 1, int(node.text) - 1} - {int(node.text)}):
            if value >= 0:
                yield _Change("number", Number(str(value)))
    if isinstance(node, Over) and node.conditions:
        yield _Change("condition", replace(node, conditions=()))
    if isinstance(node, Entry | Kronecker):
        yield from _other_indices(node, comparison)


def _other_indices(node: Entry | Kronecker, comparison: Comparison) -> Iterator[_Change]:
    names = sorted({*comparison.spans, *(comparison.free or ()), *_all_indices(node)})
    if isinstance(node, Kronecker):
        for name in names:
            if name not in (node.left, node.right):
                yield _Change("index", Kronecker(name, node.right))
                yield _Change("index", Kronecker(node.left, name))
        return
    for place, old in enumerate(node.indices):
        for name in names:
            if name != old:
                indices = (*node.indices[:place], name, *node.indices[place + 1 :])
                yield _Change("index", replace(node, indices=indices))
    if len(node.indices) == 2:
        yield _Change("index", replace(node, indices=node.indices[::-1]))


def _all_indices(node: Node) -> set[str]:
    return {name for inner in walk(node) if isinstance(inner, Entry) for name in inner.indices}


def _with(node: Node, name: str, child: Node) -> Node:
    values: dict[str, Any] = {item.name: getattr(node, item.name) for item in fields(node)}
    return type(node)(**{**values, name: child})


__all__ = ["SENTENCES", "with_kind"]
