"""Two kinds of numbers for the same formulas: float64, and mpmath's with many digits.

Both work on NumPy arrays (of complex128, or of objects), so that one evaluation serves both.  A derivative is a complex
step, f'(x) = Im f(x + ih) / h, so every function here is defined for a number with a small imaginary part, and is NaN
where the real function has no value, or no slope although one is asked for.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np

Array = np.ndarray[Any, Any]


class Floats:
    """float64, as complex128 arrays."""

    step = 1e-30
    nan = complex(np.nan)
    tolerance = 1e-9
    cost, function_cost = 1, 8
    """What one entry costs, about 10 ns each; see ``evaluation.Work``."""

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
        result = np.asarray(getattr(np, name)(x))
        if name == "log":
            return np.where(self.real(x) > 0, result, np.nan)
        if name == "sqrt":
            return np.where((self.real(x) > 0) | (x == 0), result, np.nan)
        return result

    def power(self, base: Array, exponent: Array) -> Array:
        """base ** exponent; NaN for a negative base with an exponent that is no integer."""
        size = self.real(exponent)
        whole = (self.imag(exponent) == 0) & (size == np.round(size))
        small = whole & (np.abs(size) <= MOST_FACTORS)
        positive = self.real(base) > 0
        odd = np.where(whole & (np.abs(size) < 2.0**53), np.mod(size, 2), 0) == 1
        result = np.power(np.where(positive, base, -base), exponent) * np.where(odd & ~positive, -1.0, 1.0)
        result = np.where(positive | (whole & (self.real(base) != 0)), result, np.nan)
        result = np.where((base == 0) & (size > 0), 0.0, result)
        for n in np.unique(size[small]):
            result = np.where(small & (size == n), _whole_power(base, int(n)), result)
        return result

    def magnitude(self, x: Any) -> float:
        """The decimal logarithm of a positive number."""
        return math.log10(x) if x > 0 else -math.inf


class Digits:
    """mpmath's numbers with 60 digits or more, as arrays of objects.

    Functions of very large numbers have no value here: they would need millions of digits.
    """

    tolerance = 1e-22
    cost, function_cost = 300, 4000

    def __init__(self, digits: int = 60) -> None:
        self.mp = importlib.import_module("mpmath").MPContext()
        self.mp.dps = digits
        self.step = self.mp.mpf(10) ** (-digits // 2 - 5)
        self.nan = self.mp.mpc(self.mp.nan)
        self._functions: dict[str, Callable[[Array], Any]] = {}
        self._real = np.frompyfunc(lambda z: self.mp.re(z), 1, 1)
        self._imag = np.frompyfunc(lambda z: self.mp.im(z), 1, 1)
        self._finite = np.frompyfunc(lambda z: bool(self.mp.isfinite(z)), 1, 1)
        self._convert = np.frompyfunc(self.convert, 1, 1)
        self._powers = np.frompyfunc(self._power, 2, 1)

    def array(self, values: Any) -> Array:
        return np.asarray(self._convert(np.asarray(values, dtype=object)), dtype=object)

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
        if name not in self._functions:
            self._functions[name] = cast(Callable[[Array], Any], np.frompyfunc(self._careful(name), 1, 1))
        return np.asarray(self._functions[name](x), dtype=object)

    def _careful(self, name: str) -> Callable[[Any], Any]:
        exact = getattr(self.mp, {"arctan": "atan"}.get(name, name))

        def call(z: Any) -> Any:
            if name in ("log", "sqrt"):
                if not self.mp.re(z) > 0:
                    return z if name == "sqrt" and z == 0 else self.nan
            elif name != "arctan" and not abs(self.mp.re(z)) <= LARGEST_ARGUMENT:
                return self.nan
            try:
                return exact(z)
            except (ValueError, ArithmeticError):
                return self.nan

        return call

    def power(self, base: Array, exponent: Array) -> Array:
        return np.asarray(self._powers(base, exponent), dtype=object)

    def _power(self, base: Any, exponent: Any) -> Any:
        n, b = self.mp.re(exponent), self.mp.re(base)
        if not (self.mp.isfinite(exponent) and self.mp.isfinite(base)):
            return self.nan
        try:
            if abs(n) > LARGEST_ARGUMENT or abs(self.mp.mag(base or 1)) > LARGEST_ARGUMENT:
                return self.nan
            whole = self.mp.im(exponent) == 0 and n == int(n)
            if whole and abs(n) <= MOST_FACTORS:
                return self.nan if n < 0 and b == 0 else base ** int(n)
            if abs(n * self.mp.mag(base or 1)) > 10 * LARGEST_ARGUMENT or b == 0:
                return self.mp.mpc(0) if base == 0 and n > 0 else self.nan
            if b > 0:
                return self.mp.exp(exponent * self.mp.log(base))
            return (-1) ** int(n) * self.mp.exp(exponent * self.mp.log(-base)) if whole else self.nan
        except (ValueError, ArithmeticError):
            return self.nan

    def magnitude(self, x: Any) -> float:
        """The decimal logarithm of a positive number."""
        return float(self.mp.log10(x)) if x > 0 else -math.inf


MOST_FACTORS = 64
"""Powers up to this are products, so that they are exact for negative numbers with a complex step too."""
LARGEST_ARGUMENT = 10**5
"""With many digits, the largest argument of a function and the largest exponent."""
Numbers = Floats | Digits


def divide(numbers: Numbers, a: Array, b: Array) -> Array:
    """a / b; NaN where b is 0."""
    zero = numbers.real(b) == 0
    return np.where(zero, numbers.nan, a / np.where(zero, numbers.array(1.0), b))


def _whole_power(base: Array, n: int) -> Array:
    if n < 0:
        return np.asarray(1 / np.where(np.real(base) == 0, np.nan, _whole_power(base, -n)))
    result = np.ones_like(base)
    for _ in range(n):
        result = result * base
    return result


def _kinked(numbers: Numbers, x: Array, right: Array, left: Array, middle: Array) -> Array:
    """One value for x > 0, one for x < 0, one for x = 0; there is no slope at 0, and no value where x has none."""
    real = numbers.real(x)
    at_zero = np.where(numbers.imag(x) != 0, numbers.nan, middle)
    return np.where(real > 0, right, np.where(real < 0, left, np.where(real == 0, at_zero, numbers.nan)))


def _relu(numbers: Numbers, x: Array) -> Array:
    """max(0, x)."""
    zero = numbers.array(0.0)
    return _kinked(numbers, x, x, zero, zero)


def _absolute(numbers: Numbers, x: Array) -> Array:
    """|x|."""
    return _kinked(numbers, x, x, -x, numbers.array(0.0))


def _sign(numbers: Numbers, x: Array) -> Array:
    """-1, 0 or 1."""
    return _kinked(numbers, x, *(numbers.array(value) for value in (1.0, -1.0, 0.0)))


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
