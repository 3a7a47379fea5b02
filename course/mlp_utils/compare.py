"""Compare what a student's answer gave with what is wanted, and say in words what differs.

An array g is compared with the wanted t by itself, after its type and its shape:

    ‖g − t‖ ≤ rtol (‖g‖ + ‖t‖) + atol,

or entry by entry where a function acts on each entry.  The sentences name the array, the shapes and the worst
entries; what *kind* of mistake it may be is the business of ``mlp_utils.patterns``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mlp_utils import wire
from mlp_utils.tasks import Case

RAISED, MISSING, TYPE, SHAPE, NAN, VALUE, MUTATED, UNSTEADY = (
    "raised",
    "missing",
    "type",
    "shape",
    "nan",
    "value",
    "mutated",
    "unsteady",
)


@dataclass(frozen=True)
class Entry:
    """One entry that is wrong: where it stands, what was got and what is wanted."""

    index: tuple[int, ...]
    got: float
    want: float


@dataclass(frozen=True)
class Problem:
    """What is wrong with one case.

    kind:     one of the constants of this module.
    sentence: what differs, in words.
    output:   the name of the result concerned, such as ``dW``.
    worst:    the entries that are furthest off, the worst first.
    wrong:    where the array is wrong: a boolean array of the wanted shape, or None.
    count:    how many entries are wrong.
    """

    kind: str
    sentence: str
    output: str = "the result"
    worst: tuple[Entry, ...] = ()
    wrong: np.ndarray | None = None
    count: int = 0


def compare(got: Any, want: Any, case: Case, name: str = "the result") -> Problem | None:
    """The first problem of ``got`` against the number or array ``want``, or None if it is right."""
    if isinstance(want, str | bool) or want is None:
        return None if got == want else Problem(VALUE, f"{name} is {got!r}.", name)
    if got is None:
        return Problem(MISSING, f"{name} is None: a return statement or an answer is missing.", name)
    if isinstance(got, wire.Unsendable):
        return Problem(TYPE, f"{name} is a {got.kind}, where a {_describe(want)} is wanted.", name)
    if isinstance(got, str | dict):
        return Problem(TYPE, f"{name} is a {type(got).__name__}, where a {_describe(want)} is wanted.", name)
    try:
        g = np.asarray(got)
    except ValueError:
        return Problem(TYPE, f"{name} is a sequence of pieces that do not form one array.", name)
    t = np.asarray(want)
    if g.dtype.kind not in "bifc":
        return Problem(TYPE, f"{name} is a {type(got).__name__}, where a {_describe(want)} is wanted.", name)
    if g.shape != t.shape:
        return Problem(SHAPE, f"{name} has the shape {g.shape}, and {t.shape} is wanted.", name)
    if g.dtype.kind == "c" and t.dtype.kind != "c":
        return Problem(TYPE, f"{name} is complex, where a real {_describe(want)} is wanted.", name)
    return _compare_numbers(g, t, case, name)


def compare_results(got: Any, case: Case, outputs: tuple[str, ...] = ()) -> Problem | None:
    """The same for a case's whole result, each array of a tuple by itself."""
    if got is None or not isinstance(case.want, tuple):
        return compare(got, case.want, case, outputs[0] if outputs else "the result")
    names = outputs or tuple(f"result {k + 1}" for k in range(len(case.want)))
    if not isinstance(got, tuple | list) or len(got) != len(case.want):
        count = len(got) if isinstance(got, tuple | list) else 1
        return Problem(TYPE, f"{len(case.want)} results are wanted ({', '.join(names)}), and {count} came back.")
    if case.pick is not None:
        k = case.pick
        return compare(got[k], case.want[k], case, names[k])
    problems = (compare(g, t, case, n) for g, t, n in zip(got, case.want, names, strict=True))
    return next((problem for problem in problems if problem is not None), None)


