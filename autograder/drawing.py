"""Random inputs for cases that do not let a wrong answer pass by accident."""

from __future__ import annotations

import numpy as np


def sizes(rng: np.random.Generator, count: int, low: int = 2, high: int = 7) -> list[int]:
    """``count`` different sizes from low to high: square arrays hide transposes."""
    return [int(n) for n in rng.choice(np.arange(low, high + 1), size=count, replace=False)]


def spread(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """An array of that shape: both signs, 0.2 < |x| < 4, so that no formula is right because x is nearly 0."""
    return np.asarray(rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.2, 4.0, size=shape))


def whole(rng: np.random.Generator, n: int) -> np.ndarray:
    """A vector of n ≥ 2 integers (int64) from -4 to 4 without 0, at least one of each sign."""
    numbers = rng.integers(1, 5, size=n) * rng.choice([-1, 1], size=n)
    numbers[:2] = np.abs(numbers[:2]) * [1, -1]
    return np.asarray(numbers)


def labels(rng: np.random.Generator, n: int, c: int) -> np.ndarray:
    """n ≥ 3 integer classes (int64) below c ≥ 3, unbalanced: one class twice at least, another not at all.

    Class c - 1 occurs, so that the number of classes can be read from it, and class 0 does: counted from 1, it would
    be -1.
    """
    absent = int(rng.integers(1, c - 1))
    present = np.array([k for k in range(c) if k != absent])
    twice = rng.choice([0, c - 1])
    return np.asarray(rng.permutation(np.concatenate([[0, c - 1, twice], rng.choice(present, size=n - 3)])))
