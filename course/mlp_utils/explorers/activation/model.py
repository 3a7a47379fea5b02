"""The mathematics behind the explorer of activations and finite differences.

Pure NumPy: no picture, no widget. Given a function ``f``, a point ``x`` and a step ``h``, the model
compares three numerical slopes with the true derivative:

    forward      (f(x + h) - f(x)) / h            truncation  |f''(x)| h / 2
    central      (f(x + h) - f(x - h)) / (2 h)    truncation  |f'''(x)| h^2 / 6
    complex      Im f(x + i h) / h                truncation  |f'''(x)| h^2 / 6, no subtraction

The two differences also suffer from round-off, about ``eps * max(|f(x)|, |x f'(x)|) / h``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "FUNCTION_LABELS",
    "LOG10_H_RANGE",
    "METHODS",
    "ActivationEvaluation",
    "ActivationState",
    "ErrorCurves",
    "best_steps",
    "curve_values",
    "error_curves",
    "evaluate",
    "has_kink",
    "is_jump",
    "numerical_slopes",
    "one_sided_slopes",
    "slope_errors",
    "true_derivatives",
]

Array: TypeAlias = NDArray[np.float64]

METHODS: Final = ("forward", "central", "complex")
"""The names of the three numerical slopes, in the order in which they are shown."""

LOG10_H_RANGE: Final = (-16.0, 0.0)
"""Smallest and largest exponent of the step ``h``."""

_EPS: Final = float(np.finfo(np.float64).eps)
_STEPS_PER_DECADE: Final = 8
_LARGEST_X: Final = 300.0  # beyond, f'(x) * h of a complex step is too small to be stored


# Values. One piece of code for real and for complex arguments, so that the complex step sees what
# the differences see. A branch looks at the real part only: inside a branch the code is analytic,
# which is what a complex step needs. exp gets arguments with a real part <= 0: it cannot overflow.


def _decay(z: NDArray[Any]) -> NDArray[Any]:
    """exp(-|Re z|) continued to complex numbers; z any shape, the result has the same shape."""
    return np.asarray(np.exp(np.where(z.real >= 0, -z, z)))


def _logistic(z: NDArray[Any]) -> NDArray[Any]:
    decay = _decay(z)
    return np.asarray(np.where(z.real >= 0, 1.0, decay) / (1.0 + decay))


def _soft_ramp(z: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.where(z.real >= 0, z, 0.0) + np.log1p(_decay(z)))


def _log_logistic(z: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.where(z.real >= 0, 0.0, z) - np.log1p(_decay(z)))


def _ramp(z: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.where(z.real > 0, z, 0.0))


def _modulus(z: NDArray[Any]) -> NDArray[Any]:
    # Deliberately NumPy's own abs: of a complex number it returns the modulus, which is real, and
    # so shows how a complex step goes wrong without a word.
    return np.asarray(np.abs(z))


def _direction(z: NDArray[Any]) -> NDArray[Any]:
    # z / |z|, NumPy 2's meaning of sign for complex numbers; NumPy 1 meant something else.
    size = np.abs(z)
    return np.asarray(np.where(size > 0, z / np.where(size > 0, size, 1.0), 0.0))


# Derivatives: f', f'', f''' at real x, in forms that keep full relative accuracy far from 0.

_Derivatives: TypeAlias = tuple[Array, Array, Array]


def _logistic_derivatives(x: Array) -> _Derivatives:
    decay = np.exp(-np.abs(x))
    first = decay / (1.0 + decay) ** 2
    second = -first * np.tanh(x / 2)
    return first, second, first * (1.0 - 6.0 * first)


def _tanh_derivatives(x: Array) -> _Derivatives:
    decay = np.exp(-2.0 * np.abs(x))
    first = 4.0 * decay / (1.0 + decay) ** 2  # 1 - tanh^2 would cancel for large |x|
    return first, -2.0 * np.tanh(x) * first, first * (4.0 - 6.0 * first)


def _soft_ramp_derivatives(x: Array) -> _Derivatives:
    first, second, _ = _logistic_derivatives(x)
    return np.asarray(_logistic(x)), first, second


def _log_logistic_derivatives(x: Array) -> _Derivatives:
    first, second, _ = _logistic_derivatives(x)
    return np.asarray(_logistic(-x)), -first, -second


def _piecewise(left: float, right: float) -> Callable[[Array], _Derivatives]:
    """Derivatives of a function that is straight on both sides of 0; at 0 there is none (NaN)."""

    def derivatives(x: Array) -> _Derivatives:
        first = np.where(x > 0, right, np.where(x < 0, left, np.nan))
        return first, np.zeros_like(x), np.zeros_like(x)

    return derivatives


@dataclass(frozen=True)
class _Activation:
    label: str
    value: Callable[[NDArray[Any]], NDArray[Any]]
    derivatives: Callable[[Array], _Derivatives]
    slopes_at_zero: tuple[float, float] | None = None  # (left, right) if 0 is a kink or a jump
    jump: bool = False


_ACTIVATIONS: Final[Mapping[str, _Activation]] = {
    "sigmoid": _Activation("Sigmoid", _logistic, _logistic_derivatives),
    "tanh": _Activation("Hyperbolic tangent, tanh", np.tanh, _tanh_derivatives),
    "softplus": _Activation("Softplus, ln(1 + exp x)", _soft_ramp, _soft_ramp_derivatives),
    "log_sigmoid": _Activation("Log-sigmoid, ln sigmoid", _log_logistic, _log_logistic_derivatives),
    "relu": _Activation("ReLU, max(0, x)", _ramp, _piecewise(0.0, 1.0), (0.0, 1.0)),
    "abs": _Activation("Absolute value, |x|", _modulus, _piecewise(-1.0, 1.0), (-1.0, 1.0)),
    "sign": _Activation("Sign of x", _direction, _piecewise(0.0, 0.0), (np.inf, np.inf), jump=True),
}

FUNCTION_LABELS: Final[Mapping[str, str]] = {key: act.label for key, act in _ACTIVATIONS.items()}
"""The functions on offer: key -> label for people."""


def _activation(function: str) -> _Activation:
    try:
        return _ACTIVATIONS[function]
    except KeyError:
        names = ", ".join(_ACTIVATIONS)
        raise ValueError(f"There is no function {function!r}; choose one of: {names}.") from None


@dataclass(frozen=True)
class ActivationState:
    """Everything that the explorer shows depends on this state, and on nothing else.

    ``function`` is a key of `FUNCTION_LABELS`; ``x`` is the point, |x| <= 300; the step is
    ``h = 10 ** log10_h`` with ``log10_h`` in [-16, 0]. The other fields say what is drawn.

    Raises `ValueError` if a field is out of its range.
    """

    function: str = "sigmoid"
    x: float = 1.0
    log10_h: float = -0.25
    show_derivative: bool = True
    show_tangent: bool = True
    show_secants: bool = True
    show_guides: bool = True
    relative: bool = True

    def __post_init__(self) -> None:
        _activation(self.function)
        if not abs(self.x) <= _LARGEST_X:  # also refuses NaN
            raise ValueError(f"x must be a number between -300 and 300, not {self.x!r}.")
        low, high = LOG10_H_RANGE
        if not low <= self.log10_h <= high:
            raise ValueError(f"log10_h must be a number between {low:g} and {high:g}, not {self.log10_h!r}.")

    @property
    def h(self) -> float:
        """The step h > 0."""
        return float(10.0**self.log10_h)

    @property
    def at_kink(self) -> bool:
        """Whether f has no derivative at x."""
        return has_kink(self.function) and self.x == 0


def has_kink(function: str) -> bool:
    """Whether the function has a point without a derivative (then that point is x = 0)."""
    return _activation(function).slopes_at_zero is not None


def is_jump(function: str) -> bool:
    """Whether the function jumps at x = 0, so that not even one-sided slopes are finite."""
    return _activation(function).jump


def curve_values(function: str, x: ArrayLike) -> Array:
    """f(x) for x of any shape; the result has the shape of x."""
    return np.asarray(_activation(function).value(np.asarray(x, dtype=np.float64)))


def true_derivatives(function: str, x: ArrayLike) -> _Derivatives:
    """(f'(x), f''(x), f'''(x)), each of the shape of x, from closed forms; f' is NaN at a kink."""
    return _activation(function).derivatives(np.asarray(x, dtype=np.float64))


