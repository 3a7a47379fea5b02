"""Compare the lines of a derivation with each other: which is the first that does not follow from the one above?

No answer key is needed: two formulas are equal if they have the same value wherever they are tried.  Values in float64
that differ are computed again with 60 digits before anything is called false.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mlp_utils.derivations.arithmetic import Digits, Numbers
from mlp_utils.derivations.evaluation import Evaluator, Value
from mlp_utils.derivations.ranges import MeaningError, spans_of, told
from mlp_utils.derivations.reader import ReadError, read_chain
from mlp_utils.derivations.setting import Setting
from mlp_utils.derivations.tree import Name, Node, free_indices, walk

MAX_LINES = 40
START, TRUE, FALSE, UNDEFINED, UNREAD, LATER = "start", "true", "false", "undefined", "unread", "later"


@dataclass(frozen=True)
class Difference:
    """How a formula differs from the one above it.

    kind:  "value", "shape", "sum lost", "sum kept", "undefined", or one that ``kinds`` finds.
    says:  one sentence.
    where: the values of the letters at the place that is shown.
    upper, lower: the two values there, as text.
    """

    kind: str
    says: str
    where: str = ""
    upper: str = ""
    lower: str = ""


@dataclass(frozen=True)
class Step:
    """One formula of a derivation.

    line:  the number of the typed line, from 1.
    state: START, TRUE (equal to the one above), FALSE, UNDEFINED (nothing to compare), UNREAD, or LATER (after a line
           that could not be read).
    meant: False if the formula has no value at all, because shapes or indices do not fit.
    """

    line: int
    text: str
    state: str
    node: Node | None = None
    difference: Difference | None = None
    message: str = ""
    meant: bool = True


@dataclass(frozen=True)
class Checked:
    """All steps of a derivation, with the ranges of their indices."""

    steps: tuple[Step, ...]
    spans: Mapping[str, str] = field(default_factory=dict)

    @property
    def first_false(self) -> Step | None:
        return next((step for step in self.steps if step.state in (FALSE, UNDEFINED)), None)

    @property
    def unread(self) -> Step | None:
        return next((step for step in self.steps if step.state == UNREAD), None)


def typed_lines(text: str) -> list[tuple[int, str]]:
    """The lines that hold something, with their numbers; ``#`` begins a comment."""
    lines = [(k, line.split("#", 1)[0].strip()) for k, line in enumerate(text.splitlines(), start=1)]
    return [(k, line) for k, line in lines if line]


def check_steps(text: str, setting: Setting) -> Checked:
    """Compare each formula of a derivation with the one above it; nothing that is typed makes this raise."""
    lines = typed_lines(text)
    steps: list[Step] = []
    if len(lines) > MAX_LINES:
        number = lines[MAX_LINES][0]
        return Checked((Step(number, "", UNREAD, message=f"{MAX_LINES} lines are the most."),))
    comparison = Comparison(setting)
    above: Node | None = None
    for number, line in lines:
        try:
            for node in read_chain(line):
                step = _step(comparison, above, node)
                steps.append(replace(step, line=number, text=line))
                above = node if step.meant else above
        except (ReadError, MeaningError) as error:
            steps.append(Step(number, line, UNREAD, message=_where_named(error, line)))
            rest = [Step(k, text, LATER) for k, text in lines if k > number]
            return Checked((*steps, *rest), comparison.spans)
    return Checked(tuple(steps), comparison.spans)


def _step(comparison: Comparison, above: Node | None, node: Node) -> Step:
    """What follows from the line above; ``MeaningError`` for a name that nobody knows."""
    try:
        comparison.know(node)
    except MeaningError as error:
        if error.kind in ("name", "nested"):
            raise
        return Step(0, "", FALSE, node, Difference(error.kind, f"{error}."), meant=False)
    if above is None:
        return Step(0, "", START, node)
    difference = comparison.difference(above, node)
    state = TRUE if difference is None else UNDEFINED if difference.kind == "undefined" else FALSE
    return Step(0, "", state, node, difference)


def _where_named(error: ReadError | MeaningError, line: str) -> str:
    """A name that is not known, with its position in the line."""
    text = str(error).rstrip(".")
    word = text.split(" ", 1)[0]
    if isinstance(error, MeaningError) and word in line:
        return f"At position {line.index(word) + 1}: {text}."
    return f"{text}."


