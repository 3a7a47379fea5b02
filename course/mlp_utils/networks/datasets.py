"""Data for the notebooks: real ones that scikit-learn brings along, made ones, and how to split and scale them.

Nothing is fetched from a network.  scikit-learn is imported in this module only, when its data are asked for.
Everywhere X (N, d) holds float64 and y (N,) integers from 0 to C - 1, so that both fit ``mlp_utils.networks.network``.

    >>> from mlp_utils.networks.datasets import digits, split, standardise
    >>> X, y = digits()
    >>> (X_train, y_train), (X_test, y_test) = split(X, y, (0.8, 0.2), seed=0)
    >>> X_train, X_test = standardise(X_train, X_test)
    >>> X_train.shape, X_test.shape
    ((1438, 64), (359, 64))
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["circles", "digits", "iris", "parity", "spirals", "split", "standardise", "two_moons"]

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Data = tuple[Floats, Labels]

_LARGEST_PARITY = 16


def digits() -> Data:
    """1797 pictures of handwritten digits, 8 x 8 pixels from 0 (paper) to 16 (ink): X (1797, 64), y from 0 to 9.

    Row i of X is a picture read row by row: ``X[i].reshape(8, 8)``.
    Source: the test part of Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository (1998), as scikit-learn's ``load_digits`` has it.
    """
    return _arrays(_sklearn_datasets().load_digits(return_X_y=True))


def iris() -> Data:
    """150 iris flowers of 3 species: X (150, 4) in cm (sepal length and width, petal length and width), y from 0 to 2.

    Source: Fisher, Annals of Eugenics 7 (1936) 179, as scikit-learn's ``load_iris`` has it.
    """
    return _arrays(_sklearn_datasets().load_iris(return_X_y=True))


def two_moons(n: int = 200, noise: float = 0.1, seed: int = 0) -> Data:
    """Two half circles that reach into each other: X (n, 2), y 0 or 1; each coordinate has the deviation ``noise``."""
    _check_made(n, noise, 2)
    return _arrays(_sklearn_datasets().make_moons(n, noise=noise, random_state=seed))


def circles(n: int = 200, noise: float = 0.05, inner: float = 0.5, seed: int = 0) -> Data:
    """A circle of radius 1 (class 0) around one of radius ``inner`` < 1 (class 1): X (n, 2), y 0 or 1."""
    _check_made(n, noise, 2)
    if not 0.0 <= inner < 1.0:
        raise ValueError(f"inner is {inner!r}; give a radius from 0 up to, but not including, 1.")
    return _arrays(_sklearn_datasets().make_circles(n, noise=noise, factor=inner, random_state=seed))


def spirals(n: int = 300, classes: int = 3, turns: float = 0.75, noise: float = 0.05, seed: int = 0) -> Data:
    """The arms of a spiral, one for each class: X (n, 2), y from 0 to classes - 1.

    A point of arm c at the radius r, 0 < r <= 1, has the angle 2 pi (c / classes + turns r), and to each of its
    coordinates a normal number with the deviation ``noise`` is added.
    """
    if classes < 2:
        raise ValueError(f"classes is {classes!r}; give 2 or more.")
    _check_made(n, noise, classes)
    rng = np.random.default_rng(seed)
    y = np.arange(n) % classes
    r = (np.arange(n) // classes + 1) / -(-n // classes)
    angle = 2.0 * np.pi * (y / classes + turns * r)
    X = np.column_stack([r * np.cos(angle), r * np.sin(angle)]) + rng.normal(0.0, noise, (n, 2))
    order = rng.permutation(n)
    return X[order], y[order]


def parity(d: int) -> Data:
    """All 2^d rows of d bits, X (2^d, d) with entries 0.0 and 1.0, and whether their sum is odd (1) or even (0).

    The rows count upwards: row i holds the binary digits of i, the most significant first.  1 <= d <= 16.
    """
    if not isinstance(d, int | np.integer) or not 1 <= d <= _LARGEST_PARITY:
        raise ValueError(f"d is {d!r}; give an integer from 1 to {_LARGEST_PARITY}.")
    bits = (np.arange(2**d)[:, np.newaxis] >> np.arange(d)[::-1]) & 1
    return bits.astype(np.float64), bits.sum(axis=1) % 2


def split(X: ArrayLike, y: ArrayLike, fractions: Sequence[float] = (0.6, 0.2, 0.2), seed: int = 0) -> list[Data]:
    """Cut the samples into parts, ``(X, y)`` for each of the fractions, at random, each class in the same proportions.

    Every sample is in exactly one part.  Of the n samples of a class, a part with fraction f gets f n of them, rounded
    up or down.  The same seed gives the same parts.

    Raises ``ValueError`` if the fractions are not positive or do not sum to 1, if X and y have different lengths, or
    if a part would be empty.
    """
    X, y = np.asarray(X), np.asarray(y)
    if y.ndim != 1 or X.ndim < 1 or len(X) != len(y):
        raise ValueError(
            f"X has the shape {X.shape} and y {y.shape}; they need the same number of rows, and y one axis."
        )
    if not fractions or min(fractions) <= 0.0 or abs(sum(fractions) - 1.0) > 1e-9:
        raise ValueError(f"fractions is {fractions!r}; give positive numbers that sum to 1, such as (0.6, 0.2, 0.2).")
    rng = np.random.default_rng(seed)
    shares = np.asarray(fractions, dtype=np.float64)
    parts: list[list[NDArray[np.intp]]] = [[] for _ in fractions]
    for label in np.unique(y):
        members = rng.permutation(np.flatnonzero(y == label))
        counts = np.floor(shares * len(members) + 1e-9).astype(int)  # 0.3 * 10 may be a little less than 3
        # What rounding down leaves goes to the parts that lost most by it.
        lost = np.argsort(counts - shares * len(members), kind="stable")
        counts[lost[: len(members) - counts.sum()]] += 1
        for part, piece in zip(parts, np.split(members, np.cumsum(counts)[:-1]), strict=True):
            part.append(piece)
    found = []
    for fraction, pieces in zip(fractions, parts, strict=True):
        chosen = rng.permutation(np.concatenate(pieces)) if pieces else np.empty(0, dtype=np.intp)
        if not chosen.size:
            raise ValueError(f"The part with the fraction {fraction:g} would be empty; {len(y)} samples are too few.")
        found.append((X[chosen], y[chosen]))
    return found


def standardise(training: ArrayLike, *others: ArrayLike) -> list[Floats]:
    """(X - mean) / deviation for each column, with the mean and the deviation of ``training`` for all arrays.

    training, others: shape (N, d), with the same d and any N.  A column that is constant in ``training`` is only
    shifted: its deviation is taken as 1.  What the validation and the test part look like must not be known before.
    """
    arrays = [np.asarray(array, dtype=np.float64) for array in (training, *others)]
    for array in arrays:
        if array.ndim != 2 or array.shape[1] != arrays[0].shape[-1] or not len(array):
            raise ValueError(f"An array has the shape {array.shape}; all need (N, d) with N >= 1 and the same d.")
    first = arrays[0]
    # A constant column, found exactly: its computed deviation may be 1e-17 instead of 0.
    deviation = np.where(np.ptp(first, axis=0) > 0.0, first.std(axis=0), 1.0)
    mean = first.mean(axis=0)
    return [(array - mean) / deviation for array in arrays]


def _sklearn_datasets() -> Any:
    try:
        return importlib.import_module("sklearn.datasets")
    except ImportError:
        raise ImportError(
            "These data come with scikit-learn, which is not installed here; run start.py again, or make setup."
        ) from None


def _arrays(pair: tuple[Any, Any]) -> Data:
    return np.asarray(pair[0], dtype=np.float64), np.asarray(pair[1], dtype=np.int64)


def _check_made(n: int, noise: float, classes: int) -> None:
    if not isinstance(n, int | np.integer) or n < classes:
        raise ValueError(f"n is {n!r}; give an integer >= {classes}, at least one point for each class.")
    if not 0.0 <= noise < np.inf:
        raise ValueError(f"noise is {noise!r}; give a number >= 0.")
