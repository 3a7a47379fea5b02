"""Find out whether a function can be differentiated by a complex step.

The complex step Im f(x + i h) / h is right only if each operation in f is analytic.  Some NumPy
functions are not, and most of these give a wrong number without a word.  `watch` makes an array
that computes as usual and refuses such functions by name.

Source: Martins, Sturdza and Alonso, ACM TOMS 29 (2003) 245, list what must be replaced in a program.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

__all__ = ["NotComplexSafe", "watch"]


class NotComplexSafe(ValueError):
    """The complex step cannot differentiate this function; central differences can.

    ``reason`` says why, without the advice that the message adds.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"The complex step cannot be used: {reason}; use central differences.")
        self.reason = reason


# Their complex versions are not analytic: the imaginary step is lost or turned round.
_UNSAFE_UFUNCS = {np.absolute, np.conjugate, np.sign} | {
    getattr(np, name) for name in ("vecdot", "vecmat") if hasattr(np, name)
}
_UNSAFE_FUNCTIONS = {
    np.angle,
    np.corrcoef,
    np.correlate,
    np.cov,
    np.linalg.cholesky,
    np.linalg.cond,
    np.linalg.eigh,
    np.linalg.eigvalsh,
    np.linalg.lstsq,
    np.linalg.norm,
    np.linalg.pinv,
    np.linalg.qr,
    np.linalg.slogdet,
    np.linalg.svd,
    np.nanstd,
    np.nanvar,
    np.std,
    np.var,
    np.vdot,
} | {
    getattr(np.linalg, name) for name in ("matrix_norm", "svdvals", "vecdot", "vector_norm") if hasattr(np.linalg, name)
}


class _Watched(np.ndarray[Any, Any]):
    """A complex array that computes as usual, but refuses what is not analytic, by name."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if ufunc in _UNSAFE_UFUNCS:
            _refuse_complex(ufunc.__name__, inputs)
        out = kwargs.get("out")
        plain = {key: _plain(value) for key, value in kwargs.items()}
        result = getattr(ufunc, method)(*map(_plain, inputs), **plain)
        if out is not None:
            return out[0] if len(out) == 1 else out
        return watch(result)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func in _UNSAFE_FUNCTIONS:
            _refuse_complex(func.__name__, args)
        return watch(super().__array_function__(func, types, args, kwargs))

    def var(self, *args: Any, **kwargs: Any) -> Any:
        _refuse_complex("var", (self,))
        return super().var(*args, **kwargs)

    def std(self, *args: Any, **kwargs: Any) -> Any:
        _refuse_complex("std", (self,))
        return super().std(*args, **kwargs)

    def conj(self) -> Any:
        _refuse_complex("conj", (self,))
        return super().conj()

    def conjugate(self) -> Any:
        _refuse_complex("conjugate", (self,))
        return super().conjugate()


def _refuse_complex(function: str, arguments: Iterable[Any]) -> None:
    if any(isinstance(a, np.ndarray) and a.dtype.kind == "c" for a in arguments):
        raise NotComplexSafe(f"f uses {function}, which is wrong for complex numbers")


def watch(value: Any) -> Any:
    """The value as a watching array if it holds complex numbers, else the value itself."""
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind == "c":
        return np.asarray(value).view(_Watched)
    return tuple(map(watch, value)) if type(value) is tuple else value


def _plain(value: Any) -> Any:
    if isinstance(value, _Watched):
        return value.view(np.ndarray)
    return tuple(map(_plain, value)) if type(value) is tuple else value
