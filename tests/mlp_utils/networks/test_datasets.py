"""Data sets: what they hold, that a seed decides them, and how they are split and scaled."""

from __future__ import annotations

import doctest
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlp_utils.networks import datasets
from mlp_utils.networks.datasets import circles, digits, iris, parity, spirals, split, standardise, two_moons


def test_the_digits_are_real_pictures() -> None:
    X, y = digits()
    assert X.shape == (1797, 64) and X.dtype == np.float64 and X.min() == 0.0 and X.max() == 16.0
    assert y.shape == (1797,) and np.issubdtype(y.dtype, np.integer)
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_iris_flowers() -> None:
    X, y = iris()
    assert X.shape == (150, 4) and np.bincount(y).tolist() == [50, 50, 50]
    np.testing.assert_array_equal(X[0], [5.1, 3.5, 1.4, 0.2])


@pytest.mark.parametrize("make", [two_moons, circles, spirals])
def test_points_in_the_plane(make: Callable[..., Any]) -> None:
    X, y = make(121, seed=3)
    assert X.shape == (121, 2) and X.dtype == np.float64
    counts = np.bincount(y)
    assert counts.max() - counts.min() <= 1 and np.issubdtype(y.dtype, np.integer)
    again, other = make(121, seed=3), make(121, seed=4)
    np.testing.assert_array_equal(X, again[0])
    np.testing.assert_array_equal(y, again[1])
    assert not np.array_equal(X, other[0])
    assert not (np.diff(y) == 0).all() and np.abs(np.diff(y)).sum() > 20  # shuffled


def test_the_shapes_without_noise() -> None:
    X, y = circles(100, noise=0.0, inner=0.3)
    np.testing.assert_allclose(np.linalg.norm(X, axis=1), np.where(y == 0, 1.0, 0.3))
    X, y = spirals(90, classes=3, turns=0.5, noise=0.0)
    r = np.linalg.norm(X, axis=1)
    assert r.max() == pytest.approx(1.0) and r.min() == pytest.approx(1 / 30)
    turned = np.arctan2(X[:, 1], X[:, 0]) - 2 * np.pi * (y / 3 + 0.5 * r)
    np.testing.assert_allclose(np.exp(1j * turned), 1.0, atol=1e-12)


def test_parity_counts_ones() -> None:
    X, y = parity(3)
    assert X.tolist() == [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]]
    assert y.tolist() == [0, 1, 1, 0, 1, 0, 0, 1]
    X, y = parity(10)
    assert X.shape == (1024, 10) and X.dtype == np.float64 and len(np.unique(X, axis=0)) == 1024
    np.testing.assert_array_equal(np.prod(1 - 2 * X, axis=1), 1 - 2 * y)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 1000),
    st.lists(st.integers(1, 5), min_size=1, max_size=4),
    st.lists(st.integers(6, 40), min_size=1, max_size=4),
)
def test_every_sample_is_in_one_part_and_classes_keep_their_proportions(
    seed: int, weights: list[int], counts: list[int]
) -> None:
    fractions = [weight / sum(weights) for weight in weights]
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    X = np.arange(len(y), dtype=float)[:, np.newaxis]
    try:
        parts = split(X, y, fractions, seed)
    except ValueError as error:
        assert "would be empty" in str(error) and min(fractions) * max(counts) < 1.0
        return
    together = np.concatenate([part for part, _ in parts])[:, 0]
    assert sorted(together.tolist()) == list(range(len(y)))
    for (part, labels), fraction in zip(parts, fractions, strict=True):
        np.testing.assert_array_equal(labels, y[part[:, 0].astype(int)])
        for label, count in enumerate(counts):
            assert abs(np.sum(labels == label) - fraction * count) < 1.0
    for (one, _), (other, _) in zip(parts, split(X, y, fractions, seed), strict=True):
        np.testing.assert_array_equal(one, other)


def test_parts_of_another_seed_are_others() -> None:
    X, y = iris()
    one, other = split(X, y, seed=0), split(X, y, seed=1)
    assert [part.shape for part, _ in one] == [(90, 4), (30, 4), (30, 4)]
    assert not np.array_equal(one[0][0], other[0][0])


def test_the_training_part_decides_the_scale() -> None:
    rng = np.random.default_rng(0)
    training, test = rng.normal(3.0, 5.0, (40, 3)), rng.normal(3.0, 5.0, (10, 3))
    training[:, 1], test[:, 1] = 0.1, 0.3  # constant, and its computed deviation need not be 0
    kept = training.copy()
    scaled, scaled_test = standardise(training, test)
    np.testing.assert_array_equal(training, kept)
    np.testing.assert_allclose(scaled.mean(axis=0), 0.0, atol=1e-15)
    np.testing.assert_allclose(scaled.std(axis=0), [1.0, 0.0, 1.0], atol=1e-15)
    np.testing.assert_allclose(scaled_test[:, 0], (test[:, 0] - kept[:, 0].mean()) / kept[:, 0].std())
    np.testing.assert_allclose(scaled_test[:, 1], 0.2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: two_moons(1), r"n is 1; give an integer >= 2, at least one point for each class\."),
        (lambda: circles(10, noise=-1.0), r"noise is -1\.0; give a number >= 0\."),
        (lambda: circles(10, inner=1.0), r"inner is 1\.0; give a radius from 0 up to, but not including, 1\."),
        (lambda: spirals(10, classes=1), r"classes is 1; give 2 or more\."),
        (lambda: parity(0), r"d is 0; give an integer from 1 to 16\."),
        (lambda: parity(17), "d is 17"),
        (lambda: split(np.ones((3, 2)), np.ones(4)), r"X has the shape \(3, 2\) and y \(4,\)"),
        (lambda: split(np.ones((3, 2)), np.ones(3), (0.5, 0.6)), "give positive numbers that sum to 1"),
        (lambda: split(np.ones((3, 2)), np.ones(3), ()), "give positive numbers that sum to 1"),
        (lambda: split(np.ones((1, 2)), np.ones(1)), "would be empty; 1 samples are too few"),
        (lambda: split(np.ones((0, 2)), np.ones(0)), "would be empty; 0 samples are too few"),
        (lambda: standardise(np.ones((3, 2)), np.ones((3, 1))), r"An array has the shape \(3, 1\)"),
    ],
)
def test_bad_input_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_without_scikit_learn_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r"scikit-learn, which is not installed here; run start\.py again"):
        digits()
    assert spirals(10)[0].shape == (10, 2)


def test_the_example_in_the_docstring_runs() -> None:
    assert doctest.testmod(datasets).failed == 0