def same(a: Any, b: Any) -> bool:
    """Whether two results are the same to the last bit, NaN equal to NaN."""
    if isinstance(a, wire.Unsendable) or isinstance(b, wire.Unsendable):
        return isinstance(a, wire.Unsendable) and isinstance(b, wire.Unsendable) and a.kind == b.kind
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, np.ndarray | float | int) and isinstance(b, np.ndarray | float | int):
        x, y = np.asarray(a), np.asarray(b)
        return x.shape == y.shape and bool(np.array_equal(x, y, equal_nan=x.dtype.kind in "fc"))
    return bool(a == b)


def _compare_numbers(g: np.ndarray, t: np.ndarray, case: Case, name: str) -> Problem | None:
    g = g.astype(complex if t.dtype.kind == "c" else float)
    t = t.astype(g.dtype)
    if case.low is not None and case.high is not None:
        # Where the convention is free, the nearest allowed value is the wanted one.
        t = np.where(np.isnan(g), t, np.clip(g, case.low, case.high))
    odd = ~np.isfinite(g) & np.isfinite(t)
    if odd.any():
        which = "NaN" if np.isnan(g[odd]).any() else "infinite"
        return Problem(
            NAN,
            f"{name} is {which} in {odd.sum()} of {odd.size} entries, where a finite number is wanted.",
            name,
            _worst(g, t, odd, np.ones(t.shape)),
            odd,
            int(odd.sum()),
        )
    distance, size = _distances(g, t)
    excess = distance
    if case.entrywise:
        limit = case.rtol * size + case.atol
        wrong = distance > limit
        with np.errstate(divide="ignore", invalid="ignore"):
            # Each entry has a limit of its own, so the worst is the one furthest beyond it.
            excess = np.where(wrong, distance / limit, 0.0)
        if not wrong.any():
            return None
    else:
        total = float(np.linalg.norm(distance.ravel()))
        allowed = case.rtol * (_norm(g) + _norm(t)) + case.atol
        if total <= allowed:
            return None
        # The array fails as a whole; an entry counts as wrong if it is off by more than its fair share.
        wrong = distance > max(allowed, 1e-12 * total) / np.sqrt(max(t.size, 1))
    count = int(wrong.sum())
    if t.ndim == 0:
        sentence = f"{name} is not the wanted number."
    elif count == t.size:
        sentence = f"all {t.size} entries of {name} are wrong."
    else:
        sentence = f"{count} of {t.size} entries of {name} {'is' if count == 1 else 'are'} wrong."
    return Problem(VALUE, sentence, name, _worst(g, t, wrong, excess), wrong, count)


def _distances(g: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """|g − t| and |g| + |t| entry by entry; equal infinities are at distance 0."""
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.abs(g - t)
        size = np.abs(g) + np.abs(t)
    equal = (g == t) | (np.isnan(g) & np.isnan(t))
    distance = np.where(equal, 0.0, np.where(np.isnan(distance), np.inf, distance))
    return distance, np.where(np.isfinite(size), size, 0.0)


def _norm(a: np.ndarray) -> float:
    return float(np.linalg.norm(np.where(np.isfinite(a), a, 0.0).ravel()))


def _worst(
    g: np.ndarray, t: np.ndarray, wrong: np.ndarray, excess: np.ndarray, most: int = 3
) -> tuple[Entry, ...]:
    """The wrong entries with the largest excess; where it ties, the first ones."""
    if g.dtype.kind == "c":
        g, t = np.abs(g), np.abs(t)
    order = np.argsort(-np.where(wrong, excess, -1.0), axis=None, kind="stable")[: min(most, int(wrong.sum()))]
    entries = []
    for flat in order:
        index = tuple(int(k) for k in np.unravel_index(int(flat), t.shape))
        entries.append(Entry(index, float(g[index]), float(t[index])))
    return tuple(entries)


def _describe(want: Any) -> str:
    if isinstance(want, tuple):
        return f"tuple of {len(want)}"
    shape = np.asarray(want).shape
    return "number" if shape == () else f"array of shape {shape}"