def one_sided_slopes(function: str, x: float) -> tuple[float, float]:
    """The slopes of f from the left and from the right of x; equal where f is differentiable."""
    at_zero = _activation(function).slopes_at_zero
    if at_zero is not None and x == 0:
        return at_zero
    slope = float(true_derivatives(function, x)[0])
    return slope, slope


def numerical_slopes(function: str, x: float, h: ArrayLike) -> Mapping[str, Array]:
    """The three numerical slopes at x, one array for each of `METHODS`.

    forward = (f(x+h) - f(x)) / h;  central = (f(x+h) - f(x-h)) / (2h);  complex = Im f(x+ih) / h.

    ``h`` holds positive steps, of any shape; each array has the shape of ``h``.
    """
    steps = np.asarray(h, dtype=np.float64)
    f = _activation(function).value
    here, after, before = (f(np.asarray(x + shift)) for shift in (0.0 * steps, steps, -steps))
    tilted = f(np.asarray(x + 1j * steps))
    return {
        "forward": np.asarray((after - here) / steps),
        "central": np.asarray((after - before) / (2.0 * steps)),
        "complex": np.asarray(tilted.imag / steps),
    }


def slope_errors(function: str, x: float, h: ArrayLike, *, relative: bool) -> Mapping[str, Array]:
    """|numerical slope - f'(x)| for each of `METHODS`, in the shape of h; NaN at a kink.

    With ``relative`` the error is divided by |f'(x)|, unless f'(x) = 0: then it stays absolute.
    """
    truth = float(true_derivatives(function, x)[0])
    unit = abs(truth) if relative and truth != 0 else 1.0
    slopes = numerical_slopes(function, x, h)
    return {method: np.abs(slopes[method] - truth) / unit for method in METHODS}