class Comparison:
    """Compares formulas in one setting.

    spans: the ranges of the indices, as far as the formulas told them so far.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.spans: dict[str, str] = {}
        self.floats = Evaluator(setting)
        self.free: tuple[str, ...] | None = None

    def know(self, node: Node) -> None:
        """Check that the formula has a meaning, and learn its indices; ``MeaningError`` if it has none."""
        spans = spans_of(node, self.setting, self.floats.formulas, self.spans)
        self.floats.evaluate(node, self.spans)
        free = free_indices(node, frozenset(spans))
        if self.free is None:
            self.free = tuple(sorted(free))
        for name in free:
            self.spans.setdefault(name, spans[name])

    def difference(self, upper: Node, lower: Node) -> Difference | None:
        """None if the two formulas are equal, else how they differ."""
        quick = compare(self.floats, upper, lower, self.spans)
        if quick is None or quick.kind in ("shape", "sum lost"):
            return quick
        slow = Evaluator(self.setting, digits(), self.floats.lengths, self.floats.points)
        return compare(slow, upper, lower, self.spans)

    def equal(self, upper: Node, lower: Node, setting: Setting | None = None) -> bool:
        """Whether two formulas are equal in float64, in this setting or in another; False if one has no meaning."""
        evaluator = self.floats if setting is None else Evaluator(setting)
        try:
            return compare(evaluator, upper, lower, self.spans if setting is None else {}) is None
        except MeaningError:
            return False


@functools.cache
def digits() -> Digits:
    """One kind of long numbers for the whole process."""
    return Digits()


def compare(evaluator: Evaluator, upper: Node, lower: Node, spans: Mapping[str, str]) -> Difference | None:
    """None if two formulas have the same values at all points where the upper one has a value."""
    free = [sorted(free_indices(node, frozenset(_spans(evaluator, node, spans)))) for node in (upper, lower)]
    new = [name for name in free[1] if name not in free[0]]
    a, b = (evaluator.table(node, sorted({*free[0], *free[1]}), spans) for node in (upper, lower))
    if a.shape != b.shape:
        return Difference("shape", _shapes_told(a.shape, b.shape, free))
    found = _compare_values(evaluator, a, b, upper, lower, sorted({*free[0], *free[1]}), spans)
    if found is None or found.kind == "undefined":
        return found
    if new:
        names = " and ".join(new)
        return replace(
            found,
            kind="sum lost",
            says=f"The index {names} stands in this line without a sum over it, and the line above does not depend on "
            f"{names}.",
        )
    return found


def _spans(evaluator: Evaluator, node: Node, spans: Mapping[str, str]) -> dict[str, str]:
    return spans_of(node, evaluator.setting, evaluator.formulas, spans)


def _shapes_told(upper: tuple[str, ...], lower: tuple[str, ...], free: list[list[str]]) -> str:
    def one(shape: tuple[str, ...], indices: list[str]) -> str:
        if shape:
            return f"an array of shape {told(shape)}"
        return f"a number for each {', '.join(indices)}" if indices else "a single number"

    return f"This line is {one(lower, free[1])}, and the line above is {one(upper, free[0])}."


def _compare_values(
    evaluator: Evaluator, a: Value, b: Value, upper: Node, lower: Node, free: list[str], spans: Mapping[str, str]
) -> Difference | None:
    numbers = evaluator.numbers
    left, right = np.broadcast_arrays(a.data, b.data)
    has_left, has_right = numbers.finite(left), numbers.finite(right)
    both = has_left & has_right
    left, right = numbers.real(left), numbers.real(right)
    wrong = _far(numbers, left, right, both)
    if wrong.any():
        place = _place(left, right, wrong)
        where = _letters_at(evaluator, place, upper, lower, free)
        says = "This line is not equal to the line above."
        return Difference("value", says, where, _short(left[place]), _short(right[place]))
    lost = has_left & ~has_right
    if both.any() and not _isolated(evaluator, lost):
        return None
    if lost.any():
        place = tuple(int(k) for k in np.argwhere(lost)[0])
        where = _letters_at(evaluator, place, upper, lower, free)
        says = "This line has no value at a place where the line above has one."
        return Difference("undefined", says, where, _short(left[place]), "no value")
    return None


def _isolated(evaluator: Evaluator, lost: np.ndarray) -> bool:
    """Whether values are lost at other places than where a letter is exactly 0 (x * x / x is as good as x)."""
    zero = np.zeros(lost.shape[0], dtype=bool)
    for name, letter in evaluator.setting.letters.items():
        if not letter.shape:
            zero |= evaluator.points[name] == 0
    return bool(lost[~zero].any())


def _far(numbers: Numbers, a: np.ndarray, b: np.ndarray, both: np.ndarray) -> np.ndarray:
    """Which entries differ by more than the tolerance times the largest entry at the same point."""
    zero = np.zeros_like(a)
    size = np.where(both, np.maximum(abs(a), abs(b)), zero)
    largest = np.max(size.reshape(size.shape[0], -1), axis=1) if size.size else np.zeros(size.shape[0])
    largest = largest.reshape(-1, *(1,) * (size.ndim - 1))
    gap = np.where(both, abs(np.where(both, a, zero) - np.where(both, b, zero)), zero)
    return np.asarray(gap > numbers.tolerance * largest, dtype=bool)


def _place(a: np.ndarray, b: np.ndarray, wrong: np.ndarray) -> tuple[int, ...]:
    """The first point that shows it, and there the entry with the largest difference."""
    point = int(np.argmax(wrong.reshape(wrong.shape[0], -1).any(axis=1)))
    gap = np.where(wrong[point], abs(np.asarray(a[point] - b[point], dtype=float)), -1.0)
    return (point, *(int(k) for k in np.unravel_index(int(np.argmax(gap)), gap.shape)))


def _letters_at(evaluator: Evaluator, place: tuple[int, ...], upper: Node, lower: Node, free: list[str]) -> str:
    """The values of what the two lines use: x = 0.7, i = 2, z = (0.3, -1.2, 0.8); indices count from 1."""
    used = names_used(upper, evaluator) | names_used(lower, evaluator)
    pieces = [f"{name} = {place[1 + k] + 1}" for k, name in enumerate(free)]
    entry = place[1 + len(free) :]
    if entry:
        pieces.append(f"entry ({', '.join(str(k + 1) for k in entry)})")
    for name in evaluator.setting.letters:
        values = evaluator.points[name][place[0]]
        if name in used and values.size <= 6:
            pieces.append(f"{name} = {_written(values)}")
    return ", ".join(pieces)


def names_used(node: Node, evaluator: Evaluator) -> set[str]:
    """The letters of a formula, those of its definitions included."""
    found: set[str] = set()
    for inner in walk(node):
        if isinstance(inner, Name):
            found.add(inner.id)
            if inner.id in evaluator.formulas:
                found |= names_used(evaluator.formulas[inner.id], evaluator)
    return found


def _written(values: Any) -> str:
    if np.ndim(values) == 0:
        return f"{float(values):g}"
    return f"({', '.join(_written(value) for value in values)})"


def _short(value: Any) -> str:
    return f"{float(value):.4g}"
