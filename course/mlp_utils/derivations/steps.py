"""Compare the lines of a derivation with each other: which is the first that does not follow from the one above?

No answer key is needed: two formulas are equal if they have the same value wherever they are tried.  Values in float64
that differ are computed again with 60 and 120 digits before anything is called false: a difference that shrinks with
more digits is none.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mlp_utils.derivations.advice import OWN_NAME
from mlp_utils.derivations.arithmetic import Digits, Numbers
from mlp_utils.derivations.axes import Work
from mlp_utils.derivations.evaluation import Evaluator
from mlp_utils.derivations.ranges import MeaningError, letters_of, told
from mlp_utils.derivations.reader import read_chain
from mlp_utils.derivations.setting import Setting
from mlp_utils.derivations.tokens import GAP, ReadError
from mlp_utils.derivations.tree import Node

MAX_LINES = 40
MAX_FORMULAS = 60
_MOST_SHOWN = 12
"""Of a larger array the values are not written beside a difference."""
NOWHERE = "The line above has no value anywhere, so nothing can be compared with it."
TOO_LARGE = "The numbers in this line are too large, or too close to each other, to be told apart."
START, TRUE, FALSE, UNDEFINED, UNREAD, LATER = "start", "true", "false", "undefined", "unread", "later"


@dataclass(frozen=True)
class Difference:
    """How a formula differs from the one above it.

    kind:  "value", "shape", "index", "sum lost", "undefined", or one that ``kinds`` finds.
    says:  one sentence.
    where: the values of the letters at the place that is shown; indices count from 0.
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
    state: START (the first that can be read), TRUE (equal to the one that it was compared with), FALSE, UNDEFINED
           (nothing to compare), UNREAD, or LATER (the bounds of what is tried out were reached).
    meant: False if the formula has no value at all, because shapes or indices do not fit.
    above: the number of the line that it was compared with; 0 where there is none.
    sound: whether it is equal to the first one.  A line below a false one may follow from that one without being so.
    """

    line: int
    text: str
    state: str
    node: Node | None = None
    difference: Difference | None = None
    message: str = ""
    meant: bool = True
    above: int = 0
    sound: bool = False

    @property
    def is_gap(self) -> bool:
        """A line that could not be read because a gap in it has not been filled."""
        return self.state == UNREAD and GAP.search(self.text) is not None


@dataclass(frozen=True)
class Checked:
    """All steps of a derivation, with the ranges of their indices."""

    steps: tuple[Step, ...]
    spans: Mapping[str, str] = field(default_factory=dict)

    @property
    def first_false(self) -> Step | None:
        return next((step for step in self.steps if step.state in (FALSE, UNDEFINED)), None)

    @property
    def slips(self) -> tuple[Step, ...]:
        """The lines that cannot be read, those with a gap left out."""
        return tuple(step for step in self.steps if step.state == UNREAD and not step.is_gap)

    @property
    def gaps(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.is_gap)

    @property
    def untouched(self) -> bool:
        """Whether there are gaps, and nothing stands there besides them and the first line."""
        first = self.steps[0].line if self.steps else 0
        return bool(self.gaps) and all(step.is_gap or step.line == first for step in self.steps)


def typed_lines(text: str) -> list[tuple[int, str]]:
    """The lines that hold something, numbered from the first of them; ``#`` begins a comment."""
    lines = [(k, line.split("#", 1)[0].strip()) for k, line in enumerate(text.splitlines())]
    filled = [(k, line) for k, line in lines if line]
    return [(k - filled[0][0] + 1, line) for k, line in filled]


