"""The arrays of an outcome beside the wanted ones: what the generic patterns look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mlp_utils.assessing.assess import CaseResult, Outcome
from mlp_utils.assessing.compare import compare
from mlp_utils.assessing.tasks import Case, Unjudged

TOLERANCE = 1e-6
"""Relative: a pattern holds when what is left over is this small against the wanted numbers."""


@dataclass(frozen=True)
class Pair:
    """One array that is wrong, with what is wanted.

    samples:   the number of rows of the first matrix or vector among the inputs, N; 1 if there is none.
    entrywise: whether each entry is judged by itself.
    """

    got: np.ndarray
    want: np.ndarray
    samples: int
    entrywise: bool

    def explained_by(self, spoilt: np.ndarray) -> bool:
        """Whether ``got`` is this spoilt version of the wanted array."""
        if self.got.shape != spoilt.shape or not np.isfinite(self.got).all() or not np.isfinite(spoilt).all():
            return False
        gap, size = np.abs(self.got - spoilt), np.abs(spoilt)
        if self.entrywise:
            return bool(np.all(gap <= TOLERANCE * size))
        return bool(np.linalg.norm(gap.ravel()) <= TOLERANCE * np.linalg.norm(size.ravel()))


def largest(thing: Any) -> float:
    """The largest absolute number in an input, however deep it lies in a cache."""
    if isinstance(thing, dict):
        return max(map(largest, thing.values()), default=0.0)
    if isinstance(thing, tuple | list):
        return max(map(largest, thing), default=0.0)
    if isinstance(thing, np.ndarray | float | int) and np.asarray(thing).dtype.kind in "bif":
        return float(np.abs(np.asarray(thing, dtype=float)).max(initial=0.0))
    return 0.0


def arrays_of(result: CaseResult) -> list[tuple[np.ndarray, np.ndarray]]:
    """The arrays that a case judges, with the wanted ones; empty if a result is not an array of real numbers."""
    case = result.case
    want = case.want if isinstance(case.want, tuple) else (case.want,)
    got = result.got if isinstance(case.want, tuple) else (result.got,)
    if not isinstance(got, tuple | list) or len(got) != len(want):
        return []
    found = []
    for g, t in zip(got, want, strict=True):
        if not isinstance(t, Unjudged):
            try:
                a, b = np.asarray(g), np.asarray(t)
            except (ValueError, TypeError):
                return []
            if a.dtype.kind not in "bif" or b.dtype.kind not in "bif":
                return []
            found.append((a.astype(float), b.astype(float)))
    return found


def wrong_pairs(outcome: Outcome) -> list[Pair]:
    """Every array that is wrong; empty if one of the wrong results cannot be compared as numbers."""
    pairs = []
    for result in outcome.results:
        if result.problem is None:
            continue
        arrays = arrays_of(result)
        if not arrays:
            return []
        case = result.case
        inputs = [x for x in case.inputs if isinstance(x, np.ndarray) and x.ndim]
        samples = inputs[0].shape[0] if inputs else 1
        for g, t in arrays:
            if compare(g, t, case) is None:
                continue
            if case.low is not None and case.high is not None and g.shape == t.shape:
                # Where the convention is free, nothing can be learned from the number.
                free = np.broadcast_to(np.asarray(case.low) < np.asarray(case.high), t.shape)
                g, t = np.where(free, 0.0, g), np.where(free, 0.0, t)
            scale = _scale(t)
            pairs.append(Pair(g / scale, t / scale, samples, case.entrywise))
    return pairs


def _scale(t: np.ndarray) -> float:
    """A power of two that keeps squares of very large or very small numbers within reach; else 1."""
    largest = float(np.abs(t[np.isfinite(t)]).max(initial=0.0))
    return 1.0 if largest == 0.0 or 1e-100 < largest < 1e100 else float(2.0 ** np.floor(np.log2(largest)))


@dataclass(frozen=True)
class Seen:
    """One result of one case in the wanted shape, right or wrong, finite or not, beside its inputs.

    output: its name, such as ``dW``.
    wrong:  which entries are wrong; none where it is right.
    judged: which entries count; all but those where a convention is free.
    given:  the numbers and arrays among the inputs by name, also those within a cache.
    """

    output: str
    case: Case
    got: np.ndarray
    want: np.ndarray
    wrong: np.ndarray
    judged: np.ndarray
    given: dict[str, np.ndarray]


def seen(outcome: Outcome) -> list[Seen]:
    """Every result in the wanted shape, where finite numbers are wanted."""
    found = []
    for result in outcome.results:
        case, task = result.case, outcome.task
        count = len(case.want) if isinstance(case.want, tuple) else 1
        names = task.outputs if len(task.outputs) == count else tuple(f"result {k + 1}" for k in range(count))
        picked = [names[k] for k in range(count) if case.pick in (None, k)]
        for name, (g, t) in zip(picked, arrays_of(result), strict=False):
            if g.shape != t.shape or not np.isfinite(t).all():
                continue
            problem = compare(g, t, case)
            wrong = np.zeros(t.shape, dtype=bool) if problem is None or problem.wrong is None else problem.wrong
            judged = np.ones(t.shape, dtype=bool)
            if case.low is not None and case.high is not None:
                judged = ~np.broadcast_to(np.asarray(case.low) < np.asarray(case.high), t.shape)
            found.append(Seen(name, case, g, t, wrong, judged, named_inputs(case.inputs, task.arguments)))
    return found


def named_inputs(inputs: tuple[Any, ...], arguments: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The real numbers among the inputs by the names of the arguments; of a cache, ``cache[2]`` or its key."""
    found: dict[str, np.ndarray] = {}

    def add(name: str, thing: Any) -> None:
        if isinstance(thing, dict):
            for key, value in thing.items():
                add(str(key), value)
        elif isinstance(thing, tuple | list):
            for k, value in enumerate(thing):
                add(f"{name}[{k}]", value)
        elif isinstance(thing, np.ndarray | float | int) and np.asarray(thing).dtype.kind in "bif":
            found[name] = np.asarray(thing)

    for k, thing in enumerate(inputs):
        add(arguments[k] if k < len(arguments) else f"input {k + 1}", thing)
    return found
