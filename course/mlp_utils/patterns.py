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

from mlp_utils.assess import Outcome
from mlp_utils.compare import MUTATED, NAN, UNSTEADY

TOLERANCE = 1e-6
"""Relative: a pattern holds when what is left over is this small against the wanted numbers."""


@dataclass(frozen=True)
class Pair:
    """One array of one case that is wrong, or that belongs to a wrong case.

    samples: the number of rows of the first matrix or vector among the inputs, N; 1 if there is none.
    """

    name: str
    got: np.ndarray
    want: np.ndarray
    samples: int
    right: bool
    entrywise: bool


@dataclass(frozen=True)
class Pattern:
    """One generic mistake.

    id:       for records and reports.
    sentence: what is wrong, as feedback says it.
    hint:     the kind of mistake, as ``hint()`` says it; it never contains the right formula.
    fits:     recognises it from an outcome and its pairs.
    spoil:    makes the mistake from a right function of one or more arrays; None where that needs a setting of its own.
    """

    id: str
    sentence: str
    hint: str
    fits: Callable[[Outcome, Sequence[Pair]], bool]
    spoil: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None


def recognise(outcome: Outcome) -> Pattern | None:
    """The first pattern that explains every wrong array of every case; None if none does."""
    if outcome.state != "ok" or outcome.passed:
        return None
    pairs = _pairs(outcome)
    return next((pattern for pattern in PATTERNS if pattern.fits(outcome, pairs)), None)


def looks_numerical(outcome: Outcome) -> bool:
    """Whether a right derivative carries the error of a finite difference rather than that of rounding.

    A formula is off by some 1e-16 of the largest number it meets; a central difference with its best h by 1e-11 or
    more.  Only results that passed are looked at, and a fifth of the entries must be off by more than 1e-13 of the
    largest (a central difference happens to be exact at some points).
    """
    if not outcome.task.analytic or not outcome.passed:
        return False
    shares = []
    for pair in _pairs(outcome, wrong_only=False):
        if pair.want.size == 0:
            continue
        scale = max(1.0, float(np.max(np.abs(pair.want), initial=0.0)))
        shares.append(np.abs(pair.got - pair.want).ravel() > 1e-13 * scale)
    return bool(shares) and float(np.mean(np.concatenate(shares))) > 0.2


def _pairs(outcome: Outcome, wrong_only: bool = True) -> list[Pair]:
    pairs = []
    for result in outcome.results:
        if wrong_only and result.problem is None:
            continue
        want = result.case.want if isinstance(result.case.want, tuple) else (result.case.want,)
        got = result.got if isinstance(result.case.want, tuple) else (result.got,)
        if not isinstance(got, tuple | list) or len(got) != len(want):
            continue
        arrays = [np.asarray(item) for item in result.case.inputs if isinstance(item, np.ndarray)]
        samples = next((a.shape[0] for a in arrays if a.ndim), 1)
        names = outcome.task.outputs or tuple(f"result {k + 1}" for k in range(len(want)))
        for k, (g, t, name) in enumerate(zip(got, want, names, strict=False)):
            if result.case.pick not in (None, k):
                continue
            pair = _pair(g, t, name, samples, result.problem is None, result.case.entrywise)
            if pair is not None:
                pairs.append(pair)
    return pairs


def _pair(g: Any, t: Any, name: str, samples: int, right: bool, entrywise: bool) -> Pair | None:
    if isinstance(g, str | dict) or g is None or isinstance(t, str | dict):
        return None
    try:
        got, want = np.asarray(g), np.asarray(t, dtype=float)
    except (ValueError, TypeError):
        return None
    if got.dtype.kind not in "bif":
        return None
    return Pair(name, got.astype(float), want, samples, right, entrywise)


def _close(g: np.ndarray, t: np.ndarray) -> bool:
    if g.shape != t.shape or not np.isfinite(g).all() or not np.isfinite(t).all():
        return False
    return float(np.linalg.norm((g - t).ravel())) <= TOLERANCE * float(np.linalg.norm(t.ravel()))


def _each(test: Callable[[Pair], bool]) -> Callable[[Outcome, Sequence[Pair]], bool]:
    """The mistake is made in each wrong array, and something of it can be seen."""

    def fits(outcome: Outcome, pairs: Sequence[Pair]) -> bool:
        if len(pairs) == 0 or any(r.problem is not None and r.error is not None for r in outcome.results):
            return False
        wrong = [pair for pair in pairs if not _close(pair.got, pair.want)]
        return bool(wrong) and all(test(pair) for pair in wrong)

    return fits


