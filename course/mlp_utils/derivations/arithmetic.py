"""Two kinds of numbers for the same formulas: float64, and mpmath's with many digits.

Both work on NumPy arrays (of complex128, or of objects), so that one evaluation serves both.  A derivative is a complex
step, f'(x) = Im f(x + ih) / h, so every function here is defined for a number with a small imaginary part, and is NaN
where the real function has no value, or no slope although one is asked for.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any, cast

import numpy as np

Array = np.ndarray[Any, Any]


class Floats:
    """float64, as complex128 arrays."""

    step = 1e-30
    tolerance = 1e-9

    def array(self, values: Any) -> Array:
        return np.asarray(values, dtype=complex)

    def number(self, text: str) -> Array:
        return self.array(float(text))

    def real(self, x: Array) -> Array:
        return np.asarray(np.real(x), dtype=float)

    def imag(self, x: Array) -> Array:
        return np.asarray(np.imag(x), dtype=float)

    def finite(self, x: Array) -> Array:
        return np.asarray(np.isfinite(x))

    def apply(self, name: str, x: Array) -> Array:
        if name in _BUILT:
            return _BUILT[name](self, x)
        result = getattr(np, name)(x)
        return self.where_undefined(result, x) if name in ("log", "sqrt") else np.asarray(result)

    def where_undefined(self, result: Array, x: Array) -> Array:
        return np.where(self.real(x) > 0, result, np.nan)

    def power(self, base: Array, exponent: Array) -> Array:
        """base ** exponent; NaN for a negative base with an exponent that is no integer."""
        whole = (self.imag(exponent) == 0) & (self.real(exponent) == np.round(self.real(exponent)))
        small = whole & (np.abs(self.real(exponent)) <= 64)
        result = np.power(base, exponent)
        for n in np.unique(self.real(exponent)[small]):
            mine = self.real(exponent) == n
            result = np.where(mine & small, _whole_power(base, int(n)), result)
        return np.where(whole | (self.real(base) > 0), result, np.nan)


class Digits:
    """mpmath's numbers with 60 digits, as arrays of objects."""

    tolerance = 1e-22

    def __init__(self) -> None:
        mpmath = importlib.import_module("mpmath")
        self.mp = mpmath.mp.clone() if hasattr(mpmath.mp, "clone") else mpmath.MPContext()
        self.mp.dps = 60
        self.step = self.mp.mpf(10) ** -35
        self.nan = self.mp.mpc(self.mp.nan)
        self._real = np.frompyfunc(lambda z: self.mp.re(z), 1, 1)
        self._imag = np.frompyfunc(lambda z: self.mp.im(z), 1, 1)
        self._finite = np.frompyfunc(lambda z: bool(self.mp.isfinite(z)), 1, 1)

    def array(self, values: Any) -> Array:
        convert = np.frompyfunc(self.convert, 1, 1)
        return np.asarray(convert(np.asarray(values, dtype=object)), dtype=object)

    def convert(self, value: Any) -> Any:
        # A float stands for the decimal number that was drawn, such as 0.7.
        return self.mp.mpc(repr(float(value))) if isinstance(value, float | int | np.number) else self.mp.mpc(value)

    def number(self, text: str) -> Array:
        return np.asarray(self.mp.mpc(text), dtype=object)

    def real(self, x: Array) -> Array:
        return np.asarray(self._real(x), dtype=object)

    def imag(self, x: Array) -> Array:
        return np.asarray(self._imag(x), dtype=object)

    def finite(self, x: Array) -> Array:
        return np.asarray(self._finite(x), dtype=bool)

    def apply(self, name: str, x: Array) -> Array:
        if name in _BUILT:
            return _BUILT[name](self, x)
        return np.asarray(self._function(name)(x), dtype=object)

    @functools.cache  # noqa: B019 - one object for the whole process
    def _function(self, name: str) -> Callable[[Array], Any]:
        exact = getattr(self.mp, {"arctan": "atan"}.get(name, name))

        def call(z: Any) -> Any:
            if name in ("log", "sqrt") and not self.mp.re(z) > 0:
                return self.nan
            try:
                return exact(z)
            except (ValueError, ZeroDivisionError, OverflowError):
                return self.nan

        return cast(Callable[[Array], Any], np.frompyfunc(call, 1, 1))

    def power(self, base: Array, exponent: Array) -> Array:
        return np.asarray(np.frompyfunc(self._power, 2, 1)(base, exponent), dtype=object)

    def _power(self, base: Any, exponent: Any) -> Any:
        n = self.mp.re(exponent)
        try:
            if self.mp.im(exponent) == 0 and n == int(n) and abs(n) <= 64:
                return base ** int(n)
            return self.mp.power(base, exponent) if self.mp.re(base) > 0 else self.nan
        except (ValueError, ZeroDivisionError, OverflowError):
            return self.nan


