"""How the generic mistakes are made: each takes a right function and returns one that makes the mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def mapped(change: Callable[[Any], Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Spoil every array that a function returns."""

    def spoil(right: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(*inputs: Any) -> Any:
            result = right(*inputs)
            return tuple(change(r) for r in result) if isinstance(result, tuple) else change(result)

        return wrong

    return spoil


def by_samples(power: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def spoil(right: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(*inputs: Any) -> Any:
            n = next((np.shape(x)[0] for x in inputs if np.ndim(x)), 1)
            return mapped(lambda a: a * float(n) ** power)(right)(*inputs)

        return wrong

    return spoil


def mutating(right: Callable[..., Any]) -> Callable[..., Any]:
    def wrong(*inputs: Any) -> Any:
        result = right(*inputs)
        for x in inputs:
            if isinstance(x, np.ndarray) and x.dtype.kind == "f":
                x += 1.0
        return result

    return wrong


def unsteady(right: Callable[..., Any]) -> Callable[..., Any]:
    calls = [0]

    def wrong(*inputs: Any) -> Any:
        calls[0] += 1
        result = right(*inputs)
        return result if calls[0] % 2 else mapped(lambda a: 2.0 * np.asarray(a) + 1.0)(lambda: result)()

    return wrong


def column(a: Any) -> Any:
    return np.asarray(a)[:, None] if np.ndim(a) == 1 else a


def nan(a: Any) -> Any:
    return np.asarray(a) * np.nan
