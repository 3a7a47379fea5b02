"""What kind of mistake a false line is, as far as its numbers and its form tell.

Nothing here knows the right answer: a kind is found by changing the false line in one place and looking whether it
becomes equal to the line above, or by looking where the two lines agree.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from itertools import combinations, islice, permutations
from typing import Any

import numpy as np

from mlp_utils.derivations.axes import MAX_WORK
from mlp_utils.derivations.evaluation import Evaluator
from mlp_utils.derivations.ranges import MeaningError, letters_of, name_of, shape_of
from mlp_utils.derivations.setting import Letter, Setting
from mlp_utils.derivations.steps import Comparison, Difference
from mlp_utils.derivations.tree import (
    Binary,
    Condition,
    Constant,
    Derivative,
    Entry,
    Kronecker,
    Name,
    Node,
    Number,
    Over,
    Transpose,
    Unary,
    named_indices,
    rebuilt,
)

SENTENCES = {
    "sign": "The whole line has the wrong sign.",
    "one sign": "One sign in this line is wrong.",
    "factor": "This line is {factor} times the line above: a constant factor is wrong.",
    "transpose": "This line is the transpose of the line above.",
    "index": "One index in this line is wrong.",
    "number": "One number in this line is wrong.",
    "sum lost": "A sum over {names} is missing in this line.",
    "sum kept": "The line above depends on {names} and this line does not: the sum over {names} is too much.",
    "index lost": "The line above depends on {names}, and this line does not.",
    "new index": "The index {names} stands in this line without a sum over it, and the line above does not depend on "
    "{names}.",
    "missing": "The factor {factor} is missing in this line.",
    "extra": "One factor or divisor in this line is too much.",
    "condition": "A condition of a sum in this line is wrong or missing.",
    "positive": "This line holds only for {name} > 0.",
    "negative": "This line holds only for {name} < 0.",
    "zero": "This line holds everywhere but at {name} = 0.",
    "equal indices": "This line holds only where {first} = {second}.",
    "different indices": "This line holds only where {first} ≠ {second}.",
    "square": "This line holds only if {first} = {second}.",
}
_MOST_CHANGES = 120
_MANY = 28


def with_kind(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Difference:
    """The difference with the kind of mistake in its sentence, where one is found.

    A kind is named only if the change that it means makes the two lines equal, or if the numbers say it.
    """
    comparison.work.left = max(comparison.work.left, MAX_WORK // 3)
    try:
        with np.errstate(all="ignore"):
            for find in (_square, _transposed, _half_line, _ratio, _lost, _changed, _missing, _diagonal, _kept, _new):
                kind, words = find(comparison, upper, lower, difference)
                if kind:
                    return replace(difference, kind=kind, says=SENTENCES[kind].format(**words))
    except MeaningError:
        return difference  # it takes too long to look any further
    return difference


Found = tuple[str, dict[str, str]]
_NOTHING: Found = ("", {})


def _pair(evaluator: Evaluator, comparison: Comparison, upper: Node, lower: Node) -> list[np.ndarray]:
    """The values of both formulas with the same axes."""
    free = sorted(_free(comparison, upper) | _free(comparison, lower))
    tables = [evaluator.table(node, free, comparison.spans).data for node in (upper, lower)]
    return list(np.broadcast_arrays(*(np.asarray(np.real(data), dtype=float) for data in tables)))


def _free(comparison: Comparison, node: Node) -> set[str]:
    return set(comparison.floats.meaning.of(node, comparison.spans).free)


def _ratio(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Found:
    """One factor for all points and entries: a number, or the length of a range."""
    if difference.kind != "value":
        return _NOTHING
    evaluators = [comparison.floats] + ([comparison.others] if comparison.others else [])
    ratios = [_ratio_of(*_pair(evaluator, comparison, upper, lower)) for evaluator in evaluators]
    if not all(ratios) or all(abs(ratio - 1) < 1e-9 for ratio in ratios):
        return _NOTHING
    for name in comparison.setting.ranges:
        lengths = [evaluator.lengths[name] for evaluator in evaluators]
        for text, values in ((name, lengths), (f"1/{name}", [1 / length for length in lengths])):
            if all(abs(ratio - value) < 1e-9 * value for ratio, value in zip(ratios, values, strict=True)):
                return "factor", {"factor": text}
    ratio = ratios[0]
    if any(abs(other - ratio) > 1e-9 * abs(ratio) for other in ratios):
        return _NOTHING
    if abs(ratio + 1) < 1e-9:
        return "sign", {}
    fraction = Fraction(ratio).limit_denominator(12)
    text = str(fraction) if abs(ratio - float(fraction)) < 1e-9 * abs(ratio) else f"{ratio:.4g}"
    return "factor", {"factor": text}


def _ratio_of(a: np.ndarray, b: np.ndarray) -> float:
    """b / a where it is the same everywhere and a is no constant, else 0."""
    good = np.isfinite(a) & np.isfinite(b) & (a != 0)
    if good.sum() < 2 or np.ptp(a[good]) == 0 or np.any(b[np.isfinite(b) & (a == 0)]):
        return 0.0
    ratios = b[good] / a[good]
    return 0.0 if np.ptp(ratios) > 1e-9 * abs(ratios[0]) else float(ratios[0])


def _transposed(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Found:
    turned = comparison.equal(upper, Transpose(lower)) if difference.kind == "shape" else False
    return ("transpose", {}) if turned else _NOTHING


def _lost(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Found:
    """With a sum over the index that the upper line does not have, this line is right."""
    new = sorted(_free(comparison, lower) - _free(comparison, upper))
    if difference.kind != "sum lost" or not new:
        return _NOTHING
    for inner in _places(lower):
        whole = inner.node
        for name in new:
            whole = Over("sum", whole, name)
        if comparison.equal(upper, inner.put(whole)):
            return "sum lost", {"names": " and ".join(new)}
    return _NOTHING


def _kept(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Found:
    """The upper line depends on an index that the lower one has lost."""
    gone = sorted(_free(comparison, upper) - _free(comparison, lower))
    if difference.kind != "value" or not gone:
        return _NOTHING
    words = {"names": " and ".join(gone)}
    bare = _without_sums(lower, frozenset(gone))
    return ("sum kept" if bare != lower and comparison.equal(upper, bare) else "index lost"), words


def _without_sums(node: Node, names: frozenset[str]) -> Node:
    """The formula without its sums over these indices."""
    if isinstance(node, Over) and node.kind == "sum" and node.index in names:
        return _without_sums(node.body, names)
    return rebuilt(node, lambda part: _without_sums(part, names))


def _half_line(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Found:
    """For formulas of numbers: equal on one side of 0, or everywhere but at 0; looked at in many points."""
    setting, floats = comparison.setting, comparison.floats
    free = _free(comparison, upper) | _free(comparison, lower)
    if difference.kind not in ("value", "undefined") or free:
        return _NOTHING
    points = setting.points(floats.lengths, _MANY, seed=1)
    many = Evaluator(setting, floats.numbers, floats.lengths, points, comparison.work, floats.meaning)
    a, b = _pair(many, comparison, upper, lower)
    if a.ndim != 1 or len(a) != _MANY:
        return _NOTHING
    meant = np.isfinite(a)
    equal = np.isfinite(b) & (abs(a - b) <= 1e-9 * np.maximum(abs(a), abs(b)))
    used = letters_of(lower, floats.formulas) | letters_of(upper, floats.formulas)
    for name, letter in setting.letters.items():
        if name not in used or letter.shape or letter.domain != "real":
            continue
        x = points[name]
        sides = {"positive": (x > 0, x < 0), "negative": (x < 0, x > 0), "zero": (x != 0, x == 0)}
        for kind, (right, wrong) in sides.items():
            right, wrong = right & meant, wrong & meant
            if right.any() and wrong.any() and equal[right].all() and not equal[wrong].any():
                return kind, {"name": name}
    return _NOTHING


def _diagonal(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Found:
    """Equal only where two indices are equal, or only where they are not."""
    free = sorted(_free(comparison, upper) | _free(comparison, lower))
    if difference.kind != "value" or len(free) < 2:
        return _NOTHING
    a, b = _pair(comparison.floats, comparison, upper, lower)
    equal = abs(a - b) <= 1e-9 * np.maximum(abs(a), abs(b))
    for one, other in combinations(free, 2):
        if comparison.spans.get(one) != comparison.spans.get(other):
            continue
        axes = (1 + free.index(one), 1 + free.index(other))
        places = [np.arange(a.shape[axis]).reshape([-1 if k == axis else 1 for k in range(a.ndim)]) for axis in axes]
        same = np.broadcast_to(places[0] == places[1], a.shape)
        for kind, right in (("equal indices", same), ("different indices", ~same)):
            if equal[right].all() and not equal.all(axis=0)[~right[0]].any():
                return kind, {"first": one, "second": other}
    return _NOTHING


def _square(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Found:
    """Equal as soon as two of the ranges are one."""
    setting = comparison.setting
    if difference.kind == "undefined":
        return _NOTHING
    for first, second in combinations(setting.ranges, 2):
        one, other = (_one_range(node, first, second) for node in (upper, lower))
        if _merged(comparison, first, second).equal(one, other):
            return "square", {"first": first, "second": second}
    return _NOTHING


def _merged(comparison: Comparison, first: str, second: str) -> Comparison:
    """A comparison in a setting with one range instead of two."""

    def one(name: str) -> str:
        return first if name == second else name

    def ones(spans: Mapping[str, str]) -> dict[str, str]:
        return {index: one(span) for index, span in spans.items()}

    setting = comparison.setting
    letters = {
        name: Letter(tuple(one(axis) for axis in letter.shape), letter.domain)
        for name, letter in setting.letters.items()
    }
    merged = Comparison(
        Setting(letters, setting.definitions, ones(setting.indices)), comparison.work, ones(comparison.spans)
    )
    for evaluator in (merged.floats, merged.others):
        if evaluator is not None:
            evaluator.lengths[second] = evaluator.lengths[first]  # as a number, the name is still known
    return merged


def _one_range(node: Node, first: str, second: str) -> Node:
    """The formula with one name of a range instead of two."""
    if isinstance(node, Over) and node.range == second:
        node = replace(node, range=first)
    if isinstance(node, Constant):
        return replace(node, shape=tuple(first if name == second else name for name in node.shape))
    return rebuilt(node, lambda part: _one_range(part, first, second))


@dataclass(frozen=True)
class _Change:
    kind: str
    node: Node


@dataclass(frozen=True)
class _Place:
    """A part of a formula, and how to put another one there."""

    node: Node
    put: Callable[[Node], Node]


def _places(node: Node, put: Callable[[Node], Node] = lambda part: part) -> Iterator[_Place]:
    """All parts of a formula that are formulas themselves, from the outside to the inside."""
    yield _Place(node, put)
    for item in fields(node):
        value = getattr(node, item.name)
        if isinstance(value, Node) and not (isinstance(node, Derivative) and item.name == "by"):
            yield from _places(value, functools.partial(_put, put, node, item.name))
        for k, condition in enumerate(value if item.name == "conditions" else ()):
            inside = functools.partial(_put_condition, put, node, k)
            for side in ("left", "right"):
                yield from _places(getattr(condition, side), functools.partial(_put, inside, condition, side))


def _put(put: Callable[[Node], Node], node: Node, name: str, part: Any) -> Node:
    values: dict[str, Any] = {item.name: getattr(node, item.name) for item in fields(node)}
    return put(type(node)(**{**values, name: part}))


def _put_condition(put: Callable[[Node], Node], node: Node, place: int, condition: Node) -> Node:
    conditions = getattr(node, "conditions")  # noqa: B009 - of an indicator or of a sum
    return _put(put, node, "conditions", (*conditions[:place], condition, *conditions[place + 1 :]))


def _changed(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Found:
    """One change in one place makes the line equal to the line above."""
    if difference.kind not in ("value", "index", "sum lost"):
        return _NOTHING
    changes = (_Change(c.kind, place.put(c.node)) for place in _places(lower) for c in _local(place.node, comparison))
    for change in islice(changes, _MOST_CHANGES):
        if comparison.equal(upper, change.node):
            return change.kind, {}
    return _NOTHING


def _missing(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Found:
    """The line times a letter, an entry or a Kronecker delta is right."""
    if difference.kind != "value":
        return _NOTHING
    for factor in islice(_factors(comparison), _MOST_CHANGES // 2):
        if comparison.equal(upper, Binary("*", lower, factor)):
            return "missing", {"factor": written(factor)}
    return _NOTHING


def _factors(comparison: Comparison) -> Iterator[Node]:
    setting, free = comparison.setting, comparison.free or ()
    for name in (*setting.letters, *setting.definitions):
        shape = shape_of(Name(name), setting, comparison.floats.formulas)
        if not shape:
            yield Name(name)
        for chosen in permutations(free, len(shape)) if shape else ():
            if tuple(comparison.spans.get(index) for index in chosen) == shape:
                yield Entry(Name(name), chosen)
    for one, other in combinations(free, 2):
        if comparison.spans.get(one) == comparison.spans.get(other):
            yield Kronecker(one, other)


def written(factor: Node) -> str:
    """A factor as one types it."""
    if isinstance(factor, Entry):
        return f"{name_of(factor)}[{', '.join(factor.indices)}]"
    return f"delta({factor.left}, {factor.right})" if isinstance(factor, Kronecker) else name_of(factor)


def _new(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Found:
    new = sorted(_free(comparison, lower) - _free(comparison, upper))
    return ("new index", {"names": " and ".join(new)}) if difference.kind == "sum lost" and new else _NOTHING


def _local(node: Node, comparison: Comparison) -> Iterator[_Change]:
    """The node with another sign, index, condition or small number."""
    if isinstance(node, Binary) and node.op in "+-":
        yield _Change("one sign", Binary("-" if node.op == "+" else "+", node.left, node.right))
    if isinstance(node, Unary):
        yield _Change("one sign", node.operand)
    if isinstance(node, Binary) and node.op in ("*", "/"):
        yield _Change("extra", node.left)
    if isinstance(node, Binary) and node.op == "*":
        yield _Change("extra", node.right)
    if isinstance(node, Number) and node.text.isdecimal() and len(node.text) < 3:
        for value in sorted({0, 1, 2, int(node.text) + 1, int(node.text) - 1} - {int(node.text)}):
            if value >= 0:
                yield _Change("number", Number(str(value)))
    if isinstance(node, Over) and node.conditions:
        yield _Change("condition", replace(node, conditions=()))
    if isinstance(node, Over) and node.kind == "sum":
        for name in sorted(set(comparison.free or ()) - {node.index}):
            condition = Condition("!=", Name(node.index), Name(name))
            yield _Change("condition", replace(node, conditions=(condition,)))
    if isinstance(node, Entry | Kronecker):
        yield from _other_indices(node, comparison)


def _other_indices(node: Entry | Kronecker, comparison: Comparison) -> Iterator[_Change]:
    names = sorted({*comparison.spans, *(comparison.free or ()), *named_indices(node)})
    if isinstance(node, Entry) and any(index.isdecimal() for index in node.indices):
        names += ["0", "1"]
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


__all__ = ["SENTENCES", "with_kind"]
