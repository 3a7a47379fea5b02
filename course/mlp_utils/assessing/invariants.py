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

    holds:  whether an array of finite numbers has it.
    broken: the property, and what an array has instead.
    """

    holds: Callable[[np.ndarray], bool]
    broken: Callable[[np.ndarray], str]


def breach(name: str, array: np.ndarray) -> str:
    """How an array breaks the invariant, in a sentence; empty if it keeps it or is not finite."""
    invariant = INVARIANTS[name]
    if not array.size or not array.ndim or not np.isfinite(array).all() or invariant.holds(array):
        return ""
    return invariant.broken(array)


def _near(values: np.ndarray, wanted: float, scale: float) -> bool:
    return bool(np.all(np.abs(values - wanted) <= TOLERANCE * max(1.0, scale)))


def _sums(wanted: float) -> Callable[[np.ndarray], bool]:
    return lambda a: _near(a.sum(axis=-1), wanted, float(np.abs(a).sum(axis=-1).max()))


def _row_sums(wanted: float) -> Callable[[np.ndarray], str]:
    def broken(a: np.ndarray) -> str:
        if a.ndim == 1:
            return f"The entries should sum to {wanted:g}; yours sum to {a.sum():.4g}."
        rule, scale, sums = f"Each row should sum to {wanted:g}", float(np.abs(a).sum()), a.sum(axis=-1).ravel()
        if _near(a.sum(axis=0), wanted, scale):
            return f"{rule}; your columns do, and your rows do not."
        if wanted and _near(a.sum(), wanted, scale):
            return f"{rule}; all your entries together sum to {wanted:g}."
        if float(np.ptp(sums)) <= 1e-6 * float(np.abs(sums).max()):
            return f"{rule}; each of yours sums to {sums[0]:.4g}."
        some = ", ".join(f"{s:.4g}" for s in sums[:3])
        return f"{rule}; yours sum to {some}{' and others' if sums.size > 3 else ''}."

    return broken


INVARIANTS: dict[str, Invariant] = {
    "rows_sum_to_1": Invariant(_sums(1.0), _row_sums(1.0)),
    "rows_sum_to_0": Invariant(_sums(0.0), _row_sums(0.0)),
    "symmetric": Invariant(
        lambda a: a.ndim == 2 and a.shape[0] == a.shape[1] and _near(a - a.T, 0.0, float(np.abs(a).max())),
        lambda a: "The matrix should be symmetric; compare your entry [0, 1] with your entry [1, 0].",
    ),
    "nonnegative": Invariant(
        lambda a: bool((a >= 0).all()), lambda a: f"No entry should be negative; yours go down to {a.min():.4g}."
    ),
    "nonpositive": Invariant(
        lambda a: bool((a <= 0).all()), lambda a: f"No entry should be positive; yours go up to {a.max():.4g}."
    ),
    "between_0_and_1": Invariant(
        lambda a: bool(((a >= 0) & (a <= 1 + TOLERANCE)).all()),
        lambda a: f"Every entry should lie between 0 and 1; yours go from {a.min():.4g} to {a.max():.4g}.",
    ),
}
"""The invariants that an exercise may name.  A vector is one row; a single number is not looked at."""