def check_steps(text: str, setting: Setting) -> Checked:
    """Compare each formula of a derivation with the nearest one above it that can be read.

    A formula that does not follow from a false line is compared with the last one that is equal to the first line, so
    that one mistake does not spoil what stands below it.  Nothing that is typed makes this raise.
    """
    lines = typed_lines(text)
    steps: list[Step] = []
    if len(lines) > MAX_LINES:
        number = lines[MAX_LINES][0]
        return Checked((Step(number, "", UNREAD, message=f"{MAX_LINES} lines are the most."),))
    comparison = Comparison(setting)
    for number, line in lines:
        try:
            for node in read_chain(line):
                if sum(step.node is not None for step in steps) == MAX_FORMULAS:
                    raise _End(f"{MAX_FORMULAS} formulas are the most")
                steps.append(_compared(comparison, steps, Step(number, line, FALSE, node)))
        except (ReadError, MeaningError) as error:
            steps.append(Step(number, line, UNREAD, message=_where_named(error, line)))
            if isinstance(error, _End) or comparison.work.left < 0:
                rest = [Step(k, text, LATER) for k, text in lines if k > number]
                return Checked((*steps, *rest), comparison.spans)
    return Checked(tuple(steps), comparison.spans)


class _End(MeaningError):
    """A bound was reached: nothing below is looked at."""

    def __init__(self, message: str) -> None:
        super().__init__("size", message)


def _compared(comparison: Comparison, before: Sequence[Step], step: Step) -> Step:
    """The step with its state; ``MeaningError`` for a name that nobody knows."""
    assert step.node is not None
    try:
        comparison.know(step.node, strict=True)
    except MeaningError as error:
        if error.kind in ("name", "nested", "size"):
            raise
        return replace(step, difference=Difference(error.kind, f"{sentence(error)}."), meant=False)
    readable = [one for one in before if one.node is not None and one.meant]
    if not readable:
        return replace(step, state=START, sound=True)
    above = readable[-1]
    sound = next((one for one in reversed(readable) if one.sound), above)
    found = _against(comparison, above, step)
    if found.state == TRUE or sound is above:
        return found
    again = _against(comparison, sound, step)
    return again if again.state == TRUE else found


def _against(comparison: Comparison, above: Step, step: Step) -> Step:
    assert above.node is not None and step.node is not None
    difference = comparison.difference(above.node, step.node)
    state = TRUE if difference is None else UNDEFINED if difference.kind == "undefined" else FALSE
    sound = above.sound and difference is None
    return replace(step, state=state, difference=difference, above=above.line, sound=sound)


def _where_named(error: ReadError | MeaningError, line: str) -> str:
    """A name that is not known, with its position in the line."""
    text = str(error).rstrip(".")
    word = re.match(r"\w+(?= is )", text) if isinstance(error, MeaningError) and error.kind == "name" else None
    place = re.search(rf"\b{word.group()}\b", line) if word else None
    if word and re.match(rf"\s*{word.group()}\s*=(?!=)", line):
        text = f"{word.group()} is not known here; {OWN_NAME}"
    return f"At position {place.start() + 1}: {text}." if place else f"{sentence(text)}."


def sentence(text: object) -> str:
    """With a capital letter, unless it begins with a name such as dY."""
    words = f"{text}".split()
    plain = bool(words) and (words[0] in ("a", "an", "the") or len(words[0]) > 2) and words[0].islower()
    return f"{text}"[:1].upper() + f"{text}"[1:] if plain else f"{text}"


