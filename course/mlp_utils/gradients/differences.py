"""Numerical gradients of a scalar function: forward, central and complex-step differences.

The three functions take a black box ``f`` and an array ``x`` and return the gradient with the
shape of ``x``.  They work on a private copy, so the caller's array is never changed.  The errors:

    ValueError
    |-- NotComplexSafe      f cannot be followed along the imaginary axis
    `-- (plain)             integers, nan or inf, more than one number returned, f changes x

``complex_step`` is exact to the last digits, but only where every operation in ``f`` is
analytic.  Some NumPy functions are not, and most of these give a wrong number without a word
(``np.abs``, ``np.linalg.norm``, ``np.var`` ...).  `Loss.watch` therefore runs ``f`` once on an
array that reports such calls by name.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlp_utils.gradients.complex_safety import NotComplexSafe, watch

__all__ = [
    "Loss",
    "NotComplexSafe",
    "central_difference",
    "complex_step",
    "entry_name",
    "forward_difference",
]

Array = NDArray[np.float64]
Index = tuple[int, ...]

EPS = float(np.finfo(np.float64).eps)


# -- the public functions --------------------------------------------------------------------


def forward_difference(f: Callable[[Any], Any], x: Any, h: float = 1e-8) -> Array:
    """Gradient of ``f`` at ``x`` by forward differences, (f(x + h e_i) - f(x)) / h.

    The error is about h |f''| / 2 + 2 eps |f| / h: it is smallest near h = 1e-8 and even there
    about 1e-8.  This function is here to be compared with the other two.

    Arguments: ``f`` takes an array shaped like ``x`` and returns one number; ``x`` is a float
    array of any shape, or a float; ``h`` is a positive step.  Returns an array of the shape of
    ``x``.  Raises ValueError for integers, for nan or inf in ``x`` or ``f``, for a step that is
    lost in rounding, and when ``f`` changes its argument.
    Source: Nocedal and Wright, Numerical Optimization (2006), section 8.1.
    """
    loss = Loss(f, x)
    base = loss.value()
    flat, grad = loss.flat("x"), np.empty(loss.real["x"].size)
    for i, step in enumerate(loss.steps("x", h)):
        with moved(flat, i, flat[i] + step):
            grad[i] = (loss.value() - base) / step
    loss.require_finite(grad, "x", h)
    return grad.reshape(loss.real["x"].shape)


def central_difference(f: Callable[[Any], Any], x: Any, h: float = 1e-5) -> Array:
    """Gradient of ``f`` at ``x`` by central differences, (f(x + h e_i) - f(x - h e_i)) / (2 h).

    The error is about h^2 |f'''| / 6 + eps |f| / h, that is 1e-10 for a smooth ``f`` of size 1
    at h = 1e-5.  Where a kink lies within h of ``x`` the result is a mean of two slopes.

    Arguments, result and errors are those of `forward_difference`.
    Source: Nocedal and Wright, Numerical Optimization (2006), section 8.1.
    """
    loss = Loss(f, x)
    loss.value()
    plus, minus = loss.both_sides("x", range(loss.real["x"].size), h)
    grad = (plus - minus) / loss.span("x", h)
    loss.require_finite(grad, "x", h)
    return grad.reshape(loss.real["x"].shape)


def complex_step(f: Callable[[Any], Any], x: Any, h: float = 1e-30) -> Array:
    """Gradient of ``f`` at ``x`` by complex steps, Im f(x + i h e_i) / h.

    Nothing is subtracted, so nothing cancels: h may be tiny, the error is about 1e-16 relative,
    and no kink is crossed.  ``f`` must be built from analytic operations and from comparisons;
    NumPy compares complex numbers by their real parts first, so ``np.maximum`` (relu) and
    ``np.max`` are safe.

    Arguments and result are those of `forward_difference`.  Raises NotComplexSafe when ``f``
    uses ``abs``, ``norm``, ``sign``, ``var``, ``std`` or ``conj`` on complex numbers, drops the
    imaginary part, or has no complex version; the errors of `forward_difference` otherwise.
    An operation hidden behind ``np.asarray(x)`` is not seen; `check_gradient` defends against that.
    Source: Squire and Trapp, SIAM Review 40 (1998) 110; Martins, Sturdza and Alonso, ACM TOMS 29
    (2003) 245.
    """
    loss = Loss(f, x)
    loss.value()
    loss.watch()
    with loss.complex_arithmetic():
        return loss.complex_entries("x", h)


# -- the black box ---------------------------------------------------------------------------


class Loss:
    """A black-box loss together with private copies of its parameters.

    ``params`` is one array (then it is called ``x`` here) or a mapping from names to arrays;
    ``f`` gets the same kind.  ``real`` and ``imaginary`` hold, per name, the parameters and a
    displacement along the imaginary axis, all zero at rest.  To move one entry in place and to
    put it back is much cheaper than a copy for each evaluation.
    """

    def __init__(self, f: Callable[[Any], Any], params: Any) -> None:
        self.single = not isinstance(params, Mapping)
        named = {"x": params} if self.single else params
        if not named:
            raise ValueError("params is an empty dict; give at least one array.")
        self._f = f
        self._scalars = {name for name, value in named.items() if not _is_array(value)}
        self._original = {name: _float_copy(value, str(name)) for name, value in named.items()}
        self.real = {name: value.copy() for name, value in self._original.items()}
        self._complex = {name: value.astype(complex) for name, value in self.real.items()}
        self.imaginary = {name: value.imag for name, value in self._complex.items()}
        self.evaluations = 0
        self._base: float | None = None

    @property
    def names(self) -> list[str]:
        """The names of the arrays, in the caller's order."""
        return list(self.real)

    @property
    def base(self) -> float:
        """The loss at the given parameters, computed once."""
        return self.value() if self._base is None else self._base

    def flat(self, name: str) -> Array:
        """The private real copy of one array as a writable vector."""
        return self.real[name].reshape(-1)

    def index(self, name: str, i: int) -> Index:
        """The index in the array of the entry with number ``i``."""
        return tuple(int(k) for k in np.unravel_index(i, self.real[name].shape))

    def argument(self, work: Mapping[str, Any]) -> Any:
        """What ``f`` is called with: an array or a new dict; floats stay floats."""
        if self.single:
            return work["x"][()] if self._scalars else work["x"]
        # a new dict each time, because f may replace entries of the dict that it gets
        if self._scalars:
            return {name: v[()] if name in self._scalars else v for name, v in work.items()}
        return dict(work)

    def value(self) -> float:
        """The loss at ``real``; the first call also checks that ``f`` behaves."""
        self.evaluations += 1
        number = _one_number(self._f(self.argument(self.real)))
        if isinstance(number, complex):
            raise ValueError("f returned a complex number for real parameters; return a float.")
        if self._base is None:
            if not np.isfinite(number):
                raise ValueError(f"f returned {number} at the given parameters; f must be finite.")
            self.require_untouched()
            self._base = number
        return number

    def tangent(self, h: float) -> float:
        """Im f(real + i imaginary) / h, or NotComplexSafe."""
        self.evaluations += 1
        try:
            raw = self._f(self.argument(self._complex))
        except Exception as error:  # f works for real numbers, so this is about complex ones
            raise NotComplexSafe(
                f"f fails with complex numbers ({type(error).__name__}: {_first_line(error)})"
            ) from error
        number = raw if isinstance(raw, complex) else _one_number(raw)
        if not isinstance(number, complex):
            raise NotComplexSafe("f returns a real number for complex parameters")
        return number.imag / h

    @contextmanager
    def complex_arithmetic(self) -> Iterator[None]:
        """Within this block a dropped imaginary part is an error instead of a warning."""
        # errstate: an overflow shows in the result, and a student need not see complex warnings
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            yield

    def complex_entries(self, name: str, h: float, entries: Iterable[int] | None = None) -> Array:
        """Im f(theta + i h e_i) / h for the given entries of one array, else for all of them.

        Returns an array of the shape of the parameter, or a vector when ``entries`` is given.
        A negative ``h`` gives the slope on the other side of a kink at exactly this point.
        """
        displacement = self.imaginary[name].reshape(-1)
        wanted = range(displacement.size) if entries is None else list(entries)
        slopes = np.empty(len(wanted))
        try:
            for k, i in enumerate(wanted):
                displacement[i] = h
                slopes[k] = self.tangent(h)
                displacement[i] = 0.0
        finally:
            displacement[:] = 0.0
        self.require_untouched()
        bad = np.flatnonzero(~np.isfinite(slopes))
        if bad.size:
            where = entry_name(name, self.index(name, wanted[bad[0]]))
            raise NotComplexSafe(f"f gives {slopes[bad[0]]} for an imaginary step in {where}")
        return slopes.reshape(self.real[name].shape) if entries is None else slopes

    def watch(self) -> None:
        """Run ``f`` once on arrays that report operations which a complex step cannot follow."""
        watched = {name: watch(value.copy()) for name, value in self._complex.items()}
        argument: Any = watched["x"] if self.single else watched
        self.evaluations += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                self._f(argument)
            except NotComplexSafe:
                raise
            except Exception:  # f dislikes the watching array; the other defences remain
                return

    def both_sides(self, name: str, entries: Iterable[int], h: float) -> tuple[Array, Array]:
        """The losses at theta + h e_i and theta - h e_i for some entries of one array."""
        flat, steps, wanted = self.flat(name), self.steps(name, h), list(entries)
        plus, minus = np.empty(len(wanted)), np.empty(len(wanted))
        for k, i in enumerate(wanted):
            with moved(flat, i, flat[i] + steps[i]):
                plus[k] = self.value()
            with moved(flat, i, flat[i] - steps[i]):
                minus[k] = self.value()
        self.require_untouched()
        return plus, minus

    def along(self, direction: Mapping[str, Array], h: float) -> tuple[float, float]:
        """The losses at theta + h v and theta - h v, for a direction v (one array per name)."""
        values = []
        for sign in (1.0, -1.0):
            for name, v in direction.items():
                self.real[name] += sign * h * v
            values.append(self.value())
            for name in direction:
                self.real[name][...] = self._original[name]
        return values[0], values[1]

    def complex_along(self, direction: Mapping[str, Array], h: float) -> float:
        """Im f(theta + i h v) / h, the complex step along a direction (one array per name)."""
        try:
            for name, v in direction.items():
                np.multiply(v, h, out=self.imaginary[name])
            return self.tangent(h)
        finally:
            for name in direction:
                self.imaginary[name][...] = 0.0

    def steps(self, name: str, h: float) -> Array:
        """The steps that floating point really makes, fl(x + h) - x, one per entry."""
        if not (np.isfinite(h) and h > 0):
            raise ValueError(f"The step h must be a positive number, but it is {h}.")
        flat = self.flat(name)
        steps: Array = (flat + h) - flat
        lost = np.flatnonzero((steps == 0) | (flat - h == flat))
        if lost.size:
            where = entry_name(name, self.index(name, int(lost[0])))
            raise ValueError(f"The step h = {h:g} is lost in {where} = {flat[lost[0]]:g}; use a larger h.")
        return steps

    def span(self, name: str, h: float) -> Array:
        """The distance between the two points of each central difference."""
        flat, steps = self.flat(name), self.steps(name, h)
        span: Array = (flat + steps) - (flat - steps)
        return span

    def require_untouched(self) -> None:
        """ValueError when ``f`` has changed its argument: later values would be wrong."""
        for name, value in self._original.items():
            if not (np.array_equal(self.real[name], value) and np.array_equal(self._complex[name], value)):
                raise ValueError(f"f changes its argument {name} in place; let f work on a copy.")

    def require_finite(self, slopes: Array, name: str, h: float) -> None:
        """ValueError naming the first entry at which the difference is nan or inf."""
        bad = np.flatnonzero(~np.isfinite(slopes))
        if bad.size:
            where = entry_name(name, self.index(name, int(bad[0])))
            raise ValueError(f"f is not finite when {where} is moved by {h:g}; f must be finite.")


def entry_name(name: str, index: Index) -> str:
    """``W1[2, 0]``, or only the name for a single number."""
    return f"{name}[{', '.join(map(str, index))}]" if index else name


@contextmanager
def moved(flat: Array, i: int, target: float) -> Iterator[None]:
    # the old value is put back, not computed back: (x + h) - h is not x in floating point
    old = flat[i]
    flat[i] = target
    try:
        yield
    finally:
        flat[i] = old


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray | list | tuple)


def _float_copy(value: Any, name: str) -> Array:
    try:
        given = np.asarray(value)
    except ValueError as error:  # pieces of different shapes
        raise ValueError(f"{name} is no array; put several arrays into a dict with their names.") from error
    if given.dtype.kind in "iub":
        raise ValueError(
            f"{name} has the integer type {given.dtype}, in which {name}[0] += 1e-5 changes "
            f"nothing, so that every difference is 0; make it float, for example {name} * 1.0."
        )
    if given.dtype.kind != "f":
        raise ValueError(f"{name} must hold real floats, but its type is {given.dtype}.")
    copy: Array = np.array(given, dtype=np.float64, order="C")
    bad = np.argwhere(~np.isfinite(copy))
    if len(bad):
        index = tuple(int(k) for k in bad[0])
        raise ValueError(f"{entry_name(name, index)} is {copy[index]}; all entries must be finite.")
    return copy


def _one_number(value: Any) -> float | complex:
    if isinstance(value, float | complex):  # also np.float64 and np.complex128
        return value
    array = np.asarray(value)
    if array.dtype.kind not in "fciub":
        raise ValueError(f"f must return one number, but it returned {type(value).__name__}.")
    if array.size != 1:
        raise ValueError(
            f"f must return one number, but it returned an array of shape {array.shape}; sum it or take its mean."
        )
    if array.dtype in (np.float16, np.float32, np.complex64):
        raise ValueError(f"f returned {array.dtype}, which has too few digits; use float64.")
    number: float | complex = array.reshape(()).item()
    return number


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0].rstrip(".")