@dataclass(frozen=True)
class ActivationEvaluation:
    """All numbers of one state. The mappings have the keys `METHODS`.

    ``derivative`` is NaN at a kink, and so are the errors; ``relative_errors`` are NaN also where
    f'(x) = 0.
    """

    value: float
    derivative: float
    left_slope: float
    right_slope: float
    slopes: Mapping[str, float]
    absolute_errors: Mapping[str, float]
    relative_errors: Mapping[str, float]


def evaluate(state: ActivationState) -> ActivationEvaluation:
    """Evaluate f, f' and the three numerical slopes with their errors at the state's x and h."""
    left, right = one_sided_slopes(state.function, state.x)
    derivative = float(true_derivatives(state.function, state.x)[0])
    slopes = {method: float(slope) for method, slope in numerical_slopes(state.function, state.x, state.h).items()}
    absolute = {method: abs(slope - derivative) for method, slope in slopes.items()}
    relative = {method: error / abs(derivative) if derivative != 0 else np.nan for method, error in absolute.items()}
    return ActivationEvaluation(
        value=float(curve_values(state.function, state.x)),
        derivative=derivative,
        left_slope=left,
        right_slope=right,
        slopes=slopes,
        absolute_errors=absolute,
        relative_errors=relative,
    )


@dataclass(frozen=True)
class ErrorCurves:
    """Errors against the step, on a grid of K steps from 1e-16 to 1.

    ``h`` (K,); ``errors[method]`` (K,); ``slopes[method]`` (K,). The guides, each (K,), are the
    leading terms of the theory in the same unit as the errors: ``truncation_forward``,
    ``truncation_central`` and ``round_off``. A guide is 0 where its term does not exist.
    ``relative`` says whether the errors are divided by |f'(x)|.
    """

    h: Array
    slopes: Mapping[str, Array]
    errors: Mapping[str, Array]
    truncation_forward: Array
    truncation_central: Array
    round_off: Array
    relative: bool


def _theory(function: str, x: float, h: Array) -> tuple[Array, Array, Array]:
    """Leading terms of the absolute errors: truncation of forward, of central, and round-off."""
    first, second, third = (float(d) for d in true_derivatives(function, x))
    central = abs(third) / 6.0 * h**2
    # The second term matters where f'' = 0, as for the sigmoid at 0.
    forward = abs(second) / 2.0 * h + central
    if first == 0:  # f is constant around x: both of its values are the same number
        return forward, central, np.zeros_like(h)
    # f is rounded by eps |f|; x + h is rounded by eps |x|, which f' passes on.
    size = max(abs(float(curve_values(function, x))), abs(x * first) if x else 0.0)
    return forward, central, _EPS * size / h


def error_curves(state: ActivationState) -> ErrorCurves:
    """Evaluate the errors of the three numerical slopes at the state's x for all steps h."""
    low, high = LOG10_H_RANGE
    h = np.logspace(low, high, round((high - low) * _STEPS_PER_DECADE) + 1)
    truth = float(true_derivatives(state.function, state.x)[0])
    relative = state.relative and truth != 0 and not np.isnan(truth)
    unit = abs(truth) if relative else 1.0
    forward, central, round_off = (t / unit for t in _theory(state.function, state.x, h))
    return ErrorCurves(
        h=h,
        slopes=numerical_slopes(state.function, state.x, h),
        errors=slope_errors(state.function, state.x, h, relative=relative),
        truncation_forward=forward,
        truncation_central=central,
        round_off=round_off,
        relative=relative,
    )


def best_steps(state: ActivationState) -> Mapping[str, float] | None:
    """The steps at which truncation and round-off balance, for forward and central differences.

    Rule of thumb: h where the estimate (truncation + round-off) is smallest on the grid. None where
    f is straight around x, or where there is no round-off to balance.
    """
    curves = error_curves(state)
    if not (np.any(curves.truncation_central) and np.any(curves.round_off)):
        return None
    return {
        "forward": float(curves.h[np.argmin(curves.truncation_forward + curves.round_off)]),
        "central": float(curves.h[np.argmin(curves.truncation_central + curves.round_off)]),
    }
