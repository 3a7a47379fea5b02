"""The generic mistakes: what the numbers look like when a sign, a factor, an axis or a transpose is wrong.

Each ``Pattern`` knows three things: how to recognise the mistake from the numbers of all cases, what to say of it,
and how to make it (``spoil`` turns a right function into a wrong one).  The same list gives the hints in a notebook,
the generic diagnoses of the judge, and mutants for the tests.  The order matters: the first that fits is named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlp_utils.assessing.assess import Outcome
from mlp_utils.assessing.compare import MUTATED, NAN, UNSTEADY
from mlp_utils.hints import spoilers
from mlp_utils.hints.pairs import TOLERANCE, Pair, arrays_of, largest, wrong_pairs

Fits = Callable[[Outcome, Sequence[Pair]], bool]


@dataclass(frozen=True)
class Pattern:
    """One generic mistake.

    id:       for records and reports.
    sentence: what is wrong, as feedback says it.
    hint:     the kind of mistake, as ``hint()`` says it; it never contains the right formula.
    fits:     recognises it from an outcome and its wrong arrays.
    spoil:    makes the mistake from a right function of one or more arrays; None where that needs its own setting.
    """

    id: str
    sentence: str
    hint: str
    fits: Fits
    spoil: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None


@np.errstate(all="ignore")
def recognise(outcome: Outcome, without: Sequence[str] = ()) -> Pattern | None:
    """The first pattern that explains every wrong array of every case; None if none does.

    without: ids of patterns that are not looked for.
    """
    if outcome.state != "ok" or outcome.passed or any(result.error is not None for result in outcome.results):
        return None
    pairs = wrong_pairs(outcome)
    return next((p for p in PATTERNS if p.id not in without and p.fits(outcome, pairs)), None)


@np.errstate(all="ignore")
def looks_numerical(outcome: Outcome) -> bool:
    """Whether a right derivative carries the error of a finite difference rather than that of rounding.

    A formula is off by some 1e-16 of the largest number it meets; a central difference with its best h by 1e-11 or
    more.  Only results that passed are looked at, and a fifth of the entries must be off by more than 1e-13 of the
    largest number in sight (a central difference happens to be exact at some points).
    """
    if not outcome.task.analytic or not outcome.passed or _single_precision(outcome):
        return False
    shares = []
    for result in outcome.results:
        top = max((largest(x) for x in result.case.inputs), default=0.0)
        for g, t in arrays_of(result):
            scale = max(1.0, top, float(np.abs(t).max(initial=0.0)))
            if result.case.low is not None and result.case.high is not None:
                t = np.clip(g, result.case.low, result.case.high)
            if g.size and g.shape == t.shape and np.isfinite(g).all() and np.isfinite(t).all():
                telling = (g != 0) | (t != 0)  # an exact zero says nothing
                shares.append(np.abs(g - t)[telling] > 1e-13 * scale)
    entries = np.concatenate([*shares, np.zeros(0, dtype=bool)])
    return entries.size > 0 and float(np.mean(entries)) > 0.2


def _single_precision(outcome: Outcome) -> bool:
    """Whether numbers that are a little off have seven digits (float32): no finite difference leaves them so."""
    off = [g for result in outcome.results for g, t in arrays_of(result) if g.shape == t.shape and not np.all(g == t)]
    return any(np.array_equal(g, g.astype(np.float32), equal_nan=True) for g in off)


def _each(test: Callable[[Pair], bool]) -> Fits:
    """The mistake is made in each wrong array."""
    return lambda outcome, pairs: bool(pairs) and all(test(pair) for pair in pairs)


def _spoilt(change: Callable[[np.ndarray], np.ndarray]) -> Fits:
    return _each(lambda pair: pair.explained_by(change(pair.want)))


def _factor(pair: Pair) -> float | None:
    """c > 0 such that got = c·want, or None."""
    if pair.got.shape != pair.want.shape or not np.isfinite(pair.got).all() or not np.isfinite(pair.want).all():
        return None
    size = float(np.vdot(pair.want, pair.want))
    if size == 0.0:
        return None
    c = float(np.vdot(pair.want, pair.got)) / size
    return c if c > 0 and pair.explained_by(c * pair.want) else None


def _constant_factor(outcome: Outcome, pairs: Sequence[Pair]) -> bool:
    factors = [c for c in map(_factor, pairs) if c is not None]
    # Any single number is a multiple of any other, so at least three that are not zero must agree.
    numbers = sum(int(np.count_nonzero(pair.want)) for pair in pairs)
    if len(factors) < len(pairs) or numbers < 3:
        return False
    return max(factors) - min(factors) <= TOLERANCE * min(factors)


def _scaled_by_samples(power: int) -> Fits:
    def test(pair: Pair) -> bool:
        c = _factor(pair)
        return pair.samples >= 2 and c is not None and abs(c - pair.samples**power) <= TOLERANCE * c

    def fits(outcome: Outcome, pairs: Sequence[Pair]) -> bool:
        # With a single N, a factor that happens to equal it could come from anywhere.
        return len({pair.samples for pair in pairs}) > 1 and all(map(test, pairs))

    return fits


def _has(kind: str) -> Fits:
    def fits(outcome: Outcome, pairs: Sequence[Pair]) -> bool:
        problems = [r.problem for r in outcome.results if r.problem is not None]
        return bool(problems) and all(problem.kind == kind for problem in problems)

    return fits


def _is_column(pair: Pair) -> bool:
    n = pair.want.size
    flat = Pair(pair.got.ravel(), pair.want, pair.samples, pair.entrywise)
    return pair.want.ndim == 1 and pair.got.shape in ((n, 1), (1, n)) and flat.explained_by(pair.want)


def _is_unreduced(pair: Pair) -> bool:
    """One axis more than wanted, and its sum or mean is what is wanted."""
    if pair.got.ndim != pair.want.ndim + 1 or pair.got.size == 0:
        return False
    reduced = [f(pair.got, axis=k) for k in range(pair.got.ndim) for f in (np.sum, np.mean)]
    return any(Pair(a, pair.want, pair.samples, pair.entrywise).explained_by(pair.want) for a in reduced)


def _is_broadcast(pair: Pair) -> bool:
    """A vector is wanted and a table of all pairs came, as (N, 1) − (N,) gives it."""
    n = pair.want.size
    return pair.want.ndim == 1 and n > 1 and pair.got.shape == (n, n)


def _is_other_axis(pair: Pair) -> bool:
    g, t = pair.got.shape, pair.want.shape
    return len(g) == len(t) == 1 and g != t and g[0] == pair.samples


def _is_offset(pair: Pair) -> bool:
    if pair.got.shape != pair.want.shape or pair.want.size < 3 or float(np.ptp(pair.want)) == 0.0:
        return False
    gap = pair.got - pair.want
    return bool(np.isfinite(gap).all()) and float(np.ptp(gap)) <= TOLERANCE * float(np.max(np.abs(gap)))


def _same_in_all_rows(pair: Pair) -> bool:
    """The rows of a matrix are all off by one vector, such as a bias."""
    if pair.want.ndim != 2 or pair.got.shape != pair.want.shape or min(pair.want.shape) < 2:
        return False
    gap = pair.got - pair.want
    return bool(np.isfinite(gap).all()) and float(np.ptp(gap, axis=0).max()) <= TOLERANCE * float(np.abs(gap).max())


def _is_near(pair: Pair) -> bool:
    """Off by less than 1e-4 of the size, everywhere: more than rounding, less than a mistake in the formula."""
    if pair.got.shape != pair.want.shape or not np.isfinite(pair.got).all():
        return False
    return bool(np.all(np.abs(pair.got - pair.want) <= 1e-4 * np.abs(pair.want)))


def _nearly_right(outcome: Outcome, pairs: Sequence[Pair]) -> bool:
    """Three numbers or more: a single one may be near by chance."""
    return sum(pair.want.size for pair in pairs) >= 3 and all(map(_is_near, pairs))


def _swapped(outcome: Outcome, pairs: Sequence[Pair]) -> bool:
    """Each result that is wrong is what another result should be.

    What the other one should be is known where it is right; where it is wrong, this one's right result has to stand in
    its place.
    """
    wrong = [result for result in outcome.results if result.problem is not None]
    missed = {result.case.pick for result in (*wrong, *outcome.beside) if result.problem is not None}
    for result in wrong:
        want, k, got = result.case.want, result.case.pick, result.got
        if not isinstance(want, tuple) or k is None or not isinstance(got, tuple | list) or len(got) != len(want):
            return False
        others = [j for j in range(len(want)) if j != k]
        try:
            if not any(_alike(got[j], want[k] if j in missed else got[k]) for j in others):
                return False
        except (TypeError, ValueError):
            return False
    return bool(wrong)


def _alike(a: Any, b: Any) -> bool:
    """Whether two results have the same shape and, but for rounding, the same numbers."""
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return x.shape == y.shape and np.allclose(x, y, rtol=TOLERANCE, atol=0.0)


def _factor_in_one(outcome: Outcome, pairs: Sequence[Pair]) -> bool:
    """Of several results one is off by a constant factor in all of its cases, and the others are right."""
    picks = {result.case.pick for result in outcome.results if result.problem is not None}
    return len(picks) == 1 and None not in picks and not outcome.passed and _ratio_of_all(pairs)


def _ratio_of_all(pairs: Sequence[Pair]) -> bool:
    factors = [_factor(pair) for pair in pairs]
    known = [c for c in factors if c is not None]
    numbers = sum(int(np.count_nonzero(pair.want)) for pair in pairs)
    return numbers >= 3 and len(known) == len(pairs) and max(known) - min(known) <= TOLERANCE * max(known)


def _is_transposed(pair: Pair) -> bool:
    """A symmetric matrix is its own transpose, and then this says nothing."""
    own = pair.want.ndim == 2 and Pair(pair.want.T, pair.want, 1, pair.entrywise).explained_by(pair.want)
    return pair.want.ndim == 2 and not own and pair.explained_by(pair.want.T)


def _is_zero(pair: Pair) -> bool:
    return pair.got.shape == pair.want.shape and pair.got.size > 0 and not pair.got.any()


PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        "input_mutated",
        "The numbers are right, but the function changes the arrays that it was given; the next call, or the caller's "
        "own data, is spoilt.",
        "Print an input before and after the call. Which statement writes into it (`x[...] =`, `+=`, `out=`)?",
        _has(MUTATED),
        spoilers.mutating,
    ),
    Pattern(
        "second_call_differs",
        "The first call is right and a second call with the same inputs is not: something is remembered between calls.",
        "Call your function twice with the same inputs. Where is something kept between the calls?",
        _has(UNSTEADY),
        spoilers.unsteady,
    ),
    Pattern(
        "not_finite",
        "The result is NaN or infinite where it should be a finite number.",
        "Which step makes the first NaN or infinity: exp of a large number, log of 0, or 0 / 0? Rearrange the formula, "
        "or treat that case by itself.",
        _has(NAN),
        spoilers.mapped(spoilers.nan),
    ),
    Pattern(
        "column_instead_of_vector",
        "The numbers are right, but they stand in a column (n, 1) or a row (1, n) where a vector (n,) is wanted.",
        "Compare the shapes. Which reshape, or which keepdims, adds an axis?",
        _each(_is_column),
        spoilers.mapped(spoilers.column),
    ),
    Pattern(
        "sum_missing",
        "The sum over one axis is missing: the numbers that should be added up are returned one by one.",
        "The result has one axis more than wanted. Should something be added up, or averaged, over one of them?",
        _each(_is_unreduced),
    ),
    Pattern(
        "broadcast_to_matrix",
        "The result has one axis too many: two shapes such as (N,) and (N, 1) were combined, and broadcasting made "
        "a table of all pairs out of them.",
        "The result has more axes than wanted. Print the shape of each operand: is one (N,) and the other (N, 1)?",
        _each(_is_broadcast),
    ),
    Pattern(
        "transposed",
        "The matrix is the transpose of the wanted one.",
        "The same numbers in other places: compare entry (0, 1) with entry (1, 0).",
        _each(_is_transposed),
        spoilers.mapped(np.transpose),
    ),
    Pattern(
        "wrong_axis",
        "The result has one entry per sample where it should have one per unit: the sum runs over the wrong axis.",
        "Which axis should be left after the sum? Write down what each axis counts.",
        _each(_is_other_axis),
    ),
    Pattern(
        "all_zero",
        "Every entry is zero.",
        "What is wrong is 0 everywhere. Is something never written there, left out, or cut off to an integer?",
        _each(_is_zero),
        spoilers.mapped(lambda a: 0.0 * np.asarray(a)),
    ),
    Pattern(
        "sign_flipped",
        "Every entry has the wrong sign.",
        "The size is right. Look at the sign.",
        _spoilt(np.negative),
        spoilers.mapped(lambda a: -np.asarray(a)),
    ),
    Pattern(
        "sum_instead_of_mean",
        "The result is N times too large, with N the number of samples: it belongs to the sum and not to the mean.",
        "The result is too large by a factor equal to the length of the input (of a matrix: its rows). Is there a sum "
        "where a mean, or no sum at all, is wanted?",
        _scaled_by_samples(1),
        spoilers.by_samples(1),
    ),
    Pattern(
        "mean_taken_twice",
        "The result is N times too small, with N the number of samples: the mean is taken twice.",
        "The result is too small by a factor equal to the length of the input (of a matrix: its rows). How often do "
        "you divide by it?",
        _scaled_by_samples(-1),
        spoilers.by_samples(-1),
    ),
    Pattern(
        "nearly_right",
        "The numbers are nearly right: they carry an error of less than 1 in 10 000.",
        "Nearly right. Is something rounded on the way, or is there a finite difference with a large step?",
        _nearly_right,
    ),
    Pattern(
        "one_result_by_a_factor",
        "One of the results is off by a constant factor, and the others are right.",
        "One of the results is off by the same factor in all cases, and the others are right.",
        _factor_in_one,
    ),
    Pattern(
        "constant_factor",
        "Every entry is off by the same constant factor.",
        "The direction is right and the size is not: every entry is off by the same constant factor.",
        _constant_factor,
        spoilers.mapped(lambda a: 2.5 * np.asarray(a)),
    ),
    Pattern(
        "results_exchanged",
        "A result is what another one should be: the order of the results is not the wanted one.",
        "One of your results is what another one should be. Is the order of the results the wanted one, and is every "
        "step between the two made?",
        _swapped,
    ),
    Pattern(
        "constant_offset",
        "Every entry is off by the same constant.",
        "The difference between your result and the wanted one is the same everywhere. Which constant is missing?",
        _each(_is_offset),
        spoilers.mapped(lambda a: np.asarray(a) + 0.75),
    ),
    Pattern(
        "same_in_all_rows",
        "All rows are off by the same vector.",
        "Take your result minus the wanted one: its rows are all alike. What is added to each row?",
        _each(_same_in_all_rows),
    ),
    Pattern(
        "truncated",
        "The fractions are cut off: the result was stored in an array of integers.",
        "Look at the dtype of the array that holds the result.",
        _spoilt(np.trunc),
        spoilers.mapped(np.trunc),
    ),
)

NUMERICAL = Pattern(
    "numerical_derivative",
    "The numbers are right, but they carry the error of a finite difference; the formula was asked for.",
    "The numbers look like those of a finite difference. Can you write the derivative as a formula?",
    lambda outcome, pairs: looks_numerical(outcome),
)
"""A remark, not a mistake: it costs no points."""

_BY_ID = {pattern.id: pattern for pattern in (*PATTERNS, NUMERICAL)}


def pattern(pattern_id: str) -> Pattern | None:
    """The generic pattern of that id."""
    return _BY_ID.get(pattern_id)
