"""What must hold for every right result, whatever the inputs: rows that sum to 1, numbers that are not negative.

An exercise names the invariants of its results; a check says which of them a wrong result breaks, and how.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Invariant:
    """A property of a right result.

    says:   the property, in words.
    holds:  whether an array of finite numbers has it.
    broken: what an array has instead, where that can be said.
    """

    says: str
    holds: Callable[[np.ndarray], bool]
    broken: Callable[[np.ndarray], str]


def breach(name: str, array: np.ndarray) -> str:
    """How an array breaks the invariant, in a sentence; empty if it keeps it or is not finite."""
    invariant = INVARIANTS[name]
    if not array.size or not array.ndim or not np.isfinite(array).all() or invariant.holds(array):
        return ""
    return f"{invariant.says[0].upper()}{invariant.says[1:]}; {invariant.broken(array)}."


def _near(values: np.ndarray, wanted: float, scale: float) -> bool:
    return bool(np.all(np.abs(values - wanted) <= TOLERANCE * max(1.0, scale)))


def _sums(wanted: float) -> Callable[[np.ndarray], bool]:
    return lambda a: _near(a.sum(axis=-1), wanted, float(np.abs(a).sum(axis=-1).max()))


def _row_sums(wanted: float) -> Callable[[np.ndarray], str]:
    def broken(a: np.ndarray) -> str:
        scale, sums = float(np.abs(a).sum()), np.atleast_1d(a.sum(axis=-1)).ravel()
        if a.ndim > 1 and _near(a.sum(axis=0), wanted, scale):
            return f"your columns sum to {wanted:g}, and your rows do not"
        if a.ndim > 1 and wanted and _near(a.sum(), wanted, scale):
            return f"all your entries together sum to {wanted:g}, and not each row"
        if float(np.ptp(sums)) <= 1e-6 * max(1.0, float(np.abs(sums).max())):
            return f"{'each of your rows sums' if sums.size > 1 else 'yours sum'} to {sums[0]:.4g}"
        return f"your rows sum to {', '.join(f'{s:.4g}' for s in sums[:3])}{' …' if sums.size > 3 else ''}"

    return broken


def _negative(a: np.ndarray) -> str:
    return f"yours goes down to {a.min():.4g}"


def _outside(a: np.ndarray) -> str:
    return f"yours goes from {a.min():.4g} to {a.max():.4g}"


INVARIANTS: dict[str, Invariant] = {
    "rows_sum_to_1": Invariant("each row sums to 1 (a vector is one row)", _sums(1.0), _row_sums(1.0)),
    "rows_sum_to_0": Invariant("each row sums to 0 (a vector is one row)", _sums(0.0), _row_sums(0.0)),
    "symmetric": Invariant(
        "the matrix is symmetric",
        lambda a: a.ndim == 2 and a.shape[0] == a.shape[1] and _near(a - a.T, 0.0, float(np.abs(a).max())),
        lambda a: "yours is not: compare entry [0, 1] with entry [1, 0]",
    ),
    "nonnegative": Invariant("no entry is negative", lambda a: bool((a >= 0).all()), _negative),
    "nonpositive": Invariant(
        "no entry is positive", lambda a: bool((a <= 0).all()), lambda a: f"yours goes up to {a.max():.4g}"
    ),
    "between_0_and_1": Invariant(
        "every entry lies between 0 and 1", lambda a: bool(((a >= 0) & (a <= 1 + TOLERANCE)).all()), _outside
    ),
}
"""The invariants that an exercise may name."""