def _factor(pair: Pair) -> float | None:
    """c such that got = c·want, or None."""
    if pair.got.shape != pair.want.shape or not np.isfinite(pair.got).all() or not np.isfinite(pair.want).all():
        return None
    size = float(np.vdot(pair.want, pair.want))
    if size == 0.0 or (pair.want.size < 2 and pair.want.ndim > 0):
        return None
    c = float(np.vdot(pair.want, pair.got)) / size
    return c if c != 0 and _close(pair.got, c * pair.want) else None


def _factors(pairs: Sequence[Pair]) -> list[float] | None:
    wrong = [pair for pair in pairs if not _close(pair.got, pair.want)]
    factors = [_factor(pair) for pair in wrong]
    if not factors or any(c is None for c in factors):
        return None
    return [c for c in factors if c is not None]


def _constant_factor(outcome: Outcome, pairs: Sequence[Pair]) -> bool:
    factors = _factors(pairs)
    if factors is None or any(r.error is not None for r in outcome.results):
        return False
    numbers = sum(pair.want.size for pair in pairs)
    return numbers >= 3 and max(factors) - min(factors) <= 1e-6 * abs(factors[0])


def _scaled_by_samples(power: int) -> Callable[[Outcome, Sequence[Pair]], bool]:
    def fits(outcome: Outcome, pairs: Sequence[Pair]) -> bool:
        factors = _factors(pairs)
        wrong = [pair for pair in pairs if not _close(pair.got, pair.want)]
        if factors is None or any(pair.samples < 2 for pair in wrong):
            return False
        return all(abs(c - pair.samples**power) <= 1e-6 * abs(c) for c, pair in zip(factors, wrong, strict=True))

    return fits


def _has(kind: str) -> Callable[[Outcome, Sequence[Pair]], bool]:
    def fits(outcome: Outcome, pairs: Sequence[Pair]) -> bool:
        problems = [r.problem for r in outcome.results if r.problem is not None]
        return bool(problems) and all(problem.kind == kind for problem in problems)

    return fits


def _is_column(pair: Pair) -> bool:
    n = pair.want.size
    return pair.want.ndim == 1 and pair.got.shape in ((n, 1), (1, n)) and _close(pair.got.ravel(), pair.want)


def _is_transpose(pair: Pair) -> bool:
    return pair.want.ndim == 2 and min(pair.want.shape) > 1 and _close(pair.got.T, pair.want)


def _is_broadcast(pair: Pair) -> bool:
    """An array with a whole axis more than wanted, as (N, 1) − (N,) gives it."""
    return pair.got.ndim == pair.want.ndim + 1 and min(pair.got.shape, default=0) > 1


def _is_other_axis(pair: Pair) -> bool:
    return (
        pair.got.ndim == pair.want.ndim == 1 and pair.got.shape != pair.want.shape and pair.got.shape[0] == pair.samples
    )


def _is_offset(pair: Pair) -> bool:
    if pair.got.shape != pair.want.shape or pair.want.size < 3 or not np.isfinite(pair.got).all():
        return False
    if not np.isfinite(pair.want).all():
        return False
    gap = pair.got - pair.want
    return float(np.ptp(gap)) <= TOLERANCE * float(np.max(np.abs(gap))) and float(np.ptp(pair.want)) > 0


def _is_zero(pair: Pair) -> bool:
    return pair.got.shape == pair.want.shape and pair.got.size > 0 and not pair.got.any()


def _is_truncated(pair: Pair) -> bool:
    return pair.got.shape == pair.want.shape and np.array_equal(pair.got, np.trunc(pair.want))


