"""What kind of mistake a false line is, as far as its numbers and its form tell.

Nothing here knows the right answer: a kind is found by changing the false line in one place and looking whether it
becomes equal to the line above, or by looking where the two lines agree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, islice

import numpy as np

from mlp_utils.derivations.axes import MAX_WORK
from mlp_utils.derivations.changes import left_out, places, single_terms, small_changes, top_factors
from mlp_utils.derivations.evaluation import Evaluator
from mlp_utils.derivations.ranges import MeaningError, letters_of
from mlp_utils.derivations.setting import Letter, Setting
from mlp_utils.derivations.steps import Comparison, Difference
from mlp_utils.derivations.tree import (
    Call,
    Constant,
    Kronecker,
    Name,
    Node,
    Over,
    Transpose,
    rebuilt,
    walk,
)

SENTENCES = {
    "sign": "The whole line has the wrong sign.",
    "one sign": "One sign in this line is wrong.",
    "factor": "This line is {factor} times the line above: a constant factor is wrong.",
    "transpose": "This line is the transpose of the line above.",
    "index": "One index in this line is wrong.",
    "number": "One number in this line is wrong.",
    "exponent": "One exponent in this line is wrong.",
    "path": "A sum is missing in this line: it has one path alone, and {name} reaches the result by several.",
    "sum lost": "A sum over {names} is missing in this line.",
    "sum kept": "The line above depends on {names} and this line does not: the sum over {names} is too much.",
    "index lost": "The line above depends on {names}, and this line does not.",
    "new index": "The index {names} stands in this line without a sum over it, and the line above does not depend on "
    "{names}.",
    "missing": "The factor {factor} is missing in this line.",
    "undivided": "A division by {factor} is missing in this line.",
    "extra": "{factor} is too much in this line{lost}.",
    "square lost": "A square{factor} is missing in this line.",
    "not differentiated": "{factor} stands in this line where its derivative belongs.",
    "inner derivative": "The derivative of an inner function is missing in this line.",
    "differentiated": "A derivative stands in this line where what it is taken of belongs.",
    "condition": "A condition of a sum in this line is wrong or missing.",
    "turned": "One comparison in this line is turned round.",
    "positive": "This line holds only for {name} > 0.",
    "negative": "This line holds only for {name} < 0.",
    "zero": "This line holds everywhere but at {name} = 0.",
    "equal indices": "This line holds only where {first} = {second}.",
    "different indices": "This line holds only where {first} ≠ {second}.",
    "square": "This line holds only if {first} = {second}.",
}
UNNAMED = {
    "missing": "A factor is missing in this line.",
    "undivided": "A division is missing in this line.",
}
_MANY = 28
_LONG = 100
"""In formulas of more parts only small changes are tried."""


def with_kind(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Difference:
    """The difference with the kind of mistake in its sentence, where one is found.

    A kind is named only if the change that it means makes the two lines equal, or if the numbers say it.
    """
    comparison.work.left = max(comparison.work.left, MAX_WORK // 3)
    try:
        with np.errstate(all="ignore"):
            for find in (_square, _transposed, _half_line, _ratio, _lost, _changed, _diagonal, _kept, _new):
                kind, words = find(comparison, upper, lower, difference)
                if kind:
                    return replace(difference, kind=kind, says=_sentence(kind, words, upper))
    except MeaningError:
        return difference  # it takes too long to look any further
    return difference


def _sentence(kind: str, words: Mapping[str, str], upper: Node) -> str:
    """A factor that was dropped has its name; one that the line above has not either would be the answer."""
    known = {part.id for part in walk(upper) if isinstance(part, Name)}
    known |= {part.function for part in walk(upper) if isinstance(part, Call)}
    known |= {"delta" for part in walk(upper) if isinstance(part, Kronecker)}
    letters = set(re.findall(r"[A-Za-z_]\w*", re.sub(r"\[[^]]*\]|\(.*|^a power of", "", words.get("factor", ""))))
    if kind in UNNAMED and not letters <= known:
        return UNNAMED[kind]
    return SENTENCES[kind].format(**words)


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
    for inner in places(lower):
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


def _changed(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Found:
    """One change in one place makes the line equal to the line above."""
    short = sum(1 for _ in walk(lower)) <= _LONG
    for changes, kinds, most in _CHANGES:
        if difference.kind in kinds and (short or changes is small_changes):
            for change in islice(changes(lower, upper, comparison), most):
                if comparison.work.left < 0:
                    return _NOTHING  # ``equal`` says no from here on
                if comparison.equal(upper, change.node):
                    return change.kind, dict(change.words)
    return _NOTHING


_CHANGES = (
    (small_changes, ("value", "index", "sum lost"), 120),
    (single_terms, ("value",), 60),
    (top_factors, ("value",), 60),
    (left_out, ("value",), 300),
)
"""Changes that are tried, for which kinds of differences, and how many of them at most."""


def _new(comparison: Comparison, upper: Node, lower: Node, difference: Difference) -> Found:
    new = sorted(_free(comparison, lower) - _free(comparison, upper))
    return ("new index", {"names": " and ".join(new)}) if difference.kind == "sum lost" and new else _NOTHING


__all__ = ["SENTENCES", "with_kind"]