Numbers = Floats | Digits


def divide(numbers: Numbers, a: Array, b: Array) -> Array:
    """a / b; NaN where b is 0."""
    zero = b == 0
    if isinstance(numbers, Floats):
        return np.where(zero, np.nan, a / np.where(zero, 1, b))
    return np.where(zero, numbers.nan, a / np.where(zero, numbers.mp.mpc(1), b))


def _whole_power(base: Array, n: int) -> Array:
    if n < 0:
        return np.asarray(1 / np.where(base == 0, np.nan, _whole_power(base, -n)))
    result = np.ones_like(base)
    for _ in range(n):
        result = result * base
    return result


def _nan(numbers: Numbers) -> Any:
    return np.nan if isinstance(numbers, Floats) else numbers.nan


def _relu(numbers: Numbers, x: Array) -> Array:
    """max(0, x); no slope at 0."""
    kink = (numbers.real(x) == 0) & (numbers.imag(x) != 0)
    return np.where(kink, _nan(numbers), np.where(numbers.real(x) > 0, x, numbers.array(0.0)))


def _absolute(numbers: Numbers, x: Array) -> Array:
    """|x|; no slope at 0."""
    kink = (numbers.real(x) == 0) & (numbers.imag(x) != 0)
    return np.where(kink, _nan(numbers), np.where(numbers.real(x) >= 0, x, -x))


def _sign(numbers: Numbers, x: Array) -> Array:
    """-1, 0 or 1; no slope at 0."""
    kink = (numbers.real(x) == 0) & (numbers.imag(x) != 0)
    values = np.where(numbers.real(x) > 0, 1.0, np.where(numbers.real(x) < 0, -1.0, 0.0))
    return np.where(kink, _nan(numbers), numbers.array(values))


def _sigmoid(numbers: Numbers, x: Array) -> Array:
    """1 / (1 + e^-x) without overflow."""
    positive = numbers.real(x) >= 0
    t = numbers.apply("exp", np.where(positive, -x, x))
    return np.asarray(np.where(positive, numbers.array(1.0), t) / (1 + t))


def _softplus(numbers: Numbers, x: Array) -> Array:
    """ln(1 + e^x) without overflow."""
    positive = numbers.real(x) >= 0
    t = numbers.apply("exp", np.where(positive, -x, x))
    return np.where(positive, x, numbers.array(0.0)) + numbers.apply("log", 1 + t)


def _softmax(numbers: Numbers, x: Array) -> Array:
    """e^x_k / Σ_j e^x_j along the last axis, shifted by the largest real part."""
    largest = np.max(numbers.real(x), axis=-1, keepdims=True)
    t = numbers.apply("exp", x - largest)
    return np.asarray(t / np.sum(t, axis=-1, keepdims=True))


_BUILT: dict[str, Callable[[Any, Array], Array]] = {
    "relu": _relu,
    "abs": _absolute,
    "sign": _sign,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "softmax": _softmax,
}
