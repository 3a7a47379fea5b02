"""The two kinds of numbers against each other: values, slopes, and where there are none."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlp_utils.derivations.arithmetic import Digits, Floats, divide
from mlp_utils.derivations.tokens import FUNCTIONS

FLOATS, DIGITS = Floats(), Digits()
SCALAR = sorted(FUNCTIONS - {"softmax", "diag"})
decimals = st.integers(-500, 500).map(lambda k: k / 100)


def values(name: str, x: float) -> tuple[complex, complex]:
    """Value and slope of a function by both kinds of numbers, as value + i slope."""
    found = []
    for numbers in (FLOATS, DIGITS):
        with np.errstate(all="ignore"):
            moved = numbers.array([x]) + numbers.array(1j) * numbers.step
            result = numbers.apply(name, moved)
        slope = numbers.imag(result)[0] / numbers.step
        found.append(complex(float(numbers.real(result)[0]), float(slope)))
    return found[0], found[1]


@pytest.mark.parametrize("name", SCALAR)
@settings(max_examples=60, deadline=None, database=None)
@given(decimals)
def test_floats_are_the_many_digits_rounded(name: str, x: float) -> None:
    short, exact = values(name, x)
    assert np.isfinite(short) == np.isfinite(exact), (short, exact)
    if np.isfinite(short):
        assert short.real == pytest.approx(exact.real, rel=1e-12, abs=1e-15)
        assert short.imag == pytest.approx(exact.imag, rel=1e-9, abs=1e-12)


@settings(max_examples=200, deadline=None, database=None)
@given(decimals, st.one_of(st.integers(-70, 70).map(float), decimals))
def test_powers_agree(base: float, exponent: float) -> None:
    found = []
    for numbers in (FLOATS, DIGITS):
        with np.errstate(all="ignore"):
            moved = numbers.array([base]) + numbers.array(1j) * numbers.step
            result = numbers.power(moved, numbers.array([exponent]))
        value, slope = numbers.real(result)[0], numbers.imag(result)[0] / numbers.step
        found.append((float(value), float(slope)))
    (short, steep), (exact, slope) = found
    assert math.isfinite(short) == math.isfinite(exact)
    if math.isfinite(short):
        assert short == pytest.approx(exact, rel=1e-9, abs=1e-300)
        assert steep == pytest.approx(slope, rel=1e-9, abs=1e-300)


def test_powers_without_a_value() -> None:
    for numbers in (FLOATS, DIGITS):
        with np.errstate(all="ignore"):
            bases = numbers.array([-1.5, 0.0, 0.0, -2.0, 0.0, 4.0])
            result = numbers.power(bases, numbers.array([0.5, -1.0, 0.0, 3.0, 0.5, 0.5]))
        assert list(numbers.finite(result)) == [False, False, True, True, True, True]
        assert [float(x) for x in numbers.real(result)[2:]] == [1.0, -8.0, 0.0, 2.0]


@pytest.mark.parametrize(("name", "x"), [("log", 0.0), ("log", -1.0), ("sqrt", -1.0)])
def test_real_functions_have_no_value_outside_their_domain(name: str, x: float) -> None:
    for numbers in (FLOATS, DIGITS):
        with np.errstate(all="ignore"):
            assert not numbers.finite(numbers.apply(name, numbers.array([x]))).any()


@pytest.mark.parametrize("name", ["relu", "abs", "sign"])
def test_there_is_a_value_at_a_kink_and_no_slope(name: str) -> None:
    for numbers in (FLOATS, DIGITS):
        assert numbers.real(numbers.apply(name, numbers.array([0.0])))[0] == 0
        moved = numbers.array([0.0]) + numbers.array(1j) * numbers.step
        assert not numbers.finite(numbers.apply(name, moved)).any()


@pytest.mark.parametrize("name", ["relu", "abs", "sign", "sigmoid", "softplus"])
def test_no_value_stays_no_value(name: str) -> None:
    for numbers in (FLOATS, DIGITS):
        with np.errstate(all="ignore"):
            assert not numbers.finite(numbers.apply(name, numbers.array([np.nan]))).any()


def test_a_quotient_by_zero_has_no_value_and_no_slope() -> None:
    for numbers in (FLOATS, DIGITS):
        for below in (numbers.array([0.0]), numbers.array([0.0]) + numbers.array(1j) * numbers.step):
            with np.errstate(all="ignore"):
                assert not numbers.finite(divide(numbers, numbers.array([1.0]), below)).any()


def test_softmax_neither_overflows_nor_loses_its_slope() -> None:
    for numbers in (FLOATS, DIGITS):
        result = numbers.real(numbers.apply("softmax", numbers.array([[1000.0, 999.0, -1000.0]])))
        assert float(np.sum(result)) == pytest.approx(1.0)
        assert float(result[0, 0]) == pytest.approx(1 / (1 + math.exp(-1)))


HUGE = [10.0**k for k in (2, 3, 6, 30)]


@pytest.mark.parametrize("name", SCALAR)
def test_functions_of_huge_numbers_are_quick(name: str) -> None:
    start = time.process_time()
    for x in HUGE:
        for value in (x, -x, 1 / x):
            DIGITS.apply(name, DIGITS.array([value]))
    tower = DIGITS.array([9.0])
    for _ in range(6):
        tower = DIGITS.power(DIGITS.array([9.0]), tower)
        DIGITS.apply(name, tower)
    assert time.process_time() - start < 0.5


def test_magnitudes_are_decimal_logarithms() -> None:
    assert FLOATS.magnitude(0.001) == pytest.approx(-3)
    assert DIGITS.magnitude(DIGITS.real(DIGITS.number("1e-30"))[()]) == pytest.approx(-30)
    assert FLOATS.magnitude(0.0) == -math.inf
    assert DIGITS.magnitude(DIGITS.real(DIGITS.number("0"))[()]) == -math.inf


def test_a_float_stands_for_the_decimal_number_that_was_drawn() -> None:
    third = DIGITS.real(DIGITS.array([0.7]) * 10 - 7)[0]
    assert abs(third) < 1e-55