def _mapped(change: Callable[[Any], Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Spoil every array that a function returns."""

    def spoil(right: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(*inputs: Any) -> Any:
            result = right(*inputs)
            return tuple(change(r) for r in result) if isinstance(result, tuple) else change(result)

        return wrong

    return spoil


def _spoil_by_samples(power: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def spoil(right: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(*inputs: Any) -> Any:
            n = next((np.shape(x)[0] for x in inputs if np.ndim(x)), 1)
            return _mapped(lambda a: a * float(n) ** power)(right)(*inputs)

        return wrong

    return spoil


def _spoil_mutating(right: Callable[..., Any]) -> Callable[..., Any]:
    def wrong(*inputs: Any) -> Any:
        result = right(*inputs)
        for x in inputs:
            if isinstance(x, np.ndarray) and x.dtype.kind == "f":
                x += 1.0
        return result

    return wrong


def _spoil_unsteady(right: Callable[..., Any]) -> Callable[..., Any]:
    calls = [0]

    def wrong(*inputs: Any) -> Any:
        calls[0] += 1
        result = right(*inputs)
        return result if calls[0] % 2 else _mapped(lambda a: 2.0 * np.asarray(a) + 1.0)(lambda: result)()

    return wrong


def _column(a: Any) -> Any:
    return np.asarray(a)[:, None] if np.ndim(a) == 1 else a


def _nan(a: Any) -> Any:
    return np.asarray(a) * np.nan


PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        "input_mutated",
        "The result is right, but the function changes the arrays that it was given; the next call, or the caller's "
        "own data, is spoilt.",
        "Print an input before and after the call. Which statement writes into it (`x[...] =`, `+=`, `out=`)?",
        _has(MUTATED),
        _spoil_mutating,
    ),
    Pattern(
        "second_call_differs",
        "The first call is right and a second call with the same inputs is not: something is remembered between calls.",
        "Call your function twice with the same inputs. Where is something kept between the calls?",
        _has(UNSTEADY),
        _spoil_unsteady,
    ),
    Pattern(
        "not_finite",
        "The result is NaN or infinite where it should be a finite number.",
        "Look at the largest number that enters an exp, a log or a division. Can the formula be rearranged so that "
        "this number stays small?",
        _has(NAN),
        _mapped(_nan),
    ),
    Pattern(
        "column_instead_of_vector",
        "The numbers are right, but they stand in a column (n, 1) or a row (1, n) where a vector (n,) is wanted.",
        "Compare the shapes. Which reshape, or which keepdims, adds an axis?",
        _each(_is_column),
        _mapped(_column),
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
        _each(_is_transpose),
        _mapped(np.transpose),
    ),
    Pattern(
        "wrong_axis",
        "The result has one entry per sample where it should have one per unit: the sum runs over the wrong axis.",
        "Which axis counts the samples, and which one should be left after the sum?",
        _each(_is_other_axis),
    ),
    Pattern(
        "all_zero",
        "Every entry is zero.",
        "Print the array that holds the result right after it is made: what is its dtype, and what is written to it?",
        _each(_is_zero),
        _mapped(lambda a: 0.0 * np.asarray(a)),
    ),
    Pattern(
        "sign_flipped",
        "Every entry has the wrong sign.",
        "The size is right. Look at the sign.",
        _each(lambda pair: _close(-pair.got, pair.want)),
        _mapped(lambda a: -np.asarray(a)),
    ),
    Pattern(
        "sum_instead_of_mean",
        "The result is N times too large, with N the number of samples: it belongs to the sum and not to the mean.",
        "The result is off by a factor that grows with the number of samples. Is the loss a sum or a mean?",
        _scaled_by_samples(1),
        _spoil_by_samples(1),
    ),
    Pattern(
        "mean_taken_twice",
        "The result is N times too small, with N the number of samples: the mean is taken twice.",
        "The result is off by a factor that shrinks with the number of samples. How often do you divide by N?",
        _scaled_by_samples(-1),
        _spoil_by_samples(-1),
    ),
    Pattern(
        "constant_factor",
        "Every entry is off by the same constant factor.",
        "The direction is right and the size is not: every entry is off by the same constant factor.",
        _constant_factor,
        _mapped(lambda a: 2.5 * np.asarray(a)),
    ),
    Pattern(
        "constant_offset",
        "Every entry is off by the same constant.",
        "The difference between your result and the wanted one is the same everywhere. Which constant is missing?",
        _each(_is_offset),
        _mapped(lambda a: np.asarray(a) + 0.75),
    ),
    Pattern(
        "truncated",
        "The fractions are cut off: the result was stored in an array of integers.",
        "Look at the dtype of the array that holds the result.",
        _each(_is_truncated),
        _mapped(np.trunc),
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
