"""The arrays of an outcome beside the wanted ones: what the generic patterns look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mlp_utils.assess import CaseResult, Outcome
from mlp_utils.compare import compare

TOLERANCE = 1e-6
"""Relative: a pattern holds when what is left over is this small against the wanted numbers."""


@dataclass(frozen=True)
class Pair:
    """One array that is wrong, with what is wanted.

    samples:   the number of rows of the first matrix or vector among the inputs, N; 1 if there is none.
    entrywise: whether each entry is judged by itself.
    """

    got: np.ndarray
    want: np.ndarray
    samples: int
    entrywise: bool

    def explained_by(self, spoilt: np.ndarray) -> bool:
        """Whether ``got`` is this spoilt version of the wanted array."""
        if self.got.shape != spoilt.shape or not np.isfinite(self.got).all() or not np.isfinite(spoilt).all():
            return False
        gap, size = np.abs(self.got - spoilt), np.abs(spoilt)
        if self.entrywise:
            return bool(np.all(gap <= TOLERANCE * size))
        return bool(np.linalg.norm(gap.ravel()) <= TOLERANCE * np.linalg.norm(size.ravel()))


def largest(thing: Any) -> float:
    """The largest absolute number in an input, however deep it lies in a cache."""
    if isinstance(thing, dict):
        return max(map(largest, thing.values()), default=0.0)
    if isinstance(thing, tuple | list):
        return max(map(largest, thing), default=0.0)
    if isinstance(thing, np.ndarray | float | int) and np.asarray(thing).dtype.kind in "bif":
        return float(np.abs(np.asarray(thing, dtype=float)).max(initial=0.0))
    return 0.0


def arrays_of(result: CaseResult) -> list[tuple[np.ndarray, np.ndarray]]:
    """The arrays that a case judges, with the wanted ones; empty if a result is not an array of real numbers."""
    case = result.case
    want = case.want if isinstance(case.want, tuple) else (case.want,)
    got = result.got if isinstance(case.want, tuple) else (result.got,)
    if not isinstance(got, tuple | list) or len(got) != len(want):
        return []
    found = []
    for k, (g, t) in enumerate(zip(got, want, strict=True)):
        if case.pick in (None, k):
            try:
                a, b = np.asarray(g), np.asarray(t)
            except (ValueError, TypeError):
                return []
            if a.dtype.kind not in "bif" or b.dtype.kind not in "bif":
                return []
            found.append((a.astype(float), b.astype(float)))
    return found


def wrong_pairs(outcome: Outcome) -> list[Pair]:
    """Every array that is wrong; empty if one of the wrong results cannot be compared as numbers."""
    pairs = []
    for result in outcome.results:
        if result.problem is None:
            continue
        arrays = arrays_of(result)
        if not arrays:
            return []
        case = result.case
        inputs = [x for x in case.inputs if isinstance(x, np.ndarray) and x.ndim]
        samples = inputs[0].shape[0] if inputs else 1
        for g, t in arrays:
            if compare(g, t, case) is None:
                continue
            if case.low is not None and case.high is not None and g.shape == t.shape:
                # Where the convention is free, nothing can be learned from the number.
                free = np.broadcast_to(np.asarray(case.low) < np.asarray(case.high), t.shape)
                g, t = np.where(free, 0.0, g), np.where(free, 0.0, t)
            scale = _scale(t)
            pairs.append(Pair(g / scale, t / scale, samples, case.entrywise))
    return pairs


def _scale(t: np.ndarray) -> float:
    """A power of two that keeps squares of very large or very small numbers within reach; else 1."""
    largest = float(np.abs(t[np.isfinite(t)]).max(initial=0.0))
    return 1.0 if largest == 0.0 or 1e-100 < largest < 1e100 else float(2.0 ** np.floor(np.log2(largest)))
