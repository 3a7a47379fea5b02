"""Each reference derivative against a finite difference of its reference loss, each invariant, each derivation."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from mlp_utils.assessing.tasks import DERIVATION, Case
from mlp_utils.gradients.complex_safety import NotComplexSafe
from mlp_utils.gradients.differences import central_difference, complex_step
from mlp_utils.hints.observations import breaches

from autograder.files.paths import CourseError
from autograder.judging.key import Key, observe
from autograder.judging.solution import quiet


def verify(key: Key) -> None:
    """Each reference derivative against a finite difference of its reference loss; a derivation against itself."""
    if key.task.kind == DERIVATION:
        outcome = observe(key.task, lambda: key.right)
        if not outcome.passed:
            missing = ", ".join(name for name, done in outcome.parts.items() if not done)
            raise CourseError(f"Exercise {key.exercise.id}: the solution's derivation lacks: {missing}.")
    _verify_invariants(key)
    for case in key.task.cases:
        wants = case.want if isinstance(case.want, tuple) else (case.want,)
        for k, (name, wrt) in enumerate(key.exercise.derivatives()):
            if name and case.pick in (None, k):
                _verify_output(key, case, name, wrt, np.asarray(wants[k], dtype=float))


def _verify_invariants(key: Key) -> None:
    for result in observe(key.task, lambda: key.right).results if key.task.invariants else ():
        for text in breaches(key.task, result).values():
            raise CourseError(f"Exercise {key.exercise.id}, case {result.case.name!r}: the solution breaks: {text}")


def _verify_output(key: Key, case: Case, name: str, wrt: str, want: np.ndarray) -> None:
    total, x = _total(key, case, name, wrt, want)
    with quiet(), np.errstate(all="ignore"):
        try:
            measured = complex_step(total, x)
            rough = central_difference(total, x)
            # abs, norm and sign are silently wrong with complex input, so a coarse second opinion is asked for.
            safe = np.allclose(measured, rough, rtol=1e-3, atol=1e-4 * (1 + np.abs(want).max(initial=0)))
            tolerance = 1e-9
        except NotComplexSafe:
            safe = False
        if not safe:
            measured, tolerance = central_difference(total, x), 1e-5
        ahead, behind = total_slopes(total, x)
    smooth = np.abs(ahead - behind) < 1e-3 * (1 + np.abs(ahead))
    gap = np.abs(np.asarray(measured) - want)[smooth]
    if gap.size and float(gap.max()) > tolerance * (1 + float(np.abs(want[smooth]).max())):
        raise CourseError(
            f"Exercise {key.exercise.id}, case {case.name!r}: the solution differs from the finite difference of "
            f"{name} by {gap.max():.2g}; mend the solution or the loss that the exercise names."
        )


def _total(key: Key, case: Case, name: str, wrt: str, want: np.ndarray) -> tuple[Callable[[Any], Any], np.ndarray]:
    """The reference loss of a case as a function of one argument alone, and the value of that argument.

    The loss gets the inputs of the exercise by name.  An argument of ``wrt`` that the exercise does not get (such
    as a bias) is 0.
    """
    loss = _function(name, key)
    given: dict[str, Any] = {argument: 0.0 for _, argument in key.exercise.derivatives()}
    given[wrt] = np.zeros(want.shape)
    given |= zip(inspect.signature(key.right).parameters, case.inputs, strict=False)
    weights = given[key.exercise.upstream] if key.exercise.upstream else 1.0
    names = _parameters(loss)
    if len(names) < 2:
        at_first = given[wrt] if wrt in inspect.signature(key.right).parameters else case.inputs[0]
        return lambda at: np.sum(weights * loss(at)), np.asarray(at_first, dtype=float)
    missing = sorted(set(names) - set(given))
    if wrt not in names or missing:
        raise CourseError(
            f"Exercise {key.exercise.id}: {name}({', '.join(names)}) cannot be differentiated with respect to "
            f"{wrt}: the exercise does not name or get {', '.join(missing) or wrt}."
        )
    x = np.asarray(given[wrt], dtype=float)
    return lambda at: np.sum(weights * loss(*[at if p == wrt else given[p] for p in names])), x


def _function(name: str, key: Key) -> Callable[..., Any]:
    found = key.namespace.get(name.removeprefix("np."), getattr(np, name.removeprefix("np."), None))
    if not callable(found):
        raise CourseError(f"Exercise {key.exercise.id}: its loss {name!r} is no function of the notebook or NumPy.")
    function: Callable[..., Any] = found
    return function


def _parameters(function: Callable[..., Any]) -> list[str]:
    """The names of the arguments that a function cannot do without; empty if it does not tell them."""
    try:
        found = inspect.signature(function).parameters.values()
    except ValueError:
        return []
    return [p.name for p in found if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def total_slopes(total: Callable[[Any], Any], x: np.ndarray, h: float = 1e-6) -> tuple[np.ndarray, np.ndarray]:
    """One-sided slopes ahead and behind for each entry of x; where they differ there is a kink."""
    ahead, behind = np.zeros(x.shape), np.zeros(x.shape)
    middle = float(total(x))
    for index in np.ndindex(x.shape):
        for sign, slopes in ((1.0, ahead), (-1.0, behind)):
            moved = x.copy()
            moved[index] += sign * h
            slopes[index] = sign * (float(total(moved)) - middle) / h
    return ahead, behind