class Comparison:
    """Compares formulas in one setting.

    spans:  the ranges of the indices, as far as the formulas told them so far.
    floats: computes at the first lengths of the ranges; ``others`` at other lengths, so that 3 is not taken for n.
    """

    def __init__(self, setting: Setting, work: Work | None = None, spans: Mapping[str, str] | None = None) -> None:
        self.setting = setting
        self.spans = dict(spans or {})
        self.work = work or Work()
        self.floats = Evaluator(setting, work=self.work)
        meaning = self.floats.meaning
        turned = Evaluator(setting, lengths=setting.lengths(turn=1), work=self.work, meaning=meaning)
        self.others = turned if setting.ranges else None
        self._exact: dict[tuple[bool, int, int], Evaluator] = {}
        self.free: tuple[str, ...] | None = None

    def know(self, node: Node, strict: bool = False) -> None:
        """Check that the formula has a meaning, and learn its indices; ``MeaningError`` if it has none.

        strict: the free indices must run over what they ran over before (they may not between two derivations).
        """
        meant = self.floats.meaning.of(node, self.spans)
        self.floats.evaluate(node, self.spans)
        for name in meant.free:
            old, new = self.spans.get(name, meant.spans[name]), meant.spans[name]
            if strict and old != new:
                raise MeaningError("index", f"the index {name} runs over {new}, and in the lines above over {old}")
        self.spans = {name: meant.spans[name] for name in meant.free} | self.spans
        if self.free is None:
            self.free = meant.free

    def difference(self, upper: Node, lower: Node) -> Difference | None:
        """None if the two formulas are equal, else how they differ."""
        with np.errstate(all="ignore"):
            found = self._difference(self.floats, upper, lower)
            if found is None and self.others is not None:
                found = self._difference(self.others, upper, lower)
            return found

    def equal(self, upper: Node, lower: Node) -> bool:
        """Whether two formulas are equal in float64; False if one has no meaning."""
        evaluators = [self.floats] + ([self.others] if self.others else [])
        try:
            with np.errstate(all="ignore"):
                return all(_Pair(evaluator, upper, lower, self.spans).agrees() for evaluator in evaluators)
        except MeaningError:
            return False

    def _difference(self, floats: Evaluator, upper: Node, lower: Node) -> Difference | None:
        pair = _Pair(floats, upper, lower, self.spans)
        if pair.shapes[0] != pair.shapes[1]:
            return Difference("shape", _shapes_told(*pair.shapes, pair.free))
        unclear: Difference | None = None
        lost: dict[int, Difference] = {}
        compared = bool(pair.both.any())
        for point in pair.doubtful():
            exact = _Pair(self._with_digits(floats, point, 60), upper, lower, self.spans)
            compared |= bool(exact.both.any())
            if exact.wrong.any():
                more = _Pair(self._with_digits(floats, point, 120), upper, lower, self.spans)
                shrunk = exact.size_of_gap() - more.size_of_gap()
                if abs(shrunk) < 0.01:
                    return exact.as_difference(turned=floats is self.others)
                if shrunk < 10:
                    unclear = Difference("undefined", TOO_LARGE)
            if exact.lost.any():
                lost[point] = exact.as_lost()
        if lost and not pair.only_at_zero([*lost]):
            return next(iter(lost.values()))
        return unclear if compared else Difference("undefined", NOWHERE)

    def _with_digits(self, floats: Evaluator, point: int, count: int) -> Evaluator:
        """One point with many digits; it is kept, because the next line is often wrong at the same point."""
        key = (floats is self.floats, point, count)
        if key not in self._exact:
            self._exact[key] = floats.at([point], digits(count))
        return self._exact[key]


@functools.cache
def digits(count: int = 60) -> Digits:
    """One kind of long numbers for the whole process."""
    return Digits(count)


class _Pair:
    """The values of two formulas at all points.

    free:    the free indices of each.
    both:    where both have a value; ``wrong`` where these differ; ``lost`` where only the upper one has a value.
    """

    def __init__(self, evaluator: Evaluator, upper: Node, lower: Node, spans: Mapping[str, str]) -> None:
        self.evaluator, self.nodes = evaluator, (upper, lower)
        meant = [evaluator.meaning.of(node, spans) for node in self.nodes]
        self.free = [list(one.free) for one in meant]
        for name in sorted({*self.free[0]} & {*self.free[1]}):
            upper_span, lower_span = (one.spans[name] for one in meant)
            if upper_span != lower_span:
                raise MeaningError("index", f"the index {name} runs over {lower_span}, and above over {upper_span}")
        self.names = sorted({*self.free[0], *self.free[1]})
        a, b = (evaluator.table(node, self.names, spans) for node in self.nodes)
        self.shapes = (a.shape, b.shape)
        if a.shape != b.shape:
            return
        numbers = evaluator.numbers
        left, right = np.broadcast_arrays(a.data, b.data)
        has_left, has_right = numbers.finite(left), numbers.finite(right)
        self.left, self.right = numbers.real(left), numbers.real(right)
        self.both, self.lost = has_left & has_right, has_left & ~has_right
        self.wrong = _far(numbers, self.left, self.right, self.both)

    def agrees(self) -> bool:
        return self.shapes[0] == self.shapes[1] and bool(self.both.any()) and not self.doubtful()

    def doubtful(self) -> list[int]:
        """The points where the values should be looked at with more digits: where they differ, or where one is lost
        elsewhere than at 0; some of them if the upper formula never has a value.
        """
        wrong = {int(k) for k in np.argwhere(self.wrong)[:, 0]}
        lost = {int(k) for k in np.argwhere(self.lost)[:, 0]}
        if not self.both.any():
            return list(range(len(self.both)))[:3]
        return sorted(wrong) + ([] if self.only_at_zero(sorted(lost)) else sorted(lost - wrong))

    def only_at_zero(self, points: list[int]) -> bool:
        """Whether these are points where a letter is exactly 0, and others are left: x * x / x is as good as x."""
        zero = np.zeros(len(self.both), dtype=bool)
        for name, letter in self.evaluator.setting.letters.items():
            if not letter.shape:
                zero |= self.evaluator.points[name] == 0
        return bool(zero[points].all() and self.both.any())

    def size_of_gap(self) -> float:
        """The decimal logarithm of the largest difference."""
        numbers = self.evaluator.numbers
        gap = np.where(self.both, abs(self.left - self.right), numbers.real(numbers.array(0.0)))
        return numbers.magnitude(np.max(gap))

    def as_lost(self) -> Difference:
        """The first place where only the upper formula has a value."""
        place = tuple(int(k) for k in np.argwhere(self.lost)[0])
        says = "This line has no value at a place where the line above has one."
        return Difference("undefined", says, self.where(place), _short(self.left[place], 0)[0], "no value")

    def as_difference(self, turned: bool = False) -> Difference:
        """The first place where the values differ."""
        place = _place(self.left, self.right, self.wrong)
        kind, says = "value", "This line is not equal to the line above."
        new = [name for name in self.free[1] if name not in self.free[0]]
        if new:
            kind, names = "sum lost", " and ".join(new)
            says = f"The index {names} stands in this line without a sum over it, and the line above does not depend "
            says += f"on {names}."
        where = self.where(place, turned)
        return Difference(kind, says, where, *_short(self.left[place], self.right[place]))

    def where(self, place: tuple[int, ...], turned: bool = False) -> str:
        """The values of what the two lines use: x = 0.7, i = 2, z = (0.3, -1.2, 0.8); indices count from 0."""
        evaluator = self.evaluator
        used = letters_of(self.nodes[0], evaluator.formulas) | letters_of(self.nodes[1], evaluator.formulas)
        pieces = [f"{name} = {place[1 + k]}" for k, name in enumerate(self.names)]
        entry = place[1 + len(self.names) :]
        if entry:
            pieces.append(f"entry ({', '.join(str(k) for k in entry)})")
        if turned:
            pieces += [f"{name} = {evaluator.lengths[name]}" for name in evaluator.setting.ranges if name in used]
        for name in evaluator.setting.letters:
            values = evaluator.points[name][place[0]]
            if name in used and values.size <= _MOST_SHOWN:
                pieces.append(f"{name} = {_written(values)}")
        return ", ".join(pieces)


def _shapes_told(upper: tuple[str, ...], lower: tuple[str, ...], free: list[list[str]]) -> str:
    def one(shape: tuple[str, ...], indices: list[str]) -> str:
        if shape:
            return f"an array of shape {told(shape)}"
        return f"a number for each {', '.join(indices)}" if indices else "a single number"

    return f"This line is {one(lower, free[1])}, and the line above is {one(upper, free[0])}."


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


def _written(values: Any) -> str:
    if np.ndim(values) == 0:
        return f"{float(values):g}"
    return f"({', '.join(_written(value) for value in values)})"


def _short(left: Any, right: Any) -> tuple[str, str]:
    """Both values with four digits; one that is nothing beside the other is 0."""
    size = max(abs(left), abs(right))
    first, second = (f"{float(0 if abs(value) < 1e-15 * size else value):.4g}" for value in (left, right))
    return first, second
